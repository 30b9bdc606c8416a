"""Measurement of 50 strategies x 5 metrics with CUPED and SRM, against what users would pick instead.

    python bench/measure.py [--rows 10000000] [--rounds 5] [--peers PEERS/bin/python]

The rows lie in a DuckDB file, as a store does. Peers: tea-tasting through ibis (an experiment per strategy, and tuned:
one grouped read), pandas, and with --peers (an environment of bench/requirements.txt) gbstats. All answers are compared
before anything is timed; rounds are interleaved and the best of each is kept, since the machine may be shared.

The scan floor reads every column that measuring needs once, in one aggregate query of plain sums. It is given for the
file, for Parquet and for a table already decoded in memory, beside the arithmetic alone: the same 25 sums of 15 products
over all rows at once, without any group. Measured in CPU on two cores, 10M rows: 1.3 times the scan of Parquet, 1.9 of the
file, 2.7 of memory; the arithmetic alone is 1.25, 1.8 and 2.5 of them, so what is beyond the scan is the products
themselves and grouping is nearly free. Tried without gain: one integer code instead of two keys (8 % slower), no
sub-query and no order, the squares of 0/1 metrics left out (5 % less, and needs a proof that they are 0/1). Peers: 28-35
times tea-tasting through ibis, 3-6 times tea-tasting given one grouped read, 28 times pandas, 22-25 times gbstats asking
per strategy, 1.0-1.3 times gbstats given one grouped read. Last comes the cost of one more night behind short and long
histories: 18-20 ms after 10, 90 and 360 nights on a quiet machine, where measuring all again takes 18, 61 and 204 ms.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from measure_peers import COLUMNS, METRICS, STRATEGIES, Found, Gbstats, allow_ibis, tea_grouped, tea_ibis, with_pandas

from features import warehouse
from models.experiments import cuped, sequential, srm
from models.experiments.columns import Column
from models.experiments.relation import Relation

GROUPS = [(Column(f"y{m}", has_nulls=False), Column(f"x{m}", has_nulls=False)) for m in range(METRICS)]
NIGHT_HISTORIES = (10, 90, 360)


def make(connection: Any, rows: int, folder: Path) -> None:
    """`store.units` (strategy, cell, two 0/1 metrics, three amounts, baselines in cents), the same in Parquet and memory."""
    connection.execute(f"ATTACH '{folder / 'bench.duckdb'}' AS store; USE store; SET threads = 2; SELECT setseed(0.4)")
    connection.execute("CREATE TYPE cell AS ENUM ('treatment', 'control')")
    base = ", ".join(f"round(exp(8 + 1.5 * sqrt(-2 * ln(1 - random())) * cos(6.2831853 * random())), 2) AS x{m}" for m in range(METRICS))
    events = ", ".join(f"(random() < {rate} + 0.01 * (cell = 'treatment')::INT)::DOUBLE AS y{m}" for m, rate in enumerate((0.05, 0.02)))
    amounts = ", ".join(f"round(x{m} * 0.8 + 100 * random() + (cell = 'treatment')::INT, 2) AS y{m}" for m in range(2, METRICS))
    connection.execute(
        f"CREATE TABLE units AS SELECT strategy, cell::cell AS cell, {events}, {amounts}, {', '.join(f'x{m}' for m in range(METRICS))}"
        f" FROM (SELECT (i % {STRATEGIES})::INTEGER AS strategy,"
        f" CASE WHEN random() < 0.8 THEN 'treatment' ELSE 'control' END AS cell, {base} FROM range({rows}) r(i)); CHECKPOINT store")
    connection.execute(f"CREATE TABLE memory.main.units AS FROM units; COPY units TO '{folder / 'units.parquet'}'")


def scan(connection: Any, relation: str) -> None:
    """The floor: every column read once."""
    sums = ", ".join(f"sum({name})" for name in COLUMNS)
    connection.execute(f"SELECT sum(strategy), min(cell), {sums} FROM {relation}").fetchall()


def arithmetic(connection: Any, relation: str) -> None:
    """Scan and products without groups: no grouped query of the same sums can be cheaper."""
    sums = ", ".join(f"sum(y{m}), sum(x{m}), sum(y{m} * y{m}), sum(x{m} * x{m}), sum(x{m} * y{m})" for m in range(METRICS))
    connection.execute(f"SELECT sum(strategy), min(cell), {sums} FROM {relation}").fetchall()


def ours(connection: Any, relation: str) -> Found:
    """One aggregate query, then closed forms."""
    cells = Relation(lambda sql: connection.execute(sql).fetchall(), relation).moments(GROUPS, ("strategy", "cell"))
    found: Found = {}
    for strategy in range(STRATEGIES):
        pair = [cells[str(strategy), arm] for arm in ("treatment", "control")]
        srm.chi2({"t": pair[0][GROUPS[0]].n, "c": pair[1][GROUPS[0]].n}, {"t": 0.8, "c": 0.2})
        for m, group in enumerate(GROUPS):
            effect = cuped.cuped([1, -1], [cell[group] for cell in pair])
            found[strategy, m] = [effect["estimate"], *effect["ci"]]
    return found


def assert_equal(wanted: Found, peers: dict[str, Callable[[], Found]]) -> None:
    """Same estimates and interval ends, or no race."""
    for name, call in peers.items():
        found = call()
        for key, values in wanted.items():
            theirs = found[key]
            if not np.allclose(values[: len(theirs)], theirs, rtol=1e-6, atol=1e-9):
                raise SystemExit(f"{name} differs at {key}: {theirs} against {values}")


def best(runs: dict[str, Callable[[], object]], rounds: int, clock: Callable[[], float] = time.perf_counter) -> dict[str, float]:
    """Least seconds of each over interleaved rounds; CPU seconds, which a shared machine does not move, by `process_time`."""
    times: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, call in runs.items():
            start = clock()
            call()
            times[name].append(clock() - start)
    return {name: min(values) for name, values in times.items()}


def floors(connection: Any, folder: Path, rounds: int) -> dict[str, dict[str, float]]:
    """Scan and measurement where the rows may lie."""
    answer = {}
    for place, relation in (("file", "store.units"), ("parquet", f"'{folder / 'units.parquet'}'"), ("memory", "memory.main.units")):
        runs = {name: lambda r=relation, call=call: call(connection, r) for name, call in
                (("scan", scan), ("arithmetic", arithmetic), ("kehu", ours))}
        found = best(runs, 2 * rounds, time.process_time)
        answer[place] = {f"{name}_cpu_seconds": round(value, 3) for name, value in found.items()}
        answer[place] |= {f"{name}_times_scan": round(found[name] / found["scan"], 2) for name in ("arithmetic", "kehu")}
    return answer


def nights(connection: Any, per_night: int) -> dict[str, dict[str, float]]:
    """Milliseconds of one more night: its own rows aggregated and added to kept moments, beside measuring all again."""
    return {f"after {history} nights": night(connection, per_night, history) for history in NIGHT_HISTORIES}


def night(connection: Any, per_night: int, history: int) -> dict[str, float]:
    """One history length; the panel grows by `per_night` rows a night and lies in the file in order of its nights."""
    connection.execute(f"CREATE OR REPLACE TABLE panel AS SELECT (i // {per_night})::INTEGER AS night, u.* EXCLUDE (n) FROM range({per_night * (history + 1)}) r(i)"
                       f" JOIN (SELECT *, row_number() OVER () - 1 AS n FROM units LIMIT {per_night}) u ON u.n = i % {per_night}; CHECKPOINT store")

    def moments(which: str) -> Any:
        return Relation(lambda sql: connection.execute(sql).fetchall(), f"(SELECT * FROM panel WHERE night {which})").moments(GROUPS, ("strategy", "cell"))

    kept = moments(f"< {history}")

    def add() -> None:
        cells = {key: {g: kept[key][g] + cell for g, cell in found.items()} for key, found in moments(f"= {history}").items()}
        for strategy in range(STRATEGIES):
            pair = [cells[str(strategy), arm][GROUPS[0]] for arm in ("treatment", "control")]
            effect = cuped.cuped([1, -1], pair)
            sequential.interval(effect["estimate"], effect["se"], pair[0].n + pair[1].n)

    found = best({"added": add, "all_again": lambda: moments(f"<= {history}")}, 5)
    return {name: round(1000 * value, 1) for name, value in found.items()}


def main() -> None:
    """Prints one JSON document."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--per-night", type=int, default=20_000)
    parser.add_argument("--peers", help="the interpreter of an environment with bench/requirements.txt")
    options = parser.parse_args()
    allow_ibis()
    with tempfile.TemporaryDirectory(prefix="kehu-bench-") as name:
        print(json.dumps(results(options, Path(name)), indent=1))


def results(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Everything that is printed."""
    connection = warehouse.memory()
    make(connection, options.rows, folder)
    answer: dict[str, Any] = {"rows": options.rows, "floors": floors(connection, folder, options.rounds)}
    answer["one_more_night_ms"] = nights(connection, options.per_night)
    connection.execute("DROP TABLE panel; CHECKPOINT store; USE memory; DETACH store")
    connection.execute(f"ATTACH '{folder / 'bench.duckdb'}' AS store (READ_ONLY); USE store")
    peers: dict[str, Callable[[], Found]] = {
        "tea-tasting, ibis": lambda: tea_ibis(connection), "tea-tasting, one grouped read": lambda: tea_grouped(connection),
        "pandas": lambda: with_pandas(connection)}
    gbstats = Gbstats(options.peers, folder / "bench.duckdb") if options.peers else None
    if gbstats is not None:
        peers |= {"gbstats, a query per strategy": lambda: gbstats.run("each"), "gbstats, one grouped read": lambda: gbstats.run("grouped")}
    assert_equal(ours(connection, "store.units"), peers)
    found = best({"kehu": lambda: ours(connection, "store.units"), **peers}, options.rounds)
    if gbstats is not None:
        gbstats.close()
    connection.close()
    answer["best_seconds"] = {name: round(value, 3) for name, value in found.items()}
    answer["faster_than"] = {name: round(value / found["kehu"], 1) for name, value in found.items() if name != "kehu"}
    return answer


if __name__ == "__main__":
    main()
