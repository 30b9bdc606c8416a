"""A dispatcher that loses lines of one strategy on the way from list to contact: planted, off by default."""

import numpy as np
from numpy.typing import NDArray

from orchestration.simulator.lines import Lines
from orchestration.simulator.world import World

LOST_SHARE = 0.3


def is_handed_on(world: World, lines: Lines, is_held: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which lines of frozen lists the dispatcher's register still holds.

    The bank's `dispatch_fault` is (strategy, `drops_held` | `drops_contacted`). Held lines vanish at random, three in
    ten; contacted ones by choice: the customers with least money, as by a desk that calls whom it likes to call.
    """
    kept = np.ones(len(lines), dtype=bool)
    if world.spec.dispatch_fault is None:
        return kept
    strategy, kind = world.spec.dispatch_fault
    mine = np.array(lines.strategy_ids or [""])[lines.strategy] == strategy
    if kind == "drops_held":
        lost = world.streams.sparse("dispatch_fault", lines.cust, lines.draw_key()) < LOST_SHARE
        return np.asarray(~(mine & is_held & lost))
    for day in np.unique(lines.as_of[mine]):
        rows = np.flatnonzero(mine & ~is_held & (lines.as_of == day))
        poorest = np.argsort(world.facts_known(int(day)).aum[lines.cust[rows]], kind="stable")
        kept[rows[poorest[: int(LOST_SHARE * len(rows))]]] = False
    return kept


def handed_on(world: World, exported: Lines) -> Lines:
    """Exported lines (nobody held among them) that are really carried out."""
    return exported.take(is_handed_on(world, exported, np.zeros(len(exported), dtype=bool)))
