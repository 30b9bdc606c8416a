"""Figures that the engine must hit: variance that CUPED removes, and examples worked out and published by others."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.experiments.moments import CellMoments
from models.experiments.proof.engine import Engine

# name, standard error, units, tuning, half width of the published interval
PUBLISHED_INTERVALS = (
    ("GrowthBook's reference tests, a mean", 0.33341, 3_000 + 3_461, 1_000, (1.56516 + 0.55844) / 2),
    ("GrowthBook's reference tests, a proportion", 0.03386, 3_000 + 3_461, 5_000, (0.60675 - 0.40098) / 2),
    ("PostHog's reference tests, a mean", 0.33368, 3_500 + 3_000, 1_000, (1.59353 + 0.53230) / 2),
    ("PostHog's reference tests, a proportion", 0.03354, 3_500 + 3_050, 5_000, (0.66448 - 0.46064) / 2),
)
PUBLISHED_RATIOS = (
    ("Kohavi, Tang, Xu: Trustworthy Online Controlled Experiments, chapter 3", (821_588, 815_482), 1.8e-6),
    ("Wikipedia: Sample ratio mismatch", (600, 400), 2.54e-10),
)
RATIO_DIGITS = 0.02
RHOS = (0.0, 0.5, 0.9)
CUPED_UNITS, CUPED_ROUNDS = 4_000, 40


@dataclass(frozen=True)
class Figure:
    """What was wanted, what the engine gave, and how far apart they may be."""

    name: str
    wanted: float
    got: float
    tolerance: float

    @property
    def has_passed(self) -> bool:
        """Within the tolerance."""
        return abs(self.got - self.wanted) <= self.tolerance


def figures(engine: Engine, seed: int) -> list[Figure]:
    """All of them."""
    found = [figure for rho in RHOS for figure in _cuped(engine, rho, seed)]
    for name, se, n, tuned, wanted in PUBLISHED_INTERVALS:
        got = float(engine.half_width(se**2, n, 0.05, tuned))
        found.append(Figure(f"sequence, half width: {name}", wanted, got, 2e-5 + wanted * 1e-5))
    for name, counts, wanted in PUBLISHED_RATIOS:
        got = engine.chi2({"a": counts[0], "b": counts[1]}, {"a": 0.5, "b": 0.5})["p_value"]
        found.append(Figure(f"sample ratio, p: {name}", wanted, got, RATIO_DIGITS * wanted))
    return found


def _cuped(engine: Engine, rho: float, seed: int) -> list[Figure]:
    """Mean share of variance removed, and at rho 0 the most that the standard error ever grows."""
    rng, reductions, growth = np.random.default_rng([seed, round(100 * rho)]), [], []
    for _ in range(CUPED_ROUNDS):
        x = rng.normal(size=(2, CUPED_UNITS))
        y = rho * x + np.sqrt(1 - rho**2) * rng.normal(size=(2, CUPED_UNITS))
        adjusted = engine.cuped([1, -1], [CellMoments.from_values(y[i], x[i]) for i in (0, 1)])
        raw = engine.difference(*(CellMoments.from_values(y[i]) for i in (0, 1)))
        reductions.append(1 - (adjusted["se"] / raw["se"]) ** 2)
        growth.append(adjusted["se"] / raw["se"] - 1)
    kept = [Figure(f"CUPED, share of variance removed at rho {rho:g}", rho**2, float(np.mean(reductions)), 0.02)]
    return kept if rho else [*kept, Figure("CUPED, largest growth of the standard error at rho 0", 0.0, max(0.0, *growth), 0.01)]


def table(found: Sequence[Figure]) -> list[str]:
    """Lines of Markdown."""
    rows = [f"| {f.name} | {f.wanted:.4g} | {f.got:.4g} | {f.tolerance:.2g} | {'passed' if f.has_passed else '**FAILED**'} |" for f in found]
    return ["| figure | wanted | got | tolerance | result |", "|---|---:|---:|---:|---|", *rows]
