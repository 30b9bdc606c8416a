"""Evaluation equals SciPy, scikit-learn and statsmodels where they compute the thing, and simulated truth elsewhere."""

import numpy as np
import pytest
import statsmodels.api as sm
from sklearn.metrics import adjusted_rand_score, brier_score_loss, roc_auc_score

from features.frame import Frame
from models.evaluation import calibration, discrimination, leakage, segmentation, split

RANDOM = np.random.default_rng(11)


def outcomes(rows=3000, ties=False):
    index = RANDOM.normal(size=rows)
    probability = 1 / (1 + np.exp(2 - index))
    return (RANDOM.random(rows) < probability).astype(int), np.round(probability, 1) if ties else probability


@pytest.mark.parametrize("ties", [False, True])
def test_auc_equals_scikit_learns(ties):
    target, score = outcomes(ties=ties)
    assert discrimination.auc(target, score) == pytest.approx(roc_auc_score(target, score), abs=1e-12)


def test_auc_without_both_outcomes_is_no_number():
    assert np.isnan(discrimination.auc(np.zeros(5), np.arange(5)))
    assert np.isnan(discrimination.auc_interval(np.array([1, 0, 0]), np.arange(3))[1])


def test_the_interval_covers_the_true_auc_in_about_95_percent():
    # Binormal scores one standard deviation apart: AUC = Phi(1 / sqrt 2).
    truth, hits = 0.7602499389065233, 0
    for _ in range(600):
        target = np.r_[np.ones(60), np.zeros(240)]
        _, low, high = discrimination.auc_interval(target, RANDOM.normal(size=300) + target)
        hits += low <= truth <= high
    assert 0.92 <= hits / 600 <= 0.975


def test_lift_of_a_perfect_and_of_a_constant_score():
    target = np.r_[np.ones(50), np.zeros(950)]
    assert discrimination.top_lift(target, target.astype(float), np.ones(1000)) == pytest.approx(10)
    assert discrimination.top_lift(target, np.full(1000, 0.5), np.ones(1000)) == pytest.approx(1)
    assert np.isnan(discrimination.top_lift(np.zeros(10), np.arange(10.0), np.ones(10)))


def test_weights_give_back_what_sampling_took():
    target, probability = outcomes(60_000)
    keep = (target == 1) | (RANDOM.random(60_000) < 0.2)
    weights = np.where(target == 1, 1, 5.0)[keep]
    ones = np.ones(60_000)
    for measure in (calibration.brier, discrimination.top_lift):
        assert measure(target[keep], probability[keep], weights) == pytest.approx(measure(target, probability, ones), rel=0.04)
    assert calibration.slope_and_intercept(target[keep], probability[keep], weights) == pytest.approx((1, 0), abs=0.08)


def test_brier_equals_scikit_learns():
    target, probability = outcomes()
    assert calibration.brier(target, probability, np.ones(3000)) == pytest.approx(brier_score_loss(target, probability))


def test_slope_and_intercept_equal_statsmodels():
    target, probability = outcomes()
    weights = RANDOM.integers(1, 4, 3000)
    logit = np.log(probability / (1 - probability))
    peer = sm.GLM(target, sm.add_constant(logit), family=sm.families.Binomial(), freq_weights=weights).fit(tol=1e-12)
    slope, intercept = calibration.slope_and_intercept(target, probability, weights)
    assert [intercept, slope] == pytest.approx(list(peer.params), rel=1e-6)


@pytest.mark.parametrize(("target", "probability"), [
    ([0, 0, 0], [0.1, 0.2, 0.3]), ([0, 1, 0], [0.2, 0.2, 0.2]), ([0, 0, 1, 1], [0.1, 0.2, 0.8, 0.9])])
def test_a_slope_that_does_not_exist_is_no_number(target, probability):
    slope, _ = calibration.slope_and_intercept(np.array(target), np.array(probability), np.ones(len(target)))
    assert np.isnan(slope)


def test_tenths_of_the_population_hold_their_rates():
    target, probability = outcomes(20_000)
    tenths = calibration.rate_by_tenth(target, probability, np.ones(20_000))
    assert [row["tenth"] for row in tenths] == list(range(1, 11))
    assert all(abs(row["predicted_rate"] - row["observed_rate"]) < 0.04 for row in tenths)


def test_time_split_judges_later_dates_and_drops_windows_that_reach_into_them():
    dates = np.array([f"2025-{month:02d}-28" for month in range(1, 9)], dtype="datetime64[D]")
    train, test = split.time_split(np.repeat(dates, 2), 62)
    assert set(np.repeat(dates, 2)[test]) == set(dates[-2:])
    assert np.repeat(dates, 2)[train].max() == np.datetime64("2025-04-28")
    assert not (train & test).any()


def test_one_date_cannot_be_split_by_time():
    assert split.time_split(np.full(5, np.datetime64("2025-01-31")), 30) is None


def test_a_feature_that_is_only_filled_for_positives_is_found():
    target = (RANDOM.random(2000) < 0.1).astype(int)
    values = RANDOM.normal(size=(2000, 2)).astype(np.float32)
    values[target == 0, 1] = np.nan
    frame = Frame(("honest", "filled_later"), np.asfortranarray(values), np.full(2000, np.datetime64("2025-01-31")))
    found = leakage.leak_check(leakage.auc_alone(frame, target), 0.8)
    assert found["suspects"] == ["filled_later"] and found["status"] == "warned"


def test_adjusted_rand_equals_scikit_learns():
    first, second = RANDOM.integers(0, 4, 500), RANDOM.integers(0, 3, 500)
    second[:300] = first[:300] % 3
    assert segmentation.adjusted_rand(first, second) == pytest.approx(adjusted_rand_score(first, second))
    assert segmentation.adjusted_rand(first, first) == 1
