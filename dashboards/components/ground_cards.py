"""The ground a review stands on: validity, the other metrics, segments, the plan, and what changed since."""

from typing import Literal

import pandas as pd
import streamlit as st

from dashboards import figures as f
from dashboards import tag_values
from dashboards.board_data import rows
from dashboards.components import effects, markup, tiles
from dashboards.components.markup import plain
from dashboards.figures import Unit
from dashboards.wording import known, t, w

Frames = dict[str, pd.DataFrame]
WORDS = {
    "lists_complete": ("名单人数与冻结时一致", "List sizes as frozen"),
    "placebo": ("触达前两组无差异", "Arms alike before contact"),
    "exposure": ("其他策略的触达次数相当", "Equal contact by other strategies"),
    "agreement": ("整组与四格口径一致", "Whole arms and cells agree"),
    "list_hash": ("名单内容与指纹一致", "List content matches its hash"),
    "assignment_log": ("分组日志未被改动", "Assignment log unedited"),
    "assignment_rows": ("名单分组与日志一致", "Members as the log says"),
    "plan": ("事先登记的方案未变", "Registered plan unchanged"),
    "raw": ("原始差额", "as counted"),
    "capped_adjusted": ("封顶并按期初值调整", "capped, adjusted for the value before"),
    "version": ("新版本", "New version"),
    "model": ("模型更换", "Model changed"),
    "status": ("状态", "Status"),
    "verdict": ("结论", "Verdict"),
}
"""Words of this page alone, by a key of the store."""


TESTED_WITH_NUMBERS = ("placebo", "exposure", "agreement")
"""Checks that wait for enough customers, contacts or the final look: until then the page says that they were not made."""


def word(key: str) -> str:
    """A check, an estimator or a kind of change by its key; the board's own words otherwise."""
    return t(*WORDS[key]) if key in WORDS else known(key)


def ground_row(row: pd.Series, frames: Frames, lg: str) -> None:
    """Validity, the other metrics and segments on the left; plan and changes on the right."""
    left, right = st.columns([1.55, 1], gap="small")
    with left:
        validity(frames["check"], lg)
        _other_metrics(frames["metric"], lg)
        _segments(frames["segment"], row, lg)
    with right:
        with st.container(key="card-plan"):
            plan(row, lg)
        changes(frames["change"])


def plan(row: pd.Series, lg: str) -> None:
    """What was fixed before launch."""
    markup.card_head(t("计划", "The plan"), plain(row.strategy_id))
    markup.show(tiles.facts(_facts(row, lg)))


def validity(checks: pd.DataFrame, lg: str, height: Literal["stretch", "content"] = "content") -> None:
    """Lights along the road of a list, then the checks that have no stage."""
    with st.container(key="card-validity", height=height):
        failed = int((checks.status == "failed").sum())
        note = t("全部通过", "all passed") if not failed else t(f"{failed} 项未通过", f"{failed} failed")
        markup.card_head(t("能不能信：样本比例，逐环节", "Can it be believed: sample ratio, stage by stage"), note)
        ratio = checks[checks.kind == "ratio"].sort_values("check_order")
        rest = checks[checks.kind != "ratio"].sort_values("check_order")
        if ratio.empty:
            markup.show(f"<div class='cap'>{t('样本比例尚未检验', 'sample ratios not tested yet')}</div>")
        untested = [(word(key), w("not_tested"), "not_tested") for key in TESTED_WITH_NUMBERS if key not in set(checks.check_id)]
        markup.show(tiles.stages((word(r.check_id), _stage(r), r.status) for r in rows(ratio))
                    + tiles.checks([*((_check(r, lg), _found(r), r.status) for r in rows(rest)), *untested]))
        markup.show(f"<div class='cap' style='margin-top:8px'>{_rule()}</div>")


def _rule() -> str:
    return t("p 值任何一天看都有效；一条策略全部检查终身误报的概率不超过 0.1%",
             "p is valid on any day; all checks of a strategy together cry wolf in at most 0.1% of strategy lives")


def _stage(r: object) -> str:
    """The stage where a drop starts says so; those after it fail in its wake."""
    if r.is_fault_start:  # type: ignore[attr-defined]
        return f"<b class='start'>{t('由此开始', 'starts here')}</b>"
    return _p(r.sequence_p_value)  # type: ignore[attr-defined]


def _check(r: object, lg: str) -> str:
    reason = r.reason_en if lg == "en" else r.reason_zh  # type: ignore[attr-defined]
    return word(r.check_id) if pd.isna(reason) else f"{word(r.check_id)}: {plain(reason)}"  # type: ignore[attr-defined]


def _found(r: object) -> str:
    if f.is_missing(r.base_count):  # type: ignore[attr-defined]
        return _p(r.sequence_p_value)  # type: ignore[attr-defined]
    return t(f"{r.base_count:,} 中 {r.wrong_count:,} 个例外", f"{r.wrong_count:,} of {r.base_count:,} wrong")  # type: ignore[attr-defined]


def _p(value: float) -> str:
    if f.is_missing(value):
        return w("not_tested")
    text = f.p_value(value)
    return f"p {plain(text)}" if text.startswith("<") else f"p = {text}"


def _other_metrics(metrics: pd.DataFrame, lg: str) -> None:
    if metrics.empty:
        return
    with st.container(key="card-metrics"):
        markup.card_head(t("其他指标", "Other metrics"), t("只作参考，不改变结论", "beside the verdict, never instead of it"))
        head = (f"<tr><th>{t('指标', 'Metric')}</th><th class='num'>{w('model_list')}</th><th class='num'>{w('bau_list')}</th>"
                f"<th class='num'>{w('model_increment')}</th><th class='num'>{t('95% 区间', '95% interval')}</th>"
                f"<th class='num'>{t('按期初值调整', 'Adjusted')}</th></tr>")
        lines = "".join(_metric_line(r, lg) for _, r in metrics.sort_values("metric_id").iterrows())
        markup.show(f"<table class='tb tight'>{head}{lines}</table>")


def _metric_line(r: pd.Series, lg: str) -> str:
    unit = Unit(r.metric_kind, lg, r.currency)
    span = unit.span(r.model_increment_low, r.model_increment_high)
    adjusted = unit.span(r.model_increment_adjusted_low, r.model_increment_adjusted_high)
    better = f.DASH if f.is_missing(r.model_increment_adjusted) else (
        f"{unit.effect(r.model_increment_adjusted)}<div class='sub'>{adjusted}</div>")
    return (f"<tr><td>{plain(r.name_en if lg == 'en' else r.name_zh)}</td><td class='num'>{unit.effect(r.model_effect)}</td>"
            f"<td class='num'>{unit.effect(r.bau_effect)}</td><td class='num'><b>{unit.effect(r.model_increment)}</b></td>"
            f"<td class='num muted'>{span}</td><td class='num muted'>{better}</td></tr>")


def _segments(found: pd.DataFrame, row: pd.Series, lg: str) -> None:
    """Exploratory: read the pulled column, the raw one flatters small groups."""
    if found.empty:
        return
    unit = effects.unit_of(row, lg)
    with st.container(key="card-segments"):
        markup.card_head(t("按资产层级", "By tier of assets"), t("探索用；不足 10 人的格不显示", "exploratory; cells under 10 are hidden"))
        head = (f"<tr><th>{t('层级', 'Tier')}</th><th class='num'>{t('客户', 'People')}</th><th class='num'>{w('model_increment')}</th>"
                f"<th class='num'>{t('95% 区间', '95% interval')}</th><th class='num'>{t('收缩后', 'Shrunken')}</th></tr>")
        lines = "".join(_segment_line(r, unit, lg) for r in rows(found.sort_values("segment")))
        markup.show(f"<table class='tb tight'>{head}{lines}</table>")


def _segment_line(r: object, unit: Unit, lg: str) -> str:
    name = tag_values.name("aum_tier", r.segment)  # type: ignore[attr-defined]
    span = unit.span(r.increment_low, r.increment_high)  # type: ignore[attr-defined]
    return (f"<tr><td>{name}</td><td class='num'>{f.count(r.people_count, lg)}</td>"  # type: ignore[attr-defined]
            f"<td class='num muted'>{unit.effect(r.increment)}</td><td class='num muted'>{span}</td>"  # type: ignore[attr-defined]
            f"<td class='num'><b>{unit.effect(r.shrunken)}</b></td></tr>")  # type: ignore[attr-defined]


def changes(found: pd.DataFrame) -> None:
    """Newest first; what came after a verdict means that the verdict speaks of something else."""
    if found.empty:
        return
    with st.container(key="card-changes"):
        markup.card_head(t("变更", "Changes"), t("结论之后的变更另行标出", "those after a verdict are marked"))
        lines = [(f"{r.as_of_date:%Y-%m-%d} · {word(r.kind)}", f"{_word(r)}{_mark(r)}")
                 for r in rows(found.sort_values(["as_of_date", "kind"], ascending=False).head(8))]
        markup.show(tiles.facts(lines))


def _word(r: object) -> str:
    return f"{known(r.before_text)} → {known(r.after_text)}"  # type: ignore[attr-defined]


def _mark(r: object) -> str:
    if not r.is_after_verdict or r.kind == "verdict":  # type: ignore[attr-defined]
        return ""
    return f"<br><span class='st warn'>! {t('在结论之后：', 'after the verdict: ')}{known(r.verdict_then)}</span>"  # type: ignore[attr-defined]


def _powered(row: pd.Series) -> str:
    if f.is_missing(row.is_powered):
        return t("没有历史可估", "no history to tell")
    return t("是", "yes") if row.is_powered else t("否，启动前已知", "no, known before launch")


def _date(value: pd.Timestamp) -> str:
    return f.DASH if pd.isna(value) else f"{value:%Y-%m-%d}"


def _facts(row: pd.Series, lg: str) -> list[tuple[str, str]]:
    unit = effects.unit_of(row, lg)
    metric = plain(row.metric_name_en if lg == "en" else row.metric_name_zh)
    listed = "" if pd.isna(row.newest_list_id) else plain(row.newest_list_id)
    hashed = f.DASH if pd.isna(row.newest_list_hash) else plain(row.newest_list_hash[:12])
    return [
        (t("主指标", "Primary metric"), t(f"{metric}，{row.window_days} 天", f"{metric}, {row.window_days} days")),
        (t("值得做的最小增量", "Smallest increment worth having"), unit.effect(row.mde)),
        (t("样本能测出的最小增量", "Smallest increment detectable"), unit.effect(row.planned_mde)),
        (t("样本足够", "Large enough"), _powered(row)),
        (t("终评日", "Final look"), _date(row.horizon_date) if f.is_missing(row.final_date) else _date(row.final_date)),
        *_registered(row),
        (t("对照比例", "Held back"), f.rate(row.hold_share_rate, 1)),
        (t("对照策略", "Control policy"), known(row.control_policy)),
        (t("状态", "Status"), known(row.status)),
        (t("负责人", "Owner"), plain(row.owner)),
        (t("模型", "Model"), plain(row.model_id)),
        (t("最新名单", "Newest list"), f"{listed}<br><code>{hashed}</code>" if listed else f.DASH),
    ]


def _registered(row: pd.Series) -> list[tuple[str, str]]:
    """The plan as written down before any outcome."""
    if pd.isna(row.plan_hash):
        return []
    alpha = (f.rate(row.alpha_monitor, 0), f.rate(row.alpha_final, 0))
    return [
        (t("登记日", "Registered"), f"{_date(row.registered_date)} <code>{plain(row.plan_hash[:12])}</code>"),
        (t("α 的分配", "Split of α"), t(f"逐夜 {alpha[0]}，终评 {alpha[1]}", f"{alpha[0]} nightly, {alpha[1]} final look")),
        (t("口径", "Estimator"), word(row.estimator)),
    ]
