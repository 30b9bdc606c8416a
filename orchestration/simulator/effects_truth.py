"""True effects of strategies on frozen lists, computed by replaying the market, not estimated."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from orchestration.simulator.catalogue import FUND, PRODUCT_FAMILY
from orchestration.simulator.dispatch import handed_on
from orchestration.simulator.effects import (
    DELAY_MEDIAN_DAYS,
    DELAY_SPREAD,
    LONG_DAYS,
    SHORT_DAYS,
    Effect,
    effect_of,
    induce_of,
    reach_of,
)
from orchestration.simulator.lines import POLICIES, Lines, joined
from orchestration.simulator.played import listed
from orchestration.simulator.reaction import Market
from orchestration.simulator.spec import LOOK_AHEAD_DAYS, BankSpec
from orchestration.simulator.streams import Floats
from orchestration.simulator.timeline import Timeline
from orchestration.simulator.world import World, world_of

Ints = NDArray[np.int64]
CONTACT_LAG_DAYS = 1.3


def true_effects(spec: BankSpec, frozen: Path, exports: Path | None, window_days: int = 30) -> dict[str, dict[str, float]]:
    """Per strategy: what its contact does to purchases of its family within `window_days`, for each policy's whole list.

    `frozen` holds the frozen lists (held customers included, column `policy`), `exports` what was really contacted.
    `realised` figures replay the market twice (all listed contacted, none), everything else equal; `expected` ones
    average over the draws of one contact. Rates are shares (0-1).
    """
    world = world_of(spec, spec.block_of(spec.start_day))
    frozen_lines, contacted = listed(world, frozen), handed_on(world, listed(world, exports))
    if not len(frozen_lines):
        return {}
    world.catch_up(spec.block_of(int(frozen_lines.as_of.max()) + LOOK_AHEAD_DAYS), spec.block_of(spec.start_day))
    names = [frozen_lines.strategy_ids[i] for i in np.unique(frozen_lines.strategy)]
    return {name: _strategy(world, frozen_lines, contacted, name, window_days) for name in sorted(names)}


def _strategy(world: World, frozen: Lines, contacted: Lines, name: str, window: int) -> dict[str, float]:
    mine = frozen.take(np.array(frozen.strategy_ids)[frozen.strategy] == name)
    others = contacted.take(np.array(contacted.strategy_ids or [""])[contacted.strategy] != name) if len(contacted) else contacted
    past = world.past.take(world.past.policy >= 0)
    sold = int(PRODUCT_FAMILY[mine.product[0]]) if mine.product[0] >= 0 else None
    effect = effect_of(name, world.spec.effects, sold)
    with_all = _bought(world, joined([past, others, mine]), mine, effect, window)
    with_none = _bought(world, joined([past, others]), mine, effect, window)
    lift, expected = with_all.astype(float) - with_none, expected_lift(world, mine, effect, window)
    return _summary(mine.policy, lift, expected, with_none.astype(float))


def _bought(world: World, lines: Lines, of: Lines, effect: Effect, window: int) -> NDArray[np.bool_]:
    market = Market(world, lines)
    market.play()
    timeline: Timeline = market.timeline
    return timeline.bought_within(effect.family, of.cust, of.as_of, window)


def _summary(policy: Ints, lift: Floats, expected: Floats, base: Floats) -> dict[str, float]:
    found: dict[str, float] = {}
    for number, name in enumerate(POLICIES):
        rows = policy == number
        found[f"n_{name}"] = int(rows.sum())
        for key, values in ((f"tau_{name}", lift), (f"expected_tau_{name}", expected), (f"base_{name}", base)):
            found[key] = float(values[rows].mean()) if rows.any() else float("nan")
    found["increment"] = found["tau_model"] - found["tau_bau"]
    found["expected_increment"] = found["expected_tau_model"] - found["expected_tau_bau"]
    found["selection_bias"] = found["base_model"] - found["base_bau"]
    found["naive_gap"] = found["increment"] + found["selection_bias"]
    return found


def expected_lift(world: World, lines: Lines, effect: Effect, window: int) -> Floats:
    """reach x [(g S(90) + advance (F(90) - F(30))) D(window) - suppress F(window)] of each line, without interactions."""
    found = np.zeros(len(lines))
    for as_of in np.unique(lines.as_of):
        rows = np.flatnonzero(lines.as_of == as_of)
        cust, channel, people = lines.cust[rows], lines.channel[rows], world.people
        late, short, inside = (purchase_chance(world, effect.family, cust, int(as_of) + 1, days)
                               for days in (LONG_DAYS, SHORT_DAYS, window - 1))
        g = induce_of(effect, people, world.streams, world.facts_known(int(as_of)), cust, channel)
        resents, open_minded = people.resents[cust], people.persuadable[cust] > 0
        soon = ndtr(np.log(max(window - CONTACT_LAG_DAYS + 0.5, 0.1) / DELAY_MEDIAN_DAYS) / DELAY_SPREAD)
        gain = g * (1 - late) + effect.advance * open_minded * (late - short)
        found[rows] = reach_of(people, cust, channel) * np.where(resents, -effect.suppress * inside, gain * soon)
    return found


def purchase_chance(world: World, family: int, cust: Ints, after: int, days: int) -> Floats:
    """F: chance of a base purchase in (after, after + days] from the weekly hazards."""
    total = np.zeros(len(cust))
    for index in range(world.spec.block_of(after + 1), world.spec.block_of(after + days) + 1):
        week = world.week(index)
        share = (min(week.days.stop - 1, after + days) - max(week.days.start, after + 1) + 1) / len(week.days)
        total += share * (week.hazard.fund if family == FUND else week.hazard.wealth)[cust]
    return np.asarray(1 - np.exp(-total))
