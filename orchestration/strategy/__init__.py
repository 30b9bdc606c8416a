"""Strategies: contract and check, life, and the nightly decision who goes on which list."""

from orchestration.strategy.nightly import decide
from orchestration.strategy.pinned import pin
from orchestration.strategy.replaying import replay

__all__ = ["decide", "pin", "replay"]
