"""Sample ratio mismatch: did the arms get the shares that were planned, at every stage and at any time?"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc, gammaln

from features.errors import KehuError

ALARM_P = 0.001
STAGES = ("assignment", "freeze", "dispatch", "delivery", "outcome")


def chi2(observed: Mapping[str, int], planned: Mapping[str, float], alarm: float = ALARM_P) -> dict[str, Any]:
    """Pearson's test of counts per arm against planned shares (any positive scale).

    Returns `{status: passed|failed|not_tested, p_value, statistic, df, planned, observed}`; arms without a planned
    share and planned arms without a count are errors, no units at all is `not_tested`.
    """
    shares = _normalised(observed, planned)
    counts = {arm: int(observed.get(arm, 0)) for arm in shares}
    total = sum(counts.values())
    answer: dict[str, Any] = {"planned": shares, "observed": counts}
    if total == 0 or len(shares) < 2:
        return {"status": "not_tested", "p_value": None, "statistic": None, "df": None, **answer}
    statistic = sum((counts[arm] - total * share) ** 2 / (total * share) for arm, share in shares.items())
    p_value = float(chdtrc(len(shares) - 1, statistic))
    status = "failed" if p_value < alarm else "passed"
    return {"status": status, "p_value": p_value, "statistic": statistic, "df": len(shares) - 1, **answer}


def _normalised(observed: Mapping[str, int], planned: Mapping[str, float]) -> dict[str, float]:
    unplanned = [arm for arm in observed if arm not in planned]
    if unplanned:
        raise KehuError(f"no planned share for arm '{unplanned[0]}'", "give a share for every arm")
    for arm, share in planned.items():
        if not (math.isfinite(share) and share > 0):
            raise KehuError(f"planned share of arm '{arm}' is {share}", "give every arm a share above 0")
    total = sum(planned.values())
    return {arm: share / total for arm, share in planned.items()}


def log_bayes_factor(counts: ArrayLike, shares: ArrayLike, concentration: float = 100.0) -> NDArray[np.float64]:
    """Log of (Dirichlet-multinomial alternative / multinomial plan); counts are (looks, arms), cumulated.

    The prior is Dirichlet(concentration * shares); the order of arrivals cancels.
    """
    n = np.atleast_2d(np.asarray(counts, dtype=np.float64))
    theta = np.asarray(shares, dtype=np.float64)
    theta = theta / theta.sum()
    prior = concentration * theta
    total = n.sum(axis=1)
    mixture = gammaln(concentration) - gammaln(concentration + total)
    return mixture + (gammaln(prior + n) - gammaln(prior)).sum(axis=1) - n @ np.log(theta)


def sequential(
    counts: ArrayLike, shares: ArrayLike, concentration: float = 100.0, alarm: float = ALARM_P
) -> dict[str, Any]:
    """Always-valid p-value after each look (running minimum of 1 / Bayes factor) and the first alarming look."""
    factors = log_bayes_factor(counts, shares, concentration)
    p_values = np.minimum(1.0, np.exp(np.minimum.accumulate(-factors).clip(max=0.0)))
    alarmed = np.flatnonzero(p_values < alarm)
    return {
        "status": "failed" if len(alarmed) else "passed",
        "p_value": float(p_values[-1]),
        "p_values": p_values.tolist(),
        "first_alarm": int(alarmed[0]) if len(alarmed) else None,
    }


def stages(
    counts: Sequence[tuple[str, Mapping[str, int]]], planned: Mapping[str, float], alarm: float = ALARM_P
) -> dict[str, Any]:
    """Where does a drop happen? Every stage against the plan, and every stage against the one before it.

    `counts` lists (stage, units per arm) in the order of `STAGES`. A stage that keeps a different share of one arm
    than of another is named in `fault_stage`; the first stage is at fault when it misses the plan itself.
    """
    rows, fault, before = [], None, None
    for stage, observed in counts:
        against_plan = chi2(observed, planned, alarm)
        drop = chi2(observed, planned, alarm) if before is None else _loss(before, observed, alarm)
        rows.append({"stage": stage, **against_plan, "drop_p_value": drop["p_value"], "drop_status": drop["status"]})
        if fault is None and drop["status"] == "failed":
            fault = stage
        before = observed
    failed = fault is not None or any(row["status"] == "failed" for row in rows)
    return {"status": "failed" if failed else "passed", "fault_stage": fault, "stages": rows}


def _loss(before: Mapping[str, int], after: Mapping[str, int], alarm: float) -> dict[str, Any]:
    """Homogeneity of the kept share over arms between two stages (Pearson on the 2 x arms table)."""
    arms = [arm for arm in before if before[arm] > 0]
    start = np.array([before[arm] for arm in arms], dtype=np.float64)
    kept = np.array([after.get(arm, 0) for arm in arms], dtype=np.float64)
    if (kept > start).any():
        grown = arms[int(np.argmax(kept > start))]
        raise KehuError(f"arm '{grown}' has more units at a later stage than before", "check the stage's counts")
    rate = kept.sum() / start.sum() if start.sum() else 0.0
    if len(arms) < 2 or rate in (0.0, 1.0):
        return {"status": "not_tested" if len(arms) < 2 else "passed", "p_value": None}
    statistic = float((((kept - start * rate) ** 2) / (start * rate * (1 - rate))).sum())
    p_value = float(chdtrc(len(arms) - 1, statistic))
    return {"status": "failed" if p_value < alarm else "passed", "p_value": p_value}
