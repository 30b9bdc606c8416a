"""The nightly measurement: what is carried from night to night, and that its sums equal the rows they stand for."""

from dataclasses import replace
from datetime import timedelta

import measured_bank
import numpy as np
import pytest
from measured_bank import FIRST, HORIZON, SALE, nights

from models.experiments.analyse import Context, analyse
from models.experiments.frame import Frame
from models.experiments.plan import Plan
from orchestration.measure import board, checks, strategies
from orchestration.measure.tables import MEASUREMENT

LATER = HORIZON + timedelta(days=21)


def rows_of(bank, metric):
    frame = bank.connection.execute("select cell, value, covariate from campaign.outcome_panel where metric_id = ?",
                                    [metric]).df()  # fmt: skip
    return {"cell": frame.cell.to_numpy(dtype=object), "value": frame.value.to_numpy(), "covariate": frame.covariate.to_numpy()}


def measured_row(bank, metric, night):
    names = list(MEASUREMENT)
    found = bank.connection.execute(f"select {', '.join(names)} from measure.measurement where metric_id = ?"
                                    " and as_of_date = ?", [metric, night]).fetchall()  # fmt: skip
    return dict(zip(names, found[0], strict=True))


def test_sums_over_nights_equal_the_rows(measured):
    bank = measured(people=300)
    bank.connection.execute(
        "insert into customer.fct_purchase select 'k' || i, 'x' || i, 'wealth', date '2025-12-01', i * 100, 1,"
        " date '2025-12-01' from range(1, 201) t(i)")
    bank.connection.execute(  # balances before the first list, so that changes have a cap on both sides
        "insert into customer.fct_balance_change select format('c00{:05d}', i), 'demand', date '2025-12-30', i * 100,"
        " date '2025-12-30' from range(1, 201) t(i)")
    for before in nights(LATER)[::4]:
        bank.night(before)
    for metric in ("purchase_wealth", "purchase_amount_wealth", "aum_change"):
        row, data = measured_row(bank, metric, before), rows_of(bank, metric)
        plan = Plan(design="four_cell", metrics=("value",), covariate="covariate",
                    caps={"value": row["cap"]} if row["cap"] else {})  # fmt: skip
        wanted = analyse(Frame(data), plan, Context(before))["metrics"]["value"]["model_increment"]
        for name, found in (("model_increment", wanted), ("model_increment_adjusted", wanted["adjusted"])):
            assert (row[name], row[f"{name}_se"]) == pytest.approx((found["estimate"], found["se"]), rel=1e-9)
        if row["cap"]:
            capped = np.clip(data["value"], -row["cap"], row["cap"])
            wanted = analyse(Frame({**data, "value": capped}), replace(plan, caps={}, covariate=None), Context(before))
            found = wanted["metrics"]["value"]["model_increment"]
            assert metric != "aum_change" or (data["value"] < -row["cap"]).any()
            assert row["model_increment_capped_se"] == pytest.approx(found["se"], rel=1e-9)
    assert measured_row(bank, "purchase_amount_wealth", before)["cap"] == pytest.approx(np.quantile(np.arange(1, 201) * 100, 0.995))


def test_a_night_again_gives_the_same_rows_and_kept_sums_are_the_sums(measured):
    bank = measured(people=200)
    for night in nights(LATER)[-4:]:
        bank.night(night)
    query = "select * from measure.{} order by all"
    tables = ("measurement", "srm", "money", "segment", "holdout")
    before = [bank.connection.execute(query.format(table)).fetchall() for table in tables]
    bank.night(nights(LATER)[-1])
    assert [bank.connection.execute(query.format(table)).fetchall() for table in tables] == before
    bank.connection.execute("delete from measure.wave; delete from measure.moment")
    bank.night(nights(LATER)[-1])
    assert [bank.connection.execute(query.format(table)).fetchall() for table in tables] == before


@pytest.mark.parametrize(("cost", "margin", "advice", "words"), [
    (10, 100, "keep", "not proven"), (60, 100, "fix", "costs exceed the margin"), (1, 5000, "scale", "more customers")])
def test_a_win_is_scaled_only_where_contacting_pays(measured, cost, margin, advice, words):
    """The same win of the model, with calls that cost more than they earn, with proof that they pay, and without."""
    bank = measured(people=800)
    bank.connection.execute("update campaign.execution set cost_amount = ? where is_dispatched", [cost])
    bank.connection.execute("update customer.dim_product set margin_bp = ?", [margin])
    row = bank.night(LATER)[0]
    money = bank.connection.execute("select campaign_profit, campaign_profit_low, increment_profit_low from measure.money").fetchone()
    assert row["verdict"] == "win" and row["advice"] == advice
    assert words in row["advice_reason_en"] and f"{abs(money[0]):,.0f}" in row["advice_reason_zh"]
    assert (money[0] < 0) == (advice == "fix") and (min(money[1:]) > 0) == (advice == "scale")


def test_settled_lists_are_not_read_again(measured):
    bank = measured(people=100)
    for night in nights(LATER)[-3:]:
        bank.night(night)
    bank.connection.execute("update campaign.outcome_panel set value = 1 where listed_date = ?", [FIRST])
    far = LATER + timedelta(days=90)
    was = measured_row(bank, "purchase_wealth", nights(LATER)[-1])["mean_model_contacted"]
    bank.night(far, far)
    assert measured_row(bank, "purchase_wealth", far)["mean_model_contacted"] == was


def test_the_final_look_is_taken_once(measured):
    """Looking again with the fixed interval would spend its alpha again."""
    bank = measured(rates=(0.2, 0.08, 0.09, 0.08))
    found = {night: bank.night(night)[0] for night in nights(HORIZON + timedelta(days=6))[-4:]}
    last = max(found)
    assert found[last]["verdict"] == "win" and found[last]["final_date"] == last
    assert not any(row["final_date"] for night, row in found.items() if night < last)
    bank.connection.execute("update measure.moment set s0 = s0 * 0.6, q00 = q00 * 0.6, cube_value = cube_value * 0.6"
                            " where metric_id = 'purchase_wealth' and cell = 'model_contacted'")
    far = last + timedelta(days=90)
    later = bank.night(far, far)[0]
    assert later["model_increment"] < found[last]["model_increment"] / 2
    assert later["verdict"] == "win" and later["final_date"] == last
    assert later["final_low"] == pytest.approx(found[last]["final_low"]) and str(last) in later["reason_en"]


def test_harm_after_the_final_look_is_still_told(measured):
    bank = measured(rates=(0.2, 0.08, 0.09, 0.08), people=600)
    for night in nights(HORIZON + timedelta(days=6))[-2:]:
        assert bank.night(night)
    for cell, factor in (("model_contacted", 0.1), ("bau_contacted", 2)):
        bank.connection.execute("update measure.moment set s0 = s0 * $f, q00 = q00 * $f, cube_value = cube_value * $f"
                                " where metric_id = 'purchase_wealth' and cell = $cell", {"f": factor, "cell": cell})
    bank.connection.execute("update measure.measurement set ever_high = null, ever_low = null")
    far = night + timedelta(days=90)
    assert bank.night(far, far)[0]["verdict"] == "harm"


def test_no_sequence_before_rare_outcomes_allow_it(measured):
    bank = measured(people=700, rates=(0.02, 0.01, 0.01, 0.01), waves=3)
    row = bank.night(FIRST + timedelta(days=60))[0]
    assert min(row[f"n_{cell}"] for cell in measured_bank.CELLS) >= 200
    assert row["sequence_low"] is None and row["sequence_p"] is None and row["verdict"] == "collecting"


def test_a_new_version_is_measured_apart(measured):
    bank = measured(people=300, waves=6)
    night = FIRST + timedelta(days=45)
    bank.strategy = {**SALE, "version": 2, "horizon_date": SALE["horizon_date"] + timedelta(days=200)}
    bank._strategy(bank.strategy)
    bank._wave(6)
    bank.night(night)
    rows = {row["strategy_version"]: row for row in bank.night(night)}
    assert rows[1]["n_model_contacted"] > 0 and rows[2]["n_model_contacted"] == 0
    assert rows[1]["plan_hash"] != rows[2]["plan_hash"]
    alone = bank.night(night + timedelta(days=200))
    assert [row["strategy_version"] for row in alone] == [2]


def test_the_plan_is_written_before_any_outcome_and_kept(measured):
    bank = measured(people=100)
    first = bank.night(FIRST)[0]
    kept = (bank.settings.state / "registrations" / "sale.v1.json").read_text()
    later = bank.night(HORIZON)[0]
    assert (bank.settings.state / "registrations" / "sale.v1.json").read_text() == kept
    assert first["registered_date"] == later["registered_date"] == FIRST and first["plan_hash"] == later["plan_hash"]
    assert later["alpha_monitor"] + later["alpha_final"] == pytest.approx(0.05)


def test_money_from_the_measured_amounts(measured):
    bank = measured()
    bank.night(HORIZON)
    row = measured_row(bank, "purchase_amount_wealth", HORIZON)
    names = ("increment_income", "increment_profit", "campaign_profit", "contact_cost", "gross_amount", "hold_cost")
    found = dict(zip(names, bank.connection.execute(f"select {', '.join(names)} from measure.money").fetchall()[0], strict=True))
    n, held, margin = row["n_model_contacted"], row["n_model_held"], 100 / 10_000 * 180 / 365
    assert found["increment_income"] == pytest.approx(row["model_increment"] * n * margin)
    assert found["contact_cost"] == 10.0 * n and found["increment_profit"] == pytest.approx(found["increment_income"])
    assert found["campaign_profit"] == pytest.approx(row["model_effect"] * n * margin - 10.0 * n)
    assert found["hold_cost"] == pytest.approx(held * (row["model_effect"] * margin - 10.0))
    assert found["gross_amount"] == pytest.approx(row["mean_model_contacted"] * n)


def test_the_holdout_judges_the_sum_of_lifts(measured):
    """Lifts are claimed for everybody contacted; marketed customers bought no more than those held from all marketing."""
    bank = measured(rates=(0.3, 0.1, 0.2, 0.1))
    bank.connection.execute(
        "insert into state.assignment (experiment_id, strategy_id, unit_id, level, arm, assigned_date) select 'sale.v1', 'sale',"
        " 'g' || i, 0, case when i < 4000 then 'marketed' else 'holdout' end, ? from range(5000) t(i)", [FIRST])
    bank.connection.execute(
        "insert into customer.fct_purchase select 'b' || i, 'g' || i, 'wealth', ?::date + 20, 100, 1, ?::date + 20"
        " from range(5000) t(i) where i % 10 = 0", [FIRST, FIRST])
    bank.night(HORIZON)
    status, claimed, shown, gap, low = bank.connection.execute(
        "select status, claimed, shown, gap, gap_low from measure.holdout").fetchall()[0]
    row = measured_row(bank, "purchase_wealth", HORIZON)
    wanted = sum(row[f"{p}_effect"] * row[f"n_{p}_contacted"] for p in ("model", "bau"))
    assert status == "measured" and claimed == pytest.approx(wanted) and shown == pytest.approx(0, abs=1e-6)
    assert gap == pytest.approx(claimed - shown) and low > 0


def test_false_discoveries_and_shrinkage_over_the_board():
    def row(name, increment, p):
        return dict.fromkeys(MEASUREMENT) | {
            "strategy_id": name, "metric_id": "purchase_wealth", "is_primary": True, "verdict": "win", "final_p": p,
            "model_increment": increment, "model_increment_se": 0.01, "model_effect_p": 0.02, "bau_effect_p": 0.03}

    rows = [row("a", 0.05, 0.001), row("b", 0.0, 0.09), row("c", 0.02, 0.02)]
    board.compare(rows)
    assert [r["p_adjusted"] for r in rows] == pytest.approx([0.003, 0.09, 0.03])
    assert [r["is_discovery"] for r in rows] == [True, True, True]
    assert rows[0]["model_effect_p_holm"] == pytest.approx(0.04) and rows[0]["bau_effect_p_holm"] == pytest.approx(0.04)
    assert 0.02 < rows[0]["model_increment_shrunken"] < 0.05 and rows[1]["model_increment_shrunken"] > 0


def test_the_always_valid_p_is_the_level_at_which_the_sequence_opens():
    from models.experiments.sequential import half_width, rho

    n, se, level = 3_000, 0.01, 0.002
    scale = rho(10_000, checks.ALARM)
    s = n * scale**2
    edge = se * np.sqrt(2 * (s + 1) / s * np.log(np.sqrt(s + 1) / level))
    assert checks.always_valid_p(edge, se, n) == pytest.approx(level)
    at_alarm = float(half_width(se * se, n, checks.ALARM))
    assert checks.always_valid_p(at_alarm, se, n) == pytest.approx(checks.ALARM)


def test_validity_alarms_stay_silent_over_whole_lives():
    """At level 1 % over 90 nights; the product's level is a hundred times smaller."""
    rng, lives, sizes = np.random.default_rng(5), 1_500, np.arange(1, 91) * 40
    sums = np.cumsum(rng.normal(0, np.sqrt(40), (lives, 90)), axis=1)
    estimates = 2 * sums / sizes / 2
    alarms = sum(any(checks.always_valid_p(e, 1 / np.sqrt(n), int(n), 0.01) < 0.01
                     for e, n in zip(life[2::3], sizes[2::3], strict=True)) for life in estimates)
    assert alarms <= lives * 0.01 + 3.3 * np.sqrt(lives * 0.01 * 0.99)


def test_nothing_to_measure_is_no_error(measured):
    bank = measured(waves=0)
    assert bank.night(FIRST) == []
    assert strategies.run(bank.connection, bank.state, []) == []


