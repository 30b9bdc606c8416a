"""Packing loses no bit and makes a week several times smaller."""

import numpy as np
import pytest

from orchestration.simulator.packed import Packed, pack, unpack
from orchestration.simulator.world import World

NUMBERS = np.random.default_rng(4)
ARRAYS = {
    "empty": np.zeros(0, np.int64),
    "one": np.array([7], np.int32),
    "rising customers": np.sort(NUMBERS.integers(0, 2 ** 31 - 1, 500)).astype(np.int32),
    "mostly minus one": np.where(NUMBERS.random(500) < 0.9, -1, NUMBERS.integers(0, 9000, 500)).astype(np.int32),
    "mostly nothing": np.where(NUMBERS.random(500) < 0.9, 0.0, NUMBERS.random(500)),
    "cents with two fortunes": np.where(np.arange(500) % 250, NUMBERS.integers(1, 10 ** 7, 500), 3 * 10 ** 10),
    "yuan of cents": NUMBERS.integers(0, 10 ** 9, 500) / 100,
    "sums of yuan": NUMBERS.integers(0, 10 ** 9, 500) / 100 + 0.1 + 0.2,
    "fractions": NUMBERS.random(500),
    "negative": NUMBERS.integers(-10 ** 12, 10 ** 12, 500),
    "signed zeros and no numbers": np.array([0.0, -0.0, np.nan, np.inf, 1.5, -0.0, 0.0, 0.0, 0.0]),
    "whole with signed zeros": np.array([-0.0, 1.0, 2.0, -0.0] * 200),
    "float32": NUMBERS.random(500).astype(np.float32),
    "flags": NUMBERS.random(500) < 0.03,
    "small": NUMBERS.integers(-3, 3, 500).astype(np.int8),
}


@pytest.mark.parametrize("name", ARRAYS)
def test_unpacking_gives_the_very_bytes_back(name: str):
    array = ARRAYS[name]
    found = unpack(pack(array))
    assert found.dtype == array.dtype
    assert found.tobytes() == array.tobytes()


def test_packing_leaves_nothing_tied_to_the_array():
    for name in ("fractions", "small"):
        array = ARRAYS[name].copy()
        packed = pack(array)
        array[:] = 1
        assert unpack(packed).tobytes() == ARRAYS[name].tobytes()


def bytes_of(part: object) -> int:
    if isinstance(part, Packed):
        return part.nbytes
    return sum(bytes_of(one) for one in part[1].values()) if isinstance(part, tuple) else 0


def test_a_waiting_week_takes_less_than_eighty_bytes_a_customer(big_world: World):
    """Fourteen of them wait: at 200 bytes each they were two fifths of all memory of a bank of a million."""
    week = big_world.week(big_world.next_index - 2)
    assert sum(bytes_of(part) for part in week.packed.values()) < 80 * big_world.people.count
    assert week.ends[-1].tobytes() == big_world.week(big_world.next_index - 1).opening.tobytes()
