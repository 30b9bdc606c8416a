"""What is planted in the market is what the engine measures; wrong ways of measuring it are found out."""

import importlib
import statistics
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from models.experiments import verdict
from models.experiments.assignment import arms
from orchestration.simulator.catalogue import WEALTH
from orchestration.simulator.played import known_lines
from orchestration.simulator.potential import Campaign, Replay
from tests.orchestration.simulator.conftest import START

SALTS, LIVES = 30, 60
BENCH = Path(__file__).parents[3] / "bench"


@pytest.fixture(scope="module")
def plants():
    sys.path.insert(0, str(BENCH))
    yield importlib.import_module("plants")
    sys.path.remove(str(BENCH))


@pytest.fixture(scope="module")
def world(plants):
    return plants.bank(12_000, 7)


@pytest.fixture(scope="module")
def overlap(plants, world):
    return plants.overlap(world)


@pytest.fixture(scope="module")
def gaps(plants, overlap):
    """By control: the campaigns' own held customers (False), the global holdout (True)."""
    return {by: [plants.gap(overlap, f"overlap_{number}", by) for number in range(SALTS)] for by in (False, True)}


@pytest.fixture(scope="module")
def null_lives(plants):
    return importlib.import_module("null_lives")


@pytest.fixture(scope="module")
def null(null_lives, world):
    return null_lives.null_bank(world)


def test_moved_deposits_are_sales_without_money(plants, world):
    metrics = plants.campaign(world, "planted_switching")
    assert metrics["buyers"].truth == pytest.approx(0.02, abs=0.004)
    assert abs(metrics["assets"].truth) < 0.1 * metrics["sales"].truth
    found = [plants.assigned(metrics, f"switch_{number}") for number in range(SALTS)]
    for name, both in metrics.items():
        assert plants.covered([answer[name] for answer in found], both.truth) >= plants.least_cover(SALTS), name
    assert statistics.fmean(answer["buyers"]["ci"][0] > 0 for answer in found) > 0.5
    assert statistics.fmean(answer["assets"]["ci"][0] < 0 < answer["assets"]["ci"][1] for answer in found) >= plants.least_cover(SALTS)


def test_a_campaign_paid_from_other_banks_brings_money(plants, world):
    metrics = plants.campaign(world, "honeymoon_second_product")
    assert metrics["assets"].truth == pytest.approx(0.7 * metrics["sales"].truth, rel=0.25)


@pytest.mark.parametrize(("by_holdout", "sign"), [(False, -1), (True, 1)])
def test_the_double_count_gap_is_the_planted_overlap(plants, gaps, by_holdout, sign):
    gaps = gaps[by_holdout]
    assert all(sign * gap.planted > 100 for gap in gaps)
    assert statistics.fmean(gap.covers() for gap in gaps) >= plants.least_cover(SALTS)
    assert all(sign * end > 0 for gap in gaps for end in gap.measured["ci"])


def test_claims_of_the_wrong_control_miss_the_planted_gap(plants, gaps):
    wrong = [replace(right, measured=other.measured) for right, other in zip(gaps[False], gaps[True], strict=True)]
    assert statistics.fmean(gap.covers() for gap in wrong) < plants.least_cover(SALTS)


def test_without_displacement_lifts_add_up(plants, world, monkeypatch):
    monkeypatch.setattr(world, "spec", replace(world.spec, interactions=False))
    gaps = [plants.gap(plants.overlap(world), f"overlap_{number}") for number in range(3)]
    # what is left is the luck of which customers of a list were contacted; with displacement it is 450
    assert all(abs(gap.planted) < 80 and gap.covers() for gap in gaps)


def test_an_assignment_played_in_the_market_is_the_one_computed_from_replays(plants, world, overlap):
    cust, day = plants.adults(world), world.spec.start_day - 1
    drawn = [arms(f"mixed/{i}", np.arange(len(cust)), {"contact": 0.7, "hold": 0.3}) == "contact" for i in (1, 2)]
    on = [fit & contact for fit, contact in zip(overlap.fits, drawn, strict=True)]
    names = ("planted_overlap_first", "planted_overlap_second")
    played = Replay(world, [Campaign(name, cust[who], day + 7 * i, "branch") for i, (name, who) in enumerate(zip(names, on, strict=True))])
    assert np.array_equal(played.sales(cust, WEALTH, day, plants.OVERLAP_WINDOW)[0], overlap.outcome(*on))


@pytest.mark.parametrize(("kind", "stage"), [(None, None), ("drops_held", "dispatch"), ("drops_contacted", "dispatch")])
def test_a_dispatcher_that_loses_lines_is_caught_at_dispatch_and_nowhere_earlier(plants, world, kind, stage):
    found = [plants.dispatched(world, kind, f"dispatch_{number}") for number in range(20)]
    assert [answer["fault_stage"] for answer in found] == [stage] * 20
    for answer in found:
        drops = [row["drop_status"] for row in answer["stages"]]
        assert drops[:2] == ["passed", "passed"] and drops[3] == "passed"


def test_lost_lines_are_never_carried_out(world, tmp_path, monkeypatch):
    head = "list_id,strategy_id,as_of_date,customer_id,channel_id"
    day = START - timedelta(days=1)
    rows = [f"L,{name},{day},c{who:08d},rm_phone" for name in ("faulty", "sound") for who in range(0, 200, 2)
            if world.people.open_day[who] < world.spec.start_day]
    (tmp_path / "list.csv").write_text("\n".join([head, *rows]) + "\n")

    def carried_out():
        lines = known_lines(world, tmp_path, world.spec.start_day)
        return {name: lines.cust[np.array(lines.strategy_ids)[lines.strategy] == name] for name in ("faulty", "sound")}

    before = carried_out()
    monkeypatch.setattr(world, "spec", replace(world.spec, dispatch_fault=("faulty", "drops_contacted")))
    after = carried_out()
    assert np.array_equal(after["sound"], before["sound"])
    assert len(after["faulty"]) == len(before["faulty"]) - int(0.3 * len(before["faulty"]))
    aum = world.facts_known(world.spec.start_day - 1).aum
    assert aum[after["faulty"]].mean() > aum[before["faulty"]].mean()


def test_a_strategy_without_effect_wins_no_more_often_than_alpha(plants, null_lives, null):
    seen = [null_lives.life(null, f"null_{number}") for number in range(LIVES)]
    limit = 1 - plants.least_cover(LIVES)
    assert statistics.fmean("win" in states for states in seen) <= limit
    assert statistics.fmean("harm" in states for states in seen) <= limit


def test_an_automaton_that_spends_its_alpha_every_night_is_found_out(plants, null_lives, null):
    def careless(plan, evidence):
        return verdict.decide(replace(plan, horizon=evidence.as_of), evidence)

    seen = [null_lives.life(null, f"null_{number}", careless) for number in range(LIVES)]
    assert statistics.fmean("win" in states for states in seen) > 1 - plants.least_cover(LIVES)
