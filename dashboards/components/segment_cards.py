"""Segments against the bank: one table for a set, one page for a group, product depth by tier, who moved."""

import math
from typing import Any

import pandas as pd

from dashboards import figures as f
from dashboards import palette, tag_values
from dashboards.board_data import rows
from dashboards.components import tiles
from dashboards.components.markup import plain
from dashboards.wording import known, t, w


def figure(row: Any, value: float, lg: str, currency: str = "CNY") -> str:
    """A value of the one-pager in its unit."""
    if f.is_missing(value):
        return f.DASH
    if row.unit == "share":
        return f.rate(value, 1)
    if row.unit == "amount":
        return f.money(value, lg, currency=currency)
    return f.count(value, lg) if row.unit == "customers" or abs(value) >= 10 else f"{value:.2f}"


def headline(profile: pd.DataFrame) -> pd.DataFrame:
    """The first metric of each dimension: what the table of a set has room for."""
    ordered = profile.sort_values("position")
    return ordered[ordered.metric_id.isin(ordered.groupby("dimension").metric_id.first())]


def index_table(profile: pd.DataFrame, names: dict[str, str], chosen: str, lg: str) -> str:
    """Segments by dimensions, index 100 = the bank; bold where the interval is clear of 100. `data-go` is the segment."""
    top = headline(profile)
    metrics = top.drop_duplicates("metric_id").sort_values("position")
    heads = "".join(f"<th class='num' title='{plain(m.name_en if lg == 'en' else m.name_zh)}'>{known(m.dimension)}</th>" for m in rows(metrics))
    by_key = {(r.segment_id, r.metric_id): r for r in rows(top)}
    sizes = {r.segment_id: r.value for r in rows(top[top.metric_id == "customer_count"])}
    order = sorted(names, key=lambda s: -(0 if f.is_missing(sizes.get(s)) else float(sizes[s])))
    lines = "".join(_index_row(s, names[s], [by_key.get((s, m.metric_id)) for m in rows(metrics)], s == chosen, lg)
                    for s in order if s in sizes)
    return f"<table class='tb tight'><tr><th>{t('客群', 'Segment')}</th>{heads}</tr>{lines}</table>"


def _index_row(segment: str, name: str, found: list[Any], is_chosen: bool, lg: str) -> str:
    mark = " style='background:var(--soft)'" if is_chosen else ""
    cells = "".join(_index_cell(row, lg) for row in found)
    return f"<tr data-go='{plain(segment)}' tabindex='0'{mark}><td><span class='nm'>{plain(name)}</span></td>{cells}</tr>"


def _index_cell(row: Any, lg: str) -> str:
    if row is None or row.is_hidden or f.is_missing(row.value):
        return f"<td class='num faint' title='{t('不足 10 人', 'fewer than 10')}'>·</td>"
    if row.metric_id == "customer_count":
        return f"<td class='num'><b>{f.count(row.value, lg)}</b> <span class='muted'>{f.rate(row.value / max(row.bank_value, 1), 1)}</span></td>"
    if f.is_missing(row.index_value):
        return f"<td class='num muted'>{f.DASH}</td>"
    tint = min(abs(row.index_value - 100), 150) / 150 * 22
    weight = "b" if is_clear(row) else "span class='muted'"
    return (f"<td class='num' style='background:color-mix(in srgb, var(--ink) {tint:.0f}%, transparent)'>"
            f"<{weight}>{row.index_value:,.0f}</{weight.split()[0]}></td>")


def is_clear(row: Any) -> bool:
    """True where the 95 % interval of the index leaves 100 out."""
    return not f.is_missing(row.index_low) and not row.index_low <= 100 <= row.index_high


def one_pager(page: pd.DataFrame, lg: str) -> str:
    """Every group in one layout: value with interval and n, the bank's value, the index on a bar around 100."""
    lines, last = "", ""
    for row in rows(page.sort_values("position")):
        head = known(row.dimension) if row.dimension != last else ""
        last = row.dimension
        lines += f"<tr><td class='muted nowrap'>{head}</td>{_page_cells(row, lg)}</tr>"
    head = (f"<tr><th></th><th>{t('指标', 'Metric')}</th><th class='num'>{t('本客群', 'Group')}</th><th class='num'>{t('全行', 'Bank')}</th>"
            f"<th class='num'>{t('指数', 'Index')}</th><th style='width:30%'>50 · <b>100</b> · 200</th></tr>")
    return f"<table class='tb tight'>{head}{lines}</table>"


def _page_cells(row: Any, lg: str) -> str:
    name = plain(row.name_en if lg == "en" else row.name_zh)
    if row.is_hidden or f.is_missing(row.value):
        return f"<td>{name}</td><td class='num faint' colspan='4'>{t('不足 10 人，不显示', 'fewer than 10, not shown')}</td>"
    is_size = row.metric_id == "customer_count"
    span = "" if f.is_missing(row.low) or is_size else f.interval(row.low, row.high, lambda v: figure(row, float(v or 0), lg))
    detail = f"<div class='sub'>{span}{' · ' if span else ''}n={f.count(row.n, lg)}</div>"
    index = f.rate(row.index_value / 100, 1) if is_size else f"{row.index_value:,.0f}" if not f.is_missing(row.index_value) else f.DASH
    bar = "" if is_size or f.is_missing(row.index_value) else _index_bar(row)
    return (f"<td class='nowrap'>{name}</td><td class='num'><b>{figure(row, row.value, lg)}</b>{detail}</td>"
            f"<td class='num muted'>{figure(row, row.bank_value, lg)}</td><td class='num'>{index}</td><td>{bar}</td>")


def _place(index: float) -> float:
    """Per cent along the bar: 100 in the middle, 50 and 200 near the ends (a doubling is as far as a halving)."""
    return min(max(50 + 47 * math.log2(max(index, 1) / 100), 3), 97)


def _index_bar(row: Any) -> str:
    point = _place(row.index_value)
    left, right = (point, point) if f.is_missing(row.index_low) else (_place(row.index_low), _place(row.index_high))
    return (f"<div class='iv' style='--c:var(--ink)'><i class='zero' style='left:50%'></i>"
            f"<i class='fix' style='left:{left:.1f}%;width:{max(right - left, 0.5):.1f}%;opacity:.35'></i>"
            f"<i class='pt' style='left:{point:.1f}%'></i></div>")


def single_product(depth: pd.DataFrame, lg: str) -> str:
    """Share with one product per tier; `data-go` is the tier."""
    newest = depth[depth.as_of_date == depth.as_of_date.max()]
    lines = "".join(_tier_row(r, depth, lg) for r in rows(newest.sort_values("aum_tier", ascending=False)))
    head = (f"<tr><th>{w('aum')}</th><th class='num'>{t('客户', 'Customers')}</th><th class='num'>{t('单一产品', 'One product')}</th>"
            f"<th style='width:22%'>{t('走势', 'Trend')}</th></tr>")
    return f"<table class='tb tight'>{head}{lines}</table>"


def _tier_row(r: Any, depth: pd.DataFrame, lg: str) -> str:
    tier = tag_values.name("aum_tier", r.aum_tier)
    if r.is_hidden:
        return (f"<tr><td>{tier}</td><td class='num faint' colspan='3'>"
                f"{t('不足 10 人，不显示', 'fewer than 10, not shown')}</td></tr>")
    trend = depth[(depth.aum_tier == r.aum_tier) & depth.single_product_rate.notna()].sort_values("as_of_date")
    return (f"<tr data-go='{plain(r.aum_tier)}' tabindex='0'><td><span class='nm'>{tier}</span></td>"
            f"<td class='num muted'>{f.count(r.customer_count, lg)}</td><td class='num'><b>{f.rate(r.single_product_rate, 1)}</b>"
            f"<div class='sub'>{f.interval(r.low, r.high, lambda v: f.rate(v, 1))}</div></td>"
            f"<td>{tiles.sparkline(list(trend.single_product_rate))}</td></tr>")


def sankey(moves: pd.DataFrame, names: dict[str, str], is_dark: bool, lg: str) -> dict[str, Any]:
    """ECharts option: segments a month ago on the left, today on the right; grey stayed, dark moved. Counts stand in the names."""
    shown = moves[~moves.is_hidden]
    labels = {side: _labels(shown, side, names, lg) for side in ("from", "to")}
    order = sorted(set(labels["from"]) | set(labels["to"]), key=lambda segment: (segment in ("none", "other"), segment))
    ink = palette.tone("ink", is_dark)
    nodes = [{"name": labels[side][segment], "depth": depth, "itemStyle": {"color": ink}, "label": {"position": place}}
             for depth, (side, place) in enumerate((("from", "left"), ("to", "right")))
             for segment in order if segment in labels[side]]
    flows = [{"source": labels["from"][r.from_segment_id], "target": labels["to"][r.to_segment_id], "value": int(r.customer_count),
              "lineStyle": _flow_style(r.from_segment_id == r.to_segment_id, is_dark)} for r in rows(shown)]
    series = {"type": "sankey", "data": nodes, "links": flows, "layoutIterations": 0, "nodeWidth": 12, "nodeGap": 12, "left": 205,
              "right": 205, "top": 8, "bottom": 8, "label": {"fontSize": 12.5, "color": ink}, "emphasis": {"focus": "adjacency"}}
    return {"tooltip": {"trigger": "item"}, "series": [series]}


def _labels(shown: pd.DataFrame, side: str, names: dict[str, str], lg: str) -> dict[str, str]:
    """{segment: its name with its size}; a blank keeps the two sides apart where nothing changed."""
    sizes = shown.groupby(f"{side}_segment_id").customer_count.sum()
    return {str(s): f"{names.get(str(s), str(s))}{' ' * (side == 'to')}  {f.count(n, lg)}" for s, n in sizes.items()}


def _flow_style(is_stay: bool, is_dark: bool) -> dict[str, Any]:
    return {"color": palette.tone("universal" if is_stay else "ink", is_dark), "opacity": 0.18 if is_stay else 0.5}
