"""Tree to one SQL condition: identifiers from the catalogue only, every value a `?` parameter."""

from dataclasses import dataclass, field

from features.audience.parser import parse
from features.audience.references import NOTHING, References, expanded
from features.audience.tree import (
    And,
    Between,
    Compare,
    Flag,
    InSegment,
    IsNull,
    Leaf,
    Literal,
    Member,
    Node,
    Not,
    Or,
    Tag,
    Value,
    leaves,
    tags,
)
from features.audience.types import Catalogue, check
from features.audience.written import written


@dataclass(frozen=True)
class Compiled:
    """A WHERE condition, its parameters in order, the tag ids it reads, and the expression with nothing left to look up."""

    where: str
    parameters: list[Value] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    text: str = ""


def compile_expression(text: str, catalogue: Catalogue, references: References = NOTHING) -> Compiled:
    """The condition of an audience expression; nulls follow SQL's three values. Raises KehuError.

    A segment is looked up in `references.segment_relation` by `customer_id`; nothing else is read but tags.
    """
    node = expanded(parse(text), references)
    check(node, catalogue, references)
    parameters: list[Value] = []
    where = _condition(node, parameters, references.segment_relation)
    names = {tag.name for leaf in leaves(node) for tag in tags(leaf)}
    return Compiled(where, parameters, names, written(node))


def _condition(node: Node, parameters: list[Value], segments: str) -> str:
    if isinstance(node, Not):
        return f"(not {_condition(node.node, parameters, segments)})"
    if isinstance(node, (And, Or)):
        word = " and " if isinstance(node, And) else " or "
        return "(" + word.join(_condition(part, parameters, segments) for part in node.nodes) + ")"
    if isinstance(node, InSegment):
        parameters.append(node.name)
        return f"(customer_id in (select customer_id from {segments} where segment = ?))"
    return _leaf(node, parameters)


def _leaf(leaf: Leaf, parameters: list[Value]) -> str:
    if isinstance(leaf, Flag):
        return _side(leaf.tag, parameters)
    if isinstance(leaf, Compare):
        return f"({_side(leaf.left, parameters)} {leaf.operator} {_side(leaf.right, parameters)})"
    assert isinstance(leaf, (IsNull, Member, Between))
    word = "not " if leaf.is_negated else ""
    if isinstance(leaf, IsNull):
        return f"({_side(leaf.tag, parameters)} is {word}null)"
    if isinstance(leaf, Member):
        values = ", ".join(_side(value, parameters) for value in leaf.values)
        return f"({_side(leaf.tag, parameters)} {word}in ({values}))"
    low_high = f"{_side(leaf.low, parameters)} and {_side(leaf.high, parameters)}"
    return f"({_side(leaf.tag, parameters)} {word}between {low_high})"


def _side(side: Tag | Literal, parameters: list[Value]) -> str:
    if isinstance(side, Tag):
        return '"' + side.name.replace('"', '""') + '"'
    parameters.append(side.value)
    return "?"
