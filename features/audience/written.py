"""Tree back to text: one way to write each expression, so that equal audiences look equal."""

from datetime import date
from decimal import Decimal

from features.audience.tree import (
    And,
    Between,
    Compare,
    Flag,
    InAudience,
    InSegment,
    IsNull,
    Leaf,
    Literal,
    Member,
    Node,
    Not,
    Or,
    Tag,
)


def written(node: Node) -> str:
    """Text that parses to the same meaning; brackets only where they are needed."""
    if isinstance(node, Not):
        return f"not {_within(node.node, (And, Or))}"
    if isinstance(node, And):
        return " and ".join(_within(part, (And, Or)) for part in node.nodes)
    if isinstance(node, Or):
        return " or ".join(_within(part, (Or,)) for part in node.nodes)
    return _leaf(node)


def _within(node: Node, bracketed: tuple[type, ...]) -> str:
    return f"({written(node)})" if isinstance(node, bracketed) else written(node)


def _leaf(leaf: Leaf) -> str:
    if isinstance(leaf, Flag):
        return leaf.tag.name
    if isinstance(leaf, Compare):
        return f"{_side(leaf.left)} {leaf.operator} {_side(leaf.right)}"
    if isinstance(leaf, (InAudience, InSegment)):
        return f"in {'audience' if isinstance(leaf, InAudience) else 'segment'} {_quoted(leaf.name)}"
    word = "not " if leaf.is_negated else ""
    if isinstance(leaf, IsNull):
        return f"{leaf.tag.name} is {word}null"
    if isinstance(leaf, Member):
        return f"{leaf.tag.name} {word}in ({', '.join(_side(value) for value in leaf.values)})"
    assert isinstance(leaf, Between)
    return f"{leaf.tag.name} {word}between {_side(leaf.low)} and {_side(leaf.high)}"


def _side(side: Tag | Literal) -> str:
    if isinstance(side, Tag):
        return side.name
    value = side.value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _quoted(value)
    return f"date '{value}'" if isinstance(value, date) else f"{value:f}" if isinstance(value, Decimal) else str(value)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
