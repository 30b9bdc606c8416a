"""No cell under ten can be had from the totals of a table."""

import random

import pytest

from features.disclosure import hidden_cells, is_small


@pytest.mark.parametrize(("counts", "wanted"), [
    ([90, 40, 30], set()), ([90, 40, 3], {1, 2}), ([90, 40, 0, 3], {1, 3}), ([90, 40, 6, 5], {2, 3}), ([90, 40, 2, 3], {1, 2, 3}),
    ([97, 3], {0, 1}), ([0, 3], {1})])
def test_the_next_smallest_hides_what_the_total_would_tell(counts: list[int], wanted: set[int]) -> None:
    """Two that are small together are still a small group; a zero hides nothing."""
    assert hidden_cells(dict(enumerate(counts)), [range(len(counts))]) == wanted


def test_without_a_total_only_small_cells_are_hidden() -> None:
    assert hidden_cells({"a": 50, "b": 3, "c": 0}, []) == {"b"}


def test_no_line_and_no_column_tells_of_a_hidden_cell() -> None:
    draw = random.Random(3)
    for _ in range(300):
        lines, columns = range(draw.randrange(1, 6)), range(draw.randrange(1, 6))
        counts = {(i, j): draw.choice((0, 1, 4, 9, 10, 25, 300)) for i in lines for j in columns}
        totals = [[(i, j) for j in columns] for i in lines] + [[(i, j) for i in lines] for j in columns]
        found = hidden_cells(counts, totals)
        assert {cell for cell, count in counts.items() if is_small(count)} <= found
        for total in totals:
            held, shown = [counts[cell] for cell in total if cell in found], [counts[cell] for cell in total if cell not in found]
            assert not held or not any(shown) or (len(held) > 1 and not is_small(sum(held))), (counts, total)
