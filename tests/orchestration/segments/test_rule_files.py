"""Faulty segment files are named with file and line, and stop a night before it writes anything."""

from typing import Any

import pytest
import tag_bank
from tag_bank import day, rule_set

from features.settings import ROOT
from orchestration.segments import rule_files
from orchestration.segments.contract import RuleSet


@pytest.mark.parametrize(("changes", "reason"), [
    ({"base": "aum_of_the_moon >= [base]"}, "unknown tag 'aum_of_the_moon'"),
    ({"base": "aum_month_avg_cny >= [bass]"}, "bass used but not given"),
    ({"parameters": {"base": 1, "top": 2, "share": 0.5, "sex": "F", "idle": 1}}, "idle given but not used"),
    ({"base": "gender >= [base]"}, "gender is a text"),
    ({"rules": [("other", "age > [base] and age > [top] and age > [share] and gender = [sex]")]}, "no rule matches"),
    ({"version": 0}, "greater than or equal to 1"),
    ({"colour": "red"}, "extra inputs are not permitted"),
    ({"id": "health"}, None),
])
def test_a_fault_is_red(bank: tag_bank.TagBank, changes: dict[str, Any], reason: str | None) -> None:
    bank.tags(tag_bank.people(1, 50), day(0))
    if reason is None:
        (bank.folder / "wealth.yml").write_text((bank.folder / "wealth.yml").read_text().replace("id: wealth", "id: health"))
        reason = "id: 'health' is not the file's name 'wealth'"
    else:
        bank.rules(rule_set(**changes))
    notes = bank.night(day(0))
    assert [note["status"] for note in notes] == ["failed"] * len(notes) and reason in notes[0]["detail"], notes
    assert "wealth.yml, line " in notes[0]["detail"]
    assert not bank.connection.execute("select 1 from duckdb_tables() where schema_name = 'segments'").fetchall()


def test_a_rule_that_waits_for_its_tag_is_left_out_and_named(bank: tag_bank.TagBank) -> None:
    found = rule_set()
    found["rules"].append({**found["rules"][0], "id": "fx", "priority": 9, "rule": "fx_month_count >= 3", "is_enabled": False})
    bank.rules(found)
    bank.tags(tag_bank.people(1, 50), day(0))
    assert not [note for note in bank.night(day(0)) if note["status"] == "failed"]
    assert rule_files.check(rule_files.paths(bank.settings))["disabled"] == ["wealth/fx"]
    assert "fx" not in bank.primaries(day(0)).values()


def test_other_rules_need_another_version_once_readers_saw_the_first(bank: tag_bank.TagBank) -> None:
    bank.tags(tag_bank.people(1, 50), day(0))
    bank.night(day(0))
    bank.rules(rule_set([2, 0, 1, 3]))
    assert [note["status"] for note in bank.night(day(0)) if note["check"] == "segment files"] == []  # nobody saw it yet
    bank.published(day(0))
    bank.rules(rule_set())
    bank.tags(tag_bank.people(1, 50), day(1))
    assert "a change is version 2" in bank.night(day(1))[0]["detail"]
    bank.rules(rule_set(version=2))
    assert not [note for note in bank.night(day(1)) if note["status"] == "failed"]


def test_parameters_stand_for_literals_but_not_inside_text() -> None:
    words = rule_set(rules=[("a", "gender = '[sex]' or gender = [sex] and time_share_rate > [share] and age > [top]")])
    found = RuleSet.model_validate(words)
    assert found.filled(found.rules[0].rule) == "gender = '[sex]' or gender = 'F' and time_share_rate > 0.5 and age > 800000"


def test_the_files_of_the_repository_fit_its_tags() -> None:
    import yaml

    from features.audience import catalogue_of

    wide = yaml.safe_load((ROOT / "dbt_project" / "models" / "tags" / "customer_tags_all.yml").read_text())["models"][0]
    tags = catalogue_of((column["name"], column["data_type"]) for column in wide["columns"])
    found = rule_files.check(sorted((ROOT / "dbt_project" / "segments").glob("*.yml")), tags)
    assert found["failures"] == []
    assert {"wealth", "key_group", "silver_age", "payroll_income", "rural", "card"} <= set(found["sets"])
