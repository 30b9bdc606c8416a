"""How dbt nodes and stages read in the asset graph: keys, groups in flow order, owners, descriptions."""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from graphlib import TopologicalSorter
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator
from dagster_dbt.asset_utils import build_dbt_specs

from features.settings import ROOT
from orchestration.dbt_manifest import ensure_manifest_json

POOL = "duckdb_write"
OWNERS = {"data": "team:data-engineering", "models": "team:model-development", "strategy": "team:customer-strategy"}
GROUPS = {
    "raw": "g1_ingest", "control": "g1_ingest", "staging": "g2_staging", "customer": "g3_customer", "tags": "g4_tags",
    "evaluation": "g4_evaluation", "features": "g5_features", "targets": "g5_features", "segments": "g6_segments",
    "state": "g7_strategies", "campaign": "g8_campaign", "measure": "g9_measure", "board": "g10_board", "vocabulary": "g0_vocabulary",
}
"""Group names sort in the order in which data flows."""


class Translator(DagsterDbtTranslator):
    """A dbt node's key is (schema, name), its group is its stage."""

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        return dg.AssetKey([dbt_resource_props["schema"], dbt_resource_props["name"]])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str:
        return GROUPS.get(dbt_resource_props["schema"], dbt_resource_props["schema"])

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> Sequence[str]:
        strategic = dbt_resource_props["schema"] in ("campaign", "board", "state", "measure")
        return [OWNERS["strategy" if strategic else "data"]]

    def get_description(self, dbt_resource_props: Mapping[str, Any]) -> str:
        return dbt_resource_props.get("description") or f"dbt source {dbt_resource_props['name']}"


@cache
def manifest() -> dict[str, Any]:
    """The parsed dbt project; made by set-up, parsed here when it is missing or old."""
    found: dict[str, Any] = json.loads(ensure_manifest_json().read_text())
    return found


def dbt_specs(tag: str) -> tuple[list[dg.AssetSpec], list[dg.AssetCheckSpec]]:
    """Asset and check specs of the dbt models with this tag."""
    specs, checks = build_dbt_specs(translator=Translator(), manifest=manifest(), select=f"tag:{tag}",
                                    exclude="resource_type:unit_test", selector="", io_manager_key=None, project=None)
    return _in_order(list(specs)), list(checks)


def _in_order(specs: list[dg.AssetSpec]) -> list[dg.AssetSpec]:
    """Parents first: an op must report its assets in this order."""
    by_key = {spec.key: spec for spec in specs}
    parents = {spec.key: [dep.asset_key for dep in spec.deps if dep.asset_key in by_key] for spec in specs}
    return [by_key[key] for key in TopologicalSorter(parents).static_order()]


def raw_keys() -> list[dg.AssetKey]:
    """Keys of the raw views that staging reads."""
    return [dg.AssetKey([s["schema"], s["name"]]) for s in manifest()["sources"].values() if s["schema"] == "raw"]


def vocabulary_specs() -> list[dg.AssetSpec]:
    """The seeds: short lists that people keep in the repository, shown but built by no partition."""
    seeds = [node for node in manifest()["nodes"].values() if node["resource_type"] == "seed"]
    return [dg.AssetSpec(dg.AssetKey([node["schema"], node["name"]]), group_name=GROUPS["vocabulary"],
                         owners=[OWNERS["data"]], description=node["description"],
                         metadata={"file": node["original_file_path"], "checksum": node["checksum"]["checksum"],
                                   "dagster/row_count": _line_count(node["original_file_path"]) - 1})
            for node in sorted(seeds, key=lambda node: str(node["name"]))]


def _line_count(path: str) -> int:
    return len((ROOT / "dbt_project" / path).read_text(encoding="utf-8").splitlines())


def source_key(schema: str, name: str) -> dg.AssetKey:
    return dg.AssetKey([schema, name])
