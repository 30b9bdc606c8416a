"""Plants of the simulated bank as experiments: outcomes of every customer under every way of contacting, assigned by salt."""

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.experiments import cuped, holdout, lift, srm
from models.experiments.assignment import arms
from models.experiments.moments import CellMoments
from orchestration.demo import START
from orchestration.simulator.catalogue import WEALTH
from orchestration.simulator.dispatch import is_handed_on
from orchestration.simulator.potential import Campaign, Replay
from orchestration.simulator.spec import LOOK_AHEAD_DAYS, BankSpec
from orchestration.simulator.world import World

WINDOW = 30
LEAST_AUM, MOST_AUM = 5e3, 6e5
"""A mass campaign's audience: the few richest would be the whole variance."""
OVERLAP_WINDOW = 60
"""Both campaigns' sales: the second is a week later, and delays end after two months."""
MONTE_CARLO_ERRORS = 3.3

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
Contrast = dict[str, Any]
Weigh = Callable[[CellMoments, CellMoments], Contrast]


def bank(customers: int, seed: int) -> World:
    """A bank with demonstration effects, far enough ahead for 90 daily lists and their windows."""
    spec = BankSpec(seed, customers, START, history_months=3, dirt=False)
    world, ahead = World(spec), max(LOOK_AHEAD_DAYS + 14, 90 + WINDOW)
    world.catch_up(spec.block_of(spec.start_day + ahead), spec.block_of(spec.start_day - 7))
    return world


def adults(world: World) -> NDArray[np.int64]:
    """Customers for whom a wave may come at any time."""
    people, day = world.people, world.spec.start_day
    return np.flatnonzero((people.open_day < day - 30) & (people.age >= 18) & ~people.is_staff)


def least_cover(count: int, nominal: float = 0.95) -> float:
    """The lowest coverage that right intervals reach in `count` assignments; wider ones may reach more."""
    return nominal - MONTE_CARLO_ERRORS * math.sqrt(nominal * (1 - nominal) / count)


@dataclass(frozen=True)
class Worlds:
    """One metric of every customer, contacted and not; `before` is his covariate."""

    contacted: Floats
    untouched: Floats
    before: Floats

    def contrast(self, is_contacted: Mask, is_held: Mask, weigh: Weigh) -> Contrast:
        return weigh(CellMoments.from_values(self.contacted[is_contacted], self.before[is_contacted]),
                     CellMoments.from_values(self.untouched[is_held], self.before[is_held]))

    @property
    def truth(self) -> float:
        return float((self.contacted - self.untouched).mean())


def raw(treatment: CellMoments, control: CellMoments) -> Contrast:
    """Welch, as the engine does it."""
    return lift.difference(treatment, control)


def adjusted(treatment: CellMoments, control: CellMoments) -> Contrast:
    """CUPED, as the engine does it."""
    return cuped.cuped([1, -1], [treatment, control])


def campaign(world: World, strategy: str) -> dict[str, Worlds]:
    """A telephone campaign to everybody with 5,000 to 600,000 yuan: buyers, sales and change of assets, in yuan."""
    cust, day = adults(world), world.spec.start_day - 1
    aum = world.facts_known(day).aum[cust]
    cust = cust[(aum >= LEAST_AUM) & (aum < MOST_AUM)]
    runs = [Replay(world, [Campaign(strategy, cust, day)]), Replay(world, [])]
    before = runs[1].assets(cust, day)
    sales = [run.sales(cust, WEALTH, day, WINDOW)[1] for run in runs]
    bought = [run.bought(cust, WEALTH, day, WINDOW) for run in runs]
    change = [run.assets(cust, day + WINDOW) - before for run in runs]
    found = {"buyers": bought, "sales": sales, "assets": change}
    return {name: Worlds(pair[0], pair[1], before) for name, pair in found.items()}


def assigned(metrics: Mapping[str, Worlds], salt: str) -> dict[str, Contrast]:
    """The engine's answer to one assignment, half of the list held; money adjusted for assets before."""
    cell = arms(salt, np.arange(len(metrics["buyers"].before)), {"contact": 0.5, "hold": 0.5})
    return {name: found.contrast(cell == "contact", cell == "hold", raw if name == "buyers" else adjusted)
            for name, found in metrics.items()}


@dataclass(frozen=True)
class Overlap:
    """Purchases of each customer by (contacted by the first, by the second campaign), and who may be on which list."""

    count: dict[tuple[int, int], Floats]
    fits: tuple[Mask, Mask]

    def outcome(self, first: Mask, second: Mask) -> Floats:
        return np.select([first & second, first, second], [self.count[1, 1], self.count[1, 0], self.count[0, 1]], self.count[0, 0])


def overlap(world: World) -> Overlap:
    """Two campaigns of one family, a week apart, whose audiences share 40 % of all customers."""
    cust, day = adults(world), world.spec.start_day - 1
    u = world.streams.sparse("planted", cust)
    fits = (u < 0.7, u >= 0.3)
    campaigns = [Campaign(name, cust[fit], day + 7 * i, "branch") for i, (name, fit) in
                 enumerate(zip(("planted_overlap_first", "planted_overlap_second"), fits, strict=True))]
    count = {(a, b): Replay(world, [c for c, used in zip(campaigns, (a, b), strict=True) if used]).sales(cust, WEALTH, day, OVERLAP_WINDOW)[0]
             for a in (0, 1) for b in (0, 1)}
    return Overlap(count, fits)


@dataclass(frozen=True)
class Gap:
    """Measured double-count gap in purchases, and the planted one of the same contacts."""

    measured: Contrast
    planted: float

    def covers(self) -> bool:
        low, high = self.measured["ci"]
        return bool(low <= self.planted <= high)


def gap(found: Overlap, salt: str, by_holdout: bool = False) -> Gap:
    """One assignment: 20 % of the bank without marketing, 30 % of each list held.

    `by_holdout` claims as banks without campaign holds do: each campaign's contacted against the global holdout.
    """
    n = len(found.fits[0])
    out = arms(f"{salt}/0", np.arange(n), {"marketed": 0.8, "out": 0.2}) == "out"
    drawn = [arms(f"{salt}/{i}", np.arange(n), {"contact": 0.7, "hold": 0.3}) == "contact" for i in (1, 2)]
    on = [fit & ~out & contact for fit, contact in zip(found.fits, drawn, strict=True)]
    off = [fit & ~out & ~contact for fit, contact in zip(found.fits, drawn, strict=True)]
    y, nobody = found.outcome(*on), np.zeros(n, dtype=bool)
    claims, true_claims = {}, 0.0
    for i, name in enumerate(("first", "second")):
        control = found.fits[i] & out if by_holdout else off[i]
        claims[name] = raw(_cell(y[on[i]]), _cell(y[control])), int(on[i].sum())
        swapped = [(on[i] | off[i] if j == i else on[j], nobody if j == i else on[j]) for j in (0, 1)]
        if by_holdout:
            change = (y - found.count[0, 0])[on[i]]
        else:
            change = (found.outcome(swapped[0][0], swapped[1][0]) - found.outcome(swapped[0][1], swapped[1][1]))[on[i] | off[i]]
        true_claims += claims[name][1] * float(change.mean())
    whole, shown = raw(_cell(y[~out]), _cell(y[out])), float((y - found.count[0, 0])[~out].sum())
    return Gap(holdout.double_count_gap(claims, whole, int((~out).sum()))["gap"], true_claims - shown)


def _cell(values: Floats) -> CellMoments:
    return CellMoments.from_values(values)


def dispatched(world: World, kind: str | None, salt: str, size: int = 5_000) -> dict[str, Any]:
    """Sample ratios by stage of one list, 20 % held, that a dispatcher with (or without) a fault has carried out."""
    strategy = "maturing_deposit_wealth"
    world.spec = replace(world.spec, dispatch_fault=(strategy, kind) if kind else None)
    chosen = arms(f"{salt}/list", adults(world), {"on": 0.5, "off": 0.5}) == "on"
    frozen = Campaign(strategy, adults(world)[chosen][:size], world.spec.start_day - 1).lines()
    held = arms(salt, frozen.cust, {"contact": 0.8, "hold": 0.2}) == "hold"
    register = is_handed_on(world, frozen, held)
    everybody = np.ones(len(frozen), dtype=bool)
    counts = [(stage, {"contact": int((at & ~held).sum()), "hold": int((at & held).sum())})
              for stage, at in (("assignment", everybody), ("freeze", everybody), ("dispatch", register), ("outcome", register))]
    world.spec = replace(world.spec, dispatch_fault=None)
    return srm.stages(counts, {"contact": 0.8, "hold": 0.2})


def covered(found: Sequence[Contrast], truth: float) -> float:
    return statistics.fmean(each["ci"][0] <= truth <= each["ci"][1] for each in found)
