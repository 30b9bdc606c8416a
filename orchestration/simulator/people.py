"""Who the customers are: latents nobody sees and the facts that the extracts carry, drawn once per customer number."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from orchestration.simulator.catalogue import BRANCH_COUNT, CITIES
from orchestration.simulator.spec import LATE_EVERY, BankSpec
from orchestration.simulator.streams import Floats, Streams, pick

Ints = NDArray[np.int64]
AUM_LADDER = (10, 1e3, 1e4, 5e4, 2e5, 5e5, 6e5, 1e6, 3e6, 6e6)
AUM_SHARES = (0.50, 0.255, 0.125, 0.07, 0.027, 0.0045, 0.0085, 0.0073, 0.0015)
PARETO = 1.45
PAYROLL_BAR = 0.72
SEEKER_RATE = 0.95
"""Of mobile customers with little money: they came to try investing, look at wealth products at once and soon buy."""
HOUSEHOLDS = np.array([[0, 1, 2, 3], [0, 0, 2, 3], [0, 0, 2, 2], [0, 0, 0, 3], [0, 0, 0, 0]])
AGES = ([0, 0.012, 0.0121, 0.12, 0.32, 0.52, 0.70, 0.85, 0.95, 1], [10, 17.9, 18, 25, 35, 45, 55, 65, 75, 92])


def wealth_map(wealth: Floats) -> Floats:
    """AUM in yuan of a standard normal: log-linear between the ladder's rungs, Pareto above, cut at its 99.8th percentile."""
    share = ndtr(wealth)
    rungs = np.cumsum([0, *AUM_SHARES])
    aum = np.exp(np.interp(share, rungs, np.log(AUM_LADDER)))
    tail = np.clip((share - rungs[-1]) / (1 - rungs[-1]), 0, 0.998)
    return np.asarray(np.where(share > rungs[-1], AUM_LADDER[-1] * (1 - tail) ** (-1 / PARETO), aum))


@dataclass
class People:
    """One entry per customer number of the pool; money in yuan, days as day numbers."""

    open_day: Ints
    birth_day: Ints
    household: Ints
    aum: Floats
    wealth: Floats
    age: Floats
    digital: Floats
    activity: Floats
    persuadable: Floats
    rate_sensitivity: Floats
    reach: Floats
    resents: NDArray[np.bool_]
    is_payroll: NDArray[np.bool_]
    salary: Floats
    employer: Ints
    retention: Floats
    is_pension: NDArray[np.bool_]
    pension: Floats
    is_app_user: NDArray[np.bool_]
    app_rate: Floats
    starts_dormant: NDArray[np.bool_]
    risk_class: Ints
    city: Ints
    branch: Ints
    occupation: Ints
    is_staff: NDArray[np.bool_]
    is_seeker: NDArray[np.bool_]

    @property
    def count(self) -> int:
        return len(self.open_day)


def draw_people(spec: BankSpec, streams: Streams) -> People:
    """The whole pool; entry i depends on seed, start and i alone."""
    n = spec.pool
    number = np.arange(n)
    household = 4 * (number // 4) + HOUSEHOLDS[pick(streams.dense("household", n // 4 + 1)[number // 4],
                                                    [0.5, 0.22, 0.1, 0.1, 0.08]), number % 4]
    wealth = 0.5 * streams.normal("wealth_home", n)[household] + np.sqrt(0.75) * streams.normal("wealth_own", n)
    age = np.interp(streams.dense("age", n), *AGES)
    digital = 0.9 * streams.normal("digital", n) - 0.035 * (age - 45)
    activity = 0.55 * wealth + 0.30 * digital + 0.80 * streams.normal("activity", n)
    income = 0.5 * wealth + 0.87 * streams.normal("income", n)
    is_payroll = (income > PAYROLL_BAR) & (age >= 20) & (age < 60)
    is_pension = (age >= 60) & (streams.dense("pension", n) < 0.75)
    app_score = 0.75 * digital + 0.45 * wealth + 0.9 * is_payroll + 0.8 * streams.normal("app", n)
    is_app_user = (app_score > 0.20) & (age >= 16)
    aum = np.where(age < 18, np.minimum(wealth_map(wealth), 5e4), wealth_map(wealth))
    dormant_odds = np.select([aum < 300, aum < 1e3, aum < 1e4, aum < 5e4], [0.78, 0.55, 0.15, 0.05], 0.02)
    starts_dormant = ~is_payroll & ~is_pension & (streams.dense("dormant", n) < dormant_odds)
    return People(
        open_day=_open_days(spec, streams, number), birth_day=_birth_days(spec, streams, age), household=household,
        aum=aum, wealth=wealth, age=age, digital=digital, activity=activity, persuadable=streams.normal("persuadable", n),
        rate_sensitivity=streams.normal("rate_sensitivity", n), reach=streams.normal("reach", n),
        resents=streams.dense("resent", n) < 0.08, is_payroll=is_payroll,
        salary=np.round(5200 * np.exp(0.5 * (income - PAYROLL_BAR) + 0.15 * streams.normal("employer_pay", n)), -1),
        employer=(320 * streams.dense("employer", n) ** 2.5).astype(np.int64),
        retention=np.clip(0.35 + 0.22 * streams.normal("retention", n), 0.05, 0.95), is_pension=is_pension,
        pension=np.round(2600 * np.exp(0.35 * streams.normal("pension_amount", n)), 2), is_app_user=is_app_user,
        app_rate=1.15 * np.exp(0.45 * streams.normal("app_rate", n) + 0.25 * np.clip(app_score - 0.47, 0, 3)),
        starts_dormant=starts_dormant, risk_class=pick(streams.dense("risk_class", n), [0.15, 0.35, 0.30, 0.15, 0.05]),
        city=pick(streams.dense("city", n), [0.16, 0.12, 0.10, 0.10, 0.09, 0.09, 0.08, 0.07, 0.06, 0.05, 0.04, 0.04]),
        branch=(BRANCH_COUNT * streams.dense("branch", n)).astype(np.int64), occupation=_occupations(streams, age, income),
        is_staff=(streams.dense("employee", n) < 0.005) & (age >= 22) & (age < 60),
        is_seeker=is_app_user & (aum >= 200) & (aum < 4e3) & (streams.dense("seeker", n) < SEEKER_RATE))


def _open_days(spec: BankSpec, streams: Streams, number: Ints) -> Ints:
    """Tenure at `start`: exponential with 10 % a year; every 11th number opens in the year after `start`."""
    u = streams.dense("tenure", len(number))
    tenure = np.minimum(-np.log(u) / 0.10, 22) * 365
    late = number % LATE_EVERY == LATE_EVERY - 1
    return np.asarray(np.where(late, spec.start_day + 1 + (u * 365).astype(np.int64),
                               spec.start_day - np.maximum(tenure, 1).astype(np.int64)))


def _birth_days(spec: BankSpec, streams: Streams, age: Floats) -> Ints:
    return np.asarray(spec.start_day - np.ceil(age * 365.25).astype(np.int64) - 1)


def _occupations(streams: Streams, age: Floats, income: Floats) -> Ints:
    """Index into OCCUPATIONS."""
    working = pick(streams.dense("occupation", len(age)), [0.08, 0.40, 0.12, 0.16, 0.12, 0.0, 0.0, 0.12])
    working = np.where((working == 4) & (income > 1.0), 1, working)
    return np.asarray(np.select([age < 22, age >= 61], [5, 6], working))


def county_flags(people: People) -> NDArray[np.bool_]:
    """Customers of the county cities."""
    return np.asarray(people.city >= len(CITIES) - 3)
