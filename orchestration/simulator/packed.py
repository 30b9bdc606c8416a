"""Arrays of weeks that wait to be written, made small without losing a bit: the market looks fourteen weeks ahead."""

from dataclasses import dataclass, fields, is_dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
DROPPED_FILLS = (0, -1)
CODES = (np.uint8, np.uint16, np.uint32)
EXCEPTIONS_AT_MOST = 0.02


@dataclass(frozen=True)
class Packed:
    """A one-dimensional array: where it is not `fill` (a bit each), and there its values, in few bytes.

    With `scale` the values are codes of `(code + base) / scale`; `running` codes are differences.
    What a code cannot say exactly stands in `odd_values` at `odd_at`.
    """

    size: int
    dtype: np.dtype[Any]
    values: Array
    present: NDArray[np.uint8] | None = None
    fill: int = 0
    base: int = 0
    scale: int = 0
    running: bool = False
    odd_at: NDArray[np.uint32] | None = None
    odd_values: Array | None = None

    @property
    def nbytes(self) -> int:
        parts = (self.values, self.present, self.odd_at, self.odd_values)
        return sum(part.nbytes for part in parts if part is not None)


def pack(array: Array) -> Packed:
    """The smallest of a few forms; `unpack` gives the very same bytes back."""
    fill = max(DROPPED_FILLS, key=lambda value: int((array == value).sum())) if array.dtype.kind != "u" else 0
    mask = array != fill
    if array.dtype.kind == "f":
        mask |= np.signbit(array)
    is_gap = (1 - mask.mean()) * array.itemsize > 1 / 8 if len(array) else False
    coded = _coded(array[mask] if is_gap else array)
    return Packed(len(array), array.dtype, **coded, present=np.packbits(mask) if is_gap else None, fill=fill)


def unpack(packed: Packed) -> Array:
    """The array that was packed."""
    values = _decoded(packed)
    if packed.present is None:
        return values
    found = np.full(packed.size, packed.fill, dtype=packed.dtype)
    found[np.unpackbits(packed.present, count=packed.size).view(bool)] = values
    return found


def _coded(array: Array) -> dict[str, Any]:
    if array.dtype.kind == "b" or array.itemsize == 1 or not len(array):
        return {"values": array.copy()}
    if array.dtype.kind == "f":
        return _coded_floats(array)
    codes = array.astype(np.int64)
    step: NDArray[np.int64] = codes - np.concatenate([[0], codes[:-1]])
    rising = len(array) > 1 and int(step[1:].min()) >= 0 and int(step.max()) < 2 ** 32
    coded = _narrow(step if rising else codes)
    return {**coded, "running": rising, "scale": 1}


def _coded_floats(array: Array) -> dict[str, Any]:
    """Whole numbers or cents; raw when it is neither."""
    if array.dtype != np.float64 or not np.isfinite(array).all() or float(np.abs(array).max()) > 2 ** 44:
        return {"values": array.copy()}
    for scale in (1, 100):
        codes = np.rint(array * scale).astype(np.int64)
        odd = ((codes / scale) != array) | (np.signbit(array) & (codes == 0))
        if odd.mean() <= EXCEPTIONS_AT_MOST:
            coded = _narrow(codes, odd)
            return {**coded, "scale": scale, "odd_values": array[coded["odd_at"]]}
    return {"values": array.copy()}


def _narrow(codes: NDArray[np.int64], odd: NDArray[np.bool_] | None = None) -> dict[str, Any]:
    """Codes less their smallest in the narrowest type that holds nearly all; the rest are listed."""
    odd = np.zeros(len(codes), bool) if odd is None else odd
    base = int(codes.min())
    shifted = codes - base
    for kind in CODES:
        beyond = odd | (shifted > np.iinfo(kind).max)
        if beyond.mean() <= EXCEPTIONS_AT_MOST:
            at = np.flatnonzero(beyond).astype(np.uint32)
            return {"values": np.where(beyond, 0, shifted).astype(kind), "base": base, "odd_at": at, "odd_values": codes[at]}
    return {"values": codes}


def _decoded(packed: Packed) -> Array:
    if not packed.scale:
        return packed.values
    codes = packed.values.astype(np.int64)
    codes += packed.base
    is_float = packed.dtype.kind == "f"
    if packed.odd_at is not None and packed.odd_values is not None and not is_float:
        codes[packed.odd_at] = packed.odd_values
    values = np.cumsum(codes) if packed.running else codes
    found = (values / packed.scale if is_float else values).astype(packed.dtype, copy=False)
    if packed.odd_at is not None and packed.odd_values is not None and is_float:
        found[packed.odd_at] = packed.odd_values
    return found


def pack_fields(record: Any) -> Any:
    """A dataclass as a mapping of its fields, every array packed, dataclasses within it too."""
    if isinstance(record, np.ndarray):
        return pack(record)
    if is_dataclass(record) and not isinstance(record, type):
        return type(record), {field.name: pack_fields(getattr(record, field.name)) for field in fields(record)}
    return record


def unpack_fields(packed: Any) -> Any:
    """What `pack_fields` was given."""
    if isinstance(packed, Packed):
        return unpack(packed)
    if isinstance(packed, tuple) and isinstance(packed[0], type):
        kind, parts = packed
        return kind(**{name: unpack_fields(part) for name, part in parts.items()})
    return packed
