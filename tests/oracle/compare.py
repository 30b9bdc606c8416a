"""Computes all tags of a day, reads the published ones and counts, tag by tag, who agrees."""

from dataclasses import dataclass
from datetime import date
from importlib import import_module
from pathlib import Path

import duckdb
import pandas as pd

from tests.oracle import lifecycle, segments
from tests.oracle.balances import Balances
from tests.oracle.bank import Bank, Source, Tags
from tests.oracle.berka import BerkaSource

DOMAINS = ["assets", "products", "transactions", "risk", "channels", "card", "demographics", "motives", "value"]
WITH_BALANCES = {"assets", "products", "demographics", "lifecycle", "motives", "value"}


@dataclass
class Compared:
    """One tag: how many customers agree, and who does not with the published and the computed value."""

    tag: str
    agreeing: int
    differing: list[tuple[str, object, object]]


def source_of(home: Path) -> Source:
    """The reader of what the home accepted: canonical extracts, or the real files."""
    return BerkaSource(home) if (home / "raw" / "berka").is_dir() and not (home / "raw" / "core").is_dir() else Source(home)


def computed(home: Path, day: date) -> Tags:
    """Every tag by its definition."""
    bank = Bank(source_of(home), day)
    balances = Balances(bank)
    days = [date.fromisoformat(folder.name) for folder in (home / "history" / "tags").iterdir()]
    found = _plain(bank, balances)
    found |= lifecycle.tags(bank, balances, [one for one in days if one < day])
    return found | segments.tags(found)


def _plain(bank: Bank, balances: Balances) -> Tags:
    found: Tags = {}
    for name in DOMAINS:
        module = import_module(f"tests.oracle.{name}")
        found |= module.tags(bank, balances) if name in WITH_BALANCES else module.tags(bank)
    return found


def published(home: Path, day: date) -> pd.DataFrame:
    """The published tags by customer; the build in service must be of the day."""
    store = home / "published" / (home / "published" / "CURRENT").read_text().strip() / "store.duckdb"
    with duckdb.connect(str(store), read_only=True) as connection:
        cursor = connection.execute("select * from tags.customer_tags where as_of_date = ? order by customer_id", [day])
        names = [item[0] for item in cursor.description or []]
        return pd.DataFrame(cursor.fetchall(), columns=names, dtype=object).set_index("customer_id")


def compared(home: Path, day: date) -> list[Compared]:
    wanted, got = computed(home, day), published(home, day)
    found = []
    for tag, values in wanted.items():
        if list(values.index) != list(got.index):
            raise SystemExit(f"{tag}: the store has {len(got)} customers, the extracts give {len(values)}")
        pairs = zip(got.index, got[tag], values, strict=True)
        wrong = [(customer, one, other) for customer, one, other in pairs if not equal(one, other)]
        found.append(Compared(tag, len(got) - len(wrong), wrong))
    return found


def is_null(value: object) -> bool:
    return value is None or value is pd.NaT or value is pd.NA or value != value


def equal(one: object, other: object) -> bool:
    """Null equals null alone; numbers to nine digits, dates by day, anything else by value."""
    if is_null(one) or is_null(other):
        return is_null(one) and is_null(other)
    if isinstance(one, date):
        one = one.toordinal()
    if isinstance(one, str):
        return one == other
    return abs(float(one) - float(other)) <= 1e-9 * max(1.0, abs(float(one)))  # type: ignore[arg-type]


def lines(found: list[Compared], examples: int) -> list[str]:
    """One line a tag, and a few of those who differ."""
    shown = []
    for tag in found:
        shown.append(f"{tag.tag:34} {tag.agreeing:>7} agree {len(tag.differing):>6} differ")
        shown += [f"    {customer}: published {one!r}, by definition {other!r}" for customer, one, other in tag.differing[:examples]]
    total, wrong = sum(tag.agreeing + len(tag.differing) for tag in found), sum(len(tag.differing) for tag in found)
    return [*shown, f"{len(found)} tags, {total} values, {wrong} differences"]
