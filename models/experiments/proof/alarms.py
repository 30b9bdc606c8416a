"""Trials of alarms: looking every night, sample ratio, many strategies, and the verdict automaton on null strategies."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from models.experiments.plan import Plan
from models.experiments.proof.engine import Engine
from models.experiments.proof.trial import Random, Trial
from models.experiments.sequential import skewness_of_rate
from models.experiments.verdict import Evidence

NIGHTS = 90
DAILY = 200
FIRST_NIGHT = 8
BASE = 0.02
Array = NDArray[np.float64]


def trials(engine: Engine) -> list[Trial]:
    """All of them."""
    nights = f"{NIGHTS} nights of {DAILY}/arm"
    return [
        Trial("confidence sequence, any-time alarm", "A/A, base 2 %", nights, 0.05, _sequence(engine), "at_most", 2.0, 0.05),
        _rare(engine, 0.005, (1000, 100), 0.05),
        _rare(engine, 0.02, (100, 10), 0.01),
        _rare(engine, 0.02, (180, 20, 20, 180), 0.01),
        replace(_rare(replace(engine, may_start=_from_fifty), 0.02, (100, 10), 0.01),
                estimator="confidence sequence from 50 units a cell", kind="measured"),
        Trial("fixed z looked at nightly", "A/A, base 2 %", nights, 0.05, _peeking, "measured", 2.0),
        Trial("SRM chi-square alarm", "10 % control", "100000", 0.001, _chi2(engine), "equal", 10.0),
        Trial("SRM sequential, any-time alarm", "10 % control", f"{NIGHTS} nights of 2000", 0.001, _srm(engine), "at_most", 5.0, 0.002),
        Trial("Holm, family-wise error", "5 null arms", "p-values", 0.05, _family(engine), "at_most", 2.0),
        Trial("Benjamini-Hochberg at q 10 %", "18 strategies, 6 with effect", "share of false finds", 0.10, _discovery(engine), "at_most", 1.0),
        Trial("verdict WIN on a null strategy", "A/A, base 2 %", f"{NIGHTS} nights, final look", 0.05, _null_wins(engine), "at_most", 0.5, 0.05),
    ]


def _paths(rng: Random, count: int) -> tuple[Array, Array, Array]:
    """Difference, its variance and units per arm after each night: (count, nights), (count, nights), (nights,)."""
    arms = rng.binomial(DAILY, BASE, (2, count, NIGHTS)).cumsum(axis=2)
    n = DAILY * np.arange(1, NIGHTS + 1, dtype=np.float64)
    rate = arms / n
    variance = (rate * (1 - rate) / (n - 1)).sum(axis=0)
    keep = slice(FIRST_NIGHT - 1, None)
    return (rate[0] - rate[1])[:, keep], variance[:, keep], n[keep]


def _sequence(engine: Engine) -> Callable[[Random, int], int]:
    def run(rng: Random, count: int) -> int:
        gap, variance, n = _paths(rng, count)
        return int((np.abs(gap) > engine.half_width(variance, 2 * n, 0.05)).any(axis=1).sum())

    return run


def _rare(engine: Engine, rate: float, sizes: tuple[int, ...], alpha: float) -> Trial:
    """A rare metric with a small control arm, from the night on which the engine shows the sequence at all."""
    signs = (1, -1) if len(sizes) == 2 else (1, -1, 1, -1)
    nights = np.arange(1, NIGHTS + 1)

    def run(rng: Random, count: int) -> int:
        means = [rng.binomial(size, rate, (count, NIGHTS)).cumsum(axis=1) / (size * nights) for size in sizes]
        variance = sum(m * (1 - m) / (size * nights - 1) for m, size in zip(means, sizes, strict=True))
        gap = sum(sign * m for sign, m in zip(signs, means, strict=True))
        wrong = np.argwhere(np.abs(gap) > engine.half_width(variance, sum(sizes) * nights, alpha))
        shown = {int(life) for life, night in wrong if engine.may_start(
            [size * int(nights[night]) for size in sizes], [skewness_of_rate(float(m[life, night])) for m in means])}
        return len(shown)

    generator = f"A/A, base {rate:.1%}, {len(sizes)} cells {sizes[0] // sizes[1]}:1, alpha {alpha:g}"
    name = f"{NIGHTS} nights of {'/'.join(map(str, sizes))}"
    return Trial("confidence sequence by the start rule", generator, name, alpha, run, "at_most", 1.0, alpha)


def _from_fifty(n_per_cell: Sequence[int], skewness: Sequence[float | None]) -> bool:
    """What the start rule replaces."""
    return min(n_per_cell) >= 50


def _peeking(rng: Random, count: int) -> int:
    gap, variance, _ = _paths(rng, count)
    return int((np.abs(gap) > 1.959964 * np.sqrt(variance)).any(axis=1).sum())


def _chi2(engine: Engine) -> Callable[[Random, int], int]:
    planned = {"treatment": 0.9, "control": 0.1}

    def run(rng: Random, count: int) -> int:
        drawn = rng.binomial(100_000, 0.1, count)
        return sum(
            engine.chi2({"treatment": 100_000 - int(k), "control": int(k)}, planned)["status"] == "failed" for k in drawn
        )

    return run


def _srm(engine: Engine) -> Callable[[Random, int], int]:
    def run(rng: Random, count: int) -> int:
        control = rng.binomial(2000, 0.1, (count, NIGHTS)).cumsum(axis=1)
        total = 2000 * np.arange(1, NIGHTS + 1)
        counts = np.stack([total - control, control], axis=2).reshape(-1, 2)
        factors = engine.log_bayes_factor(counts, [0.9, 0.1]).reshape(count, NIGHTS)
        return int((factors > np.log(1000)).any(axis=1).sum())

    return run


def _family(engine: Engine) -> Callable[[Random, int], int]:
    return lambda rng, count: sum(bool((engine.holm(rng.random(5)) <= 0.05).any()) for _ in range(count))


def _discovery(engine: Engine) -> Callable[[Random, int], int]:
    """Expected share of false finds, as a rate: each board counts as a hit with the probability of its share."""
    from scipy.special import ndtr

    def one(rng: Random) -> bool:
        shift = np.where(np.arange(18) < 6, 3.0, 0.0)
        p = 2 * ndtr(-np.abs(rng.normal(shift, 1.0)))
        found = engine.discovery(p) <= 0.10
        false = float(found[6:].sum() / max(found.sum(), 1))
        return bool(rng.random() < false)

    return lambda rng, count: sum(one(rng) for _ in range(count))


def _null_wins(engine: Engine) -> Callable[[Random, int], int]:
    """Nights until a verdict other than collecting; a hit is a win or a harm, both of them wrong."""
    start = date(2026, 1, 1)
    plan = Plan(metrics=("y",), mde=0.004, horizon=start + timedelta(days=NIGHTS - FIRST_NIGHT))

    def one(gap: Array, variance: Array, n: Array) -> bool:
        for night in range(len(n)):
            state = engine.decide(plan, Evidence(
                start + timedelta(days=night), float(gap[night]), float(np.sqrt(variance[night])), np.inf, int(2 * n[night])
            )).state
            if state != "collecting":
                return state in ("win", "harm")
        return False

    def run(rng: Random, count: int) -> int:
        gap, variance, n = _paths(rng, count)
        return sum(one(gap[i], variance[i], n) for i in range(count))

    return run
