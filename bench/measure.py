"""Measurement of 50 strategies x 5 metrics with CUPED and SRM, against what users would pick instead.

    python bench/measure.py [--rows 10000000] [--rounds 3]

Peers run in the same process and on the same data: tea-tasting through ibis (its own experiment per strategy), the
same with one grouped read of its aggregates, pandas. gbstats needs numpy < 2 and has no place in this environment: it
is not run. Answers are compared before anything is timed. The last lines show the cost of one more night.
"""

import argparse
import json
import statistics
import sys
import time
import types
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from features import warehouse
from models.experiments import cuped, srm
from models.experiments.columns import Column
from models.experiments.inference import Effect
from models.experiments.relation import Relation

STRATEGIES, METRICS = 50, 5
GROUPS = [(Column(f"y{m}", has_nulls=False), Column(f"x{m}", has_nulls=False)) for m in range(METRICS)]
Effects = dict[tuple[int, int], Effect]


def make(connection: Any, rows: int) -> None:
    """Table `units`: strategy, cell (an ENUM: grouping by it is a third cheaper than by text), metrics, baselines."""
    connection.execute("CREATE TYPE cell AS ENUM ('treatment', 'control')")
    connection.execute("SET threads = 2")
    connection.execute("SELECT setseed(0.4)")
    base = ", ".join(f"random() * {10 ** (m % 3)} AS x{m}" for m in range(METRICS))
    metric = ", ".join(f"x{m} * 0.8 + random() + 0.01 * (cell = 'treatment')::INT AS y{m}" for m in range(METRICS))
    connection.execute(
        f"CREATE TABLE units AS SELECT strategy, cell::cell AS cell, {metric}, {', '.join(f'x{m}' for m in range(METRICS))} FROM ("
        f"SELECT (i % {STRATEGIES})::INTEGER AS strategy,"
        f" CASE WHEN random() < 0.8 THEN 'treatment' ELSE 'control' END AS cell, {base} FROM range({rows}) r(i))"
    )


def scan(connection: Any) -> None:
    """The floor: every column read once."""
    sums = ", ".join(f"sum(y{m}), sum(x{m})" for m in range(METRICS))
    connection.execute(f"SELECT sum(strategy), min(cell), {sums} FROM units").fetchall()


def ours(connection: Any) -> Effects:
    """One aggregate query, then closed forms."""
    relation = Relation(lambda sql: connection.execute(sql).fetchall(), "units")
    cells = relation.moments(GROUPS, ("strategy", "cell"))
    found: Effects = {}
    for strategy in range(STRATEGIES):
        pair = [cells[str(strategy), arm] for arm in ("treatment", "control")]
        srm.chi2({"t": pair[0][GROUPS[0]].n, "c": pair[1][GROUPS[0]].n}, {"t": 0.8, "c": 0.2})
        for m, group in enumerate(GROUPS):
            found[strategy, m] = cuped.cuped([1, -1], [cell[group] for cell in pair])
    return found


def tea_experiment() -> Any:
    """tea-tasting's own experiment with the same metrics."""
    import tea_tasting as tt

    metrics = {f"m{m}": tt.Mean(f"y{m}", f"x{m}") for m in range(METRICS)}
    return tt.Experiment(metrics | {"srm": tt.SampleRatio({"treatment": 0.8, "control": 0.2})}, variant="cell")


def allow_ibis() -> None:
    """ibis imports pyarrow_hotfix, which closes a hole of pyarrow < 14.0.1 and does nothing on ours."""
    try:
        import pyarrow_hotfix  # noqa: F401
    except ModuleNotFoundError:
        sys.modules["pyarrow_hotfix"] = types.ModuleType("pyarrow_hotfix")


def tea_ibis(connection: Any) -> Effects:
    """One experiment per strategy on a filtered ibis table."""
    import ibis

    table, experiment = ibis.duckdb.from_connection(connection).table("units"), tea_experiment()
    found: Effects = {}
    for strategy in range(STRATEGIES):
        result = experiment.analyze(table.filter(table.strategy == strategy), control="control")
        for m in range(METRICS):
            found[strategy, m] = {"estimate": result[f"m{m}"].effect_size}
    return found


def tea_grouped(connection: Any) -> Effects:
    """tea-tasting tuned: all aggregates in one grouped read, then its analysis per strategy."""
    import ibis
    import tea_tasting as tt
    from tea_tasting.aggr import read_aggregates

    table = ibis.duckdb.from_connection(connection).table("units")
    table = table.mutate(key=table.strategy.cast("string") + "|" + table.cell.cast("string"))
    names = [name for m in range(METRICS) for name in (f"y{m}", f"x{m}")]
    pairs = tuple((f"x{m}", f"y{m}") for m in range(METRICS))
    read = read_aggregates(table, group_col="key", has_count=True, mean_cols=names, var_cols=names, cov_cols=pairs)
    found: Effects = {}
    for strategy in range(STRATEGIES):
        sides = {arm: read[f"{strategy}|{arm}"] for arm in ("control", "treatment")}
        for m in range(METRICS):
            result = tt.Mean(f"y{m}", f"x{m}").analyze_aggregates(sides["control"], sides["treatment"])
            found[strategy, m] = {"estimate": result.effect_size}
    return found


def with_pandas(frame: pd.DataFrame) -> Effects:
    """Grouped sums of squares and products, then the same formulas."""
    products = {f"xx{m}": frame[f"x{m}"] ** 2 for m in range(METRICS)} | {f"xy{m}": frame[f"x{m}"] * frame[f"y{m}"] for m in range(METRICS)}
    wide = frame.assign(**products)
    sums = wide.groupby(["strategy", "cell"], observed=True).sum()
    counts = frame.groupby(["strategy", "cell"], observed=True).size()
    found: Effects = {}
    for strategy in range(STRATEGIES):
        rows, n = sums.loc[strategy], counts.loc[strategy]
        total = rows.sum()
        for m in range(METRICS):
            mean_x, mean_y = total[f"x{m}"] / n.sum(), total[f"y{m}"] / n.sum()
            theta = (total[f"xy{m}"] - n.sum() * mean_x * mean_y) / (total[f"xx{m}"] - n.sum() * mean_x**2)
            means = rows[f"y{m}"] / n - theta * rows[f"x{m}"] / n
            found[strategy, m] = {"estimate": float(means["treatment"] - means["control"])}
    return found


def assert_equal(ours_found: Effects, peers: dict[str, Effects]) -> None:
    """Same estimates, or no race."""
    for name, found in peers.items():
        for key, effect in ours_found.items():
            if not np.isclose(effect["estimate"], found[key]["estimate"], rtol=1e-7, atol=1e-12):
                raise SystemExit(f"{name} differs at {key}: {found[key]['estimate']} against {effect['estimate']}")


def seconds(call: Callable[[], object]) -> float:
    """Wall time of one call."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def nights(connection: Any, rows: int) -> dict[str, float]:
    """One more night on moments kept so far, with a short and a long history behind it."""
    night = rows // 100
    connection.execute(f"CREATE OR REPLACE TABLE night AS SELECT * FROM units LIMIT {night}")
    relation = Relation(lambda sql: connection.execute(sql).fetchall(), "night")

    def add(history: int) -> float:
        kept = relation.moments(GROUPS, ("strategy", "cell"))
        for _ in range(history):
            kept = {key: {g: cell + kept[key][g] for g, cell in found.items()} for key, found in kept.items()}
        return seconds(lambda: {
            key: {g: kept[key][g] + cell for g, cell in found.items()}
            for key, found in relation.moments(GROUPS, ("strategy", "cell")).items()
        })

    return {f"one more night of {night} rows after {history} nights": min(add(history) for _ in range(3)) for history in (1, 300)}


def main() -> None:
    """Prints one JSON document."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    allow_ibis()
    connection = warehouse.memory()
    make(connection, options.rows)
    frame = connection.execute("SELECT * FROM units").df()
    frame["cell"] = frame["cell"].astype("category")
    runs: dict[str, Callable[[], object]] = {
        "scan": lambda: scan(connection), "kehu": lambda: ours(connection),
        "tea-tasting, ibis": lambda: tea_ibis(connection), "tea-tasting, one grouped read": lambda: tea_grouped(connection),
        "pandas": lambda: with_pandas(frame),
    }
    assert_equal(ours(connection), {"tea": tea_ibis(connection), "grouped": tea_grouped(connection), "pandas": with_pandas(frame)})
    times: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(options.rounds):
        for name, call in runs.items():
            times[name].append(seconds(call))
    median = {name: round(statistics.median(values), 3) for name, values in times.items()}
    print(json.dumps({
        "rows": options.rows, "median_seconds": median,
        "times_scan": round(median["kehu"] / median["scan"], 2),
        "faster_than": {n: round(s / median["kehu"], 1) for n, s in median.items() if n not in ("kehu", "scan")},
        "gbstats": "not run: it needs numpy < 2, its own environment",
        **{name: round(value, 4) for name, value in nights(connection, options.rows).items()},
    }, indent=1))


if __name__ == "__main__":
    main()
