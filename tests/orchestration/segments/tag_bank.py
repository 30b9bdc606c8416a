"""A home with a hand-made tag table: random tags from a seed, rule files, nights of the segments stage."""

import random
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import yaml

from features import settings as settings_module
from features.state import State
from orchestration import segments

FIRST = date(2026, 3, 2)
TAGS = {"age": "integer", "aum_month_avg_cny": "decimal(18,2)", "is_silver": "boolean", "gender": "varchar",
        "time_share_rate": "double", "is_minor": "boolean", "wealth_micro_segment": "varchar"}
WEALTH: dict[str, Any] = {
    "id": "wealth", "version": 1, "pack": "wealth", "name_zh": "财富", "name_en": "Wealth", "owner": "tests",
    "base": "aum_month_avg_cny >= [base]", "unmatched_limit_rate": 0.05, "output_tag": {"id": "wealth_micro_segment"},
    "parameters": {"base": 200000, "top": 800000, "share": 0.5, "sex": "F"},
    "rules": [("top", "aum_month_avg_cny >= [top]"), ("silver", "is_silver and time_share_rate >= [share]"),
              ("women", "gender = [sex]"), ("saver", "time_share_rate >= [share] or age > 60")],
}


def day(n: int) -> date:
    return FIRST + timedelta(days=n)


def rule_set(order: list[int] | None = None, **changes: Any) -> dict[str, Any]:
    """The wealth set, its rules in another order, some of its words changed."""
    found = {**WEALTH, **changes}
    rules = [found["rules"][n] for n in order or range(len(found["rules"]))]
    words = {"name_zh": "名", "name_en": "Name", "proposition_zh": "话", "proposition_en": "Words"}
    return {**found, "rules": [{"id": name, "priority": n, "rule": rule, **words} for n, (name, rule) in enumerate(rules, 1)]}


def people(seed: int, count: int = 400) -> list[dict[str, Any]]:
    """Customers with random tags, every one of them sometimes null; some children."""
    chance = random.Random(seed)

    def maybe(value: Any) -> Any:
        return None if chance.random() < 0.1 else value

    return [{"customer_id": f"c{n:04d}", "age": maybe(chance.choice([9, 13, 14, 30, 45, 61, 75])),
             "aum_month_avg_cny": maybe(chance.choice([100_000, 199_999.99, 200_000, 500_000, 800_000, 2_000_000])),
             "is_silver": maybe(chance.random() < 0.4), "gender": maybe(chance.choice("FM")),
             "time_share_rate": maybe(chance.choice([0.1, 0.49, 0.5, 0.9])), "is_minor": False} for n in range(count)]


class TagBank:
    """One home and its build database."""

    def __init__(self, folder: Path) -> None:
        (folder / "segments").mkdir(parents=True)
        self.settings = settings_module.init(folder / "home", segments=str(folder / "segments"))
        self.folder = folder / "segments"
        self.state = State(self.settings)
        self.connection = duckdb.connect(str(self.settings.build_db))
        columns = ", ".join(f"{name} {kind}" for name, kind in TAGS.items())
        self.connection.execute(
            f"create schema tags; create schema control; create schema state;"
            f"create table tags.customer_tags_all (customer_id varchar, {columns}, as_of_date date);"
            "create table control.snapshot_date (as_of_date date, kind varchar);"
            "create table state.model_score (model_id varchar, version varchar, customer_id varchar, as_of_date date,"
            " score double, decile integer, label varchar)")
        self.rules(rule_set())

    def rules(self, *sets: dict[str, Any]) -> None:
        """Replaces the rule files."""
        for path in self.folder.glob("*.yml"):
            path.unlink()
        for found in sets:
            (self.folder / f"{found['id']}.yml").write_text(yaml.safe_dump(found, allow_unicode=True), encoding="utf-8")

    def tags(self, rows: list[dict[str, Any]], on: date) -> None:
        """The tags of one date, as dbt would leave them."""
        self.connection.execute("delete from tags.customer_tags_all where as_of_date = ?", [on])
        values = [[row["customer_id"], *(row.get(name) for name in TAGS), on] for row in rows]
        self.connection.executemany(f"insert into tags.customer_tags_all values ({', '.join('?' * (len(TAGS) + 2))})", values)

    def night(self, *dates: date, first: date | None = None, month_ends: tuple[date, ...] = ()) -> list[dict[str, str]]:
        """One run of the stage over these decision dates."""
        self.connection.execute("delete from control.snapshot_date")
        rows = [(d, "decision") for d in dates] + [(d, "month_end") for d in month_ends]
        self.connection.executemany("insert into control.snapshot_date values (?, ?)", rows)
        return segments.build(self.settings, self.connection, self.state, first or min([*dates, *month_ends]))

    def published(self, on: date) -> None:
        """Marks a night as one that readers saw."""
        self.state.insert("night", {"to_date": on, "from_date": on, "load_from_date": on, "decision_dates": "[]",
                                    "status": "published", "updated_at": "x"}, replace=True)
        self.state.insert("build", {"build_id": f"b{on:%Y%m%d}-01", "as_of_date": on, "published_at": "x", "checksum": "x",
                                    "sequence": 1}, replace=True)

    def members(self) -> list[tuple[Any, ...]]:
        return self.connection.execute("select * from segments.membership order by all").fetchall()

    def primaries(self, on: date, segment_set: str = "wealth") -> dict[str, str]:
        """{customer: primary segment} of a set on a date."""
        return dict(self.connection.execute(
            "select customer_id, segment_id from segments.membership where segment_set = ? and is_primary"
            " and valid_from <= ? and (valid_to is null or valid_to > ?)", [segment_set, on, on]).fetchall())

    def close(self) -> None:
        self.connection.close()
        self.state.close()
