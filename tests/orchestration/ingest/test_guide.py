"""The guide "bring your own bank", step by step, with the files as it prints them."""

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from orchestration import ingest
from orchestration.ingest import contract

GUIDE = Path(__file__).resolve().parents[3] / "docs" / "guides" / "bring-your-own-bank.md"
BLOCK = re.compile(r"^```\w+ (file|expect)=(\S+)(?: encoding=(\S+))?\n(.*?)^```$", re.M | re.S)
NIGHT, NEXT = date(2026, 6, 30), date(2026, 7, 1)


@pytest.fixture
def blocks(bank: Any) -> dict[str, str]:
    """The guide's blocks by name; landing files are put where it says."""
    found = {}
    for kind, name, encoding, text in BLOCK.findall(GUIDE.read_text(encoding="utf-8")):
        found[name] = text
        if kind == "file" and name.startswith("landing/"):
            bank.put(name.removeprefix("landing/"), text.encode(encoding or "utf-8"))
    return found


@pytest.fixture
def rural(blocks: dict[str, str], tmp_path: Path, monkeypatch: Any) -> Iterator[None]:
    for name, text in blocks.items():
        if name.startswith("sources/"):
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    monkeypatch.setattr(contract, "SOURCES", tmp_path / "sources")
    contract.load.cache_clear()
    yield
    contract.load.cache_clear()


def test_the_first_night_rejects_one_row(bank: Any, blocks: dict[str, str]) -> None:
    result = bank.run(NIGHT)
    assert result.rows["transaction"] == {"read": 3, "loaded": 2, "rejected": 1}
    [rejects] = bank.settings.quarantine.glob("core/2026-06-30/*_transaction_20260630.csv.rejects.csv")
    assert rejects.read_text(encoding="utf-8") == blocks["rejects"]


def test_a_wrong_control_file_refuses_the_file(bank: Any, blocks: dict[str, str]) -> None:
    bank.put("2026-06-30/transaction_20260630.csv.ctl", '{"rows": 4}')
    assert ("2026-06-30/transaction_20260630.csv", "the control file promises 4 rows, the file has 3") in bank.run(
        NIGHT).quarantined


def test_the_corrected_file_takes_back_and_adds(bank: Any, blocks: dict[str, str]) -> None:
    bank.run(NIGHT)
    before = bank.rows("transaction")
    bank.run(NEXT)
    ingest.make_views(bank.settings, bank.connection, NIGHT, NEXT)
    assert bank.rows("transaction", "sum(amount_cny * row_sign), sum(row_sign)") == [(Decimal("3175.00"), 3)]
    ingest.make_views(bank.settings, bank.connection, NIGHT, NIGHT)
    assert bank.rows("transaction") == before


def test_a_source_of_ones_own(bank: Any, blocks: dict[str, str], rural: None) -> None:
    result = bank.run(NIGHT, source="rural")
    assert result.rows == {"khxx": {"read": 2, "loaded": 2, "rejected": 0}}
    assert result.blocking == []
    assert bank.rows("khxx", "khh, rq, xb, khrq, zcye, known_at", "rural") == [
        ("K001", NIGHT, "1", date(2019, 3, 11), Decimal("5200.00"), NIGHT),
        ("K002", NIGHT, "2", date(2012, 8, 1), None, NIGHT)]
    staged = bank.connection.execute(blocks["stg_rural__khxx.sql"] + " order by customer_id").fetchall()
    assert staged[0] == ("K001", "M", date(2019, 3, 11), NIGHT, False, NIGHT)


def test_its_required_file_blocks_when_absent(bank: Any, blocks: dict[str, str], rural: None) -> None:
    bank.run(NIGHT, source="rural")
    assert bank.run(NEXT, source="rural").blocking == ["required file missing: rural khxx of 2026-07-01"]
