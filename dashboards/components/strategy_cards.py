"""The cards of one strategy on the Review page, from the verdict down to the ground it stands on."""

from typing import Literal

import pandas as pd
import streamlit as st

from dashboards import figures as f
from dashboards.board_data import rows
from dashboards.components import charts, effects, how_computed, markup, tiles
from dashboards.components.markup import plain
from dashboards.figures import Unit
from dashboards.wording import known, t, w


def crumb(row: pd.Series, lg: str) -> str:
    """Waves, people and how much has matured."""
    people, waves = f.count(row.member_count, lg), f.count(row.list_count, lg)
    if not row.list_count:
        return t("还没有名单", "no list yet")
    matured = f.rate(0.0 if f.is_missing(row.matured_share_rate) else row.matured_share_rate, 0)
    return t(f"{waves} 批，{people}人，已成熟 {matured}", f"{waves} waves, {people} people, {matured} matured")


def verdict(row: pd.Series, lg: str) -> None:
    """The answer in words, then what it is worth, then advice; nothing is claimed without a verdict."""
    sentence, reason = (row.sentence_en, row.reason_en) if lg == "en" else (row.sentence_zh, row.reason_zh)
    if pd.isna(sentence):
        sentence, reason = t("还没有度量结果", "Not measured yet"), t(
            f"名单客户满 {row.window_days} 天后自动出现", f"Results appear {row.window_days} days after the first list")
    with st.container(key="card-verdict"):
        markup.show(f"<div class='adv'>{tiles.verdict_badge(row.verdict, is_big=True)}<div class='say'>{plain(sentence)}"
                    f"<span>{plain(reason)}</span>{_share(row)}{_power(row, lg)}</div>{_worth(row, lg)}{_advice(row)}</div>")


def _share(row: pd.Series) -> str:
    if row.verdict not in effects.DECIDED or f.is_missing(row.model_share_rate):
        return ""
    share = f"{row.model_share_rate:.0%}"
    said = t(f"报表上的差距中 {share} 归功于模型", f"{share} of the gap that reports print is the model's")
    return f"<span>{said}</span>"


def _power(row: pd.Series, lg: str) -> str:
    if f.is_missing(row.is_powered) or row.is_powered or f.is_missing(row.planned_mde):
        return ""
    mde = effects.unit_of(row, lg).effect(row.planned_mde)
    said = t(f"启动前已知：这样的样本只测得出 {mde} 以上的增量", f"Known before launch: lists of this size detect {mde} or more")
    return f"<em class='weak'>{said}</em>"


def _worth(row: pd.Series, lg: str) -> str:
    if row.verdict == "invalid":
        return ""
    unit = effects.unit_of(row, lg)
    label = t("模型多带来的客户", "Customers added") if unit.kind == "rate" else t("模型多带来的金额", "Money added")
    value, note = f.DASH, t("未下结论，不计增量", "no verdict, nothing claimed")
    if row.verdict in effects.DECIDED:
        value = unit.total(row.added_total)
        note = f.interval(row.added_total_low, row.added_total_high, unit.total)
    return f"<div class='m'><div class='cap'>{label}</div><div class='v'>{value}</div><div class='cap'>{note}</div></div>"


def _advice(row: pd.Series) -> str:
    if pd.isna(row.advice):
        return ""
    return (f"<div class='m'><div class='cap'>{w('advice')}</div><div class='v' style='font-size:20px'>{known(row.advice)}</div>"
            f"<div class='cap'>{known(f'{row.advice}_note')}</div></div>")


def four_cell_row(row: pd.Series, cells: pd.DataFrame, build: str, lg: str) -> None:
    """Decomposition beside the four cells."""
    left, right = st.columns([1.06, 1], gap="small")
    with left.container(key="card-decomposition", height="stretch"):
        markup.card_head(t("报表说的，和模型真正做到的", "What reports say, what the model did"))
        markup.show(effects.decomposition(row, lg))
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            markup.show(f"<div class='cap'>{t('表面差距 = 挑选偏差 + 模型增量；横须为 95% 区间', 'naive gap = selection + increment; whisker: 95%')}</div>")
            how_computed.popover(row, cells, build, lg)
    with right.container(key="card-cells", height="stretch"):
        name = plain(row.metric_name_en if lg == "en" else row.metric_name_zh)
        markup.card_head(t("四格表", "Four cells"), t(f"{row.window_days} 天{name}", f"{row.window_days}-day {name}"))
        markup.show(effects.four_cells(cells, row, lg))


def time_row(row: pd.Series, frames: dict[str, pd.DataFrame], lg: str) -> None:
    """Increment night by night beside what happened to the lists."""
    left, right = st.columns([1.55, 1], gap="small")
    with left.container(key="card-sequence", height="stretch"):
        markup.card_head(t("增量随时间", "Increment over time"), t("0 线 = 模型没有多带来", "zero line = the model adds nothing"))
        _sequence(row, frames["night"], effects.unit_of(row, lg))
    with right.container(key="card-process", height="stretch"):
        markup.card_head(t("过程", "Process"), t("触达客户，占名单", "contacted customers, share of list"))
        _funnel(frames["funnel"], row, lg)


def _sequence(row: pd.Series, nights: pd.DataFrame, unit: Unit) -> None:
    if nights.empty:
        markup.empty("◔", t("现在没有可看的曲线", "No curve to show now"),
                     t("有成熟客户后出现", "It appears when customers have matured"))
        return
    swatch = "<i class='sw' style='--c:color-mix(in srgb,var(--model) {share}%,transparent)'></i>"
    band = swatch.format(share=16) + t("任何一天看都有效", "valid on any day")
    inner = swatch.format(share=44) + t("当晚的 95% 区间", "95% interval of that night")
    rule = f"<i class='dash'></i>{t('值得做的最小增量', 'smallest increment worth having')} {unit.effect(row.mde)}"
    markup.show(f"<div class='lg'><span>{band}</span><span>{inner}</span><span>{rule}</span></div>")
    chart = charts.sequence(nights, row.mde, unit, st.context.theme.type == "dark")
    st.altair_chart(chart, theme="streamlit", key="sequence", height="content")


def _funnel(funnel: pd.DataFrame, row: pd.Series, lg: str) -> None:
    if row.verdict == "invalid":
        funnel = funnel[funnel.step != "outcome"]
    if funnel.empty:
        markup.empty("◌", t("还没有名单", "No list yet"), t("名单冻结后出现", "It appears when a list is frozen"))
        return
    event = plain(row.event_en.capitalize() if lg == "en" else row.event_zh)
    steps, ordered = [], funnel.assign(is_bau=funnel.policy == "bau").sort_values(["step_order", "is_bau"])
    former = ""
    for r in rows(ordered):
        name = "" if r.step == former else event if r.step == "outcome" else w(f"step_{r.step}")
        share = 0.0 if f.is_missing(r.share_rate) else float(r.share_rate)
        steps.append((name, r.policy, share, f.count(r.people_count, lg)))
        former = r.step
    markup.show(tiles.funnel(steps))
    key = "".join(f"<span><i class='sw' style='--c:var(--{p})'></i>{w(f'{p}_list')}</span>" for p in ("model", "bau"))
    markup.show(f"<div class='lg' style='margin-top:10px'>{key}</div>")


def ground_row(row: pd.Series, frames: dict[str, pd.DataFrame], lg: str) -> None:
    """Validity, the plan, and the other metrics."""
    left, right = st.columns([1.55, 1], gap="small")
    with left:
        _validity(frames["check"], "stretch" if frames["metric"].empty else "content")
        _other_metrics(frames["metric"], lg)
    with right.container(key="card-plan", height="stretch"):
        _plan(row, lg)


def fault_rows(row: pd.Series, frames: dict[str, pd.DataFrame], lg: str) -> None:
    """For an invalid comparison: where it broke, what happened to the lists, the plan; its numbers stay shut away."""
    waiting_row(row, frames, lg)
    with st.expander(t("供排查的数字（不可用于决策）", "The numbers, only for the search of the fault")):
        markup.show(effects.four_cells(frames["cell"], row, lg))


def waiting_row(row: pd.Series, frames: dict[str, pd.DataFrame], lg: str) -> None:
    """What is known of a strategy without a number that counts: its checks, its lists, its plan."""
    left, right = st.columns([1.55, 1], gap="small")
    with left:
        _validity(frames["check"])
        with st.container(key="card-process"):
            markup.card_head(t("过程", "Process"), t("触达客户，占名单", "contacted customers, share of list"))
            _funnel(frames["funnel"], row, lg)
    with right.container(key="card-plan", height="stretch"):
        _plan(row, lg)


def _plan(row: pd.Series, lg: str) -> None:
    markup.card_head(t("计划", "The plan"), plain(row.strategy_id))
    markup.show(tiles.facts(_facts(row, lg)))


def _validity(checks: pd.DataFrame, height: Literal["stretch", "content"] = "content") -> None:
    """Lights along the road of a list, then the checks that have no stage."""
    with st.container(key="card-validity", height=height):
        failed = int((checks.status == "failed").sum())
        note = t("全部通过", "all passed") if not failed else t(f"{failed} 项未通过", f"{failed} failed")
        markup.card_head(t("能不能信：样本比例，逐环节", "Can it be believed: sample ratio, stage by stage"), note)
        ratio = checks[checks.kind == "ratio"].sort_values("check_order")
        rest = checks[checks.kind != "ratio"].sort_values("check_order")
        if ratio.empty:
            markup.show(f"<div class='cap'>{t('样本比例尚未检验', 'sample ratios not tested yet')}</div>")
        markup.show(tiles.stages((known(r.check_id), _p(r.p_value), r.status) for r in rows(ratio))
                    + tiles.checks((known(r.check_id), _wrong(r.wrong_count, r.base_count), r.status)
                                      for r in rows(rest)))


def _p(value: float) -> str:
    if f.is_missing(value):
        return w("not_tested")
    text = f.p_value(value)
    return f"p {plain(text)}" if text.startswith("<") else f"p = {text}"


def _wrong(wrong: int, base: int) -> str:
    return t(f"{base:,} 中 {wrong:,} 个例外", f"{wrong:,} of {base:,} wrong")


def _other_metrics(metrics: pd.DataFrame, lg: str) -> None:
    if metrics.empty:
        return
    with st.container(key="card-metrics"):
        markup.card_head(t("其他指标", "Other metrics"), t("只作参考，不改变结论", "beside the verdict, never instead of it"))
        head = (f"<tr><th>{t('指标', 'Metric')}</th><th class='num'>{w('model_list')}</th><th class='num'>{w('bau_list')}</th>"
                f"<th class='num'>{w('model_increment')}</th><th class='num'>{t('95% 区间', '95% interval')}</th></tr>")
        lines = "".join(_metric_line(r, lg) for _, r in metrics.sort_values("metric_id").iterrows())
        markup.show(f"<table class='tb tight'>{head}{lines}</table>")


def _metric_line(r: pd.Series, lg: str) -> str:
    unit = Unit(r.metric_kind, lg, r.currency)
    span = unit.span(r.model_increment_low, r.model_increment_high)
    return (f"<tr><td>{plain(r.name_en if lg == 'en' else r.name_zh)}</td><td class='num'>{unit.effect(r.model_effect)}</td>"
            f"<td class='num'>{unit.effect(r.bau_effect)}</td><td class='num'><b>{unit.effect(r.model_increment)}</b></td>"
            f"<td class='num muted'>{span}</td></tr>")


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
        (t("计划下结论日", "Planned decision date"), _date(row.horizon_date)),
        (t("对照比例", "Held back"), f.rate(row.hold_share_rate, 1)),
        (t("对照策略", "Control policy"), known(row.control_policy)),
        (t("状态", "Status"), known(row.status)),
        (t("负责人", "Owner"), plain(row.owner)),
        (t("模型", "Model"), plain(row.model_id)),
        (t("最新名单", "Newest list"), f"{listed}<br><code>{hashed}</code>" if listed else f.DASH),
    ]
