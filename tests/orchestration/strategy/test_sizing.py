"""What a plan says before launch: rows, rates of both lists, half-width and detectable increment."""

import math
import shutil

import pytest
import yaml

from features.settings import ROOT
from orchestration import strategy as strategies
from orchestration.strategy import life, precision, sizing
from orchestration.strategy.precision import Outlook

ID = "maturing_deposit_wealth"
Z = 1.959964
RICHEST_FIRST = [{"tag": "aum_month_avg_cny", "direction": "desc"}]


@pytest.fixture
def files(bank):
    """Writes strategy files with changes of single keys into the bank's folder."""
    source = ROOT / "dbt_project" / "strategies" / "mature" / f"{ID}.yml"

    def write(name=ID, **changes):
        text = yaml.safe_load(source.read_text(encoding="utf-8"))
        text |= {"exclusions": ["is_honeymoon"], "bau_rank": RICHEST_FIRST, "id": name, "salt": f"{name}_salt", **changes}
        path = bank.settings.strategies / "mature" / f"{name}.yml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(yaml.safe_dump({k: v for k, v in text.items() if v is not None}, allow_unicode=True), encoding="utf-8")

    shutil.rmtree(bank.settings.strategies, ignore_errors=True)
    bank.settings.strategies.mkdir()
    write()
    return write


def buys(bank, customers, bought, family="wealth", sign=1, known=None):
    bank.insert("customer.fct_purchase", [{
        "contract_no": c, "customer_id": c, "product_family": family, "purchase_date": bought, "amount": 100,
        "row_sign": sign, "known_at": known or bought} for c in customers])  # fmt: skip


def history(bank, crowd, day, score=None):
    """Two snapshots a window apart; each tenth buys between them, other purchases lie outside or were taken back."""
    people = crowd(3000, **({} if score is None else {"score": score}))
    bank.customers({c: {**p, "score": None} for c, p in people.items()}, day(-35))
    bank.customers(people, day(0))
    buys(bank, sorted(people)[::10], day(-20))
    others = sorted(people)[1::10]
    for bought, sign, known in ((-20, 1, -20), (-20, -1, -10), (-36, 1, -36), (-4, 1, -4)):
        buys(bank, others, day(bought), sign=sign, known=day(known))
    return people


def by_hand(cells, hold, effect):
    """{policy: (rows, rate)} to the standard error of the increment."""
    return math.sqrt(sum(
        (p + effect[who]) * (1 - p - effect[who]) / (n * (1 - hold)) + p * (1 - p) / (n * hold)
        for who, (n, p) in cells.items()))  # fmt: skip


def test_the_plan_is_the_four_cells_under_the_expected_effect(bank, files, crowd, day):
    history(bank, crowd, day)
    bank.publish()
    plan = life.plan(bank.settings, bank.state, ID)
    assert plan["history_date"] == day(-35).isoformat()
    assert abs(plan["base_mean"] - 0.1) < 0.02 and abs(plan["base_sd"] - 0.3) < 0.03
    n = plan["planned_n"]
    assert n == int(plan["eligible"] * 0.98 * 0.5) and plan["waves"] == 8
    assert plan["planned_cells"]["model_contacted"] == round(n * 0.6)
    assert plan["planned_effect"] == {"bau": 0.08, "model": 0.13}
    se = by_hand({"model": (n, plan["model_base_mean"]), "bau": (n, plan["base_mean"])}, 0.4, plan["planned_effect"])
    assert abs(plan["planned_half_width"] - Z * se) < 1e-6
    assert abs(plan["planned_mde"] - (Z + 0.841621) * se) < 1e-6
    assert plan["is_powered"] is (plan["planned_mde"] <= 0.05) is False
    assert plan["n_needed"] > n and plan["power"] < 0.8
    strategies.pin(bank.settings, bank.connection, bank.state)
    shown = bank.connection.execute("select planned_n, planned_mde, is_powered, status from state.strategy").fetchall()
    assert shown == [(n, plan["planned_mde"], plan["is_powered"], "draft")]


def test_the_models_list_is_judged_by_its_scores_of_then_else_by_their_lift(bank, files, crowd, day):
    people = history(bank, crowd, day)
    bank.publish()
    plan = life.plan(bank.settings, bank.state, ID)
    assert plan["model_base_source"].startswith("the usual list's, times")
    rich = [c for c, p in people.items() if p["aum_month_avg_cny"] >= 1000]
    best, usual = (sorted(rich, key=lambda c: (-people[c][key], c))[: round(plan["planned_n"] / 0.49)]
                   for key in ("score", "aum_month_avg_cny"))  # fmt: skip
    lift = sum(people[c]["score"] for c in best) / sum(people[c]["score"] for c in usual)
    assert plan["model_base_mean"] == pytest.approx(plan["base_mean"] * lift)
    buyers = set(sorted(people)[::10])
    bank.insert("state.model_score", [{"model_id": "propensity_wealth_first_buy", "version": "v1", "customer_id": c,
                                       "as_of_date": day(-35), "score": 0.9 if c in buyers else 0.1} for c in people])  # fmt: skip
    bank.write_scores()
    files(capacity_per_wave=10, version=2)
    plan = life.plan(bank.settings, bank.state, ID)
    assert plan["model_base_source"] == f"its best of {day(-35)}" and plan["model_base_mean"] == 1.0
    assert plan["planned_n"] == 80 and abs(plan["base_mean"] - 0.1) < 0.06


def test_rows_count_those_who_come_those_others_take_and_the_channels_room(bank, files, crowd, day):
    people = crowd(1000)
    bank.customers(dict(list(people.items())[:600]), day(-35))
    bank.customers(people, day(0))
    bank.publish()
    alone = life.plan(bank.settings, bank.state, ID)
    came = alone["eligible"] - sum(p["aum_month_avg_cny"] >= 1000 for p in list(people.values())[:600])
    assert alone["entrant_count"] == round(came / 35 * 49) and alone["taken_rate"] == 0
    assert alone["planned_n"] == int((alone["eligible"] + alone["entrant_count"]) * 0.98 * 0.5)
    files("other", capacity_per_wave=20)
    shared = life.plan(bank.settings, bank.state, ID)
    assert shared["taken_rate"] == pytest.approx(2 * 20 * 5 / alone["eligible"], abs=1e-4)
    assert shared["planned_n"] == int((alone["eligible"] + alone["entrant_count"]) * 0.98 * (1 - 200 / alone["eligible"]) * 0.5)
    bank.connection.execute("update customer.dim_channel set daily_capacity_count = 30")
    bank.customers(people, day(1))
    bank.publish(day(1))
    assert life.plan(bank.settings, bank.state, ID)["planned_n"] == 8 * 25
    files(end_date=str(day(15)))
    assert life.plan(bank.settings, bank.state, ID)["planned_n"] == 3 * 25


@pytest.mark.parametrize(("metric", "mean"), [("aum_change", 50.0), ("active_txn", 0.5), ("card_first_swipe", 0.25),
                                              ("purchase_amount_wealth", 25.0)])  # fmt: skip
def test_every_kind_of_metric_is_read_off_history(bank, files, crowd, day, metric, mean):
    people = crowd(400)
    for number, person in enumerate(people.values()):
        person |= {"aum_month_avg_cny": 5000, "aum_cny": 100, "days_since_txn": 34 if number % 2 else 35}
    bank.customers(people, day(-35))
    bank.customers({c: {**p, "aum_cny": 100 + 100 * (n % 2)} for n, (c, p) in enumerate(people.items())}, day(0))
    some = sorted(people)[::4]
    buys(bank, some, day(-5))
    bank.insert("customer.fct_card", [{"customer_id": c, "first_txn_date": day(-5)} for c in some])
    bank.publish()
    files(primary_metric=metric, mde=0.1, expected_effect=0.0)
    plan = life.plan(bank.settings, bank.state, ID)
    assert plan["base_mean"] == pytest.approx(mean) and plan["planned_mde"] > 0


def test_without_history_the_plan_says_so(bank, files, crowd):
    bank.customers(crowd(300))
    bank.publish()
    plan = life.plan(bank.settings, bank.state, ID)
    assert plan["planned_mde"] is None and "no history" in plan["sentence_en"] and plan["planned_n"] > 0


def test_a_useless_effect_falls_back_to_mde_and_less_may_be_better():
    text = yaml.safe_load((ROOT / "dbt_project/strategies/mature" / f"{ID}.yml").read_text(encoding="utf-8"))
    del text["expected_effect"]
    strategy = sizing.Strategy.model_validate(text)
    assert sizing.expected_effect(strategy) == {"bau": 0.05, "model": 0.1}
    assert "expected_effect" not in strategy.body()
    less = strategy.model_copy(update={"direction": "decrease"})
    assert sizing.expected_effect(less) == {"bau": -0.05, "model": -0.1}


def test_unequal_lists_and_amounts():
    model, bau = Outlook(1000, 5.0, 20.0, 3.0), Outlook(400, 4.0, 10.0, 1.0)
    found = precision.precision(model, bau, 0.25, False, 2.0)
    se = math.sqrt(400 / 750 + 400 / 250 + 100 / 300 + 100 / 100)
    assert found["planned_half_width"] == pytest.approx(Z * se, rel=1e-6)
    assert found["planned_mde"] == pytest.approx((Z + 0.841621) * se, rel=1e-6)
    assert not found["is_powered"]
    assert precision.increment_se(Outlook(9, 0.5, 0.5, 0.9), Outlook(9, 0.0, 0.0, 0.0), 0.5, True) == pytest.approx(
        math.sqrt(0.25 / 4.5))
