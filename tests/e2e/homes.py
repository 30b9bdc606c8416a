"""Runs the `kehu` command as a user does and looks at the home it leaves."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb

ROOT = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, "-c", "from orchestration.cli import main; main()"]
START = date(2026, 3, 4)
"""Late enough in March for the window that opened at the end of January to have closed: four dates to learn from."""
EVE = START - timedelta(days=1)


@dataclass(frozen=True)
class Answer:
    """What one command left: exit code, stdout, stderr."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)


def kehu(*arguments: object, code: int | None = 0, environment: dict[str, str] | None = None) -> Answer:
    """Runs `kehu` in a process of its own; fails the test when the exit code is not `code` (None: any)."""
    done = subprocess.run([*COMMAND, *map(str, arguments)], capture_output=True, text=True, cwd=ROOT,
                          env=_environment(environment))
    assert code is None or done.returncode == code, f"kehu {arguments}: exit {done.returncode}\n{done.stderr[-2000:]}"
    return Answer(done.returncode, done.stdout, done.stderr)


def start(*arguments: object) -> subprocess.Popen[str]:
    """Starts `kehu` as the head of its own process group and returns at once."""
    return subprocess.Popen([*COMMAND, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                            cwd=ROOT, env=_environment(None), start_new_session=True)


def serve(log: Path, *arguments: object, environment: dict[str, str] | None = None) -> subprocess.Popen[str]:
    """Starts a `kehu` command that keeps running; what it says goes to `log`, so that no full pipe stops it."""
    with log.open("w", encoding="utf-8") as said:
        return subprocess.Popen([*COMMAND, *map(str, arguments)], stdout=said, stderr=said, text=True, cwd=ROOT,
                                env=_environment(environment), start_new_session=True)


def _environment(more: dict[str, str] | None) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name != "KEHU_HOME"}
    return {**kept, **(more or {})}


def nightly(home: Path, landing: Path, day: date, code: int = 0) -> dict[str, Any]:
    """One night's answer."""
    found: dict[str, Any] = kehu("nightly", "--home", home, "--landing", landing, "--date", day, "--json", code=code).document
    return found


def night_of(number: int) -> date:
    """Business date of night `number`; night 0 is the eve that loads the history."""
    return EVE + timedelta(days=number)


def versions(home: Path) -> list[dict[str, Any]]:
    """Builds on disk, oldest first."""
    found: list[dict[str, Any]] = kehu("store", "versions", "--home", home, "--json").document["items"]
    return found


def current(home: Path) -> dict[str, Any]:
    """The build in service."""
    return next(v for v in versions(home) if v["is_current"])


def copied(home: Path, target: Path) -> Path:
    """A second home that stands where the first one stands."""
    shutil.copytree(home, target)
    return target


@contextmanager
def store(home: Path, build_id: str | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """A reader's connection to a published store (default: the one in service)."""
    wanted = build_id or (home / "published" / "CURRENT").read_text().strip()
    connection = duckdb.connect(str(home / "published" / wanted / "store.duckdb"), read_only=True)
    try:
        yield connection
    finally:
        connection.close()


def ask(home: Path, sql: str, build_id: str | None = None) -> list[tuple[Any, ...]]:
    """Rows of one query on a published store."""
    with store(home, build_id) as connection:
        return connection.execute(sql).fetchall()


CLOCKED = {"meta.build", "meta.stage_run", "meta.check_result"}
"""Tables that carry wall-clock times or the checks of one single run."""


def differing_tables(one: Path, other: Path) -> dict[str, tuple[int, int]]:
    """Published tables whose rows differ between the builds in service: {table: (only in one, only in other)}."""
    with store(one) as connection:
        stores = {"other": other / "published" / (other / "published" / "CURRENT").read_text().strip() / "store.duckdb"}
        connection.execute(f"attach '{stores['other']}' as other (read_only)")
        mine = connection.execute("select current_database()").fetchall()[0][0]
        names = {db: {r[0] for r in connection.execute(
            "select schema_name || '.' || table_name from duckdb_tables() where database_name = ?", [db]).fetchall()}
            for db in (mine, "other")}
        assert names[mine] == names["other"], names[mine] ^ names["other"]
        found = {}
        for table in sorted(names[mine] - CLOCKED):
            gaps = tuple(connection.execute(
                f"select count(*) from (select * from {a}.{table} except all select * from {b}.{table})").fetchall()[0][0]
                for a, b in ((mine, "other"), ("other", mine)))
            if any(gaps):
                found[table] = (gaps[0], gaps[1])
        return found
