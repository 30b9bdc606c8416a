"""Writes new versions of past dates' tags with today's knowledge and definitions, beside the old ones, and says what changed."""

from orchestration.restate.run import lock, run

__all__ = ["lock", "run"]
