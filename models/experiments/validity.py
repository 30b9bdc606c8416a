"""Is the comparison fit to be read? Placebo in the pre-period, exposure balance, edited or missing assignments."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from scipy.special import chdtrc

from models.experiments.moments import CellMoments, pool

ALARM_P = 0.001


def placebo(tests: Sequence[dict[str, Any]], alarm: float = ALARM_P) -> dict[str, Any]:
    """An effect before assignment must not exist: `tests` are effects on a pre-period metric, with their contrasts.

    The alarm level is shared over the tests (Bonferroni), so the whole family cries wolf with probability `alarm`.
    """
    p_values = [test["p_value"] for test in tests if test["p_value"] is not None]
    if not p_values:
        return {"status": "not_tested", "p_value": None, "tests": list(tests)}
    adjusted = min(1.0, min(p_values) * len(p_values))
    return {"status": "failed" if adjusted < alarm else "passed", "p_value": adjusted, "tests": list(tests)}


def exposure_balance(cells: Mapping[str, CellMoments], alarm: float = ALARM_P) -> dict[str, Any]:
    """Contacts from other strategies per unit, equal over the cells? Otherwise the estimate is of the bundle.

    One chi-square test of equal means with unequal variances over all cells.
    """
    used = {name: cell for name, cell in cells.items() if cell.n > 1}
    means = {name: cell.average for name, cell in used.items()}
    spread = {name: cell.variance / cell.n for name, cell in used.items()}
    if len(used) < 2 or pool(list(used.values())).cross[0, 0] == 0:
        return {"status": "not_tested", "p_value": None, "means": means}
    if min(spread.values()) == 0:
        floor = pool(list(used.values())).variance
        spread = {name: part or floor / used[name].n for name, part in spread.items()}
    total = sum(1 / part for part in spread.values())
    centre = sum(means[name] / part for name, part in spread.items()) / total
    statistic = sum((means[name] - centre) ** 2 / part for name, part in spread.items())
    p_value = float(chdtrc(len(used) - 1, statistic))
    return {"status": "failed" if p_value < alarm else "passed", "p_value": p_value, "means": means}


def assignment_hash(rows: Iterable[tuple[str, str]]) -> str:
    """Order-free SHA-256 over (unit, arm) pairs, as registered at launch."""
    digest = hashlib.sha256()
    for unit, arm in sorted(rows):
        digest.update(f"{len(unit)}:{unit}{len(arm)}:{arm}".encode())
    return digest.hexdigest()


def unchanged(registered: str, rows: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Does the assignment (or list) still hash to what was registered?"""
    found = assignment_hash(rows)
    return {"status": "passed" if found == registered else "failed", "registered": registered, "found": found}
