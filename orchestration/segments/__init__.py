"""Customer groups by rule, by model and by hand: who is in which, since when, until when."""

from orchestration.segments.nightly import build

__all__ = ["build"]
