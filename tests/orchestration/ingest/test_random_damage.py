"""Files damaged at random: nothing raises, nothing is lost silently, every refusal has a reason."""

import gzip
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

FIRST = date(2024, 1, 1)


def damage(data: bytes, draw: np.random.Generator) -> bytes:
    """One to three random cuts, copies, flips or insertions."""
    for _ in range(draw.integers(1, 4)):
        at, size = int(draw.integers(0, len(data) + 1)), int(draw.integers(1, 40))
        kind = draw.integers(0, 6)
        if kind == 0:
            data = data[:at] + data[at + size:]
        elif kind == 1:
            data = data[:at] + data[at:at + size] + data[at:]
        elif kind == 2:
            data = data[:at] + bytes(draw.integers(0, 256, size, dtype=np.uint8)) + data[at + size:]
        elif kind == 3:
            data = data[:at]
        elif kind == 4:
            data = data[:at] + draw.choice([b'"', b",", b"\n", b"\r", b"\0", b"\xff", b"\xe6\x96"]) + data[at:]
        else:
            data = data.decode("utf-8", "ignore").encode("gb18030")
    return data


def physical_rows(data: bytes) -> int:
    """Lines that are not blank, without the header."""
    if b"\n" not in data:
        data = data.replace(b"\r", b"\n")
    return len([line for line in data.split(b"\n") if line.removesuffix(b"\r")]) - 1


@pytest.mark.parametrize("count", [150, pytest.param(1000, marks=pytest.mark.slow)])
def test_damaged_files_never_lose_a_row_silently(bank: Any, make: Any, count: int) -> None:
    draw, written = np.random.default_rng(count), {}
    for number in range(count):
        day = FIRST + timedelta(days=number)
        text = make.transactions(range(1, 40), day.isoformat()).replace("\nT", f"\nT{number}_")
        data = damage(text.encode(), draw)
        name = f"transaction_{day:%Y%m%d}.csv" + (".gz" if number % 5 == 0 else "")
        bank.put(name, gzip.compress(data, mtime=0) if name.endswith("gz") else data)
        written[name] = data
    result = bank.run(FIRST, FIRST + timedelta(days=count))
    entries = bank.ledger()
    assert {entry["file_name"] for entry in entries} == set(written)
    for entry in entries:
        assert entry["rows_read"] == entry["rows_loaded"] + entry["rows_rejected"]
        assert entry["status"] == "loaded" or entry["reason"]
        if entry["status"] == "loaded":
            assert entry["rows_read"] == physical_rows(written[entry["file_name"]]), entry["file_name"]
    loaded = sum(entry["rows_loaded"] for entry in entries)
    assert bank.rows("transaction", "count(*), count(distinct txn_id)") == [(loaded, loaded)]
    rejected = sum(entry["rows_rejected"] for entry in entries if entry["status"] == "loaded")
    assert len(bank.rejects()) == rejected
    assert {entry["status"] for entry in entries} == {"loaded", "quarantined"}
    assert result.rows["transaction"]["read"] == sum(entry["rows_read"] for entry in entries)
