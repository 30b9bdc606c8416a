"""A strategy's life: planned from history, approved by a second person, running, superseded, stopped."""

import shutil

import pytest
from small_bank import NIGHT

from features.errors import KehuError
from features.settings import ROOT
from features.warehouse import WriterBusy, writer_lock
from orchestration import strategy as strategies
from orchestration.strategy import life, sizing

ID = "maturing_deposit_wealth"


@pytest.fixture
def files(bank):
    """The bank with one strategy file of its own."""
    folder = bank.settings.strategies / "mature"
    shutil.copytree(ROOT / "dbt_project" / "strategies" / "mature", folder)
    path = folder / f"{ID}.yml"
    text = path.read_text(encoding="utf-8").replace("tenure_months < 12", "is_honeymoon")
    path.write_text(text, encoding="utf-8")
    return path


def statuses(bank):
    return {(s.strategy.id, s.strategy.version): s.status for s in life.standings(bank.settings, bank.state)}


def approve(bank, reviewer="second person"):
    bank.connection.close()
    return life.approve(bank.settings, bank.state, ID, reviewer)


def test_author_and_owner_may_not_approve(bank, files):
    for person in ("李强", " 财富管理部 ", ""):
        with pytest.raises(KehuError):
            approve(bank, person)
    assert statuses(bank) == {(ID, 1): "draft"}
    assert life.waiting(bank.settings, bank.state) == [ID]


def test_from_draft_to_stopped(bank, files, crowd):
    bank.customers(crowd(200))
    life.record(bank.state, sizing.read_strategy(bank.settings, ID), "planned", "plan", '{"planned_n": 5}')
    assert approve(bank)["status"] == "approved"
    with pytest.raises(KehuError, match="version 1 is approved already"):
        life.approve(bank.settings, bank.state, ID, "second person")
    bank.reopen()
    [outcome] = bank.decide()
    assert outcome["status"] == "frozen" and statuses(bank) == {(ID, 1): "running"}
    bank.decide()
    assert [e["action"] for e in bank.state.rows("select action from strategy_event order by id")] == [
        "planned", "approved", "running"]
    [row] = life.listing(bank.settings, bank.state)
    assert row["started_date"] == NIGHT and row["planned_n"] == 5
    life.stop(bank.settings, bank.state, ID, "it harms")
    assert bank.decide() == [] and statuses(bank) == {(ID, 1): "stopped"}
    with pytest.raises(KehuError, match="not running"):
        life.stop(bank.settings, bank.state, ID, "again")


def test_a_running_strategy_ignores_its_changed_file_until_a_new_version(bank, files, crowd, day):
    for night in (day(0), day(7)):
        bank.customers(crowd(900), night)
    approve(bank)
    bank.reopen()
    assert bank.decide(day(0))[0]["row_count"] > 300
    files.write_text(files.read_text(encoding="utf-8").replace("capacity_per_wave: 300", "capacity_per_wave: 5"))
    with pytest.raises(KehuError, match="was approved with other words, a change is 2"):
        life.approve(bank.settings, bank.state, ID, "second person")
    files.write_text(files.read_text(encoding="utf-8").replace("version: 1", "version: 2"))
    assert bank.decide(day(0))[0]["row_count"] > 300
    approve(bank)
    assert statuses(bank) == {(ID, 1): "stopped", (ID, 2): "approved"}
    bank.reopen()
    [outcome] = bank.decide(day(7))
    assert outcome["version"] == 2 and outcome["row_count"] == 10
    assert not {m["customer_id"] for m in bank.members() if m["strategy_version"] == 1} & {
        m["customer_id"] for m in bank.members() if m["strategy_version"] == 2}


def test_the_plan_says_before_launch_what_can_be_proved(bank, files, crowd, day):
    people = crowd(3000)
    bank.customers(people, day(-35))
    bank.customers(people, day(0))
    buyers = sorted(people)[::10]
    bank.insert("customer.fct_purchase", [{
        "contract_no": c, "customer_id": c, "product_family": "wealth", "purchase_date": day(-20), "amount": 100,
        "row_sign": 1, "known_at": day(-20)} for c in buyers])  # fmt: skip
    bank.insert("customer.fct_purchase", [{
        "contract_no": f"x{c}", "customer_id": c, "product_family": "wealth", "purchase_date": when, "amount": 100,
        "row_sign": sign, "known_at": known}
        for c in sorted(people)[1::10]
        for when, sign, known in ((day(-20), 1, day(-20)), (day(-20), -1, day(-10)), (day(-36), 1, day(-36)),
                                  (day(-4), 1, day(-4)))])  # fmt: skip
    plan = sizing.plan(bank.settings, bank.connection, bank.state, ID)
    assert plan["history_date"] == day(-35).isoformat()
    assert abs(plan["base_mean"] - 0.1) < 0.02 and abs(plan["base_sd"] - 0.3) < 0.03
    n, hold = plan["planned_n"], 0.4
    assert n == int(plan["eligible"] * 0.98 * 0.5)
    by_hand = (1.959964 + 0.841621) * plan["base_sd"] * (2 / n * (1 / hold + 1 / (1 - hold))) ** 0.5
    assert abs(plan["planned_mde"] - by_hand) < 1e-6
    assert plan["is_powered"] is (plan["planned_mde"] <= 0.05)
    strategies.pin(bank.settings, bank.connection, bank.state)
    shown = bank.connection.execute("select planned_n, planned_mde, is_powered, status from state.strategy").fetchall()
    assert shown == [(n, plan["planned_mde"], plan["is_powered"], "draft")]


def test_without_history_the_plan_says_so(bank, files, crowd):
    bank.customers(crowd(300))
    plan = sizing.plan(bank.settings, bank.connection, bank.state, ID)
    assert plan["planned_mde"] is None and "no history" in plan["sentence_en"] and plan["planned_n"] > 0


def test_approving_makes_the_plan_unless_a_night_holds_the_build(bank, files, crowd):
    with pytest.raises(KehuError, match="nothing is published"):
        life.plan(bank.settings, bank.state, ID)
    bank.customers(crowd(300))
    bank.publish()
    bank.connection.close()
    with writer_lock(bank.settings):
        with pytest.raises(WriterBusy):
            life.plan(bank.settings, bank.state, ID)
    assert life.approve(bank.settings, bank.state, ID, "second person")["plan"]["planned_n"] > 0


def test_an_empty_home_shows_typed_empty_tables(bank):
    strategies.pin(bank.settings, bank.connection, bank.state)
    tables = dict(bank.connection.execute(
        "select table_name, column_count from duckdb_tables() where schema_name = 'state'").fetchall())
    assert {"assignment", "list_version", "list_member", "candidate", "strategy"} <= set(tables)
    assert bank.connection.execute("select count(*) from state.list_member").fetchall() == [(0,)]
