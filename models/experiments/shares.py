"""Planned shares against observed units, level by level, in the words of the measurement answer."""

from collections.abc import Mapping
from typing import Any

from features.errors import KehuError
from models.experiments import srm
from models.experiments.four_cell import CELLS
from models.experiments.plan import Plan

POLICIES = ("model", "bau")
CONTACT = ("contacted", "held")


def check(plan: Plan, units: Mapping[str, int]) -> dict[str, Any]:
    """`{status, p_value, planned, observed, levels, note}`; without planned shares `not_tested`, never guessed,
    except that two arms are tested 50/50, and the note says so."""
    if plan.shares:
        levels = _ab_level(plan, units) if plan.design == "ab" else _four_cell_levels(plan, units)
        return _together(levels, "")
    if plan.design == "ab" and len(units) == 2:
        note = "no planned shares: tested 50/50"
        return _together([("arm", srm.chi2(units, dict.fromkeys(units, 0.5)))], note)
    note = "no planned shares: not tested"
    return {"status": "not_tested", "p_value": None, "planned": None, "observed": dict(units), "levels": [], "note": note}


def _together(levels: list[tuple[str, dict[str, Any]]], note: str) -> dict[str, Any]:
    tested = [found for _, found in levels if found["p_value"] is not None]
    worst = min((found["p_value"] for found in tested), default=None)
    failed = any(found["status"] == "failed" for found in tested)
    return {
        "status": "not_tested" if worst is None else "failed" if failed else "passed",
        "p_value": worst,
        "planned": {arm: share for _, found in levels for arm, share in found["planned"].items()},
        "observed": {arm: count for _, found in levels for arm, count in found["observed"].items()},
        "levels": [{"level": name, **found} for name, found in levels],
        "note": note,
    }


def _ab_level(plan: Plan, units: Mapping[str, int]) -> list[tuple[str, dict[str, Any]]]:
    shares = plan.shares or {}
    unknown = [arm for arm in shares if arm not in units]
    if unknown and len(unknown) == len(shares):
        raise KehuError(f"no arm of --shares is in the assignments ({', '.join(units)})", "name the arms as in the file")
    return [("arm", srm.chi2(units, shares))]


def _four_cell_levels(plan: Plan, units: Mapping[str, int]) -> list[tuple[str, dict[str, Any]]]:
    """Shares may name the policies, the four cells, or contacted and held (the same in both lists)."""
    shares = plan.shares or {}
    unknown = [name for name in shares if name not in (*POLICIES, *CONTACT, *CELLS)]
    if unknown:
        raise KehuError(f"unknown arm '{unknown[0]}' in --shares", f"use {', '.join((*POLICIES, *CONTACT, *CELLS))}")
    levels = []
    if any(name in shares for name in POLICIES):
        levels.append(("policy", srm.chi2(_policies(units), _some(shares, POLICIES))))
    if any(name in shares for name in CONTACT):
        contact = _some(shares, CONTACT)
        for policy in POLICIES:
            named = {f"{policy}_{part}": contact[part] for part in CONTACT}
            levels.append((f"contact_{policy}", srm.chi2(_only(units, named), named)))
    if any(name in shares for name in CELLS):
        levels += _cells(units, _some(shares, CELLS))
    return levels


def _some(shares: Mapping[str, float], names: tuple[str, ...]) -> dict[str, float]:
    missing = [name for name in names if name not in shares]
    if missing:
        raise KehuError(f"--shares has no share for '{missing[0]}'", f"give shares for {', '.join(names)}")
    return {name: shares[name] for name in names}


def _cells(units: Mapping[str, int], cells: dict[str, float]) -> list[tuple[str, dict[str, Any]]]:
    """Cell shares that sum to one are one plan; that sum to one in each list, a plan per list."""
    if abs(sum(cells.values()) - 1) < 1e-6:
        return [("cell", srm.chi2(_only(units, cells), cells))]
    levels = []
    for policy in POLICIES:
        named = {name: share for name, share in cells.items() if name.startswith(policy)}
        levels.append((f"contact_{policy}", srm.chi2(_only(units, named), named)))
    return levels


def _only(units: Mapping[str, int], named: Mapping[str, float]) -> dict[str, int]:
    return {name: units.get(name, 0) for name in named}


def _policies(units: Mapping[str, int]) -> dict[str, int]:
    return {policy: sum(n for name, n in units.items() if name.startswith(f"{policy}_")) for policy in POLICIES}
