"""The nightly job, its schedule at 02:00 Shanghai, and the sensor that says what to do when it fails."""

from pathlib import Path

import dagster as dg

from features import clock, settings
from features.files import write_text
from orchestration.partitions import business_dates

WRITER_TAGS = {"duckdb_writer": "1", "dagster/max_runtime": "7200"}

nightly = dg.define_asset_job(
    "nightly", selection=dg.AssetSelection.all() - dg.AssetSelection.groups("g0_vocabulary")
    - dg.AssetSelection.assets(dg.AssetKey(["models", "trained_model"])),
    partitions_def=business_dates, executor_def=dg.in_process_executor, tags=WRITER_TAGS,
    description="One business date, from landing files to the published store.")

train = dg.define_asset_job("train", selection=dg.AssetSelection.assets(dg.AssetKey(["models", "trained_model"])),
                            executor_def=dg.in_process_executor, tags=WRITER_TAGS,
                            description="A new version of one model.")

at_two = dg.build_schedule_from_partitioned_job(
    nightly, name="nightly_at_two", hour_of_day=2, minute_of_hour=0, default_status=dg.DefaultScheduleStatus.RUNNING,
    description="02:00 Asia/Shanghai, for the business date that just ended.")


@dg.run_failure_sensor(name="say_what_to_do", default_status=dg.DefaultSensorStatus.RUNNING, minimum_interval_seconds=15)
def say_what_to_do(context: dg.RunFailureSensorContext) -> None:
    """Writes logs/ALERT.txt: what failed, what is still in service, which command mends it."""
    found = settings.load(None)
    day = context.dagster_run.tags.get("dagster/partition", "")
    write_text(found.logs / "ALERT.txt", alert(found.home, day, context.failure_event.message or "", clock.stamp()))


def alert(home: Path, day: str, message: str, at: str) -> str:
    """The text a person on call reads."""
    return (f"{at} the night of {day or 'an unknown date'} failed.\n{message}\n\n"
            f"The former build stays in service: kehu store versions --home {home}\n"
            f"What was checked: kehu doctor --home {home}\n"
            f"Mend the cause, then run it again: kehu nightly --date {day} --home {home}\n")
