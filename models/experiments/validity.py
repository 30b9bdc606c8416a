"""Is the comparison fit to be read? The placebo effect in the pre-period."""

from collections.abc import Sequence
from typing import Any

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
