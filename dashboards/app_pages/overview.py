"""Overview 闭环总览: is the loop whole, what did the models add, what needs a decision today."""

import pandas as pd
import streamlit as st

from dashboards import figures as f
from dashboards import links
from dashboards.board_data import check_counts, published_at, rows, table
from dashboards.components import freshness, markup, tiles
from dashboards.components.markup import plain
from dashboards.wording import flag, lang, t, w

KPIS = {"aum": ("管理资产 AUM", "AUM"), "active": ("活跃客户（近 90 天有交易）", "Active customers (90 days)"),
        "investing": ("持有投资类产品的客户", "Customers holding investments")}


def _figure(kind: str, value: float, lg: str, currency: str) -> tuple[str, str]:
    number, step = f.scaled(value, lg)
    if kind == "people":
        return (number, step + "户") if lg == "zh" else (number + step, "")
    mark = f.MARKS.get(currency, f"{currency} ")
    return (number, step + ("元" if currency == "CNY" else currency)) if lg == "zh" else (mark + number + step, "")


def _kpi(kpi: pd.DataFrame, kpi_id: str, lg: str) -> str:
    series = kpi[kpi.kpi_id == kpi_id].sort_values("period_date")
    label = t(*KPIS[kpi_id])
    if series.empty:
        return tiles.kpi(label, (f.DASH, ""), t("还没有月末快照", "no snapshot yet"))
    last = series.iloc[-1]
    change = f.rate(last.change_rate, 1, sign=True)
    detail = t(f"较上个月末 <b>{change}</b>", f"<b>{change}</b> on the last month-end")
    return tiles.kpi(label, _figure(last.kind, last.value, lg, last.currency), detail, tiles.sparkline(list(series.value)))


def _added(build: str, lg: str) -> str:
    row = table("board.board_overview__value", build).iloc[0]
    label = t("模型多带来的客户", "Customers the models added")
    held = t(f"全局空白组 {f.count(row.global_holdout_count, lg)} 人：全部营销的价值尚未度量",
             f"Global holdout {f.count(row.global_holdout_count, lg)}: the value of all marketing is not measured yet")
    note = f"<div class='cap' style='margin-top:10px'>{held}</div>"
    if not row.strategy_count:
        return tiles.kpi(label, (f.DASH, ""), t("还没有策略分出胜负", "no strategy has a verdict yet"), note)
    span = f.interval(row.added_people_low, row.added_people_high, lambda v: f.count(v, lg, sign=True))
    detail = t(f"{int(row.strategy_count)} 条有结论，95% <b>{span}</b>", f"{int(row.strategy_count)} decided, 95% <b>{span}</b>")
    number, step = f.scaled(row.added_people, lg, sign=True)
    return tiles.kpi(label, (number, step + "户") if lg == "zh" else (number + step, ""), detail, note)


def _details(r: pd.Series, lg: str) -> tuple[str, str, str]:
    """(figure, unit, detail) of one stage of the loop."""
    a, b = f.count(r.detail_a, lg), f.count(r.detail_b, lg)
    figure = f.count(r.figure, lg)
    return {
        "insight": (figure, t("个标签", "tags"),
                    t(f"{a}户 · 有值率 {f.rate(r.detail_b, 0)}", f"{a} customers · {f.rate(r.detail_b, 0)} filled")),
        "strategy": (figure, t("条在用", "running"), t(f"待启动 {a} · 已停用 {b}", f"{a} waiting · {b} stopped")),
        "list": (figure, t("人", "people"), t(f"{a} 批 · 对照 {f.rate(r.detail_b, 1)}", f"{a} waves · {f.rate(r.detail_b, 1)} held")),
        "execution": (f.rate(r.figure, 1), t("已送达", "delivered"), t(f"已下发 {a}人，{b} 批", f"{a} people, {b} waves")),
        "review": (figure, t("条已度量", "measured"), t(f"{a} 胜出 · {b} 有害", f"{a} win · {b} harm")),
    }[r.stage]


def _loop(build: str, lg: str) -> str:
    stages = []
    for _, r in table("board.board_overview__loop", build).sort_values("stage_order").iterrows():
        figure, unit, detail = _details(r, lg)
        stages.append(tiles.LoopStage(w(f"{r.stage}_stage"), figure, unit, detail, flag(r.flag, f.count(r.flag_count, lg)), r.flag_state))
    return tiles.loop(stages, t("结论与建议改变下一批名单", "verdict and advice change the next list"))


def _why(r: pd.Series, lg: str) -> str:
    people = f.count(r.people_count, lg)
    if r.kind == "held_touched":
        return t(f"{people}名对照客户被触达，对照失效", f"{people} held customers were contacted: the control is broken")
    if r.kind == "silent":
        return t("名单发出超过 7 天没有回传", "no feedback on its lists for over 7 days")
    return plain(r.reason_en if lg == "en" else r.reason_zh)


def _attention_row(r: pd.Series, lg: str) -> str:
    name = plain(r.name_en if lg == "en" else r.name_zh)
    days = t(f"{r.waiting_days} 天", f"{r.waiting_days} d") if not pd.isna(r.waiting_days) else f.DASH
    return (f"<tr data-go='{r.page}:{plain(r.object_id)}' tabindex='0'><td style='width:1%'>{tiles.verdict_badge(r.state)}</td>"
            f"<td><span class='nm'>{name}</span><div class='sub'>{_why(r, lg)}</div></td>"
            f"<td class='num'><b>{f.count(r.people_count, lg)}</b></td><td class='num muted'>{days}</td></tr>")


def _attention(build: str, lg: str) -> None:
    items = table("board.board_overview__attention", build).sort_values("item_order")
    if items.empty:
        markup.empty("✓", t("没有待决事项", "Nothing waits for a decision"),
                     t("有结论、失配或断点时在这里出现", "Verdicts, mismatches and broken links appear here"))
        return
    lines = "".join(_attention_row(r, lg) for _, r in items.iterrows())
    head = (f"<tr><th>{w('verdict')}</th><th>{t('事项', 'What')}</th><th class='num'>{t('涉及客户', 'Customers')}</th>"
            f"<th class='num'>{t('已等待', 'Waiting')}</th></tr>")
    hit = markup.show_links(f"<table class='tb'>{head}{lines}</table>", key="attention")
    if hit:
        page, object_id = hit.split(":", 1)
        links.open_page(page, strategy=object_id)


def _verdicts(build: str, lg: str) -> str:
    counted = table("board.board_overview__verdict", build).sort_values("verdict_order")
    top = max(int(counted.strategy_count.max()), 1)
    lines = "".join(
        f"<tr><td style='width:1%'>{tiles.verdict_badge(r.verdict)}</td><td><div class='{r.verdict} vbar'>"
        f"<i style='width:{r.strategy_count / top * 70:.0f}%'></i><b>{r.strategy_count}</b></div></td>"
        f"<td class='num'>{f.count(r.added_people, lg, sign=True)}</td></tr>"
        for r in rows(counted)
    )
    head = (f"<tr><th>{w('verdict')}</th><th>{t('策略数', 'Strategies')}</th>"
            f"<th class='num'>{t('多带来客户', 'Customers added')}</th></tr>")
    note = t("未定、积累中、不可用的策略不计增量", "nothing is claimed for undecided, collecting or invalid")
    return f"<table class='tb tight'>{head}{lines}</table><div class='cap' style='margin-top:8px'>{note}</div>"


def main() -> None:
    """Draws the page."""
    build, lg = st.session_state.build, lang()
    kpi = table("board.board_overview__kpi", build)
    markup.page_head(w("overview"), w("brand"), freshness.line(published_at(build), table("meta.build", build), check_counts(build)))
    for column, kpi_id in zip(st.columns(4, gap="small"), (*KPIS, "added"), strict=True):
        with column.container(key=f"card-{kpi_id}", height="stretch"):
            markup.show(_added(build, lg) if kpi_id == "added" else _kpi(kpi, kpi_id, lg))
    with st.container(key="card-loop"):
        markup.card_head(t("经营闭环", "The loop"), t("洞察 → 策略 → 名单 → 执行 → 回检；红色为断点",
                                                  "insight → strategy → list → execution → review; a red edge is a broken link"))
        markup.show(_loop(build, lg))
    left, right = st.columns([2.05, 1], gap="small")
    with left.container(key="card-attention", height="stretch"):
        markup.card_head(t("今日需决定", "Needs a decision today"), t("先可信，后得失", "validity first, then gains and harms"))
        _attention(build, lg)
    with right.container(key="card-verdicts", height="stretch"):
        markup.card_head(t("策略结论", "Verdicts"))
        markup.show(_verdicts(build, lg))
        stages = table("meta.stage_run", build)
        spent = t(f"共 {f.seconds(stages.seconds.sum())}", f"{f.seconds(stages.seconds.sum())} in all")
        markup.show(f"<div style='margin:14px 0 8px'>{markup.sub_head(t('最近一次跑批', 'Last run'), spent)}</div>{tiles.night(stages)}")


main()
