"""The union design finds the planted difference of two policies, as inverse-probability weighting does."""

import numpy as np
import pytest

from features.errors import KehuError
from models.experiments.list_union import STRATA, policy_difference
from models.experiments.moments import CellMoments

EFFECT = {"model_only": 0.06, "bau_only": 0.02, "both": 0.04}
BASE = {"model_only": 0.08, "bau_only": 0.03, "both": 0.10}
P = 0.7


def union(rng, n=9_000):
    stratum = rng.choice(np.array(STRATA, dtype=object), n, p=[0.4, 0.4, 0.2])
    contact = rng.random(n) < P
    rate = np.array([BASE[s] + EFFECT[s] * c for s, c in zip(stratum, contact, strict=True)])
    return stratum, contact, (rng.random(n) < rate).astype(float)


def cells(stratum, contact, y):
    return {
        (s, part): CellMoments.from_values(y[(stratum == s) & (contact == (part == "contacted"))])
        for s in STRATA for part in ("contacted", "held")
    }


def test_coverage_of_the_planted_difference_and_agreement_with_weighting():
    rng = np.random.default_rng(1)
    truth = 0.4 * EFFECT["model_only"] - 0.4 * EFFECT["bau_only"]
    found, weighted = [], []
    for _ in range(400):
        stratum, contact, y = union(rng)
        found.append(policy_difference(cells(stratum, contact, y), dict.fromkeys(STRATA, P)))
        sign = (stratum == "model_only").astype(float) - (stratum == "bau_only")
        weighted.append(float((sign * y * (contact / P - ~contact / (1 - P))).mean()))
    estimates = np.array([f["estimate"] for f in found])
    assert estimates.mean() == pytest.approx(truth, abs=3.3 * estimates.std() / 20)
    assert np.mean(weighted) == pytest.approx(truth, abs=3.3 * np.std(weighted) / 20)
    assert estimates.std() < np.std(weighted)  # normalised weights waste less
    coverage = np.mean([f["ci"][0] <= truth <= f["ci"][1] for f in found])
    assert coverage == pytest.approx(0.95, abs=3.3 * np.sqrt(0.95 * 0.05 / 400))


@pytest.mark.parametrize("probability", [{}, dict.fromkeys(STRATA, 1.0), {**dict.fromkeys(STRATA, 0.5), "both": 0.0}])
def test_a_probability_outside_zero_and_one_is_refused(probability):
    with pytest.raises(KehuError, match="contact probability"):
        policy_difference({}, probability)
