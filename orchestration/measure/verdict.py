"""Tonight's verdict: validity first, then what the sequence proves on any night, then the one final look, kept for good."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from models.experiments import cuped, four_cell, inference, sequential, verdict
from models.experiments.advice import DECIDED, State, advise
from models.experiments.moments import CellMoments
from orchestration.measure import advice, words
from orchestration.measure.checks import Check, always_valid_p
from orchestration.measure.plan import Registration
from orchestration.measure.tables import CELLS, put
from orchestration.measure.waves import Cell

FEWEST = 50
"""Below this many matured units in a cell the night only collects."""
INCREMENT = four_cell.CONTRASTS["model_increment"]
FINAL = ("final_date", "final_verdict", "final_low", "final_high", "final_p", "final_reason_zh", "final_reason_en")

Row = dict[str, Any]


def forms(row: Row, cells: Mapping[str, Cell], has_cap: bool) -> None:
    """The increment adjusted by what was known before, and under the cap; beside the raw one."""
    found = [cells[name] for name in CELLS if name in cells]
    if len(found) < len(CELLS) or min(cell.moments.n for cell in found) < 2:
        return
    adjusted = cuped.cuped(INCREMENT, [cell.of("value", "covariate", "missing") for cell in found], within=True)
    put(row, "model_increment_adjusted", adjusted)
    row["variance_reduction_rate"] = adjusted["variance_reduction"]
    if has_cap:
        put(row, "model_increment_capped", inference.contrast(INCREMENT, [cell.of("capped") for cell in found]))


def judged(cells: Mapping[str, Cell], estimator: str) -> tuple[dict[str, Any], list[CellMoments]]:
    """The effect by the registered estimator and the cells it rests on."""
    found = [cells[name] for name in CELLS if name in cells]
    if len(found) < len(CELLS):
        return inference.effect(float("nan"), float("nan")), [CellMoments.empty() for _ in CELLS]
    if estimator == "raw":
        parts = [cell.of("value") for cell in found]
    else:
        parts = cuped.adjusted_cells([cell.of("capped", "covariate", "missing") for cell in found], within=True)
    return inference.contrast(INCREMENT, parts), parts


def decide(
    row: Row, cells: Mapping[str, Cell], registered: Registration, faults: list[Check], former: Row | None,
    money: Mapping[str, Any],
) -> None:
    """Fills verdict, sequence, final look and words of the primary metric's row.

    `former` is the same metric's row of the night before; `money` the strategy's row of measure.money, for what it earned.
    """
    effect, parts = judged(cells, registered.estimator)
    evidence = _evidence(row, cells, registered, effect, parts, former, money.get("increment_profit"))
    _remember(row, registered, evidence, former)
    found = _state(row, registered, replace(evidence, invalid=tuple(fault["reason_en"] for fault in faults)), former)
    row["verdict"] = found.state
    advice.fill(row, found.state, money)
    _reasons(row, found, faults)
    row["sentence_zh"], row["sentence_en"] = words.sentence(row if registered.estimator == "raw" else row | _told(effect))


def _told(effect: Mapping[str, Any]) -> Row:
    """The increment that the words speak of, where it is not the raw one."""
    low, high = effect["ci"] or (None, None)
    return {"model_increment": effect["estimate"], "model_increment_low": low, "model_increment_high": high}


def _evidence(
    row: Row, cells: Mapping[str, Cell], registered: Registration, effect: Mapping[str, Any], parts: list[CellMoments],
    former: Row | None, added_profit: float | None,
) -> verdict.Evidence:  # fmt: skip
    sizes = [cells[name].moments.n if name in cells else 0 for name in CELLS]
    is_enough = min(sizes) >= FEWEST and bool(effect["se"])
    spread = [part.variance / part.n if part.n else float("nan") for part in parts]
    ever = (former["ever_low"], former["ever_high"]) if former and former["ever_low"] is not None else None
    return verdict.Evidence(
        as_of=row["as_of_date"], estimate=effect["estimate"] if is_enough else None, se=effect["se"] if is_enough else None,
        df=inference.satterthwaite(spread, [n - 1 for n in sizes]) if is_enough else float("inf"), n=sum(sizes), ever=ever,
        may_look=sequential.sequence_may_start(sizes, _skewness(cells, registered.estimator)), added_profit=added_profit,
    )


def _skewness(cells: Mapping[str, Cell], estimator: str) -> list[float | None]:
    """Of what is judged; unknown where a cell is empty or nothing in it varies."""
    at = 0 if estimator == "raw" else 1
    return [cells[name].skewness[at] if name in cells and cells[name].moments.cross[at, at] > 0 else None for name in CELLS]


def _remember(row: Row, registered: Registration, evidence: verdict.Evidence, former: Row | None) -> None:
    """Tonight's sequence, what all nights together leave of it, and the final look of an earlier night."""
    plan = registered.plan
    row.update(judged_increment=evidence.estimate, judged_se=evidence.se, alpha_monitor=plan.monitor_alpha,
               alpha_final=plan.final_alpha, estimator=registered.estimator)  # fmt: skip
    row.update({name: former[name] if former else None for name in FINAL})
    ever = evidence.ever
    if evidence.may_look and evidence.estimate is not None and evidence.se is not None:
        low, high = sequential.interval(evidence.estimate, evidence.se, evidence.n, plan.monitor_alpha, plan.tuned_n) or (0, 0)
        row.update(sequence_low=low, sequence_high=high)
        together = (max(low, ever[0]), min(high, ever[1])) if ever else (low, high)
        ever = together if together[0] <= together[1] else (low, high)
        row["sequence_p"] = always_valid_p(evidence.estimate, evidence.se, evidence.n, plan.monitor_alpha)
    row["ever_low"], row["ever_high"] = ever or (None, None)


def _state(row: Row, registered: Registration, evidence: verdict.Evidence, former: Row | None) -> verdict.Verdict:
    """After the final look only the sequence can still speak: it may report harm, or settle what was left open."""
    if evidence.invalid or row["final_verdict"] is None:
        found = verdict.decide(registered.plan, evidence)
        _keep_final(row, registered, found, evidence)
        return found
    assert registered.plan.horizon is not None
    before = min(row["as_of_date"], registered.plan.horizon - timedelta(days=1))
    later = verdict.decide(registered.plan, replace(evidence, as_of=before))
    kept: State = row["final_verdict"]
    if later.state == "harm" or (kept == "undecided" and later.state in DECIDED):
        return later
    return verdict.Verdict(kept, advise(kept)[0], (), ())


def _keep_final(row: Row, registered: Registration, found: verdict.Verdict, evidence: verdict.Evidence) -> None:
    """The first valid night on or after the horizon is the final look; its interval is spent by it."""
    final = found.numbers.get("final")
    if not isinstance(final, list):
        return
    direction = registered.plan.direction
    low, high = sorted(direction * end for end in final)
    row.update(final_date=row["as_of_date"], final_verdict=found.state, final_low=low, final_high=high)
    assert evidence.estimate is not None and evidence.se is not None
    row["final_p"] = inference.two_sided_p(evidence.estimate / evidence.se, evidence.df)


def _reasons(row: Row, found: verdict.Verdict, faults: list[Check]) -> None:
    if faults:
        row["reason_zh"] = "；".join(str(fault["reason_zh"]) for fault in faults)
        row["reason_en"] = "; ".join(str(fault["reason_en"]) for fault in faults)
        return
    placed = words.reason(row, found.numbers)
    if placed is None:
        placed = "；".join(found.reasons_zh), "; ".join(found.reasons)
    if row["final_date"] == row["as_of_date"]:
        row["final_reason_zh"], row["final_reason_en"] = placed
    elif not found.reasons and row["final_date"]:
        kept = (str(row["final_reason_zh"]), str(row["final_reason_en"]))
        placed = f"{row['final_date']} 终评：{kept[0]}", f"final look of {row['final_date']}: {kept[1]}"
    row["reason_zh"], row["reason_en"] = placed


def is_final_due(registered: Registration, night: date, former: Row | None) -> bool:
    """Is this the night of the one final look?"""
    horizon = registered.plan.horizon
    return horizon is not None and night >= horizon and not (former and former["final_date"])
