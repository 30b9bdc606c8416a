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
    """Dates of which tags are kept, in order."""
    return sorted(date.fromisoformat(folder.name) for folder in (settings.history / "tags").glob("*-*-*")
                  if any(folder.glob("b*.parquet")))


def version(settings: Settings, as_of: date, known_at: date | None = None, build_id: str | None = None) -> Version:
    """The newest version that was known on `known_at` and to `build_id` (default: the one in service); KehuError."""
    in_service = warehouse.current_build(settings)
    limit = build_id or in_service or ""
    usable = [found for found in versions(settings, as_of)
              if (known_at is None or found.known_at <= known_at) and (not limit or found.is_known_to(limit, limit == in_service))]
    if not usable:
        dates = kept_dates(settings)
        near = f"kept dates run from {dates[0]} to {dates[-1]}" if dates else "no snapshot is kept yet"
        raise KehuError(f"no tag snapshot of {as_of}" + (f" was known on {known_at}" if known_at else ""), near)
    return usable[-1]
