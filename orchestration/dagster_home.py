"""Dagster's instance inside a home: its settings file, and the process group that serves it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from features.files import write_text
from features.settings import ROOT, Settings

INSTANCE = """\
# Written by `kehu dagster`: one writer at a time, no telemetry, runs that die are noticed.
telemetry: {enabled: false}
run_monitoring:
  enabled: true
  start_timeout_seconds: 300
  cancel_timeout_seconds: 180
  max_resume_run_attempts: 0
  poll_interval_seconds: 30
  free_slots_after_run_end_seconds: 3600
run_retries: {enabled: true, max_retries: 2}
concurrency:
  runs:
    max_concurrent_runs: 2
    tag_concurrency_limits:
      - {key: duckdb_writer, value: "1", limit: 1}
  pools: {default_limit: 1, granularity: op}
"""


def prepare(settings: Settings) -> dict[str, str]:
    """Writes dagster.yaml and the dbt manifest; returns the environment of every Dagster process of this home."""
    from orchestration.dbt_build import ensure_manifest_json

    write_text(settings.dagster / "dagster.yaml", INSTANCE)
    ensure_manifest_json()
    return {**os.environ, "DAGSTER_HOME": str(settings.dagster), "KEHU_HOME": str(settings.home),
            "DO_NOT_TRACK": "1", "GX_ANALYTICS_ENABLED": "false", "PYTHONWARNINGS": "ignore"}


def serve(settings: Settings, port: int) -> int:
    """Runs web server, daemon and code server in one process group; a signal ends all of them."""
    dagster = Path(sys.executable).with_name("dagster")
    child = subprocess.Popen([str(dagster), "dev", "-m", "orchestration.definitions", "-h", "127.0.0.1", "-p", str(port)],
                             env=prepare(settings), cwd=ROOT, start_new_session=True)

    def end(number: int, frame: object) -> None:
        _end_group(child)

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    code = child.wait()
    _end_group(child)
    return 0 if code in (-signal.SIGTERM, -signal.SIGINT, -signal.SIGKILL) else code


def _end_group(child: subprocess.Popen[bytes]) -> None:
    """`dagster dev` started in the background ignores SIGINT and SIGTERM: end the whole group, then insist."""
    try:
        os.killpg(child.pid, signal.SIGTERM)
        child.wait(timeout=10)
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
