"""Seconds and peak memory of every stage of a night, for growing banks, with the growth exponent.

    .venv/bin/python bench/nightly.py --customers 20000 200000 1000000 --out bench/results/nightly.json

`--landing DIR` takes the extracts of one size from a folder made before (`kehu generate --start 2026-01-05 --days 3
--format parquet`) and leaves it there. Every command is a process of its own. `cold dbt` is one `dbt build` of the
same project as a command on the same database, in the same run: the peer that a night of a tiny bank is held against.
"""

import argparse
import json
import math
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
START = date(2026, 1, 5)


def timed(arguments: list[str], **environment: str) -> dict[str, Any]:
    """Runs a command; `{seconds, cpu, peak_mb, answer}`: wall and CPU seconds, the peak of its own process."""
    code = ("import resource, subprocess, sys; p = subprocess.run(sys.argv[1:], stdout=subprocess.PIPE);"
            "sys.stdout.buffer.write(p.stdout); u = resource.getrusage(resource.RUSAGE_CHILDREN);"
            "sys.stderr.write(f'\\nUSED {u.ru_maxrss} {u.ru_utime + u.ru_stime}'); sys.exit(p.returncode)")
    started = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, cwd=ROOT,
                          env={**os.environ, **environment})
    seconds = time.perf_counter() - started
    if done.returncode:
        sys.exit(f"{' '.join(arguments)} failed:\n{done.stderr[-2000:]}")
    peak, cpu = done.stderr.rsplit("USED ", 1)[1].split()
    return {"seconds": round(seconds, 2), "cpu": round(float(cpu), 1), "peak_mb": round(int(peak) / 1024),
            "answer": json.loads(done.stdout) if done.stdout.strip().startswith("{") else {}}


def kehu(*arguments: str) -> dict[str, Any]:
    return timed([str(BIN / "kehu"), *arguments, "--json"])


def night(home: Path, landing: Path, day: date) -> dict[str, Any]:
    found = kehu("nightly", "--home", str(home), "--landing", str(landing), "--date", day.isoformat())
    peaks = found["answer"]["peak_mb"]  # every stage starts the system's count of its process over
    return {"seconds": found["seconds"], "cpu": found["cpu"], "peak_mb": max(peaks.values()),
            "stages": {s: f"{v} s {peaks[s]} MB" for s, v in found["answer"]["seconds"].items()}}


def generated(customers: int, months: int, landing: Path) -> dict[str, Any]:
    found = kehu("generate", "--out", str(landing), "--customers", str(customers), "--start", START.isoformat(),
                 "--days", "3", "--history-months", str(months), "--format", "parquet")
    found.pop("answer")
    return found


def measure(customers: int, months: int, folder: Path, given: Path | None) -> dict[str, Any]:
    """One bank: generator (unless its extracts are given), first night with its history, two more days, a cold dbt build."""
    landing, home = given or folder / "landing", folder / "home"
    result: dict[str, Any] = {"customers": customers}
    if given is None:
        result["generate"] = generated(customers, months, landing)
    kehu("init", "--home", str(home))
    result["first_night"] = night(home, landing, START)
    result["one_more_day"] = night(home, landing, START + timedelta(days=1))
    result["one_more_day_again"] = night(home, landing, START + timedelta(days=2))
    result["cold_dbt"] = timed(
        [str(BIN / "dbt"), "build", "--quiet", "--project-dir", "dbt_project", "--profiles-dir", "dbt_project",
         "--target-path", str(folder / "dbt"), "--log-path", str(folder / "logs"), "--exclude-resource-type", "unit_test"],
        KEHU_BUILD_DB=str(home / "build.duckdb"))
    result["cold_dbt"].pop("answer")
    return result


def exponent(small: dict[str, Any], large: dict[str, Any], what: str) -> float:
    """Growth exponent of a command's CPU seconds between two sizes: other work beside it moves only the wall clock."""
    ratio = large[what]["cpu"] / small[what]["cpu"]
    return round(math.log(ratio) / math.log(large["customers"] / small["customers"]), 2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, nargs="+", default=[2_000, 20_000, 200_000])
    parser.add_argument("--months", type=int, default=3, help="months of history")
    parser.add_argument("--out", type=Path, default=ROOT / "bench" / "results" / "nightly.json")
    parser.add_argument("--landing", type=lambda text: Path(text).resolve(), help="extracts made before, of the one size given")
    options = parser.parse_args()
    if options.landing and len(options.customers) != 1:
        parser.error("--landing holds the extracts of one size: give --customers once")
    if options.landing and not (options.landing / START.isoformat()).is_dir():
        parser.error(f"{options.landing} has no night {START}")
    results: list[dict[str, Any]] = []
    for customers in options.customers:
        folder = Path(tempfile.mkdtemp(prefix="kehu-bench-"))
        try:
            results.append(measure(customers, options.months, folder, options.landing))
        finally:
            shutil.rmtree(folder)
        report(results)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(results, indent=1))


def report(results: list[dict[str, Any]]) -> None:
    last = results[-1]
    print(f"\n{last['customers']:,} customers")
    for what in ("generate", "first_night", "one_more_day", "one_more_day_again", "cold_dbt"):
        if what not in last:
            continue
        found = last[what]
        stages = ", ".join(f"{k} {v}" for k, v in found.get("stages", {}).items())
        print(f"  {what:20s} {found['seconds']:8.1f} s {found['cpu']:8.1f} CPU s {found['peak_mb']:6d} MB   {stages}")
    print(f"  one more day / cold dbt build: {last['one_more_day']['seconds'] / last['cold_dbt']['seconds']:.2f}")
    if len(results) > 1:
        for what in ("generate", "first_night", "one_more_day"):
            print(f"  growth exponent {what}: {exponent(results[-2], last, what)}")
    print(f"  this process {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB", flush=True)


if __name__ == "__main__":
    main()
