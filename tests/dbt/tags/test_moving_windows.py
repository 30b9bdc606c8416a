"""The transaction windows that a night moves on equal those summed anew, whatever was corrected, late, or run again."""

import random
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
import tag_project

START, SELECT = date(2026, 3, 1), "tag_input__transaction"
KINDS = {"initiated": 1.0, "external_credit": 0.4, "external_debit": 0.4, "salary": 0.1, "pension": 0.05, "card_spend": 0.5,
         "education": 0.1, "securities": 0.05, "receipt": 0.1, "cross_border": 0.03, "dividend": 0.02}


def _rows(seed: int, customers: int = 60, count: int = 4000) -> list[dict[str, object]]:
    """Transactions of 430 days: most known at once, some days late, some taken back on the same or on a later day."""
    draw = random.Random(seed)
    columns = set(tag_project.contracts()["fct_transaction_measure"])
    rows: list[dict[str, object]] = []
    for _ in range(count):
        owner = draw.choice((draw.randrange(customers), draw.randrange(6)))
        day = START - timedelta(days=draw.randrange(-30, 400))
        values: dict[str, object] = {}
        for kind, chance in KINDS.items():
            if draw.random() < chance:
                values |= {f"{kind}_count": 1, f"{kind}_amount": Decimal(draw.randrange(1, 999999)) / 100}
        full = {name: values.get(name, 0) for name in columns if name.endswith(("_count", "_amount"))} | {"txn_count": 1}
        known = day + timedelta(days=draw.choice((0,) * 12 + (1, 2, 20, 150)))
        rows.append({"customer_id": f"c{owner:03d}", "txn_date": day, "known_at": known, **full})
        if draw.random() < 0.06:
            back = {name: -value for name, value in full.items()}  # type: ignore[operator]
            later = timedelta(days=draw.choice((0, 0, 1, 5, 40)))
            taken = day if draw.random() < 0.7 else day + later  # a correction keeps the day, a reversal has its own
            rows.append({"customer_id": f"c{owner:03d}", "txn_date": taken, "known_at": known + later, **back})
    return rows


def _answer(path: Path, dates: Sequence[date]) -> list[tuple[object, ...]]:
    listed = ", ".join(f"date '{day}'" for day in dates)
    with duckdb.connect(str(path)) as connection:
        found = connection.execute(f"select * from tags.tag_input__transaction where as_of_date in ({listed})").fetchall()
    return sorted(found, key=str)


def _write(path: Path, statement: str) -> None:
    with duckdb.connect(str(path)) as connection:
        connection.execute(statement)


NIGHTS = [[0], [1], [2], [2], [3], [6, 7, 10], [11], [21], [40]]
"""Days of a run: a night run again, a range with gaps, and nights that stayed away, at last too long to move anything on."""


@pytest.mark.parametrize("seed", [1, 2])
def test_nights_that_move_the_windows_equal_sums_anew(tmp_path: Path, seed: int) -> None:
    moving, anew, rows = tmp_path / "moving" / "build.duckdb", tmp_path / "anew" / "build.duckdb", _rows(seed)
    for path in (moving, anew):
        path.parent.mkdir()
        tag_project.create(path, {"fct_transaction_measure": rows})
    for days in NIGHTS:
        dates = [START + timedelta(days=n) for n in days]
        tag_project.run(moving, dates, SELECT)
        _write(anew, "drop table if exists tags.tag_input__transaction cascade")
        tag_project.run(anew, dates, SELECT)
        found = _answer(moving, dates)
        assert found == _answer(anew, dates)
        assert len(found) > 30 * len(dates)


MARK = 1_000_000


@pytest.mark.parametrize(("doctored", "next_day", "is_moved"), [
    (f"initiated_count_90d = {MARK}", 1, True), (f"initiated_count_90d = {MARK}", 10, True),
    (f"initiated_count_90d = {MARK}", 0, False), (f"initiated_count_90d = {MARK}", 11, False),
    (f"initiated_count_90d = {MARK}, definition = 'another'", 1, False)])
def test_sums_are_moved_on_only_from_an_earlier_night_of_the_same_definition(
        tmp_path: Path, doctored: str, next_day: int, is_moved: bool) -> None:
    path = tmp_path / "build.duckdb"
    tag_project.create(path, {"fct_transaction_measure": _rows(3, count=500)})
    tag_project.run(path, [START], SELECT)
    _write(path, f"update tags.tag_input__transaction set {doctored}")
    tag_project.run(path, [START + timedelta(days=next_day)], SELECT)
    found = tag_project.frame(path, "select * from tags.tag_input__transaction")
    assert len(found) > 30
    assert (found["initiated_count_90d"].max() > MARK / 2) == is_moved
