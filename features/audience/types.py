"""Checks an expression's names and types against the catalogue: {tag id: text | number | boolean | date}."""

import difflib
from collections.abc import Iterable, Mapping
from datetime import date

from features.audience.parser import problem
from features.audience.references import NOTHING, References, check_segment
from features.audience.tree import (
    Between,
    Compare,
    Flag,
    InSegment,
    IsNull,
    Leaf,
    Literal,
    Member,
    Node,
    Tag,
    leaves,
    tags,
)

Catalogue = Mapping[str, str]
NUMBERS = (
    "TINYINT",
    "SMALLINT",
    "INTEGER",
    "BIGINT",
    "HUGEINT",
    "UTINYINT",
    "USMALLINT",
    "UINTEGER",
    "UBIGINT",
    "FLOAT",
    "DOUBLE",
    "DECIMAL",
)


def catalogue_of(columns: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The catalogue of a table from its (column, database type) pairs; other types are left out."""
    kinds = {"VARCHAR": "text", "BOOLEAN": "boolean", "DATE": "date"} | dict.fromkeys(NUMBERS, "number")
    found = ((name, kinds.get(kind.split("(")[0].upper())) for name, kind in columns)
    return {name: kind for name, kind in found if kind}


def check(node: Node, catalogue: Catalogue, references: References = NOTHING) -> None:
    """Raises KehuError at the first unknown name or comparison of unequal types; saved audiences are expanded already."""
    for leaf in leaves(node):
        if isinstance(leaf, InSegment):
            check_segment(leaf, references)
        for tag in tags(leaf):
            if tag.name not in catalogue and tag.name in references.declared:
                raise problem(tag, f"{tag.name} has no values on this date", f"it is newer, or waits for its model: kehu tags show {tag.name}")
            if tag.name not in catalogue:
                raise problem(tag, f"unknown tag '{tag.name}'", _suggestion(tag.name, catalogue))
        _check_leaf(leaf, catalogue)


def _suggestion(name: str, catalogue: Catalogue) -> str:
    near = difflib.get_close_matches(name.lower(), list(catalogue), n=3, cutoff=0.6)
    return f"did you mean {' or '.join(near)}?" if near else "kehu tags list --search TEXT finds tags"


def _check_leaf(leaf: Leaf, catalogue: Catalogue) -> None:
    if isinstance(leaf, Flag):
        _expect(leaf.tag, "boolean", catalogue)
    elif isinstance(leaf, Compare):
        _check_compare(leaf, catalogue)
    elif isinstance(leaf, Member):
        for value in leaf.values:
            _check_value(leaf.tag, value, catalogue)
    elif isinstance(leaf, Between):
        _check_value(leaf.tag, leaf.low, catalogue)
        _check_value(leaf.tag, leaf.high, catalogue)
        _check_order(leaf.tag, "between", catalogue)
    else:
        assert isinstance(leaf, (IsNull, InSegment))


def _check_compare(leaf: Compare, catalogue: Catalogue) -> None:
    tag, other = (leaf.left, leaf.right) if isinstance(leaf.left, Tag) else (leaf.right, leaf.left)
    assert isinstance(tag, Tag)
    if isinstance(other, Literal):
        _check_value(tag, other, catalogue)
    else:
        _expect(other, catalogue[tag.name], catalogue)
    if leaf.operator not in ("=", "!="):
        _check_order(tag, leaf.operator, catalogue)


def _check_order(tag: Tag, operator: str, catalogue: Catalogue) -> None:
    if catalogue[tag.name] == "boolean":
        raise problem(
            tag,
            f"'{operator}' does not order the boolean tag {tag.name}",
            f"write {tag.name} or not {tag.name}",
        )


def _check_value(tag: Tag, literal: Literal, catalogue: Catalogue) -> None:
    found, wanted = kind_of(literal), catalogue[tag.name]
    if found != wanted:
        raise problem(tag, f"{tag.name} is a {wanted}, '{literal.value}' is a {found}", EXAMPLES[wanted])


def _expect(tag: Tag, wanted: str, catalogue: Catalogue) -> None:
    if catalogue[tag.name] != wanted:
        raise problem(
            tag, f"{tag.name} is a {catalogue[tag.name]}, a {wanted} is needed here", EXAMPLES[wanted]
        )


EXAMPLES = {
    "text": "write text in single quotes: gender = 'F'",
    "number": "write a number: age >= 18",
    "boolean": "write a boolean tag alone, or = true, = false",
    "date": "write a date as date '2026-01-31'",
}


def kind_of(literal: Literal) -> str:
    """The catalogue type of a value (bool before int: a bool is an int in Python)."""
    if isinstance(literal.value, bool):
        return "boolean"
    if isinstance(literal.value, str):
        return "text"
    return "date" if isinstance(literal.value, date) else "number"
