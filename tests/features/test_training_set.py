"""Point-in-time frames: only the same date's features, sampled negatives weighted back, rules and clear errors."""

from datetime import date

import numpy as np
import pytest

from features import training_set
from features.errors import KehuError
from features.training_set import Condition
from features.warehouse import memory

JAN, FEB, MAR = date(2026, 1, 31), date(2026, 2, 28), date(2026, 3, 31)
VIEWS = ["feat_customer__profile", "feat_customer__behaviour"]


@pytest.fixture
def connection():
    found = memory()
    found.execute("""
        create schema features; create schema tags; create schema targets;
        create table features.feat_customer__profile as
            select day as as_of_date, 'c' || i as customer_id, i + 1000 * month(day) as money, (i % 3)::decimal(9, 2) as grade,
                   i % 2 = 0 as is_even, 'x' as word
            from range(100) r(i), (values (date '2026-01-31'), (date '2026-02-28'), (date '2026-03-31')) d(day);
        create table features.feat_customer__behaviour as
            select as_of_date, customer_id, (money * 2)::integer as logins from features.feat_customer__profile
            where customer_id <> 'c7';
        create table tags.customer_tags_all as
            select as_of_date, customer_id, case when customer_id = 'c3' then null else is_even end as flag, grade
            from features.feat_customer__profile;
        create table targets.tgt_goal__30d as
            select as_of_date, customer_id, (customer_id in ('c1', 'c2'))::integer as target
            from features.feat_customer__profile;
    """)
    return found


def features(connection, wanted=None):
    return training_set.feature_columns(connection, VIEWS, wanted)


def test_all_means_every_numeric_column(connection):
    assert list(features(connection)) == ["money", "grade", "is_even", "logins"]


def test_named_features_keep_their_order(connection):
    assert list(features(connection, ["logins", "money"])) == ["logins", "money"]


@pytest.mark.parametrize("wanted", [["nothing"], ["word"], ["customer_id"]])
def test_a_feature_that_is_absent_or_no_number_is_refused(connection, wanted):
    with pytest.raises(KehuError, match=f"no numeric feature {wanted[0]}"):
        features(connection, wanted)


def test_one_name_in_two_views_is_refused(connection):
    connection.execute("alter table features.feat_customer__behaviour add column money integer")
    with pytest.raises(KehuError, match="feature money is in both"):
        features(connection)


def test_a_missing_view_names_the_mend(connection):
    with pytest.raises(KehuError, match="no table features.feat_gone") as failure:
        training_set.feature_columns(connection, ["feat_gone"], None)
    assert "nightly" in failure.value.fix


def test_features_are_those_of_the_date_sorted_by_customer(connection):
    rows = training_set.feature_rows(connection, features(connection), FEB)
    ids = rows.customer_ids.to_pylist()
    assert ids == sorted(ids) and len(ids) == 100
    assert rows.frame.values.dtype == np.float32 and rows.frame.values.flags.f_contiguous
    expected = [int(name[1:]) + 2000 for name in ids]
    assert rows.frame.column("money").tolist() == expected


def test_a_customer_without_a_row_in_a_view_has_missing_values(connection):
    rows = training_set.feature_rows(connection, features(connection), FEB)
    absent = rows.customer_ids.to_pylist().index("c7")
    assert np.isnan(rows.frame.column("logins")[absent]) and rows.frame.column("money")[absent] == 2007
    assert np.isnan(rows.frame.column("logins")).sum() == 1


def test_training_rows_join_each_target_with_its_own_date(connection):
    rows = training_set.training_rows(connection, features(connection), "tgt_goal__30d", [JAN, MAR], 10_000)
    months = rows.frame.as_of_dates.astype("datetime64[M]").astype(int) % 12 + 1
    numbers = [int(name[1:]) for name in rows.customer_ids.to_pylist()]
    assert rows.frame.column("money").tolist() == [n + 1000 * m for n, m in zip(numbers, months, strict=True)]
    assert rows.target.sum() == 4 and len(rows.frame) == 200


def test_negatives_are_sampled_and_weighted_back_and_positives_kept(connection):
    rows = training_set.training_rows(connection, features(connection), "tgt_goal__30d", [JAN, FEB, MAR], 100)
    assert rows.target.sum() == 6 and 60 < len(rows.frame) < 140
    assert set(rows.frame.weights[rows.target == 1]) == {1.0}
    assert rows.frame.weights[rows.target == 0].sum() == pytest.approx(294, rel=0.3)
    again = training_set.training_rows(connection, features(connection), "tgt_goal__30d", [JAN, FEB, MAR], 100)
    assert again.frame.values.tobytes() == rows.frame.values.tobytes()


def test_only_closed_windows_are_matured(connection):
    dates = training_set.matured_dates(connection, "tgt_goal__30d", 30, date(2026, 3, 30), 12)
    assert dates == [JAN, FEB]
    assert training_set.matured_dates(connection, "tgt_goal__30d", 30, date(2026, 3, 29), 12) == [JAN]
    assert training_set.matured_dates(connection, "tgt_goal__30d", 30, date(2026, 3, 30), 1) == [FEB]


@pytest.mark.parametrize(("condition", "count"), [
    (Condition("flag", "!=", True), 50), (Condition("flag", "=", True), 50), (Condition("flag", "is_null"), 1),
    (Condition("flag", "not_null"), 99), (Condition("grade", ">=", 1), 66), (Condition("grade", "in", [0, 1]), 67)])
def test_eligibility_treats_null_as_a_value(connection, condition, count):
    assert len(training_set.feature_rows(connection, features(connection), FEB, [condition]).frame) == count


def test_an_unknown_tag_in_the_rule_is_refused(connection):
    with pytest.raises(KehuError, match="tag nonsense"):
        training_set.feature_rows(connection, features(connection), FEB, [Condition("nonsense", "=", 1)])


def test_a_date_without_features_names_the_command(connection):
    with pytest.raises(KehuError, match="no rows for 2026-04-30") as failure:
        training_set.feature_rows(connection, features(connection), date(2026, 4, 30))
    assert failure.value.fix == "kehu nightly --date 2026-04-30"


def test_a_sample_is_a_subset_near_its_size(connection):
    rows = training_set.feature_rows(connection, features(connection), FEB, max_rows=50)
    assert 30 < len(rows.frame) < 70
