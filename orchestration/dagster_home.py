"""Dagster's instance inside a home: its settings file, its hour, and the process group that serves it."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

from features import clock
from features.errors import KehuError
from features.files import write_text
from features.settings import ROOT, Settings

INSTANCE = """\
# Written by `kehu dagster`: one writer at a time, no telemetry, no newsletter, runs that die are noticed.
telemetry: {enabled: false}
nux: {enabled: false}
run_monitoring:
  enabled: true
  start_timeout_seconds: 300
  cancel_timeout_seconds: 180
  max_resume_run_attempts: 0
  poll_interval_seconds: 30
  free_slots_after_run_end_seconds: 3600
# A process that died is started again; a check or input that failed is not: it would fail again.
run_retries: {enabled: true, max_retries: 2, retry_on_asset_or_op_failure: false}
concurrency:
  runs:
    max_concurrent_runs: 2
    tag_concurrency_limits:
      - {key: duckdb_writer, value: "1", limit: 1}
  pools: {default_limit: 1, granularity: op}
"""

AT_TWO = "0 2 * * *"
CRON = re.compile(r"[\d*,/-]+( [\d*,/-]+){4}")
END_SECONDS = 10


def schedule_cron() -> str:
    """When the night runs, Shanghai time: 02:00, or what KEHU_SCHEDULE_CRON says in five fields."""
    wanted = " ".join(os.environ.get("KEHU_SCHEDULE_CRON", AT_TWO).split())
    if not CRON.fullmatch(wanted):
        raise KehuError(f"KEHU_SCHEDULE_CRON is '{wanted}', not five cron fields", f"export KEHU_SCHEDULE_CRON='{AT_TWO}'")
    return wanted


def prepare(settings: Settings) -> dict[str, str]:
    """Writes dagster.yaml and the dbt manifest; returns the environment of every Dagster process of this home."""
    from orchestration.dbt_manifest import ensure_manifest_json

    write_text(settings.dagster / "dagster.yaml", INSTANCE)
    ensure_manifest_json()
    return {**os.environ, "DAGSTER_HOME": str(settings.dagster), "KEHU_HOME": str(settings.home),
            "DO_NOT_TRACK": "1", "GX_ANALYTICS_ENABLED": "false", "PYTHONWARNINGS": "ignore"}


def serve(settings: Settings, port: int) -> int:
    """Runs web server, daemon and code server in one process group; a signal ends all of them."""
    schedule_cron()
    dagster = Path(sys.executable).with_name("dagster")
    child = subprocess.Popen([str(dagster), "dev", "-m", "orchestration.definitions", "-h", "127.0.0.1", "-p", str(port)],
                             env=prepare(settings), cwd=ROOT, start_new_session=True)
    asked: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda caught, frame: asked.append(caught))
    while child.poll() is None and not asked:
        time.sleep(0.2)
    _end_group(child)
    code = child.wait()
    return 0 if asked else code


def _end_group(child: subprocess.Popen[bytes]) -> None:
    """Asks every process of the group to end and kills those that stay.

    `dagster dev` started in the background ignores signals, and may end before the servers and runs it started.
    """
    until = clock.monotonic() + END_SECONDS
    is_left = _signal(child.pid, signal.SIGTERM)
    while is_left and clock.monotonic() < until:
        time.sleep(0.1)
        child.poll()  # a dead leader that nobody asked for would count as left
        is_left = _signal(child.pid, 0)
    if is_left:
        _signal(child.pid, signal.SIGKILL)


def _signal(group: int, number: int) -> bool:
    """Whether a process of the group was there to get it."""
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return False
    return True
