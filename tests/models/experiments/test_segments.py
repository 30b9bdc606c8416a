"""Segments, winner's curse and interactions on planted truth."""

import numpy as np
import pytest
import statsmodels.api as sm

from models.experiments.moments import CellMoments
from models.experiments.segments import by_segment, interactions, winners_curse


def cell(rng, mean, n=2_000):
    return CellMoments.from_values(rng.normal(mean, 1.0, n))


def test_equal_segments_are_pulled_together_and_the_best_one_no_longer_shines():
    rng = np.random.default_rng(1)
    cells = {(f"s{i}", arm): cell(rng, 0.1 * (arm == "t"), 400) for i in range(12) for arm in ("t", "c")}
    found = by_segment(cells, {"t": 1, "c": -1})
    raw = np.array([part["estimate"] for part in found.values()])
    shrunken = np.array([part["shrunken"] for part in found.values()])
    assert shrunken.std() < 0.5 * raw.std()
    assert abs(shrunken.max() - 0.1) < abs(raw.max() - 0.1)


def test_a_segment_with_one_unit_has_no_error_and_harms_no_other():
    rng = np.random.default_rng(2)
    cells = {("big", "t"): cell(rng, 1), ("big", "c"): cell(rng, 0), ("tiny", "t"): CellMoments.from_values([3.0]), ("tiny", "c"): cell(rng, 0)}
    found = by_segment(cells, {"t": 1, "c": -1})
    assert found["tiny"]["se"] is None
    assert found["tiny"]["shrunken"] is None
    assert found["big"]["se"] > 0 and found["big"]["shrunken"] is None  # alone: nothing to pull it to
    assert set(by_segment(cells, {"t": 1, "c": -1}, least=10)) == {"big"}


def test_sum_of_significant_lifts_is_too_high_and_shrinking_mends_most_of_it():
    rng = np.random.default_rng(3)
    truth = rng.normal(0.0, 0.01, 400)
    estimates = truth + rng.normal(0, 0.01, 400)
    effects = [
        {"estimate": e, "se": 0.01, "p_value": p}
        for e, p in zip(estimates, 2 * (1 - _normal(np.abs(estimates) / 0.01)), strict=True)
    ]
    found = winners_curse(effects)
    real = truth[(estimates > 0) & (np.array([e["p_value"] for e in effects]) < 0.05)].sum()
    assert found["claimed"] > 1.3 * real
    assert abs(found["shrunken"] - real) < 0.3 * (found["claimed"] - real)


def _normal(z):
    from scipy.special import ndtr

    return ndtr(z)


def test_interaction_equals_saturated_regression_and_finds_the_planted_one():
    rng = np.random.default_rng(4)
    a, b = rng.integers(0, 2, (2, 6_000))
    y = 0.2 * a + 0.1 * b + 0.3 * a * b + rng.normal(size=6_000) * (1 + a)
    cells = {(i, j): CellMoments.from_values(y[(a == i) & (b == j)]) for i in (0, 1) for j in (0, 1)}
    calm = {(i, j): cell(rng, 0.1 * i + 0.2 * j) for i in (0, 1) for j in (0, 1)}
    found = interactions({("x", "y"): cells, ("x", "z"): calm})
    theirs = sm.OLS(y, sm.add_constant(np.column_stack([a, b, a * b]))).fit(cov_type="HC2")
    assert found["x", "y"]["estimate"] == pytest.approx(theirs.params[3], rel=1e-9)
    assert found["x", "y"]["se"] == pytest.approx(theirs.bse[3], rel=1e-9)
    assert found["x", "y"]["p_value_adjusted"] < 0.001
    assert found["x", "z"]["p_value_adjusted"] > 0.05
