"""Who uses a tag and what it is built from: other tags, feature views, plug-ins, strategies, reports; sources by dbt's lineage."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from features.settings import ROOT

PROJECT = ROOT / "dbt_project"
REPORTS = ("board", "campaign", "evaluation", "segments")
"""Folders of dbt models that readers see and that stand on tags."""
POLICIES = (ROOT / "orchestration" / "strategy" / "eligibility.py", ROOT / "orchestration" / "delivery" / "recheck.py")
"""Who may be contacted is asked here, when a list is made and when it leaves."""


def uses(tag_ids: Sequence[str], plugins: Sequence[Path], inputs: Mapping[str, Sequence[str]] | None = None,
         strategies: Path = PROJECT / "strategies", segments: Path = PROJECT / "segments") -> dict[str, list[str]]:
    """{tag id: sorted users}, each user as kind:name; `inputs` are those of all tags: a tag's own users may be tags."""
    words = {user: set(re.findall(r"\w+", text)) for user, text in _users(plugins, strategies, segments).items()}
    words |= {f"tag:{tag}": set(names) for tag, names in (inputs or {}).items()}
    return {tag: sorted(user for user, found in words.items() if tag in found or _stem(tag) in found) for tag in tag_ids}


def _stem(tag: str) -> str:
    """What code writes of a tag whose last word it puts in: `has_consent_` of has_consent_sms."""
    return tag[:tag.find("_", len("has_")) + 1]


def manifests(plugins: Sequence[Path]) -> list[Path]:
    """The manifest of every plug-in; each path is a plug-in's own folder or a folder of such folders."""
    own = [root / "manifest.yml" for root in plugins if (root / "manifest.yml").is_file()]
    return sorted(own + [file for root in plugins for file in root.glob("[!._]*/manifest.yml")])


def _users(plugins: Sequence[Path], strategies: Path, segments: Path) -> dict[str, str]:
    files = {f"feature_view:{f.stem}": f for f in (PROJECT / "models" / "features").glob("feat_*.sql")}
    files |= {f"target:{f.stem}": f for f in (PROJECT / "models" / "targets").glob("tgt_*.sql")}
    files |= {f"strategy:{f.stem}": f for f in strategies.rglob("*.yml")}
    files |= {f"segment:{f.stem}": f for f in segments.glob("*.yml")}
    files |= {f"report:{f.stem}": f for folder in REPORTS for f in (PROJECT / "models" / folder).rglob("*.sql")}
    files |= {f"policy:{f.stem}": f for f in POLICIES}
    files |= {f"model:{f.parent.name}": f for f in manifests(plugins)}
    return {user: file.read_text(encoding="utf-8") for user, file in files.items()}


def sources(manifest: Any) -> dict[str, list[str]]:
    """{tag model: the raw sources that its lineage reaches}, sorted; control tables left out."""
    parents: dict[str, set[str]] = {
        name: set(node.depends_on.nodes) for name, node in manifest.nodes.items() if node.resource_type != "seed"
    }
    reached = {node.name: _ancestors(name, parents) for name, node in manifest.nodes.items() if node.name.startswith("tags_")}
    return {name: sorted(_short(node) for node in nodes if node.startswith("source.") and ".control." not in node)
            for name, nodes in reached.items()}


def _ancestors(node: str, parents: dict[str, set[str]]) -> set[str]:
    found: set[str] = set()
    waiting = [node]
    while waiting:
        new = parents.get(waiting.pop(), set()) - found
        found |= new
        waiting += new
    return found


def _short(source: str) -> str:
    return ".".join(source.split(".")[-2:])
