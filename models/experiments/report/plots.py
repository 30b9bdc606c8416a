"""Inline SVG of the report: intervals on one zero line, the decomposition of the naive gap, the sequence of looks."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

WIDTH, LABEL, ROW, PAD = 860, 300, 26, 18


@dataclass(frozen=True)
class Line:
    """One interval of a plot; `tone` is a CSS class."""

    label: str
    estimate: float
    low: float
    high: float
    tone: str = "raw"


@dataclass(frozen=True)
class Scale:
    """Values to pixels."""

    low: float
    high: float
    left: float
    right: float

    @classmethod
    def around(cls, values: Sequence[float], left: float, right: float) -> "Scale":
        """Holds zero and all values with a margin."""
        low, high = min(0.0, *values), max(0.0, *values)
        margin = 0.06 * ((high - low) or 1.0)
        return cls(low - margin, high + margin, left, right)

    def __call__(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return round(self.left + share * (self.right - self.left), 2)

    def ticks(self) -> list[float]:
        """Four round values."""
        step = _round_step((self.high - self.low) / 4)
        first = -(-self.low // step)
        return [step * (first + i) for i in range(int((self.high - first * step) / step) + 1)]


def number(value: float | None, digits: int = 4) -> str:
    """A number as text, no exponent where avoidable."""
    if value is None:
        return "–"
    size = abs(value)
    if size and (size < 1e-4 or size >= 1e12):
        return f"{value:.{digits - 1}e}"
    text = f"{value:,.{max(0, digits - len(str(int(size))) + (1 if size < 1 else 0))}f}"
    return text.replace("-", "−")


def intervals(lines: Sequence[Line], title: str) -> str:
    """A forest: estimate and interval per line on one zero line; empty text when nothing is defined."""
    if not lines:
        return ""
    scale = Scale.around([v for line in lines for v in (line.low, line.high)], LABEL, WIDTH - 120)
    height = PAD * 2 + ROW * len(lines) + 16
    parts = [_frame(height, title), _axis(scale, height)]
    for at, line in enumerate(lines):
        y = PAD + ROW * at + ROW / 2
        parts.append(
            f'<text x="{LABEL - 12}" y="{y + 4}" text-anchor="end">{escape(line.label)}</text>'
            f'<g class="{line.tone}"><line class="whisker" x1="{scale(line.low)}" x2="{scale(line.high)}" y1="{y}" y2="{y}"/>'
            f'<circle class="dot" cx="{scale(line.estimate)}" cy="{y}" r="4.5"/></g>'
            f'<text class="figure" x="{WIDTH - 110}" y="{y + 4}">{number(line.estimate)}</text>'
        )
    return "".join(parts) + "</svg>"


def decomposition(naive: Line, selection: Line, increment: Line, title: str) -> str:
    """Naive gap above selection and increment; the increment starts where selection ends."""
    ends = [0.0, naive.estimate, selection.estimate, *(selection.estimate + v for v in (increment.low, increment.high))]
    scale = Scale.around(ends, LABEL, WIDTH - 120)
    height = PAD * 2 + ROW * 2 + 16
    parts = [_frame(height, title), _axis(scale, height)]
    for at, pieces in enumerate([[(naive, 0.0)], [(selection, 0.0), (increment, selection.estimate)]]):
        y = PAD + ROW * at + 4
        label = " + ".join(piece.label for piece, _ in pieces)
        parts.append(f'<text x="{LABEL - 12}" y="{y + 13}" text-anchor="end">{escape(label)}</text>')
        for piece, start in pieces:
            left, right = sorted((scale(start), scale(start + piece.estimate)))
            parts.append(f'<rect class="bar {piece.tone}" x="{left}" y="{y}" width="{max(right - left, 1):.2f}" height="16"/>')
        parts.append(f'<text class="figure" x="{WIDTH - 110}" y="{y + 13}">{number(sum(p.estimate for p, _ in pieces))}</text>')
    y = PAD + ROW + 12
    low, high = (scale(selection.estimate + v) for v in (increment.low, increment.high))
    parts.append(f'<line class="whisker ink" x1="{low}" x2="{high}" y1="{y}" y2="{y}"/>')
    return "".join(parts) + "</svg>"


def sequence(looks: Sequence[dict[str, Any]], title: str, form: str = "") -> str:
    """Estimate and always-valid band over the days that have one; `form` "adjusted_" draws the adjusted effect."""
    known = [look for look in looks if look.get(f"{form}ci") is not None]
    if not known:
        return ""
    known = [{"date": look["date"], "ci": look[f"{form}ci"], "estimate": look[f"{form}estimate"]} for look in known]
    height, left, right = 240, 80, WIDTH - 20
    scale = Scale.around([v for look in known for v in look["ci"]], height - 34, 14)
    step = (right - left) / max(len(known) - 1, 1)
    xs = [round(left + step * at, 2) for at in range(len(known))]
    upper = [f"{x},{scale(look['ci'][1])}" for x, look in zip(xs, known, strict=True)]
    lower = [f"{x},{scale(look['ci'][0])}" for x, look in zip(xs, known, strict=True)]
    middle = [f"{x},{scale(look['estimate'])}" for x, look in zip(xs, known, strict=True)]
    marks = "".join(
        f'<line class="grid" x1="{left}" x2="{right}" y1="{scale(t)}" y2="{scale(t)}"/>'
        f'<text class="tick" x="{left - 8}" y="{scale(t) + 4}" text-anchor="end">{number(t, 3)}</text>' for t in scale.ticks()
    )
    days = f'<text class="tick" x="{left}" y="{height - 10}">{escape(known[0]["date"])}</text>'
    if len(known) > 1:
        days += f'<text class="tick" x="{right}" y="{height - 10}" text-anchor="end">{escape(known[-1]["date"])}</text>'
    return (
        f'{_frame(height, title)}{marks}<polygon class="band" points="{" ".join(upper + lower[::-1])}"/>'
        f'<polyline class="path" points="{" ".join(middle)}"/>'
        f'<line class="zero" x1="{left}" x2="{right}" y1="{scale(0)}" y2="{scale(0)}"/>{days}</svg>'
    )


def _frame(height: float, title: str) -> str:
    return f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(title)}"><title>{escape(title)}</title>'


def _axis(scale: Scale, height: float) -> str:
    ticks = "".join(
        f'<line class="grid" x1="{scale(t)}" x2="{scale(t)}" y1="{PAD - 6}" y2="{height - 22}"/>'
        f'<text class="tick" x="{scale(t)}" y="{height - 8}" text-anchor="middle">{number(t, 3)}</text>' for t in scale.ticks()
    )
    return f'{ticks}<line class="zero" x1="{scale(0)}" x2="{scale(0)}" y1="{PAD - 6}" y2="{height - 22}"/>'


def _round_step(raw: float) -> float:
    power = 10.0
    while power > raw:
        power /= 10
    while power * 10 <= raw:
        power *= 10
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= raw * 0.99)
