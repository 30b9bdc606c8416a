"""Draws depend on seed, stream, entity and date alone."""

import numpy as np
import pytest

from orchestration.simulator.streams import NAMES, Streams, pick, poisson, stream_key


def test_more_entities_leave_the_first_draws_alone():
    streams = Streams(1)
    assert np.array_equal(streams.dense("age", 1000, 5)[:37], streams.dense("age", 37, 5))


def test_sparse_draws_do_not_depend_on_order_or_company():
    streams, entity = Streams(1), np.arange(500)
    all_at_once = streams.sparse("browse", entity, 3)
    assert np.array_equal(all_at_once[::-1], streams.sparse("browse", entity[::-1], 3))
    assert streams.sparse("browse", np.array([77]), 3)[0] == all_at_once[77]


def test_streams_are_unrelated_and_uniform():
    streams = Streams(1)
    draws = np.array([streams.dense(name, 20000) for name in sorted(NAMES)[:20]])
    assert np.abs(np.corrcoef(draws) - np.eye(20)).max() < 0.035
    sparse = streams.sparse("browse", np.arange(200000), np.arange(200000) % 7)
    assert abs(sparse.mean() - 0.5) < 0.003 and abs(np.quantile(sparse, 0.9) - 0.9) < 0.003


def test_seeds_and_names_give_other_keys():
    keys = {stream_key(seed, name) for seed in (1, 2) for name in NAMES}
    assert len(keys) == 2 * len(NAMES)


def test_an_unregistered_stream_is_refused():
    with pytest.raises(KeyError, match="not registered"):
        Streams(1).dense("no_such_stream", 3)


def test_poisson_counts_have_their_mean_and_variance():
    count = poisson(Streams(2).dense("spend_count", 100000), np.full(100000, 2.5))
    assert abs(count.mean() - 2.5) < 0.02 and abs(count.var() - 2.5) < 0.05


def test_pick_follows_shares():
    found = np.bincount(pick(Streams(2).dense("city", 100000), [0.2, 0.5, 0.3])) / 100000
    assert np.allclose(found, [0.2, 0.5, 0.3], atol=0.01)
