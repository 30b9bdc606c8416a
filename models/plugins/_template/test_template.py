"""Rename to test_<model_id>.py: plant a relation and see that the model finds it; the kit does the rest."""

from pathlib import Path

import numpy as np

from features.frame import Frame
from models.worker import load_code

FOLDER = Path(__file__).parent


def test_it_finds_a_planted_relation():
    random = np.random.default_rng(1)
    values = np.asfortranarray(random.normal(size=(2000, 3)).astype(np.float32))
    target = (random.random(2000) < 1 / (1 + np.exp(1 - 2 * values[:, 0]))).astype(np.int8)
    frame = Frame(("a", "b", "c"), values, np.full(2000, np.datetime64("2026-01-31")))
    code = load_code(FOLDER)
    score = code.score(code.train(frame, target, 1), frame)
    assert score[target == 1].mean() > score[target == 0].mean() + 0.1
