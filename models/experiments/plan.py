"""What is registered before an experiment is read: design, metrics, errors, horizon; hashed so that edits show."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from typing import Any, Literal

from features.errors import KehuError
from models.experiments.sequential import TUNED_N

Design = Literal["ab", "four_cell"]


@dataclass(frozen=True)
class Plan:
    """The registered plan.

    `metrics` (the first is primary) and `ratio` (numerator, denominator) are columns; `shares` planned shares;
    `mde` absolute, on the primary metric, in the direction that is good (`direction` -1: less is better); `horizon`
    the date of the final look. `monitor_share` of alpha is spent on looks by confidence sequence, the rest on the
    final look. `guard` is the harm that is tolerated, `caps` caps of metrics fixed beforehand. `reached` is a 0/1 column
    of who was really reached, for the complier effect.
    """

    design: Design = "ab"
    control: str | None = None
    metrics: tuple[str, ...] = ()
    covariate: str | None = None
    ratio: tuple[str, str] | None = None
    cluster: str | None = None
    shares: Mapping[str, float] | None = None
    time: str | None = None
    mde: float | None = None
    horizon: date | None = None
    alpha: float = 0.05
    monitor_share: float = 0.2
    guard: float = 0.0
    direction: int = 1
    planned_n: int | None = None
    tuned_n: float = TUNED_N
    caps: Mapping[str, float] = field(default_factory=dict)
    reached: str | None = None

    def __post_init__(self) -> None:
        if self.design not in ("ab", "four_cell"):
            raise KehuError(f"unknown design '{self.design}'", "use ab or four_cell")
        if not 0 < self.alpha < 1:
            raise KehuError(f"alpha is {self.alpha}", "give a number above 0 and below 1")
        if self.mde is not None and not self.mde > 0:
            raise KehuError(f"mde is {self.mde}", "give the least effect worth having as a number above 0")
        if not 0 < self.monitor_share < 1 or self.direction not in (1, -1) or self.guard < 0:
            raise KehuError("monitor_share must lie in (0, 1), direction be 1 or -1, guard not negative")

    @property
    def is_registered(self) -> bool:
        """Enough of a plan for a verdict."""
        return self.mde is not None and self.horizon is not None

    @property
    def monitor_alpha(self) -> float:
        """Alpha of the confidence sequence: all of it where no final look is planned."""
        return self.alpha * self.monitor_share if self.is_registered else self.alpha

    @property
    def final_alpha(self) -> float:
        """Alpha left for the final look."""
        return self.alpha * (1 - self.monitor_share)

    def shared(self, comparisons: int) -> "Plan":
        """The plan of one of several comparisons that decide together: each gets its part of alpha, for looks and final."""
        return replace(self, alpha=self.alpha / comparisons)

    def fingerprint(self) -> str:
        """SHA-256 of the plan, stored at registration."""
        def plain(value: Any) -> Any:
            return value.isoformat() if isinstance(value, date) else dict(value)

        told = asdict(self)
        if self.reached is None:  # plans that were registered before the field was there keep their hash
            del told["reached"]
        return hashlib.sha256(json.dumps(told, sort_keys=True, default=plain).encode()).hexdigest()
