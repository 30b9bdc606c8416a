"""Measuring from files: formats and orders agree, the answer keeps its contract, every broken input gets its reason."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scipy.stats as st

from features.errors import KehuError
from orchestration.measure.files import measure_files

UNITS = 1_200
EFFECT = {"estimate", "se", "ci", "p_value"}


def experiment(seed: int = 1) -> tuple[pd.DataFrame, pd.DataFrame]:
    rng = np.random.default_rng(seed)
    ids = [f"客户 {i}号" if i % 3 else f"ü-{i:05d}" for i in range(UNITS)]
    x = rng.gamma(2, 10, UNITS).round(2)
    arm = rng.permutation(np.repeat(["control", "新话术"], UNITS // 2))
    assigned = pd.DataFrame({
        "unit_id": ids, "arm": arm, "x": x, "branch": rng.integers(0, 12, UNITS),
        "day": rng.choice(["2026-01-05", "2026-01-06", "2026-01-09"], UNITS),
    })
    spend = (x * 2 + rng.normal(0, 5, UNITS) + (arm != "control") * 3).round(2)
    found = pd.DataFrame({"unit_id": ids, "spend": spend, "orders": 1 + rng.poisson(1, UNITS)})
    return assigned, found.sample(frac=0.95, random_state=seed)


def four_cells(seed: int = 2, with_unlisted: bool = True) -> tuple[pd.DataFrame, pd.DataFrame]:
    rng = np.random.default_rng(seed)
    n = 20_000
    policy = rng.permutation(np.repeat(["model", "bau"], n // 2))
    listed = rng.random(n) < 0.3
    contact = np.where(listed, (rng.random(n) < 0.8).astype(int).astype(object), None)
    rate = 0.02 + 0.05 * listed + 0.03 * (listed & (policy == "model")) + 0.02 * (contact == 1)
    assigned = pd.DataFrame({"unit_id": [f"u{i}" for i in range(n)], "policy": policy, "contact": contact})
    found = pd.DataFrame({"unit_id": assigned.unit_id, "bought": (rng.random(n) < rate).astype(int)})
    return assigned if with_unlisted else assigned[listed], found if with_unlisted else found[listed]


def write(folder: Path, assigned: pd.DataFrame, found: pd.DataFrame, kind: str = "utf-8") -> tuple[Path, Path]:
    paths = (folder / f"a.{kind}", folder / f"o.{kind}")
    for frame, path in zip((assigned, found), paths, strict=True):
        frame.to_parquet(path) if kind == "parquet" else frame.to_csv(path, index=False, encoding=kind)
    return paths


def same(a, b, where=""):
    if isinstance(a, dict):
        assert a.keys() == b.keys(), where
        [same(a[key], b[key], f"{where}/{key}") for key in a]
    elif isinstance(a, list):
        [same(p, q, f"{where}[{i}]") for i, (p, q) in enumerate(zip(a, b, strict=True))]
    elif isinstance(a, float):
        assert a == pytest.approx(b, rel=1e-9, abs=1e-12), where
    else:
        assert a == b, where


@pytest.mark.parametrize("kind", ["gb18030", "utf-8-sig", "parquet", "shuffled"])
def test_formats_and_row_orders_agree(tmp_path, kind):
    options = {"covariate": "x", "ratio": "spend/orders", "time": "day", "mde": 1.0, "horizon": "2026-01-09"}
    plain = measure_files(*write(tmp_path, *experiment()), **options)
    assigned, found = experiment()
    if kind == "shuffled":
        assigned, found = assigned.sample(frac=1, random_state=5), found.sample(frac=1, random_state=6)
        other = measure_files(*write(tmp_path / "..", assigned, found), **options)
    else:
        other = measure_files(*write(tmp_path, assigned, found, kind), **options)
    same(plain, other)


def test_ab_answer_keeps_the_contract(tmp_path):
    paths = write(tmp_path, *experiment())
    answer = measure_files(*paths, covariate="x", time="day")
    again = measure_files(*paths, covariate="x", time="day")
    assert json.dumps(answer) == json.dumps(again)
    json.loads(json.dumps(answer, allow_nan=False))
    assert answer["units"] == {"control": 600, "新话术": 600}
    assert answer["missing_outcomes"] == 60
    assert answer["srm"]["status"] == "passed"
    assert "50/50" in answer["srm"]["note"]
    assert answer["verdict"] == "undecided"
    effect = answer["metrics"]["spend"]["effects"][0]
    assert effect["contrast"] == "新话术 - control"
    assert EFFECT | {"treatment", "control", "relative", "adjusted", "capped", "sequence", "p_value_holm"} <= effect.keys()
    assert effect["adjusted"]["se"] < 0.5 * effect["se"]
    assert effect["capped"]["cap"] < experiment()[1].spend.max()
    assert len(effect["sequence"]["looks"]) == 3
    assigned, found = experiment()
    joined = assigned.merge(found, how="left").fillna({"spend": 0.0})
    theirs = st.ttest_ind(joined.spend[joined.arm != "control"], joined.spend[joined.arm == "control"], equal_var=False)
    assert effect["p_value"] == pytest.approx(theirs.pvalue, rel=1e-9)


def test_several_arms_get_holm(tmp_path):
    assigned, found = experiment()
    assigned["arm"] = np.resize(["control", "a", "b"], UNITS)
    answer = measure_files(*write(tmp_path, assigned, found), metrics=["spend"])
    effects = answer["metrics"]["spend"]["effects"]
    assert [e["treatment"] for e in effects] == ["a", "b"]
    assert min(e["p_value_holm"] for e in effects) == pytest.approx(2 * min(e["p_value"] for e in effects))
    assert answer["srm"]["status"] == "not_tested"


def test_several_arms_share_the_alpha_of_every_look(tmp_path):
    """Each arm that might win spends its part, nightly and at the end; what is shown is what decided."""
    assigned, found = experiment()
    assigned["arm"] = np.resize(["control", "a", "b", "c"], UNITS)
    plan = {"metrics": ["spend"], "time": "day", "mde": 1.0, "horizon": "2026-01-09"}
    answer = measure_files(*write(tmp_path, assigned, found), **plan)
    for effect in answer["metrics"]["spend"]["effects"]:
        numbers = answer["verdict_numbers"][effect["contrast"]]
        assert effect["sequence"]["alpha"] == pytest.approx(0.05 * 0.2 / 3) == numbers["alpha_monitor"]
        assert numbers["sequence"] == pytest.approx(effect["sequence"]["ever"])
        assert numbers["alpha_final"] == pytest.approx(0.05 * 0.8 / 3)


def test_four_cell_answer_keeps_the_contract(tmp_path):
    answer = measure_files(*write(tmp_path, *four_cells()), "four_cell", shares={"model": 0.5, "bau": 0.5, "contacted": 0.8, "held": 0.2})
    found = answer["metrics"]["bought"]
    assert set(found["arms"]) == {"model_contacted", "model_held", "bau_contacted", "bau_held"}
    for name in ("model_effect", "bau_effect", "model_increment", "selection_bias", "naive_gap", "policy_value"):
        assert found[name].keys() >= EFFECT
    assert found["naive_gap"]["estimate"] == pytest.approx(found["model_increment"]["estimate"] + found["selection_bias"]["estimate"])
    assert [level["level"] for level in answer["srm"]["levels"]] == ["policy", "contact_model", "contact_bau"]
    assert answer["srm"]["status"] == "passed"


def test_policy_value_needs_the_units_off_the_lists(tmp_path):
    answer = measure_files(*write(tmp_path, *four_cells(with_unlisted=False)), "four_cell")
    assert answer["metrics"]["bought"]["policy_value"] is None


def test_dropped_holds_make_the_verdict_invalid_and_numbers_stay(tmp_path):
    assigned, found = experiment()
    assigned = assigned.drop(assigned.index[assigned.arm == "control"][:120])
    answer = measure_files(*write(tmp_path, assigned, found), mde=1.0, horizon="2026-01-01")
    assert answer["verdict"] == "invalid"
    assert "sample ratio mismatch" in answer["reasons"][0]
    assert answer["metrics"]["spend"]["effects"][0]["estimate"] is not None
    assert answer["unassigned_outcomes"] > 0


def test_a_leak_that_later_days_drown_is_named_with_its_day(tmp_path):
    """Holds lost in the first week, and too many of them later: all together the shares look kept."""
    assigned, found = experiment()
    order = np.arange(UNITS)
    assigned["arm"] = np.where(order < 400, np.where(order % 5, "treat", "control"), np.where((order - 400) % 20 < 13, "control", "treat"))
    assigned["day"] = np.where(order < 400, "2026-01-05", "2026-01-30")
    options = {"metrics": ["spend"], "shares": {"treat": 0.5, "control": 0.5}}
    whole = measure_files(*write(tmp_path, assigned, found), **options)
    assert whole["srm"]["status"] == "passed"
    by_day = measure_files(*write(tmp_path, assigned, found), **options, time="day")
    assert (by_day["srm"]["status"], by_day["verdict"]) == ("failed", "invalid")
    assert by_day["srm"]["levels"][0]["sequence"]["first_alarm"] == "2026-01-05"
    assert "on 2026-01-05" in by_day["reasons"][0]
    planned = {**options, "shares": {"treat": 0.4, "control": 0.4, "never used": 0.2}}
    assert measure_files(*write(tmp_path, assigned, found), **planned, time="day")["srm"]["status"] == "failed"


def test_groups_that_differed_before_are_invalid(tmp_path):
    assigned, found = experiment()
    assigned["x"] += (assigned.arm != "control") * 8
    answer = measure_files(*write(tmp_path, assigned, found), covariate="x")
    assert answer["placebo"]["status"] == "failed"
    assert answer["verdict"] == "invalid"


def test_plan_leads_to_a_verdict_at_its_horizon(tmp_path):
    paths = write(tmp_path, *experiment())
    options = {"covariate": "x", "metrics": ["spend"], "mde": 8.0}
    assert measure_files(*paths, **options, horizon="2026-02-01", as_of=date(2026, 2, 1))["verdict"] in ("win", "futile")
    wide = {**options, "covariate": None, "mde": 0.5}
    assert measure_files(*paths, **wide, horizon="2026-02-01", as_of=date(2026, 1, 15))["verdict"] == "collecting"


def test_missing_history_gets_an_indicator_and_empty_outcomes_are_zero(tmp_path):
    assigned, found = experiment()
    assigned.loc[::10, "x"] = np.nan
    found.loc[found.index[:5], "spend"] = np.nan
    answer = measure_files(*write(tmp_path, assigned, found), covariate="x", metrics=["spend"])
    assert answer["empty_values"] == {"spend": 5}
    effect = answer["metrics"]["spend"]["effects"][0]
    assert effect["adjusted"]["se"] < 0.6 * effect["se"]


def test_a_covariate_known_only_for_responders_is_not_used(tmp_path):
    """Adjusting by it would adjust the effect away: having a row is itself an outcome."""
    assigned, found = experiment()
    found = found.merge(assigned[["unit_id", "x"]])
    partial = measure_files(*write(tmp_path, assigned.drop(columns="x"), found), covariate="x", metrics=["spend"])
    assert partial["metrics"]["spend"]["effects"][0]["adjusted"] is None
    assert "put it into a.utf-8" in partial["notes"][0]
    everybody = assigned[["unit_id", "x"]].merge(found.drop(columns="x"), how="left").fillna({"spend": 0, "orders": 0})
    whole = measure_files(*write(tmp_path, assigned.drop(columns="x"), everybody), covariate="x", metrics=["spend"])
    assert whole["metrics"]["spend"]["effects"][0]["adjusted"]["se"] > 0
    assert whole["notes"] == []


def test_the_effect_on_those_reached_stands_beside_intention_to_treat(tmp_path):
    """Six in ten of the treated are reached: the effect on them is the effect of assignment over 0.6."""
    assigned, found = experiment()
    assigned["reached"] = np.where((assigned.arm != "control") & (np.arange(UNITS) % 10 < 6), "1", "")
    effect = measure_files(*write(tmp_path, assigned, found), metrics=["spend"], reached="reached")["metrics"]["spend"]["effects"][0]
    assert effect["complier"]["reach"] == pytest.approx(0.6, abs=0.02)
    assert effect["complier"]["estimate"] == pytest.approx(effect["estimate"] / effect["complier"]["reach"])
    alone = measure_files(*write(tmp_path, assigned.assign(own=assigned.index), found), metrics=["spend"], reached="reached", cluster="own")
    robust = alone["metrics"]["spend"]["effects"][0]["complier"]
    assert robust["se"] == pytest.approx(effect["complier"]["se"], rel=1e-9)  # clusters of one unit are no clusters


def test_clusters_widen_the_interval_when_they_share_shocks(tmp_path):
    assigned, found = experiment()
    assigned["arm"] = np.where(assigned.branch % 2, "新话术", "control")
    shock = assigned.branch.map(dict(enumerate(np.random.default_rng(3).normal(0, 30, 12))))
    found = assigned[["unit_id"]].assign(spend=found.spend.reindex(assigned.index).fillna(0) + shock)
    answer = measure_files(*write(tmp_path, assigned, found), cluster="branch", shares={"新话术": 0.5, "control": 0.5})
    effect = answer["metrics"]["spend"]["effects"][0]
    naive = measure_files(*write(tmp_path, assigned, found))["metrics"]["spend"]["effects"][0]
    assert effect["se"] > 3 * naive["se"]
    assert effect["df"] < 12
    assert 0 < effect["p_value_permutation"] <= 1


def clustered(tmp_path, effect=0.0, **options):
    """Twenty branches of very different size, every other one treated."""
    rng = np.random.default_rng(4)
    branch = np.repeat(np.arange(20), np.where(np.arange(20) % 2, 20, 100))
    ids = [f"u{i}" for i in range(len(branch))]
    assigned = pd.DataFrame({"unit_id": ids, "arm": np.where(branch % 2, "treat", "control"), "branch": branch})
    found = pd.DataFrame({"unit_id": ids, "spend": rng.normal(100, 10, len(branch)) + effect * (branch % 2)})
    return measure_files(*write(tmp_path, assigned, found), cluster="branch", **options)


def test_branches_assigned_whole_are_counted_as_branches(tmp_path):
    """1,000 units against 200 look like a sample ratio mismatch; ten branches against ten are what was planned."""
    srm = clustered(tmp_path, shares={"treat": 0.5, "control": 0.5})["srm"]
    assert srm["observed"] == {"control": 10, "treat": 10}
    assert (srm["status"], srm["note"]) == ("passed", "whole clusters were assigned: clusters are counted")
    assert clustered(tmp_path, shares={"treat": 0.95, "control": 0.05})["verdict"] == "invalid"


def test_clusters_wait_for_the_final_look(tmp_path):
    """The sequence rests on many independent units; twenty branches are twenty."""
    plan = {"effect": 50.0, "mde": 1.0, "horizon": "2026-02-01"}
    early = clustered(tmp_path, **plan, as_of=date(2026, 1, 31))
    assert (early["verdict"], early["verdict_numbers"]["sequence"]) == ("collecting", None)
    assert clustered(tmp_path, **plan, as_of=date(2026, 2, 1))["verdict"] == "win"


Break = Callable[[pd.DataFrame, pd.DataFrame], tuple[pd.DataFrame, pd.DataFrame] | None]


def changed(side: int, **columns) -> Break:
    def change(*frames):
        out = list(frames)
        out[side] = out[side].assign(**columns)
        return tuple(out)

    return change


def without(side: int, column: str) -> Break:
    return lambda *frames: tuple(f.drop(columns=column) if i == side else f for i, f in enumerate(frames))


def cell(side: int, column: str, value: object, row: int = 3) -> Break:
    def change(*frames):
        out = list(frames)
        values = out[side][column].astype(object).to_list()
        values[row] = value
        out[side] = out[side].assign(**{column: values})
        return tuple(out)

    return change


def doubled(side: int) -> Break:
    return lambda *frames: tuple(pd.concat([f, f.head(1)]) if i == side else f for i, f in enumerate(frames))


def same_frames(*frames):
    return frames


TABLES: list[tuple[str, Break, dict, str]] = [
    ("no unit in assignments", without(0, "unit_id"), {}, "a.utf-8 has no column unit_id"),
    ("no unit in outcomes", without(1, "unit_id"), {}, "o.utf-8 has no column unit_id"),
    ("no arm", without(0, "arm"), {}, "has no column arm"),
    ("unit twice", doubled(0), {}, "is there 2 times"),
    ("outcome twice", doubled(1), {}, "o.utf-8: unit_id"),
    ("empty unit", cell(0, "unit_id", ""), {}, "row 5 has no unit_id"),
    ("blank unit", cell(1, "unit_id", "  "), {}, "row 5 has no unit_id"),
    ("empty arm", cell(0, "arm", None), {}, "row 5 has no arm"),
    ("one arm", changed(0, arm="control"), {}, "only one arm: control"),
    ("unknown control", same_frames, {"control": "placebo"}, "the control arm 'placebo' is not in the assignments"),
    ("no control named", changed(0, arm=lambda f: f.arm.replace("control", "old")), {}, "no control arm is named"),
    ("unknown arm in shares", same_frames, {"shares": {"x": 0.5, "y": 0.5}}, "no arm of --shares"),
    ("arm without share", same_frames, {"shares": {"control": 1.0}}, "no planned share for arm '新话术'"),
    ("negative share", same_frames, {"shares": {"control": -0.5, "新话术": 1.5}}, "planned share of arm 'control' is -0.5"),
    ("text in metric", cell(1, "spend", "12元"), {}, "row 5 of column 'spend' is '12元', not a number"),
    ("thousands mark", cell(1, "spend", "1,234.5"), {}, "not a number"),
    ("percent", cell(1, "spend", "12%"), {}, "not a number"),
    ("infinite", cell(1, "spend", "inf"), {}, "not a number"),
    ("overflow", cell(1, "spend", "1e999"), {}, "infinite or not-a-number"),
    ("beyond", cell(1, "spend", "1e200"), {}, "beyond 1e150"),
    ("named metric is text", changed(1, note="abc"), {"metrics": ["note"]}, "row 2 of column 'note' is 'abc', not a number"),
    ("metric missing", same_frames, {"metrics": ["aum"]}, "no column 'aum'"),
    ("metric twice", same_frames, {"metrics": ["spend", "spend"]}, "named twice"),
    ("metric is the unit", same_frames, {"metrics": ["unit_id"]}, "cannot be a metric"),
    ("no numbers at all", lambda a, o: (a, o[["unit_id"]].assign(note="x")), {}, "no numeric column"),
    ("only units", lambda a, o: (a, o[["unit_id"]]), {}, "no numeric column"),
    ("covariate missing", same_frames, {"covariate": "aum"}, "covariate column 'aum'"),
    ("covariate is text", changed(0, x="高"), {"covariate": "x"}, "column 'x' is '高', not a number"),
    ("covariate is the metric", changed(0, x=1), {"covariate": "spend", "metrics": ["spend"]}, "cannot be a metric"),
    ("covariate is the arm", same_frames, {"covariate": "arm"}, "cannot be the covariate"),
    ("cluster missing", same_frames, {"cluster": "村"}, "cluster column '村'"),
    ("cluster empty", cell(0, "branch", None), {"cluster": "branch"}, "1 units have no value of 'branch'"),
    ("time missing", same_frames, {"time": "date"}, "time column 'date'"),
    ("time unreadable", cell(0, "day", "05.01.2026"), {"time": "day"}, "row 5 of column 'day' is '05.01.2026', not a date"),
    ("time empty", cell(0, "day", None), {"time": "day"}, "not a date"),
    ("impossible date", cell(0, "day", "2026-02-30"), {"time": "day"}, "not a date"),
    ("time only with outcomes", lambda a, o: (a.drop(columns="day"), o.assign(day="2026-01-05")), {"time": "day"}, "60 units have no value of 'day'"),
    ("ratio without slash", same_frames, {"ratio": "spend"}, "not NUMERATOR/DENOMINATOR"),
    ("ratio half", same_frames, {"ratio": "spend/"}, "not NUMERATOR/DENOMINATOR"),
    ("ratio unknown", same_frames, {"ratio": "spend/visits"}, "no column 'visits'"),
    ("other ids", changed(1, unit_id=lambda f: "x" + f.unit_id), {}, "no unit_id of o.utf-8 is in a.utf-8"),
    ("alpha", same_frames, {"alpha": 5}, "alpha is 5"),
    ("mde", same_frames, {"mde": -1.0}, "mde is -1.0"),
    ("horizon", same_frames, {"horizon": "soon"}, "--horizon 'soon' is no date"),
    ("design", same_frames, {"design": "abc"}, "unknown design 'abc'"),
    ("ab file as four cells", same_frames, {"design": "four_cell"}, "has no column policy"),
    ("unknown policy", changed(0, policy="ai", contact=1), {"design": "four_cell"}, "row 2 has policy 'ai'"),
    ("no contact", changed(0, policy="model"), {"design": "four_cell"}, "has no column contact"),
    ("unknown contact", changed(0, policy="model", contact="yes"), {"design": "four_cell"}, "row 2 has contact 'yes'"),
    ("strange share", changed(0, policy="model", contact=1), {"design": "four_cell", "shares": {"ai": 1}}, "unknown arm 'ai'"),
    ("half the shares", changed(0, policy="model", contact=1), {"design": "four_cell", "shares": {"model": 1}}, "no share for 'bau'"),
]

BYTES: list[tuple[str, bytes, str]] = [
    ("empty", b"", "a.csv is empty"),
    ("blank", b"\n \n", "a.csv is empty"),
    ("header only", b"unit_id,arm\n", "has a header and no rows"),
    ("bad encoding", b"unit_id,arm\n\xff\xff\xff,control\n", "neither UTF-8 nor GB18030"),
    ("UTF-16", "unit_id,arm\n1,control\n".encode("utf-16"), "UTF-16"),
    ("zero bytes", b"unit_id,arm\n1,con\x00trol\n", "zero bytes"),
    ("workbook", b"PK\x03\x04rest", "Excel"),
    ("gzip", b"\x1f\x8b\x08rest", "gzip"),
    ("torn Parquet", b"PAR1rest", "no readable Parquet"),
    ("semicolons", b"unit_id;arm\n1;control\n", "not separated by commas"),
    ("ragged", b"unit_id,arm\n1,control\n2,a,b\n", "no regular CSV"),
    ("column twice", b"unit_id,arm,arm\n1,a,a\n", "two columns named 'arm'"),
    ("case twin", b"unit_id,arm,ARM\n1,a,a\n", "differ from 'ARM' by case only"),
    ("nameless column", b",unit_id,arm\n0,1,control\n", "column 1 has no name"),
]


def refusal(call: Callable[[], object]) -> str:
    with pytest.raises(KehuError) as refused:
        call()
    line = refused.value.line()
    assert "\n" not in line
    assert "Traceback" not in line
    return line


@pytest.mark.parametrize(("breaking", "options", "reason"), [t[1:] for t in TABLES], ids=[t[0] for t in TABLES])
def test_broken_tables_get_their_reason(tmp_path, breaking, options, reason):
    paths = write(tmp_path, *breaking(*experiment()))
    assert reason in refusal(lambda: measure_files(*paths, **options))


@pytest.mark.parametrize(("content", "reason"), [b[1:] for b in BYTES], ids=[b[0] for b in BYTES])
def test_broken_files_get_their_reason(tmp_path, content, reason):
    (tmp_path / "a.csv").write_bytes(content)
    (tmp_path / "o.csv").write_text("unit_id,y\n1,2\n")
    assert reason in refusal(lambda: measure_files(tmp_path / "a.csv", tmp_path / "o.csv"))


def test_absent_file_and_folder_are_named(tmp_path):
    assert "there is no file" in refusal(lambda: measure_files(tmp_path / "no.csv", tmp_path))


def test_at_least_sixty_ways_to_break_a_file_are_covered():
    assert len(TABLES) + len(BYTES) >= 60
