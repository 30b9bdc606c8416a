"""Audiences on a store: counts, segments, the past, what may be shown, what is logged."""

import shutil
import sys
from datetime import date
from pathlib import Path

import duckdb
import openpyxl
import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).parent))

import audience_home as bank

from features import export_log, selection, settings
from features.audience import doubts, saved
from features.audience import export as exporting
from features.audience import profile as profiling
from features.errors import KehuError
from features.state import opened


@pytest.fixture(scope="module")
def pristine(tmp_path_factory):
    return bank.make(tmp_path_factory.mktemp("audience") / "home")


@pytest.fixture
def home(pristine, tmp_path):
    shutil.copytree(pristine.home, tmp_path / "home")
    return settings.load(tmp_path / "home")


def number(home, text, **options):
    return selection.count(home, text, **options)["count"]


def taken(home, text, out, **options):
    document = exporting.export(home, text, out, "a test", **options)
    return document, out.read_bytes()


def test_segments_are_who_is_in_them_on_the_day(home):
    assert number(home, "in segment 'wealth/w02'") == 10, "primary members of an exclusive set only"
    assert number(home, "in segment 'silver/digital'") == 20, "every match where groups may overlap"
    assert number(home, "in segment 'wealth/w01'") == 0, "ended the day before"
    assert number(home, "in segment 'wealth/w01'", as_of=bank.DATES[1]) == 10
    assert number(home, "in segment 'silver/digital'", as_of=bank.DATES[1], known_at=bank.DATES[1]) == 0
    with pytest.raises(KehuError, match="unknown segment 'wealth/w1'") as refused:
        number(home, "in segment 'wealth/w1'")
    assert "wealth/w01" in refused.value.fix


def test_the_past_is_rebuilt_byte_by_byte_and_differs_by_the_corrected_rows_when_known_now(home, tmp_path):
    text = "aum_cny > 1000 and age >= 14 or in segment 'wealth/w01'"
    (home.published / "CURRENT").write_text(bank.BUILDS[0] + "\n")
    for ending in ("csv", "parquet", "xlsx"):
        (home.published / "CURRENT").write_text(bank.BUILDS[0] + "\n")
        frozen, then = taken(home, text, tmp_path / f"then.{ending}")
        (home.published / "CURRENT").write_text(bank.BUILDS[2] + "\n")
        again, now = taken(home, text, tmp_path / f"again.{ending}", as_of=bank.DATES[0], known_at=bank.DATES[0])
        assert (then, frozen["sha256"]) == (now, again["sha256"])
    taken(home, text, tmp_path / "restated.parquet", as_of=bank.DATES[0])
    before, after = (pd.read_parquet(tmp_path / f"{name}.parquet").set_index("customer_id") for name in ("then", "restated"))
    moved = set(before.index) ^ set(after.index)
    kept = before.index.intersection(after.index)
    changed = {i for i in kept if before.loc[i, "aum_cny"] != after.loc[i, "aum_cny"]}
    assert (moved, changed) == ({"c050"}, {"c007"}), "c007 stays in through its segment"
    assert moved | changed == set(bank.CORRECTED)
    assert number(home, text, as_of=bank.DATES[0]) == number(home, text, as_of=bank.DATES[0], known_at=bank.DATES[0]) + 1


def test_nobody_under_14_leaves_the_store(home, tmp_path):
    counted = selection.count(home, "age < 20")
    young = [i for i in range(120) if 8 + i % 60 < 14]
    assert (counted["count"], counted["withheld_under_14_count"]) == (24, len(young))
    document, _ = taken(home, "age < 20", tmp_path / "a.csv")
    assert pd.read_csv(tmp_path / "a.csv").age.min() == 14
    assert document["count"] + document["withheld_under_14_count"] == counted["count"]
    assert exporting.sample(home, "age < 14", 5)["items"] == []
    assert profiling.profile(home, "age < 20")["bank_size"] == 120 - len(young)


def test_restricted_tags_are_used_only_for_a_declared_purpose(home, tmp_path):
    assert number(home, "not is_staff") == 112
    for refused in (lambda: exporting.sample(home, "is_staff", 3), lambda: profiling.profile(home, "is_staff or age > 20"),
                    lambda: number(home, "is_staff"), lambda: saved.save(home, "staff", "is_staff")):
        with pytest.raises(KehuError, match="is_staff: restricted") as error:
            refused()
        assert "--purpose" in error.value.fix
    assert number(home, "is_staff", purpose="audit of staff accounts") == 8
    tags = {row["tag"] for row in profiling.profile(home, "stage = 'growing'", limit=99)["items"]}
    with_purpose = {row["tag"] for row in profiling.profile(home, "age > 20", limit=99, purpose="audit")["items"]}
    assert "is_staff" not in tags and "aum_cny" in tags
    assert "is_staff" in with_purpose or profiling.profile(home, "age > 20", purpose="audit")["hidden_count"] > 0


def test_every_row_that_leaves_is_logged_with_the_words_written_out(home, tmp_path):
    saved.save(home, "rich", "aum_cny > 2000")
    document, body = taken(home, "in audience 'rich' and age > 30", tmp_path / "a.parquet")
    exporting.sample(home, "in audience 'rich'", 2)
    with opened(home) as state:
        entries = state.rows("select kind, who, purpose, expression, build_id, row_count, sha256 from export_log order by id")
        assert export_log.broken_entry(state) is None
    assert [e["kind"] for e in entries] == ["audience", "sample"]
    assert entries[0]["expression"] == "aum_cny > 2000 and age > 30"
    assert (entries[0]["row_count"], entries[0]["sha256"], entries[0]["build_id"]) == (document["count"], document["sha256"], bank.BUILDS[2])
    with pytest.raises(KehuError, match="purpose"):
        exporting.export(home, "age > 30", tmp_path / "b.csv", " ")
    assert not (tmp_path / "b.csv").exists()


def test_a_stale_store_makes_no_list(home, tmp_path):
    with opened(home) as state:
        state.insert("night", {"to_date": "2026-04-03", "from_date": "2026-04-03", "load_from_date": "2026-04-03",
                               "decision_dates": "[]", "status": "blocked", "updated_at": "t"})
    with pytest.raises(KehuError, match="stale") as refused:
        taken(home, "age > 30", tmp_path / "a.csv")
    assert "--as-of 2026-04-02" in refused.value.fix
    assert taken(home, "age > 30", tmp_path / "a.csv", as_of=bank.DATES[2])[0]["count"] == number(home, "age > 30")


def test_a_sample_is_the_same_every_time_and_spread_over_the_audience(home):
    one, two = (exporting.sample(home, "age >= 14", 10)["items"] for _ in range(2))
    assert one == two
    assert len(one) == 10
    assert [row["customer_id"] for row in one] != sorted(row["customer_id"] for row in one)
    larger = exporting.sample(home, "age >= 14", 20)["items"]
    assert larger[:10] == one


def test_profile_counts_against_the_bank_and_hides_small_cells(home):
    found = profiling.profile(home, "stage in ('growing', 'mature')", limit=99)
    by_key = {(row["tag"], row["value"]): row for row in found["items"]}
    everybody = [i for i in range(120) if 8 + i % 60 >= 14]
    inside = [i for i in everybody if i % 4 in (0, 1)]
    app, aum = by_key["is_app", True], by_key["aum_cny", "mean"]
    share, bank_share = (sum(i % 3 == 0 for i in ids) / len(ids) for ids in (inside, everybody))
    assert app["n"] == sum(i % 3 == 0 for i in inside) >= 10
    assert app["index"] == pytest.approx(100 * share / bank_share)
    mean, bank_mean = (sum(3000 if i == 7 else 20 * i + 14 * (i % 2) for i in ids) / len(ids) for ids in (inside, everybody))
    assert (aum["n"], aum["index"]) == (len(inside), pytest.approx(100 * mean / bank_mean))
    assert (found["size"], found["bank_size"]) == (len(inside), len(everybody))
    small = profiling.profile(home, "stage = 'growing' and age > 60", limit=99)
    assert small["size"] < 10 and small["items"] == []
    assert all(row["n"] >= 10 for row in profiling.profile(home, "aum_cny > 1800", limit=99)["items"])


def test_what_a_profile_hides_cannot_be_had_from_what_it_shows(home):
    """The size of audience and bank behind a tag stand in its rates: what is not shown is nothing, or no small group."""
    hidden = 0
    for low in range(8, 60):
        found = profiling.profile(home, f"age between {low} and {low + 19}", limit=999, purpose="audit")
        hidden += found["hidden_count"]
        for tag in {row["tag"] for row in found["items"] if row["value"] != "mean"}:
            rows = [row for row in found["items"] if row["tag"] == tag]
            size, whole = round(rows[0]["n"] / rows[0]["audience_rate"]), sum(8 + i % 60 >= 14 and (tag != "stage" or i % 4 != 3) for i in range(120))
            unseen = size - sum(row["n"] for row in rows)
            outside = whole - sum(round(row["bank_rate"] * whole) for row in rows) - unseen
            assert not 0 < unseen < 10 and not 0 < outside < 10, (low, tag, rows)
    assert hidden > 50


def test_a_saved_audience_has_a_history_of_every_build(home):
    saved.save(home, "rich", "aum_cny > 1000")
    saved.save(home, "rich_app", "in audience 'rich' and is_app")
    history = saved.show(home, "rich")["history"]
    want = [{i for i in range(120) if (3000 if i == 7 else 20 * i + 7 * d * (i % 2)) > 1000} for d in range(3)]
    assert [h["build_id"] for h in history] == list(bank.BUILDS)
    assert [h["member_count"] for h in history] == [len(ids) for ids in want]
    assert [h["entered_count"] for h in history] == [None, len(want[1] - want[0]), len(want[2] - want[1])]
    assert [h["left_count"] for h in history] == [None, len(want[0] - want[1]), len(want[1] - want[2])]
    assert saved.show(home, "rich")["history"] == history
    assert [row["name"] for row in saved.listing(home)] == ["rich", "rich_app"]
    assert saved.show(home, "rich_app")["expanded"] == "aum_cny > 1000 and is_app"
    with pytest.raises(KehuError, match="contains itself: rich in rich_app in rich"):
        saved.save(home, "rich", "in audience 'rich_app'")
    with pytest.raises(KehuError, match="no name for an audience"):
        saved.save(home, "Rich!", "age > 1")


def test_who_came_cannot_be_had_from_the_sizes_of_a_restricted_audience(home):
    saved.save(home, "outsiders", "not is_staff and aum_cny > 993", "audit")
    _, calm, busy = saved.show(home, "outsiders")["history"]
    assert calm["member_count"] > 50 and (calm["entered_count"], calm["left_count"], calm["is_hidden"]) == (0, 0, False)
    assert busy["member_count"] is busy["entered_count"] is None and busy["left_count"] == 0 and busy["is_hidden"]


def test_a_build_that_lacks_a_tag_says_so_in_the_history(home):
    old = home.history / "tags" / bank.DATES[0].isoformat() / f"{bank.BUILDS[0]}.parquet"
    pd.read_parquet(old).drop(columns="is_app").to_parquet(old)
    saved.save(home, "app", "is_app")
    first, second, _ = saved.show(home, "app")["history"]
    assert "is_app has no values on this date" in first["problem"] and first["member_count"] is None
    assert second["member_count"] == 40 and second["entered_count"] is None


def test_a_rolled_back_build_is_not_read(home):
    (home.published / "CURRENT").write_text(bank.BUILDS[1] + "\n")
    assert number(home, "aum_cny > 4999", as_of=bank.DATES[0]) == 0
    (home.published / "CURRENT").write_text(bank.BUILDS[2] + "\n")
    assert number(home, "aum_cny > 4999", as_of=bank.DATES[0]) == 1


def test_an_audience_whose_tag_is_gone_hides_no_other(home):
    saved.save(home, "app", "is_app")
    saved.save(home, "rich", "aum_cny > 2000")
    with duckdb.connect(str(home.published / bank.BUILDS[2] / "store.duckdb")) as store:
        store.execute("alter table tags.customer_tags drop column is_app")
    gone, there = saved.listing(home)
    assert "is_app has no values on this date" in gone["problem"] and "member_count" not in gone
    assert there["member_count"] > 0 and not there["problem"]


def test_values_leave_the_store_as_what_they_are(home, tmp_path):
    text = "aum_cny > 100 and (age >= 14 or age is null) and (is_app or not is_app)"
    with duckdb.connect(str(home.published / bank.BUILDS[2] / "store.duckdb")) as store:
        store.execute("update tags.customer_tags set age = null where customer_id = 'c100'")
    for ending in ("csv", "parquet", "xlsx"):
        taken(home, text, tmp_path / f"a.{ending}")
    kinds = dict(duckdb.sql(f"describe from '{tmp_path / 'a.parquet'}'").project("column_name, column_type").fetchall())
    assert kinds == {"customer_id": "VARCHAR", "as_of_date": "DATE", "age": "INTEGER", "aum_cny": "DECIMAL(18,2)", "is_app": "BOOLEAN"}
    lines = (tmp_path / "a.csv").read_text(encoding="utf-8-sig").splitlines()
    assert lines[0] == "customer_id,as_of_date,age,aum_cny,is_app"
    assert "c100,2026-04-02,,2000.00,False" in lines and "c099,2026-04-02,47,1994.00,True" in lines
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx").active
    row = next(row for row in sheet.iter_rows() if row[0].value == "c099")
    assert [cell.value for cell in row[2:]] == [47, 1994, True]
    assert row[1].is_date and row[1].number_format == "YYYY-MM-DD"


def test_no_export_replaces_what_the_home_keeps(home, tmp_path):
    kept = home.history / "tags" / bank.DATES[0].isoformat() / f"{bank.BUILDS[0]}.parquet"
    before = kept.read_bytes()
    (tmp_path / "link").symlink_to(home.home)
    for out in (kept, home.published / "CURRENT.csv", tmp_path / "link" / "state" / "a.csv"):
        with pytest.raises(KehuError, match="keeps its own files") as refused:
            taken(home, "age > 30", out)
        assert str(home.exports) in refused.value.fix
    assert kept.read_bytes() == before
    assert taken(home, "age > 30", home.exports / "a.csv")[0]["count"] > 0


def test_a_sample_has_a_size_and_a_sheet_an_end(home, tmp_path):
    for size in (0, -1, exporting.LARGEST_SAMPLE + 1, 10**30):
        with pytest.raises(KehuError, match="a sample of"):
            exporting.sample(home, "age > 30", size)
    with pytest.raises(KehuError, match="an Excel sheet holds"):
        exporting.write_frame(range(exporting.SHEET_ROWS + 1), tmp_path / "a.xlsx", ".xlsx", bank.DATES[0])


def test_text_never_becomes_a_formula_in_excel(home, tmp_path):
    frame = pd.DataFrame({"customer_id": ["=1+1", "http://x"]})
    exporting.write_frame(frame, tmp_path / "x.xlsx", ".xlsx", date(2026, 4, 2))
    sheet = openpyxl.load_workbook(tmp_path / "x.xlsx").active
    assert [sheet.cell(row=r, column=1).data_type for r in (2, 3)] == ["s", "s"]
    with pytest.raises(KehuError, match="no known ending"):
        taken(home, "age > 30", tmp_path / "a.exe")


def test_a_value_that_no_customer_can_have_is_doubted(home):
    saved.save(home, "young", "age < 40 and stage = 'growin'")
    found = doubts.doubts(home, "in audience 'young' or stage in ('mature', 'old') or 'basic' != stage")[1:]
    assert [(doubt.tag, doubt.value) for doubt in found] == [("stage", "growin"), ("stage", "old")]
    assert found[0].line() == "stage is never 'growin' -> growing"
    assert found[1].allowed == ("growing", "mature", "basic"), "nothing is near: what there is"
    assert doubts.doubts(home, "stage = 'growing'") == []


def test_who_selects_by_a_tag_without_a_promise_is_told_so(home):
    saved.save(home, "young", "age < 40 and stage = 'growing'")
    lines = [doubt.line() for doubt in doubts.doubts(home, "in audience 'young' and is_app and age > 1")]
    assert lines == ["age is deprecated: it will be taken away -> kehu tags show age",
                     "is_app is draft: its definition may still change -> kehu tags show is_app"]
