"""What an analyst does all day, done while a night writes: nothing fails, nothing waits."""

import time
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.e2e.conftest import Played
from tests.e2e.homes import current, kehu, night_of, start

AUDIENCE = "aum_cny > 0 and age >= 18"
LONGEST_SECONDS = 30
"""A command beside a night shares two cores with it; one that waited for the night's lock would take longer still."""


def _paths(home: Path, folder: Path) -> list[tuple[str, list[Any]]]:
    return [
        ("find in Chinese", ["tags", "list", "--search", "到期"]),
        ("find in English", ["tags", "list", "--search", "maturing"]),
        ("understand", ["tags", "show", "maturing_30d_cny"]),
        ("count", ["audience", "count", AUDIENCE]),
        ("sample", ["audience", "sample", AUDIENCE, "--n", 5]),
        ("profile", ["audience", "profile", AUDIENCE]),
        ("export csv", ["audience", "export", AUDIENCE, "--out", folder / "a.csv", "--purpose", "test"]),
        ("export parquet", ["audience", "export", AUDIENCE, "--out", folder / "a.parquet", "--purpose", "test"]),
        ("export xlsx", ["audience", "export", AUDIENCE, "--out", folder / "a.xlsx", "--purpose", "test"]),
        ("sql", ["sql", "select aum_tier, count(*) as n from tags.customer_tags group by 1 order by 1"]),
    ]


def _open_as_a_tool(home: Path) -> int:
    """As docs/guides/connect-a-bi-tool.md says: the file that CURRENT names, read only, in DuckDB and pandas."""
    path = home / "published" / (home / "published" / "CURRENT").read_text().strip() / "store.duckdb"
    with duckdb.connect(str(path), read_only=True) as connection:
        return len(connection.execute("select customer_id, aum_cny from tags.customer_tags").df())


@pytest.mark.slow
def test_an_analyst_works_while_a_night_runs(bank: Played, tmp_path: Path) -> None:
    home = bank.copy(1, "analyst")
    before = current(home)["build_id"]
    night = start("nightly", "--home", home, "--landing", bank.landing, "--date", night_of(2))
    done: dict[str, float] = {}
    try:
        while night.poll() is None:
            for name, arguments in _paths(home, tmp_path):
                began, is_beside = time.monotonic(), night.poll() is None
                kehu(*arguments, "--home", home, "--json")
                if is_beside and night.poll() is None:
                    done[name] = max(done.get(name, 0.0), time.monotonic() - began)
            assert _open_as_a_tool(home) > 0
        said = night.communicate()[1]
    finally:
        if night.poll() is None:
            night.kill()
    assert night.returncode == 0, said[-2000:]
    assert set(done) >= {"find in Chinese", "find in English", "understand", "count"}, "the night was over too soon to prove anything"
    assert max(done.values()) < LONGEST_SECONDS, done
    assert current(home)["build_id"] > before
