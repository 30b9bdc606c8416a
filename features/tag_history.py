"""Which kept version of a date's tags answers a question: as known now, on a date, or to one build."""

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from features import warehouse
from features.errors import KehuError
from features.settings import Settings

SNAPSHOT_FORM = "format parquet, compression zstd, row_group_size 32768"
"""One customer is found by the ranges of few thousand rows; still smaller groups would make every count read more of the footer."""
RESTATED = "restated"
"""history/restated/<base build>-r<n>/<as_of_date>.parquet: what `kehu restate` found, beside what the nights wrote."""


def business_date(build_id: str) -> date:
    """The date that a build speaks of: its id carries it."""
    return date.fromisoformat(build_id[1:9])


@dataclass(frozen=True)
class Version:
    """One Parquet file of one date; `base` is the build that wrote it, or that was in service when it was restated."""

    as_of_date: date
    path: Path
    version_id: str
    base: str
    is_restated: bool

    @property
    def key(self) -> tuple[str, str]:
        return self.as_of_date.isoformat(), self.version_id

    @property
    def known_at(self) -> date:
        """A night knows on its date; what is restated is known from the day after the date in service: nobody saw it before."""
        night = business_date(self.base)
        return night + timedelta(days=1) if self.is_restated else night

    @property
    def order(self) -> tuple[date, bool, str, int]:
        """Newest knowledge last; a night of the same date comes after a restatement."""
        return self.known_at, not self.is_restated, self.base, int(self.version_id.rpartition("-r")[2]) if self.is_restated else 0

    def is_known_to(self, build_id: str, is_in_service: bool) -> bool:
        """A build knows what was restated before it; only the one in service also what was restated upon it."""
        return self.base <= build_id if is_in_service or not self.is_restated else self.base < build_id


def versions(settings: Settings, as_of: date) -> list[Version]:
    """Everything kept of a date, oldest knowledge first."""
    nights = [Version(as_of, path, path.stem, path.stem, False)
              for path in (settings.history / "tags" / as_of.isoformat()).glob("b*.parquet")]
    restated = [Version(as_of, path, path.parent.name, path.parent.name.rpartition("-r")[0], True)
                for path in (settings.history / RESTATED).glob(f"b*-r*/{as_of.isoformat()}.parquet")]
    return sorted(nights + restated, key=lambda found: found.order)


def kept_dates(settings: Settings) -> list[date]:
    """Dates of whose tags the build in service knows a version, in order; a rollback hides what came after it."""
    in_service = warehouse.current_build(settings)
    return sorted({date.fromisoformat(path.parent.name) for path in (settings.history / "tags").glob("*-*-*/b*.parquet")
                   if in_service is None or path.stem <= in_service})


def dates_on_disk(settings: Settings) -> list[date]:
    """Dates of which any version lies in history, known to the build in service or not, in order."""
    names = {path.parent.name for path in (settings.history / "tags").glob("*-*-*/b*.parquet")}
    names |= {path.stem for path in (settings.history / RESTATED).glob("b*-r*/*-*-*.parquet")}
    return sorted(map(date.fromisoformat, names))


def version(settings: Settings, as_of: date, known_at: date | None = None, build_id: str | None = None) -> Version:
    """The newest version that was known on `known_at` and to `build_id` (default: the one in service); KehuError."""
    in_service = warehouse.current_build(settings)
    limit = build_id or in_service or ""
    usable = [found for found in versions(settings, as_of)
              if (known_at is None or found.known_at <= known_at) and (not limit or found.is_known_to(limit, limit == in_service))]
    if not usable:
        raise KehuError(f"no tag snapshot of {as_of}" + (f" was known on {known_at}" if known_at else ""), _kept_instead(settings, as_of))
    return usable[-1]


def _kept_instead(settings: Settings, as_of: date) -> str:
    """What a person may ask for in place of a date, or of a moment at which nothing was known of it."""
    dates = kept_dates(settings)
    if not dates:
        return "no snapshot is kept yet"
    if as_of in dates:
        return f"what is kept of it was first known on {versions(settings, as_of)[0].known_at}"
    nearest = min(dates, key=lambda day: (abs(day - as_of), day))
    return f"the nearest kept date is {nearest}; kept dates run from {dates[0]} to {dates[-1]}"
