"""GrowthBook's engine in its own environment: waits for a way of reading on each line, answers seconds and estimates.

Not started by hand: `bench/measure.py --peers PEERS/bin/python` keeps one such process.
"""

import json
import sys
import time
from collections.abc import Iterator

import duckdb
from gbstats.frequentist.tests import FrequentistConfig, TwoSidedTTest
from gbstats.models.statistics import RegressionAdjustedStatistic, SampleMeanStatistic, compute_theta
from gbstats.utils import check_srm

STRATEGIES, METRICS = 50, 5
SUMS = ", ".join(f"sum(y{m}), sum(y{m} * y{m}), sum(x{m}), sum(x{m} * x{m}), sum(x{m} * y{m})" for m in range(METRICS))


def rows(connection: duckdb.DuckDBPyConnection, way: str) -> Iterator[tuple]:
    """(strategy, cell, n, sums...) by one grouped query, or by a query per strategy as GrowthBook asks its warehouse."""
    if way == "grouped":
        yield from connection.execute(f"SELECT strategy, cell, count(*), {SUMS} FROM units GROUP BY ALL").fetchall()
        return
    for strategy in range(STRATEGIES):
        asked = f"SELECT strategy, cell, count(*), {SUMS} FROM units WHERE strategy = {strategy} GROUP BY ALL"
        yield from connection.execute(asked).fetchall()


def statistic(n: int, sums: tuple) -> RegressionAdjustedStatistic:
    """Five sums of one metric as gbstats wants them; theta is filled in by the pair."""
    return RegressionAdjustedStatistic(n=n, post_statistic=SampleMeanStatistic(n=n, sum=sums[0], sum_squares=sums[1]),
                                       pre_statistic=SampleMeanStatistic(n=n, sum=sums[2], sum_squares=sums[3]),
                                       post_pre_sum_of_products=sums[4], theta=0)


def analyse(connection: duckdb.DuckDBPyConnection, way: str) -> dict[str, list[float]]:
    """CUPED effect and interval of every strategy and metric, and the sample ratio test."""
    cells = {(row[0], row[1]): row[2:] for row in rows(connection, way)}
    found = {}
    for strategy in range(STRATEGIES):
        treatment, control = cells[strategy, "treatment"], cells[strategy, "control"]
        check_srm([control[0], treatment[0]], [0.2, 0.8])
        for m in range(METRICS):
            pair = [statistic(cell[0], cell[1 + 5 * m:6 + 5 * m]) for cell in (control, treatment)]
            pair[0].theta = pair[1].theta = compute_theta(*pair)
            result = TwoSidedTTest(*pair, FrequentistConfig(difference_type="absolute")).compute_result()
            found[f"{strategy},{m}"] = [result.expected, *result.ci]
    return found


def main(path: str) -> None:
    """Serves until standard input ends."""
    connection = duckdb.connect(path, read_only=True)
    connection.execute("SET threads = 2")
    for line in sys.stdin:
        start = time.perf_counter()
        found = analyse(connection, line.strip())
        print(json.dumps({"seconds": time.perf_counter() - start, "found": found}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
