"""Four-cell table, decomposition of the naive gap: how one strategy's effect is shown."""

from collections.abc import Callable

import pandas as pd

from dashboards import figures as f
from dashboards.figures import Unit
from dashboards.wording import t, w

DECIDED = ("win", "harm", "futile")
"""Only these may claim customers or money."""


def unit_of(row: pd.Series, lang: str) -> Unit:
    """How the row's metric is written."""
    return Unit(row.metric_kind, lang, row.currency)


def _cell(css: str, role: str, value: str, note: str, op: str = "") -> str:
    operator = f" op' data-op='{op}" if op else ""
    return (f"<td class='{css}{operator}' style='--c:var(--{role})'><div class='r'>{value}</div>"
            f"<div class='n'>{note}</div></td>")


def _people(cell: pd.Series, lang: str) -> str:
    people = f.count(cell.people_count, lang)
    return people if pd.isna(cell.event_count) else f"{f.count(cell.event_count, lang)} / {people}"


def _list_row(cells: pd.DataFrame, row: pd.Series, policy: str, unit: Unit) -> str:
    body = ""
    for arm, css in (("contacted", "solid"), ("held", "hollow")):
        cell = cells[(cells.policy == policy) & (cells.arm == arm)].iloc[0]
        body += _cell(css, policy, unit.level(cell.mean_value), _people(cell, unit.lang))
    effect = f"{policy}_effect"
    body += _cell("diff", policy, unit.effect(row[effect]), unit.span(row[f"{effect}_low"], row[f"{effect}_high"]))
    head = f"<span class='rowh' style='--c:var(--{policy})'><i class='sw'></i>{w(f'{policy}_list')}</span>"
    return f"<tr><th>{head}</th>{body}</tr>"


def four_cells(cells: pd.DataFrame, row: pd.Series, lang: str) -> str:
    """3 x 3: the four cells, their row effects, their column gaps; the corner is the model increment.

    Solid = contacted, dashed = held; blue = model, orange = BAU.
    """
    unit = unit_of(row, lang)

    def gap(css: str, role: str, key: str, word: str, op: str = "") -> str:
        span = unit.span(row[f"{key}_low"], row[f"{key}_high"])
        return _cell(css, role, unit.effect(row[key]), f"{word}<br>{span}", op)

    head = (f"<tr><th style='width:{t('88px', '92px')}'></th><th>{w('contacted')}</th><th>{w('held')}</th>"
            f"<th>{t('触达带来', 'Contact adds')}</th></tr>")
    last = (f"<tr><th><span class='rowh'>{t('两行之差', 'Model − BAU')}</span></th>"
            + gap("diff", "universal", "naive_gap", w("naive_gap"), "=")
            + gap("diff", "universal", "selection_bias", w("selection_bias"), "+")
            + gap("key", row.verdict, "model_increment", t("模型增量", "Increment")) + "</tr>")
    lists = _list_row(cells, row, "model", unit) + _list_row(cells, row, "bau", unit)
    return f"<table class='fc'>{head}{lists}{last}</table>"


def decomposition(row: pd.Series, lang: str) -> str:
    """Three bars on one scale: what is usually reported = what would have happened anyway + what the model added."""
    low, high = row.selection_bias + row.model_increment_low, row.selection_bias + row.model_increment_high
    ends = (0.0, row.naive_gap, row.selection_bias, low, high)
    left, width = min(ends), ((max(ends) - min(ends)) or 1.0) * 1.03

    def x(value: float) -> float:
        return (value - left) / width * 100

    def box(a: float, b: float, css: str) -> str:
        return f"<div class='bar {css}' style='left:{x(min(a, b)):.2f}%;width:{abs(b - a) / width * 100:.2f}%'></div>"

    zero = f"<div class='zero' style='left:{x(0):.2f}%'></div>" if left < 0 else ""
    drop = f"<div class='drop' style='left:{x(row.selection_bias):.2f}%'></div>"
    whisker = f"<div class='whisk' style='left:{x(low):.2f}%;width:{x(high) - x(low):.2f}%'></div>"
    line = _decomposition_line(row, unit_of(row, lang), zero)
    return (
        "<div class='dc'>"
        + line("naive_gap", t("报表常用：两张名单触达客户之差", "what reports print"), box(0, row.naive_gap, "naive"))
        + line("selection_bias", t("不触达也会发生：模型只是挑中了他们", "would have happened anyway"),
               box(0, row.selection_bias, "anyway") + drop)
        + line("model_increment", t("模型真正多带来的", "what the model really added"),
               box(row.selection_bias, row.naive_gap, "added") + whisker)
        + "</div>"
    )


def _decomposition_line(row: pd.Series, unit: Unit, zero: str) -> Callable[[str, str, str], str]:
    def line(key: str, note: str, bar: str) -> str:
        span = unit.span(row[f"{key}_low"], row[f"{key}_high"])
        return (f"<div class='row'><div><div class='lab'><b>{w(key)}</b><span>{note}</span></div>"
                f"<div class='track'>{zero}{bar}</div></div><div class='val'>{unit.effect(row[key])}<div>{span}</div></div></div>")

    return line
