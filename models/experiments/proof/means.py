"""Trials of two-arm estimators: means, proportions, CUPED, Lin, ratios, compliers, heavy tails."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.experiments.columns import Column
from models.experiments.frame import Frame
from models.experiments.moments import CellMoments
from models.experiments.proof.engine import Engine
from models.experiments.proof.trial import Random, Trial

Array = NDArray[np.float64]
Draw = Callable[[Random, int], Array]


def trials(engine: Engine) -> list[Trial]:
    """All of them."""
    return [
        _coverage(engine, "normal, sd 1 and 3", "2000/6000", 0.1, _normal(0.1, 3), _normal(0, 1), 2000, 6000),
        _coverage(engine, "exponential", "5000/5000", 0.0, _exponential, _exponential, 5000, 5000),
        Trial("proportion difference", "base 5 %, +1 pp", "4000/4000", 0.95, _proportions(engine)),
        Trial("CUPED", "normal, rho 0.9", "2000/2000", 0.95, _cuped(engine, 0.9)),
        Trial("CUPED", "normal, rho 0", "2000/2000", 0.95, _cuped(engine, 0.0)),
        Trial("Lin HC2", "slopes differ, errors grow with x", "2000/2000", 0.95, _lin(engine), weight=0.5),
        Trial("ratio, delta method", "spend per transaction", "3000/3000", 0.95, _ratio(engine)),
        Trial("complier effect", "60 % reached", "4000/4000", 0.95, _complier(engine)),
        _tail(engine, "Welch", None),
        _tail(engine, "Welch, capped at 99.5 %", 0.995),
    ]


def covers(found: dict[str, Any], truth: float) -> bool:
    """The interval holds the truth."""
    return bool(found["ci"][0] <= truth <= found["ci"][1])


def _normal(mean: float, sd: float) -> Draw:
    return lambda rng, n: rng.normal(mean, sd, n)


def _exponential(rng: Random, n: int) -> Array:
    return rng.exponential(1.0, n)


def _coverage(engine: Engine, generator: str, n: str, truth: float, treat: Draw, hold: Draw, nt: int, nc: int) -> Trial:
    def run(rng: Random, count: int) -> int:
        pairs = ((CellMoments.from_values(treat(rng, nt)), CellMoments.from_values(hold(rng, nc))) for _ in range(count))
        return sum(covers(engine.difference(t, c), truth) for t, c in pairs)

    return Trial("Welch", generator, n, 0.95, run)


def binary(successes: int, n: int) -> CellMoments:
    """Moments of a 0/1 metric from its count."""
    rate = successes / n
    return CellMoments.from_summary(n, rate, rate * (1 - rate) * n / (n - 1))


def _proportions(engine: Engine) -> Callable[[Random, int], int]:
    def run(rng: Random, count: int) -> int:
        drawn = zip(rng.binomial(4000, 0.06, count), rng.binomial(4000, 0.05, count), strict=True)
        return sum(covers(engine.difference(binary(int(t), 4000), binary(int(c), 4000)), 0.01) for t, c in drawn)

    return run


def _cuped(engine: Engine, rho: float) -> Callable[[Random, int], int]:
    def cell(rng: Random, lift: float) -> CellMoments:
        x = rng.normal(0, 1, 2000)
        return CellMoments.from_values(lift + rho * x + math.sqrt(1 - rho**2) * rng.normal(0, 1, 2000), x)

    return lambda rng, count: sum(
        covers(engine.cuped([1, -1], [cell(rng, 0.1), cell(rng, 0.0)]), 0.1) for _ in range(count)
    )


def _lin(engine: Engine) -> Callable[[Random, int], int]:
    group = (Column("y"), Column("x"))

    def one(rng: Random) -> bool:
        x, arm = rng.normal(0, 1, 4000), np.repeat(["t", "c"], 2000).astype(object)
        treated = arm == "t"
        y = x + treated * (0.2 + 0.5 * x) + rng.normal(0, 1, 4000) * np.sqrt(1 + x**2)
        frame = Frame({"cell": arm, "x": x, "y": y})
        cells = {key[0]: found[group] for key, found in frame.moments([group]).items()}
        # the effect in the population averages the sample's x away, which HC2 leaves out: judge at the sample's mean
        return covers(engine.lin(frame, group, "t", "c", cells), 0.2 + 0.5 * float(x.mean()))

    return lambda rng, count: sum(one(rng) for _ in range(count))


def _ratio(engine: Engine) -> Callable[[Random, int], int]:
    def cell(rng: Random, price: float) -> CellMoments:
        trades = 1 + rng.poisson(2.0, 3000)
        return CellMoments.from_values(trades * price + rng.normal(0, 3, 3000) * np.sqrt(trades), trades)

    return lambda rng, count: sum(
        covers(engine.ratio(cell(rng, 10.5), cell(rng, 10.0)), 0.5) for _ in range(count)
    )


def _complier(engine: Engine) -> Callable[[Random, int], int]:
    def cell(rng: Random, is_assigned: bool) -> CellMoments:
        reachable = rng.random(4000) < 0.6
        reached = reachable & is_assigned
        return CellMoments.from_values(rng.normal(1.0, 1.0, 4000) + reachable * 0.5 + reached * 0.3, reached)

    return lambda rng, count: sum(covers(engine.complier(cell(rng, True), cell(rng, False)), 0.3) for _ in range(count))


def _tail(engine: Engine, name: str, quantile: float | None) -> Trial:
    """Where the normal approximation fails: measured, not judged, and the product warns."""
    def run(rng: Random, count: int) -> int:
        return sum(_tail_hit(engine, rng, quantile) for _ in range(count))

    return Trial(name, "log-normal, sigma 2", "4500/500", 0.95, run, "measured")


def _tail_hit(engine: Engine, rng: Random, quantile: float | None) -> bool:
    values = rng.lognormal(0.0, 2.0, 5000)
    if quantile is not None:
        values = np.minimum(values, np.quantile(values, quantile))
    return covers(engine.difference(CellMoments.from_values(values[:4500]), CellMoments.from_values(values[4500:])), 0.0)
