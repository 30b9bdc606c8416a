"""The controlled words that a strategy may use, from the dbt seeds."""

import csv
from functools import cache
from pathlib import Path

from features.errors import KehuError
from features.settings import Settings

Row = dict[str, str]


def read(settings: Settings, name: str) -> dict[str, Row]:
    """Rows of one seed by their first column."""
    return _rows(settings.dbt_project / "seeds" / "vocabulary" / f"{name}.csv")


@cache
def _rows(path: Path) -> dict[str, Row]:
    if not path.is_file():
        raise KehuError(
            f"the vocabulary {path.name} is missing in {path.parent}", "restore it from the repository"
        )
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    return {next(iter(row.values())): row for row in rows}
