"""The same facts give the same store: shuffled, duplicated, run again, as a range, or carried to another folder."""

import csv
import json
import random
import shutil
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from tests.e2e.conftest import Played, approve_all, fresh
from tests.e2e.homes import ask, current, differing_tables, kehu, night_of, nightly, versions


def _shuffled(landing: Path, target: Path, seed: int) -> Path:
    """The landing folder with the rows of its CSV files in another order and copies under other names."""
    shutil.copytree(landing, target)
    chance = random.Random(seed)
    for path in sorted(target.rglob("*.csv")):
        if "truth" in path.parts:
            continue
        _shuffle_rows(path, chance)
        if chance.random() < 0.5:
            _duplicate(path)
    for path in sorted((target / "history").glob("*.parquet")):
        if chance.random() < 0.3:
            shutil.copy(path, path.with_name(path.name.replace(".parquet", ".v1.parquet")))
    return target


def _shuffle_rows(path: Path, chance: random.Random) -> None:
    head, *lines = path.read_bytes().splitlines(keepends=True)
    chance.shuffle(lines)
    path.write_bytes(head + b"".join(lines))


def _duplicate(path: Path) -> None:
    """The same content again: once as `.v1` beside it, once in a sub-folder under its own name."""
    shutil.copy(path, path.with_name(path.name.replace(".csv", ".v1.csv")))
    again = path.parent / "again"
    again.mkdir(exist_ok=True)
    shutil.copy(path, again / path.name)


def test_a_range_over_shuffled_and_duplicated_files_equals_its_nights(bank: Played, tmp_path: Path) -> None:
    """Two samenesses in one home, as a night costs half a minute; the slow form below holds the range apart."""
    landing = _shuffled(bank.landing, tmp_path / "landing", seed=3)
    home = fresh(tmp_path / "home", strategies=bank.strategies)
    nightly(home, landing, night_of(0))
    approve_all(home)
    answer = kehu("backfill", "--from", night_of(1), "--to", night_of(2), "--home", home, "--landing", landing, "--json")
    _assert_same(home, bank.after(2))
    for entity, rows in answer.document["items"][0]["rows"].items():
        assert rows["read"] == rows["loaded"] + rows["rejected"], entity


@pytest.mark.slow
def test_a_range_of_ten_nights_equals_its_nights(bank: Played, tmp_path: Path) -> None:
    home = bank.copy(0, f"{tmp_path.name}-range")
    kehu("backfill", "--from", night_of(1), "--to", night_of(10), "--home", home, "--landing", bank.landing, "--json")
    _assert_same(home, bank.after(10))


def _assert_same(home: Path, nights: Path) -> None:
    """Tables, tag snapshots, lists and checksum of two homes."""
    assert ask(nights, "select count(*) from campaign.list_member where arm = 'contact'") > [(20,)], "no lists to compare"
    assert _history_differences(home, nights) == []
    assert differing_tables(home, nights).keys() <= {"meta.ingest_ledger"}
    assert _lists(home) == _lists(nights)
    assert current(home)["checksum"] == current(nights)["checksum"]


def _lists(home: Path) -> dict[str, list[dict]]:
    """The rows of every frozen list (their files also name the run that made them, which a range has one of)."""
    return {path.name: pq.read_table(path).to_pylist() for path in sorted((home / "state" / "lists").glob("*.parquet"))}


def _history_differences(one: Path, other: Path) -> list[str]:
    """Dates whose tag snapshots, as the build in service knows them, are not equal."""
    maps = [json.loads((h / "published" / current(h)["build_id"] / "build.json").read_text())["history"]
            for h in (one, other)]
    assert maps[0].keys() == maps[1].keys()
    connection = duckdb.connect()
    found = []
    for day in maps[0]:
        files = [f"read_parquet('{h / 'history' / m[day]}')" for h, m in zip((one, other), maps, strict=True)]
        gaps = connection.execute(
            f"select (select count(*) from (select * from {files[0]} except all select * from {files[1]}))"
            f" + (select count(*) from (select * from {files[1]} except all select * from {files[0]}))").fetchall()
        if gaps[0][0]:
            found.append(day)
    return found


def test_the_same_night_again_in_a_home_restored_elsewhere(bank: Played, tmp_path: Path) -> None:
    kehu("backup", tmp_path / "bank.zip", "--home", bank.copy(1, tmp_path.name + "-kept"))
    restored = tmp_path / "elsewhere" / "home"
    kehu("restore", tmp_path / "bank.zip", "--home", restored)
    verified = kehu("store", "verify", "--home", restored, "--json").document["items"]
    assert verified and all(row["is_intact"] for row in verified)
    shutil.rmtree(bank.folder / (tmp_path.name + "-kept"))
    _keep_only_the_date_in_service(restored)
    nightly(restored, bank.landing, night_of(1))
    found = versions(restored)
    assert [v["build_id"] for v in found][-2:] == [f"b{night_of(1):%Y%m%d}-{run}" for run in ("01", "02")]
    assert {v["checksum"] for v in found[-2:]} == {current(bank.after(1))["checksum"]}
    assert _lists(restored) == _lists(bank.after(1))
    _assert_history_goes(restored, [v["build_id"] for v in found][-2:])


def _keep_only_the_date_in_service(home: Path) -> None:
    found = json.loads((home / "kehu.json").read_text())
    found["settings"] |= {"history_days": 1, "history_month_ends": 0}
    (home / "kehu.json").write_text(json.dumps(found))


def _assert_history_goes(home: Path, builds: list[str]) -> None:
    """The later run names only what is kept; what the former one names besides goes with it: all but two nights and models' dates."""
    before, after = (set(json.loads((home / "published" / name / "build.json").read_text())["history"]) for name in builds)
    collected = kehu("store", "gc", "--history", "--keep", 1, "--home", home, "--json").document
    assert set(collected["deleted_dates"]) == before - after != set()
    assert {path.name for path in (home / "history" / "tags").iterdir()} == after
    pinned = {row["as_of_date"] for row in collected["pinned"]}
    assert pinned and after == pinned | {str(night_of(0)), str(night_of(1))}



@pytest.mark.slow
def test_a_restored_home_goes_on(bank: Played, tmp_path: Path) -> None:
    kehu("backup", tmp_path / "bank.zip", "--home", bank.copy(2, tmp_path.name + "-kept"))
    restored = tmp_path / "elsewhere" / "home"
    kehu("restore", tmp_path / "bank.zip", "--home", restored)
    nightly(restored, bank.landing, night_of(3))
    assert current(restored)["checksum"] == current(bank.after(3))["checksum"]


def test_a_corrected_extract_changes_today_not_yesterday(bank: Played, tmp_path: Path) -> None:
    landing = tmp_path / "landing"
    shutil.copytree(bank.landing, landing)
    home = bank.copy(1, tmp_path.name + "-corrected")
    before = current(home)
    customers = _correct(landing / f"{night_of(1)}" / f"holding_{night_of(1):%Y%m%d}.csv", landing / f"{night_of(2)}")
    nightly(home, landing, night_of(2))
    now = current(home)
    verified = {r["build_id"]: r for r in kehu("store", "verify", "--home", home, "--json").document["items"]}
    assert verified[before["build_id"]]["checksum"] == before["checksum"]
    undisturbed = current(bank.after(2))
    assert now["checksum"] != undisturbed["checksum"]
    document = kehu("store", "diff", before["build_id"], now["build_id"], "--home", home, "--table", "tags.customer_tags",
                    "--limit", 100_000, "--json").document
    named = {(i["key"], i["column"]) for i in document["items"]}
    assert {(customer, "aum_cny") for customer in customers} <= named
    assert _tags_then(home, sorted(customers)[0]) == _tags_then(bank.after(1), sorted(customers)[0])


def _tags_then(home: Path, customer: str) -> object:
    """AUM of the corrected day as it was known on that day."""
    return kehu("tags", "get", customer, "--as-of", night_of(1), "--known-at", night_of(1), "--home", home,
                "--json").document["tags"]["aum_cny"]["value"]


def _correct(path: Path, delivery: Path) -> set[str]:
    """Delivers a second version of a file in which three current accounts hold 77,777 more; their customers."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    later = {row["contract_no"] for name in sorted(delivery.glob("holding_*.csv"))
             for row in csv.DictReader(name.open(encoding="utf-8-sig", newline=""))}
    usable = [r for r in rows if r["product_id"].startswith("D") and r["contract_no"] not in later]
    assert len(usable) >= 3
    for row in usable[:3]:
        row["market_value_cny"] = f"{float(row['market_value_cny']) + 77_777:.2f}"
    with (delivery / path.name.replace(".csv", ".v2.csv")).open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return {row["customer_id"] for row in usable[:3]}
