"""Which dates of history are kept, and why: recent ones, month-ends, and those on which something was made."""

import json
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from features import tag_history, warehouse
from features.settings import Settings
from features.state import State
from features.tag_history import Version
from orchestration.publish import pointer

RECENT, MONTH_END, PINNED, NAMED = "recent", "month_end", "pinned", "named_by_build"
OLD_DAY, OLD_MONTH_END = "past_history_days", "past_history_month_ends"
KEPT = (RECENT, MONTH_END, PINNED, NAMED)


@dataclass(frozen=True)
class Ruling:
    """What becomes of one date and of all its versions, oldest knowledge first; `used_by`: what was made upon it.

    A date is kept whole or not at all: were only some versions left, one would answer for a moment at which another was known.
    """

    as_of_date: date
    reason: str
    used_by: tuple[str, ...]
    versions: tuple[Version, ...]

    @property
    def is_kept(self) -> bool:
        return self.reason in KEPT

    @property
    def size(self) -> int:
        """Bytes of all its versions."""
        return sum(version.path.stat().st_size for version in self.versions)


def rulings(settings: Settings, state: State, without: Collection[str] = ()) -> list[Ruling]:
    """One per date on disk, in order, by the date in service; `without`: as if these builds were gone already."""
    in_service = warehouse.current_build(settings)
    if in_service is None:
        return []
    dates = tag_history.dates_on_disk(settings)
    pinned, named = pins(state), _named_by_builds(settings, state, without)
    reasons = _reasons(settings, dates, tag_history.business_date(in_service), pinned)
    return [Ruling(day, NAMED if reason not in KEPT and day in named else reason, tuple(pinned.get(day, ())),
                   tuple(tag_history.versions(settings, day))) for day, reason in reasons.items()]


def still_named(settings: Settings, state: State, snapshots: Mapping[str, str], as_of: date) -> dict[str, str]:
    """What a build of `as_of` names of `{as_of_date: path}`: not what is past retention, which later may be deleted."""
    reasons = _reasons(settings, [date.fromisoformat(day) for day in snapshots], as_of, pins(state))
    return {day: path for day, path in snapshots.items() if reasons[date.fromisoformat(day)] in KEPT}


def pins(state: State) -> dict[date, list[str]]:
    """{date: what was made upon its tags}: frozen lists, assignments of experiments, rows that models were trained on.

    Outcomes of running experiments are read from the build database and need no date of history.
    """
    found: dict[date, list[str]] = defaultdict(list)
    for row in state.rows("select list_id, as_of_date from list_version order by list_id"):
        found[date.fromisoformat(str(row["as_of_date"]))].append(f"list {row['list_id']}")
    for row in state.rows("select distinct experiment_id, as_of_date from assignment_file order by experiment_id"):
        found[date.fromisoformat(str(row["as_of_date"]))].append(f"experiment {row['experiment_id']}")
    for row in state.rows("select model_id, version, trained_on, metrics from model_version order by model_id, version"):
        for day in json.loads(str(row["metrics"])).get("train_dates", [row["trained_on"]]):
            found[date.fromisoformat(str(day))].append(f"model {row['model_id']} {row['version']}")
    return dict(found)


def _named_by_builds(settings: Settings, state: State, without: Collection[str]) -> set[date]:
    """Dates whose files a build on disk names: its readers, also after a rollback to it, find them."""
    on_disk = [str(found["build_id"]) for found in pointer.versions(settings, state)]
    return {date.fromisoformat(day) for build_id in on_disk if build_id not in without
            for day in pointer.build_record(settings, build_id)["history"]}


def _reasons(settings: Settings, dates: Collection[date], as_of: date, pinned: Collection[date]) -> dict[date, str]:
    last_of_month = {(day.year, day.month): day for day in sorted(dates)}
    return {day: _reason(settings, day, as_of, last_of_month[day.year, day.month] == day, day in pinned) for day in sorted(dates)}


def _reason(settings: Settings, day: date, as_of: date, is_last_of_month: bool, is_pinned: bool) -> str:
    months = 12 * (as_of.year - day.year) + as_of.month - day.month
    if (as_of - day).days <= settings.history_days:
        return RECENT
    if is_last_of_month and months <= settings.history_month_ends:
        return MONTH_END
    if is_pinned:
        return PINNED
    return OLD_MONTH_END if is_last_of_month else OLD_DAY
