"""Can a strategy's comparison be believed? Sample ratios stage by stage, balance of the arms, all valid on any night."""

import json
import math
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import numpy as np

from features.warehouse import Connection
from models.experiments import srm
from models.experiments.inference import contrast
from models.experiments.moments import CellMoments
from models.experiments.sequential import rho
from orchestration.measure.tables import CELLS
from orchestration.measure.waves import Cell

FAMILY_ALARM = 0.001
"""Chance that any of a strategy's validity alarms ever fires without cause, over its whole life."""
TESTS = 12
"""Assignment 1, freeze 2, outcome 2, dispatch 1, delivery 1, placebo 2, exposure 2, agreement 1."""
ALARM = FAMILY_ALARM / TESTS
LEAST = 100
"""Units per arm below which balance is not judged."""
DISPATCH_GAP, DELIVERY_GAP, LEAST_DISPATCHED = 0.02, 0.10, 0.5
"""A difference between the lists that is too small to matter raises no alarm, however certain it is."""
LISTS = ("model", "bau")

Check = dict[str, Any]
Counts = Mapping[str, Mapping[str, Any]]


def ratios(
    connection: Connection, strategy: Mapping[str, Any], night: date, counts: Counts, former: Mapping[str, float]
) -> list[Check]:
    """The five stages in the order of a list's road; `former` holds each stage's smallest p so far.

    A stage fails by the p-value that is valid on any night (Dirichlet-multinomial), not by tonight's chi-square.
    """
    held = float(strategy["hold_share"])
    found = [
        _assignment(connection, strategy, night),
        _contact("freeze", counts, "listed", held),
        _dispatch(counts),
        _kept("delivery", counts, "due_dispatched", "due_delivered", DELIVERY_GAP),
        _contact("outcome", counts, "joined", held),
    ]
    return [_judged(check, former) for check in found if check is not None]


def _assignment(connection: Connection, strategy: Mapping[str, Any], night: date) -> Check | None:
    rows = connection.execute(
        "select policy, count(*), avg(policy_probability) from campaign.assignment where experiment_id = ?"
        " and assigned_date <= ? and policy is not null group by policy order by policy",
        [f"{strategy['strategy_id']}.v{strategy['version']}", night],
    ).fetchall()
    if len(rows) < 2:
        return None
    return _ratio("assignment", [({arm: n for arm, n, _ in rows}, {arm: share for arm, _, share in rows})])


def _contact(stage: str, counts: Counts, what: str, held: float) -> Check | None:
    """Contacted against held within each list."""
    shares = {"contacted": 1 - held, "held": held}
    levels = []
    for policy in LISTS:
        observed = {f"{policy}_{arm}": int(counts.get(f"{policy}_{arm}", {}).get(what, 0)) for arm in shares}
        if sum(observed.values()):
            levels.append((observed, {f"{policy}_{arm}": share for arm, share in shares.items()}))
    return _ratio(stage, levels) if levels else None


def _ratio(stage: str, levels: list[tuple[dict[str, int], dict[str, float]]]) -> Check:
    tested = [srm.chi2(observed, planned) for observed, planned in levels]
    factors = [float(srm.log_bayes_factor([[observed[arm] for arm in planned]], list(planned.values()))[0])
               for observed, planned in levels]  # fmt: skip
    return {
        "stage": stage, "kind": "ratio",
        "planned": {arm: round(share, 6) for found in tested for arm, share in found["planned"].items()},
        "observed": {arm: n for found in tested for arm, n in found["observed"].items()},
        "p_value": min(1.0, min(found["p_value"] for found in tested) * len(tested)),
        "sequence_p_value": min(1.0, math.exp(min(0.0, -max(factors)))),
    }


def _dispatch(counts: Counts) -> Check | None:
    """Held customers must be in no contact data, contacted ones of either list must be there alike."""
    check = _kept("dispatch", counts, "due_listed", "due_dispatched", DISPATCH_GAP)
    held = {name: row for name, row in counts.items() if name.endswith("held")}
    touched, base = (sum(int(row[key]) for row in held.values()) for key in ("dispatched", "listed"))
    sent, due = (sum(int(counts.get(f"{policy}_contacted", {}).get(key, 0)) for policy in LISTS)
                 for key in ("due_dispatched", "due_listed"))  # fmt: skip
    if check is None:
        if not touched:
            return None
        check = {"stage": "dispatch", "kind": "ratio", "planned": {}, "observed": {}}
    check |= {"wrong_count": touched, "base_count": base}
    if touched:
        check |= _failure(f"{base} 名对照客户中有 {touched} 名出现在触达数据里",
                          f"{touched} of {base} held customers are in the contact data")
    elif sent and sent < LEAST_DISPATCHED * due:
        check |= _failure(f"到期名单的 {due} 名应触达客户只有 {sent} 名有触达记录",
                          f"only {sent} of {due} customers to contact, on lists that expired, were contacted")
    return check


def _kept(stage: str, counts: Counts, before: str, after: str, matters: float) -> Check | None:
    """Do both lists keep the same share of those to contact? Over lists whose term is over; None without feedback."""
    pairs = {f"{p}_contacted": counts.get(f"{p}_contacted", {}) for p in LISTS}
    start = {name: int(row.get(before, 0)) for name, row in pairs.items()}
    kept = {name: int(row.get(after, 0)) for name, row in pairs.items()}
    if min(start.values()) == 0 or not sum(kept.values()):
        return None
    rates = [kept[name] / start[name] for name in pairs]
    spread = sum(r * (1 - r) / start[name] for r, name in zip(rates, pairs, strict=True))
    p_value = srm.chi2(kept, start)["p_value"] if sum(kept.values()) else None
    ever = always_valid_p(rates[0] - rates[1], math.sqrt(spread), sum(start.values()))
    return {"stage": stage, "kind": "ratio", "planned": start, "observed": kept, "p_value": p_value,
            "sequence_p_value": ever if abs(rates[0] - rates[1]) > matters else max(ever, ALARM)}


def always_valid_p(estimate: float, se: float, n: int, alpha: float = ALARM) -> float:
    """The smallest level whose confidence sequence, tuned for `alpha`, excludes zero tonight; 1 without an error."""
    if not se > 0 or n == 0:
        return 1.0
    scaled = n * rho(10_000, alpha) ** 2
    return min(1.0, math.sqrt(scaled + 1) * math.exp(-((estimate / se) ** 2) * scaled / (2 * (scaled + 1))))


def balance(
    strategy: Mapping[str, Any], cells: Mapping[str, Cell], counts: Counts, former: Mapping[str, float]
) -> list[Check]:
    """Before assignment the arms must be alike; after it other strategies must treat them alike."""
    found = [_placebo(cells), _exposure(counts, str(strategy["control_policy"]))]
    return [_judged(check, former) for check in found if check is not None]


def _placebo(cells: Mapping[str, Cell]) -> Check | None:
    """The logarithm of what was known before: amounts themselves have tails too heavy for a fair alarm."""
    return _alike("placebo", {name: cell.of("before") for name, cell in cells.items()})


def _exposure(counts: Counts, control_policy: str) -> Check | None:
    """Marketing contacts by other strategies within the window; a released control meets them by design."""
    if control_policy == "release":
        return None
    cells = {}
    for name, row in counts.items():
        n = int(row["matured_listed"])
        if n:
            sums = np.array([float(row["other_sum"])])
            cells[name] = CellMoments.from_sums(n, sums, np.array([[float(row["other_square"])]]))
    return _alike("exposure", cells)


def _alike(stage: str, cells: Mapping[str, CellMoments]) -> Check | None:
    """Contacted against held within each list; the worse of the two, counted twice."""
    empty, tests = CellMoments.empty(), []
    means: dict[str, float] = {}
    for policy in LISTS:
        pair = [cells.get(f"{policy}_{arm}", empty) for arm in ("contacted", "held")]
        means |= {f"{policy}_{arm}": cell.average for arm, cell in zip(("contacted", "held"), pair, strict=True) if cell.n}
        found = contrast([1, -1], pair)
        if min(cell.n for cell in pair) < LEAST or not found["se"]:
            continue
        tests.append((found["p_value"], always_valid_p(found["estimate"], found["se"], sum(cell.n for cell in pair))))
    if not tests:
        return None
    return {"stage": stage, "kind": "balance", "planned": {}, "observed": {k: round(v, 6) for k, v in means.items()},
            "p_value": min(1.0, 2 * min(p for p, _ in tests)), "sequence_p_value": min(p for _, p in tests)}


def agreement(z: float | None, p_value: float | None) -> list[Check]:
    """Whole arms and cells must tell the same policy value; looked at once, on the night of the final look."""
    if z is None or p_value is None:
        return []
    check = {"stage": "agreement", "kind": "balance", "planned": {}, "observed": {"z": round(z, 4)},
             "p_value": p_value, "sequence_p_value": p_value}
    return [_judged(check, {})]


def _judged(check: Check, former: Mapping[str, float]) -> Check:
    """Status and reason; a p-value that was small once stays small."""
    if check.get("sequence_p_value") is not None:
        check["sequence_p_value"] = min(check["sequence_p_value"], former.get(check["stage"], 1.0))
        if "status" not in check and check["sequence_p_value"] < ALARM:
            check |= _failure(*_words(check))
    return {"status": "passed", **check}


def _failure(zh: str, en: str) -> Check:
    return {"status": "failed", "reason_zh": zh, "reason_en": en}


def _words(check: Check) -> tuple[str, str]:
    p = f"p = {check['sequence_p_value']:.2g}"
    zh, en = _TEXTS[check["stage"]]
    return f"{zh}（{p}）", f"{en} ({p})"


_TEXTS = {
    "assignment": ("分组环节：模型组与常规组的人数偏离计划比例", "assignment: the policy arms miss their planned shares"),
    "freeze": ("名单冻结环节：触达与对照人数偏离计划比例", "list freeze: contacted and held miss their planned shares"),
    "dispatch": ("下发环节：两张名单的下发比例不同", "dispatch: one list lost more of its customers than the other"),
    "delivery": ("送达环节：两张名单的送达比例相差过大", "delivery: the lists were delivered to very different shares"),
    "outcome": ("结果环节：触达与对照中有结果的人数偏离计划比例", "outcome join: contacted and held with an outcome miss their planned shares"),
    "placebo": ("触达前两组已有差异", "the arms differed before anybody was contacted"),
    "exposure": ("触达与对照受到其他策略的营销次数不同", "other strategies contacted the arms unequally"),
    "agreement": ("整组口径与四格口径的政策价值不一致", "policy value by whole arms and by cells disagree"),
}  # fmt: skip


def first_fault(checks: Iterable[Check]) -> list[Check]:
    """Of the sample ratios only the stage where the drop starts, then all other failures."""
    failed = [check for check in checks if check["status"] == "failed"]
    stages = [check for check in failed if check["kind"] == "ratio"]
    order = {stage: position for position, stage in enumerate(srm.STAGES)}
    first = sorted(stages, key=lambda check: order[check["stage"]])[:1]
    return first + [check for check in failed if check["kind"] != "ratio"]


def row(check: Check, strategy: Mapping[str, Any], night: date) -> dict[str, Any]:
    """The check as a row of measure.srm."""
    return {
        **check, "strategy_id": strategy["strategy_id"], "strategy_version": strategy["version"], "as_of_date": night,
        "planned": json.dumps(check["planned"], sort_keys=True), "observed": json.dumps(check["observed"], sort_keys=True),
    }


__all__ = ["ALARM", "CELLS", "agreement", "always_valid_p", "balance", "first_fault", "ratios", "row"]
