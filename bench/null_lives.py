"""Lives of a strategy without effect: listed every day, looked at every night, judged as the product judges."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray
from plants import WINDOW, adults

from models.experiments import four_cell, sequential, verdict
from models.experiments.assignment import arms
from models.experiments.moments import CellMoments
from models.experiments.plan import Plan
from orchestration.demo import START
from orchestration.simulator.catalogue import WEALTH
from orchestration.simulator.potential import Campaign, Replay
from orchestration.simulator.world import World

NIGHTS, LIST_SHARE = 90, 0.6
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class NullBank:
    """Customers whom the strategy leaves as they are: listed on day `wave`, bought after it or not; ranks of both lists."""

    wave: NDArray[np.int64]

    bought: Floats
    score: Floats
    wealth: Floats


def null_bank(world: World) -> NullBank:
    """`planted_null` contacts everybody on the first day and changes nobody; raises if the market does not agree."""
    cust, day = adults(world), world.spec.start_day - 1
    untouched, touched = Replay(world, []), Replay(world, [Campaign("planted_null", cust, day)])
    if (untouched.bought(cust, WEALTH, day, WINDOW) != touched.bought(cust, WEALTH, day, WINDOW)).any():
        raise SystemExit("planted_null changes purchases")
    facts, wave, bought = world.facts_known(day), np.arange(len(cust)) % (NIGHTS + 1), np.zeros(len(cust))
    for number in range(NIGHTS + 1):
        mine = wave == number
        bought[mine] = untouched.bought(cust[mine], WEALTH, day + number, WINDOW)
    return NullBank(wave, bought, facts.aum[cust] + 5e4 * facts.invests[cust], facts.aum[cust])


def life(null: NullBank, salt: str, judge: Callable[..., verdict.Verdict] = verdict.decide) -> set[str]:
    """States that a strategy without effect passes through in 90 nightly looks and the final one."""
    counts, sizes = _cumulated(null, salt)
    first, seen = START + timedelta(days=WINDOW), set()
    plan = Plan(design="four_cell", metrics=("bought",), mde=0.02, horizon=first + timedelta(days=NIGHTS))
    ever: tuple[float, float] | None = None
    for night in range(NIGHTS + 1):
        evidence = _evidence(counts[:, night], sizes[:, night], first + timedelta(days=night), ever)
        seen.add(judge(plan, evidence).state)
        tonight = sequential.interval(evidence.estimate, evidence.se, evidence.n, plan.monitor_alpha, plan.tuned_n)
        if tonight is not None and evidence.may_look:
            ever = (max(ever[0], tonight[0]), min(ever[1], tonight[1])) if ever else (tonight[0], tonight[1])
    return seen


def _evidence(counts: NDArray[np.int64], sizes: NDArray[np.int64], night: date, ever: tuple[float, float] | None) -> verdict.Evidence:
    """The model increment as known on a night."""
    cells = [_rate(int(k), int(n)) for k, n in zip(counts, sizes, strict=True)]
    found = four_cell.from_cells(dict(zip(four_cell.CELLS, cells, strict=True)))["model_increment"]
    ready = sequential.sequence_may_start([c.n for c in cells], [sequential.skewness_of_rate(c.average) for c in cells])
    return verdict.Evidence(night, found["estimate"], found["se"], math.inf, sum(c.n for c in cells), ever=ever, may_look=ready)


def _cumulated(null: NullBank, salt: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Buyers and customers with a complete window, by cell (order of `four_cell.CELLS`) and night."""
    units = np.arange(len(null.wealth))
    policy = arms(f"{salt}/1", units, {"model": 0.5, "bau": 0.5})
    held = arms(f"{salt}/2", units, {"contact": 0.7, "hold": 0.3}) == "hold"
    listed = {}
    for name, key in (("model", null.score), ("bau", null.wealth)):
        mine = np.flatnonzero(policy == name)
        listed[name] = mine[np.argsort(-key[mine], kind="stable")[: int(LIST_SHARE * len(mine))]]
    cells = [listed[p][held[listed[p]] == is_held] for p in ("model", "bau") for is_held in (False, True)]
    counts = [np.bincount(null.wave[rows], weights=null.bought[rows], minlength=NIGHTS + 1) for rows in cells]
    sizes = [np.bincount(null.wave[rows], minlength=NIGHTS + 1) for rows in cells]
    return np.cumsum(counts, axis=1).astype(np.int64), np.cumsum(sizes, axis=1)


def _rate(events: int, n: int) -> CellMoments:
    rate = events / max(n, 1)
    return CellMoments.from_summary(n, rate, rate * (1 - rate) * n / max(n - 1, 1))
