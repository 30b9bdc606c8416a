"""What the bank can know of each customer at a week's end: the inputs of every observable index."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from orchestration.simulator.people import People
from orchestration.simulator.streams import Floats


@dataclass
class Facts:
    """One entry per customer, money in yuan, counts over the last four weeks."""

    day: int
    demand: Floats
    invested: Floats
    maturing: Floats
    logins: Floats
    browse_wealth: Floats
    browse_fund: Floats
    inflow: Floats
    tenure: Floats
    invests: NDArray[np.bool_]

    @cached_property
    def aum(self) -> Floats:
        return self.demand + self.invested


@dataclass(frozen=True)
class Index:
    """Weights of the named facts, already scaled to the spread that simulator.md asks for."""

    base: float
    aum: float
    maturing: float
    logins: float
    browse: float
    inflow: float
    payroll: float
    hidden: float = 0.5


# Bases and weights are set so that, in the audience (AUM >= 10k, never invested), 30-day rates and index spreads
# meet simulator.md section 1: wealth 1.2 %, SD 1.10; fund 1 %, SD 0.95; insurance 1 %, SD 0.95.
WEALTH_INDEX = Index(base=-7.00, aum=0.10, maturing=3.00, logins=0.60, browse=1.35, inflow=0.90, payroll=0.10)
FUND_INDEX = Index(base=-6.40, aum=0.35, maturing=0.70, logins=0.60, browse=2.10, inflow=1.40, payroll=0.30)
INSURANCE_INDEX = Index(base=-6.20, aum=1.10, maturing=1.20, logins=0.25, browse=0.40, inflow=0.80, payroll=1.00)


def index_value(index: Index, facts: Facts, people: People, fund: bool = False) -> Floats:
    """The observable part of a logit, without its base."""
    browse = facts.browse_fund if fund else facts.browse_wealth
    return np.asarray(
        index.aum * np.clip(np.log10(facts.aum + 1) - 4.5, -2, 2)
        + index.maturing * np.clip(facts.maturing / (facts.aum + 1), 0, 1)
        + index.logins * np.minimum(facts.logins, 12) / 5
        + index.browse * np.minimum(browse, 5) / 2
        + index.inflow * ((facts.inflow > 0.2 * facts.aum) & (facts.inflow > 1e4) & (facts.tenure > 28))
        + index.payroll * people.is_payroll)


SEEKING_DAYS = 75
SEEKER_FACTOR = 9.0


def is_seeking(people: People, tenure: Floats) -> NDArray[np.bool_]:
    """New customers who came to invest."""
    return np.asarray(people.is_seeker & (tenure < SEEKING_DAYS))


def honeymoon(people: People, tenure: Floats) -> Floats:
    """Hazard factor of new customers: three at first, one from day 90 on; seekers nine times that."""
    return np.asarray((1 + 2 * np.clip(1 - tenure / 90, 0, 1)) * np.where(is_seeking(people, tenure), SEEKER_FACTOR, 1.0))


def weekly(rate_30d: Floats, days: int) -> Floats:
    """Chance within `days` of something with that chance in 30 days."""
    return np.asarray(1 - (1 - np.minimum(rate_30d, 0.95)) ** (days / 30))
