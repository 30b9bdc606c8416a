"""The cards of one strategy on the Review page, from the verdict down to the ground it stands on."""

import pandas as pd
import streamlit as st

from dashboards import figures as f
from dashboards.board_data import rows
from dashboards.components import charts, effects, ground_cards, how_computed, markup, tiles
from dashboards.components.markup import plain
from dashboards.figures import Unit
from dashboards.wording import known, t, w
from features.measurement import doubt

WORTH_ADJUSTING = 0.01
"""An adjustment that takes less of the variance away says the same twice."""


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
                    f"<span>{plain(reason)}</span>{_share(row)}{_find(row)}{_since(row)}{_power(row, lg)}</div>{_worth(row, lg)}{_advice(row, lg)}</div>")


def _share(row: pd.Series) -> str:
    if row.verdict != "win" or f.is_missing(row.model_share_rate):
        return ""  # a share of the gap credited to a model that proved nothing would be a claim
    share = f"{row.model_share_rate:.0%}"
    said = t(f"报表上的差距中 {share} 归功于模型", f"{share} of the gap that reports print is the model's")
    return f"<span>{said}</span>"


def _find(row: pd.Series) -> str:
    """Does the finding survive being one of many strategies?"""
    if f.is_missing(row.p_adjusted) or row.verdict not in ("win", "harm"):
        return ""
    p = plain(f.p_value(row.p_adjusted))
    said = t(f"◆ 在全部策略中仍成立（BH 校正 p {p}，错误发现率 10%）", f"◆ holds among all strategies (BH-adjusted p {p}, false discovery rate 10%)") \
        if row.is_discovery else t(f"在全部策略中不再成立（BH 校正 p {p}）", f"does not hold among all strategies (BH-adjusted p {p})")
    return f"<span>{said}</span>"


def _since(row: pd.Series) -> str:
    """Changes after the verdict are linked to it: it speaks of what ran before them."""
    if f.is_missing(row.change_count) or not row.change_count:
        return ""
    said = t(f"结论之后有 {row.change_count:.0f} 项变更，见下方“变更”", f"changes since this verdict: {row.change_count:.0f}, see Changes")
    return f"<em class='weak'>{said}</em> "


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


def _advice(row: pd.Series, lg: str) -> str:
    """What to do, with the money it rests on."""
    if pd.isna(row.advice):
        return ""
    reason = row.get(f"advice_reason_{lg}")  # a store that an older version published has none
    return (f"<div class='m'><div class='cap'>{w('advice')}</div><div class='v' style='font-size:20px'>{known(row.advice)}</div>"
            f"<div class='cap'>{known(f'{row.advice}_note') if pd.isna(reason) else plain(reason)}</div></div>")


def four_cell_row(row: pd.Series, cells: pd.DataFrame, build: str, lg: str) -> None:
    """Decomposition beside the four cells."""
    left, right = st.columns([1.06, 1], gap="small")
    with left.container(key="card-decomposition", height="stretch"):
        markup.card_head(t("报表说的，和模型真正做到的", "What reports say, what the model did"))
        markup.show(effects.decomposition(row, lg))
        markup.show(_other_forms(row, lg))
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            markup.show(f"<div class='cap'>{t('表面差距 = 挑选偏差 + 模型增量；横须为 95% 区间', 'naive gap = selection + increment; whisker: 95%')}</div>")
            how_computed.popover(row, cells, build, lg)
    with right.container(key="card-cells", height="stretch"):
        name = plain(row.metric_name_en if lg == "en" else row.metric_name_zh)
        markup.card_head(t("四格表", "Four cells"), t(f"{row.window_days} 天{name}", f"{row.window_days}-day {name}"))
        markup.show(f"{effects.four_cells(cells, row, lg)}{_doubt(cells, lg)}")


def _doubt(cells: pd.DataFrame, lg: str) -> str:
    """The thinnest cell, where it is too thin for the interval to be taken at its word."""
    found = [told for c in rows(cells) if (told := doubt(int(c.people_count), None if f.is_missing(c.event_count) else c.event_count))]
    if not found:
        return ""
    least = min(found, key=lambda told: int(told[1].split()[0].replace(",", "")))[lg == "en"]
    said = t(f"最薄的一格只有 {least}：区间的实际覆盖率可能低于 95%", f"The thinnest cell holds {least}: the interval may cover less than 95%")
    return f"<div class='cap' style='margin-top:10px'>{said}</div>"


def _other_forms(row: pd.Series, lg: str) -> str:
    """The same increment adjusted for what was known before, and pulled towards the other strategies."""
    unit, lines = effects.unit_of(row, lg), []
    if not f.is_missing(row.variance_reduction_rate) and row.variance_reduction_rate >= WORTH_ADJUSTING:
        span = unit.span(row.model_increment_adjusted_low, row.model_increment_adjusted_high)
        less = f.rate(row.variance_reduction_rate, 0)
        lines.append((t(f"按期初值调整（方差少 {less}）", f"Adjusted for the value before ({less} less variance)"),
                      f"{unit.effect(row.model_increment_adjusted)} {span}"))
    if not f.is_missing(row.model_increment_capped):
        span = unit.span(row.model_increment_capped_low, row.model_increment_capped_high)
        cap = f.money(row.cap, lg, currency=row.currency)
        lines.append((t(f"封顶 {cap}（看结果前定下）", f"Capped at {cap}, fixed before outcomes"),
                      f"{unit.effect(row.model_increment_capped)} {span}"))
    if not f.is_missing(row.model_increment_shrunken) and row.verdict in effects.DECIDED:
        lines.append((t("防赢家诅咒的收缩值", "Shrunken against the winner's curse"), unit.effect(row.model_increment_shrunken)))
    return tiles.facts(lines) if lines else ""


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
    final = final_of(row)
    swatch = "<i class='sw' style='--c:color-mix(in srgb,var(--model) 20%,transparent)'></i>"
    words = [swatch + t("任何一天看都有效", "valid on any day")]
    if final is not None:
        words.append(f"<i class='bar'></i>{t('终评区间，只看一次', 'the one final look')}")
    words.append(f"<i class='dash'></i>{t('值得做的最小增量', 'smallest increment worth having')} {unit.effect(row.mde)}")
    markup.show(f"<div class='lg'>{''.join(f'<span>{word}</span>' for word in words)}</div>")
    if nights.ever_low.isna().all():
        markup.show(f"<div class='cap'>{_no_band()}</div>")
    chart = charts.sequence(nights, row.mde, unit, st.context.theme.type == "dark", final)
    st.altair_chart(chart, theme="streamlit", key="sequence", height="content")


def _no_band() -> str:
    return t("带子尚未开始：每格须有足够的客户与事件，太早看会误判",
             "The band has not started: every cell needs enough customers and events, an earlier look would mislead")


def final_of(row: pd.Series) -> charts.Final | None:
    """The final look for the chart, once it was taken."""
    return None if f.is_missing(row.final_low) else charts.Final(row.final_date, row.final_low, row.final_high)


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
    markup.show(f"<div class='lg' style='margin-top:10px'>{key}</div>{_per_connected(funnel, row, lg)}")


def _per_connected(funnel: pd.DataFrame, row: pd.Series, lg: str) -> str:
    """The complier effect, second to the list's own: nobody held is spoken to, so it is the effect over the share connected."""
    if row.verdict == "invalid" or f.is_missing(row.model_effect):
        return ""
    unit, lines = effects.unit_of(row, lg), []
    for policy in ("model", "bau"):
        shares = funnel[(funnel.policy == policy) & (funnel.step == "connected")].share_rate
        if shares.empty or not shares.iloc[0] > 0 or f.is_missing(row[f"{policy}_effect"]):
            continue
        value, low, high = (row[f"{policy}_effect{end}"] / shares.iloc[0] for end in ("", "_low", "_high"))
        lines.append((w(f"{policy}_list"), f"{unit.effect(value)} {unit.span(low, high)}"))
    said = t("折算到每名接通客户的触达效果（效果 ÷ 接通率）", "Contact adds, per customer connected (effect ÷ share connected)")
    return f"<div class='cap' style='margin-top:12px'>{said}</div>{tiles.facts(lines)}" if lines else ""


def fault_rows(row: pd.Series, frames: dict[str, pd.DataFrame], lg: str) -> None:
    """For an invalid comparison: where it broke, what happened to the lists, the plan; its numbers stay shut away."""
    waiting_row(row, frames, lg)
    with st.expander(t("供排查的数字（不可用于决策）", "The numbers, only for the search of the fault")):
        markup.show(effects.four_cells(frames["cell"], row, lg))


def waiting_row(row: pd.Series, frames: dict[str, pd.DataFrame], lg: str) -> None:
    """What is known of a strategy without a number that counts: its checks, its lists, its plan."""
    left, right = st.columns([1.55, 1], gap="small")
    with left:
        ground_cards.validity(frames["check"], lg)
        with st.container(key="card-process"):
            markup.card_head(t("过程", "Process"), t("触达客户，占名单", "contacted customers, share of list"))
            _funnel(frames["funnel"], row, lg)
    with right:
        with st.container(key="card-plan"):
            ground_cards.plan(row, lg)
        ground_cards.changes(frames["change"])
