"""Patterns put into the bank on purpose, so that whoever looks for them can be graded."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orchestration.simulator.catalogue import EDUCATION, MERCHANT, OWN_OTHER, TRANSFER_IN
from orchestration.simulator.flows import Flow
from orchestration.simulator.people import People
from orchestration.simulator.seasons import monthly_dates
from orchestration.simulator.spec import BankSpec
from orchestration.simulator.streams import Streams

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]
CHURN_DAYS = 56
SINGLE_FLOOR = 6.6e6
SCHOOL_MONTHS = (1, 2, 3, 4, 5, 6, 9, 10, 11)
NEVER_CHURNS = 10 ** 7


@dataclass
class Planted:
    """Who carries which pattern; days as day numbers."""

    single_product: Mask
    churn_day: Ints
    tuition: Mask
    tuition_decoy: Mask
    transfer_decoy: Mask
    fix_day: int
    sold_out_day: int


def plant(spec: BankSpec, people: People, streams: Streams) -> Planted:
    """Draws the carriers; very rich single-product customers get their floor here, before any balance exists."""
    n = people.count
    u, when = streams.dense("planted", n), streams.dense("planted_day", n)
    single = (people.aum >= 6e6) & (np.arange(n) % 4 == 0) & (people.age >= 18)
    people.aum[single] = np.maximum(people.aum[single], SINGLE_FLOOR)
    adult = (people.age >= 25) & ~people.starts_dormant
    churns = (people.aum >= 5e4) & adult & ~single & (u < 0.015)
    span = spec.start_day + 91 - spec.history_from
    churn_day = np.where(churns, spec.history_from + (60 + when * max(span - 60, 1)).astype(np.int64), NEVER_CHURNS)
    parent = adult & (people.age < 52) & (people.aum >= 1e3)
    return Planted(single_product=single, churn_day=churn_day, tuition=parent & (u > 0.985), fix_day=spec.start_day - 60,
                   tuition_decoy=parent & (u > 0.970) & (u <= 0.985), sold_out_day=spec.start_day + 20,
                   transfer_decoy=~people.is_payroll & ~people.is_pension & adult & (u > 0.40) & (u < 0.46))


def planted_flows(planted: Planted, people: People, flow: Flow, is_open: Mask, awake: Mask, days: range) -> None:
    """Tuition to one school on the first days of nine months; irregular decoys; equal monthly transfers from oneself."""
    first, last = days.start, days.stop - 1
    for month, day in monthly_dates(first, last, 3):
        if month % 12 + 1 in SCHOOL_MONTHS:
            cust = np.flatnonzero(is_open & planted.tuition)
            flow.add(cust, day, 168000 + 10000 * (cust % 20), EDUCATION, MERCHANT, salt=7)
        cust = np.flatnonzero(awake & planted.tuition_decoy & ((np.arange(people.count) + month) % 5 == 0))
        flow.add(cust, day, 30000 + 7000 * ((cust + month) % 50), EDUCATION, MERCHANT, salt=8)
    for _, day in monthly_dates(first, last, 8):
        cust = np.flatnonzero(is_open & planted.transfer_decoy)
        flow.add(cust, day, 300000 + 10000 * (cust % 40), TRANSFER_IN, OWN_OTHER, salt=9)
