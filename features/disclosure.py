"""What may be shown of whom: restricted tags need a purpose, under-14s leave no data, small groups stay hidden."""

from collections.abc import Collection, Hashable, Iterable, Mapping
from typing import Any, TypeVar

from features.errors import KehuError

SMALL_CELL = 10
"""Groups smaller than this are not shown."""
MINIMUM_AGE = 14
"""Data of younger persons never leave the bank's store."""
RESTRICTED = "restricted"
Cell = TypeVar("Cell", bound=Hashable)


def is_small(count: int | None) -> bool:
    """True for a count that would nearly show its customers; zero is no secret, nothing counted has none."""
    return count is not None and 0 < count < SMALL_CELL


def hidden(row: dict[str, Any], *names: str, by: str = "") -> dict[str, Any]:
    """The row with null for its small counts (each name's own, or all of them when `by` is small) and `is_hidden`."""
    return without(row, [name for name in names if is_small(row[by or name])])


def without(row: dict[str, Any], names: Collection[str]) -> dict[str, Any]:
    """The row with null for these counts and `is_hidden`."""
    return {**row, **dict.fromkeys(names), "is_hidden": bool(names)}


def hidden_cells(counts: Mapping[Cell, int], totals: Iterable[Collection[Cell]]) -> set[Cell]:
    """The cells of a table that may not be shown: the small ones, and those by which a total would give them away.

    totals: the cells of each sum that a reader may know. In each, the next smallest cells are hidden too until the hidden ones
    are two or more and together no small group; a cell that is zero is no secret and hides nothing.
    """
    found, sums = {cell for cell, count in counts.items() if is_small(count)}, [set(total) for total in totals]
    while more := {cell for total in sums for cell in _next_to_hide(counts, total, found)}:
        found |= more
    return found


def _next_to_hide(counts: Mapping[Cell, int], total: set[Cell], found: set[Cell]) -> list[Cell]:
    held = [counts[cell] for cell in total & found]
    if not held or (len(held) > 1 and not is_small(sum(held))):
        return []
    return sorted((cell for cell in total - found if counts[cell]), key=lambda cell: (counts[cell], repr(cell)))[:1]


def restricted(names: Iterable[str], sensitivities: Mapping[str, str]) -> list[str]:
    """The tags among `names` that the catalogue restricts, sorted."""
    return sorted(name for name in names if sensitivities.get(name) == RESTRICTED)


def demand_purpose(names: Iterable[str], sensitivities: Mapping[str, str], purpose: str) -> None:
    """Raises KehuError where customers shall be seen by a restricted tag and nobody says what for."""
    found = restricted(names, sensitivities)
    if found and not purpose.strip():
        raise KehuError(f"{', '.join(found)}: restricted, customers are selected by it only for a declared purpose",
                        "say what the customers are for: --purpose TEXT; it is logged")


def guard_count(number: int, names: Iterable[str], sensitivities: Mapping[str, str], purpose: str) -> None:
    """A count shows no customer, so it needs no purpose, unless it is so small that it nearly does."""
    if is_small(number):
        try:
            demand_purpose(names, sensitivities, purpose)
        except KehuError as refused:
            raise KehuError(f"fewer than {SMALL_CELL} customers; {refused.message}", refused.fix) from refused


def permitted(columns: Iterable[str]) -> str:
    """The condition that leaves out customers known to be under 14."""
    return f"coalesce(age >= {MINIMUM_AGE}, true)" if "age" in columns else "true"


def withheld(columns: Iterable[str]) -> str:
    """The opposite of `permitted`, in the form that costs a count least."""
    return f"age < {MINIMUM_AGE}" if "age" in columns else "false"
