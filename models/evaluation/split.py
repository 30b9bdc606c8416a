"""Divides training rows by time, so that a model is judged on dates after those it learnt from."""

from datetime import timedelta

import numpy as np

TEST_SHARE = 0.25


def time_split(as_of_dates: np.ndarray, horizon_days: int) -> tuple[np.ndarray, np.ndarray] | None:
    """(train, test) masks: the newest quarter of dates is the test, and training rows whose target window reaches
    into it are dropped; None when no training date is left.
    """
    dates = np.unique(as_of_dates)
    first_test = dates[-max(1, int(len(dates) * TEST_SHARE))]
    train = as_of_dates + np.timedelta64(timedelta(days=horizon_days)) <= first_test
    return (train, as_of_dates >= first_test) if train.any() else None


def random_split(rows: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """(train, test) masks by chance, for targets of one date."""
    test = np.random.default_rng(seed).random(rows) < TEST_SHARE
    return ~test, test
