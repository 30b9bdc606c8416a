"""The scoring stage on a synthetic bank: first training, scores per date, what a failing model leaves behind."""

from datetime import date

import pyarrow.parquet as pq
import pytest

from features import files, scores
from features.errors import KehuError
from models import aliases, registry
from orchestration import scoring

NIGHT, NEXT = date(2026, 1, 31), date(2026, 2, 7)
PROPENSITY, SEGMENTS = "propensity_wealth_first_buy", "segment_value_kmeans"


@pytest.fixture(scope="module")
def played(tmp_path_factory, bank):
    """One home after two nights: (settings, connection, state, trained, results)."""
    from features import settings as homes
    from features.state import opened

    home = homes.init(tmp_path_factory.mktemp("scoring") / "home")
    connection = bank(extra=(NEXT,))
    with opened(home) as state:
        aliases.plug_shipped(home, state)
        trained = scoring.ensure_trained(home, connection, state, NIGHT)
        results = scoring.score_all(home, connection, state, [NIGHT, NEXT])
        scoring.score_table(connection, home, state)
        yield home, connection, state, trained, results


def test_first_night_trains_both_models(played):
    assert {(row["model_id"], row["outcome"], row["alias"]) for row in played[3]} == {
        (PROPENSITY, "trained", "champion"), (SEGMENTS, "trained", "champion")}


def test_metrics_are_those_of_held_out_dates(played):
    metrics = next(row["metrics"] for row in played[3] if row["model_id"] == PROPENSITY)
    assert metrics["split"] == "time" and metrics["test_dates"] == ["2025-12-31"]
    assert 0.65 < metrics["auc"] < 0.9 and metrics["auc_ci"][0] < metrics["auc"] < metrics["auc_ci"][1]
    assert metrics["top_decile_lift"] > 2 and metrics["leak_check"]["status"] == "passed"


def test_every_date_is_scored(played):
    assert {(row["model_id"], row["as_of_date"], row["outcome"], row["status"]) for row in played[4]} == {
        (model, day, "scored", "passed") for model in (PROPENSITY, SEGMENTS) for day in (NIGHT, NEXT)}


def test_score_view_has_the_contract_columns(played):
    found = played[1].execute("describe state.model_score").fetchall()
    assert {row[0]: row[1] for row in found} == scores.TYPES


def test_minors_and_opted_out_have_no_propensity(played):
    found = played[1].execute(
        "select count(*) filter (is_minor or is_profiling_opted_out), count(*) from state.model_score "
        "join tags.customer_tags_all using (customer_id, as_of_date) where model_id = ?", [PROPENSITY]).fetchone()
    assert found[0] == 0 and found[1] > 4000


def test_deciles_are_tenths_and_the_first_is_best(played):
    found = played[1].execute(
        "select decile, count(*), min(score), max(score) from state.model_score where model_id = ? and as_of_date = ? "
        "group by 1 order by 1", [PROPENSITY, NIGHT]).fetchall()
    assert [row[0] for row in found] == list(range(1, 11))
    assert max(row[1] for row in found) - min(row[1] for row in found) <= 1
    assert all(better[2] >= worse[3] for better, worse in zip(found, found[1:], strict=False))


def test_segment_ids_follow_mean_aum(played):
    found = played[1].execute(
        "select label, avg(aum_month_avg_cny) from state.model_score join features.feat_customer__profile "
        "using (customer_id, as_of_date) where model_id = ? and as_of_date = ? group by 1 order by 1",
        [SEGMENTS, NIGHT]).fetchall()
    assert [row[0] for row in found] == [segment.id for segment in registry.find(played[0], SEGMENTS).manifest.segments]
    means = [row[1] for row in found]
    assert means == sorted(means)


def test_files_are_sorted_listed_and_repeatable(played):
    home, connection, state = played[:3]
    before = {row["path"]: row["sha256"] for row in state.rows("select * from score_file")}
    assert {path: files.sha256(home.home / path) for path in before} == before
    ids = pq.read_table(scores.path_of(home, PROPENSITY, NIGHT))["customer_id"].to_pylist()
    assert ids == sorted(ids)
    scoring.score_all(home, connection, state, [NIGHT, NEXT])
    assert {row["path"]: row["sha256"] for row in state.rows("select * from score_file")} == before


def test_training_again_returns_the_same_version(played):
    home, connection, state, trained = played[:4]
    again = scoring.train(home, connection, state, SEGMENTS, NIGHT)
    assert again["version"] == next(row["version"] for row in trained if row["model_id"] == SEGMENTS)
    assert again["alias"] == "champion"


def test_a_later_training_becomes_challenger(played):
    home, connection, state = played[:3]
    later = scoring.train(home, connection, state, SEGMENTS, NEXT)
    assert later["alias"] == "challenger"
    assert later["version"].startswith("20260207-")


def test_champions_are_the_columns_of_the_wide_table(played):
    assert [(row["model_id"], row["tag_id"], row["value_type"]) for row in scores.champions(played[0], played[2])] == [
        (PROPENSITY, "wealth_first_buy_probability", "number"), (SEGMENTS, "value_segment", "text")]


def test_a_home_without_scores_has_a_typed_empty_table(home, state, bank):
    connection = bank(customers=20, dates=1)
    connection.execute("create schema state; create table state.model_score (x integer)")
    assert scoring.score_table(connection, home, state) == 0
    assert connection.execute("select * from state.model_score").fetchall() == []
    assert {row[0]: row[1] for row in connection.execute("describe state.model_score").fetchall()} == scores.TYPES


def test_too_little_history_waits_and_says_so(home, state, bank):
    connection = bank(customers=300, dates=1)
    aliases.plug_shipped(home, state)
    found = {row["model_id"]: row for row in scoring.ensure_trained(home, connection, state, NIGHT)}
    assert found[PROPENSITY]["outcome"] == "waiting" and "needs 2000 with 50" in found[PROPENSITY]["detail"]
    assert found[SEGMENTS]["outcome"] == "trained"
    scored = {row["model_id"]: row["outcome"] for row in scoring.score_all(home, connection, state, [NIGHT])}
    assert scored == {PROPENSITY: "no_champion", SEGMENTS: "scored"}


def test_a_pending_model_may_not_train(home, state, bank):
    with pytest.raises(KehuError, match="is pending"):
        scoring.train(home, bank(customers=20, dates=1), state, SEGMENTS, NIGHT)
