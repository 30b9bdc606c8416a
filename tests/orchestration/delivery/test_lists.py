"""Frozen lists leave the house with nobody on them who may not be contacted."""

import csv

import openpyxl
import pyarrow.parquet as pq
import pytest

from features import export_log
from features.errors import CheckFailed, KehuError
from orchestration.delivery import lists

NAME = "first-v1-20260302"


@pytest.fixture
def listed(bank, crowd):
    bank.customers(crowd(300))
    bank.run_strategy()
    bank.decide()
    bank.publish()
    return bank


def held(bank):
    return {m["customer_id"] for m in bank.members() if m["arm"] == "hold"}


def contacted(bank):
    return {m["customer_id"] for m in bank.members() if m["arm"] == "contact"}


def ids_in(path):
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return {row["customer_id"] for row in csv.DictReader(stream)}


def test_export_writes_the_contacts_and_never_a_held_customer(listed, tmp_path):
    answer = lists.export(listed.settings, NAME, tmp_path / "l.csv")
    assert ids_in(tmp_path / "l.csv") == contacted(listed) and held(listed)
    assert answer["rows"] == len(contacted(listed)) and answer["withheld"] == {}
    header = (tmp_path / "l.csv").read_text(encoding="utf-8-sig").splitlines()[0]
    assert header == ("list_id,strategy_id,as_of_date,customer_id,channel_id,product_id,script_id,segment_id,"
                      "rank,expires_date")  # fmt: skip


def test_all_three_formats_say_the_same(listed, tmp_path):
    for ending in ("csv", "xlsx", "parquet"):
        lists.export(listed.settings, NAME, tmp_path / f"l.{ending}")
    sheet = openpyxl.load_workbook(tmp_path / "l.xlsx").worksheets[0]
    rows = [[str(cell) for cell in row] for row in sheet.iter_rows(min_row=2, values_only=True)]
    with (tmp_path / "l.csv").open(encoding="utf-8-sig", newline="") as stream:
        assert rows == list(csv.reader(stream))[1:]
    table = pq.read_table(tmp_path / "l.parquet")
    assert [[str(v) for v in row.values()] for row in table.to_pylist()] == rows


def test_the_same_list_is_the_same_file_again(listed, tmp_path):
    for ending in ("csv", "xlsx", "parquet"):
        once, again = (lists.export(listed.settings, NAME, tmp_path / f"{n}.{ending}")["sha256"] for n in "ab")
        assert once == again


def test_a_formula_in_an_id_stays_text(bank, crowd, tmp_path):
    bank.customers({"=1+1": {"aum_month_avg_cny": 5000, "score": 0.5}, **crowd(30)})
    bank.run_strategy(hold_share=0.0001, global_holdout_share=0, capacity_per_wave=50)
    bank.decide()
    bank.publish()
    lists.export(bank.settings, NAME, tmp_path / "l.xlsx")
    cells = [c for row in openpyxl.load_workbook(tmp_path / "l.xlsx").worksheets[0].iter_rows() for c in row]
    assert [c.data_type for c in cells if c.value == "=1+1"] == ["s"]


@pytest.mark.parametrize(("change", "reason"), [
    ("has_consent_rm_phone = false", "not_consented"), ("is_do_not_contact = true", "do_not_contact"),
    ("has_recent_complaint = true", "complaint"), ("is_minor = true", "minor"),
    ("is_aml_frozen = true", "aml"), ("is_profiling_opted_out = null", "not_consented"),
    ("max_suitable_risk_level = 'R1'", "unsuitable"), ("max_suitable_risk_level = null", "unsuitable"),
    ("contact_count_30d = 2", "capped"), ("customer_id = 'gone'", "unknown_customer"),
])  # fmt: skip
def test_consent_withdrawn_after_the_freeze_is_seen(listed, day, tmp_path, change, reason):
    [one, *_] = sorted(contacted(listed))
    listed.connection.execute(
        f"insert into tags.customer_tags_all select * replace (date '{day(1)}' as as_of_date) from tags.customer_tags_all")
    listed.connection.execute(
        f"update tags.customer_tags_all set {change} where customer_id = ? and as_of_date = ?", [one, day(1)])
    listed.publish(day(1))
    answer = lists.export(listed.settings, NAME, tmp_path / "l.csv")
    assert answer["withheld"] == {reason: 1}
    assert ids_in(tmp_path / "l.csv") == contacted(listed) - {one}


def test_an_expired_or_unpublished_list_is_refused(bank, crowd, day, tmp_path):
    bank.customers(crowd(60))
    bank.run_strategy()
    bank.decide()
    with pytest.raises(KehuError, match="not published"):
        lists.export(bank.settings, NAME, tmp_path / "l.csv")
    bank.customers(crowd(60), day(14))
    bank.publish(day(14))
    lists.export(bank.settings, NAME, tmp_path / "l.csv")
    bank.customers(crowd(60), day(15))
    bank.publish(day(15))
    with pytest.raises(KehuError, match="expired on 2026-03-16"):
        lists.export(bank.settings, NAME, tmp_path / "again.csv")
    assert not (tmp_path / "again.csv").exists()
    assert [item["status"] for item in lists.listing(bank.settings)] == ["expired"]


def test_exports_are_logged_in_a_chain_and_show_in_the_listing(listed, tmp_path):
    lists.export(listed.settings, NAME, tmp_path / "a.csv", purpose="spring campaign")
    lists.export(listed.settings, NAME, tmp_path / "b.csv")
    entries = listed.state.rows("select * from export_log order by id")
    assert [(e["kind"], e["expression"], e["purpose"]) for e in entries] == [
        ("list", NAME, "spring campaign"), ("list", NAME, "campaign execution")]
    assert entries[1]["previous_hash"] == entries[0]["entry_hash"]
    assert export_log.broken_entry(listed.state) is None
    [item] = lists.listing(listed.settings)
    assert item["status"] == "exported" and item["rows"] == 40 and item["hash"]


def test_show_tells_cells_and_reasons(listed):
    found = lists.show(listed.settings, NAME)
    assert sum(found["cells"].values()) == 40
    assert found["audience"] == 40 + sum(found["left_out"].values())
    with pytest.raises(KehuError, match="no list 'x'"):
        lists.show(listed.settings, "x")


def test_a_changed_list_file_is_never_exported(listed, tmp_path):
    path = listed.settings.state / "lists" / f"{NAME}.parquet"
    listed.connection.execute(f"create table l as select * replace ('contact' as arm) from '{path}'")
    listed.connection.execute(f"copy l to '{path}'")
    with pytest.raises(CheckFailed, match="was changed since it was made"):
        lists.export(listed.settings, NAME, tmp_path / "l.csv")


def test_an_unknown_format_is_refused_before_anything_is_written(listed, tmp_path):
    with pytest.raises(KehuError, match="is none of .csv, .parquet, .xlsx"):
        lists.export(listed.settings, NAME, tmp_path / "l.doc")
    assert listed.state.rows("select * from export_log") == []
