"""The digest of a list says what its rows say, value by value, however the table lies in memory."""

import hashlib
from datetime import date, datetime
from decimal import Decimal

import pyarrow as pa
import pytest

from orchestration.strategy.freeze import content_hash

COLUMNS = {
    "customer_id": pa.array(["c1", "客户", "", None, "c1"]),
    "score": pa.array([0.1, -0.0, float("nan"), None, 1e-300]),
    "rank": pa.array([1, None, 3, 1, -7], pa.int32()),
    "is_held": pa.array([True, False, None, True, False]),
    "expires_date": pa.array([date(2026, 1, 2), None, date(2026, 1, 2), date(1999, 12, 31), None]),
    "sent_at": pa.array([datetime(2026, 1, 2, 3, 4, 5, 6), None, datetime(2026, 1, 2), None, None]),
    "amount": pa.array([Decimal("1.20"), None, Decimal("-3.00"), Decimal("1.20"), Decimal("0.00")]),
}


def by_rows(table: pa.Table) -> str:
    digest = hashlib.sha256("\x1f".join(table.column_names).encode())
    for row in zip(*(column.to_pylist() for column in table.columns), strict=True):
        digest.update(("\n" + "\x1f".join(repr(v) if isinstance(v, float) else str(v) for v in row)).encode())
    return digest.hexdigest()


TABLE = pa.table(COLUMNS)
SHAPES = {
    "whole": TABLE, "empty": TABLE.slice(0, 0), "part": TABLE.slice(1, 3), "chunks": pa.concat_tables([TABLE, TABLE.slice(2)]),
    "one column": TABLE.select(["score"]), "coded": TABLE.set_column(0, "customer_id", TABLE["customer_id"].dictionary_encode()),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_the_digest_is_that_of_the_rows_one_by_one(shape):
    assert content_hash(SHAPES[shape]) == by_rows(SHAPES[shape])


def test_any_change_of_a_value_or_of_the_order_changes_the_digest():
    found = {content_hash(TABLE), content_hash(TABLE.take([1, 0, 2, 3, 4])), content_hash(TABLE.rename_columns(list("abcdefg")))}
    for name, column in COLUMNS.items():
        moved = TABLE.set_column(TABLE.column_names.index(name), name, column.take(pa.array([1, 0, 2, 3, 4])))
        found.add(content_hash(moved))
    assert len(found) == 3 + len(COLUMNS)
