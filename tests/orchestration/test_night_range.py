"""Which dates a night covers: since the last one, or that one again; never one older than what was published."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from features import settings
from features.errors import KehuError
from features.state import State
from orchestration.night import plan_range

DAY = date(2026, 1, 5)


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    found = State(settings.init(tmp_path / "home"))
    for n in range(2):
        _night(found, n, "published")
        found.insert("build", {"build_id": f"b{n}", "as_of_date": DAY + timedelta(days=n), "published_at": "t", "checksum": "", "sequence": 1})
    yield found
    found.close()


def _night(state: State, number: int, status: str) -> None:
    day = DAY + timedelta(days=number)
    state.insert("night", {"to_date": day, "from_date": day, "load_from_date": day, "decision_dates": [day.isoformat()],
                           "status": status, "updated_at": "t"}, replace=True)


def _range(state: State, number: int) -> tuple[date, date]:
    built = plan_range(state, DAY + timedelta(days=number))
    return built.from_date, built.to_date


def test_a_night_follows_the_last_or_runs_again(state: State) -> None:
    assert _range(state, 1) == (DAY + timedelta(days=1), DAY + timedelta(days=1))
    assert _range(state, 4) == (DAY + timedelta(days=2), DAY + timedelta(days=4))
    with pytest.raises(KehuError, match="2026-01-05 is older than the night of 2026-01-06"):
        _range(state, 0)


def test_a_published_night_that_was_stopped_when_it_ran_again_is_still_the_newest(state: State) -> None:
    _night(state, 1, "failed")
    with pytest.raises(KehuError, match="2026-01-05 is older than the night of 2026-01-06"):
        _range(state, 0)
    assert _range(state, 1) == (DAY + timedelta(days=1), DAY + timedelta(days=1))
