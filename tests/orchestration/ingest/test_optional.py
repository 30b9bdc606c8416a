"""Optional columns: absent from the header they are null, present they are read, and old raw files show them as null."""

from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.parquet as parquet

from features.state import opened
from orchestration import ingest
from orchestration.ingest import contract

D1, D2 = date(2025, 1, 2), date(2025, 1, 3)


def test_files_with_and_without_optional_columns_load_together(bank: Any, make: Any) -> None:
    bank.put("2025-01-02/transaction_20250102.csv", make.transactions(range(1, 4)))
    header, *lines = make.transactions(range(4, 6), "2025-01-03").splitlines()
    longer = [f"{header},overseas_flag,txn_ccy", f"{lines[0]},1,USD", f"{lines[1]},0,"]
    bank.put("2025-01-03/transaction_20250103.csv", "\n".join(longer) + "\n")
    bank.run(D1, D2)
    assert bank.rows("transaction", "txn_id, overseas_flag, txn_ccy") == [
        ("T1", None, None), ("T2", None, None), ("T3", None, None), ("T4", True, "USD"), ("T5", False, None)]


def test_an_optional_column_in_the_wrong_place_is_swapped(bank: Any, make: Any) -> None:
    header, line = make.transactions(range(1, 2)).splitlines()
    bank.put("2025-01-02/transaction_20250102.csv", f"txn_ccy,{header}\nUSD,{line}\n")
    [(_, reason)] = bank.run().quarantined
    assert reason.startswith("columns swapped: the header is txn_ccy, txn_id")


def test_a_parquet_file_may_lack_them_too(bank: Any, make: Any) -> None:
    header, line = make.transactions(range(1, 2)).splitlines()
    cells = {name: pa.array([value or None], pa.string()) for name, value in zip(header.split(","), line.split(","), strict=True)}
    path = bank.put("2025-01-02/transaction_20250102.parquet", b"")
    parquet.write_table(pa.table(cells | {"txn_ccy": pa.array(["JPY"])}), path)
    bank.run()
    assert bank.rows("transaction", "txn_id, overseas_flag, txn_ccy") == [("T1", None, "JPY")]


def test_raw_files_of_a_shorter_contract_show_nulls_and_are_taken_back(bank: Any, make: Any) -> None:
    """A home that was filled before a column was declared, then corrected."""
    bank.put("2025-01-02/transaction_20250102.csv", make.transactions(range(1, 4)))
    bank.run(D1)
    [raw] = bank.settings.raw.rglob("*.parquet")
    old = parquet.read_table(raw)
    parquet.write_table(old.drop_columns(["overseas_flag", "txn_ccy"]), raw)
    with opened(bank.settings) as state, state.transaction() as connection:
        connection.execute("update ingest_file set contract_hash = 'older'")
    ingest.make_views(bank.settings, bank.connection, D1, D1)
    assert bank.rows("transaction", "txn_id, txn_ccy") == [("T1", None), ("T2", None), ("T3", None)]
    bank.put("2025-01-03/transaction_20250102.v2.csv", make.transactions(range(2, 4)))
    bank.run(D2)
    ingest.make_views(bank.settings, bank.connection, D1, D2)
    assert bank.rows("transaction", "sum(row_sign), count(*)") == [(2, 8)]


def test_only_five_files_are_required() -> None:
    assert {arrival.entity for arrival in contract.load("core").arrivals} == {"customer", "account", "product", "holding", "transaction"}
