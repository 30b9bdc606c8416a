"""Finds tags by any part of their words, in Chinese or English, and suggests names for unknown ones."""

import difflib
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

NAMES = ("id", "name_zh", "name_en")
FIELDS = ("code", *NAMES, "definition_zh", "definition_en")


def matches(text: str, tag: Mapping[str, Any]) -> bool:
    """Is every word of the text a part of the tag's code, id, a name or a definition?"""
    return len(_held(text, tag)) == len(text.split())


def partly(text: str, tags: Sequence[Mapping[str, Any]], count: int = 3) -> list[str]:
    """Ids of the tags that say most of the text, rare words before common ones, first in id and names; for a search that found nothing."""
    held = {str(tag["id"]): _held(text, tag) for tag in tags}
    spread = Counter(word for words in held.values() for word in words)
    ranked = sorted((-sum(1 / spread[word] for word in held[str(tag["id"])]), -len(_held(text, tag, NAMES)), str(tag["id"])) for tag in tags)
    return [tag for weight, _, tag in ranked[:count] if weight]


def _held(text: str, tag: Mapping[str, Any], fields: Sequence[str] = FIELDS) -> list[str]:
    said = [str(tag.get(field) or "").casefold() for field in fields]
    return [word for word in text.casefold().split() if any(word in field for field in said)]


def nearest(name: str, ids: Sequence[str], count: int = 3) -> list[str]:
    """The tag ids that look most like a name nobody knows."""
    return difflib.get_close_matches(name, ids, n=count, cutoff=0.5)
