"""Values of an expression that its tags never have: one may ask for them, but mostly a slip of the pen selects nobody."""

import difflib
import json
from collections.abc import Iterator
from typing import NamedTuple

from features import selection
from features.audience.parser import parse
from features.audience.tree import Compare, Leaf, Literal, Member, Tag, leaves
from features.settings import Settings

SHOWN = 5


class Doubt(NamedTuple):
    """A text value that the catalogue does not allow for its tag, and the allowed ones that look most like it."""

    tag: str
    value: str
    allowed: tuple[str, ...]

    def line(self) -> str:
        """For people."""
        return f"{self.tag} is never '{self.value}' -> {' or '.join(self.allowed)}"


def doubts(settings: Settings, expression: str) -> list[Doubt]:
    """The doubtful values of an expression, saved audiences included, by the catalogue of the build in service."""
    with selection.snapshot(settings) as found:
        text = found.compiled(expression).text
        rows = found.connection.execute("select id, allowed_values from tags.catalogue where allowed_values is not null").fetchall()
    allowed = {tag: json.loads(values) for tag, values in rows}
    pairs = dict.fromkeys(pair for leaf in leaves(parse(text)) for pair in _texts(leaf))
    return [Doubt(tag, value, tuple(difflib.get_close_matches(value, allowed[tag], n=2) or allowed[tag][:SHOWN]))
            for tag, value in pairs if allowed.get(tag) and value not in allowed[tag]]


def _texts(leaf: Leaf) -> Iterator[tuple[str, str]]:
    """(tag, text) of every equality and every member of a list."""
    if isinstance(leaf, Member):
        yield from ((leaf.tag.name, value.value) for value in leaf.values if isinstance(value.value, str))
    elif isinstance(leaf, Compare) and leaf.operator in ("=", "!="):
        sides = (leaf.left, leaf.right)
        tags, values = [s for s in sides if isinstance(s, Tag)], [s for s in sides if isinstance(s, Literal)]
        yield from ((tag.name, value.value) for tag in tags for value in values if isinstance(value.value, str))
