"""KPI tile, verdict badge, loop, checks, funnel, night: the small pieces that carry one fact each."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pandas as pd

from dashboards import figures as f
from dashboards.board_data import rows
from dashboards.palette import GLYPHS
from dashboards.wording import known, w

MARKS = {"passed": ("ok", "✓"), "failed": ("no", "✕"), "warned": ("warn", "!"), "not_tested": ("na", "○")}


def verdict_badge(state: str, is_big: bool = False) -> str:
    """Colour + glyph + word."""
    return f"<span class='vb {state}{' big' if is_big else ''}'><i>{GLYPHS[state]}</i>{w(state)}</span>"


def sparkline(values: Sequence[float]) -> str:
    """A line without axes, drawn with clip-path: st.html drops SVG, and a clipped box takes its colour from the theme."""
    s = pd.Series(list(values), dtype=float)
    if len(s) < 2:
        return "<div class='spark'></div>"
    y = 88 - (s - s.min()) / ((s.max() - s.min()) or 1) * 76
    xs = [i / (len(s) - 1) * 100 for i in range(len(s))]
    upper = [f"{x:.1f}% {v:.1f}%" for x, v in zip(xs, y, strict=True)]
    lower = [f"{x:.1f}% calc({v:.1f}% + 2px)" for x, v in zip(reversed(xs), reversed(list(y)), strict=True)]
    line = ",".join(upper + lower)
    return f"<div class='spark'><u style='clip-path:polygon({line})'></u><b style='top:{y.iloc[-1]:.1f}%'></b></div>"


def kpi(label: str, value: tuple[str, str], detail: str, extra: str = "") -> str:
    """Label, figure with its small unit, one line of detail, then whatever stands below."""
    number, unit = value
    return (f"<div class='kpi'><div class='l'><span>{label}</span></div><div class='v'>{number}<small>{unit}</small></div>"
            f"<div class='d'>{detail}</div>{extra}</div>")


@dataclass(frozen=True)
class LoopStage:
    """One stage of the loop, in words; `state` is fine, note or broken."""

    name: str
    figure: str
    unit: str
    detail: str
    flag: str
    state: str

    def markup(self) -> str:
        mark = {"fine": "✓", "broken": "⚠", "note": "·"}[self.state]
        return (f"<div class='s {self.state}'><div class='n'>{self.name}</div>"
                f"<div class='big'>{self.figure}<small>{self.unit}</small></div><div class='sub'>{self.detail}</div>"
                f"<div class='flag {self.state}'>{mark} {self.flag}</div></div>")


def loop(stages: Iterable[LoopStage], way_back: str) -> str:
    """Five stages in order and the dashed way back."""
    cells = "".join(stage.markup() for stage in stages)
    return f"<div class='loop'>{cells}</div><div class='back'></div><div class='backt'>{way_back}</div>"


def checks(items: Iterable[tuple[str, str, str]]) -> str:
    """A list of (name, what was found, status)."""
    lines = "".join(f"<div class='{MARKS[status][0]}'><i>{MARKS[status][1]}</i><span>{name}</span><b>{what}</b></div>"
                   for name, what, status in items)
    return f"<div class='ck'>{lines}</div>"


def stages(items: Iterable[tuple[str, str, str]]) -> str:
    """The same checks along the road of a list, so the eye finds the stage that broke."""
    cells = "".join(f"<div class='chk {MARKS[status][0]}'><b>{name}</b><span class='muted'>{what}</span></div>"
                    for name, what, status in items)
    return f"<div class='checks'>{cells}</div>"


def status_mark(status: str) -> str:
    """Glyph + word of a check or a file."""
    css, glyph = MARKS.get(status, ("na", "○"))
    return f"<span class='st {css}'>{glyph} {w(status)}</span>"


def funnel(steps: Iterable[tuple[str, str, float, str]]) -> str:
    """Bars of (step or nothing, policy, share, people): blue is the model's list, orange the bank's own."""
    lines = "".join(
        f"<span>{name}</span><div class='rel'><div class='b' style='width:{share * 100:.1f}%;--c:var(--{policy})'></div></div>"
        f"<b class='num'>{people}</b><span class='num muted'>{f.rate(share, 1)}</span>"
        for name, policy, share, people in steps
    )
    return f"<div class='fn'>{lines}</div>"


def night(stages_run: pd.DataFrame) -> str:
    """Last night's stages on one clock; the frame has stage, position, seconds."""
    ordered = stages_run.sort_values("position")
    total = float(ordered.seconds.sum()) or 1.0
    lines, start = "", 0.0
    for row in rows(ordered):
        lines += (f"<span>{known(row.stage)}</span><div class='rel'><i style='left:{start / total * 100:.1f}%;"
                 f"width:{max(row.seconds / total * 100, 0.6):.1f}%'></i></div>"
                 f"<span class='num muted'>{f.seconds(row.seconds)}</span>")
        start += row.seconds
    return f"<div class='nt'>{lines}</div>"


def bars(items: Iterable[tuple[str, float, str]]) -> str:
    """A plain list of shares: (name, share in 0-1, text)."""
    lines = "".join(f"<span class='clip'>{name}</span><div class='rel'><i class='plain' style='left:0;width:{share * 100:.1f}%'></i>"
                   f"</div><span class='num muted'>{text}</span>" for name, share, text in items)
    return f"<div class='nt'>{lines}</div>"


def facts(items: Iterable[tuple[str, str]]) -> str:
    """Name and value, one a line."""
    lines = "".join(f"<div><span>{name}</span><b>{value}</b></div>" for name, value in items)
    return f"<div class='facts'>{lines}</div>"
