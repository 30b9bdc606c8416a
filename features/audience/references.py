"""What an expression may refer to by name: saved audiences, put in its place, and segments."""

import difflib
from collections.abc import Mapping, Set
from dataclasses import dataclass, field

from features.audience.parser import parse, problem
from features.audience.tree import And, InAudience, InSegment, Node, Not, Or, Reference, leaves

MAX_NESTING = 5
MAX_LEAVES = 2_000


@dataclass(frozen=True)
class References:
    """Saved audiences {name: expression}; the relation (segment, customer_id) of segments and their names set/id."""

    audiences: Mapping[str, str] = field(default_factory=dict)
    segments: Set[str] = frozenset()
    segment_relation: str = "segment_now"
    declared: Set[str] = frozenset()
    """Tags of the catalogue, also those that the date at hand does not have."""


NOTHING = References()


def expanded(node: Node, references: References) -> Node:
    """The tree with every saved audience replaced by what it says; raises KehuError for unknown names and circles."""
    found = _expanded(node, references, ())
    if len(leaves(found)) > MAX_LEAVES:
        raise problem(_first(node), f"the saved audiences hold more than {MAX_LEAVES} comparisons", "save simpler audiences")
    return found


def check_segment(leaf: InSegment, references: References) -> None:
    """Raises KehuError for a segment that no set has."""
    if leaf.name not in references.segments:
        fix = _near(leaf.name, references.segments, "kehu segments list shows what there is, written 'set/id'")
        raise problem(leaf, f"unknown segment '{leaf.name}'", fix)


def _expanded(node: Node, references: References, path: tuple[str, ...]) -> Node:
    if isinstance(node, Not):
        return Not(_expanded(node.node, references, path))
    if isinstance(node, (And, Or)):
        return type(node)(tuple(_expanded(part, references, path) for part in node.nodes))
    if not isinstance(node, InAudience):
        return node
    return _saved(node, references, path)


def _saved(leaf: InAudience, references: References, path: tuple[str, ...]) -> Node:
    if leaf.name in path:
        circle = " in ".join((*path[path.index(leaf.name):], leaf.name))
        raise problem(leaf, f"audience '{leaf.name}' contains itself: {circle}", "save one of them without the other")
    if leaf.name not in references.audiences:
        fix = _near(leaf.name, references.audiences, "kehu audience list shows what is saved")
        raise problem(leaf, f"unknown audience '{leaf.name}'", fix)
    if len(path) == MAX_NESTING:
        raise problem(leaf, f"audiences within audiences deeper than {MAX_NESTING}", "write the inner ones out")
    found = _expanded(parse(references.audiences[leaf.name]), references, (*path, leaf.name))
    if len(leaves(found)) > MAX_LEAVES:
        raise problem(leaf, f"audience '{leaf.name}' holds more than {MAX_LEAVES} comparisons", "save simpler audiences")
    return found


def _first(node: Node) -> Reference:
    return next(leaf for leaf in leaves(node) if isinstance(leaf, InAudience))


def _near(name: str, names: Mapping[str, str] | Set[str], otherwise: str) -> str:
    near = difflib.get_close_matches(name, sorted(names), n=3, cutoff=0.6)
    return f"did you mean {' or '.join(near)}?" if near else otherwise
