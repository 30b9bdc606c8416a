"""The published segment tables equal a plain count of random members, small cells hidden, a range equal to its nights."""

import math
import random
import sys
from collections import Counter, defaultdict
from datetime import date
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

import duckdb
import pytest
import yaml

sys.path.insert(0, str(Path(__file__).parents[1] / "tags"))

import tag_project

DATES = [date(2026, 4, 30), date(2026, 5, 31), date(2026, 6, 18), date(2026, 6, 19)]  # two nights look back on one month-end
SETS = {"wealth": ("rule", True, ["top", "saver", "rare"]), "group": ("rule", False, ["silver", "payroll"]),
        "model": ("cluster", True, ["value_1", "value_2"])}
TIERS = ("t1_below_10k", "t4_200k_600k", "t7_private")
Member = tuple[date, str, str, str, bool]
"""(date, set, segment, customer, is it the primary)."""


def _tags(chance: random.Random) -> list[dict[str, Any]]:
    return [{"as_of_date": day, "customer_id": f"c{n:03d}", "aum_month_avg_cny": chance.choice([None, 10.25, 300.5, 9000.75]),
             "is_single_product": chance.random() < 0.3, "aum_tier": TIERS[2] if n < 8 else TIERS[n % 2],
             "connect_rate_180d": chance.choice([None, 0.25, 0.75]), "product_count": chance.randint(0, 5),
             "is_payroll": n % 2 == 0, "employer_id": "big" if n % 4 else "small" if n == 4 else "firm",
             "salary_month_avg_cny": chance.choice([5000.01, 9000.02]), "payroll_retention_rate": chance.choice([None, 0.5])}
            for day in DATES for n in range(120)]


def _members(chance: random.Random) -> set[Member]:
    """Everybody's segments on every date: mostly as before, a few change; the second set has matches besides the primary."""
    found: set[Member] = set()
    held: dict[tuple[str, str], list[str]] = {}
    for day in DATES:
        for name, (_, is_exclusive, segments) in SETS.items():
            for n in range(120):
                customer = f"c{n:03d}"
                if (name, customer) not in held or chance.random() < 0.3:
                    pool = segments[:-1] if name == "wealth" and n > 5 else segments
                    held[name, customer] = chance.sample(pool, chance.randint(0, len(pool)))
                    if name == "wealth" and not held[name, customer] and n % 3 == 0:
                        held[name, customer] = ["other"]
                    if name == "model":
                        held[name, customer] = held[name, customer][:1]
                found |= {(day, name, segment, customer, place == 0) for place, segment in enumerate(held[name, customer])}
                assert is_exclusive or name == "group"
    return found


def _intervals(members: set[Member]) -> list[tuple[Any, ...]]:
    rows = []
    for key in {m[1:] for m in members}:
        start = None
        for day in [*DATES, None]:
            is_in = day is not None and (day, *key) in members
            if is_in and start is None:
                start = day
            elif not is_in and start is not None:
                name, segment, customer, is_primary = key
                rows.append((name, segment, "1", SETS[name][0], customer, is_primary, start, day, start, "test"))
                start = None
    return rows


def _create(path: Path, tags: list[dict[str, Any]], members: set[Member]) -> None:
    tag_project.create(path, {})
    wide = yaml.safe_load((tag_project.PROJECT / "models" / "tags" / "customer_tags_all.yml").read_text())["models"][0]["columns"]
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema tags; create schema segments")
        columns = ", ".join(f"{column['name']} {column['data_type']}" for column in wide)
        connection.execute(f"create table tags.customer_tags_all ({columns})")
        names = list(tags[0])
        connection.executemany(f"insert into tags.customer_tags_all by name select {', '.join(f'? as {n}' for n in names)}",
                               [[row[n] for n in names] for row in tags])
        connection.execute(
            "create table segments.membership (segment_set varchar, segment_id varchar, version varchar, kind varchar,"
            " customer_id varchar, is_primary boolean, valid_from date, valid_to date, known_from date, source varchar)")
        connection.executemany(f"insert into segments.membership values ({', '.join('?' * 10)})", _intervals(members))
        connection.execute("create table segments.definition (segment_set varchar, segment_id varchar, kind varchar,"
                           " is_exclusive boolean, unmatched_limit_rate double)")
        connection.executemany("insert into segments.definition values (?, ?, ?, ?, 0.05)",
                               [[name, s, kind, exclusive] for name, (kind, exclusive, found) in SETS.items() for s in found])


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, list[dict[str, Any]], set[Member]]:
    """The same bank built as a range and night by night."""
    chance = random.Random(4)
    tags, members = _tags(chance), _members(chance)
    paths = [tmp_path_factory.mktemp(name) / "build.duckdb" for name in ("range", "nights")]
    for path in paths:
        _create(path, tags, members)
    tag_project.run(paths[0], DATES, "path:models/segments", command="build")
    for day in DATES:
        tag_project.run(paths[1], [day], "path:models/segments")
    return paths[0], paths[1], tags, members


def _rows(path: Path, sql: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = tag_project.frame(path, sql).to_dict("records")
    return [{name: None if value != value else value for name, value in row.items()} for row in found]


def _shown(count: int) -> int | None:
    return count if count >= 10 else None


def _counted(members: set[Member]) -> dict[tuple[date, str, str], set[str]]:
    found = defaultdict(set)
    for day, name, segment, customer, is_primary in members:
        if is_primary or not SETS[name][1]:
            found[day, name, segment].add(customer)
    return found


def test_a_range_equals_its_nights(bank: Any) -> None:
    for table in ("hit_matrix", "migration", "profile", "overlap", "coverage", "product_depth", "payroll_employer"):
        whole, single = (sorted(_rows(path, f"select * from segments.{table}"), key=str) for path in bank[:2])
        assert whole and whole == single, table


def test_the_hit_matrix_counts_every_match_of_every_primary(bank: Any) -> None:
    path, _, _, members = bank
    wanted: Counter[tuple[Any, ...]] = Counter()
    primary = {(m[0], m[1], m[3]): m[2] for m in members if m[4]}
    for day, name, segment, customer, _ in members:
        if SETS[name][0] == "rule":
            wanted[day, name, primary[day, name, customer], segment] += 1
    got = {(r["as_of_date"], r["segment_set"], r["primary_segment_id"], r["matched_segment_id"]): r["customer_count"]
           for r in _rows(path, "select * from segments.hit_matrix")}
    assert got == {key: _shown(count) for key, count in wanted.items()} and None in got.values()


def test_migration_is_month_on_month(bank: Any) -> None:
    path, _, _, members = bank
    primary = {(m[0], m[1], m[3]): m[2] for m in members if m[4]}
    wanted: Counter[tuple[Any, ...]] = Counter()
    for before, day in ((DATES[0], DATES[1]), (DATES[1], DATES[2]), (DATES[1], DATES[3])):
        for name in SETS:
            for customer in {key[2] for key in primary if key[0] in (before, day) and key[1] == name}:
                wanted[day, before, name, primary.get((before, name, customer), "none"),
                       primary.get((day, name, customer), "none")] += 1
    rows = _rows(path, "select * from segments.migration")
    got = {(r["as_of_date"], r["former_date"], r["segment_set"], r["from_segment_id"], r["to_segment_id"]): r["customer_count"]
           for r in rows}
    assert got == {key: _shown(count) for key, count in wanted.items()} and None in got.values()
    whole = Counter({key[:4]: 0 for key in wanted})
    for key, count in wanted.items():
        whole[key[:4]] += count
    for row in rows:
        key = (row["as_of_date"], row["former_date"], row["segment_set"], row["from_segment_id"])
        assert row["is_hidden"] == (row["from_rate"] is None) == (row["customer_count"] is None)
        assert row["is_hidden"] or math.isclose(row["from_rate"], row["customer_count"] / whole[key])


def test_every_group_has_one_layout_against_the_bank(bank: Any) -> None:
    path, _, tags, members = bank
    value = {(t["as_of_date"], t["customer_id"]): t for t in tags}
    groups = _counted(members)
    rows = _rows(path, "select * from segments.profile")
    by_group = Counter((r["as_of_date"], r["segment_set"], r["segment_id"]) for r in rows)
    assert by_group.keys() == groups.keys() and set(by_group.values()) == {15}
    checked = 0
    for row in rows:
        if row["metric_id"] not in ("aum_month_avg_cny", "is_single_product", "connect_rate_180d", "product_count"):
            continue
        day, metric = row["as_of_date"], row["metric_id"]
        inside = [float(v) for c in groups[day, row["segment_set"], row["segment_id"]] if (v := value[day, c][metric]) is not None]
        whole = [float(t[metric]) for t in tags if t["as_of_date"] == day and t[metric] is not None]
        assert row["is_hidden"] == (len(inside) < 10) and math.isclose(row["bank_value"], fmean(whole))
        if row["is_hidden"]:
            assert [row[k] for k in ("n", "value", "low", "high", "index_value")] == [None] * 5
            continue
        mean, checked = fmean(inside), checked + 1
        assert (row["n"], row["bank_n"]) == (len(inside), len(whole)) and math.isclose(row["value"], mean)
        assert math.isclose(row["index_value"], 100 * mean / fmean(whole))
        if metric in ("aum_month_avg_cny", "product_count"):
            half = 1.959963984540054 * stdev(inside) / math.sqrt(len(inside))
            assert math.isclose(row["low"], mean - half, rel_tol=1e-6) and math.isclose(row["high"], mean + half, rel_tol=1e-6)
        else:
            assert 0 <= row["low"] <= mean <= row["high"] <= 1
    assert checked > 40


def test_overlap_is_of_the_newest_date(bank: Any) -> None:
    path, _, _, members = bank
    groups = {key[1:]: found for key, found in _counted(members).items() if key[0] == DATES[-1]}
    wanted = {(*a, *b): len(groups[a] & groups[b]) for a in groups for b in groups if a[0] < b[0] and groups[a] & groups[b]}
    rows = _rows(path, "select * from segments.overlap")
    got = {(r["set_a"], r["segment_a"], r["set_b"], r["segment_b"]): r["customer_count"] for r in rows}
    assert got == {key: _shown(count) for key, count in wanted.items()} and {r["as_of_date"] for r in rows} == {DATES[-1]}
    for row in rows:
        a, b = groups[row["set_a"], row["segment_a"]], groups[row["set_b"], row["segment_b"]]
        assert row["is_hidden"] or math.isclose(row["jaccard_rate"], len(a & b) / len(a | b))


def test_unmatched_above_the_limit_warns(bank: Any) -> None:
    path, _, _, members = bank
    for row in _rows(path, "select * from segments.coverage"):
        base = [m for m in members if m[0] == row["as_of_date"] and m[1] == row["segment_set"] and m[4]]
        other = [m for m in base if m[2] == "other"]
        assert (row["segment_set"], row["base_count"], row["unmatched_count"]) == ("wealth", len(base), len(other))
        assert row["status"] == ("warned" if len(other) > 0.05 * len(base) else "passed")


def test_one_product_customers_per_tier(bank: Any) -> None:
    path, _, tags, _ = bank
    rows = _rows(path, "select * from segments.product_depth")
    assert len(rows) == len(DATES) * len(TIERS)
    for row in rows:
        tier = [t["is_single_product"] for t in tags if (t["as_of_date"], t["aum_tier"]) == (row["as_of_date"], row["aum_tier"])]
        if row["aum_tier"] == TIERS[2]:  # eight customers
            assert row["is_hidden"] and row["customer_count"] is row["single_product_rate"] is None
            continue
        assert (row["customer_count"], row["single_product_count"]) == (len(tier), sum(tier))
        assert row["low"] < row["single_product_rate"] == sum(tier) / len(tier) < row["high"]


def test_small_employers_are_not_shown(bank: Any) -> None:
    path, _, tags, _ = bank
    rows = _rows(path, f"select * from segments.payroll_employer where as_of_date = date '{DATES[0]}' order by position")
    staff = Counter(t["employer_id"] for t in tags if t["as_of_date"] == DATES[0] and t["is_payroll"])
    assert [(r["employer_id"], r["customer_count"]) for r in rows] == [(e, n) for e, n in staff.most_common() if n >= 10]
    assert staff["small"] == 1
