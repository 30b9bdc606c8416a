"""The short proof passes, and each estimator broken on purpose turns it red."""

from dataclasses import replace

import pytest

from models.experiments import lift
from models.experiments.proof.__main__ import main
from models.experiments.proof.engine import ENGINE, Engine
from models.experiments.proof.figures import Figure, figures
from models.experiments.proof.table import SHORT, all_trials, markdown
from models.experiments.proof.trial import Result, carry_out

SEED = 20_260_101


@pytest.mark.parametrize("trial", all_trials(), ids=lambda trial: trial.name)
def test_trial(trial):
    result = carry_out(trial, SEED, SHORT)
    assert result.has_passed, f"{result.rate:.4f} outside {result.band}"


def narrower(effect):
    middle = effect["estimate"]
    return {**effect, "ci": [middle + 0.8 * (end - middle) for end in effect["ci"]], "p_value": effect["p_value"] ** 2}


def narrow(function):
    """The estimator with an interval a fifth too narrow."""
    def broken(*arguments, **options):
        found = function(*arguments, **options)
        if "ci" in found:
            return narrower(found)
        return {name: narrower(part) if isinstance(part, dict) and "ci" in part else part for name, part in found.items()}

    return broken


BROKEN = {
    "difference": (narrow, "Welch | normal"), "ratio": (narrow, "ratio"), "complier": (narrow, "complier"),
    "cuped": (narrow, "CUPED | normal, rho 0.9"), "lin": (narrow, "Lin"), "from_cells": (narrow, "four cells: model_increment"),
    "clustered": (narrow, "cluster CR2 | icc 0.1, sizes 20-60 | 12"),
    "permutation": (lambda f: lambda *a: f(*a) / 2, "permutation"),
    "half_width": (lambda f: lambda *a: f(*a) * 0.8, "confidence sequence, any-time"),
    "may_start": (lambda f: lambda n, skew: min(n) >= 50, "confidence sequence by the start rule | A/A, base 2.0%, 2 cells"),
    "chi2": (lambda f: lambda *a: f(*a, alarm=0.01), "SRM chi-square"),
    "log_bayes_factor": (lambda f: lambda *a: f(*a) + 4.0, "SRM sequential"),
    "holm": (lambda f: lambda p: p, "Holm"), "discovery": (lambda f: lambda p: p, "Benjamini"),
    "decide": (lambda f: lambda plan, seen: f(replace(plan, alpha=0.2), seen), "verdict"),
}


@pytest.mark.parametrize("part", BROKEN)
def test_a_broken_estimator_turns_the_proof_red(part):
    breaking, name = BROKEN[part]
    engine = replace(ENGINE, **{part: breaking(getattr(ENGINE, part))})
    trial = next(trial for trial in all_trials(engine) if trial.name.startswith(name))
    assert not carry_out(trial, SEED, SHORT).has_passed


def test_every_part_of_the_engine_is_broken_once():
    assert set(BROKEN) == set(Engine.__dataclass_fields__)


def test_figures_are_hit():
    found = figures(ENGINE, SEED)
    assert len({figure.name for figure in found}) == len(found) == 10
    assert [figure.name for figure in found if not figure.has_passed] == []


@pytest.mark.parametrize(("part", "breaking", "name"), [
    ("cuped", lambda f: lambda weights, cells: lift.difference(*cells), "rho 0.9"),
    ("cuped", lambda f: lambda weights, cells: {"se": 1.02 * f(weights, cells)["se"]}, "growth"),
    ("half_width", lambda f: lambda variance, n, alpha, tuned: f(variance, n, alpha), "sequence"),
    ("chi2", lambda f: lambda counts, planned: {"p_value": 2 * f(counts, planned)["p_value"]}, "sample ratio"),
])
def test_a_broken_part_misses_its_figure(part, breaking, name):
    engine = replace(ENGINE, **{part: breaking(getattr(ENGINE, part))})
    assert any(name in figure.name and not figure.has_passed for figure in figures(engine, SEED))


def test_table_names_every_trial_once_and_marks_failures():
    results = [Result(trial, 1_000, trial.nominal) for trial in all_trials()]
    table = markdown([*results, Result(results[0].trial, 1_000, 0.5)], [Figure("a", 1.0, 1.0, 0.1), Figure("b", 1.0, 2.0, 0.1)], SEED)
    assert table.count("**FAILED**") == 2
    assert len({trial.name for trial in all_trials()}) == len(results)


@pytest.mark.slow
def test_long_run_with_a_fresh_seed(tmp_path):
    assert main(["--long", "--out", str(tmp_path / "proof.md")]) == 0
