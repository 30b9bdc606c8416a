"""Names of tag values in both languages, beside the codes that expressions take."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from dashboards.components.markup import plain
from dashboards.wording import lang, t
from features import settings, tag_uses
from features.catalog_page import names_of

FILE = settings.ROOT / "dbt_project" / "tags" / "tag_values.yml"
VOCABULARIES = {"lifecycle_stage": "lifecycle_stage", "best_contact_channel": "channel", "channel_preference": "channel"}
OTHER = ("其他", "Other")
Names = dict[str, dict[str, tuple[str, str]]]


@cache
def names(segments: Path, plugins: Path) -> Names:
    """{tag id: {value: (Chinese, English)}}: declared values, vocabularies, and what segment files and models call their groups."""
    declared = yaml.safe_load(FILE.read_text(encoding="utf-8"))
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


def _names() -> Names:
    home = settings.load()
    return names(home.segments, home.plugins)


def name(tag_id: str, value: Any) -> str:
    """A value as people read it, for markup, its code when pointed at; the code where it has no name."""
    if value is None:
        return t("（空）", "(null)")
    if isinstance(value, bool):
        return t("是", "yes") if value else t("否", "no")
    known = _names().get(tag_id, {}).get(str(value))
    return f"<span title='{plain(value)}'>{t(*known)}</span>" if known else plain(value)


def choice(tag_id: str, value: str) -> str:
    """A value to choose from: in Chinese its name before the code, which the expression will show."""
    known = _names().get(tag_id, {}).get(value)
    return f"{known[0]} {value}" if known and lang() == "zh" else value
