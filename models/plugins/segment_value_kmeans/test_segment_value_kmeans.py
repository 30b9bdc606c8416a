"""Value segments: planted groups are found, numbered by AUM, and a refit keeps the numbers."""

from pathlib import Path

import numpy as np

from features.frame import Frame
from models import conformance, registry
from models.worker import load_code

FOLDER = Path(__file__).parent
GROUP_COUNT, GROUP_SIZE = 5, 300


def planted(seed: int) -> tuple[Frame, np.ndarray]:
    """Five well-separated groups in shuffled order; group i has the i-th lowest AUM."""
    random = np.random.default_rng(seed)
    columns = tuple(registry.read(FOLDER)[0].manifest.features)
    groups = random.permutation(np.repeat(np.arange(GROUP_COUNT), GROUP_SIZE))
    # The corners lie far apart in every feature, in another order for each.
    corners = np.array([random.permutation(GROUP_COUNT) for _ in columns]).T * 2.0
    corners[:, columns.index("aum_month_avg_cny")] = np.arange(GROUP_COUNT) * 2.0
    values = np.exp(corners[groups] + random.normal(0, 0.2, (len(groups), len(columns)))) - 1
    return Frame(columns, np.asfortranarray(values.astype(np.float32)), np.full(len(groups), np.datetime64("2026-01-31"))), groups


def test_planted_groups_come_back_numbered_by_aum():
    code = load_code(FOLDER)
    frame, groups = planted(1)
    assert (code.score(code.train(frame, None, 5), frame) == groups).mean() > 0.99


def test_another_seed_and_half_of_the_customers_keep_the_numbers():
    code = load_code(FOLDER)
    frame, groups = planted(1)
    half = frame.take(np.arange(0, len(frame), 2))
    assert (code.score(code.train(half, None, 6), frame) == groups).mean() > 0.99


def test_conformance():
    assert conformance.check(FOLDER) == []
