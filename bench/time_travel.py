"""Asks the kept tags of past days: one customer on one day, his history, an audience of a past day; and what a day costs on disk.

    python bench/time_travel.py [--rows 1000000] [--days 99] [--folder DIR]

144 tags in the stored form of history/ (features/tag_history.py), before and after the product binds them into volumes
(orchestration/publish/volumes.py). 99 days are the worst night for a history of 90: nine of them are not bound yet. From day
to day four numbers move for everybody (recency, averages), the others for every fiftieth customer. Asked through the
product's own functions in one warm process; medians of wall and of CPU time (on a shared machine only the latter compares).
"""

import argparse
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

from audience import KINDS, NUMBERS, TODAY, expressions, make, select

from features import selection, store, tag_history, warehouse
from features.settings import Settings
from orchestration.publish import volumes

MOVING = 4
TARGETS = {"one customer, one day": 50, "his 90 days, all tags": 500}
"""Milliseconds; they are held against CPU time."""
TIMES = 9
LOOKED_AT = "is_f3, category_2, amount_5"


def keep(settings: Settings, rows: int, days: int) -> int:
    """Writes `days` daily snapshots before TODAY; their bytes."""
    connection = warehouse.memory()
    connection.execute(f"set preserve_insertion_order = true; create table bank as {select(rows, TODAY)}")
    for back in range(1, days + 1):
        day = TODAY - timedelta(days=back)
        target = settings.history / "tags" / day.isoformat() / f"b{day:%Y%m%d}-01.parquet"
        target.parent.mkdir(parents=True)
        connection.execute(f"copy ({_of_day(day, back)}) to '{target}' ({tag_history.SNAPSHOT_FORM})")
    connection.close()
    return sum(path.stat().st_size for path in settings.history.rglob("*.parquet"))


def _of_day(day: date, back: int) -> str:
    moved = [f"(amount_{n} + {back} * (hash(customer_id) % 90))::decimal(18, 2) as amount_{n}" for n in range(MOVING)]
    moved += [f"(amount_{n} + {back} * (hash(customer_id) % 50 = {n % 50})::int)::decimal(18, 2) as amount_{n}" for n in range(MOVING, NUMBERS)]
    return f"select * replace ({', '.join(moved)}, date '{day}' as as_of_date) from bank"  # which lies in order


def figures(settings: Settings, rows: int, days: int) -> dict[str, tuple[float, float]]:
    """Median milliseconds per question: wall, CPU."""
    chance = random.Random(3)
    ids = [f"c{chance.randrange(rows):09d}" for _ in range(TIMES)]
    dates = [TODAY - timedelta(days=chance.randint(1, days)) for _ in range(TIMES)]
    texts, since = expressions(8), TODAY - timedelta(days=90)
    return {
        "one customer, one day": _median(lambda n: store.customer_tags(settings, ids[n], dates[n])),
        "his 90 days, all tags": _median(lambda n: store.customer_history(settings, ids[n], first=since)),
        "his 90 days, three tags": _median(lambda n: store.customer_history(settings, ids[n], LOOKED_AT.split(", "), since)),
        "audience of a past day": _median(lambda n: selection.count(settings, texts[n], dates[n])),
    }


def show(title: str, found: dict[str, tuple[float, float]]) -> None:
    for what, (wall, cpu) in found.items():
        target = f"   target {TARGETS[what]} ms: {'hit' if cpu <= TARGETS[what] else 'missed'}" if what in TARGETS else ""
        print(f"{title}: {what:26} {wall:10.1f} ms   CPU {cpu:8.1f} ms{target}", flush=True)


def _median(work: Callable[[int], object], times: int = TIMES) -> tuple[float, float]:
    wall, cpu = [], []
    for n in range(times):
        began, worked = time.perf_counter(), time.process_time()
        work(n)
        wall.append(1000 * (time.perf_counter() - began))
        cpu.append(1000 * (time.process_time() - worked))
    return statistics.median(wall), statistics.median(cpu)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python bench/time_travel.py", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--days", type=int, default=99)
    parser.add_argument("--folder", type=Path, help="where to work (default: a temporary folder)")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="kehu-bench-", dir=given.folder) as name:
        settings = make(Path(name), given.rows)
        worked = time.process_time()
        size = keep(settings, given.rows, given.days)
        print(f"{given.rows:,} customers, {len(KINDS)} tags, {given.days} days: {size / given.rows / given.days:.1f} bytes per"
              f" customer-day, written in {(time.process_time() - worked) / given.days:.1f} CPU s a day", flush=True)
        show("day files only", figures(settings, given.rows, given.days))
        worked = time.process_time()
        made = volumes.bind(settings)
        dates = sum(volume["dates"] for volume in made)
        print(f"{len(made)} volumes of {dates} days: {sum(volume['bytes'] for volume in made) / given.rows / dates:.1f} bytes per customer-day"
              f" more, bound in {(time.process_time() - worked) / dates:.1f} CPU s a day", flush=True)
        show("with volumes", figures(settings, given.rows, given.days))
    return 0


if __name__ == "__main__":
    sys.exit(main())
