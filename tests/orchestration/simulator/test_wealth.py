"""The types of the wealthy show in what is extracted, and nobody else's bank is another for them."""

import numpy as np
import pytest

from orchestration.simulator import BankSpec, wealth
from orchestration.simulator.catalogue import PRODUCT_IDS, SECURITIES_IN, SECURITIES_OUT, TIME
from orchestration.simulator.lending import LOAN_TYPES
from orchestration.simulator.wealth import (
    FAMILY,
    GOLD_COLLAR,
    INVESTOR,
    NEARLY_WEALTHY_AUM,
    OWNER,
    SAVER,
    SAVVY,
    WEALTH_TYPES,
    WEALTHY_AUM,
)
from orchestration.simulator.world import World
from tests.orchestration.simulator.conftest import START


def _of(world: World, kind: int) -> np.ndarray:
    return np.flatnonzero(world.planted.wealth_type == kind)


def test_most_of_the_wealthy_have_a_type_and_nobody_else(big_world: World) -> None:
    rich = (big_world.people.aum >= WEALTHY_AUM) & (big_world.people.age >= 18)
    typed = big_world.planted.wealth_type >= 0
    near = (big_world.people.aum >= NEARLY_WEALTHY_AUM) & ~rich
    assert not (typed & ~rich & ~near).any() and (big_world.planted.wealth_type[typed & near] == SAVER).all()
    assert 0.85 < typed[rich].mean() < 0.99 and all(len(_of(big_world, kind)) > 5 for kind in range(len(WEALTH_TYPES)))


def test_savers_keep_to_deposits_for_years(big_world: World) -> None:
    world = big_world
    world.week(world.spec.block_of(world.spec.start_day))
    other = np.flatnonzero(world.book.alive() & (world.book.family != TIME))
    elsewhere = np.bincount(world.book.cust[other], weights=world.book.cents[other], minlength=world.people.count)
    whole = elsewhere + world.balance + np.bincount(world.book.cust, weights=world.book.cents * (world.book.alive() & (world.book.family == TIME)), minlength=world.people.count)
    share = 1 - elsewhere / np.maximum(whole, 1)
    savers = _of(world, SAVER)
    assert (share[savers] >= 0.8).mean() > 0.9


def test_gold_collars_earn_owners_take_families_owe(big_world: World) -> None:
    world = big_world
    assert world.people.salary[_of(world, GOLD_COLLAR)].min() >= 42000
    assert world.planted.merchant[_of(world, OWNER)].all()
    housed = world.lending.loans.cust[world.lending.loans.kind == LOAN_TYPES.index("mortgage")]
    assert np.isin(_of(world, FAMILY), housed).all()


def test_investors_trade_six_times_in_ninety_days(big_world: World) -> None:
    start = big_world.spec.block_of(big_world.spec.start_day)
    weeks = [big_world.week(index).transactions for index in range(start, start + 12)]
    moved = np.concatenate([w.cust[np.isin(w.code, (SECURITIES_IN, SECURITIES_OUT))] for w in weeks])
    who = _of(big_world, INVESTOR)
    trades = np.bincount(moved, minlength=big_world.people.count)[who[~big_world.is_asleep[who]]]
    assert (trades >= 6).mean() > 0.9


def test_the_savvy_switch_to_the_best_rate_when_a_contract_matures(big_world: World) -> None:
    book, best = big_world.book, PRODUCT_IDS.index("W365A")
    bought = (book.product == best) & (book.start >= big_world.spec.history_from)
    ended = set(zip(book.cust[book.product != best].tolist(), book.end[book.product != best].tolist(), strict=True))
    switches = [cust for cust, day in zip(book.cust[bought].tolist(), book.start[bought].tolist(), strict=True) if (cust, day) in ended]
    count = np.bincount(switches, minlength=big_world.people.count)
    savvy = _of(big_world, SAVVY)
    years = (big_world.book.start.max() - big_world.spec.history_from) / 365
    assert count[savvy].mean() / years > 2.5  # four contracts, each once in 455 days: 3.2 a year, less what is not bought again
    assert (count >= 2).sum() < 1.3 * (count[savvy] >= 2).sum()


def test_who_has_no_type_lives_as_without_types(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = BankSpec(seed=5, customers=1500, start=START, history_months=2, dirt=False)
    world = World(spec)
    plain = np.flatnonzero(world.planted.wealth_type < 0)
    monkeypatch.setattr(wealth, "SHARES", (0.0,) * len(WEALTH_TYPES))
    bare = World(spec)
    assert 0 < len(plain) < bare.people.count and (bare.planted.wealth_type < 0).all()
    for index in range(6):
        one, other = (w.week(index).transactions for w in (world, bare))
        mine, its = np.isin(one.cust, plain), np.isin(other.cust, plain)
        for name in ("cust", "day", "sec", "cents", "code", "party", "seq"):
            assert np.array_equal(getattr(one, name)[mine], getattr(other, name)[its]), (index, name)
