"""The forest: every strategy's increment on one scale, beside the naive gap that reports would print."""

import pandas as pd

from dashboards import figures as f
from dashboards.components.effects import DECIDED, unit_of
from dashboards.components.markup import plain
from dashboards.components.tiles import verdict_badge
from dashboards.figures import Unit
from dashboards.wording import t, w


def _place(value: float, scale: pd.Series) -> float:
    return (min(max(value, scale.low), scale.high) - scale.low) / ((scale.high - scale.low) or 1.0) * 100


def interval_bar(row: pd.Series, scale: pd.Series) -> str:
    """Dot = estimate, thick = 95 % interval, pale = valid on any day, grey tick = naive gap; fades where it leaves the scale; hatched = no number."""
    if row.verdict == "invalid":
        return f"<div class='iv'><i class='na' title='{w('invalid')}'></i></div>"
    low, point, high = row.model_increment_low, row.model_increment, row.model_increment_high
    if f.is_missing(low):
        return "<div class='iv'></div>"
    cut = (" cutl" if low < scale.low else "") + (" cutr" if high > scale.high else "")
    a, b = _place(low, scale), _place(high, scale)
    return (f"<div class='iv {row.verdict}'>"
            f"{_wide(row, scale)}<i class='gap' style='left:{_place(row.naive_gap, scale):.2f}%'></i>"
            f"<i class='fix{cut}' style='left:{a:.2f}%;width:{b - a:.2f}%'></i>"
            f"<i class='pt' style='left:{_place(point, scale):.2f}%'></i></div>")


def _wide(row: pd.Series, scale: pd.Series) -> str:
    """The band that is valid on any day, pale; it fades where it leaves the scale."""
    low, high = row.ever_low, row.ever_high
    if f.is_missing(low) or f.is_missing(high):
        return ""
    cut = (" cutl" if low < scale.low else "") + (" cutr" if high > scale.high else "")
    a, b = _place(low, scale), _place(high, scale)
    return f"<i class='wide{cut}' style='left:{a:.2f}%;width:{b - a:.2f}%'></i>"


def _edge(place: float) -> str:
    """Labels at the ends stay inside the column."""
    return "first" if place < 3 else "last" if place > 97 else ""


def axis(scale: pd.Series, unit: Unit) -> str:
    """Round ticks of the shared scale: seven labels at most, five where they are long."""
    steps = round((scale.high - scale.low) / scale.step)
    every = max(1, -(-steps // (6 if unit.kind == "rate" else 4)))
    first = round(scale.low / scale.step)
    ticks = [n * scale.step for n in range(first, first + steps + 1) if n % every == 0]
    labels = "".join(f"<span class='{_edge(_place(v, scale))}' style='left:{_place(v, scale):.2f}%'>{unit.tick(v)}</span>"
                     for v in ticks)
    return f"<div class='axis'>{labels}</div>"


def _line(row: pd.Series, scale: pd.Series, lang: str) -> str:
    unit, is_shown = unit_of(row, lang), row.verdict != "invalid" and not f.is_missing(row.model_increment)
    figure = f"<b>{unit.effect(row.model_increment, has_unit=False)}</b>" if is_shown else f.DASH
    span = unit.span(row.model_increment_low, row.model_increment_high) if is_shown else _why_none(row)
    naive = unit.effect(row.naive_gap, has_unit=False) if is_shown else f.DASH
    added = unit.total(row.added_total) if row.verdict in DECIDED else f.DASH
    metric = plain(row.metric_name_en if lang == "en" else row.metric_name_zh)
    name = plain(row.name_en if lang == "en" else row.name_zh)
    return (f"<tr data-go='{plain(row.strategy_id)}' tabindex='0'><td><span class='nm'>{name}</span>"
            f"<div class='sub'>{metric}</div></td><td>{verdict_badge(row.verdict)}{_find(row)}</td>"
            f"<td class='ivc'>{_zero(row, scale)}{interval_bar(row, scale)}</td>"
            f"<td class='num'>{figure}</td><td class='num muted'>{span}</td><td class='num muted'>{naive}</td>"
            f"<td class='num'>{added}</td></tr>")


def _find(row: pd.Series) -> str:
    """A diamond where the finding holds among all strategies."""
    if f.is_missing(row.is_discovery) or not row.is_discovery:
        return ""
    return f" <span class='muted' title='{t('错误发现率 10% 内成立', 'holds at a false discovery rate of 10%')}'>◆</span>"


def _zero(row: pd.Series, scale: pd.Series) -> str:
    if row.verdict == "invalid":
        return ""
    return f"<i class='zl' style='left:calc(10px + (100% - 20px) * {_place(0, scale) / 100:.4f})'></i>"


def _why_none(row: pd.Series) -> str:
    return t("不可用", "not decision-ready") if row.verdict == "invalid" else t("尚无成熟客户", "nobody matured yet")


def forest(rows: pd.DataFrame, scale: pd.Series, lang: str) -> str:
    """Strategies of one kind of metric, by verdict, then increment; an invalid row shows no number."""
    unit = unit_of(rows.iloc[0], lang)
    added = t("多带来客户", "Customers added") if unit.kind == "rate" else t("多带来金额", "Money added")
    head = (f"<tr><th>{w('strategy')}</th><th>{w('verdict')}</th><th style='width:32%'>{w('model_increment')} ({unit.name})"
            f"{axis(scale, unit)}</th><th class='num'>{unit.name}</th><th class='num'>{t('95% 区间', '95% interval')}</th>"
            f"<th class='num'>{w('naive_gap')}</th><th class='num'>{added}</th></tr>")
    ordered = rows.sort_values(["verdict_order", "model_increment", "strategy_id"], ascending=[True, False, True])
    lines = "".join(_line(row, scale, lang) for _, row in ordered.iterrows())
    return f"<table class='tb'>{head}{lines}</table>"
