"""The intervals of the model increment cover the simulator's truth, and wrong intervals are found out."""

import importlib.util
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from models.experiments import four_cell

REPLICATIONS, CUSTOMERS, SEED = 30, 30_000, 11


@pytest.fixture(scope="module")
def bench():
    path = Path(__file__).parents[2] / "bench" / "coverage.py"
    sys.path.insert(0, str(path.parent))
    found = importlib.util.spec_from_file_location("bench_coverage", path)
    module = importlib.util.module_from_spec(found)
    sys.modules[found.name] = module
    found.loader.exec_module(module)
    yield module
    del sys.modules[found.name]
    sys.path.remove(str(path.parent))


@pytest.fixture(scope="module")
def assigner(bench):
    strategy = bench.strategy_of()
    return bench.Assigner(bench.audience(strategy, CUSTOMERS, SEED, "realistic"), strategy)


@pytest.fixture(scope="module")
def drawn(bench, assigner):
    """The same thirty assignments for every estimator."""
    return [assigner.draw(f"coverage_{SEED}_{number}") for number in range(REPLICATIONS)]


def _with_interval(answer, estimate, se):
    answer["model_increment"] = {"estimate": estimate, "se": se, "ci": (estimate - 1.96 * se, estimate + 1.96 * se)}
    return answer


def without_bau_cells(cells):
    """The right estimate with the standard error of the model list alone."""
    answer = four_cell.from_cells(cells)
    return _with_interval(answer, answer["model_increment"]["estimate"], answer["model_effect"]["se"])


def without_held_cells(cells):
    """The right estimate with the standard error of the contacted alone."""
    answer = four_cell.from_cells(cells)
    return _with_interval(answer, answer["model_increment"]["estimate"], answer["naive_gap"]["se"])


def half_an_error(cells):
    """The right estimate with half its standard error."""
    answer = four_cell.from_cells(cells)
    return _with_interval(answer, answer["model_increment"]["estimate"], answer["model_increment"]["se"] / 2)


def test_intervals_cover_the_truth_in_thirty_assignments(bench, assigner, drawn):
    found = [bench.replicate(assigner.people, cells, four_cell.from_cells) for cells in drawn]
    assert bench.problems(found, *bench.band(REPLICATIONS)) == []


@pytest.mark.parametrize("wrong", [without_bau_cells, without_held_cells])
def test_a_standard_error_without_some_cells_is_found_out(bench, assigner, drawn, wrong):
    found = [bench.replicate(assigner.people, cells, wrong) for cells in drawn]
    assert any("standard error" in text for text in bench.problems(found, *bench.band(REPLICATIONS)))


@pytest.mark.parametrize("wrong", [without_held_cells, half_an_error])
def test_coverage_alone_finds_intervals_that_are_far_too_narrow(bench, assigner, drawn, wrong):
    found = [bench.replicate(assigner.people, cells, wrong) for cells in drawn]
    assert bench.coverage(found) < bench.band(REPLICATIONS)[0]


def test_assignments_differ_by_salt_and_keep_the_shares(bench, assigner, drawn):
    again = assigner.draw(f"coverage_{SEED}_0")
    assert all((again[name] == drawn[0][name]).all() for name in again)
    assert set(drawn[0]["model_held"]) != set(drawn[1]["model_held"])
    for cells in drawn:
        assert len(cells["model_held"]) + len(cells["model_contacted"]) == assigner.size
        assert abs(len(cells["bau_held"]) / assigner.size - assigner.strategy.hold_share) < 0.08
        assert len(set().union(*cells.values())) == 2 * assigner.size


def test_known_outcomes_foretell_the_standard_errors_before_any_assignment_is_judged(bench, assigner, drawn):
    foresight = bench.foresee(assigner, SEED, lists=5)
    found = [bench.replicate(assigner.people, cells, four_cell.from_cells) for cells in drawn]
    assert foresight.error_ratio["model_increment"] == pytest.approx(bench.error_ratio(found), rel=0.02)
    assert foresight.coverage["model_increment"] == pytest.approx(0.955, abs=0.005)
    assert bench.limits("realistic", foresight, 200) == (0.91, 0.98)


def test_very_unequal_effects_are_foretold_to_widen_the_intervals(bench):
    """Nobody buys without contact, every second one with it: the spread of the effects is all there is."""
    rng = np.random.default_rng(SEED)
    pushed = (np.arange(4_000) % 2).astype(float)
    people = SimpleNamespace(contacted=pushed, untouched=np.zeros(4_000))
    order = rng.permutation(4_000)
    seen, true = bench.neyman(people, order[:2_000], order[2_000:])
    draws = [rng.permutation(4_000)[:2_000] for _ in range(2_000)]
    assert np.sqrt(true) == pytest.approx(np.std([pushed[rows].mean() for rows in draws]), rel=0.06)
    assert seen / true == pytest.approx(2.0, rel=1e-6)


def test_intervals_that_are_too_narrow_leave_the_band_of_the_demonstration(bench):
    foresight = bench.Foresight({"model_increment": 0.991}, {"model_increment": 1.33})
    low, high = bench.limits("demo", foresight, 200)
    assert low == pytest.approx(0.969, abs=0.001) and high == 1.0
