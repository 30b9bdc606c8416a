"""Files follow the contract that the gate declares, in every encoding and format."""

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow.parquet as parquet
import pytest

from features.errors import KehuError
from orchestration.simulator import BankSpec, generate, write_days
from orchestration.simulator.contract import SCHEMAS, SPARSE
from tests.orchestration.simulator.conftest import START
from tests.orchestration.simulator.reading import contents, rows_of


def test_every_night_has_every_entity_with_its_control(bank: Path):
    for day in (5, 9, 14):
        folder = bank / f"2026-01-{day:02d}"
        sent = {p.name.rsplit("_", 1)[0] for p in folder.glob("*.csv")}
        assert set(SCHEMAS) - set(SPARSE) <= sent <= set(SCHEMAS) and sent & set(SPARSE)
        for path in folder.glob("*.csv"):
            control = json.loads(path.with_name(path.name + ".ctl").read_text())
            assert control["rows"] == len(path.read_text().splitlines()) - 1, path.name


def test_control_totals_are_the_sums_of_the_files(bank: Path, con: duckdb.DuckDBPyConnection):
    for path in (bank / "2026-01-07" / "transaction_20260107.csv", bank / "2026-01-07" / "holding_20260107.csv"):
        control = json.loads(path.with_name(path.name + ".ctl").read_text())
        total = con.execute(f"select sum({control['amount_column']}::decimal(18,2)) from read_csv('{path}', all_varchar = true)").fetchone()
        assert total == (Decimal(control["amount_total"]),)


def test_gb18030_holds_the_same_rows_as_utf8(tmp_path: Path):
    for encoding in ("utf-8", "gb18030"):
        write_days(BankSpec(5, 80, START, history_months=1, dirt=False, encoding=encoding), tmp_path / encoding, START, START)
    utf, gb = contents(tmp_path / "utf-8"), contents(tmp_path / "gb18030")
    assert {name: data.decode() for name, data in utf.items()} == {name: data.decode("gb18030") for name, data in gb.items()}
    assert utf["2026-01-05/product_20260105.csv"] != gb["2026-01-05/product_20260105.csv"]


def test_parquet_holds_the_same_rows_as_csv(tmp_path: Path, con: duckdb.DuckDBPyConnection):
    for form in ("csv", "parquet"):
        write_days(BankSpec(5, 150, START, history_months=0, dirt=False, format=form), tmp_path / form, START, START)
    for entity in ("transaction", "holding", "product", "customer", "consent", "app_event"):
        text = con.sql(f"select * from {rows_of(con, tmp_path / 'csv', entity)}").to_arrow_table()
        binary = parquet.read_table(tmp_path / "parquet" / "2026-01-05" / f"{entity}_20260105.parquet")
        assert text.cast(SCHEMAS[entity]).to_pylist() == binary.cast(SCHEMAS[entity]).to_pylist(), entity
        assert binary.num_rows > 0, entity


def test_generate_counts_what_it_wrote(tmp_path: Path):
    told = generate(tmp_path, 100, START, 2, 5, history_months=1)
    controls = [json.loads(p.read_text())["rows"] for p in tmp_path.rglob("*.ctl")]
    assert told == {"files": len(controls), "rows": sum(controls)}
    assert (tmp_path / "truth" / "customer.parquet").is_file() and not list((tmp_path / "truth").rglob("*.ctl"))


def test_exactly_the_wanted_customers_are_on_the_books_at_the_start(bank: Path, con: duckdb.DuckDBPyConnection):
    known = con.execute(f"select count(distinct customer_id) filter (where open_date < '{START}') from {rows_of(con, bank, 'customer')}").fetchone()
    assert known == (600,)


@pytest.mark.parametrize("wrong", [{"customers": 0}, {"encoding": "big5"}, {"format": "xml"}, {"history_months": -1}, {"effects": "huge"}])
def test_a_bank_that_cannot_be_is_refused(wrong: dict[str, object]):
    with pytest.raises(KehuError):
        BankSpec(**{"seed": 1, "customers": 10, "start": START, **wrong})  # type: ignore[arg-type]


def test_nights_before_the_start_are_refused(clean: BankSpec, tmp_path: Path):
    with pytest.raises(KehuError, match="starts on 2026-01-05"):
        write_days(clean, tmp_path, date(2026, 1, 4), date(2026, 1, 6))


def test_a_bank_without_history_sends_its_state_in_the_first_night(tmp_path: Path):
    generate(tmp_path, 60, START, 2, 5, history_months=0, dirt=False)
    first, second = (len((tmp_path / f"2026-01-{d:02d}" / f"customer_202601{d:02d}.csv").read_text().splitlines()) - 1 for d in (5, 6))
    assert first >= 60 and second < 5 and not (tmp_path / "history").exists()
