"""What is doubtful in an expression that may be asked all the same: values that a tag never has, tags not yet or no longer promised."""

import difflib
import json
from collections.abc import Iterator
from typing import NamedTuple

from features import selection
from features.audience.parser import parse
from features.audience.tree import Compare, Leaf, Literal, Member, Tag, leaves
from features.settings import Settings

SHOWN = 5
UNPROMISED = ("draft", "deprecated")


class Doubt(NamedTuple):
    """A text value that the catalogue does not allow for its tag, and the allowed ones that look most like it."""

    tag: str
    value: str
    allowed: tuple[str, ...]

    def line(self) -> str:
        """For people."""
        return f"{self.tag} is never '{self.value}' -> {' or '.join(self.allowed)}"


class Unpromised(NamedTuple):
    """A tag whose status is draft or deprecated: its meaning may change, or it will go."""

    tag: str
    status: str

    def line(self) -> str:
        """For people."""
        why = "its definition may still change" if self.status == "draft" else "it will be taken away"
        return f"{self.tag} is {self.status}: {why} -> kehu tags show {self.tag}"


def doubts(settings: Settings, expression: str) -> list[Doubt | Unpromised]:
    """Tags without a promise, then doubtful values, saved audiences included, by the catalogue of the build in service."""
    with selection.snapshot(settings) as found:
        compiled = found.compiled(expression)
        rows = found.connection.execute("select id, status, allowed_values from tags.catalogue").fetchall()
    status, allowed = {tag: of for tag, of, _ in rows}, {tag: json.loads(values) for tag, _, values in rows if values is not None}
    pairs = dict.fromkeys(pair for leaf in leaves(parse(compiled.text)) for pair in _texts(leaf))
    return [*(Unpromised(tag, status[tag]) for tag in sorted(set(compiled.names)) if status.get(tag) in UNPROMISED),
            *(Doubt(tag, value, tuple(difflib.get_close_matches(value, allowed[tag], n=2) or allowed[tag][:SHOWN]))
              for tag, value in pairs if allowed.get(tag) and value not in allowed[tag])]


def _texts(leaf: Leaf) -> Iterator[tuple[str, str]]:
    """(tag, text) of every equality and every member of a list."""
    if isinstance(leaf, Member):
        yield from ((leaf.tag.name, value.value) for value in leaf.values if isinstance(value.value, str))
    elif isinstance(leaf, Compare) and leaf.operator in ("=", "!="):
        sides = (leaf.left, leaf.right)
        tags, values = [s for s in sides if isinstance(s, Tag)], [s for s in sides if isinstance(s, Literal)]
        yield from ((tag.name, value.value) for tag in tags for value in values if isinstance(value.value, str))
