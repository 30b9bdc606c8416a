"""The only reader of the wall clock; tests and replays inject their own time."""

import os
import time
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


def now() -> datetime:
    """The current instant in UTC; `KEHU_NOW` (ISO 8601) replaces it."""
    fixed = os.environ.get("KEHU_NOW")
    return datetime.fromisoformat(fixed).astimezone(UTC) if fixed else datetime.now(UTC)


def stamp() -> str:
    """`now` as ISO text with seconds, as stored in state."""
    return now().isoformat(timespec="seconds")


def last_business_date() -> date:
    """Yesterday in Shanghai: the date a night at 02:00 works on."""
    return now().astimezone(SHANGHAI).date() - timedelta(days=1)


def monotonic() -> float:
    """Seconds for durations."""
    return time.monotonic()
