"""Arrow columns from numpy arrays: ids, cents, days and seconds, without a Python object per row."""

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]


def ids(prefix: str, number: Ints, width: int) -> pa.Array:
    """Text ids: prefix and zero-padded number of `width` digits."""
    start, n = len(prefix), len(number)
    text = np.empty((n, start + width), dtype=np.uint8)
    text[:, :start] = np.frombuffer(prefix.encode(), dtype=np.uint8)
    rest = np.asarray(number, dtype=np.int64)
    for place in range(width - 1, -1, -1):
        rest, digit = np.divmod(rest, 10)
        text[:, start + place] = digit + 48
    offsets = np.arange(n + 1, dtype=np.int64) * (start + width)
    return pa.Array.from_buffers(pa.large_string(), n, [None, pa.py_buffer(offsets), pa.py_buffer(text)]).cast(pa.string())


def money(cents: Ints, missing: Mask | None = None) -> pa.Array:
    """decimal128(18, 2) of cents."""
    words = np.empty((len(cents), 2), dtype=np.int64)
    words[:, 0], words[:, 1] = cents, np.asarray(cents) >> 63
    array = pa.Array.from_buffers(pa.decimal128(18, 2), len(cents), [None, pa.py_buffer(words)])
    return array if missing is None else with_nulls(array, missing)


def dates(day: Ints, missing: Mask | None = None) -> pa.Array:
    """date32 of day numbers."""
    return pa.array(np.asarray(day).astype(np.int32), mask=missing).cast(pa.date32())


def timestamps(day: Ints, second: Ints, missing: Mask | None = None) -> pa.Array:
    """timestamp of day numbers and seconds of the day."""
    seconds = np.asarray(day, dtype=np.int64) * 86400 + second
    return pa.array(seconds * 1_000_000, mask=missing).cast(pa.timestamp("us"))


def chosen(names: tuple[str, ...] | list[str], position: Ints, missing: Mask | None = None) -> pa.Array:
    """Text by position in a list of names; a negative position is null."""
    position = np.asarray(position)
    hidden = position < 0 if missing is None else missing | (position < 0)
    indices = pa.array(np.where(hidden, 0, position).astype(np.int32), mask=hidden)
    return pa.DictionaryArray.from_arrays(indices, pa.array(list(names), pa.string())).cast(pa.string())


def flags(value: Mask, missing: Mask | None = None) -> pa.Array:
    return pa.array(np.asarray(value, dtype=bool), mask=missing)


def whole(value: Ints, missing: Mask | None = None) -> pa.Array:
    return pa.array(np.asarray(value).astype(np.int32), pa.int32(), mask=missing)


def nothing(count: int, kind: pa.DataType | None = None) -> pa.Array:
    """A column of nulls."""
    return pa.nulls(count, kind or pa.string())


def constant(value: Any, count: int, kind: pa.DataType | None = None) -> pa.Array:
    return pa.repeat(pa.scalar(value, kind or pa.string()), count)


def with_nulls(array: pa.Array, missing: Mask) -> pa.Array:
    """The array with nulls where `missing`."""
    import pyarrow.compute as pc

    return pc.if_else(pa.array(missing), pa.scalar(None, array.type), array)
