"""The bank looks like a bank: wide bands around simulator.md's figures, and planted patterns counted exactly."""

import numpy as np
import pytest

from orchestration.simulator import BankSpec
from orchestration.simulator.people import draw_people
from orchestration.simulator.streams import Streams
from orchestration.simulator.world import World
from tests.orchestration.simulator.conftest import START


@pytest.fixture(scope="module")
def crowd():
    return draw_people(BankSpec(11, 200000, START), Streams(11))


@pytest.mark.parametrize(("floor", "share", "money"), [(5e5, 0.023, 0.71), (6e6, 0.0012, 0.29)])
def test_wealth_is_as_unequal_as_reported(crowd, floor: float, share: float, money: float):
    aum = crowd.aum
    assert np.mean(aum >= floor) == pytest.approx(share, rel=0.12)
    assert aum[aum >= floor].sum() / aum.sum() == pytest.approx(money, abs=0.07)


def test_typical_customers(crowd):
    assert crowd.aum.mean() == pytest.approx(70000, rel=0.2) and np.median(crowd.aum) == pytest.approx(1000, rel=0.15)
    assert crowd.is_payroll.mean() == pytest.approx(0.17, abs=0.01)
    assert crowd.aum[crowd.is_payroll].mean() / crowd.aum[~crowd.is_payroll].mean() == pytest.approx(4.5, rel=0.3)
    assert np.mean(crowd.age < 18) == pytest.approx(0.015, abs=0.005) and crowd.is_staff.mean() == pytest.approx(0.004, abs=0.002)
    classes = np.bincount(crowd.risk_class) / crowd.count
    assert np.allclose(classes, [0.15, 0.35, 0.30, 0.15, 0.05], atol=0.01)


def test_behaviour_after_half_a_year(big_world: World):
    facts = big_world.facts_known(big_world.spec.start_day - 1)
    people = big_world.people
    known = people.open_day < big_world.spec.start_day
    assert (facts.logins[known] > 0).mean() == pytest.approx(0.37, abs=0.05)
    assert (facts.logins[known & people.is_payroll] > 0).mean() == pytest.approx(0.70, abs=0.15)
    assert (facts.aum[known] >= 5e5).mean() == pytest.approx(0.023, abs=0.006)
    assert big_world.is_asleep[known].mean() == pytest.approx(0.33, abs=0.06)
    assert len(big_world.lending.cards.cust) / people.count == pytest.approx(0.28, abs=0.05)


def test_wealth_purchases_come_at_their_rate_and_follow_the_index(big_world: World):
    """1-2 % of the audience buys in 30 days; the index alone separates buyers with an AUC near its bound."""
    day = max(d for d in big_world.propensity_log if d < big_world.spec.start_day + 20)
    who, index, _, chance = big_world.propensity_log[day][2]
    book = big_world.book
    buys = np.zeros(big_world.people.count, bool)
    buys[book.cust[(book.family == 2) & (book.start > day) & (book.start <= day + 30)]] = True
    buys = buys[who]
    assert 0.006 < buys.mean() < 0.03
    assert index.std() == pytest.approx(1.10, abs=0.25)
    assert buys[index > np.quantile(index, 0.9)].mean() > 3 * buys.mean()
    assert chance.mean() < 0.02


def test_churners_take_nine_tenths_in_eight_weeks(big_world: World):
    planted, spec = big_world.planted, big_world.spec
    start = spec.block_of(spec.start_day)
    gone = np.flatnonzero((planted.churn_day >= spec.start_day) & (planted.churn_day < spec.start_day + 49))
    before = big_world.week(start).facts.aum[gone]
    after = big_world.week(start + 16).facts.aum[gone]
    assert len(gone) >= 3 and np.median(after / before) < 0.15


def test_very_rich_single_product_customers_keep_their_floor(big_world: World):
    who = np.flatnonzero(big_world.planted.single_product & (big_world.people.open_day < big_world.spec.start_day))
    assert len(who) >= 1 and (big_world.people.aum[who] >= 6.6e6).all()
    assert not np.isin(big_world.book.cust, who).any()


def test_tuition_is_paid_on_the_third_of_nine_months(big_world: World):
    spec = big_world.spec
    paid = [w.transactions for w in (big_world.week(i) for i in range(spec.block_of(spec.start_day), big_world.next_index))]
    carriers = np.flatnonzero(big_world.planted.tuition & (big_world.people.open_day < spec.start_day))
    days = [t.day[(t.code == 20) & np.isin(t.cust, carriers) & (t.cents % 10000 == 8000 % 10000)] for t in paid]
    found = np.unique(np.concatenate(days))
    assert len(carriers) > 20 and len(found) >= 3
