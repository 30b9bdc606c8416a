"""Finds tags by any part of their words, in Chinese or English, and suggests names for unknown ones."""

import difflib
from collections.abc import Mapping, Sequence
from typing import Any

FIELDS = ("code", "id", "name_zh", "name_en", "definition_zh", "definition_en")


def matches(text: str, tag: Mapping[str, Any]) -> bool:
    """Does the tag's code, id, a name or a definition hold the text?"""
    wanted = text.casefold()
    return any(wanted in str(tag.get(field) or "").casefold() for field in FIELDS)


def nearest(name: str, ids: Sequence[str], count: int = 3) -> list[str]:
    """The tag ids that look most like a name nobody knows."""
    return difflib.get_close_matches(name, ids, n=count, cutoff=0.5)
