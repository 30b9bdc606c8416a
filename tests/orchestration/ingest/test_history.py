"""Copies, late rows, corrected files, knowledge time, and runs that were killed."""

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from features.errors import KehuError
from orchestration import ingest
from orchestration.ingest import contract, raw

D1, D2, D3 = date(2025, 1, 2), date(2025, 1, 3), date(2025, 1, 4)


def raw_bytes(bank: Any) -> dict[str, bytes]:
    folder = bank.settings.raw
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*.parquet"))}


def test_the_same_night_twice_changes_nothing(bank: Any, make: Any) -> None:
    bank.put("2025-01-02/transaction_20250102.csv", make.transactions(range(1, 11)))
    first = bank.run()
    before, rows = raw_bytes(bank), bank.rows("transaction")
    assert bank.run() == first
    assert raw_bytes(bank) == before
    assert bank.rows("transaction") == rows


def test_copies_under_other_names_load_nothing(bank: Any, make: Any) -> None:
    data = make.transactions(range(1, 11))
    original = bank.put("2025-01-02/transaction_20250102.csv", data)
    bank.run()
    before = bank.rows("transaction")
    bank.put("2025-01-02/transaction_20250102.csv.gz", data)
    bank.put("transaction_20241231.csv", data)
    bank.put("copy of transaction.csv", data)
    original.unlink()
    result = bank.run()
    assert bank.rows("transaction") == before
    assert [e["reason"] for e in bank.ledger("status = 'duplicate'")] == [
        "same content as 2025-01-02/transaction_20250102.csv"] * 3
    assert result.rows["transaction"] == {"read": 10, "loaded": 10, "rejected": 0}
    assert result.quarantined == []


def test_shuffled_and_copied_landing_gives_the_same_bytes(bank: Any, make: Any, tmp_path: Path) -> None:
    other = type(bank)(tmp_path / "other")
    for n, day in enumerate(("2025-01-02", "2025-01-03")):
        name = f"transaction_{day.replace('-', '')}.csv"
        data = make.transactions(range(10 * n + 1, 10 * n + 11), day)
        bank.put(f"{day}/{name}", data)
        other.put(f"{day}/x copy.csv", data)
        other.put(f"{day}/{name}.gz", data)
    bank.run(D1, D2)
    other.run(D1, D2)
    assert raw_bytes(bank) == raw_bytes(other) != {}
    other.connection.close()


def test_two_files_in_one_run_with_the_same_rows_load_once(bank: Any, make: Any) -> None:
    bank.put("2025-01-02/transaction_20250102.csv", make.transactions(range(1, 41)))
    bank.put("2025-01-03/transaction_20250103.csv", make.transactions(range(31, 71)))
    result = bank.run(D1, D2)
    assert result.rows["transaction"] == {"read": 80, "loaded": 70, "rejected": 10}
    assert {r["reason"] for r in bank.rejects()} == {"duplicate key: same row as line 32"} | {
        f"duplicate key: same row as line {n}" for n in range(33, 42)}


def test_a_key_of_an_earlier_night_is_rejected(bank: Any, make: Any) -> None:
    bank.put("2025-01-02/transaction_20250102.csv", make.transactions(range(1, 41)))
    bank.run(D1)
    lines = make.transactions(range(41, 81), "2025-01-03") + make.transaction(7) + "\n"
    bank.put("2025-01-03/transaction_20250103.csv", lines)
    result = bank.run(D2)
    assert result.rows["transaction"] == {"read": 41, "loaded": 40, "rejected": 1}
    assert [r["reason"] for r in bank.rejects()] == ["duplicate key: an earlier file has this key"]
    assert bank.rejects()[0]["raw_text"] == make.transaction(7)


def test_late_rows_go_to_their_own_date_and_are_known_later(bank: Any, make: Any) -> None:
    bank.put("2025-01-02/transaction_20250102.csv", make.transactions(range(1, 4)))
    bank.run(D1)
    late = make.transactions(range(4, 6), "2025-01-03") + make.transaction(9, "2025-01-02") + "\n"
    bank.put("2025-01-03/transaction_20250103.csv", late)
    bank.run(D2)
    assert bank.rows("transaction", "txn_id, cast(ts as date), known_at, is_known_assumed") == [
        ("T4", D2, D2, False), ("T5", D2, D2, False), ("T9", D1, D2, False)]


def test_a_file_that_comes_late_is_known_when_it_comes(bank: Any, make: Any) -> None:
    bank.put("2025-01-02/transaction_20250102.csv", make.transactions(range(1, 4)))
    bank.run(D1)
    bank.put("transaction_20250102.v2.csv", make.transactions(range(1, 4), amount_cny="9.00"))
    bank.run(D3)
    assert {row[0] for row in bank.rows("transaction", "known_at")} == {D3}


def test_a_first_history_load_assumes_its_knowledge_time(bank: Any, make: Any) -> None:
    old = make.transactions(range(1, 4), "2024-11-05")
    bank.put("history/transaction_20241101_20241130.csv", old)
    bank.put("2025-01-02/transaction_20250102.csv",
             make.transactions(range(4, 6)) + make.transaction(8, "2025-01-01") + "\n" + make.transaction(9, "2025-02-01") + "\n")
    result = bank.run()
    assert result.load_from_date == date(2024, 11, 5)
    assert bank.rows("transaction", "txn_id, known_at, is_known_assumed") == [
        ("T1", date(2024, 11, 5), True), ("T2", date(2024, 11, 5), True), ("T3", date(2024, 11, 5), True),
        ("T4", D1, False), ("T5", D1, False), ("T8", date(2025, 1, 1), True)]
    later = date(2025, 2, 1)
    ingest.make_views(bank.settings, bank.connection, later, later)
    assert bank.rows("transaction", "txn_id, known_at, is_known_assumed") == [("T9", later, True)]


def test_a_range_equals_its_nights(bank: Any, make: Any, tmp_path: Path) -> None:
    nights = type(bank)(tmp_path / "nights")
    for home in (bank, nights):
        home.put("history/transaction_20241101_20241130.csv", make.transactions(range(1, 4), "2024-11-05"))
        home.put("2025-01-02/transaction_20250102.csv", make.transactions(range(10, 14)))
        home.put("2025-01-03/transaction_20250103.csv", make.transactions(range(20, 24), "2025-01-03")
                 + make.transaction(29, "2025-01-01") + "\n" + make.transaction(11) + "\n")
        home.put("2025-01-03/transaction_20250102.v2.csv", make.transactions(range(10, 13), amount_cny="1.00"))
        home.put("2025-01-04/transaction_20250104.csv", make.transactions(range(30, 34), "2025-01-04"))
        for label, value in (("2025-01-02", "5.00"), ("2025-01-03", "6.00"), ("2025-01-04", "7.00")):
            home.put(f"{label}/holding_{label.replace('-', '')}.csv", make.holdings(label, {"H1": value}))
    bank.run(D1, D3)
    for day in (D1, D2, D3):
        nights.run(day)
    ingest.make_views(nights.settings, nights.connection, date(2024, 11, 1), D3)
    for entity in ("transaction", "holding"):
        assert bank.rows(entity) == nights.rows(entity) != []
    nights.connection.close()


def test_a_corrected_file_retracts_and_adds(bank: Any, make: Any) -> None:
    bank.put("2025-01-02/transaction_20250102.csv", make.transactions(range(1, 5)))
    bank.run(D1)
    changed = make.transactions(range(1, 4)).replace("2.50", "7.50")
    bank.put("2025-01-03/transaction_20250102.v2.csv", changed)
    bank.run(D2)
    assert bank.rows("transaction", "txn_id, amount_cny, row_sign, known_at") == sorted(
        [(f"T{n}", _money(n), -1, D2) for n in range(1, 5)] + [("T1", _money(1), 1, D2), ("T3", _money(3), 1, D2),
                                                               ("T2", _money(7), 1, D2)])
    ingest.make_views(bank.settings, bank.connection, D1, D2)
    assert bank.rows("transaction", "sum(amount_cny * row_sign)") == [(_money(1) + _money(7) + _money(3),)]
    assert [e["file_version"] for e in bank.ledger()] == [1, 2]


def _money(whole: int) -> Any:
    from decimal import Decimal
    return Decimal(f"{whole}.50")


def test_a_return_to_the_first_version_is_a_third(bank: Any, make: Any) -> None:
    first = make.transactions(range(1, 5))
    bank.put("2025-01-02/transaction_20250102.csv", first)
    bank.run(D1)
    bank.put("2025-01-03/transaction_20250102.v2.csv", first.replace("2.50", "7.50"))
    bank.run(D2)
    bank.put("2025-01-04/transaction_20250102.v3.csv", first)
    bank.run(D3)
    ingest.make_views(bank.settings, bank.connection, D1, D3)
    assert bank.rows("transaction", "sum(amount_cny * row_sign), sum(row_sign)") == [(_money(1) + _money(2) + _money(3) + _money(4), 4)]
    bank.put("2025-01-04/old copy.csv", first)
    assert bank.run(D3).quarantined == []
    assert bank.ledger("status = 'duplicate'")[0]["file_name"] == "2025-01-04/old copy.csv"


def test_both_versions_in_one_run_load_in_order(bank: Any, make: Any) -> None:
    bank.put("2025-01-02/transaction_20250102.v2.csv", make.transactions(range(1, 5), amount_cny="2.00"))
    bank.put("2025-01-02/transaction_20250102.csv", make.transactions(range(1, 5)))
    bank.run()
    assert bank.rows("transaction", "sum(row_sign), count(*), sum(amount_cny * row_sign)") == [(4, 12, _money(7) + _money(0))]
    assert [(e["file_version"], e["rows_loaded"]) for e in bank.ledger()] == [(1, 4), (2, 4)]


def test_an_older_version_that_comes_after_a_newer_one_is_refused(bank: Any, make: Any) -> None:
    bank.put("2025-01-02/transaction_20250102.v3.csv", make.transactions(range(1, 5)))
    bank.run(D1)
    bank.put("2025-01-02/transaction_20250102.v2.csv", make.transactions(range(1, 5), amount_cny="1.00"))
    [(_, reason)] = bank.run(D1).quarantined
    assert reason.startswith("version 3 (2025-01-02/transaction_20250102.v3.csv) is loaded already")


def test_changed_content_under_the_old_name_is_a_new_version(bank: Any, make: Any) -> None:
    bank.put("transaction_20250102.csv", make.transactions(range(1, 5)))
    bank.run(D1)
    bank.put("transaction_20250102.csv", make.transactions(range(1, 6)))
    bank.run(D2)
    ingest.make_views(bank.settings, bank.connection, D1, D2)
    assert bank.rows("transaction", "sum(row_sign)") == [(5,)]
    assert [e["file_version"] for e in bank.ledger()] == [1, 2]


def test_a_snapshot_corrected_on_its_own_night_shows_one_row(bank: Any, make: Any) -> None:
    bank.put("2025-01-02/holding_20250102.csv", make.holdings("2025-01-02", {"H1": "1.00", "H2": "2.00"}))
    bank.put("2025-01-02/holding_20250102.v2.csv", make.holdings("2025-01-02", {"H1": "5.00", "H2": "2.00"}))
    bank.run()
    assert bank.rows("holding", "contract_no, cast(market_value_cny as varchar), row_sign") == [
        ("H1", "5.00", 1), ("H2", "2.00", 1)]


def test_a_good_copy_loads_after_a_bad_one(bank: Any, make: Any) -> None:
    good = make.transactions(range(1, 5))
    bank.put("2025-01-02/holding_20250102.csv", make.holdings("2025-01-02", {"H1": "1.00"}))
    bank.put("2025-01-02/transaction_20250102.csv", good.replace("amount_cny", "amount"))
    [(name, reason)] = bank.run(D1).quarantined
    kept = list(bank.settings.quarantine.rglob("*transaction_20250102.csv"))
    assert [path.read_text() for path in kept] == [good.replace("amount_cny", "amount")]
    assert reason in kept[0].with_name(kept[0].name + ".reason.txt").read_text()
    bank.put("2025-01-03/transaction_20250102.csv", good)
    result = bank.run(D2)
    assert result.rows["transaction"]["loaded"] == 4
    assert {row[0] for row in bank.rows("transaction", "known_at")} == {D2}
    assert result.quarantined == []


def test_gb18030_and_utf8_give_the_same_rows(bank: Any, make: Any, tmp_path: Path) -> None:
    other = type(bank)(tmp_path / "other")
    text = make.transactions(range(1, 30)).replace("超市", "镕㐀𠀀€")
    bank.put("transaction_20250102.csv", text.encode("utf-8"))
    other.put("transaction_20250102.csv", text.encode("gb18030"))
    bank.run()
    other.run()
    columns = "* exclude (file_id)"
    assert bank.rows("transaction", columns) == other.rows("transaction", columns) != []
    other.connection.close()


@pytest.mark.parametrize("written", [0, 1, 2])
def test_a_killed_run_leaves_nothing_behind(bank: Any, make: Any, monkeypatch: Any, written: int) -> None:
    """The process dies after some raw files were renamed, before the ledger was written."""
    for day in ("2025-01-01", "2025-01-02"):
        bank.put(f"{day}/transaction_{day.replace('-', '')}.csv", make.transactions(range(1, 30), day).replace("T", day))
    write: Callable[..., Any] = raw.write
    calls: list[int] = []

    def dying(*arguments: Any) -> Any:
        if len(calls) == written:
            raise KeyboardInterrupt
        calls.append(1)
        return write(*arguments)

    monkeypatch.setattr(raw, "write", dying)
    if written < 2:
        with pytest.raises(KeyboardInterrupt):
            bank.run()
        assert len(raw_bytes(bank)) == written
        assert bank.ledger() == []
    stray = bank.settings.raw / "core" / "transaction" / "2025-01-01_feedfeedfeedfeed.parquet"
    stray.parent.mkdir(parents=True, exist_ok=True)
    stray.write_bytes(b"left behind")
    monkeypatch.setattr(raw, "write", write)
    bank.run()
    assert not stray.exists()
    assert sorted(raw_bytes(bank)) == sorted(e["raw_path"].removeprefix("raw/") for e in bank.ledger())
    assert bank.rows("transaction", "count(*), count(distinct txn_id)") == [(58, 58)]


def test_files_of_a_night_that_was_never_built_are_still_to_load(bank: Any, make: Any) -> None:
    bank.put("2025-01-02/transaction_20250102.csv", make.transactions(range(1, 5)))
    bank.run(D1)
    bank.night(D1, "failed")
    bank.put("2025-01-03/transaction_20250103.csv", make.transactions(range(11, 15), "2025-01-03"))
    assert bank.run(D2).load_from_date == D1
    bank.night(D1, "published")
    assert bank.run(D2).load_from_date == D2


def test_files_of_later_days_and_the_truth_are_left_alone(bank: Any, make: Any) -> None:
    bank.put("2025-01-03/transaction_20250103.csv", make.transactions(range(1, 5)))
    bank.put("truth/transaction_20250102.csv", make.transactions(range(5, 9)))
    bank.put("README.md", "no extract")
    assert bank.run(D1).files == []
    assert bank.ledger() == []


def test_views_are_typed_where_nothing_was_loaded(bank: Any) -> None:
    ingest.make_views(bank.settings, bank.connection, D1, D1)
    found = dict(bank.connection.execute("select column_name, data_type from information_schema.columns"
                                         " where table_name = 'core_transaction'").fetchall())
    assert bank.rows("transaction") == []
    assert (found["amount_cny"], found["ts"], found["known_at"], found["row_sign"]) == ("DECIMAL(18,2)", "TIMESTAMP", "DATE", "TINYINT")


def test_a_declaration_that_grew_still_reads_old_files(
    bank: Any, make: Any, monkeypatch: Any, tmp_path: Path, request: Any
) -> None:
    bank.put("2025-01-02/transaction_20250102.csv", make.transactions(range(1, 5)))
    bank.run(D1)
    monkeypatch.setattr(contract, "SOURCES", Path(shutil.copytree(contract.SOURCES, tmp_path / "sources")))
    declaration = contract.SOURCES / "core" / "transaction.yml"
    declaration.write_text(declaration.read_text() + "  terminal_id: {type: id}\n")
    contract.load.cache_clear()
    request.addfinalizer(contract.load.cache_clear)
    text = make.transactions(range(5, 9), "2025-01-03").replace("\n", ",X9\n").replace("reversal_of,X9", "reversal_of,terminal_id")
    bank.put("2025-01-03/transaction_20250103.csv", text)
    assert bank.run(D2).quarantined == []
    ingest.make_views(bank.settings, bank.connection, D1, D2)
    assert bank.rows("transaction", "txn_id, terminal_id") == [
        (f"T{n}", "X9" if n > 4 else None) for n in range(1, 9)]


def test_the_ledger_table_adds_up(bank: Any, make: Any) -> None:
    bank.put("transaction_20250102.csv", make.transactions(range(1, 5)) + "broken\n")
    bank.put("account_20250102.csv", "x\n")
    bank.run()
    ingest.ledger_table(bank.settings, bank.connection)
    assert bank.connection.execute(
        "select entity, status, rows_read, rows_loaded, rows_rejected, delivery_date from control.file_ledger order by all"
    ).fetchall() == [("account", "quarantined", 0, 0, 0, D1), ("transaction", "loaded", 5, 4, 1, D1)]


def test_wrong_use_is_said_in_one_line(bank: Any, tmp_path: Path) -> None:
    with pytest.raises(KehuError, match="source 'nowhere' is not declared"):
        ingest.check_source("nowhere")
    with pytest.raises(KehuError, match="does not exist"):
        ingest.run(bank.settings, "core", tmp_path / "none", D1, D1, bank.connection)
    with pytest.raises(KehuError, match="ends before it begins"):
        ingest.run(bank.settings, "core", bank.landing, D2, D1, bank.connection)
