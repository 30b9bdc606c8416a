"""A strategy's life: planned from history, approved by a second person, running, superseded, stopped."""

import shutil

import pytest
from small_bank import NIGHT

from features.errors import KehuError
from features.settings import ROOT
from features.warehouse import writer_lock
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


def test_approving_plans_while_a_night_holds_the_build(bank, files, crowd):
    """The bank's connection stands for the night: it holds the build database, and the lock is taken."""
    with pytest.raises(KehuError, match="nothing is published"):
        life.plan(bank.settings, bank.state, ID)
    bank.customers(crowd(300))
    bank.publish()
    with writer_lock(bank.settings):
        assert life.approve(bank.settings, bank.state, ID, "second person")["plan"]["planned_n"] > 0


def test_an_empty_home_shows_typed_empty_tables(bank):
    strategies.pin(bank.settings, bank.connection, bank.state)
    tables = dict(bank.connection.execute(
        "select table_name, column_count from duckdb_tables() where schema_name = 'state'").fetchall())
    assert {"assignment", "list_version", "list_member", "candidate", "strategy"} <= set(tables)
    assert bank.connection.execute("select count(*) from state.list_member").fetchall() == [(0,)]
