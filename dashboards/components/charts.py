"""Altair charts: the increment night by night; one look on the page and in the PNG."""

from dataclasses import dataclass
from io import BytesIO
from typing import Any

import altair as alt
import pandas as pd

from dashboards import palette
from dashboards.figures import Unit
from dashboards.wording import t

FONT = "Source Sans, PingFang SC, Microsoft YaHei UI, Noto Sans CJK SC, sans-serif"
HEIGHT = 310


def _scaled(nights: pd.DataFrame, unit: Unit) -> pd.DataFrame:
    """What the verdict uses, night by night; low and high are empty before the sequence may start."""
    factor = 100 if unit.kind == "rate" else 1
    frame = pd.DataFrame({
        "day": pd.to_datetime(nights.as_of_date), "estimate": nights.judged_increment.astype(float) * factor,
        "low": nights.ever_low.astype(float) * factor, "high": nights.ever_high.astype(float) * factor,
        "n": nights.people_count,
    })
    return frame.dropna(subset=["estimate"]).sort_values("day")


def _domain(frame: pd.DataFrame, mde: float, final: list[float]) -> list[float]:
    """The band of the first half is too wide to set the scale and is clipped; the line shows but for its first tenth."""
    late, line = frame.iloc[len(frame) // 2:], frame.estimate.iloc[len(frame) // 10:]
    values = [*late.low.dropna(), *late.high.dropna(), *line, *final, -0.1 * abs(mde), 1.1 * mde]
    margin = 0.08 * (max(values) - min(values))
    return [min(values) - margin, max(values) + margin]


def _tooltip(unit: Unit) -> list[alt.Tooltip]:
    form = "+.2f" if unit.kind == "rate" else "+,.0f"
    return [
        alt.Tooltip("day:T", title=t("日期", "night"), format="%Y-%m-%d"),
        alt.Tooltip("estimate:Q", title=t("估计", "estimate"), format=form),
        alt.Tooltip("low:Q", title=t("下限", "low"), format=form),
        alt.Tooltip("high:Q", title=t("上限", "high"), format=form),
        alt.Tooltip("n:Q", title=t("成熟客户", "matured"), format=","),
    ]


def _rule(value: float, dash: list[int], colour: str, scale: alt.Scale) -> alt.Chart:
    at = alt.Chart(pd.DataFrame({"v": [value]}))
    return at.mark_rule(strokeDash=dash, color=colour, strokeWidth=1.2).encode(y=alt.Y("v:Q", scale=scale))


@dataclass(frozen=True)
class Final:
    """The one final look: its night and its interval in the metric's own unit."""

    day: pd.Timestamp
    low: float
    high: float


def sequence(nights: pd.DataFrame, worth_having: float, unit: Unit, is_dark: bool, final: Final | None = None) -> alt.LayerChart:
    """Model increment by night with the band that is valid on any day, zero, the smallest increment worth having, and a bar
    for the interval of the one final look.

    Words stay outside the plot (legend row above, subtitle in the PNG): inside, they collide with some strategy's line.
    """
    model, ink, muted = (palette.tone(role, is_dark) for role in ("model", "ink", "muted"))
    factor = 100 if unit.kind == "rate" else 1
    frame, mde = _scaled(nights, unit), worth_having * factor
    ends = [final.low * factor, final.high * factor] if final else []
    scale = alt.Scale(domain=_domain(frame, mde, ends), nice=False)
    title = t("模型增量（个百分点）", "Model increment (pp)") if unit.kind == "rate" else t("模型增量", "Model increment")
    label = "datum.value == 0 ? '0' : format(datum.value, '+,.3~r')"
    x = alt.X("day:T", title=t("数据日期", "As of"), scale=alt.Scale(padding=14), axis=alt.Axis(grid=False, format="%m-%d", tickCount=8))
    y = alt.Y("estimate:Q", title=title, scale=scale, axis=alt.Axis(labelExpr=label, tickCount=6))
    base = alt.Chart(frame).encode(x=x)
    line = base.mark_line(strokeWidth=2.4, color=model, clip=True).encode(y=y)
    points = base.mark_point(size=46, filled=True, opacity=1, color=model, clip=True).encode(y=y, tooltip=_tooltip(unit))
    layers = [*_band(frame.dropna(), x, scale, model), _rule(0, [1, 0], ink, scale), _rule(mde, [4, 4], muted, scale), line, points]
    if final:
        layers.append(_final(final.day, ends, x, scale, ink))
    return _dressed(alt.layer(*layers), muted)


def _band(frame: pd.DataFrame, x: alt.X, scale: alt.Scale, colour: str) -> list[alt.Chart]:
    """The sequence with lines along its edges; with a night or two there is no band yet, so each night gets its own bar."""
    if frame.empty:
        return []
    base, low, high = alt.Chart(frame).encode(x=x), alt.Y("low:Q", scale=scale), alt.Y("high:Q", scale=scale)
    if len(frame) < 3:
        return [base.mark_rule(opacity=0.7, color=colour, strokeWidth=2, clip=True).encode(y=low, y2="high:Q")]
    area = base.mark_area(opacity=0.2, color=colour, clip=True).encode(y=low, y2="high:Q")
    return [area, *(base.mark_line(strokeWidth=1, opacity=0.55, color=colour, clip=True).encode(y=edge) for edge in (low, high))]


def _final(day: pd.Timestamp, ends: list[float], x: alt.X, scale: alt.Scale, ink: str) -> alt.Chart:
    frame = pd.DataFrame({"day": [pd.Timestamp(day)], "low": [ends[0]], "high": [ends[1]]})
    bar = alt.Chart(frame).mark_rule(strokeWidth=4, color=ink, clip=True)
    return bar.encode(x=x, y=alt.Y("low:Q", scale=scale), y2="high:Q")


def _dressed(chart: Any, muted: str) -> Any:
    return (
        chart.properties(height=HEIGHT, background="transparent")
        .configure(font=FONT)
        .configure_view(stroke=None)
        .configure_axis(labelFontSize=12, titleFontSize=12, titleFontWeight=500, labelColor=muted, titleColor=muted,
                        domainOpacity=0.4, gridOpacity=0.5)
    )


def png(chart: Any, title: str, source: str) -> bytes:
    """The chart with its title and source as a 2x PNG, drawn in this process without a browser."""
    import vl_convert

    head = alt.TitleParams(title, subtitle=source, anchor="start", font=FONT, subtitleFont=FONT, fontSize=16,
                           subtitleFontSize=12, subtitleColor=palette.tone("muted", False), offset=14)
    framed = chart.properties(background=palette.tone("card", False), width=900, title=head, padding=18)
    return bytes(vl_convert.vegalite_to_png(framed.to_json(), scale=2))


def excel(sheets: dict[str, pd.DataFrame]) -> bytes:
    """One workbook, one sheet per frame."""
    out = BytesIO()
    with pd.ExcelWriter(out, engine="xlsxwriter") as book:
        for name, frame in sheets.items():
            frame.to_excel(book, sheet_name=name, index=False)
    return out.getvalue()
