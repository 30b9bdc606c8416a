"""What a metric, a covariate or its missing indicator is, once for SQL and once for arrays."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

LARGEST = 1e150


@dataclass(frozen=True)
class Column:
    """A number per unit taken from column `name`; null is zero (a unit without an outcome has none).

    `kind` "missing" is 1 where the column is null, the companion of a covariate without history. `cap` replaces
    larger values, the same in all arms.
    """

    name: str
    kind: Literal["value", "missing"] = "value"
    cap: float | None = None
    has_nulls: bool = True

    def sql(self) -> str:
        """DuckDB expression, never null."""
        if self.kind == "missing":
            return f"CASE WHEN {quoted(self.name)} IS NULL THEN 1.0::DOUBLE ELSE 0.0::DOUBLE END"
        value = f"CAST({quoted(self.name)} AS DOUBLE)"
        value = f"coalesce({value}, 0.0::DOUBLE)" if self.has_nulls else value
        return value if self.cap is None else f"least({value}, {number(self.cap)})"

    def values(self, frame: Mapping[str, NDArray[np.generic]]) -> NDArray[np.float64]:
        """The same from a frame of arrays, where nan stands for null."""
        raw = np.asarray(frame[self.name], dtype=np.float64)
        if self.kind == "missing":
            return np.isnan(raw).astype(np.float64)
        filled = np.where(np.isnan(raw), 0.0, raw)
        return filled if self.cap is None else np.minimum(filled, self.cap)


Group = tuple[Column, ...]


def quoted(name: str) -> str:
    """SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def number(value: float) -> str:
    """SQL literal that DuckDB reads as exactly this double."""
    text = repr(float(value))
    return f"({text if 'e' in text else text + 'e0'})::DOUBLE"
