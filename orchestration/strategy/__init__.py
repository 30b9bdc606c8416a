"""Strategies: contract and check, life, and the nightly decision who goes on which list."""

from orchestration.strategy.check import check
from orchestration.strategy.decide import decide, replay
from orchestration.strategy.life import approve, stop, summary
from orchestration.strategy.pin import pin
from orchestration.strategy.sizing import plan

__all__ = ["approve", "check", "decide", "pin", "plan", "replay", "stop", "summary"]
