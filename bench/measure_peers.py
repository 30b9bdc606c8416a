"""What users would pick instead of kehu's measurement: tea-tasting, pandas, gbstats on the same table of units."""

import json
import subprocess
import sys
import types
from contextlib import suppress
from pathlib import Path
from typing import Any

import pandas as pd

STRATEGIES, METRICS = 50, 5
COLUMNS = [name for m in range(METRICS) for name in (f"y{m}", f"x{m}")]
Found = dict[tuple[int, int], list[float]]
"""(strategy, metric) -> estimate and, where the peer gives them, the ends of its interval."""


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


def tea_ibis(connection: Any) -> Found:
    """One experiment per strategy on a filtered ibis table."""
    import ibis

    table, experiment = ibis.duckdb.from_connection(connection).table("units", database="store.main"), tea_experiment()
    found: Found = {}
    for strategy in range(STRATEGIES):
        result = experiment.analyze(table.filter(table.strategy == strategy), control="control")
        for m in range(METRICS):
            found[strategy, m] = tea_answer(result[f"m{m}"])
    return found


def tea_answer(result: Any) -> list[float]:
    return [result.effect_size, result.effect_size_ci_lower, result.effect_size_ci_upper]


def tea_grouped(connection: Any) -> Found:
    """tea-tasting tuned: all aggregates in one grouped read, then its analysis per strategy."""
    import ibis
    import tea_tasting as tt
    from tea_tasting.aggr import read_aggregates

    table = ibis.duckdb.from_connection(connection).table("units", database="store.main")
    table = table.mutate(key=table.strategy.cast("string") + "|" + table.cell.cast("string"))
    pairs = tuple((f"x{m}", f"y{m}") for m in range(METRICS))
    read = read_aggregates(table, group_col="key", has_count=True, mean_cols=COLUMNS, var_cols=COLUMNS, cov_cols=pairs)
    found: Found = {}
    for strategy in range(STRATEGIES):
        sides = {arm: read[f"{strategy}|{arm}"] for arm in ("control", "treatment")}
        for m in range(METRICS):
            found[strategy, m] = tea_answer(tt.Mean(f"y{m}", f"x{m}").analyze_aggregates(sides["control"], sides["treatment"]))
    return found


def with_pandas(connection: Any) -> Found:
    """The rows read into a frame, grouped sums of squares and products, then the same formulas (estimates only)."""
    frame = connection.execute("SELECT * FROM units").df()
    products = {f"xx{m}": frame[f"x{m}"] ** 2 for m in range(METRICS)} | {f"xy{m}": frame[f"x{m}"] * frame[f"y{m}"] for m in range(METRICS)}
    grouped = frame.assign(**products).groupby(["strategy", "cell"], observed=True)
    sums, counts = grouped.sum(), grouped.size()
    return {(s, m): [pandas_estimate(sums.loc[s], counts.loc[s], m)] for s in range(STRATEGIES) for m in range(METRICS)}


def pandas_estimate(rows: pd.DataFrame, n: pd.Series, m: int) -> float:
    total = rows.sum()
    mean_x, mean_y = total[f"x{m}"] / n.sum(), total[f"y{m}"] / n.sum()
    theta = (total[f"xy{m}"] - n.sum() * mean_x * mean_y) / (total[f"xx{m}"] - n.sum() * mean_x**2)
    means = rows[f"y{m}"] / n - theta * rows[f"x{m}"] / n
    return float(means["treatment"] - means["control"])


class Gbstats:
    """The process of bench/peer_gbstats.py."""

    def __init__(self, python: str, path: Path) -> None:
        self._process = subprocess.Popen([python, str(Path(__file__).with_name("peer_gbstats.py")), str(path)],
                                         stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def run(self, way: str) -> Found:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(f"{way}\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())["found"]
        return {(int(key.split(",")[0]), int(key.split(",")[1])): values for key, values in answer.items()}

    def close(self) -> None:
        with suppress(BrokenPipeError):
            self._process.communicate()
