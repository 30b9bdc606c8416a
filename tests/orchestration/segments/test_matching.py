"""First match wins, all matches are kept: random rule sets on random tags against a plain evaluator."""

import random
from typing import Any

import pytest
import tag_bank
from tag_bank import day

Row = dict[str, Any]
CONDITIONS = {
    "age >= 60": lambda r: None if r["age"] is None else r["age"] >= 60,
    "age between 14 and 45": lambda r: None if r["age"] is None else 14 <= r["age"] <= 45,
    "is_silver": lambda r: r["is_silver"],
    "not is_silver": lambda r: None if r["is_silver"] is None else not r["is_silver"],
    "gender in ('F')": lambda r: None if r["gender"] is None else r["gender"] == "F",
    "gender is null": lambda r: r["gender"] is None,
    "time_share_rate < 0.5": lambda r: None if r["time_share_rate"] is None else r["time_share_rate"] < 0.5,
    "aum_month_avg_cny >= 800000": lambda r: None if r["aum_month_avg_cny"] is None else r["aum_month_avg_cny"] >= 800000,
    "aum_month_avg_cny = 199999.99": lambda r: None if r["aum_month_avg_cny"] is None else r["aum_month_avg_cny"] == 199999.99,
}


def _expected(rows: list[Row], base: str, rules: list[str], is_exclusive: bool) -> set[tuple[str, str, bool]]:
    found = set()
    for row in rows:
        is_child = row["age"] is not None and row["age"] < 14
        if is_child or CONDITIONS[base](row) is not True:
            continue
        hits = [f"r{n}" for n, rule in enumerate(rules) if CONDITIONS[rule](row) is True]
        hits = hits or (["other"] if is_exclusive else [])
        found |= {(row["customer_id"], hit, place == 0) for place, hit in enumerate(hits)}
    return found


@pytest.mark.parametrize("seed", range(4))
def test_random_rule_sets_match_a_plain_evaluator(bank: tag_bank.TagBank, seed: int) -> None:
    chance = random.Random(seed)
    rows, names = tag_bank.people(seed), sorted(CONDITIONS)
    bank.tags(rows, day(0))
    wanted, sets = {}, []
    for number in range(5):
        base, rules = chance.choice(names), chance.sample(names, chance.randint(1, 6))
        is_exclusive = chance.random() < 0.7
        sets.append(tag_bank.rule_set(id=f"set{number}", base=base, rules=[(f"r{n}", rule) for n, rule in enumerate(rules)],
                                      parameters={}, output_tag=None, is_exclusive=is_exclusive, unmatched_limit_rate=1.0))
        wanted[f"set{number}"] = _expected(rows, base, rules, is_exclusive)
    bank.rules(*sets)
    assert {note["status"] for note in bank.night(day(0))} <= {"passed"}
    for name, expected in wanted.items():
        got = bank.connection.execute(
            "select customer_id, segment_id, is_primary from segments.membership where segment_set = ?", [name]).fetchall()
        assert len(got) == len(set(got)) and set(got) == expected, name
    assert sum(len(expected) for expected in wanted.values()) > 100


def test_the_primary_stands_in_the_tag_column(bank: tag_bank.TagBank) -> None:
    bank.tags(tag_bank.people(3), day(0))
    bank.night(day(0))
    column = dict(bank.connection.execute(
        "select customer_id, wealth_micro_segment from tags.customer_tags_all where wealth_micro_segment is not null").fetchall())
    assert column == bank.primaries(day(0)) and {"top", "silver", "women", "saver", "other"} == set(column.values())


def test_nobody_under_fourteen_is_in_a_set(bank: tag_bank.TagBank) -> None:
    rows = tag_bank.people(4)
    bank.tags(rows, day(0))
    bank.night(day(0))
    children = {row["customer_id"] for row in rows if row["age"] is not None and row["age"] < 14}
    assert children and not children & {member[4] for member in bank.members()}


def test_a_share_of_unmatched_above_the_limit_warns(bank: tag_bank.TagBank) -> None:
    bank.rules(tag_bank.rule_set(rules=[("top", "aum_month_avg_cny >= [top]"), ("women", "gender = [sex] and age > [share]")]))
    bank.tags(tag_bank.people(5), day(0))
    note = next(n for n in bank.night(day(0)) if n["check"] == "unmatched share of wealth")
    base = bank.primaries(day(0))
    other = sum(segment == "other" for segment in base.values())
    assert note["status"] == "warned" and f"{other} of {len(base)} customers" in note["detail"]
