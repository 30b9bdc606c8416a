"""All that the lists known so far change in a bank: played lines with their overlay and their rows."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from features.errors import KehuError
from orchestration.simulator.contacts import ContactRows
from orchestration.simulator.dispatch import handed_on
from orchestration.simulator.lines import Lines, joined, read_lines
from orchestration.simulator.overlay import Overlay, build_overlay
from orchestration.simulator.reaction import Market
from orchestration.simulator.spec import LOOK_AHEAD_DAYS
from orchestration.simulator.world import World


@dataclass
class Played:
    """The overlay and the rows that come back."""

    overlay: Overlay
    contacts: ContactRows


def known_lines(world: World, lists: Path | None, last: int) -> Lines:
    """Past campaigns' contacted lines and exported lines that are older than day `last`."""
    past = world.past.take(world.past.policy >= 0)
    lines = joined([past, handed_on(world, listed(world, lists))])
    return lines.take(lines.as_of < last)


def listed(world: World, lists: Path | None) -> Lines:
    """Lines of list files; raises KehuError for customers who had no account on the list's date."""
    lines = read_lines(lists, world.people.count)
    strangers = world.people.open_day[lines.cust] > lines.as_of
    if strangers.any():
        raise KehuError(f"a list names c{lines.cust[strangers][0]:08d}, who had no account on the list's date", "use the bank's own lists")
    return lines


def play(world: World, lines: Lines, last: int) -> Played:
    """Plays lines and builds what they change up to day `last`."""
    if len(lines):
        world.week(world.spec.block_of(last + LOOK_AHEAD_DAYS))
    market = Market(world, lines)
    answers = market.play()
    removed = np.flatnonzero(market.timeline.is_removed)
    overlay = build_overlay(world, lines, answers, removed, last)
    return Played(overlay, ContactRows(world, lines, answers, market.timeline, overlay.contracts))
