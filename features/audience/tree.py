"""What an audience expression means: a small tree whose leaves compare tags with values."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

Value = str | int | Decimal | bool | date


@dataclass(frozen=True)
class Tag:
    """A tag as written, with its place in the text (1-based)."""

    name: str
    line: int = 1
    column: int = 1


@dataclass(frozen=True)
class Literal:
    """A value as written."""

    value: Value
    line: int = 1
    column: int = 1


@dataclass(frozen=True)
class Compare:
    left: Tag | Literal
    operator: str
    right: Tag | Literal


@dataclass(frozen=True)
class Member:
    tag: Tag
    values: tuple[Literal, ...]
    is_negated: bool = False


@dataclass(frozen=True)
class Between:
    tag: Tag
    low: Literal
    high: Literal
    is_negated: bool = False


@dataclass(frozen=True)
class IsNull:
    tag: Tag
    is_negated: bool = False


@dataclass(frozen=True)
class Flag:
    """A boolean tag standing alone."""

    tag: Tag


@dataclass(frozen=True)
class InAudience:
    """Membership of a saved audience, by its name."""

    name: str
    line: int = 1
    column: int = 1


@dataclass(frozen=True)
class InSegment:
    """Membership of a segment of a set, written set/id."""

    name: str
    line: int = 1
    column: int = 1


@dataclass(frozen=True)
class Not:
    node: "Node"


@dataclass(frozen=True)
class And:
    nodes: tuple["Node", ...]


@dataclass(frozen=True)
class Or:
    nodes: tuple["Node", ...]


Reference = InAudience | InSegment
Leaf = Compare | Member | Between | IsNull | Flag | InAudience | InSegment
Node = Leaf | Not | And | Or


def leaves(node: Node) -> list[Leaf]:
    """All comparisons, in the order of the text."""
    if isinstance(node, Not):
        return leaves(node.node)
    if isinstance(node, (And, Or)):
        return [leaf for part in node.nodes for leaf in leaves(part)]
    return [node]


def tags(leaf: Leaf) -> list[Tag]:
    """The tags of one comparison."""
    if isinstance(leaf, Compare):
        return [side for side in (leaf.left, leaf.right) if isinstance(side, Tag)]
    return [] if isinstance(leaf, (InAudience, InSegment)) else [leaf.tag]
