"""The report of a segmentation: sizes, stability on a fresh half, and what marks each segment."""

from typing import Any

import numpy as np

from features.frame import Frame
from models.contracts import ModelCode


def evaluate(code: ModelCode, frame: Frame, seed: int, segment_ids: list[str]) -> dict[str, Any]:
    """Shares, feature medians per segment, and how far two halves of the customers lead to the same segments."""
    labels = np.asarray(code.score(code.train(frame, None, seed), frame)).astype(int)
    half = np.random.default_rng(seed).random(len(frame)) < 0.5
    first, second = (np.asarray(code.score(code.train(frame.take(part), None, seed), frame)).astype(int)
                     for part in (half, ~half))
    return {"rows": len(frame), "segments": [_portrait(frame, labels == i, name) for i, name in enumerate(segment_ids)],
            "agreement_rate": float((first == second).mean()), "adjusted_rand": adjusted_rand(first, second)}


def adjusted_rand(first: np.ndarray, second: np.ndarray) -> float:
    """Hubert and Arabie's index: 1 = the same partition, 0 = as by chance."""
    pairs = np.unique(first, return_inverse=True)[1] * (second.max() + 1) + second
    together, rows, columns = (_pairs(np.bincount(x)) for x in (pairs, np.unique(first, return_inverse=True)[1], second))
    expected = rows * columns / _pairs(np.array([len(first)]))
    middle = (rows + columns) / 2
    return float((together - expected) / (middle - expected)) if middle != expected else 1.0


def _pairs(counts: np.ndarray) -> float:
    counts = counts.astype(float)
    return float((counts * (counts - 1) / 2).sum())


def _portrait(frame: Frame, members: np.ndarray, name: str) -> dict[str, Any]:
    medians = {column: float(np.nanmedian(frame.column(column)[members])) for column in frame.columns
               if np.isfinite(frame.column(column)[members]).any()}
    return {"id": name, "share_rate": float(members.mean()), "medians": medians}
