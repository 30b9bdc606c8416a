"""Patterns put into the bank on purpose, so that whoever looks for them can be graded."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orchestration.simulator.catalogue import (
    BANK,
    DIVIDEND,
    EDUCATION,
    FX_EXCHANGE,
    MERCHANT,
    MERCHANT_RECEIPT,
    OWN_OTHER,
    PERSON,
    SECURITIES,
    STOCK_UNLOCK,
    TRANSFER_IN,
    TRANSFER_OUT,
)
from orchestration.simulator.flows import Flow
from orchestration.simulator.people import People
from orchestration.simulator.seasons import monthly_dates
from orchestration.simulator.spec import BankSpec
from orchestration.simulator.streams import Floats, Streams
from orchestration.simulator.traits import Traits
from orchestration.simulator.wealth import OWNER, draw_wealth_types, raise_salaries, trade

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]
CHURN_DAYS = 56
PRIVATE_AUM = 6e6
PRIVATE_FLOOR = 6.6e6
CLOSE_BELOW, NEAR_PRIVATE, MOST_BELOW = 5.2e6, 3e6, 5.5e6
"""Nobody but the private customers comes near their threshold, so that their number is known."""
SCHOOL_MONTHS = (1, 2, 3, 4, 5, 6, 9, 10, 11)
NEVER_CHURNS = 10 ** 7
RECEIPT_RATE = 0.9


@dataclass
class Planted:
    """Who carries which pattern; days as day numbers."""

    private: Mask
    single_product: Mask
    churn_day: Ints
    tuition: Mask
    tuition_decoy: Mask
    transfer_decoy: Mask
    rent_decoy: Mask
    merchant: Mask
    dormant: Mask
    wealth_type: Ints
    fix_day: int
    sold_out_day: int


def plant(spec: BankSpec, people: People, streams: Streams) -> Planted:
    """Draws the carriers; wealth near the private threshold is settled here, before any balance exists."""
    n = people.count
    u, when, other = streams.dense("planted", n), streams.dense("planted_day", n), streams.dense("planted_other", n)
    private = _settle_private(spec, people)
    single = private & (np.cumsum(private) % 4 == 2)  # a quarter to rounding, whatever their number
    adult = (people.age >= 25) & ~people.starts_dormant
    churns = (people.aum >= 5e4) & adult & ~private & (u < 0.015)
    span = spec.start_day + 91 - spec.history_from
    churn_day = np.where(churns, spec.history_from + (60 + when * max(span - 60, 1)).astype(np.int64), NEVER_CHURNS)
    wealth_type = draw_wealth_types(people, streams, single | churns, spec.history_from)
    raise_salaries(people, wealth_type, streams)
    parent = adult & (people.age < 52) & (people.aum >= 1e3)
    free = ~people.is_payroll & ~people.is_pension & adult
    return Planted(
        private=private, single_product=single, churn_day=churn_day, fix_day=spec.start_day - 60, sold_out_day=spec.start_day + 20,
        tuition=parent & (u > 0.985), tuition_decoy=parent & (u > 0.970) & (u <= 0.985), transfer_decoy=free & (u > 0.40) & (u < 0.46),
        rent_decoy=free & (u > 0.46) & (u < 0.49), wealth_type=wealth_type,
        merchant=(free & (people.occupation == 3) & ~churns & (other < 0.18)) | (wealth_type == OWNER),
        dormant=people.starts_dormant & (people.age >= 18) & (people.aum < 800) & (people.open_day < spec.history_from - 180) & (other < 0.2))


def _settle_private(spec: BankSpec, people: People) -> Mask:
    """Private customers are on the books before history and keep their floor; all others stay clear of the threshold."""
    private = (people.aum >= PRIVATE_AUM) & (people.age >= 18) & (people.open_day < spec.history_from)
    people.aum[private] = np.maximum(people.aum[private], PRIVATE_FLOOR)
    people.aum[~private] = np.minimum(people.aum[~private], CLOSE_BELOW)
    return np.asarray(private)


def room_below(planted: Planted, aum: Floats, goal: Floats) -> Floats:
    """Yuan that may come to each customer at once without making him a private one."""
    return np.where(planted.private, 1e9, np.maximum(MOST_BELOW - np.maximum(aum, goal), 0))


def planted_flows(planted: Planted, people: People, traits: Traits, streams: Streams, flow: Flow, is_open: Mask, awake: Mask,
                  room: Floats, days: range) -> None:
    """Movements of a week's patterns and decoys; large sums stay within `room`."""
    _tuition(planted, people, flow, is_open, awake, days)
    _monthly_credits(planted, flow, is_open, days)
    _receipts(planted, streams, flow, is_open, days)
    _abroad_and_titles(people, traits, flow, is_open, room, days)
    trade(planted.wealth_type, people, streams, flow, awake, room, days)


def _tuition(planted: Planted, people: People, flow: Flow, is_open: Mask, awake: Mask, days: range) -> None:
    """Tuition to one school on the third of nine months; irregular decoys."""
    for month, day in monthly_dates(days.start, days.stop - 1, 3):
        if month % 12 + 1 in SCHOOL_MONTHS:
            cust = np.flatnonzero(is_open & planted.tuition)
            flow.add(cust, day, 168000 + 10000 * (cust % 20), EDUCATION, MERCHANT, salt=7)
        cust = np.flatnonzero(awake & planted.tuition_decoy & ((np.arange(people.count) + month) % 5 == 0))
        flow.add(cust, day, 30000 + 7000 * ((cust + month) % 50), EDUCATION, MERCHANT, salt=8)


def _monthly_credits(planted: Planted, flow: Flow, is_open: Mask, days: range) -> None:
    """What looks like a salary and is none: equal monthly transfers from oneself, rent from a tenant."""
    for dom, mask, party, salt in ((8, planted.transfer_decoy, OWN_OTHER, 9), (12, planted.rent_decoy, PERSON, 10)):
        for _, day in monthly_dates(days.start, days.stop - 1, dom):
            cust = np.flatnonzero(is_open & mask)
            flow.add(cust, day, 300000 + 10000 * (cust % 40), TRANSFER_IN, party, salt=salt)


def _receipts(planted: Planted, streams: Streams, flow: Flow, is_open: Mask, days: range) -> None:
    """A merchant is paid on nine days of ten and pays his suppliers once a week."""
    cust = np.flatnonzero(is_open & planted.merchant)
    taken = np.zeros(len(cust), np.int64)
    for day in days:
        u = streams.sparse("receipt", cust, day)
        cents = np.where(u < RECEIPT_RATE, 5000 + (60000 * (u / RECEIPT_RATE) ** 2).astype(np.int64), 0)
        flow.add(cust, day, cents, MERCHANT_RECEIPT, MERCHANT, salt=14)
        taken += cents
    flow.add(cust, days.stop - 1, taken * 9 // 10 // 100 * 100, TRANSFER_OUT, PERSON, salt=15)


def _abroad_and_titles(people: People, traits: Traits, flow: Flow, is_open: Mask, room: Floats, days: range) -> None:
    """Currency every third month for those who spend abroad; dividends in June and unlocked shares in December for titles."""
    for month, day in monthly_dates(days.start, days.stop - 1, 20):
        cust = np.flatnonzero(is_open & traits.is_cross_border & ((np.arange(people.count) + month) % 3 == 0))
        flow.add(cust, day, 200000 + 50000 * (cust % 9), FX_EXCHANGE, BANK, salt=16)
    for month, day in monthly_dates(days.start, days.stop - 1, 15):
        if month % 12 in (5, 11):
            cust = np.flatnonzero(is_open & (traits.title >= 0))
            cents = np.minimum(20000000 + 3000000 * (cust % 30), (100 * room[cust]).astype(np.int64))
            code, party = (DIVIDEND, SECURITIES) if month % 12 == 5 else (STOCK_UNLOCK, SECURITIES)
            flow.add(cust, day, cents, code, party, salt=17)
