"""A home with a landing folder that tests fill by hand."""

import gzip
import json
import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from features import settings as homes
from features import warehouse
from features.settings import Settings
from features.state import opened
from orchestration import ingest
from orchestration.ingest import contract
from orchestration.ingest.run import IngestResult

DAY = date(2025, 1, 2)


class Bank:
    """One home, one landing folder, one connection."""

    def __init__(self, folder: Path) -> None:
        self.settings: Settings = homes.init(folder / "home")
        self.landing = folder / "landing"
        self.landing.mkdir()
        self.connection = warehouse.memory()

    def put(self, name: str, data: bytes | str, control: dict[str, Any] | bytes | None = None) -> Path:
        """Lands a file, gzipped where the name says so."""
        path = self.landing / name
        path.parent.mkdir(parents=True, exist_ok=True)
        content = data.encode() if isinstance(data, str) else data
        path.write_bytes(gzip.compress(content, mtime=0) if name.endswith(".gz") and not content.startswith(b"\x1f") else content)
        if control is not None:
            text = control if isinstance(control, bytes) else json.dumps(control).encode()
            path.with_name(path.name + ".ctl").write_bytes(text)
        return path

    def run(self, first: date = DAY, last: date | None = None, source: str = "core") -> IngestResult:
        """Ingests, shows the raw views of the range and notes the night as published."""
        last = last or first
        result = ingest.run(self.settings, source, self.landing, first, last, self.connection)
        self.night(last, "published")
        ingest.make_views(self.settings, self.connection, result.load_from_date, last)
        return result

    def rows(self, entity: str, columns: str = "*", source: str = "core") -> list[tuple[Any, ...]]:
        return self.connection.execute(f"select {columns} from raw.{source}_{entity} order by all").fetchall()

    def ledger(self, where: str = "true") -> list[dict[str, Any]]:
        with opened(self.settings) as state:
            return state.rows(f"select * from ingest_file where {where} order by night, entity, file_name")

    def rejects(self) -> list[dict[str, Any]]:
        with opened(self.settings) as state:
            return state.rows("select * from ingest_reject order by entity, line_no")

    def night(self, day: date, status: str) -> None:
        """Notes how a night ended, as the conductor does."""
        with opened(self.settings) as state:
            state.insert("night", {
                "to_date": day, "from_date": day, "load_from_date": day, "decision_dates": [], "status": status,
                "updated_at": "2025-01-01T00:00:00+00:00"}, replace=True)


@pytest.fixture
def bank(tmp_path: Path) -> Iterator[Bank]:
    found = Bank(tmp_path)
    yield found
    found.connection.close()


HEADERS = {entity.name: ",".join(entity.names_with(())) for entity in contract.load("core").entities}


def transaction(number: int, day: str = "2025-01-02", **changed: str) -> str:
    """One good transaction line; `changed` replaces columns."""
    row = {
        "txn_id": f"T{number}", "account_id": f"A{number % 7}", "customer_id": f"C{number % 7}",
        "ts": f"{day} 10:{number % 60:02d}:00", "amount_cny": f"{number}.50", "dr_cr": "D", "txn_code": "consume",
        "channel_id": "pos", "counterparty_type": "merchant", "counterparty_id": "M1", "mcc": "5411",
        "merchant_id": "M1", "memo_class": "超市", "reversal_of": "", **changed,
    }
    return ",".join(row[name] for name in HEADERS["transaction"].split(","))


def transactions(numbers: range, day: str = "2025-01-02", **changed: str) -> str:
    lines = [HEADERS["transaction"], *(transaction(n, day, **changed) for n in numbers)]
    return "\n".join(lines) + "\n"


def holdings(day: str, values: dict[str, str]) -> str:
    lines = [f"{contract_no},{day},C1,P1,{value},,2024-01-01,,0" for contract_no, value in values.items()]
    return "\n".join([HEADERS["holding"], *lines]) + "\n"


@pytest.fixture
def make() -> Any:
    """The line makers, for test modules (they are no package)."""
    class Make:
        headers = HEADERS
        day = DAY
        transaction = staticmethod(transaction)
        transactions = staticmethod(transactions)
        holdings = staticmethod(holdings)
        data = Path(os.environ.get("KEHU_DATA", Path(__file__).resolve().parents[3].parent / "shared" / "data"))
    return Make
