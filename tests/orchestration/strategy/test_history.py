"""What history says before an experiment: the spread, the covariate and the clusters that were put into it."""

import numpy as np
import pytest

from features.errors import KehuError
from orchestration.strategy import history


def past_of(bank, day, count=4000, seed=3):
    """Balances that keep 80 % of themselves, advisers (by age) whose customers move together."""
    rng = np.random.default_rng(seed)
    before, adviser = rng.normal(50_000, 5_000, count).round(2), rng.integers(0, 40, count)
    moved = (-0.2 * before + rng.normal(0, 1_000, count) + rng.normal(0, 300, 40)[adviser]).round(2)
    people = {f"C{i:05d}": {"aum_cny": float(b), "aum_month_avg_cny": float(b), "age": int(a)} for i, (b, a) in
              enumerate(zip(before, adviser, strict=True))}  # fmt: skip
    bank.customers(people, day(-35))
    bank.customers({c: {**p, "aum_cny": p["aum_cny"] + float(m)} for (c, p), m in zip(people.items(), moved, strict=True)}, day(0))
    bank.publish()
    return before, moved, adviser


def test_amounts_are_read_with_their_covariate_and_clusters(bank, day):
    before, moved, adviser = past_of(bank, day)
    found = history.read(bank.settings, bank.state, "aum_change", 30, cluster="age")
    cap = np.quantile(np.abs(moved), 0.995)
    capped = np.clip(moved, -cap, cap)
    assert (found["from_date"], found["customers"]) == (day(-35).isoformat(), 4000)
    assert found["sd"] == pytest.approx(capped.std(ddof=1)) and found["mean"] == pytest.approx(capped.mean())
    assert found["rho"] == pytest.approx(np.corrcoef(capped, before)[0, 1])
    sizes = np.bincount(adviser)
    assert (found["clusters"], found["cluster_size"]) == (40, pytest.approx((sizes**2).sum() / 4000))
    assert found["icc"] == pytest.approx(300**2 / moved.var(), rel=0.5)


def test_an_audience_narrows_who_counts(bank, day):
    before, _, _ = past_of(bank, day)
    found = history.read(bank.settings, bank.state, "aum_change", 30, audience="aum_cny >= 50000")
    assert found["customers"] == int((before >= 50_000).sum()) and "icc" not in found


@pytest.mark.parametrize(("asked", "reason"), [
    ({"metric": "sales", "days": 30}, "no metric is called 'sales'"),
    ({"metric": "aum_change", "days": 0}, "a window of 0 days"),
    ({"metric": "aum_change", "days": 300}, "history is shorter"),
    ({"metric": "purchase_wealth", "days": 30}, "nobody with purchase_wealth"),
    ({"metric": "aum_change", "days": 30, "cluster": "branch"}, "no tag is called 'branch'"),
    ({"metric": "aum_change", "days": 30, "cluster": "lifecycle_stage"}, "into 1 clusters"),
    ({"metric": "aum_change", "days": 30, "audience": "aum_cny >= 99999999"}, "fewer than 100 customers"),
])  # fmt: skip
def test_what_history_cannot_tell_gets_one_line(bank, day, asked, reason):
    past_of(bank, day, 200)
    with pytest.raises(KehuError, match=reason):
        history.read(bank.settings, bank.state, **asked)
