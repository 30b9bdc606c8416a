"""When the bank learnt a row: dates of files and of the run, and the SQL that gives every row its known_at."""

from dataclasses import dataclass
from datetime import date

from orchestration.ingest.landing import LandingFile


@dataclass(frozen=True)
class RunDates:
    """The range of a run; `is_first` when this source has been loaded by no earlier night of the home."""

    from_date: date
    to_date: date
    is_first: bool

    def known_date(self, file: LandingFile) -> date:
        """The night that learns the rows of a file."""
        return max(self.from_date, file.delivery)

    def is_assumable(self, file: LandingFile) -> bool:
        """True for a first history load: files there when the home's first night began, and history files.

        Files of later days of a first range follow the ordinary rule, so that the range equals its nights.
        """
        return self.is_first and (file.delivery <= self.from_date or file.is_history)


ASSUMED = """(f.is_assumable and (business_date < f.from_date or business_date > f.delivery or f.is_history))"""
KNOWN_AT = f"""case when {ASSUMED} then business_date else f.known_date end"""
RETRACTED_AT = """greatest(r.known_at, case when f.is_assumable and r.is_known_assumed then r.known_at
                  else f.known_date end)"""
