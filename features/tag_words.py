"""Words of tags for people: Chinese of windows, null rules and owners declared in English, names of values in both languages."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from features import tag_uses
from features.catalog_page import names_of
from features.settings import ROOT

FILE = ROOT / "dbt_project" / "tags" / "tag_words_zh.yml"
VALUES = FILE.with_name("tag_values.yml")
VOCABULARIES = {"lifecycle_stage": "lifecycle_stage", "best_contact_channel": "channel", "channel_preference": "channel"}
OTHER = ("其他", "Other")
ValueNames = dict[str, dict[str, tuple[str, str]]]
SPAN = re.compile(r"(\d+) ?(d|months?)")


@cache
def _words() -> dict[str, Any]:
    import yaml  # who only lists tags does not pay for it

    found: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return found


def window(text: str) -> str:
    """A window in Chinese; as it is where nobody has translated it (a bank's own tag)."""
    span = SPAN.fullmatch(text)
    if span:
        return str(_words()["patterns"][span[2]]).format(n=span[1])
    return str(_words()["windows"].get(text, text))


def null_rule(text: str) -> str:
    """What null means, in Chinese; as it is where nobody has translated it."""
    return str(_words()["null_rules"].get(text, text))


def owner(text: str) -> str:
    """Who answers for a tag, in Chinese; as it is where nobody has translated it."""
    return str(_words()["owners"].get(text, text))


def value_names(segments: Path, plugins: Path) -> ValueNames:
    """{tag id: {value: (Chinese, English)}}: declared ones, vocabularies, and what segment files and models call their groups."""
    import yaml

    declared = yaml.safe_load(VALUES.read_text(encoding="utf-8"))
    found = {tag: {str(value): (str(zh), str(en)) for value, (zh, en) in values.items()} for tag, values in declared.items()}
    found |= {tag: names_of(vocabulary) for tag, vocabulary in VOCABULARIES.items()}
    for path in (*sorted(segments.glob("*.yml")), *tag_uses.manifests((plugins,))):
        found |= _groups(yaml.safe_load(path.read_text(encoding="utf-8")) or {})
    return found


def _groups(file: dict[str, Any]) -> Iterator[tuple[str, dict[str, tuple[str, str]]]]:
    """The groups of a segment file or a model's manifest, under the tag that they become."""
    groups = {str(group["id"]): (str(group["name_zh"]), str(group["name_en"])) for group in file.get("rules") or file.get("segments") or ()}
    if groups and file.get("output_tag"):
        yield str(file["output_tag"]["id"]), groups | {"other": groups.get("other", OTHER)}
