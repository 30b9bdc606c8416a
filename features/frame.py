"""The numeric table that a model sees: float32 columns in Fortran order, without customer ids."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

FLOAT = np.float32


@dataclass(frozen=True)
class Frame:
    """`values` is (rows, columns) float32 in Fortran order (missing = NaN); `as_of_dates` is datetime64[D] per row.

    `weights` says how many rows of the population a sampled row stands for (None: one each).
    """

    columns: tuple[str, ...]
    values: np.ndarray
    as_of_dates: np.ndarray
    weights: np.ndarray | None = None

    def __post_init__(self) -> None:
        rows, columns = self.values.shape
        if columns != len(self.columns) or rows != len(self.as_of_dates):
            raise ValueError(f"{rows} x {columns} values do not fit {len(self.as_of_dates)} dates and "
                             f"{len(self.columns)} column names")

    def __len__(self) -> int:
        return len(self.values)

    def column(self, name: str) -> np.ndarray:
        """One column; KeyError names what is missing."""
        if name not in self.columns:
            raise KeyError(f"the frame has no column {name}")
        return self.values[:, self.columns.index(name)]

    def select(self, names: Sequence[str]) -> "Frame":
        """The frame with these columns in this order."""
        positions = [self.columns.index(name) for name in names]
        return replace(self, columns=tuple(names), values=np.asfortranarray(self.values[:, positions]))

    def take(self, rows: np.ndarray | slice) -> "Frame":
        """The rows of a mask, of positions or of a slice."""
        weights = None if self.weights is None else self.weights[rows]
        return Frame(self.columns, np.asfortranarray(self.values[rows]), self.as_of_dates[rows], weights)

    def save(self, folder: Path) -> None:
        """Writes the frame for another process to map."""
        folder.mkdir(parents=True, exist_ok=True)
        np.save(folder / "values.npy", np.asfortranarray(self.values, dtype=FLOAT))
        np.save(folder / "as_of_dates.npy", self.as_of_dates)
        if self.weights is not None:
            np.save(folder / "weights.npy", self.weights)
        (folder / "columns.json").write_text(json.dumps(self.columns))

    @classmethod
    def load(cls, folder: Path) -> "Frame":
        """Maps a saved frame read-only: a model that writes into its input fails instead of corrupting it."""
        weights = folder / "weights.npy"
        return cls(tuple(json.loads((folder / "columns.json").read_text())),
                   np.load(folder / "values.npy", mmap_mode="r"), np.load(folder / "as_of_dates.npy"),
                   np.load(weights) if weights.is_file() else None)
