"""Memberships are intervals: a range is its nights, a night may run twice, and versions and models open new ones."""

import random
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import tag_bank
from tag_bank import day, rule_set

NIGHTS = [day(n) for n in range(5)]


def _moving(seed: int) -> dict[date, list[dict[str, Any]]]:
    """The same people with tags that change from day to day; some come, some go."""
    chance = random.Random(seed)
    rows = {row["customer_id"]: row for row in tag_bank.people(seed, 120)}
    found = {}
    for night in NIGHTS:
        for other in tag_bank.people(chance.randint(0, 999), 120):
            if chance.random() < 0.2:
                rows[other["customer_id"]] = other
        found[night] = [row for row in rows.values() if chance.random() < 0.97]
    return found


def _filled(folder: Path, tags: dict[date, list[dict[str, Any]]]) -> tag_bank.TagBank:
    bank = tag_bank.TagBank(folder)
    for night, rows in tags.items():
        bank.tags(rows, night)
    return bank


@pytest.mark.parametrize("seed", [1, 2])
def test_a_range_equals_its_nights(tmp_path: Path, seed: int) -> None:
    tags = _moving(seed)
    whole, single = _filled(tmp_path / "whole", tags), _filled(tmp_path / "single", tags)
    whole.night(*NIGHTS)
    for night in NIGHTS:
        single.night(night)
    assert whole.members() == single.members()
    assert {m[7] is None for m in whole.members()} == {True, False} and len(whole.members()) > 150
    single.night(NIGHTS[-1])
    assert whole.members() == single.members()  # the last night once more
    for bank in (whole, single):
        bank.close()


def test_intervals_say_who_was_in_on_every_night(bank: tag_bank.TagBank) -> None:
    for night, rows in _moving(7).items():
        bank.tags(rows, night)
        bank.night(night)
        shown = dict(bank.connection.execute("select customer_id, wealth_micro_segment from tags.customer_tags_all"
                                             " where as_of_date = ? and wealth_micro_segment is not null", [night]).fetchall())
        assert bank.primaries(night) == shown and shown
    for night in NIGHTS:
        shown = dict(bank.connection.execute("select customer_id, wealth_micro_segment from tags.customer_tags_all"
                                             " where as_of_date = ? and wealth_micro_segment is not null", [night]).fetchall())
        assert bank.primaries(night) == shown


def test_a_night_that_was_killed_or_never_published_is_told_anew(bank: tag_bank.TagBank) -> None:
    tags = _moving(3)
    for night, rows in tags.items():
        bank.tags(rows, night)
    bank.night(NIGHTS[0])
    bank.night(NIGHTS[1])
    bank.night(NIGHTS[2], first=NIGHTS[1])  # the night of NIGHTS[1] was never published
    assert {m[6] for m in bank.members()} == {NIGHTS[0], NIGHTS[2]}
    assert {m[7] for m in bank.members()} == {None, NIGHTS[2]}


def test_another_version_closes_the_former_and_opens_its_own(bank: tag_bank.TagBank) -> None:
    rows = tag_bank.people(2, 80)
    bank.tags(rows, day(0))
    bank.tags(rows, day(1))
    bank.night(day(0))
    bank.published(day(0))
    bank.rules(rule_set([1, 0, 2, 3], version=2))
    bank.night(day(1))
    by_version = bank.connection.execute(
        "select version, count(*), count(valid_to), min(valid_from), max(valid_from) from segments.membership group by 1 order by 1"
    ).fetchall()
    assert [(v, n == closed) for v, n, closed, _, _ in by_version] == [("1", True), ("2", False)]
    assert [row[3:] for row in by_version] == [(day(0), day(0)), (day(1), day(1))]
    assert bank.primaries(day(0)).keys() == bank.primaries(day(1)).keys()


def test_a_fault_in_the_middle_leaves_the_former_memberships(bank: tag_bank.TagBank, monkeypatch: pytest.MonkeyPatch) -> None:
    from orchestration.segments import definitions

    for n in (0, 1):
        bank.tags(tag_bank.people(n, 60), day(n))
    bank.night(day(0))
    before = bank.members()

    def broken(*_: object) -> None:
        raise OSError("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(definitions, "write", broken)
        with pytest.raises(OSError, match="disk is full"):
            bank.night(day(1))
    assert bank.members() == before
    bank.night(day(1))
    assert bank.members() != before
