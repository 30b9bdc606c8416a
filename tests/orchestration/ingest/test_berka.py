"""The real PKDD'99 files, read as they are."""

import shutil
from datetime import date
from typing import Any

import pytest

from orchestration import ingest

NIGHT = date(1994, 3, 30)
LOADED = {"account": 4500, "client": 5369, "disp": 5369, "order": 6471, "loan": 682, "card": 892, "district": 77,
          "trans": 49_102}


@pytest.fixture
def berka(bank: Any, make: Any) -> Any:
    folder = make.data / "berka"
    if not folder.is_dir():
        pytest.skip(f"no real bank files in {folder} (KEHU_DATA)")
    for path in folder.iterdir():
        shutil.copyfile(path, bank.landing / path.name)
    return bank


def test_every_row_is_read_and_only_the_cut_line_rejected(berka: Any) -> None:
    result = berka.run(NIGHT, source="berka")
    assert {name: rows["loaded"] for name, rows in result.rows.items()} == LOADED
    assert result.rows["trans"] == {"read": 49_103, "loaded": 49_102, "rejected": 1}
    assert sum(rows["rejected"] for rows in result.rows.values()) == 1
    [reject] = berka.rejects()
    assert (reject["line_no"], reject["raw_text"]) == (49_104, '3526882;11021;940331;"PRIJE')
    assert "the last line (49104) has no line end and is not whole (unterminated quote)" in reject["reason"]
    assert (result.blocking, result.quarantined, result.load_from_date) == ([], [], date(1993, 1, 1))


@pytest.mark.parametrize(("night", "accounts", "loans", "cards"), [
    (NIGHT, 1229, 37, 6), (date(1993, 6, 30), None, 0, 0), (date(1993, 12, 31), None, None, None)])
def test_a_night_sees_nothing_of_later(
    berka: Any, night: date, accounts: int | None, loans: int | None, cards: int | None
) -> None:
    berka.run(night, source="berka")
    for entity, expected in (("account", accounts), ("loan", loans), ("card", cards)):
        [(count, last)] = berka.rows(entity, "count(*), max(known_at)", "berka")
        assert last is None or last <= night
        assert expected is None or count == expected
    [(last,)] = berka.rows("trans", "max(date)", "berka")
    assert last == night
    assert berka.rows("client", "count(*), min(known_at), max(known_at)", "berka") == [
        (5369, date(1993, 1, 1), date(1993, 1, 1))]


def test_the_next_night_learns_only_its_own_rows(berka: Any) -> None:
    berka.run(NIGHT, source="berka")
    later = date(1994, 3, 31)
    result = berka.run(later, source="berka")
    assert result.load_from_date == later
    assert all(rows == {"read": 0, "loaded": 0, "rejected": 0} for rows in result.rows.values())
    assert berka.rows("trans", "count(*), min(date), max(date)", "berka") == [(2105, later, later)]


def test_values_keep_their_codes(berka: Any) -> None:
    berka.run(date(1998, 12, 31), source="berka")
    assert berka.rows("card", "issued", "berka")[0] == ("931107 00:00:00",)
    assert berka.rows("trans", "count(*) filter (type = 'VYBER'), count(*) filter (k_symbol = ' ')", "berka") == [(651, 1677)]
    assert berka.rows("district", "count(*) filter (A12 is null), count(*) filter (A15 is null)", "berka") == [(1, 1)]
    assert berka.rows("loan", "count(*) filter (status in ('A', 'C'))", "berka") == [(606,)]


def test_copies_and_another_packing_are_known(berka: Any) -> None:
    before = berka.run(NIGHT, source="berka")
    source = berka.landing / "account.asc.gz"
    shutil.copyfile(source, berka.landing / "account_copy.asc.gz")
    shutil.copyfile(source, berka.landing / "zzz.asc.gz")
    source.rename(berka.landing / "account-old.asc.gz")
    assert berka.run(NIGHT, source="berka").rows == before.rows
    assert sorted(e["file_name"] for e in berka.ledger("status = 'duplicate'")) == [
        "account-old.asc.gz", "account_copy.asc.gz", "zzz.asc.gz"]


def test_a_missing_file_blocks(berka: Any) -> None:
    (berka.landing / "trans_head.asc.gz").unlink()
    (berka.landing / "loan.asc.gz").unlink()
    assert berka.run(NIGHT, source="berka").blocking == ["required file missing: berka trans of 1994-03-30"]


def test_core_views_stay_typed_beside_berka(berka: Any) -> None:
    berka.run(NIGHT, source="berka")
    assert berka.rows("transaction") == []
    ingest.ledger_table(berka.settings, berka.connection)
    assert berka.connection.execute("select count(*) from control.file_ledger").fetchall() == [(8,)]
