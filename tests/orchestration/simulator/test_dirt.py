"""Dirt is added to good rows, and the ledger says what a right reader makes of it."""

import json
from datetime import date
from pathlib import Path

import duckdb
import pytest

from orchestration.simulator import BankSpec, write_days
from orchestration.simulator.contract import SCHEMAS
from orchestration.simulator.dirt import MALFORMED, ROW_ENTITIES, soil
from orchestration.simulator.streams import Streams
from tests.orchestration.simulator.conftest import START
from tests.orchestration.simulator.reading import rows_of

LAST = date(2026, 1, 25)


@pytest.fixture(scope="module")
def banks(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """(clean, dirty) nights of the same bank."""
    folders = []
    for dirty in (False, True):
        out = tmp_path_factory.mktemp("dirty" if dirty else "clean")
        write_days(BankSpec(5, 2500, START, history_months=1, dirt=dirty), out, START, LAST)
        folders.append(out)
    return folders[0], folders[1]


def ledger(out: Path) -> list[dict[str, object]]:
    return [entry for page in sorted((out / "truth" / "ledger").glob("*.json")) for entry in json.loads(page.read_text())]


def test_the_ledger_adds_up_with_the_files(banks: tuple[Path, Path]):
    entries = ledger(banks[1])
    for entry in entries:
        path = banks[1] / str(entry["file"])
        if path.suffix == ".csv":
            assert len(path.read_bytes().rstrip(b"\n").split(b"\n")) - 1 == entry["read"], path.name
        if entry["problem"] is None:
            assert entry["read"] == entry["loaded"] + sum(entry["rejected"].values())  # type: ignore[operator,attr-defined]
    assert {e["problem"] for e in entries} == {None, "wrong_header", "short_of_control_count", "resent"}


def test_bad_rows_come_at_their_rates(banks: tuple[Path, Path]):
    counts: dict[str, int] = {}
    good = 0
    for entry in ledger(banks[1]):
        if entry["entity"] in ("transaction", "app_event", "holding", "card"):
            good += int(entry["loaded"])  # type: ignore[call-overload]
            for kind, number in entry["rejected"].items():  # type: ignore[attr-defined]
                counts[kind] = counts.get(kind, 0) + number
    assert 0.6 < counts.pop("exact_duplicate") / (0.0005 * good) < 1.4
    assert counts.pop("same_key_other_content") >= 1
    assert counts and set(counts) <= set(MALFORMED)


@pytest.mark.parametrize("entity", ROW_ENTITIES)
def test_bad_rows_are_added_behind_the_good_ones(entity: str):
    names = SCHEMAS[entity].names
    good = [",".join(f"{name[:3]}{i}" if not name.endswith("_cny") else "12.50" for name in names) for i in range(60000)]
    soiled = soil(Streams(1), entity, 20500, ("\n".join([",".join(names), *good]) + "\n").encode())
    lines = soiled.data.decode().rstrip("\n").split("\n")
    assert lines[1:60001] == good and len(lines) - 60001 == sum(soiled.added.values())
    assert set(soiled.added) == {*MALFORMED, "exact_duplicate", "same_key_other_content"}
    bad = lines[60001:]
    assert sum(line in set(good) for line in bad) == soiled.added["exact_duplicate"]
    assert sum(line.count(",") == len(names) - 2 for line in bad) == soiled.added["missing_column"]
    assert sum("\x01" in line for line in bad) == soiled.added["control_character"]


def _good(con: duckdb.DuckDBPyConnection, out: Path, entity: str) -> str:
    """Distinct keyed rows of whole files; malformed rows carry ids that begin with z."""
    files = [str(out / str(e["file"])) for e in ledger(out) if e["entity"] == entity and e["problem"] is None]
    wrong = {f.replace(".v2.csv", ".csv").split("/")[-1] for f in files if f.endswith(".v2.csv")}
    kept = [f for f in files if f.split("/")[-1] not in wrong]
    key = {"transaction": "txn_id", "app_event": "event_id"}[entity]
    con.execute(f"create or replace table good_{entity} as select * from read_csv({kept}, all_varchar = true, header = true, "
                f"null_padding = true) where {key} not like 'z%'")
    return f"good_{entity}"


def test_no_good_row_is_lost_or_changed(banks: tuple[Path, Path], con: duckdb.DuckDBPyConnection):
    """Every clean row that is not still on its way is there; the rest are added duplicates or other contents."""
    for entity, key in (("transaction", "txn_id"), ("app_event", "event_id")):
        dirty = _good(con, banks[1], entity)
        clean = f"(select {key}, ts from {rows_of(con, banks[0], entity)} where ts < '{LAST}'::date - 3)"
        lost = con.execute(f"select count(*) from {clean} as a anti join {dirty} as b on a.{key} = b.{key} and a.ts = b.ts::timestamp").fetchone()
        invented = con.execute(f"select count(*) from {dirty} as a anti join {rows_of(con, banks[0], entity)} as b using ({key})").fetchone()
        assert lost == (0,) and invented == (0,), entity


def test_some_rows_come_up_to_three_days_late(banks: tuple[Path, Path], con: duckdb.DuckDBPyConnection):
    lags = con.execute(f"""
        select date_diff('day', ts::date, strptime(regexp_extract(filename, '(\\d{{8}})[^/]*$', 1), '%Y%m%d')::date) as lag, count(*)
        from read_csv('{banks[1]}/20*/transaction_????????.csv', all_varchar = true, filename = true, null_padding = true)
        where txn_id not like 'z%' group by lag order by lag""").fetchall()
    total, late = sum(n for _, n in lags), sum(n for lag, n in lags if lag > 0)
    assert [lag for lag, _ in lags] == [0, 1, 2, 3] and 0.001 < late / total < 0.003


def test_the_corrected_file_differs_in_half_a_percent(banks: tuple[Path, Path], con: duckdb.DuckDBPyConnection):
    first, second = banks[1] / "2026-01-10" / "transaction_20260110.csv", banks[1] / "2026-01-11" / "transaction_20260110.v2.csv"
    found = con.execute(f"""
        select count(*), count(*) filter (where a.amount_cny::decimal(18,2) <> b.amount_cny::decimal(18,2))
        from (select distinct * from read_csv('{first}', all_varchar = true, null_padding = true)) as a
        join read_csv('{second}', all_varchar = true) as b using (txn_id)""").fetchone()
    assert found is not None and 0.001 < found[1] / found[0] < 0.012


def test_special_files_are_what_they_say(banks: tuple[Path, Path]):
    out = banks[1]
    assert b"\r\n" in (out / "2026-01-07" / "account_20260107.csv").read_bytes()
    assert (out / "2026-01-16" / "card_20260116.csv").read_bytes().startswith(b"dt,card_id")
    assert (out / "2026-01-17" / "card_20260116.csv").read_bytes().startswith(b"card_id,dt")
    assert (out / "2026-01-14" / "loan_20260113.v1.csv.gz").is_file()
