"""Plays a whole bank: history in one range, then weekly decision nights against a market that answers the lists."""

import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from features import clock, files, warehouse
from features.errors import CheckFailed, KehuError
from features.settings import Settings
from features.state import opened
from orchestration import homes, night
from orchestration.dbt_build import Dbt

START = date(2026, 1, 5)
"""First business date after the history; a Monday. Fixed, so that a seed always gives the same bank."""
HISTORY_MONTHS = 12
REVIEWER, REASON = "demo reviewer", "demo: approved after reading the plan"
Say = Callable[[str], None]


def run(home: Path | None, customers: int, seed: int, weeks: int, say: Say) -> dict[str, Any]:
    """Makes or continues the demo home; returns `{build_id, as_of_date, customers, nights, seconds}`."""
    started = clock.monotonic()
    found = homes.make(home)
    _remember(found, {"customers": customers, "seed": seed})
    bank = _Bank(found, customers, seed, say)
    bank.load_history()
    bank.start_strategies()
    for week in range(1, weeks + 1):
        bank.play_week(week)
    return _answer(found, customers, clock.monotonic() - started)


def _remember(found: Settings, wanted: dict[str, int]) -> None:
    """One home holds one bank: other numbers need another home."""
    path = found.home / "demo.json"
    if path.is_file():
        before = json.loads(path.read_text())
        if before != wanted:
            raise KehuError(f"{found.home} holds a demo bank of {before}", "choose another folder with --home")
        return
    if warehouse.current_build(found) is not None:
        raise KehuError(f"{found.home} holds a bank of its own", "choose another folder with --home")
    files.write_text(path, json.dumps(wanted))


class _Bank:
    """The simulated bank behind one demo home; every step is skipped when its night is published."""

    def __init__(self, found: Settings, customers: int, seed: int, say: Say) -> None:
        from orchestration.simulator import BankSpec

        self.settings, self.say = found, say
        self.spec = BankSpec(seed=seed, customers=customers, start=START, history_months=HISTORY_MONTHS,
                             effects="demo", history_format="parquet")
        self.exports = found.exports / "lists"
        self.exports.mkdir(parents=True, exist_ok=True)
        self.dbt = Dbt(found)
        with opened(found) as state:
            self.done = {str(r["to_date"]) for r in state.rows("select to_date from night where status = 'published'")}

    def load_history(self) -> None:
        from orchestration import simulator

        eve = START - timedelta(days=1)
        if eve.isoformat() in self.done:
            return
        self.say(f"generating {HISTORY_MONTHS} months of {self.spec.customers:,} customers")
        simulator.write_history(self.spec, self.settings.landing)
        self._night(eve)

    def start_strategies(self) -> None:
        """Every strategy of the repository is approved by a second person and starts."""
        from orchestration.strategy import life

        with opened(self.settings) as state:
            for strategy_id in life.waiting(self.settings, state):
                life.approve(self.settings, state, strategy_id, REVIEWER, REASON)
                self.say(f"approved {strategy_id}")

    def play_week(self, week: int) -> None:
        from orchestration import simulator

        last = START + timedelta(days=7 * week - 1)
        if last.isoformat() in self.done:
            return
        simulator.write_days(self.spec, self.settings.landing, last - timedelta(days=6), last, self.exports)
        self._night(last)
        self._export(last)

    def _night(self, day: date) -> None:
        document = night.run(self.settings, day, "core", self.settings.landing, dbt=self.dbt, report=lambda line: None)
        if document["status"] != "published":
            raise CheckFailed(f"night {day} is blocked: {'; '.join(document['failed_checks'])}",
                              f"see {self.settings.logs}")
        self.say(f"published {document['build_id']} in {sum(document['seconds'].values()):.0f} s")

    def _export(self, day: date) -> None:
        from orchestration.delivery import lists

        with opened(self.settings) as state:
            for row in state.rows("select list_id from list_version where as_of_date = ?", [day.isoformat()]):
                target = self.exports / f"{row['list_id']}.csv"
                if not target.is_file():
                    lists.export(self.settings, str(row["list_id"]), target, purpose="demo campaign")


def _answer(found: Settings, customers: int, seconds: float) -> dict[str, Any]:
    with opened(found) as state:
        nights = state.rows("select to_date, build_id from night where status = 'published' order by to_date")
    newest = nights[-1]
    return {"build_id": newest["build_id"], "as_of_date": newest["to_date"], "customers": customers,
            "nights": len(nights), "seconds": round(seconds, 1)}


