"""One trial: estimator, generator, size, nominal rate and the band that the simulated rate must keep."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

MONTE_CARLO_ERRORS = 3.3
Random = np.random.Generator


@dataclass(frozen=True)
class Trial:
    """`run(rng, replications)` returns the number of hits.

    kind "equal": the rate lies within 3.3 Monte-Carlo errors of nominal; "at_most": it does not exceed `limit`
    (given, or nominal plus 3.3 errors); "measured": reported without judgement, because the approximation is known
    to be poor there.
    """

    estimator: str
    generator: str
    n: str
    nominal: float
    run: Callable[[Random, int], int]
    kind: Literal["equal", "at_most", "measured"] = "equal"
    weight: float = 1.0
    limit: float | None = None

    @property
    def name(self) -> str:
        """Unique label."""
        return f"{self.estimator} | {self.generator} | {self.n}"


@dataclass(frozen=True)
class Result:
    """A trial carried out."""

    trial: Trial
    replications: int
    rate: float

    @property
    def band(self) -> tuple[float, float]:
        """Rates that pass."""
        nominal = self.trial.nominal
        reach = MONTE_CARLO_ERRORS * math.sqrt(nominal * (1 - nominal) / self.replications)
        if self.trial.kind == "measured":
            return 0.0, 1.0
        if self.trial.kind == "at_most":
            return 0.0, self.trial.limit if self.trial.limit is not None else nominal + reach
        return nominal - reach, nominal + reach

    @property
    def has_passed(self) -> bool:
        """The rate lies in the band."""
        low, high = self.band
        return low <= self.rate <= high


def carry_out(trial: Trial, seed: int, replications: int) -> Result:
    """Runs a trial on its own random stream; `weight` scales the replications of slow or rare-event trials."""
    count = max(1, round(replications * trial.weight))
    stream = np.random.default_rng([seed, *trial.name.encode()])
    return Result(trial, count, trial.run(stream, count) / count)
