"""Names of tag values in both languages, beside the codes that expressions take."""

from functools import cache
from pathlib import Path
from typing import Any

from dashboards.components.markup import plain
from dashboards.wording import lang, t
from features import settings, tag_words

Names = tag_words.ValueNames


@cache
def names(segments: Path, plugins: Path) -> Names:
    """Read once: a board lives for days, segment files and models change by night."""
    return tag_words.value_names(segments, plugins)


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
