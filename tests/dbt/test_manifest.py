"""Rules of the dbt project that the parsed manifest shows: no wall clock, contracts on the doors, groups, descriptions."""

import re
from pathlib import Path

import pytest
from dbt.contracts.graph.nodes import ModelNode
from raw_bank import manifest

from orchestration.dbt_manifest import DATABASE

DOORS = ("customer", "features", "board")  # what other rooms read
CLOCK = re.compile(
    r"\b(now\s*\(|current_date|current_timestamp|today\s*\(|getdate|sysdate|run_started_at)", re.I
)


@pytest.fixture(scope="module")
def models() -> list[ModelNode]:
    return [node for node in manifest().nodes.values() if isinstance(node, ModelNode)]


def _folder(node: ModelNode) -> str:
    return node.fqn[1]


def test_no_dbt_model_reads_the_wall_clock(models: list[ModelNode]) -> None:
    texts = {node.name: node.raw_code for node in models}
    texts |= {
        macro.name: macro.macro_sql for macro in manifest().macros.values() if macro.package_name == "kehu"
    }
    assert len(texts) > 80
    assert [name for name, text in texts.items() if CLOCK.search(text)] == []


def test_the_doors_have_enforced_contracts(models: list[ModelNode]) -> None:
    doors = [node for node in models if _folder(node) in DOORS and node.config.materialized != "ephemeral"]
    assert {_folder(node) for node in doors} == set(DOORS)
    assert [node.name for node in doors if not node.config.contract.enforced] == []


ROW_FOR_ROW = {"fct_transaction_measure": "fct_transaction"}
"""Views that show another model row for row: its grain is theirs."""


def test_every_model_is_described(models: list[ModelNode]) -> None:
    assert [node.name for node in models if not node.description] == []


def test_every_column_of_the_customer_layer_is_described(models: list[ModelNode]) -> None:
    bare = [
        f"{node.name}.{column.name}"
        for node in models
        if _folder(node) in ("customer", "targets")
        for column in node.columns.values()
        if not column.description or not column.data_type
    ]
    assert bare == []


def test_every_customer_table_has_a_test_of_its_grain(models: list[ModelNode]) -> None:
    tested = {
        node.attached_node
        for node in manifest().nodes.values()
        if node.resource_type == "test" and node.test_metadata and node.test_metadata.name == "is_grain"
    }
    assert [
        node.name
        for node in models
        if _folder(node) in ("customer", "targets") and node.unique_id not in tested
        and f"model.kehu.{ROW_FOR_ROW.get(node.name)}" not in tested
    ] == []


def test_staging_and_targets_are_private(models: list[ModelNode]) -> None:
    private = [
        node for node in models if _folder(node) in ("staging", "targets") and "united" not in node.fqn
    ]
    assert private
    assert [node.name for node in private if node.access != "private" or node.group != _folder(node)] == []


def test_only_the_customer_layer_goes_through_the_door_of_staging(models: list[ModelNode]) -> None:
    readers = {
        node.name: _folder(node)
        for node in models
        if any(".united__" in parent for parent in node.depends_on.nodes)
    }
    assert set(readers.values()) == {"customer"}


def test_the_current_tables_are_published(models: list[ModelNode]) -> None:
    published = {
        node.name for node in models if _folder(node) == "customer" and node.config.meta.get("publish")
    }
    assert published == {
        "dim_customer",
        "dim_account",
        "dim_product",
        "dim_branch",
        "dim_employee",
        "dim_channel",
        "fct_loan",
        "fct_card",
        # what a list's replay and its base rates look back on
        "dim_customer_version",
        "fct_contact",
        "fct_purchase",
    }


def test_incremental_models_replace_whole_partitions(models: list[ModelNode]) -> None:
    incremental = [node for node in models if node.config.materialized == "incremental"]
    assert incremental
    wrong = [
        node.name
        for node in incremental
        if node.config.incremental_strategy != "append"
        or not any("delete from" in hook.sql for hook in node.config.pre_hook)
    ]
    assert wrong == []


def test_relations_are_named_by_the_database_of_every_home() -> None:
    """Whoever parses first, with a home or without one."""
    assert {node.database for node in manifest().nodes.values()} == {Path(DATABASE).stem}
