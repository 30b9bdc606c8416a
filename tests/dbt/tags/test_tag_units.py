"""The dbt unit tests of the tags pass, and every rule tag has one that expects its value."""

from pathlib import Path

import tag_project

from orchestration.dbt_manifest import manifest


def _expected_columns() -> set[str]:
    parsed = manifest(tag_project.PROJECT)
    return {column for test in parsed.unit_tests.values() if test.model.startswith("tag")
            for row in test.expect.rows or [] for column in (row if isinstance(row, dict) else {})}


def test_every_unit_test_passes(tmp_path: Path) -> None:
    path = tmp_path / "build.duckdb"
    tag_project.create(path, {})
    tag_project.run(path, [tag_project.date(2026, 6, 30)])
    outcome = tag_project.invoke(path, ["test", "--select", "path:models/tags,test_type:unit"])
    failed = [f"{r.node.name}: {r.message}" for r in outcome.result if str(r.status) != "pass"]
    assert failed == []
    assert len(outcome.result) >= 70


def test_every_rule_tag_has_a_unit_test() -> None:
    rules = {column.name for node in manifest(tag_project.PROJECT).nodes.values() for column in getattr(node, "columns", {}).values()
             if column.config.meta.get("tag", {}).get("kind") == "rule"}
    via_inputs = {"aum_weighted_month_avg_cny": "weighted_average_amount", "asset_direction": "direction"}
    expected = _expected_columns()
    missing = {r for r in rules if via_inputs.get(r, r) not in expected}
    assert len(rules) > 50
    assert missing == set()
