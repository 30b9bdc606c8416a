"""What the wealthy are besides rich: types that show in their tills, salaries, families, trades, maturities and deposits."""

import numpy as np
from numpy.typing import NDArray

from orchestration.simulator.catalogue import SECURITIES, SECURITIES_IN, SECURITIES_OUT
from orchestration.simulator.flows import Flow
from orchestration.simulator.people import People
from orchestration.simulator.streams import Floats, Streams

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]
WEALTHY_AUM = 2e5
NEARLY_WEALTHY_AUM = 1.5e5
"""Savers from here on: they grow into the wealthy, and no other rule would know them then."""
OWNER, GOLD_COLLAR, FAMILY, INVESTOR, SAVVY, SAVER = range(6)
WEALTH_TYPES = ("owner", "gold_collar", "family", "investor", "savvy", "saver")
SHARES = (0.60, 0.40, 0.50, 0.40, 0.70, 0.85)
"""Of those who could be of a type and are of none before it; no source was found: ours."""
SALARY_DRAW = len(WEALTH_TYPES)
SAVERS_PART = 0.1
"""Of what others pay for a product: savers try it with little."""
GOLD_FLOOR = 42000.0
TRADE_ODDS = 0.8
MOST_TRADED = 2e5


def draw_wealth_types(people: People, streams: Streams, without: Mask, known_before: int) -> Ints:
    """Type of each customer of 200,000 yuan or more, -1 for none and for everybody else; the savvy are old customers.

    Most of those of no other type, and of those who may yet become wealthy, save.
    """
    who = np.flatnonzero((people.aum >= NEARLY_WEALTHY_AUM) & (people.age >= 18) & ~people.starts_dormant & ~without)
    age, aum = people.age[who], people.aum[who]
    paid, rich = people.is_payroll[who], aum >= WEALTHY_AUM
    fits = (rich & ~paid & ~people.is_pension[who] & (people.occupation[who] == 3) & (age >= 25),
            rich & paid & ((aum < 2e6) | (aum >= 6e6)), rich & (age >= 31) & (age < 49) & (aum < 3e6), rich & (age < 70),
            rich & (people.open_day[who] < known_before - 3 * 366), aum < 6e6)
    found = np.full(people.count, -1)
    for kind in reversed(range(len(WEALTH_TYPES))):
        found[who[fits[kind] & (streams.sparse("wealth_type", who, kind) < SHARES[kind])]] = kind
    return found


def raise_salaries(people: People, wealth_type: Ints, streams: Streams) -> None:
    """Gold collars earn 42,000 to 100,000 yuan a month, most of them near the lower end."""
    who = np.flatnonzero(wealth_type == GOLD_COLLAR)
    people.salary[who] = np.round(GOLD_FLOOR + 58000 * streams.sparse("wealth_type", who, SALARY_DRAW) ** 2, -1)


def trade(wealth_type: Ints, people: People, streams: Streams, flow: Flow, awake: Mask, room: Floats, days: range) -> None:
    """Investors move money to their broker and back, in turn, four weeks of five."""
    week = days.start // 7
    who = np.flatnonzero(awake & (wealth_type == INVESTOR))
    u = streams.sparse("securities_trade", who, week)
    who, size = who[u < TRADE_ODDS], 0.5 + u[u < TRADE_ODDS]
    cents = np.floor(np.minimum(size * np.maximum(0.03 * people.aum[who], 5000), np.minimum(room[who], MOST_TRADED)) / 100).astype(np.int64) * 10000
    code = np.where((who + week) % 2 == 0, SECURITIES_OUT, SECURITIES_IN)
    flow.add(who, days.start + (who + week) % len(days), cents, code, SECURITIES, salt=18)
