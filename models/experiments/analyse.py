"""A whole experiment from its moments: the answer of `kehu measure`, for files and for strategies alike."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from features.errors import KehuError
from models.experiments import contrasts, cuped, four_cell, multiplicity, shares, validity
from models.experiments.columns import Column
from models.experiments.inference import satterthwaite
from models.experiments.metric import Cells, Metric, cluster_sums, read
from models.experiments.moments import CellMoments, pool
from models.experiments.plan import Plan
from models.experiments.source import Source
from models.experiments.verdict import STATES_ZH, Evidence, Verdict, decide

Answer = dict[str, Any]
LIST_PAIRS = (("model_contacted", "model_held"), ("bau_contacted", "bau_held"))
_ORDER = ("invalid", "harm", "win", "undecided", "collecting", "futile")


@dataclass(frozen=True)
class Context:
    """What the caller knows beside the rows: the day of the analysis, units without outcome, failed checks."""

    as_of: date
    missing_outcomes: int = 0
    invalid: tuple[str, ...] = ()


def analyse(source: Source, plan: Plan, context: Context) -> Answer:
    """The JSON answer for `plan.design` (see cli contract); raises KehuError where nothing can be measured.

    `source` has a text column `cell`: the arm, or one of the four cells and `model_unlisted`, `bau_unlisted`.
    """
    metrics = read(source, plan)
    if not metrics:
        raise KehuError("no metric to measure", "name a numeric column of the outcomes with --metric")
    units = {name: cell.n for name, cell in metrics[0].cells.items()}
    pairs = _pairs(plan, units)
    answer: Answer = {
        "design": plan.design,
        "units": _ordered(plan, units),
        "missing_outcomes": context.missing_outcomes,
        "srm": shares.check(plan, _ordered(plan, units), metrics[0].owners(), metrics[0].arrivals()),
        "placebo": _placebo(source, plan, metrics[0], pairs),
        "metrics": {metric.name: _metric(source, plan, metric, pairs) for metric in metrics},
    }
    invalid = [*context.invalid, *_failures(plan, answer, metrics[0].name)]
    verdict = _verdict(plan, metrics[0], answer, pairs, tuple(invalid), context.as_of)
    beware = {metric.name: told for metric in metrics if (told := metric.warnings())}
    answer |= {
        "verdict": verdict.state, "reasons": list(verdict.reasons), "reasons_zh": list(verdict.reasons_zh),
        "advice": verdict.advice, "verdict_numbers": verdict.numbers, "primary_metric": metrics[0].name,
        "warnings": {name: [en for en, _ in told] for name, told in beware.items()},
        "warnings_zh": {name: [zh for _, zh in told] for name, told in beware.items()},
        "alpha": plan.alpha, "plan_hash": plan.fingerprint(),
    }
    return dict(tidy(answer))


def tidy(value: Any) -> Any:
    """Numbers to twelve significant digits (what remains is the order of summation), nan to None."""
    if isinstance(value, Mapping):
        return {key: tidy(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [tidy(part) for part in value]
    if isinstance(value, float):
        return float(f"{value:.12g}") if math.isfinite(value) else None
    return value


def _pairs(plan: Plan, units: Mapping[str, int]) -> list[tuple[str, str]]:
    """(treatment, control) of every entry of `effects`."""
    if plan.design == "four_cell":
        return list(LIST_PAIRS)
    if len(units) < 2:
        raise KehuError(f"only one arm: {', '.join(units) or 'none'}", "an experiment needs two arms")
    if plan.control not in units:
        named = f"the control arm '{plan.control}' is not" if plan.control else "no control arm is named, arms are"
        raise KehuError(f"{named} in the assignments: {', '.join(units)}", "name the control arm with --control")
    return [(name, str(plan.control)) for name in units if name != plan.control]


def _ordered(plan: Plan, units: Mapping[str, int]) -> dict[str, int]:
    if plan.design == "ab":
        return dict(units)
    return {name: units.get(name, 0) for name in (*four_cell.CELLS, *four_cell.OFF_LIST)}


def _metric(source: Source, plan: Plan, metric: Metric, pairs: list[tuple[str, str]]) -> Answer:
    effects = [contrasts.difference(source, plan, metric, treatment, control) for treatment, control in pairs]
    for effect, pair in zip(effects, pairs, strict=True):
        effect["sequence"] = contrasts.sequence(_of_one(plan, pairs), metric, dict(zip(pair, (1.0, -1.0), strict=True)))
    _add_holm(effects)
    _add_holm([effect["adjusted"] for effect in effects if effect["adjusted"]])
    if plan.design == "ab":
        return {"arms": {name: four_cell.summary(cell) for name, cell in metric.plain().items()}, "effects": effects}
    found = four_cell.from_cells(metric.plain(), plan.alpha)
    for name, weights in _four_weights().items():
        found[name] = contrasts.estimate(plan, metric, weights)
    increment = _four_weights()["model_increment"]
    found["model_increment"]["adjusted"] = contrasts.adjusted(plan, metric, increment)
    found["model_increment"]["capped"] = contrasts.capped(plan, metric, increment)
    found["model_increment"]["sequence"] = contrasts.sequence(plan, metric, increment)
    found["policy_value"] = _policy_value(plan, metric, found)
    return {"arms": found.pop("arms"), "effects": effects, **found}


def _of_one(plan: Plan, pairs: list[tuple[str, str]]) -> Plan:
    """What one arm's comparison may spend where arms decide together; looks and verdict must spend the same."""
    return plan.shared(len(pairs)) if plan.design == "ab" and plan.is_registered else plan


def _four_weights() -> dict[str, dict[str, float]]:
    return {
        name: {cell: float(w) for cell, w in zip(four_cell.CELLS, weights, strict=True) if w}
        for name, weights in four_cell.CONTRASTS.items()
    }


def _policy_value(plan: Plan, metric: Metric, found: Answer) -> Answer | None:
    """By whole arms, adjusted too; with clusters each arm's parts keep their observed shares."""
    if found["policy_value"] is None or metric.is_ratio:
        return found["policy_value"]
    if metric.clusters is None:
        arms = {p: pool([c for name, c in metric.cells.items() if name.startswith(p)]) for p in shares.POLICIES}
        adjusted = cuped.cuped([1, -1], [arms["model"], arms["bau"]], plan.alpha) if metric.has_covariate else None
        return {**found["policy_value"], "adjusted": adjusted}
    totals = {p: sum(c.n for name, c in metric.cells.items() if name.startswith(p)) for p in shares.POLICIES}
    weights = {
        name: (1.0 if name.startswith("model") else -1.0) * cell.n / totals[name.split("_")[0]]
        for name, cell in metric.cells.items()
    }
    return contrasts.estimate(plan, metric, weights)


def _add_holm(effects: list[Answer]) -> None:
    known = [entry for entry in effects if entry["p_value"] is not None]
    for entry in effects:
        entry["p_value_holm"] = None
    if known:
        for entry, p in zip(known, multiplicity.holm([entry["p_value"] for entry in known]), strict=True):
            entry["p_value_holm"] = float(p)


def _placebo(source: Source, plan: Plan, primary: Metric, pairs: list[tuple[str, str]]) -> Answer:
    """The covariate, fixed before assignment, must not differ between the arms."""
    if plan.covariate is None:
        return {"status": "not_tested", "p_value": None, "tests": []}
    column = (Column(plan.covariate),)
    moments = source.moments([column], (source.cell,))
    found = {key[0]: cells[column] for key, cells in moments.items()}
    before = Metric(plan.covariate, column, found)
    if plan.cluster:
        before = replace(before, clusters=cluster_sums(source, plan.cluster, before, moments))
    tests = []
    for treatment, control in pairs:
        if min(_n(found, treatment), _n(found, control)) < 2:
            continue
        effect = contrasts.estimate(plan, before, {treatment: 1.0, control: -1.0})
        tests.append({"contrast": f"{treatment} - {control}", **effect})
    return validity.placebo(tests)


def _n(cells: Cells, name: str) -> int:
    return cells[name].n if name in cells else 0


def _failures(plan: Plan, answer: Answer, primary: str) -> list[str]:
    """Reasons that make the comparison invalid."""
    reasons = []
    for level in answer["srm"]["levels"]:
        if level["status"] == "failed":
            reasons.append(f"sample ratio mismatch at level {level['level']}: p={level['p_value']:.3g}")
        elif shares.is_failed(level):
            since = level["sequence"]
            reasons.append(f"sample ratio mismatch at level {level['level']} on {since['first_alarm']}: p={since['p_value']:.3g}")
    if answer["placebo"]["status"] == "failed":
        reasons.append(f"the arms differed before assignment in '{plan.covariate}': p={answer['placebo']['p_value']:.3g}")
    if plan.design == "four_cell":
        reasons += _four_cell_failures(plan, answer["metrics"][primary])
    return reasons


def _four_cell_failures(plan: Plan, found: Answer) -> list[str]:
    """With clusters the agreement check would need cluster errors, so it is shown and not judged."""
    return [text for text in found["problems"] if plan.cluster is None or text.startswith("cell")]


def _verdict(
    plan: Plan, primary: Metric, answer: Answer, pairs: list[tuple[str, str]], invalid: tuple[str, ...], as_of: date
) -> Verdict:
    found = answer["metrics"][primary.name]
    if invalid or not plan.is_registered:
        return decide(plan, Evidence(as_of, None, None, math.inf, 0, invalid))
    if plan.design == "four_cell":
        return _four_cell_verdict(plan, primary, found, as_of)
    share = _of_one(plan, pairs)
    each = [(e["contrast"], decide(share, _evidence(primary, e, (e["treatment"], e["control"]), as_of))) for e in found["effects"]]
    if len(each) == 1:
        return each[0][1]
    return _strongest(each)


def _strongest(each: list[tuple[str, Verdict]]) -> Verdict:
    """Several arms: harm anywhere comes first, then a win; alpha is shared over the arms."""
    states = [found.state for _, found in each]
    leading = next(found for state in _ORDER for found in [v for _, v in each] if found.state == state and state in states)
    return Verdict(
        leading.state, leading.advice,
        tuple(f"{name}: {v.state}: {text}" for name, v in each for text in v.reasons),
        tuple(f"{name}：{STATES_ZH[v.state]}：{text}" for name, v in each for text in v.reasons_zh),
        {name: v.numbers for name, v in each},
    )


def _four_cell_verdict(plan: Plan, primary: Metric, found: Answer, as_of: date) -> Verdict:
    """The increment decides; a model list that harms those contacted is harm whatever the increment."""
    contact = decide(plan, _evidence(primary, found["effects"][0], LIST_PAIRS[0], as_of))
    if contact.state == "harm":
        reasons = tuple(f"model_effect: {text}" for text in contact.reasons)
        return replace(contact, reasons=reasons, reasons_zh=tuple(f"模型名单效果：{text}" for text in contact.reasons_zh))
    return decide(plan, _evidence(primary, found["model_increment"], four_cell.CELLS, as_of))


def _evidence(primary: Metric, entry: Answer, names: tuple[str, ...], as_of: date) -> Evidence:
    """The registered estimator: adjusted where a covariate is registered, else raw."""
    used = entry["adjusted"] if entry.get("adjusted") else entry
    cells = [primary.plain().get(name, CellMoments.empty()) for name in names]
    parts = [cell.variance / cell.n if cell.n else math.nan for cell in cells]
    df = used.get("df") or satterthwaite(parts, [cell.n - 1 for cell in cells])
    ever = (entry.get("sequence") or {}).get("ever")
    ready = used["se"] is not None and used["se"] > 0
    # a dozen clusters are no large sample, however many units they hold: they wait for the final look
    may_look = primary.clusters is None and primary.is_ready(primary.cells, names)
    return Evidence(
        as_of, used["estimate"], used["se"] if ready else None, df, sum(cell.n for cell in cells),
        ever=(ever[0], ever[1]) if ever else None, may_look=may_look,
    )
