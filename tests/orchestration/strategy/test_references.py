"""A strategy names audiences and segments: what they meant at the approval holds, whatever becomes of the names."""

import shutil
from datetime import date

import pytest
import yaml
from small_bank import NIGHT, SPEC

from features import clock
from features.audience import saved
from features.errors import KehuError
from features.settings import ROOT
from orchestration.segments import definitions, intervals
from orchestration.strategy import check, life, replay, sizing

ID = "maturing_deposit_wealth"
WORDS = {"audience": "in audience 'rich' and in segment 'wealth/silver'", "exclusions": ["in segment 'packs/club'"]}


def define(bank, *rows):
    """segments.definition anew: (set, segment, version, is it exclusive)."""
    kinds = ", ".join(f"{name} {kind}" for name, kind in definitions.COLUMNS.items())
    bank.connection.execute(f"create schema if not exists segments; create or replace table segments.definition ({kinds})")
    bank.connection.executemany("insert into segments.definition by name select ? as segment_set, ? as segment_id, ? as version,"
                                " ?::boolean as is_exclusive", rows)


def join(bank, segment, version, customers, is_primary=True, start=NIGHT, end=None, kind="rule"):
    """Members of a segment since a date."""
    intervals.create(bank.connection)
    name, segment_id = segment.split("/")
    bank.connection.executemany("insert into segments.membership values (?, ?, ?, ?, ?, ?, ?, ?, ?, 'test')", [
        [name, segment_id, version, kind, customer, is_primary, start, end, start] for customer in customers])


def take_over(bank, version, expires):
    """A curated list, as its import leaves it in state."""
    bank.state.insert("segment_list", {
        "segment_id": "golf", "version": version, "name_zh": "", "name_en": "", "owner": "", "who": "", "effective_date": NIGHT,
        "expires_date": expires, "rows_read": 1, "rows_loaded": 1, "rows_rejected": 0, "sha256": "", "path": "", "recorded_at": clock.stamp()})


@pytest.fixture
def files(bank):
    """Writes the bank's one strategy file, with other words."""
    def write(**changes):
        folder = bank.settings.strategies / "mature"
        folder.mkdir(parents=True, exist_ok=True)
        shipped = yaml.safe_load((ROOT / "dbt_project" / "strategies" / "mature" / f"{ID}.yml").read_text(encoding="utf-8"))
        (folder / f"{ID}.yml").write_text(yaml.safe_dump({**shipped, "exclusions": [], **changes}, allow_unicode=True), encoding="utf-8")

    shutil.rmtree(bank.settings.strategies)
    return write


@pytest.fixture
def people(bank, crowd):
    """A published night: the first 100 are silver by their primary segment, 20 more by another match; ten are in the club."""
    found = crowd(300)
    bank.customers(found)
    names = sorted(found)
    define(bank, ("wealth", "silver", "2", True), ("packs", "club", "1", False), ("curated", "golf", "1", True))
    join(bank, "wealth/silver", "2", names[:100])
    join(bank, "wealth/silver", "2", names[100:120], is_primary=False)
    join(bank, "wealth/silver", "1", names[120:], end=NIGHT)
    join(bank, "packs/club", "1", names[:10], is_primary=False)
    join(bank, "curated/golf", "1", names[:50], kind="curated")
    take_over(bank, 1, date(2026, 3, 9))
    bank.publish()
    bank.connection.close()
    saved.save(bank.settings, "rich", "aum_month_avg_cny >= 1000")
    return found


def approved(bank):
    answer = life.approve(bank.settings, bank.state, ID, "second person")
    bank.reopen()
    return answer


def wanted(people, names):
    return {name for name in names if people[name]["aum_month_avg_cny"] >= 1000}


def test_the_list_holds_who_was_meant_and_comes_back_byte_for_byte(bank, files, people):
    files(**WORDS)
    assert approved(bank)["references"] == {"audiences": {"rich": "aum_month_avg_cny >= 1000"}, "segments": {
        "wealth/silver": {"version": "2", "is_exclusive": True}, "packs/club": {"version": "1", "is_exclusive": False}}}
    saved.save(bank.settings, "rich", "aum_month_avg_cny < 0")
    [outcome] = bank.decide()
    assert outcome["status"] == "frozen"
    assert set(bank.reasons()) == wanted(people, sorted(people)[10:100])
    bank.connection.close()
    assert replay(bank.settings, bank.state, f"{ID}-v1-20260302")["is_same_bytes"]
    assert check.check(bank.settings, state=bank.state)["passed"], "what a name means now is no change of the file"
    bank.reopen()


def test_another_version_of_a_segment_makes_no_list(bank, files, people):
    files(**WORDS)
    approved(bank)
    define(bank, ("wealth", "silver", "3", True), ("packs", "club", "1", False))
    [outcome] = bank.decide()
    assert outcome["status"] == "failed"
    assert "segment 'wealth/silver' was approved as version 2, on 2026-03-02 version 3 is in force" in outcome["detail"]
    assert bank.members() == []


def test_a_list_that_expired_or_was_replaced_makes_no_list(bank, files, people, day):
    files(audience="in segment 'curated/golf'")
    approved(bank)
    for night in (day(7), day(8)):
        bank.customers(people, night)
    fresh, expired = bank.decide(day(0), day(7))
    assert fresh["status"] == "frozen" and set(bank.reasons()) <= set(sorted(people)[:50])
    assert expired["status"] == "failed"
    assert "segment 'curated/golf' was approved as version 1, on 2026-03-09 it has expired or is gone" in expired["detail"]
    take_over(bank, 2, date(2026, 12, 31))
    [replaced] = bank.decide(day(8))
    assert "version 2 is in force" in replaced["detail"]


def test_what_is_not_in_force_cannot_be_approved(bank, files, people):
    files(audience="in segment 'wealth/gold'")
    with pytest.raises(KehuError, match="unknown segment 'wealth/gold'"):
        life.approve(bank.settings, bank.state, ID, "second person")
    files(audience="in audience 'poor'")
    with pytest.raises(KehuError, match="unknown audience 'poor'"):
        life.approve(bank.settings, bank.state, ID, "second person")
    bank.reopen()


def test_a_draft_is_planned_with_what_its_names_mean_now(bank, files, people):
    files(**WORDS, planned_waves=1, global_holdout_share=0)
    assert sizing.plan(bank.settings, bank.state, ID)["eligible"] == len(wanted(people, sorted(people)[10:100]))
    [row] = bank.state.rows("select body from strategy_event")
    assert "pins" not in str(row["body"])
    bank.reopen()


def test_a_file_says_no_pins(bank, files):
    files(pins={"audiences": {"rich": "age > 3"}})
    [failure] = check.check(bank.settings)["failures"]
    assert failure["reason"] == "pins: the approval writes them, a file says none" and failure["line"] > 1
    assert "pins" not in SPEC
