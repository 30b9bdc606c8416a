"""Planned shares against observed units, level by level, in the words of the measurement answer."""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import Any

import numpy as np

from features.errors import KehuError
from models.experiments import srm
from models.experiments.four_cell import CELLS, OFF_LIST
from models.experiments.plan import Plan

POLICIES = ("model", "bau")
CONTACT = ("contacted", "held")


Groups = Mapping[str, tuple[str, ...]]
"""What is compared at one level: name -> the cells that belong to it."""
Days = Mapping[str, Mapping[str, int]]
"""Units that came on each day, per cell, in the order of the days."""
Owners = Mapping[str, AbstractSet[int]]


def check(plan: Plan, units: Mapping[str, int], owners: Owners | None = None, days: Days | None = None) -> dict[str, Any]:
    """`{status, p_value, planned, observed, levels, note}`; without planned shares `not_tested`, never guessed,
    except that two arms are tested 50/50, and the note says so.

    `owners` are the clusters with units in each cell. Where no cluster is on two sides of a level, clusters were what
    was assigned, and they are counted: their sizes make units miss any share without anything being wrong. With `days`
    every level carries a `sequence` as well, a p-value that is valid however often it is looked at.
    """
    shares, notes = plan.shares, []
    if not shares:
        if plan.design != "ab" or len(units) != 2:
            note = "no planned shares: not tested"
            return {"status": "not_tested", "p_value": None, "planned": None, "observed": dict(units), "levels": [], "note": note}
        shares, notes = dict.fromkeys(units, 0.5), ["no planned shares: tested 50/50"]
    levels = [(name, _counts(groups, units, owners), planned) for name, groups, planned in _levels(plan, units, shares)]
    if any(is_by_cluster for _, (_, is_by_cluster), _ in levels):
        notes.append("whole clusters were assigned: clusters are counted")
    tested = [(name, srm.chi2(observed, planned)) for name, (observed, _), planned in levels]
    for name, groups, planned in _levels(plan, units, shares) if days and owners is None else ():
        dict(tested)[name]["sequence"] = _sequence(groups, planned, days or {})
    return _together(tested, "; ".join(notes))


def _sequence(groups: Groups, planned: Mapping[str, float], days: Days) -> dict[str, Any] | None:
    """`{status, p_value, first_alarm}` over the days on which units of the level came; None without any."""
    came = {day: {name: sum(cells.get(cell, 0) for cell in groups.get(name, ())) for name in planned} for day, cells in days.items()}
    looks = [day for day, counts in came.items() if sum(counts.values())]
    if not looks:
        return None
    found = srm.sequential(np.cumsum([list(came[day].values()) for day in looks], axis=0), list(planned.values()))
    alarm = found["first_alarm"]
    return {"status": found["status"], "p_value": found["p_value"], "first_alarm": None if alarm is None else looks[alarm]}


def is_failed(level: Mapping[str, Any]) -> bool:
    """By all units, or by the looks on the way there: a leak that later days drown was one all the same."""
    return level["status"] == "failed" or (level.get("sequence") or {}).get("status") == "failed"


def _counts(groups: Groups, units: Mapping[str, int], owners: Owners | None) -> tuple[dict[str, int], bool]:
    """Units per side of a level, or clusters where each is on one side only."""
    if owners is not None:
        sides = {name: {c for cell in cells for c in owners.get(cell, ())} for name, cells in groups.items()}
        if sum(len(side) for side in sides.values()) == len(set().union(*sides.values())):
            return {name: len(side) for name, side in sides.items()}, True
    return {name: sum(units.get(cell, 0) for cell in cells) for name, cells in groups.items()}, False


def _together(levels: list[tuple[str, dict[str, Any]]], note: str) -> dict[str, Any]:
    tested = [found for _, found in levels if found["p_value"] is not None]
    worst = min((found["p_value"] for found in tested), default=None)
    failed = any(is_failed(found) for _, found in levels)
    return {
        "status": "not_tested" if worst is None else "failed" if failed else "passed",
        "p_value": worst,
        "planned": {arm: share for _, found in levels for arm, share in found["planned"].items()},
        "observed": {arm: count for _, found in levels for arm, count in found["observed"].items()},
        "levels": [{"level": name, **found} for name, found in levels],
        "note": note,
    }


Level = tuple[str, Groups, Mapping[str, float]]


def _levels(plan: Plan, units: Mapping[str, int], shares: Mapping[str, float]) -> list[Level]:
    return [_ab_level(units, shares)] if plan.design == "ab" else _four_cell_levels(shares)


def _ab_level(units: Mapping[str, int], shares: Mapping[str, float]) -> Level:
    if not any(arm in units for arm in shares):
        raise KehuError(f"no arm of --shares is in the assignments ({', '.join(units)})", "name the arms as in the file")
    return "arm", _each(units), shares


def _four_cell_levels(shares: Mapping[str, float]) -> list[Level]:
    """Shares may name the policies, the four cells, or contacted and held (the same in both lists)."""
    unknown = [name for name in shares if name not in (*POLICIES, *CONTACT, *CELLS)]
    if unknown:
        raise KehuError(f"unknown arm '{unknown[0]}' in --shares", f"use {', '.join((*POLICIES, *CONTACT, *CELLS))}")
    levels: list[Level] = []
    if any(name in shares for name in POLICIES):
        sides = {p: tuple(cell for cell in (*CELLS, *OFF_LIST) if cell.startswith(f"{p}_")) for p in POLICIES}
        levels.append(("policy", sides, _some(shares, POLICIES)))
    if any(name in shares for name in CONTACT):
        contact = _some(shares, CONTACT)
        levels += [_list_level(policy, {f"{policy}_{part}": contact[part] for part in CONTACT}) for policy in POLICIES]
    if any(name in shares for name in CELLS):
        levels += _cells(_some(shares, CELLS))
    return levels


def _some(shares: Mapping[str, float], names: tuple[str, ...]) -> dict[str, float]:
    missing = [name for name in names if name not in shares]
    if missing:
        raise KehuError(f"--shares has no share for '{missing[0]}'", f"give shares for {', '.join(names)}")
    return {name: shares[name] for name in names}


def _cells(cells: dict[str, float]) -> list[Level]:
    """Cell shares that sum to one are one plan; that sum to one in each list, a plan per list."""
    if abs(sum(cells.values()) - 1) < 1e-6:
        return [("cell", _each(cells), cells)]
    return [_list_level(p, {name: share for name, share in cells.items() if name.startswith(p)}) for p in POLICIES]


def _list_level(policy: str, named: dict[str, float]) -> Level:
    return f"contact_{policy}", _each(named), named


def _each(names: Iterable[str]) -> Groups:
    return {name: (name,) for name in names}
