"""The nightly job, its schedule at 02:00 Shanghai, and the sensor that says what to do when it fails."""

from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import dagster as dg

from features import clock, settings
from features.files import write_text
from orchestration.dagster_home import schedule_cron
from orchestration.partitions import TIMEZONE, business_dates

WRITER_TAGS = {"duckdb_writer": "1", "dagster/max_runtime": "7200"}

nightly = dg.define_asset_job(
    "nightly", selection=dg.AssetSelection.all() - dg.AssetSelection.groups("g0_vocabulary")
    - dg.AssetSelection.assets(dg.AssetKey(["models", "trained_model"])),
    partitions_def=business_dates, executor_def=dg.in_process_executor, tags=WRITER_TAGS,
    description="One business date, from landing files to the published store.")

train = dg.define_asset_job("train", selection=dg.AssetSelection.assets(dg.AssetKey(["models", "trained_model"])),
                            executor_def=dg.in_process_executor, tags=WRITER_TAGS,
                            description="A new version of one model.")


@dg.schedule(name="nightly_at_two", job=nightly, cron_schedule=schedule_cron(), execution_timezone=TIMEZONE,
             default_status=dg.DefaultScheduleStatus.RUNNING)
def at_two(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """02:00 Asia/Shanghai (or KEHU_SCHEDULE_CRON), for the business date that just ended; each date once."""
    ended = context.scheduled_execution_time.astimezone(ZoneInfo(TIMEZONE)).date() - timedelta(days=1)
    return dg.RunRequest(run_key=ended.isoformat(), partition_key=ended.isoformat())


@dg.run_failure_sensor(name="say_what_to_do", default_status=dg.DefaultSensorStatus.RUNNING, minimum_interval_seconds=15)
def say_what_to_do(context: dg.RunFailureSensorContext) -> None:
    """Writes logs/ALERT.txt: what failed, what is still in service, which command mends it."""
    found = settings.load(None)
    day = context.dagster_run.tags.get("dagster/partition", "")
    write_text(found.logs / "ALERT.txt", alert(found.home, day, _reasons(context), clock.stamp()))


def _reasons(context: dg.RunFailureSensorContext) -> str:
    """One line per step that failed: what the stage said, not that something failed."""
    said = []
    for event in context.get_step_failure_events():
        data = event.step_failure_data
        told = data.user_failure_data.description if data.user_failure_data else data.error and data.error.message
        said.append(f"{event.step_key}: {(told or '').strip()}")
    return "\n".join(said) or context.failure_event.message or ""


def alert(home: Path, day: str, message: str, at: str) -> str:
    """The text a person on call reads."""
    return (f"{at} the night of {day or 'an unknown date'} failed.\n{message}\n\n"
            f"The former build stays in service: kehu store versions --home {home}\n"
            f"What was checked: kehu doctor --home {home}\n"
            f"Mend the cause, then run it again: kehu nightly --date {day} --home {home}\n")
