"""The automaton: every state is reached by the numbers that should lead there, and by no others."""

import math
from datetime import date

import pytest

from features.errors import KehuError
from models.experiments.advice import Profit, advise
from models.experiments.plan import Plan
from models.experiments.verdict import Evidence, decide

HORIZON = date(2026, 3, 1)
PLAN = Plan(metrics=("y",), mde=0.01, horizon=HORIZON)


def state(estimate, se, n=50_000, as_of=HORIZON, plan=PLAN, **more):
    return decide(plan, Evidence(as_of, estimate, se, math.inf, n, **more)).state


@pytest.mark.parametrize(("estimate", "se", "as_of", "expected"), [
    (0.02, 0.003, date(2026, 2, 1), "win"),  # the sequence proves it early
    (0.010, 0.004, date(2026, 2, 1), "collecting"),  # a fixed interval would already shout
    (0.010, 0.004, HORIZON, "win"),  # and may do so at the registered date
    (-0.02, 0.003, date(2026, 2, 1), "harm"),
    (-0.010, 0.004, HORIZON, "harm"),
    (0.000, 0.001, date(2026, 2, 1), "futile"),
    (0.002, 0.0035, HORIZON, "futile"),
    (0.006, 0.004, HORIZON, "undecided"),
])
def test_states_by_numbers(estimate, se, as_of, expected):
    assert state(estimate, se, as_of=as_of) == expected


def test_a_failed_check_comes_before_any_number():
    found = decide(PLAN, Evidence(HORIZON, 0.02, 0.001, math.inf, 50_000, invalid=("sample ratio mismatch",)))
    assert (found.state, found.advice, found.reasons) == ("invalid", "fix", ("sample ratio mismatch",))


def test_without_a_plan_nothing_is_decided():
    assert state(0.02, 0.001, plan=Plan(metrics=("y",))) == "undecided"


def test_immature_small_or_undefined_is_collecting():
    assert state(0.006, 0.004, is_matured=False) == "collecting"
    assert state(0.006, 0.004, plan=Plan(metrics=("y",), mde=0.01, horizon=HORIZON, planned_n=60_000)) == "collecting"
    assert state(0.02, None) == "collecting"


def test_a_win_must_not_lose_money():
    assert state(0.010, 0.004, added_profit=-1.0) == "undecided"
    assert state(0.010, 0.004, added_profit=1.0) == "win"


def test_guard_tolerates_small_harm_and_direction_turns_the_metric():
    tolerant = Plan(metrics=("y",), mde=0.01, horizon=HORIZON, guard=0.02)
    assert state(-0.010, 0.004, plan=tolerant) == "futile"
    churn = Plan(metrics=("churn",), mde=0.01, horizon=HORIZON, direction=-1)
    assert state(-0.02, 0.003, plan=churn) == "win"
    assert state(0.02, 0.003, plan=churn) == "harm"


def test_what_an_earlier_look_proved_stays_proven():
    assert state(0.006, 0.004, as_of=date(2026, 2, 1), ever=(0.001, 0.03)) == "win"


def test_before_the_first_look_only_the_registered_date_decides():
    assert state(0.02, 0.003, as_of=date(2026, 2, 1), may_look=False) == "collecting"
    assert state(0.02, 0.003, may_look=False) == "win"
    assert state(0.006, 0.004, as_of=date(2026, 2, 1), ever=(0.001, 0.03), may_look=False) == "win"


def test_alpha_is_spent_once():
    assert PLAN.monitor_alpha + PLAN.final_alpha == pytest.approx(PLAN.alpha)


def test_both_languages_speak_alike():
    found = decide(PLAN, Evidence(HORIZON, 0.010, 0.004, math.inf, 50_000))
    assert len(found.reasons) == len(found.reasons_zh) == 1
    assert found.numbers["alpha_final"] == pytest.approx(0.04)


def test_the_plan_hash_shows_an_edit():
    assert PLAN.fingerprint() == Plan(metrics=("y",), mde=0.01, horizon=HORIZON).fingerprint()
    assert PLAN.fingerprint() != Plan(metrics=("y",), mde=0.011, horizon=HORIZON).fingerprint()


@pytest.mark.parametrize("wrong", [{"alpha": 0}, {"alpha": 1.5}, {"mde": -1}, {"monitor_share": 1}, {"design": "abc"}])
def test_a_plan_that_makes_no_sense_is_refused(wrong):
    with pytest.raises(KehuError):
        Plan(metrics=("y",), **wrong)


@pytest.mark.parametrize(("state", "advice"), [
    ("invalid", "fix"), ("collecting", "keep"), ("harm", "stop"), ("win", "scale"), ("futile", "stop"), ("undecided", "keep")])
def test_advice_without_money_follows_the_state(state, advice):
    assert advise(state)[0] == advice


@pytest.mark.parametrize(("state", "added", "campaign", "expected"), [
    ("win", (10, 1, 19), (5, 1, 9), ("scale", "pays")),
    ("win", (10, -1, 21), (5, 1, 9), ("keep", "unproven")),  # better, but what it earns is not proven
    ("win", (10, 1, 19), (5, -4, 14), ("keep", "unproven")),  # nor that contacting pays at all
    ("win", (10, 1, 19), (-5, -14, 4), ("fix", "loss")),  # each call costs more than it earns
    ("undecided", (10, 1, 19), (-5, -9, -1), ("fix", "loss")),
    ("undecided", (10, 1, 19), (-5, -14, 4), ("keep", "open")),
    ("futile", (10, 1, 19), (-5, -9, -1), ("stop", "no_gain")),
    ("harm", (10, 1, 19), (5, 1, 9), ("stop", "harm")),
    ("invalid", (10, 1, 19), (-5, -9, -1), ("fix", "fault")),
    ("collecting", (10, 1, 19), (-5, -9, -1), ("keep", "waiting")),
])
def test_more_is_never_advised_where_contacting_does_not_pay(state, added, campaign, expected):
    assert advise(state, Profit(*added), Profit(*campaign)) == expected
