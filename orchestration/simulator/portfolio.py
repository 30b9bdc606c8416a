"""How a customer's wealth is spread over product families, at the start of history and as a habit later on."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orchestration.simulator.book import NEVER, Book
from orchestration.simulator.catalogue import (
    FAMILY_PRODUCTS,
    FUND,
    GOLD,
    INSURANCE,
    PRODUCT_IDS,
    PRODUCT_MIN_CENTS,
    PRODUCT_TERM,
    TIME,
    TRUST,
    WEALTH,
)
from orchestration.simulator.people import People
from orchestration.simulator.planted import Planted
from orchestration.simulator.streams import Floats, Streams, pick
from orchestration.simulator.wealth import SAVER, SAVVY

Ints = NDArray[np.int64]
TIERS = (1e3, 1e4, 5e4, 2e5, 6e5, 6e6)
HOLD_ODDS = {
    TIME: (0.0, 0.42, 0.62, 0.62, 0.62, 0.62, 0.6), WEALTH: (0.0, 0.015, 0.10, 0.28, 0.55, 0.72, 0.8),
    FUND: (0.0, 0.018, 0.075, 0.17, 0.30, 0.45, 0.5), INSURANCE: (0.0, 0.01, 0.05, 0.12, 0.20, 0.30, 0.3),
    GOLD: (0.0, 0.002, 0.01, 0.02, 0.04, 0.06, 0.08), TRUST: (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.25)}
WEIGHTS = {TIME: 1.0, WEALTH: 0.9, FUND: 0.35, INSURANCE: 0.4, GOLD: 0.12, TRUST: 0.6}
LADDER, WAITING_SHARE = 4, 90 / (90 + 365)
"""Wealth contracts of those who shop for the best rate, and the part of their time that one waits for the next offer: drawn so
at the start of history, contracts come due at the same pace in every month after it."""
SILVER_TASTE = {TIME: 1.25, FUND: 0.5}
MAX_DEPOSITS = 3


@dataclass
class Habits:
    """Per customer: whether a family is held by habit, what part of the wealth stays on demand, who shops for the best rate,
    who keeps to deposits."""

    holds: dict[int, NDArray[np.bool_]]
    demand_share: Floats
    shops_rates: NDArray[np.bool_]
    saves: NDArray[np.bool_]


def draw_habits(people: People, streams: Streams, planted: Planted) -> Habits:
    """Family habits by tier; planted single-product customers keep all on demand, other private ones have a trust besides.

    The old prefer deposits to funds, savers have nothing else.
    """
    tier = np.searchsorted(TIERS, people.aum)
    holds = {}
    for family, odds in HOLD_ODDS.items():
        u = streams.sparse("hold", np.arange(people.count), family) / np.where(people.age >= 60, SILVER_TASTE.get(family, 1.0), 1.0)
        holds[family] = (u < np.asarray(odds)[tier]) & ~planted.single_product & (people.age >= 18) & ~people.starts_dormant
    holds[TRUST] = holds[TRUST] | (planted.private & ~planted.single_product)
    shops, saves = planted.wealth_type == SAVVY, planted.wealth_type == SAVER
    holds[WEALTH] = holds[WEALTH] | shops
    holds = {family: held | saves if family == TIME else held & ~saves for family, held in holds.items()}
    noise = streams.normal("split", people.count)
    none = ~np.any(list(holds.values()), axis=0)
    share = 1 / (1 + np.exp(1.1 - 0.6 * noise))
    return Habits(holds, np.where(none, 1.0, np.clip(share, 0.04, 0.8)), shops, saves)


def family_cents(people: People, habits: Habits) -> dict[int, Ints]:
    """Planned cents of each family for each customer, whole yuan hundreds."""
    total = sum(habits.holds[f] * w for f, w in WEIGHTS.items())
    invest = people.aum * (1 - habits.demand_share)
    return {f: (100 * 100 * np.floor(invest * habits.holds[f] * w / np.maximum(total, 1e-9) / 100)).astype(np.int64)
            for f, w in WEIGHTS.items()}


def open_portfolios(book: Book, people: People, habits: Habits, streams: Streams, first_day: int) -> Ints:
    """Contracts that exist at the start of history; returns what is left on demand, in cents."""
    planned = family_cents(people, habits)
    exists = people.open_day < first_day
    for part in range(LADDER):
        cust = np.flatnonzero(exists & habits.shops_rates)
        product = ladder_product(streams.sparse("wealth_type", cust, 8 + part) < WAITING_SHARE)
        _open(book, cust, planned[WEALTH][cust] // (10000 * LADDER) * 10000, product, WEALTH, part, people, streams, first_day)
    planned[WEALTH] = np.where(habits.shops_rates, 0, planned[WEALTH])
    for family, cents in planned.items():
        parts = MAX_DEPOSITS if family == TIME else 1
        for part in range(parts):
            cust = np.flatnonzero(exists & (cents >= 100000 * (part + 1) * (4 * part + 1)))
            amount = _part(cents[cust], part, parts)
            product = choose_product(streams.sparse("start_product", cust * 8 + family, part), family, amount)
            _open(book, cust, amount, product, family, part, people, streams, first_day)
    invested = np.bincount(book.cust, weights=book.cents, minlength=people.count).astype(np.int64)
    return np.where(exists, np.maximum(np.round(people.aum * 100).astype(np.int64) - invested, 0), 0)


def _part(cents: Ints, part: int, parts: int) -> Ints:
    """Deposits are split into a ladder once they are large enough."""
    if parts == 1:
        return cents
    pieces = 1 + (cents >= 1000000).astype(np.int64) + (cents >= 2700000)
    return np.where(part < pieces, cents // (100 * pieces) * 100, 0)


def _open(book: Book, cust: Ints, cents: Ints, product: Ints, family: int, part: int, people: People, streams: Streams,
          first_day: int) -> None:
    keep = cents > 0
    cust, cents, product = cust[keep], cents[keep], product[keep]
    key = cust * 8 + family
    term = PRODUCT_TERM[product]
    age = np.where(term > 0, term - 1, 720) * streams.sparse("start_maturity", key, part)
    start = np.maximum(first_day - 1 - age.astype(np.int64), people.open_day[cust])
    due = np.where(term > 0, np.maximum(start + term, first_day), NEVER)
    book.add(cust, product, cents, start, due)


def ladder_product(is_short: NDArray[np.bool_]) -> Ints:
    """The wealth product of three months or the one of the best rate."""
    return np.where(is_short, PRODUCT_IDS.index("W090A"), PRODUCT_IDS.index("W365A"))


def choose_product(uniform: Floats, family: int, cents: Ints) -> Ints:
    """Positions in the product list; below a product's minimum the family's first one."""
    names, shares = FAMILY_PRODUCTS[family]
    positions = np.array([PRODUCT_IDS.index(name) for name in names])
    chosen = positions[pick(uniform, list(shares))]
    if family == TIME:
        large = (chosen == PRODUCT_IDS.index("T365")) & (cents >= 20000000)
        chosen = np.where(large, PRODUCT_IDS.index("TCD1"), chosen)
    return np.where(cents < PRODUCT_MIN_CENTS[chosen], positions[0], chosen)
