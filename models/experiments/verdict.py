"""The verdict automaton {invalid, collecting, harm, win, futile, undecided} and the advice that follows from it."""

from dataclasses import dataclass, field
from datetime import date

from models.experiments.advice import Advice, State, advise
from models.experiments.inference import quantile
from models.experiments.plan import Plan
from models.experiments.sequential import interval

STATES_ZH: dict[State, str] = {
    "invalid": "不可用", "collecting": "积累中", "harm": "有害", "win": "胜出", "futile": "无增益", "undecided": "未定",
}  # fmt: skip


@dataclass(frozen=True)
class Evidence:
    """The primary effect as known on `as_of`; `ever` is the intersection of all earlier sequence intervals.

    `may_look` tells whether the sequence may be read tonight (`sequential.sequence_may_start`). `added_profit` is the profit
    that the effect brought, as estimated, where money is known: a win must not lose money.
    """

    as_of: date
    estimate: float | None
    se: float | None
    df: float
    n: int
    invalid: tuple[str, ...] = ()
    is_matured: bool = True
    added_profit: float | None = None
    ever: tuple[float, float] | None = None
    may_look: bool = True


@dataclass(frozen=True)
class Verdict:
    """State, advice, reasons in both languages (same order) and the numbers that led to it."""

    state: State
    advice: Advice
    reasons: tuple[str, ...]
    reasons_zh: tuple[str, ...]
    numbers: dict[str, object] = field(default_factory=dict)


def decide(plan: Plan, evidence: Evidence) -> Verdict:
    """The state tonight: invalid first, then what the sequence proves at any time, then the final look."""
    if evidence.invalid:
        return _verdict("invalid", list(evidence.invalid), [f"有效性检查未通过：{reason}" for reason in evidence.invalid])
    if not plan.is_registered or plan.mde is None or plan.horizon is None:
        return _verdict("undecided", ["no registered plan (mde and horizon)"], ["没有事先登记的方案（最小效应与评估日期）"])
    if evidence.estimate is None or evidence.se is None:
        return _verdict("collecting", ["an arm has too few units for an error"], ["某组样本太少，无法计算误差"])
    return _by_numbers(plan, evidence)


def _by_numbers(plan: Plan, evidence: Evidence) -> Verdict:
    """Harm, then win, then futile, by the sequence at any time and by the final look once it is due."""
    assert plan.mde is not None
    sequence, waiting = _sequence(plan, evidence), _waiting(plan, evidence)
    numbers: dict[str, object] = {"sequence": sequence and list(sequence), "alpha_monitor": plan.monitor_alpha, "mde": plan.mde}
    limits = [("sequence", "序贯区间", *sequence)] if sequence is not None else []
    if waiting is None:
        final = _final(plan, evidence)
        numbers |= {"final": list(final), "alpha_final": plan.final_alpha}
        limits.append(("final", "终评区间", *final))
    proven = _proven(plan, limits, _pays(evidence))
    if proven is not None:
        return _verdict(proven[0], [proven[1]], [proven[2]], numbers)
    if waiting is not None:
        return _verdict("collecting", [waiting[0]], [waiting[1]], numbers)
    return _open(plan, limits[-1][2], limits[-1][3], numbers)


def _proven(plan: Plan, limits: list[tuple[str, str, float, float]], pays: bool) -> tuple[State, str, str] | None:
    """The first of harm, win, futile that one of the intervals (name, Chinese name, low, high) proves."""
    assert plan.mde is not None
    for name, zh, _, high in limits:
        if high < -plan.guard:
            limit = f"-{plan.guard:g}" if plan.guard else "0"
            return "harm", f"{name} upper limit {high:.6g} is below {limit}", f"{zh}上限 {high:.6g} 低于 {limit}"
    for name, zh, low, _ in limits:
        if low > 0 and pays:
            return "win", f"{name} lower limit {low:.6g} is above 0", f"{zh}下限 {low:.6g} 大于 0"
    for name, zh, _, high in limits:
        if high < plan.mde:
            return (
                "futile", f"{name} upper limit {high:.6g} is below the least effect {plan.mde:g}",
                f"{zh}上限 {high:.6g} 低于最小效应 {plan.mde:g}",
            )
    return None


def _open(plan: Plan, low: float, high: float, numbers: dict[str, object]) -> Verdict:
    """The final look is over and nothing is proven."""
    if low > 0:
        return _verdict("undecided", ["the effect is positive, the money is not proven"], ["效果为正，但收益未得到证明"], numbers)
    return _verdict(
        "undecided", [f"final interval {low:.6g} to {high:.6g} holds both 0 and the least effect {plan.mde:g}"],
        [f"终评区间 {low:.6g} 至 {high:.6g} 同时包含 0 与最小效应 {plan.mde:g}"], numbers,
    )


def _final(plan: Plan, evidence: Evidence) -> tuple[float, float]:
    """Fixed-horizon interval in the good direction, at the part of alpha kept for it."""
    assert evidence.estimate is not None and evidence.se is not None
    half = quantile(1 - plan.final_alpha / 2, evidence.df) * evidence.se
    centre = plan.direction * evidence.estimate
    return centre - half, centre + half


def _sequence(plan: Plan, evidence: Evidence) -> tuple[float, float] | None:
    """Sequence interval in the good direction, intersected with what earlier looks proved; None before the first look."""
    known = [evidence.ever] if evidence.ever is not None else []
    if evidence.may_look:
        found = interval(evidence.estimate, evidence.se, evidence.n, plan.monitor_alpha, plan.tuned_n)
        assert found is not None
        known.append((found[0], found[1]))
    if not known:
        return None
    low, high = max(low for low, _ in known), min(high for _, high in known)
    return (low, high) if plan.direction == 1 else (-high, -low)


def _waiting(plan: Plan, evidence: Evidence) -> tuple[str, str] | None:
    assert plan.horizon is not None
    if evidence.as_of < plan.horizon:
        return f"the final look is on {plan.horizon}", f"终评日期为 {plan.horizon}"
    if not evidence.is_matured:
        return "outcome windows are not complete yet", "观察窗口尚未结束"
    if plan.planned_n is not None and evidence.n < plan.planned_n:
        return f"{evidence.n} of {plan.planned_n} planned units", f"计划 {plan.planned_n} 个样本，现有 {evidence.n} 个"
    return None


def _pays(evidence: Evidence) -> bool:
    return evidence.added_profit is None or evidence.added_profit > 0


def _verdict(state: State, reasons: list[str], reasons_zh: list[str], numbers: dict[str, object] | None = None) -> Verdict:
    return Verdict(state, advise(state)[0], tuple(reasons), tuple(reasons_zh), numbers or {})
