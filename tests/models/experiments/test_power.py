"""Sizes and effects equal the published tables and independent implementations."""

import numpy as np
import pytest

from features.errors import KehuError
from models.experiments.power import (
    Setting,
    four_cell_size,
    plan,
    two_proportion_mde,
    two_proportion_power,
    two_proportion_size,
)

SIZES = {
    0.005: [327_922, 85_862, 39_885, 15_599], 0.01: [163_095, 42_693, 19_827, 7_750],
    0.02: [80_682, 21_109, 9_798, 3_826], 0.05: [31_234, 8_158, 3_780, 1_471], 0.10: [14_751, 3_841, 1_774, 686],
}


@pytest.mark.parametrize("base", SIZES)
def test_two_proportion_table(base):
    assert [two_proportion_size(base, base * rise) for rise in (0.1, 0.2, 0.3, 0.5)] == SIZES[base]


@pytest.mark.parametrize(("base", "mde", "sizes"), [
    (0.02, 0.005, [136_745, 76_920, 58_605, 49_229]), (0.05, 0.01, [82_850, 46_603, 35_507, 29_826]),
    (0.10, 0.02, [39_245, 22_075, 16_820, 14_128]),
])
def test_four_cell_table(base, mde, sizes):
    assert [four_cell_size(base, mde, hold) for hold in (0.1, 0.2, 0.3, 0.5)] == sizes


@pytest.mark.parametrize(("rho", "mde"), [(0.0, 2_400), (0.9, 1_046), (0.95, 749)])
def test_global_holdout_on_balances(rho, mde):
    found = plan("global_holdout", Setting(sd=120_000, hold=0.02, rho=rho), n=500_000)
    assert found["mde"] == pytest.approx(mde, rel=2e-3)
    assert found["units"] == {"treatment": 980_000, "control": 20_000}


def test_size_effect_and_power_of_one_formula_agree():
    size = two_proportion_size(0.02, 0.004, hold=0.2)
    assert two_proportion_power(0.02, 0.004, size, hold=0.2) == pytest.approx(0.8, abs=1e-4)
    assert two_proportion_mde(0.02, size, hold=0.2) == pytest.approx(0.004, rel=1e-4)
    for design in ("ab", "four_cell", "cluster", "global_holdout"):
        setting = Setting(sd=10.0, hold=0.3, cluster_size=50, icc=0.02)
        asked = plan(design, setting, mde=1.5)
        assert plan(design, setting, n=asked["n_per_arm"])["mde"] == pytest.approx(1.5, rel=1e-2)
        assert plan(design, setting, n=asked["n_per_arm"], mde=1.5)["power"] == pytest.approx(0.8, abs=0.02)


def test_power_of_means_equals_statsmodels():
    from statsmodels.stats.power import NormalIndPower

    theirs = NormalIndPower().power(effect_size=0.05, nobs1=6_000, alpha=0.05, ratio=1.0)
    ours = plan("ab", Setting(sd=1.0), n=6_000, mde=0.05)["power"]
    assert ours == pytest.approx(theirs, rel=1e-9)


def test_planned_power_is_found_by_simulation():
    rng = np.random.default_rng(3)
    n = two_proportion_size(0.05, 0.01)
    gap = (rng.binomial(n, 0.06, 20_000) - rng.binomial(n, 0.05, 20_000)) / n
    se = np.sqrt((0.06 * 0.94 + 0.05 * 0.95) / n)
    assert np.mean(np.abs(gap) > 1.959964 * se) == pytest.approx(0.8, abs=0.012)


def test_clusters_cost_the_design_effect():
    plain = plan("ab", Setting(sd=1.0), mde=0.05)["n_per_arm"]
    clustered = plan("cluster", Setting(sd=1.0, cluster_size=300, icc=0.01), mde=0.05)["n_per_arm"]
    assert clustered / plain == pytest.approx(1 + 299 * 0.01, rel=0.03)


@pytest.mark.parametrize("call", [
    lambda: plan("ab", Setting(base_rate=0.02)),
    lambda: plan("ab", Setting(base_rate=0.02), mde=-0.01),
    lambda: plan("ab", Setting(base_rate=0.99), mde=0.02),
    lambda: plan("cluster", Setting(sd=1, cluster_size=300, icc=0.1), n=300),
    lambda: plan("zigzag", Setting(sd=1), n=10),
    lambda: Setting(),
    lambda: Setting(base_rate=1.5),
    lambda: Setting(sd=1, rho=1.0),
    lambda: two_proportion_mde(0.5, 1),
])
def test_impossible_plans_get_one_clear_line(call):
    with pytest.raises(KehuError) as refused:
        call()
    assert "\n" not in refused.value.line()
