"""`kehu dagster` as it runs for months: its schedule makes the night, runs queue, a failure is told, a signal ends all."""

import signal
import socket
from datetime import timedelta
from pathlib import Path

import pytest

from features import clock
from tests.e2e import dagster_live as live
from tests.e2e.conftest import fresh
from tests.e2e.homes import current, kehu, nightly, serve

pytestmark = pytest.mark.slow
SLOW_SECONDS = 900


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A published eve, and landing files for the date that the next tick asks for: yesterday in Shanghai."""
    yesterday, found = clock.last_business_date(), fresh(tmp_path / "home")
    kehu("generate", "--out", found / "landing", "--customers", 200, "--start", yesterday, "--days", 1, "--seed", 5,
         "--history-months", 1)
    nightly(found, found / "landing", yesterday - timedelta(days=1))
    return found


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def test_dagster_runs_the_nights(home: Path) -> None:
    port, yesterday = _free_port(), clock.last_business_date()
    eve = yesterday - timedelta(days=1)
    server = serve(home / "logs" / "dagster.log", "dagster", "--home", home, "--port", port, environment={"KEHU_SCHEDULE_CRON": "* * * * *"})
    try:
        schedule = live.until("the schedule", 300, lambda: live.schedules(port))[0]
        assert (schedule["scheduleState"]["status"], schedule["executionTimezone"]) == ("RUNNING", "Asia/Shanghai")
        _night_of_the_tick(home, port, f"{yesterday}", f"{eve}")
        _what_to_do(home, f"{eve}")
    finally:
        server.send_signal(signal.SIGTERM)
        before = clock.monotonic()
        server.wait(timeout=60)
    assert clock.monotonic() - before < 15
    assert live.processes_of(home) == []


def _night_of_the_tick(home: Path, port: int, tick: str, older: str) -> None:
    """The tick's night is published; a night launched beside it waits, state commands do not."""
    live.until("the run of the tick", 180, lambda: live.runs(port).get(tick, {}).get("status") == "STARTED")
    live.launch(port, older)
    model = next(m for m in kehu("models", "list", "--home", home, "--json").document["items"] if m["version"])
    kehu("models", "alias", model["model_id"], model["version"], "champion", "--reason", "try", "--home", home)
    now = live.runs(port)
    assert (now[tick]["status"], now[older]["status"]) == ("STARTED", "QUEUED")
    live.until("the published night", SLOW_SECONDS, lambda: live.runs(port)[tick]["status"] in ("SUCCESS", "FAILURE"))
    ended = live.runs(port)[tick]
    assert ended["status"] == "SUCCESS" and current(home)["build_id"] == f"b{tick.replace('-', '')}-01"
    live.until("the queued night", SLOW_SECONDS, lambda: live.runs(port)[older]["endTime"])
    assert live.runs(port)[older]["startTime"] >= ended["endTime"]


def _what_to_do(home: Path, day: str) -> None:
    """The night that cannot run (older than the one in service) says so to whoever is on call."""
    alert = home / "logs" / "ALERT.txt"
    live.until("the alert", 180, alert.is_file)
    text = alert.read_text()
    assert f"{day} is older than the night of" in text and f"kehu nightly --date {day}" in text, text
