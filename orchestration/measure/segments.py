"""The increment by segment of the listed customers, pulled towards the strategy's mean; small cells stay hidden."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from models.experiments import multiplicity
from models.experiments.four_cell import CELLS, CONTRASTS
from models.experiments.inference import contrast
from models.experiments.moments import CellMoments

LEAST = 10
"""A segment with a smaller cell is not shown: too few to say anything, and too few to stay anonymous."""


def by_segment(
    strategy: Mapping[str, Any], night: date, cells: Mapping[tuple[str, str], CellMoments]
) -> list[dict[str, Any]]:
    """Rows of measure.segment of the primary metric; exploratory, they decide nothing."""
    rows = []
    for segment in sorted({name for name, _ in cells}):
        four = [cells.get((segment, cell), CellMoments.empty()) for cell in CELLS]
        if min(cell.n for cell in four) < LEAST:
            continue
        found = contrast(CONTRASTS["model_increment"], four)
        low, high = found["ci"] or (None, None)
        rows.append({
            "strategy_id": strategy["strategy_id"], "strategy_version": strategy["version"], "as_of_date": night,
            "metric_id": strategy["primary_metric"], "segment": segment, "people_count": sum(cell.n for cell in four),
            "increment": found["estimate"], "increment_se": found["se"], "increment_low": low, "increment_high": high,
            "shrunken": None,
        })  # fmt: skip
    usable = [row for row in rows if row["increment_se"]]
    if len(usable) > 1:
        pulled = multiplicity.shrink([row["increment"] for row in usable], [row["increment_se"] for row in usable])
        for row, value in zip(usable, pulled, strict=True):
            row["shrunken"] = float(value)
    return rows
