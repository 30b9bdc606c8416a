"""Strategies: contract and check, life, and the nightly decision who goes on which list."""

from orchestration.strategy.nightly import decide, replay
from orchestration.strategy.pinned import pin

__all__ = ["decide", "pin", "replay"]
