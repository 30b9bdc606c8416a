"""Assignment, four cells, sample ratio, validity, multiplicity, sequences and holdout on known answers."""


import numpy as np
import pytest

from features import warehouse
from features.errors import KehuError
from models.experiments import (
    assignment,
    cluster,
    four_cell,
    holdout,
    money,
    multiplicity,
    sequential,
    srm,
    validity,
)
from models.experiments.columns import Column
from models.experiments.metric import Metric
from models.experiments.moments import CellMoments
from models.experiments.proof.designs import RATES, TRUTH, draw_four
from models.experiments.proof.means import binary


def test_bucket_is_the_same_in_python_and_duckdb():
    assert assignment.bucket("exp1", "cust_1") == 7633
    units = ["cust_1", "客户'一", "", "0001", "é" * 40]
    connection = warehouse.memory()
    sql = ", ".join(assignment.bucket_sql("盐'1", "'" + unit.replace("'", "''") + "'") for unit in units)
    assert list(connection.execute(f"SELECT {sql}").fetchone()) == list(assignment.buckets("盐'1", units))
    assert [assignment.bucket("盐'1", unit) for unit in units] == list(assignment.buckets("盐'1", units))


def test_arms_get_their_shares_and_levels_are_independent():
    units = np.arange(40_000)
    shares = {"control": 0.1, "a": 0.45, "b": 0.45}
    arms = assignment.arms("level1", units, shares)
    counts = {arm: int((arms == arm).sum()) for arm in shares}
    assert srm.chi2(counts, shares)["status"] == "passed"
    other = assignment.arms("level2", units, {"hold": 0.2, "contact": 0.8})
    held = {arm: int(((arms == arm) & (other == "hold")).sum()) for arm in shares}
    assert srm.chi2(held, shares)["status"] == "passed"


@pytest.mark.parametrize("shares", [{"a": 0.5, "b": 0.4}, {"a": 1.2, "b": -0.2}, {"a": 0.33333, "b": 0.66667}])
def test_shares_that_make_no_whole_are_refused(shares):
    with pytest.raises(KehuError):
        assignment.boundaries(shares)


def test_four_cell_truth_naive_gap_is_not_the_increment():
    rng = np.random.default_rng(9)
    draws = [four_cell.from_cells(draw_four(rng)) for _ in range(2_000)]
    for name, truth in TRUTH.items():
        estimates = np.array([found[name]["estimate"] for found in draws])
        error = estimates.std() / np.sqrt(len(draws))
        assert abs(estimates.mean() - truth) < 3.3 * error, name
        assert np.mean([found[name]["se"] for found in draws]) == pytest.approx(estimates.std(), rel=0.06)
    one = draws[0]
    assert one["naive_gap"]["estimate"] == pytest.approx(one["model_increment"]["estimate"] + one["selection_bias"]["estimate"])
    assert one["model_increment"]["se"] == pytest.approx(0.005, rel=0.05)  # 20,000 per list cannot prove 0.2 pp
    assert RATES["model_contacted"] - RATES["bau_contacted"] == pytest.approx(0.022)


def test_policy_value_agrees_with_cells_and_a_broken_join_is_noticed():
    rng = np.random.default_rng(4)

    def cell(n, rate):
        return CellMoments.from_values((rng.random(n) < rate).astype(float))

    cells = {
        "model_contacted": cell(8_000, 0.06), "model_held": cell(2_000, 0.05), "model_unlisted": cell(90_000, 0.010),
        "bau_contacted": cell(8_000, 0.038), "bau_held": cell(2_000, 0.03), "bau_unlisted": cell(90_000, 0.0122),
    }
    found = four_cell.from_cells(cells)
    assert found["problems"] == []
    whole = {p: sum((cells[f"{p}_{k}"] for k in ("held", "unlisted")), cells[f"{p}_contacted"]) for p in ("model", "bau")}
    assert found["policy_value"]["estimate"] == pytest.approx(whole["model"].average - whole["bau"].average)
    by_cells = 0.08 * (found["model_effect"]["estimate"] - found["bau_effect"]["estimate"])
    assert found["agreement"]["estimate"] == pytest.approx(found["policy_value"]["estimate"] - by_cells)
    everybody_listed = {name: cell for name, cell in cells.items() if not name.endswith("unlisted")}
    assert four_cell.policy_value(everybody_listed) is None  # a file may just not hold them
    arms = [everybody_listed[f"{p}_contacted"] + everybody_listed[f"{p}_held"] for p in ("model", "bau")]
    assert four_cell.policy_value(everybody_listed, is_complete=True)["estimate"] == pytest.approx(arms[0].average - arms[1].average)
    broken = four_cell.from_cells({**cells, "model_unlisted": cell(90_000, 0.006)})
    assert "disagree" in broken["problems"][0]


def test_an_empty_cell_is_named_and_gives_no_number():
    cells = {name: CellMoments.from_values([0.0, 1.0]) for name in four_cell.CELLS if name != "bau_held"}
    found = four_cell.from_cells(cells)
    assert found["problems"] == ["cell bau_held has no rows"]
    assert found["model_increment"]["estimate"] is None
    assert found["model_effect"]["estimate"] == 0
    assert found["policy_value"] is None


def test_stages_name_where_held_customers_are_dropped():
    planned = {"contacted": 0.8, "held": 0.2}
    counts = [
        ("assignment", {"contacted": 16_000, "held": 4_000}), ("freeze", {"contacted": 15_900, "held": 3_980}),
        ("dispatch", {"contacted": 15_850, "held": 3_500}), ("delivery", {"contacted": 15_000, "held": 3_320}),
    ]
    found = srm.stages(counts, planned)
    assert (found["status"], found["fault_stage"]) == ("failed", "dispatch")
    healthy = srm.stages(counts[:2], planned)
    assert (healthy["status"], healthy["fault_stage"]) == ("passed", None)
    with pytest.raises(KehuError, match="more units"):
        srm.stages([counts[1], counts[0]], planned)


def test_sequential_srm_finds_a_leak_and_its_p_value_never_rises():
    rng = np.random.default_rng(6)
    control = rng.binomial(2_000, 0.09, 60).cumsum()
    total = 2_000 * np.arange(1, 61)
    found = srm.sequential(np.column_stack([control, total - control]), [0.1, 0.9])
    assert found["status"] == "failed"
    assert found["first_alarm"] < 30
    assert (np.diff(found["p_values"]) <= 0).all()


@pytest.mark.parametrize(("observed", "planned"), [({"a": 1, "b": 1}, {"a": 1}), ({"a": 1}, {"a": 0, "b": 1})])
def test_srm_refuses_a_plan_that_does_not_fit(observed, planned):
    with pytest.raises(KehuError):
        srm.chi2(observed, planned)


def test_many_placebo_tests_share_one_alarm():
    """Ten looks at the pre-period at 0.1 % each would cry wolf in 1 % of experiments."""
    tests = [{"p_value": p} for p in (0.0005, *[0.5] * 9)]
    assert validity.placebo(tests)["status"] == "passed"
    assert validity.placebo(tests)["p_value"] == pytest.approx(0.005)
    assert validity.placebo(tests[:1])["status"] == "failed"


def test_shrinkage_pulls_noise_together_and_leaves_real_differences():
    noise = np.array([0.01, -0.02, 0.03, 0.0])
    assert multiplicity.shrink(noise, np.full(4, 0.05)) == pytest.approx([noise.mean()] * 4)
    real = np.array([0.0, 1.0, 2.0])
    assert multiplicity.shrink(real, np.full(3, 0.01)) == pytest.approx(real, abs=1e-3)


def test_sequence_is_wider_than_a_fixed_interval_by_the_published_factor():
    variance, n = 0.01, 10_000
    factor = float(sequential.half_width(variance, n, 0.05, tuned_n=n)) / (1.959964 * 0.1)
    assert factor == pytest.approx(1.55, abs=0.01)


def test_a_rare_metric_waits_longer_for_its_first_look():
    wide = {"t": CellMoments.from_summary(4_000, 3.0, 1.0), "c": CellMoments.from_summary(400, 3.0, 1.0)}
    common = Metric("spent", (Column("spent"),), wide, skewness={"t": 0.5, "c": 0.5})
    rare = Metric("spent", (Column("spent"),), wide, skewness={"t": 14.0, "c": 14.0})
    assert common.is_ready(wide, ["t", "c"])
    assert rare.is_ready(wide, ["t"])
    assert not rare.is_ready(wide, ["t", "c"])
    assert not common.is_ready({"t": wide["t"]}, ["t", "c"])


def test_a_rate_is_judged_by_its_events_so_far():
    def cells(events, n):
        return {"t": CellMoments.from_summary(9_000, 0.01, 0.0099), "c": binary(events, n)}

    bought = Metric("bought", (Column("bought"),), cells(12, 1_200), is_binary=True, skewness={"t": 0.0, "c": 0.0})
    assert not bought.is_ready(cells(0, 5_000), ["t", "c"]), "without an event the error of a cell is unknown"
    assert not bought.is_ready(cells(12, 1_200), ["t", "c"])
    assert bought.is_ready(cells(20, 2_000), ["t", "c"])
    assert not bought.is_ready(cells(80, 160), ["t", "c"])


@pytest.mark.parametrize(("rate", "n"), [(0.5, 200), (0.1, 200), (0.02, 753), (0.98, 753), (0.005, 3_153)])
def test_units_before_the_first_look_by_base_rate(rate, n):
    assert sequential.least_units(sequential.skewness_of_rate(rate)) == pytest.approx(n, rel=1e-3)
    assert sequential.sequence_may_start([n, n + 1], [sequential.skewness_of_rate(rate)] * 2)
    assert not sequential.sequence_may_start([n + 1, n - 1], [sequential.skewness_of_rate(rate)] * 2)


def test_double_count_gap_is_the_planted_overlap():
    # two campaigns claim 0.02 purchases per contact on the same 10,000 customers, who buy once: 200 + 200 - 200
    each = {"estimate": 0.02, "se": 0.002}
    found = holdout.double_count_gap({"a": (each, 10_000), "b": (each, 10_000)}, {"estimate": 0.002, "se": 0.0002}, 100_000)
    assert found["gap"]["estimate"] == pytest.approx(200)
    assert found["gap"]["se"] == pytest.approx(np.sqrt(20**2 + 20**2 + 20**2))


def test_profit_carries_the_interval_and_cost_only_moves_it():
    effect = {"estimate": 0.01, "se": 0.002, "ci": [0.006, 0.014]}
    found = money.profit(effect, 10_000, money.Price(value_per_unit=300, cost_per_contact=2, fixed_cost=1_000))
    assert found["profit"]["estimate"] == pytest.approx(0.01 * 10_000 * 300 - 21_000)
    assert found["profit"]["ci"] == pytest.approx([18_000 - 21_000, 42_000 - 21_000])
    assert found["profit"]["se"] == pytest.approx(6_000)
    held = money.holdout_cost(effect, 1_000, money.Price(300, 2))
    assert held["estimate"] == pytest.approx(1_000)


@pytest.mark.parametrize("icc", [0.0, 0.05, 0.3])
def test_intra_cluster_correlation_is_found_again(icc):
    rng = np.random.default_rng(10)
    n = rng.integers(20, 80, 2_000)
    shock = rng.normal(0, np.sqrt(icc), 2_000)
    values = [shock[g] + rng.normal(0, np.sqrt(1 - icc), n[g]) for g in range(2_000)]
    total = np.array([v.sum() for v in values])
    square = np.array([(v**2).sum() for v in values])
    assert cluster.intra_cluster_correlation(n.astype(float), total, square) == pytest.approx(icc, abs=0.02)
