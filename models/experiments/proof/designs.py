"""Trials of designs: the four cells with known truth, policy value and its check, clusters, permutation."""

from collections.abc import Callable
from typing import Any

import numpy as np

from models.experiments.four_cell import AGREEMENT_ALPHA, CELLS
from models.experiments.moments import CellMoments
from models.experiments.proof.engine import Engine
from models.experiments.proof.means import binary, covers
from models.experiments.proof.trial import Random, Trial
from models.experiments.source import ClusterSums

LIST = 20_000
HOLD = 0.2
RATES = {"model_contacted": 0.06, "model_held": 0.05, "bau_contacted": 0.038, "bau_held": 0.03}
TRUTH = {
    "model_effect": 0.010, "bau_effect": 0.008, "model_increment": 0.002, "selection_bias": 0.020, "naive_gap": 0.022,
}


def trials(engine: Engine) -> list[Trial]:
    """All of them."""
    four = [
        Trial(f"four cells: {name}", "model 5 % +1.0 pp, BAU 3 % +0.8 pp", f"{LIST} per list, hold {HOLD:g}", 0.95, _four(engine, name))
        for name in TRUTH
    ]
    clusters = [
        Trial("cluster CR2", f"icc {icc:g}, sizes 20-60", f"{count} clusters", 0.95, _clustered(engine, count, icc))
        for count in (12, 200) for icc in (0.01, 0.1)
    ]
    return [
        *four,
        Trial("policy value, whole arms", "lists 10 %", "50000 per arm", 0.95, _policy(engine, _policy_covers)),
        Trial("agreement check false alarm", "lists 10 %", "50000 per arm", AGREEMENT_ALPHA, _policy(engine, _disagrees), "at_most", 2.0),
        *clusters,
        Trial("permutation p <= 0.05", "no effect, icc 0.1", "10 clusters", 0.05, _permuted(engine), "at_most", 0.3),
    ]


def draw_four(rng: Random) -> dict[str, CellMoments]:
    """Cells of one simulated pair of lists."""
    sizes = {name: round(LIST * (HOLD if name.endswith("held") else 1 - HOLD)) for name in CELLS}
    return {name: binary(int(rng.binomial(sizes[name], RATES[name])), sizes[name]) for name in CELLS}


def _four(engine: Engine, name: str) -> Callable[[Random, int], int]:
    return lambda rng, count: sum(covers(engine.from_cells(draw_four(rng))[name], TRUTH[name]) for _ in range(count))


def _draw_policy(rng: Random) -> dict[str, CellMoments]:
    """Whole arms of 50,000: the same customers' population, 10 % listed, each policy listing other customers."""
    cells = {}
    for policy, listed_base, effect in (("model", 0.05, 0.01), ("bau", 0.03, 0.008)):
        listed = int(rng.binomial(50_000, 0.1))
        held = int(rng.binomial(listed, HOLD))
        off = (0.012 - 0.1 * listed_base) / 0.9
        for part, n, rate in (
            ("contacted", listed - held, listed_base + effect), ("held", held, listed_base), ("unlisted", 50_000 - listed, off)
        ):
            cells[f"{policy}_{part}"] = binary(int(rng.binomial(n, rate)), n)
    return cells


def _policy_covers(found: dict[str, Any]) -> bool:
    return covers(found["policy_value"], 0.1 * (1 - HOLD) * (0.010 - 0.008))


def _disagrees(found: dict[str, Any]) -> bool:
    return bool(found["agreement"]["p_value"] < AGREEMENT_ALPHA)


def _policy(engine: Engine, hit: Callable[[dict[str, Any]], bool]) -> Callable[[Random, int], int]:
    return lambda rng, count: sum(hit(engine.from_cells(_draw_policy(rng))) for _ in range(count))


def draw_clusters(rng: Random, count: int, icc: float, effect: float) -> ClusterSums:
    """`count` clusters, half of them treated, sizes 20-60, total variance 1."""
    n = rng.integers(20, 61, count).astype(np.float64)
    treated = np.arange(count) % 2 == 0
    shock = rng.normal(0, np.sqrt(icc), count)
    sums = n * (shock + effect * treated) + rng.normal(0, 1, count) * np.sqrt(n * (1 - icc))
    return ClusterSums(np.arange(count), np.where(treated, "t", "c").astype(object), n, sums[:, None])


def _clustered(engine: Engine, clusters: int, icc: float) -> Callable[[Random, int], int]:
    def one(rng: Random) -> bool:
        sums = draw_clusters(rng, clusters, icc, 0.1)
        return covers(engine.clustered(sums, ["t", "c"], [1, -1], sums.sums[:, 0]), 0.1)

    return lambda rng, count: sum(one(rng) for _ in range(count))


def _permuted(engine: Engine) -> Callable[[Random, int], int]:
    def one(rng: Random) -> bool:
        sums = draw_clusters(rng, 10, 0.1, 0.0)
        return bool(engine.permutation(sums, "t", "c", sums.sums[:, 0]) <= 0.05)

    return lambda rng, count: sum(one(rng) for _ in range(count))
