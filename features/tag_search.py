"""Finds tags by any part of their words, in Chinese or English, and suggests names for unknown ones."""

import difflib
from collections.abc import Mapping, Sequence
from typing import Any

NAMES = ("id", "name_zh", "name_en")
FIELDS = ("code", *NAMES, "definition_zh", "definition_en")


def matches(text: str, tag: Mapping[str, Any]) -> bool:
    """Is every word of the text a part of the tag's code, id, a name or a definition?"""
    return _held(text, tag) == len(text.split())


def partly(text: str, tags: Sequence[Mapping[str, Any]], count: int = 3) -> list[str]:
    """Ids of the tags that hold most words of the text, first in id and names; for a search that found nothing."""
    ranked = sorted((-_held(text, tag), -_held(text, tag, NAMES), str(tag["id"])) for tag in tags)
    return [tag for held, _, tag in ranked[:count] if held]


def _held(text: str, tag: Mapping[str, Any], fields: Sequence[str] = FIELDS) -> int:
    said = [str(tag.get(field) or "").casefold() for field in fields]
    return sum(any(word in field for field in said) for word in text.casefold().split())


def nearest(name: str, ids: Sequence[str], count: int = 3) -> list[str]:
    """The tag ids that look most like a name nobody knows."""
    return difflib.get_close_matches(name, ids, n=count, cutoff=0.5)
