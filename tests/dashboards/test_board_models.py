"""The board's dbt models against the hand-made bank: shapes and sums, and the measurement unchanged."""

import board_bank
import duckdb
import pandas as pd
import pytest

from features.settings import Settings


@pytest.fixture(scope="module")
def board(bank_home: Settings) -> duckdb.DuckDBPyConnection:
    build = (bank_home.published / "CURRENT").read_text().strip()
    return duckdb.connect(str(bank_home.published / build / "store.duckdb"), read_only=True)


def test_review_carries_the_newest_measurement_bit_by_bit(board: duckdb.DuckDBPyConnection) -> None:
    shown = board.execute("select * from board.board_review__strategy where is_measured order by strategy_id").df()
    wanted = board.execute("select * from campaign.measurement where is_primary and as_of_date = ? order by strategy_id",
                           [board_bank.TO_DATE]).df()
    shared = [c for c in wanted.columns if c in shown.columns]
    assert len(shared) > 40
    pd.testing.assert_frame_equal(shown[shared], wanted[shared], check_dtype=False, check_exact=True)


def test_drafts_are_not_on_the_board(board: duckdb.DuckDBPyConnection) -> None:
    ids = {r[0] for r in board.execute("select strategy_id from board.board_review__strategy").fetchall()}
    assert ids == {s.strategy_id for s in board_bank.STRATEGIES} | {board_bank.FRESH[0]}


def test_cells_count_people_and_events(board: duckdb.DuckDBPyConnection) -> None:
    found = board.execute("select policy, arm, people_count, event_count from board.board_review__cell"
                          " where strategy_id = 'maturing_deposit_wealth' order by all").fetchall()
    assert found == [("bau", "contacted", 2400, 125), ("bau", "held", 1600, 54),
                     ("model", "contacted", 2400, 283), ("model", "held", 1600, 98)]


def test_nothing_is_claimed_without_a_verdict(board: duckdb.DuckDBPyConnection) -> None:
    claimed = {r[0] for r in board.execute(
        "select distinct verdict from board.board_review__strategy where added_total is not null").fetchall()}
    assert claimed == {"win", "harm", "futile"}
    assert board.execute("select count(*) from board.board_overview__verdict").fetchone() == (6,)


def test_added_customers_are_the_sum_over_decided_strategies(board: duckdb.DuckDBPyConnection) -> None:
    total, low, high = board.execute(
        "select added_people, added_people_low, added_people_high from board.board_overview__value").fetchone() or (0, 0, 0)
    decided = [s for s in board_bank.measurements().query("is_primary and verdict in ['win', 'harm', 'futile']").to_dict("records")
               if s["as_of_date"] == board_bank.TO_DATE and s["metric_id"] != "aum_change"]
    assert total == pytest.approx(sum(s["model_increment"] * s["n_model_contacted"] for s in decided), abs=1e-6)
    half = board_bank.Z * sum((s["model_increment_se"] * s["n_model_contacted"]) ** 2 for s in decided) ** 0.5
    assert (high - low) / 2 == pytest.approx(half, abs=1e-4)


def test_verdict_is_dated_from_its_first_night(board: duckdb.DuckDBPyConnection) -> None:
    since = dict(board.execute("select strategy_id, verdict_since_date from board.board_review__strategy").fetchall())
    assert since["maturing_deposit_wealth"] == board_bank.NIGHTS[6]
    assert since["affluent_upgrade"] == board_bank.NIGHTS[0]


def test_attention_puts_validity_first_and_leaves_collecting_out(board: duckdb.DuckDBPyConnection) -> None:
    found = board.execute("select kind, state, object_id from board.board_overview__attention order by item_order").fetchall()
    assert found[:2] == [("verdict", "invalid", "affluent_upgrade"), ("held_touched", "broken", "affluent_upgrade")]
    assert "card_first_swipe" not in {r[2] for r in found}
    assert found[-1][1] == "undecided"


def test_loop_flags_what_is_broken(board: duckdb.DuckDBPyConnection) -> None:
    found = {r[0]: r[1:] for r in board.execute(
        "select stage, figure, flag, flag_count, flag_state from board.board_overview__loop").fetchall()}
    assert found["execution"][1:] == ("held_touched", 40, "broken")
    assert found["review"][1:] == ("invalid", 1, "broken")
    assert found["strategy"] == (8.0, "weak", 1, "note")
    assert found["insight"][1:] == ("tags_empty", 1, "note")


def test_funnel_never_widens_and_ends_with_the_measured_rate(board: duckdb.DuckDBPyConnection) -> None:
    frame = board.execute("select * from board.board_review__funnel order by strategy_id, policy, step_order").df()
    for _, group in frame[frame.step.isin(["listed", "dispatched", "delivered"])].groupby(["strategy_id", "policy"]):
        assert group.people_count.is_monotonic_decreasing
    last = frame[(frame.strategy_id == "maturing_deposit_wealth") & (frame.step == "outcome") & (frame.policy == "model")]
    assert last.share_rate.iloc[0] == pytest.approx(283 / 2400)


def test_forest_axis_holds_zero_and_every_typical_interval(board: duckdb.DuckDBPyConnection) -> None:
    for kind, step, low, high in board.execute("select metric_kind, step, low, high from board.board_review__scale").fetchall():
        assert low <= 0 <= high and high > low, kind
        assert 2 <= round((high - low) / step) <= 12, kind


def test_coverage_counts_filled_values(board: duckdb.DuckDBPyConnection) -> None:
    found = dict(board.execute("select tag_id, filled_rate from board.board_health__coverage").fetchall())
    assert found["rfm_segment"] == 0.0
    assert found["aum_cny"] == 1.0
    assert found["aum_tier"] == pytest.approx(0.25)
    assert "customer_id" not in found


def test_kpi_ends_on_the_night_and_compares_with_the_month_end(board: duckdb.DuckDBPyConnection) -> None:
    last, before = board.execute("select period_date, value, change_rate from board.board_overview__kpi where kpi_id = 'aum'"
                                 " order by period_date desc limit 2").fetchall()
    assert last[0] == board_bank.TO_DATE
    assert last[2] == pytest.approx(last[1] / before[1] - 1)
    tags = board_bank.tags()
    assert last[1] == pytest.approx(float(tags[tags.as_of_date == board_bank.TO_DATE].aum_cny.sum()))


def test_ledger_names_stay_out_of_the_board_schema(board: duckdb.DuckDBPyConnection) -> None:
    """A file under another name must not change the store's checksum, which leaves only meta out."""
    columns = {r[0] for r in board.execute("select column_name from duckdb_columns() where schema_name = 'board'").fetchall()}
    assert not columns & {"file_name", "file_id", "recorded_at", "seconds", "published_at"}


def test_a_list_without_contacts_is_not_silent(board: duckdb.DuckDBPyConnection) -> None:
    """Nobody was to be contacted, so nobody owes feedback: the fixture's lists all reported or are too young."""
    kinds = [r[0] for r in board.execute("select kind from board.board_overview__attention").fetchall()]
    assert "silent" not in kinds
