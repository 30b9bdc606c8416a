"""The tag catalogue: what dbt columns and model plug-ins declare, as rows, as a page, and as the wide table's contract."""

import argparse
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import yaml

from features import catalog_lineage, catalog_page, tag_search, tag_uses
from features.errors import KehuError
from features.settings import ROOT

DOMAINS = tuple(catalog_page.domain_names())
TAG_MODELS = ROOT / "dbt_project" / "models" / "tags"
PLUGINS = ROOT / "models" / "plugins"
AWAITING = ROOT / "dbt_project" / "tags" / "awaiting_model.yml"
SEGMENTS = ROOT / "dbt_project" / "segments"
STRATEGIES = ROOT / "dbt_project" / "strategies"
WIDE = "customer_tags_all"


@dataclass(frozen=True)
class TagDefinition:
    """One column of the tag store; `data_type` is the database's, `value_type` text | number | boolean | date."""

    code: str
    id: str
    name_zh: str
    name_en: str
    domain: str
    kind: str
    use: str
    stage: str
    value_type: str
    data_type: str
    allowed_values: tuple[str, ...]
    null_rule: str
    window: str
    definition_zh: str
    definition_en: str
    inputs: tuple[str, ...]
    owner: str
    sensitivity: str
    valid_days: int
    status: str
    version: int
    declared_in: str


def definitions(manifest: Any = None, plugins: Sequence[Path] = (PLUGINS,), segments: Path = SEGMENTS) -> list[TagDefinition]:
    """Tags of a dbt manifest (of the project's yml files without one), of segment files, of plug-ins, sorted by place."""
    columns = _manifest_columns(manifest) if manifest is not None else _file_columns()
    found = [_definition(name, column, model) for model, name, column in columns]
    found += [_definition(tag["id"], tag, f"segments/{path.name}") for path, tag in _segment_tags(segments)]
    found += [_definition(tag["id"], tag, folder.name) for folder, tag in _output_tags(plugins)]
    declared = {tag.code for tag in found}
    found += [_definition(tag["id"], tag, AWAITING.name) for tag in awaiting() if tag["code"] not in declared]
    twice = {tag.id for tag in found if [t.id for t in found].count(tag.id) > 1}
    if twice:
        raise KehuError(f"tag ids declared twice: {', '.join(sorted(twice))}", "rename one of the columns or output tags")
    return sorted(found, key=lambda tag: (tag.kind == "model", DOMAINS.index(tag.domain)))


def catalogue_rows(manifest: Any = None, plugins: Sequence[Path] = (PLUGINS,), strategies: Path = STRATEGIES,
                   segments: Path = SEGMENTS, source: str = "") -> list[dict[str, Any]]:
    """Rows of the published `tags.catalogue`: definitions, with what each is built from (of one source where named) and who uses it."""
    tags = definitions(manifest, plugins, segments)
    uses = tag_uses.uses([tag.id for tag in tags], plugins, _inputs(tags), strategies, segments)
    sources = tag_uses.sources(manifest) if manifest is not None else {}
    columns = catalog_lineage.source_columns(_inputs(tags))
    return [{**asdict(tag), "allowed_values": list(tag.allowed_values), "inputs": list(tag.inputs),
             "sources": _of_source(source, sources.get(tag.declared_in, [])),
             "source_columns": _of_source(source, columns[tag.id]), "used_by": uses[tag.id]} for tag in tags]


def _of_source(source: str, names: Sequence[str]) -> list[str]:
    """Those of the home's own source; all where it has none of its own there."""
    return [name for name in names if name.startswith(f"{source}.")] or list(names)


def _inputs(tags: Sequence[TagDefinition]) -> dict[str, tuple[str, ...]]:
    return {tag.id: tag.inputs for tag in tags}


def awaiting() -> list[dict[str, Any]]:
    """Codes that a model must fill; until a plugged model declares one, the catalogue says that it waits."""
    rows = yaml.safe_load(AWAITING.read_text(encoding="utf-8"))["tags"]
    return [{**row, "data_type": "double" if row["value_type"] == "number" else "varchar", "status": "awaiting_model",
             "version": 1} for row in rows]


def find(text: str, tags: Iterable[TagDefinition]) -> list[TagDefinition]:
    """Tags whose code, id, names or definitions hold the text, in Chinese or English."""
    return [tag for tag in tags if tag_search.matches(text, vars(tag))]


def nearest(name: str, tags: Iterable[TagDefinition], count: int = 3) -> list[str]:
    """The tag ids that look most like a name nobody knows."""
    return tag_search.nearest(name.lower(), [tag.id for tag in tags], count)


def pages() -> dict[Path, str]:
    """Path -> wanted text of what is generated from the declarations."""
    tags = definitions()
    uses = tag_uses.uses([tag.id for tag in tags], (PLUGINS,), _inputs(tags))
    columns = catalog_lineage.source_columns(_inputs(tags))
    return {ROOT / "docs" / "tags" / "catalogue.md": catalog_page.page(tags, columns, uses),
            TAG_MODELS / f"{WIDE}.yml": catalog_page.wide_contract([tag for tag in tags if tag.kind != "model" and tag.status != "awaiting_model"])}


def _file_columns() -> list[tuple[str, str, dict[str, Any]]]:
    found = []
    for domain in DOMAINS:
        for model in yaml.safe_load((TAG_MODELS / f"tags_{domain}.yml").read_text(encoding="utf-8"))["models"]:
            found += [(model["name"], column["name"], {**column["config"]["meta"]["tag"], "data_type": column["data_type"]})
                      for column in model["columns"] if column.get("config", {}).get("meta", {}).get("tag")]
    return found


def _manifest_columns(manifest: Any) -> list[tuple[str, str, dict[str, Any]]]:
    nodes = {node.name: node for node in manifest.nodes.values() if node.resource_type == "model"}
    return [(name, column.name, {**column.config.meta["tag"], "data_type": column.data_type})
            for name in (f"tags_{domain}" for domain in DOMAINS) if name in nodes
            for column in nodes[name].columns.values() if "tag" in column.config.meta]


def _output_tags(plugins: Sequence[Path]) -> list[tuple[Path, dict[str, Any]]]:
    found = []
    for manifest in tag_uses.manifests(plugins):
        tag = (yaml.safe_load(manifest.read_text(encoding="utf-8")) or {}).get("output_tag")
        if tag:
            kind = "double" if tag.get("value_type") == "number" else "varchar"
            # a plug-in says `active` for what the catalogue calls published
            status = "published" if tag.get("status") == "active" else tag.get("status")
            found.append((manifest.parent, {**tag, "data_type": kind, "status": status}))
    return found


def _segment_tags(segments: Path) -> list[tuple[Path, dict[str, Any]]]:
    """The column that a segment file makes of its customers' primary segments."""
    found = []
    for path in sorted(segments.glob("*.yml")):
        rules = yaml.safe_load(path.read_text(encoding="utf-8"))
        if "output_tag" in rules:
            ids = [rule["id"] for rule in sorted(rules["rules"], key=lambda rule: rule["priority"]) if rule.get("is_enabled", True)]
            words = {"name_zh": rules["name_zh"], "name_en": rules["name_en"], "version": rules["version"], "owner": rules["owner"]}
            found.append((path, {**words, **rules["output_tag"], "kind": "rule", "value_type": "text", "data_type": "varchar",
                                 "allowed_values": [*ids, "other"]}))
    return found


def _definition(name: str, tag: dict[str, Any], declared_in: str) -> TagDefinition:
    lists = {field: tuple(str(value) for value in tag.get(field) or ()) for field in ("allowed_values", "inputs")}
    known = {field: tag[field] for field in TagDefinition.__dataclass_fields__ if field in tag}
    values = {**known, **lists, "id": name, "declared_in": declared_in}
    missing = set(TagDefinition.__dataclass_fields__) - set(values)
    if missing:
        raise KehuError(f"tag {name} of {declared_in} lacks {', '.join(sorted(missing))}", f"complete its entry in {declared_in}")
    if tag["domain"] not in DOMAINS:
        raise KehuError(f"tag {name} of {declared_in} has no domain '{tag['domain']}'", f"one of {', '.join(DOMAINS)}")
    return TagDefinition(**values)


def main(arguments: Sequence[str] | None = None) -> int:
    """Writes the generated files, or (--check) names the stale ones; 1 when any is stale."""
    parser = argparse.ArgumentParser(prog="python -m features.catalog", description=__doc__)
    chosen = parser.add_mutually_exclusive_group(required=True)
    chosen.add_argument("--write", action="store_true")
    chosen.add_argument("--check", action="store_true")
    is_check = parser.parse_args(arguments).check
    stale = [(path, text) for path, text in pages().items()
             if not path.is_file() or path.read_text(encoding="utf-8") != text]
    for path, text in stale:
        if is_check:
            print(f"{path.relative_to(ROOT)} is stale -> python -m features.catalog --write", file=sys.stderr)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    return int(is_check and bool(stale))


if __name__ == "__main__":
    sys.exit(main())
