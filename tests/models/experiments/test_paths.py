"""The SQL path equals the row path on a thousand random data sets, awkward ones included."""

import math
from datetime import date

import numpy as np
import pandas as pd
import pytest

from features import warehouse
from features.errors import KehuError
from models.experiments.analyse import Context, analyse
from models.experiments.columns import Column
from models.experiments.frame import Frame
from models.experiments.moments import CellMoments
from models.experiments.plan import Plan
from models.experiments.relation import Relation

TODAY = date(2026, 3, 1)
KINDS = ("normal", "binary", "money", "constant", "huge", "offset", "cell_constant", "nulls", "all_null", "beyond", "infinite")
ARMS = ("control", "a", "b")


def values(rng: np.random.Generator, kind: str, n: int, arms: np.ndarray) -> np.ndarray:
    if kind == "normal":
        return rng.normal(rng.normal(0, 10), rng.gamma(2), n)
    if kind == "binary":
        return (rng.random(n) < 0.1).astype(float)
    if kind == "money":
        return np.round(rng.lognormal(8, 2, n), 2)
    if kind == "constant":
        return np.full(n, rng.choice([0.0, 0.1, -7.3e9]))
    if kind == "huge":
        return rng.normal(0, 1, n) * 10.0 ** rng.integers(10, 100)
    if kind == "offset":
        return 1e9 + rng.normal(0, 1, n)
    if kind == "cell_constant":
        return np.array([{"control": 0.1, "a": 1e6, "b": -3.3}[arm] if arm else 0.0 for arm in arms])
    if kind == "nulls":
        return np.where(rng.random(n) < 0.3, np.nan, rng.normal(5, 2, n))
    if kind == "all_null":
        return np.full(n, np.nan)
    if kind == "beyond":
        return np.where(np.arange(n) == 0, 1e200, 1.0)
    return np.where(np.arange(n) == n - 1, np.inf, 1.0)


def data_set(seed: int) -> tuple[pd.DataFrame, Plan, float]:
    """Rows, plan, and the size from which differences are taken where it hides in the answer (1e9 + noise)."""
    rng = np.random.default_rng(seed)
    n = int(rng.choice([2, 3, 5, 30, 200]))
    size = int(rng.integers(1, 4))
    arms = rng.choice(np.array([*ARMS[:size], None], dtype=object), n, p=[*[0.95 / size] * size, 0.05])
    if rng.random() < 0.2:
        arms[:] = "control"
        arms[0] = "a"
    weights = np.array([8, 8, 8, 4, 4, 4, 4, 8, 2, 1, 1], dtype=float)
    kinds = rng.choice(KINDS, 3, p=weights / weights.sum())
    frame = pd.DataFrame({name: values(rng, kind, n, arms) for name, kind in zip(("y", "z", "x"), kinds, strict=True)})
    frame.insert(0, "cell", arms)
    frame["day"] = rng.choice(["2026-01-01", "2026-01-02", "2026-02-01"], n).astype(object)
    frame["branch"] = rng.integers(0, 6, n).astype(str).astype(object)
    plan = Plan(
        metrics=("y",), control="control", covariate="x" if rng.random() < 0.6 else None,
        ratio=("y", "z") if rng.random() < 0.3 else None, cluster="branch" if rng.random() < 0.2 else None,
        time="day" if rng.random() < 0.3 else None, mde=1.0, horizon=TODAY, reached="reached" if rng.random() < 0.3 else None,
    )
    frame["reached"] = np.where(rng.random(n) < 0.7, (arms != "control") * 1.0, np.nan)
    return frame, plan, 1e9 if "offset" in kinds else 0.0


def outcome(source, plan: Plan):
    try:
        return analyse(source, plan, Context(TODAY))
    except KehuError as refused:
        return refused.line()


def assert_same(a, b, where="", scale=0.0):
    """1e-9 relative, or the last bit of the numbers that were subtracted (`scale`)."""
    if isinstance(a, dict):
        assert a.keys() == b.keys(), where
        scale = max([scale, *(size(part) for part in a.values())])
        for key in a:
            assert_same(a[key], b[key], f"{where}/{key}", scale)
    elif isinstance(a, list):
        assert len(a) == len(b), where
        scale = max([scale, *(size(part) for part in a)])
        for at, (p, q) in enumerate(zip(a, b, strict=True)):
            assert_same(p, q, f"{where}[{at}]", scale)
    elif isinstance(a, float) and isinstance(b, float) and not isinstance(a, bool):
        assert math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-15 * scale), (where, a, b)
    else:
        assert a == b, (where, a, b)


def size(part) -> float:
    if isinstance(part, dict):
        return max((size(v) for v in part.values()), default=0.0)
    if isinstance(part, list):
        return max((size(v) for v in part), default=0.0)
    return abs(part) if isinstance(part, float) else 0.0


def numbers_only(answer):
    """Reasons carry formatted numbers: the state is compared, not its prose."""
    return {k: v for k, v in answer.items() if k not in ("reasons", "reasons_zh")} if isinstance(answer, dict) else answer


@pytest.mark.parametrize("block", range(10))
def test_sql_equals_frame_on_a_thousand_data_sets(block):
    connection = warehouse.memory()
    refused = 0
    for seed in range(block * 100, block * 100 + 100):
        data, plan, scale = data_set(seed)
        connection.register("units", data)
        by_sql = outcome(Relation(lambda sql: connection.execute(sql).fetchall(), "units"), plan)
        arrays = {c: data[c].to_numpy(dtype=object if c in ("cell", "day", "branch") else float) for c in data}
        arrays["cell"] = np.array([None if v is None or v != v else v for v in arrays["cell"]], dtype=object)
        by_frame = outcome(Frame(arrays), plan)
        refused += isinstance(by_sql, str)
        assert_same(numbers_only(by_sql), numbers_only(by_frame), f"seed {seed}", scale)
    assert 0 < refused < 60  # both kinds occur: answers and clear errors


def test_moments_of_parts_add_up_to_moments_of_the_whole():
    rng = np.random.default_rng(1)
    y, x = rng.lognormal(3, 2, 5_000), rng.normal(1e6, 1, 5_000)
    whole = CellMoments.from_values(y, x)
    nights = [CellMoments.from_values(y[i::7], x[i::7]) for i in range(7)]
    total = CellMoments.empty(2)
    for night in nights:
        total = total + night
    assert total.n == whole.n
    assert total.mean == pytest.approx(whole.mean, rel=1e-12)
    assert total.cross == pytest.approx(whole.cross, rel=1e-9)


def test_one_query_is_enough_for_well_scaled_data_and_two_where_digits_would_be_lost():
    connection = warehouse.memory()
    connection.execute("CREATE TABLE t AS SELECT CASE WHEN i % 2 = 0 THEN 'a' ELSE 'b' END AS cell,"
                       " random() AS easy, 1e9 * (i % 2) + random() AS hard FROM range(1000) r(i)")
    asked: list[str] = []

    def execute(sql: str):
        asked.append(sql)
        return connection.execute(sql).fetchall()

    relation = Relation(execute, "t")
    relation.moments([(Column("easy"),)])
    easy = len(asked)
    relation.moments([(Column("hard"),)])
    assert (easy, len(asked) - easy) == (2, 3)  # a pivot from a sample, then the aggregates


def test_a_sub_query_with_an_enum_cell_is_as_good_as_a_table():
    connection = warehouse.memory()
    connection.execute("CREATE TYPE arm AS ENUM ('control', 'a')")
    connection.execute("CREATE TABLE t AS SELECT (CASE WHEN i % 3 = 0 THEN 'control' ELSE 'a' END)::arm AS cell,"
                       " 1e9 * (i % 3) + i % 7 AS y, i % 5 AS x, 'm' AS metric FROM range(3000) r(i)")
    plan = Plan(metrics=("y",), control="control", covariate="x")

    def execute(sql: str):
        return connection.execute(sql).fetchall()

    whole = analyse(Relation(execute, "t"), plan, Context(TODAY))
    part = analyse(Relation(execute, "(SELECT cell, y, x FROM t WHERE metric = 'm')"), plan, Context(TODAY))
    assert_same(numbers_only(whole), numbers_only(part))


def test_strange_names_and_values_cannot_break_out_of_the_query():
    data = pd.DataFrame({"cell": ["it's", "对照", "it's", "对照"], 'we"ird; drop': [1.0, 2.0, 3.0, 5.0], "x": [1.0, 2, 2, 4]})
    connection = warehouse.memory()
    connection.register("units", data)
    relation = Relation(lambda sql: connection.execute(sql).fetchall(), "units")
    plan = Plan(metrics=('we"ird; drop',), control="对照", covariate="x")
    found = analyse(relation, plan, Context(TODAY))["metrics"]['we"ird; drop']["effects"][0]
    assert (found["contrast"], found["estimate"]) == ("it's - 对照", -1.5)
