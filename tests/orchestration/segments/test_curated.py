"""Curated lists: read = loaded + rejected, in effect from the next night, replaced by a new version, gone when expired."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import tag_bank
from tag_bank import day

from features.errors import KehuError
from features.state import opened
from orchestration.segments import curated

IDS = ["c0001", " c0002 ", "", "c0001", "nobody", "c0003", "c0004"]


@pytest.fixture
def served(bank: tag_bank.TagBank) -> tag_bank.TagBank:
    """A bank with a published night, in which c0004 is a minor."""
    rows = [{**row, "age": 40, "is_minor": row["customer_id"] == "c0004"} for row in tag_bank.people(1, 30)]
    for n in range(6):
        bank.tags(rows, day(n))
    bank.night(day(0))
    bank.published(day(0))
    _publish(bank, day(0))
    return bank


def _publish(bank: tag_bank.TagBank, on: date) -> None:
    """A store in service that holds the tags of a date."""
    import json

    folder = bank.settings.published / f"b{on:%Y%m%d}-01"
    folder.mkdir(parents=True)
    bank.connection.execute(f"attach '{folder / 'store.duckdb'}' as store; create schema store.tags;"
                            "create schema store.segments")
    bank.connection.execute("create table store.tags.customer_tags as select * from tags.customer_tags_all where as_of_date = ?", [on])
    bank.connection.execute("create table store.tags.catalogue as select 'none' as id, 'rule' as kind, 'internal' as sensitivity")
    for name in ("membership", "definition"):
        bank.connection.execute(f"create table store.segments.{name} as select * from segments.{name}")
    bank.connection.execute("detach store")
    (folder / "build.json").write_text(json.dumps({"as_of_date": on.isoformat()}))
    (bank.settings.published / "CURRENT").write_text(folder.name)


def _file(folder: Path, kind: str, ids: list[str] = IDS) -> Path:
    frame, path = pd.DataFrame({"customer_id": ids, "note": "备注"}), folder / f"list.{kind}"
    if kind == "csv":
        frame.to_csv(path, index=False, encoding="gb18030")
    elif kind == "xlsx":
        frame.to_excel(path, index=False)
    else:
        frame.to_parquet(path)
    return path


def _import(bank: tag_bank.TagBank, path: Path, **changes: Any) -> dict[str, Any]:
    words = {"segment_id": "golf_club", "owner": "branch 7", "expires": day(4), **changes}
    return curated.import_list(bank.settings, bank.state, path, **words)


@pytest.mark.parametrize("kind", ["csv", "xlsx", "parquet"])
def test_every_row_is_loaded_or_rejected_with_a_reason(served: tag_bank.TagBank, tmp_path: Path, kind: str) -> None:
    found = _import(served, _file(tmp_path, kind))
    assert (found["read"], found["loaded"], found["rejected"]) == (7, 3, 4)
    assert [(r["line"], r["customer_id"], r["reason"]) for r in found["rejects"]] == [
        (4, "", "the id is empty"), (5, "c0001", "there twice"), (6, "nobody", "no such customer"), (8, "c0004", "a minor")]
    assert found["effective_date"] == day(1)


def test_blank_lines_are_rows_and_keep_the_line_numbers(served: tag_bank.TagBank, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_bytes("\ufeffcustomer_id\r\nc0001\r\n\r\nnobody\r\n".encode())
    found = _import(served, tmp_path / "list.csv")
    assert (found["read"], found["loaded"]) == (3, 1)
    assert [(r["line"], r["reason"]) for r in found["rejects"]] == [(3, "the id is empty"), (4, "no such customer")]


def test_a_list_has_an_owner(served: tag_bank.TagBank, tmp_path: Path) -> None:
    with pytest.raises(KehuError, match="without an owner"):
        _import(served, _file(tmp_path, "csv"), owner=" \n")
    assert _import(served, _file(tmp_path, "csv"), owner="branch\n7")["owner"] == "branch 7"


def test_two_imports_at_once_are_two_versions(served: tag_bank.TagBank, tmp_path: Path) -> None:
    def one(number: int) -> int:
        with opened(served.settings) as state:
            words = {"segment_id": "golf_club", "owner": "branch 7", "expires": day(4)}
            return int(curated.import_list(served.settings, state, paths[number], **words)["version"])

    paths = []
    for number in range(4):
        (tmp_path / str(number)).mkdir()
        paths.append(_file(tmp_path / str(number), "csv", [f"c000{number}"]))
    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(one, range(4))) == [1, 2, 3, 4]
    served.night(day(1))
    assert len(served.primaries(day(1), "curated")) == 1


def test_a_list_holds_from_the_next_night_until_it_expires(served: tag_bank.TagBank, tmp_path: Path) -> None:
    _import(served, _file(tmp_path, "csv"))
    served.night(day(0))  # the published night again: as it was
    assert served.primaries(day(0), "curated") == {}
    for n in range(1, 6):
        served.night(day(n))
    members = {n: sorted(served.primaries(day(n), "curated")) for n in range(6)}
    assert members == {0: [], **dict.fromkeys((1, 2, 3), ["c0001", "c0002", "c0003"]), 4: [], 5: []}
    assert {(m[0], m[1], m[2], m[3], m[6], m[7]) for m in served.members() if m[0] == "curated"} == {
        ("curated", "golf_club", "1", "curated", day(1), day(4))}


def test_a_new_version_replaces_the_list(served: tag_bank.TagBank, tmp_path: Path) -> None:
    _import(served, _file(tmp_path, "csv"))
    served.night(day(1))
    served.published(day(1))
    found = _import(served, _file(tmp_path, "parquet", ["c0002", "c0009"]))
    served.night(day(2))
    assert (found["version"], found["effective_date"]) == (2, day(2))
    assert sorted(served.primaries(day(1), "curated")) == ["c0001", "c0002", "c0003"]
    assert sorted(served.primaries(day(2), "curated")) == ["c0002", "c0009"]


@pytest.mark.parametrize(("changes", "text", "reason"), [
    ({"expires": day(1)}, "customer_id\nc0001\n", "is not after"),
    ({"segment_id": "Golf Club"}, "customer_id\nc0001\n", "no identifier"),
    ({}, "customer\nc0001\n", "no column customer_id"),
    ({}, "customer_id,customer_id\nc0001,c0002\n", "column customer_id twice"),
    ({}, "customer_id\nnobody\n", "none of its 1 rows"),
    ({}, "customer_id\n", "none of its 0 rows"),
])
def test_wrong_input_is_one_clear_line(served: tag_bank.TagBank, tmp_path: Path, changes: dict[str, Any], text: str,
                                       reason: str) -> None:
    path = tmp_path / "list.csv"
    path.write_text(text)
    with pytest.raises(KehuError, match=reason):
        _import(served, path, **changes)
    assert served.state.rows("select * from segment_list") == []


def test_a_list_that_was_changed_on_disk_stops_the_night(served: tag_bank.TagBank, tmp_path: Path) -> None:
    _import(served, _file(tmp_path, "csv"))
    next((served.settings.state / "segments").glob("*.parquet")).write_bytes(b"x")
    before = served.members()
    with pytest.raises(KehuError, match="missing or was changed"):
        served.night(day(1))
    assert served.members() == before


def test_a_preview_equals_the_moves_that_the_night_then_makes(served: tag_bank.TagBank) -> None:
    from orchestration.segments import reading

    rows = tag_bank.people(8, 300)
    served.tags(rows, day(1))
    served.night(day(1))
    served.published(day(1))
    _publish(served, day(1))
    served.rules(tag_bank.rule_set([2, 3, 1, 0], version=2))
    shown = reading.preview(served.settings, served.folder / "wealth.yml")
    before = served.primaries(day(1))
    served.tags(rows, day(2))
    served.night(day(2))
    after = served.primaries(day(2))
    moves: dict[tuple[str, str], int] = {}
    for customer in before | after:
        pair = (before.get(customer, "none"), after.get(customer, "none"))
        moves[pair] = moves.get(pair, 0) + 1
    assert shown["moved_count"] == sum(n for (a, b), n in moves.items() if a != b) > 0
    got = {(r["from_segment_id"], r["to_segment_id"]): r["customer_count"] for r in shown["items"]}
    assert got.keys() == moves.keys() and all(n in (None, moves[pair]) for pair, n in got.items())
    assert all(got[pair] is None for pair, n in moves.items() if n < 10) and any(got.values())
    for side in (0, 1):  # a line's total is the segment's size
        for line in ([p for p in moves if p[side] == name] for name in {p[side] for p in moves}):
            assert [got[pair] for pair in line].count(None) != 1 or len(line) == 1, line
    hidden = [r for r in shown["items"] if r["is_hidden"]]
    assert hidden and all(r["sample_ids"] is None for r in hidden)
    for row in shown["items"]:
        for customer in row["sample_ids"] or []:
            assert (before.get(customer, "none"), after.get(customer, "none")) == (row["from_segment_id"], row["to_segment_id"])
