"""Salted hash buckets: the same unit falls into the same arm in Python, DuckDB and Spark."""

import hashlib
from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from features.errors import KehuError

BUCKET_COUNT = 10_000
_HEX_DIGITS = 15


def bucket(salt: str, unit_id: str) -> int:
    """Bucket 0..9999 of one unit; one salt per level and per experiment."""
    digest = hashlib.sha256(f"{salt}:{unit_id}".encode()).hexdigest()
    return int(digest[:_HEX_DIGITS], 16) % BUCKET_COUNT


def buckets(salt: str, unit_ids: Iterable[object]) -> NDArray[np.int64]:
    """`bucket` of many units, in their order."""
    seed = hashlib.sha256(f"{salt}:".encode())

    def one(unit: object) -> int:
        state = seed.copy()
        state.update(str(unit).encode())
        return int(state.hexdigest()[:_HEX_DIGITS], 16) % BUCKET_COUNT

    return np.fromiter((one(unit) for unit in unit_ids), dtype=np.int64)


def bucket_sql(salt: str, unit_sql: str) -> str:
    """The same bucket as a DuckDB expression over a column or expression `unit_sql`."""
    text = f"{salt}:".replace("'", "''")
    digits = f"sha256('{text}' || CAST({unit_sql} AS VARCHAR))[1:{_HEX_DIGITS}]"
    return f"CAST(('0x' || {digits})::BIGINT % {BUCKET_COUNT} AS INTEGER)"


def boundaries(shares: Mapping[str, float]) -> dict[str, tuple[int, int]]:
    """Half-open bucket range per arm, in the order given; shares are 0-1, multiples of 0.0001, and sum to 1."""
    edges, start = {}, 0
    for arm, share in shares.items():
        width = round(share * BUCKET_COUNT)
        if width <= 0 or abs(width - share * BUCKET_COUNT) > 1e-6:
            raise KehuError(f"share {share!r} of arm '{arm}' is no positive multiple of 0.0001", "change the share")
        edges[arm] = (start, start + width)
        start += width
    if start != BUCKET_COUNT:
        raise KehuError(f"the shares of {', '.join(shares)} sum to {start / BUCKET_COUNT}", "make them sum to 1")
    return edges


def arms(salt: str, unit_ids: Iterable[object], shares: Mapping[str, float]) -> NDArray[np.object_]:
    """Arm of every unit."""
    edges = boundaries(shares)
    names = np.array(list(edges), dtype=object)
    uppers = [upper for _, upper in edges.values()]
    return names[np.searchsorted(uppers, buckets(salt, unit_ids), side="right")]
