"""The market answers as its true effects say; truth is computed from the same draws."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from features.errors import KehuError
from orchestration.simulator import BankSpec, true_effects, write_days
from orchestration.simulator.effects import Effect
from orchestration.simulator.effects_truth import expected_lift
from orchestration.simulator.lines import Lines, joined, read_lines
from orchestration.simulator.reaction import ADVANCED, INDUCED, SUPPRESSED, Market
from orchestration.simulator.world import World
from tests.orchestration.simulator.conftest import START


def lines_of(world: World, strategy: str, cust: np.ndarray, day: int, product: int = 7) -> Lines:
    n = len(cust)
    full = {name: np.full(n, value) for name, value in (("as_of", day), ("strategy", 0), ("channel", 0), ("product", product),
                                                        ("list_number", 0), ("script", -1), ("policy", 0))}
    return Lines(cust=cust, **full, strategy_ids=[strategy], list_ids=[f"{strategy}-{day}"], script_ids=[])


@pytest.fixture(scope="module")
def everyone(big_world: World) -> np.ndarray:
    people = big_world.people
    return np.flatnonzero((people.open_day < big_world.spec.start_day) & (people.age >= 18))


@pytest.mark.parametrize("strategy", ["maturing_deposit_wealth", "honeymoon_second_product", "planted_harmful", "unknown_strategy"])
def test_realised_lift_agrees_with_the_formula(big_world: World, everyone: np.ndarray, strategy: str):
    from orchestration.simulator.effects import effect_of

    day = big_world.spec.start_day - 1
    lines = lines_of(big_world, strategy, everyone, day)
    effect: Effect = effect_of(strategy, "demo", None)
    market = Market(big_world, lines)
    market.play()
    with_contact = market.timeline.bought_within(effect.family, everyone, lines.as_of, 30).astype(float)
    without = Market(big_world, lines.take(np.zeros(0, np.int64))).timeline.bought_within(effect.family, everyone, lines.as_of, 30)
    lift, expected = with_contact - without, expected_lift(big_world, lines, effect, 30)
    assert abs(lift.mean() - expected.mean()) < 4 * lift.std() / np.sqrt(len(lift)) + 0.0005
    assert (expected.mean() < 0) == (strategy == "planted_harmful")


def test_a_null_strategy_changes_nothing(big_world: World, everyone: np.ndarray):
    market = Market(big_world, lines_of(big_world, "planted_null", everyone, big_world.spec.start_day - 1))
    answers = market.play()
    assert answers.is_reached.mean() > 0.5 and (answers.kind == 0).all() and not market.timeline.is_removed.any()


def test_only_those_who_would_not_buy_within_90_days_are_induced(big_world: World, everyone: np.ndarray):
    day = big_world.spec.start_day - 1
    market = Market(big_world, lines_of(big_world, "maturing_deposit_wealth", everyone, day))
    answers = market.play()
    first = Market(big_world, lines_of(big_world, "x", everyone[:0], day)).timeline.next_purchase(2, everyone, answers.contact_day)[1]
    wait = first - answers.contact_day
    assert (wait[answers.kind == INDUCED] > 90).all() and (answers.kind == INDUCED).sum() > 100
    moved = wait[answers.kind == ADVANCED]
    assert len(moved) > 3 and (moved > 30).all() and (moved <= 90).all()
    assert (wait[answers.kind == SUPPRESSED] <= 90).all()
    assert not (answers.is_reached == 0)[answers.kind > 0].any()


def test_a_second_contact_tires_and_a_purchase_displaces(big_world: World, everyone: np.ndarray):
    day = big_world.spec.start_day - 1
    once = lines_of(big_world, "maturing_deposit_wealth", everyone, day)
    again = joined([once, lines_of(big_world, "maturing_deposit_wealth", everyone, day + 7)])
    answers = Market(big_world, again).play()
    first, second = (answers.kind[again.as_of == d] == INDUCED for d in (day, day + 7))
    days = [answers.buy_day[again.as_of == d] for d in (day, day + 7)]
    assert (np.abs(days[1] - days[0])[first & second] >= 30).all()
    assert second.sum() < 0.85 * first.sum()


def test_without_interactions_an_earlier_contact_changes_nothing(big_world: World, everyone: np.ndarray, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(big_world, "spec", replace(big_world.spec, interactions=False))
    day = big_world.spec.start_day - 1
    late = lines_of(big_world, "maturing_deposit_wealth", everyone, day + 7)
    both = joined([lines_of(big_world, "maturing_deposit_wealth", everyone, day), late])
    alone, together = Market(big_world, late).play(), Market(big_world, both).play()
    rows, was_moved = both.as_of == day + 7, together.kind[both.as_of == day] >= ADVANCED
    assert np.array_equal(alone.kind[~was_moved], together.kind[rows][~was_moved])


def test_other_lists_leave_a_line_as_it_is(big_world: World, everyone: np.ndarray):
    day = big_world.spec.start_day - 1
    mine = lines_of(big_world, "maturing_deposit_wealth", everyone[:3000], day)
    others = lines_of(big_world, "honeymoon_second_product", everyone[3000:], day)
    alone, both = Market(big_world, mine).play(), joined([mine, others])
    together = Market(big_world, both).play()
    rows = np.array(both.strategy_ids)[both.strategy] == "maturing_deposit_wealth"
    assert np.array_equal(alone.kind, together.kind[rows]) and np.array_equal(alone.buy_day, together.buy_day[rows])


def _write(path: Path, rows: list[str], head: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([head, *rows]) + "\n")


def test_true_effects_count_held_customers_and_add_up(big_world: World, everyone: np.ndarray, tmp_path: Path):
    spec, day = big_world.spec, START - timedelta(1)
    rich = everyone[np.argsort(-big_world.people.aum[everyone], kind="stable")[:800]]
    rows = [f"L,maturing_deposit_wealth,{day},c{i:08d},rm_phone,W180A,{'model' if i % 2 else 'bau'},{'hold' if i % 3 == 0 else 'contact'}"
            for i in rich]
    head = "list_id,strategy_id,as_of_date,customer_id,channel_id,product_id,policy,arm"
    _write(tmp_path / "frozen" / "l.csv", rows, head)
    _write(tmp_path / "exports" / "l.csv", [r for r in rows if r.endswith("contact")], head)
    found = true_effects(spec, tmp_path / "frozen", tmp_path / "exports", 30)["maturing_deposit_wealth"]
    assert found["n_model"] + found["n_bau"] == 800
    assert found["increment"] == pytest.approx(found["tau_model"] - found["tau_bau"])
    assert found["naive_gap"] == pytest.approx(found["increment"] + found["selection_bias"])
    assert found == true_effects(spec, tmp_path / "frozen", tmp_path / "exports", 30)["maturing_deposit_wealth"]


def test_lists_that_cannot_be_read_are_refused(tmp_path: Path):
    _write(tmp_path / "a" / "l.csv", ["L,c00000001"], "list_id,customer_id")
    with pytest.raises(KehuError, match="lacks strategy_id"):
        read_lines(tmp_path / "a", 100)
    _write(tmp_path / "b" / "l.csv", ["L,s,2026-01-04,c99999999,sms"], "list_id,strategy_id,as_of_date,customer_id,channel_id")
    with pytest.raises(KehuError, match="does not have"):
        write_days(BankSpec(5, 100, START, history_months=1), tmp_path / "out", START, date(2026, 1, 6), tmp_path / "b")
