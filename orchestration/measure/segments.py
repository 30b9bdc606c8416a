"""The increment by segment of the listed customers, pulled towards the strategy's mean; small cells stay hidden."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from models.experiments import segments
from models.experiments.four_cell import CELLS, CONTRASTS
from models.experiments.moments import CellMoments

LEAST = 10
"""A segment with a smaller cell is not shown: too few to say anything, and too few to stay anonymous."""


def by_segment(
    strategy: Mapping[str, Any], night: date, cells: Mapping[tuple[str, str], CellMoments]
) -> list[dict[str, Any]]:
    """Rows of measure.segment of the primary metric; exploratory, they decide nothing."""
    found = segments.by_segment(cells, dict(zip(CELLS, CONTRASTS["model_increment"], strict=True)), LEAST)
    return [_row(strategy, night, segment, effect) for segment, effect in found.items()]


def _row(strategy: Mapping[str, Any], night: date, segment: str, effect: Mapping[str, Any]) -> dict[str, Any]:
    low, high = effect["ci"] or (None, None)
    return {
        "strategy_id": strategy["strategy_id"], "strategy_version": strategy["version"], "as_of_date": night,
        "metric_id": strategy["primary_metric"], "segment": segment, "people_count": effect["n"],
        "increment": effect["estimate"], "increment_se": effect["se"], "increment_low": low, "increment_high": high,
        "shrunken": effect["shrunken"],
    }  # fmt: skip
