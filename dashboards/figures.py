"""Numbers as a bank manager reads them: 万/亿 in Chinese, K/M/B in English, real minus sign, units kept apart."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pandas as pd

MINUS, DASH = "−", "–"
STEPS = {
    "zh": ((1e8, 1e8, "亿"), (1e4, 1e4, "万")),
    "en": ((1e9, 1e9, "B"), (1e6, 1e6, "M"), (1e4, 1e3, "K")),
}
"""From which size, divided by what, with which word."""
MARKS = {"CNY": "¥", "USD": "$", "EUR": "€"}
Number = float | None


def is_missing(value: Any) -> bool:
    """True for every null that a column may hold: None, NaN, pandas' NA."""
    return bool(pd.isna(value))


def _signed(text: str, value: float, sign: bool) -> str:
    return (MINUS if value < 0 else "+" if sign and value > 0 else "") + text


def scaled(value: float, lang: str, sign: bool = False) -> tuple[str, str]:
    """(number, step): two digits below 10, one above, e.g. ("3,862.4", "亿"), ("1.24", "M"), ("9,600", "")."""
    size = abs(value)
    for start, step, word in STEPS[lang]:
        if size >= start:
            short = size / step
            return _signed(f"{short:,.2f}" if short < 10 else f"{short:,.1f}", value, sign), word
    return _signed(f"{size:,.0f}", value if round(size) else 0, sign), ""


def count(value: Number, lang: str, sign: bool = False) -> str:
    """9,600, 1.23 万, 12.3K; a dash for nothing."""
    if value is None or is_missing(value):
        return DASH
    number, step = scaled(value, lang, sign)
    return f"{number} {step}" if lang == "zh" and step else number + step


def money(value: Number, lang: str, sign: bool = False, currency: str = "CNY") -> str:
    """¥412.6 万 or ¥4.13M; the sign stands before the currency mark."""
    if value is None or is_missing(value):
        return DASH
    number, step = scaled(abs(value), lang)
    mark = MARKS.get(currency, f"{currency} ")
    text = f"{mark}{number} {step}".rstrip() if lang == "zh" else f"{mark}{number}{step}"
    return _signed(text, value, sign)


def rate(share: Number, digits: int = 2, sign: bool = False) -> str:
    """7.72%."""
    if share is None or is_missing(share):
        return DASH
    return _signed(f"{abs(share) * 100:.{digits}f}%", share, sign)


def pp(share: Number, has_unit: bool = True) -> str:
    """Percentage points, two digits, always signed: +0.70 pp."""
    if share is None or is_missing(share):
        return DASH
    text = f"{abs(share) * 100:.2f}"
    return _signed(text, share if float(text) else 0, True) + (" pp" if has_unit else "")


def interval(low: Number, high: Number, as_text: Callable[[Number], str]) -> str:
    """[+0.28, +1.15]."""
    return f"[{as_text(low)}, {as_text(high)}]"


def p_value(p: Number) -> str:
    """< 0.001, 0.062, 0.62."""
    if p is None or is_missing(p):
        return DASH
    return "< 0.001" if p < 0.001 else f"{p:.3f}" if p < 0.1 else f"{p:.2f}"


def seconds(value: float) -> str:
    """0.31 s, 9.8 s, 74 s."""
    return f"{value:.2f} s" if value < 1 else f"{value:.1f} s" if value < 60 else f"{value:,.0f} s"


@dataclass(frozen=True)
class Unit:
    """How one metric is written: a rate in per cent and percentage points, money in its currency."""

    kind: str
    lang: str
    currency: str = "CNY"

    @property
    def name(self) -> str:
        return "pp" if self.kind == "rate" else MARKS.get(self.currency, self.currency)

    def level(self, value: Number) -> str:
        """A mean: 7.72% or ¥8,200."""
        return rate(value) if self.kind == "rate" else money(value, self.lang, currency=self.currency)

    def effect(self, value: Number, has_unit: bool = True) -> str:
        """A difference of means, always signed."""
        if self.kind == "rate":
            return pp(value, has_unit)
        return money(value, self.lang, True, self.currency) if has_unit else count(value, self.lang, True)

    def span(self, low: Number, high: Number) -> str:
        """An interval of differences, the unit said elsewhere."""
        return interval(low, high, lambda v: self.effect(v, has_unit=False))

    def exact(self, value: Number) -> str:
        """Four decimals, for "how computed"."""
        if value is None or is_missing(value):
            return DASH
        text = f"{abs(value) * 100:.4f} pp" if self.kind == "rate" else f"{abs(value):,.4f}"
        return _signed(text, value, True)

    def total(self, value: Number) -> str:
        """The sum over people: customers for a rate, money for money."""
        return count(value, self.lang, True) if self.kind == "rate" else money(value, self.lang, True, self.currency)

    def tick(self, value: float) -> str:
        """A short axis label."""
        if abs(value) < 1e-12:
            return "0"
        if self.kind != "rate":
            return count(value, self.lang, True)
        return _signed(f"{abs(value) * 100:.2f}".rstrip("0").rstrip("."), value, True)
