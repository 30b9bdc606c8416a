"""Numbers as they are read: steps, signs, dashes."""

import math

import pandas as pd
import pytest

from dashboards import figures as f
from dashboards.figures import Unit


@pytest.mark.parametrize(("value", "zh", "en"), [
    (9600, "9,600", "9,600"), (12_345, "1.23 万", "12.3K"), (1_864_200, "186.4 万", "1.86M"),
    (386_000_000, "3.86 亿", "386.0M"), (0, "0", "0"), (-444_800, "−44.5 万", "−444.8K"),
])
def test_count(value: float, zh: str, en: str) -> None:
    assert (f.count(value, "zh"), f.count(value, "en")) == (zh, en)


@pytest.mark.parametrize(("value", "zh", "en"), [
    (4_198_000, "¥419.8 万", "¥4.20M"), (-444_800, "−¥44.5 万", "−¥444.8K"), (386_240_000_000, "¥3,862.4 亿", "¥386.2B"),
])
def test_money(value: float, zh: str, en: str) -> None:
    assert (f.money(value, "zh"), f.money(value, "en")) == (zh, en)


def test_currency_without_a_mark_is_named() -> None:
    assert f.money(1_250_000, "en", True, "CZK") == "+CZK 1.25M"


@pytest.mark.parametrize(("share", "text"), [(0.00719, "+0.72 pp"), (-0.00371, "−0.37 pp"), (0.0, "0.00 pp"), (-1e-9, "0.00 pp")])
def test_percentage_points_are_always_signed(share: float, text: str) -> None:
    assert f.pp(share) == text


@pytest.mark.parametrize(("p", "text"), [(0.00002, "< 0.001"), (0.0619, "0.062"), (0.62, "0.62"), (None, "–")])
def test_p_value(p: float | None, text: str) -> None:
    assert f.p_value(p) == text


def test_nothing_is_a_dash_everywhere() -> None:
    unit = Unit("rate", "en")
    for value in (None, math.nan, pd.NA):
        assert {f.count(value, "zh"), f.money(value, "en"), f.rate(value), f.pp(value), unit.exact(value)} == {"–"}
    assert unit.span(None, None) == "[–, –]"


def test_unit_writes_rates_and_money_apart() -> None:
    rate, money = Unit("rate", "en"), Unit("money", "zh")
    assert (rate.level(0.0772), rate.effect(0.0072), rate.span(0.0028, 0.0115)) == ("7.72%", "+0.72 pp", "[+0.28, +1.15]")
    assert (money.level(8200), money.effect(57_000), money.span(-1769, 56_000)) == ("¥8,200", "+¥5.70 万", "[−1,769, +5.60 万]")
    assert (rate.total(92.4), money.total(5_130_000)) == ("+92", "+¥513.0 万")
    assert rate.exact(0.00719836) == "+0.7198 pp"


def test_ticks_carry_no_idle_zeros() -> None:
    unit = Unit("rate", "en")
    assert [unit.tick(v) for v in (-0.02, 0.0, 0.005, 0.1)] == ["−2", "0", "+0.5", "+10"]
