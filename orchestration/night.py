"""One run over a range of business dates: the same stages for `kehu nightly`, `kehu backfill` and Dagster."""

import json
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from features import clock, warehouse
from features.errors import CheckFailed, KehuError
from features.files import write_text
from features.settings import Settings
from features.state import State
from orchestration import control
from orchestration.control import BuildRange
from orchestration.dbt_build import Dbt
from orchestration.publish import collection
from orchestration.stages import STAGES, run_stage

Report = Callable[[str], None]


@dataclass
class Night:
    """What one run needs and what it has found so far."""

    settings: Settings
    state: State
    source: str
    landing: Path
    built: BuildRange
    report: Report
    dbt: Dbt
    rows: dict[str, dict[str, int]] = field(default_factory=dict)
    checks: list[dict[str, str]] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    peak_mb: dict[str, int] = field(default_factory=dict)
    build_id: str | None = None

    @classmethod
    def opened(cls, settings: Settings, state: State, to_date: date, report: Report) -> "Night":
        """The night of `to_date` where an orchestrator left it between two stages, or a new one."""
        night = cls(settings, state, settings.source, settings.landing, plan_range(state, to_date), report, Dbt(settings))
        path = night._progress_path()
        if path.is_file():
            kept = json.loads(path.read_text())
            if kept["from_date"] == night.built.from_date.isoformat():
                night.rows, night.checks = kept["rows"], kept["checks"]
                night.seconds, night.peak_mb = kept["seconds"], kept["peak_mb"]
                first = date.fromisoformat(kept["load_from_date"])
                night.built = BuildRange(first, night.built.from_date, to_date, night.built.decision_dates)
        return night

    def keep(self) -> None:
        """Writes down what `opened` needs at the next stage."""
        write_text(self._progress_path(), json.dumps({
            "from_date": self.built.from_date.isoformat(), "load_from_date": self.built.load_from_date.isoformat(),
            "rows": self.rows, "checks": self.checks, "seconds": self.seconds, "peak_mb": self.peak_mb}))

    def forget(self) -> None:
        """Starts over: a night that runs again reports itself, not its former try."""
        self._progress_path().unlink(missing_ok=True)
        self.rows, self.checks, self.seconds, self.peak_mb = {}, [], {}, {}

    def _progress_path(self) -> Path:
        return self.settings.tmp / f"night-{self.built.to_date}.json"

    @property
    def run_id(self) -> str:
        return f"r{self.built.to_date:%Y%m%d}"

    def failed(self) -> list[str]:
        """Names of the checks that block publishing."""
        return [c["check"] for c in self.checks if c["status"] == "failed"]

    def note(self, check: str, stage: str, status: str, detail: str) -> None:
        self.checks.append({"check": check, "stage": stage, "status": status, "detail": detail})


def answer(night: Night, status: str) -> dict[str, Any]:
    """The JSON answer of `kehu nightly`."""
    return {
        "build_id": night.build_id,
        "as_of_date": night.built.to_date.isoformat(),
        "from_date": night.built.from_date.isoformat(),
        "status": status,
        "rows": night.rows,
        "failed_checks": night.failed(),
        "checks": [c for c in night.checks if c["status"] != "passed"],
        "seconds": {stage: round(value, 2) for stage, value in night.seconds.items()},
        "peak_mb": night.peak_mb,
    }


def plan_range(
    state: State, to_date: date, from_date: date | None = None, decision_dates: tuple[date, ...] | None = None
) -> BuildRange:
    """The range that a run for `to_date` covers: since the last night, or that night again."""
    last = state.one("select * from night where status = 'published' order by to_date desc limit 1")
    # A published night that ran again and was stopped is no longer noted as published; its build is there.
    newest = state.one("select max(d) as d from (select to_date as d from night where status = 'published'"
                       " union all select as_of_date from build)") or {}
    if newest.get("d") and to_date.isoformat() < str(newest["d"]):
        raise KehuError(f"{to_date} is older than the night of {newest['d']} in service; nights go forward",
                        "kehu store versions shows the builds; an older date needs a home of its own")
    decisions = decision_dates or (to_date,)
    if last is None:
        first = from_date or to_date
        return BuildRange(first, first, to_date, decisions)
    last_to = date.fromisoformat(str(last["to_date"]))
    if to_date == last_to:
        return control.of_night(last)
    first = last_to + timedelta(days=1)
    return BuildRange(first, first, to_date, decisions)


def run(
    settings: Settings,
    to_date: date,
    source: str | None = None,
    landing: Path | None = None,
    from_date: date | None = None,
    decision_dates: tuple[date, ...] | None = None,
    report: Report = lambda line: None,
    dbt: Dbt | None = None,
) -> dict[str, Any]:
    """Runs all stages for `[from_date, to_date]` and publishes; a failed check leaves the old build in service."""
    from orchestration import ingest

    source = source or settings.source
    with ExitStack() as stack:
        stack.enter_context(warehouse.writer_lock(settings))
        state = State(settings)
        stack.callback(state.close)
        built = plan_range(state, to_date, from_date, decision_dates)
        night = Night(settings, state, source, landing or settings.landing, built, report, dbt or Dbt(settings))
        ingest.refuse_unreached(settings, source, night.landing, built.from_date, built.to_date)
        answered = _run_stages(night)
    if answered["status"] == "published":
        collection.after_night(settings, report)
    return answered


def _run_stages(night: Night) -> dict[str, Any]:
    remember(night, "running")
    try:
        for stage in STAGES:
            run_stage(night, stage)
            if night.failed():
                return _blocked(night)
    except CheckFailed as failed:
        night.note(failed.message, "run", "failed", failed.fix)
        return _blocked(night)
    except BaseException:
        remember(night, "failed")
        raise
    remember(night, "published")
    return answer(night, "published")


def _blocked(night: Night) -> dict[str, Any]:
    remember(night, "blocked")
    return answer(night, "blocked")


def remember(night: Night, status: str) -> None:
    built = night.built
    night.state.insert("night", {
        "to_date": built.to_date, "from_date": built.from_date, "load_from_date": built.load_from_date,
        "decision_dates": [d.isoformat() for d in built.decision_dates], "status": status,
        "build_id": night.build_id, "failed_checks": night.failed(),
        "seconds": {k: round(v, 3) for k, v in night.seconds.items()}, "updated_at": clock.stamp(),
    }, replace=True)


def chunks(settings: Settings, first: date, last: date, days: int) -> list[tuple[date, date]]:
    """The ranges still to run between two dates: what is published already is skipped."""
    from features.state import opened

    with opened(settings) as state:
        done = state.one("select max(to_date) as d from night where status = 'published'")
    if done and done["d"]:
        first = max(first, date.fromisoformat(str(done["d"])) + timedelta(days=1))
    found = []
    while first <= last:
        end = min(first + timedelta(days=days - 1), last)
        found.append((first, end))
        first = end + timedelta(days=1)
    return found
