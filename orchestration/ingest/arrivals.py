"""Which required files of the range have not come, and whether the night may go on without them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import groupby

from features import clock
from orchestration.ingest.contract import Arrival, Source
from orchestration.ingest.ledger import QUARANTINED, Entry, Ledger


@dataclass
class Arrivals:
    """`missing` the night goes on without; `blocking` reasons stop it."""

    missing: list[str] = field(default_factory=list)
    blocking: list[str] = field(default_factory=list)


def check(source: Source, ledger: Ledger, from_date: date, to_date: date) -> Arrivals:
    """Every required entity needs a loaded file for every business date (undated sources: one file)."""
    found = Arrivals()
    for arrival in source.arrivals:
        loaded = ledger.loaded(arrival.entity)
        refused = [entry for entry in ledger.entries if entry.status == QUARANTINED and entry.entity == arrival.entity]
        if source.naming == "plain":
            absent = [] if loaded else [(to_date, _cause(refused))]
        else:
            absent = [(day, _cause([entry for entry in refused if _covers(entry, day)])) for day in _days(from_date, to_date)
                      if not any(_covers(entry, day) for entry in loaded)]
        for first, last, cause in _spans(absent):
            _judge(arrival, last, f"{source.name} {arrival.entity} of {first}{f' to {last}' if first < last else ''}{cause}", found)
    return found


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def _covers(entry: Entry, day: date) -> bool:
    return str(entry.business_from) <= day.isoformat() <= str(entry.business_to)


def _cause(refused: list[Entry]) -> str:
    return f" (quarantined {refused[-1].file_name}: {refused[-1].reason})" if refused else ""


def _spans(absent: list[tuple[date, str]]) -> Iterator[tuple[date, date, str]]:
    """Days in a row that lack a file for the same reason are said once; the newest stands alone, for it may still be waited for."""
    for _, run in groupby(enumerate(absent), lambda item: (item[1][0].toordinal() - item[0], item[1][1], item[0] == len(absent) - 1)):
        days = [day for _, day in run]
        yield days[0][0], days[-1][0], days[0][1]


def _judge(arrival: Arrival, day: date, subject: str, found: Arrivals) -> None:
    due = datetime.combine(day + timedelta(days=1), time.fromisoformat(arrival.due), clock.SHANGHAI)
    if arrival.on_late == "block":
        found.blocking.append(f"required file missing: {subject}")
    elif arrival.on_late == "wait" and clock.now() < due:
        found.blocking.append(f"waiting until {due:%Y-%m-%d %H:%M} for {subject}")
    else:
        found.missing.append(subject)
