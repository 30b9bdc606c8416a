"""One peer of bench/audience.py in its own environment: `PEERS/bin/python bench/peer_audience.py polars|polars_in_memory|chdb TASK.json`."""

import json
import sys
import time


def polars(task):
    """Parquet at rest, as a store is, read lazily: each count reads the columns it needs."""
    import polars as pl

    frame = pl.scan_parquet(task["table"])
    conditions = [pl.sql_expr(where) for where in task["where"]]
    return lambda place: frame.filter(conditions[place]).select(pl.len()).collect().item()


def polars_in_memory(task):
    """All columns decoded in memory before the clock starts, categories encoded: no store, one process, one snapshot."""
    import polars as pl

    names = [n for n in pl.scan_parquet(task["table"]).collect_schema().names() if any(n in where for where in task["where"])]
    frame = pl.read_parquet(task["table"], columns=names)
    frame = frame.with_columns(pl.col(pl.String).cast(pl.Categorical), pl.col(pl.Decimal).cast(pl.Float64))
    conditions = [pl.sql_expr(where) for where in task["where"]]
    return lambda place: frame.lazy().filter(conditions[place]).select(pl.len()).collect().item()


def chdb(task):
    """A MergeTree on disk in chdb's own format, its caches warm."""
    from chdb import session

    opened = session.Session(f"{task['folder']}/chdb")
    opened.query("create database b")
    opened.query(f"create table b.t engine = MergeTree order by tuple() as select * from file('{task['table']}', Parquet)"
                 " settings schema_inference_make_columns_nullable = 1")
    opened.query("set max_threads = 2")
    return lambda place: int(str(opened.query(f"select count() from b.t where {task['where'][place]}", "CSV")).strip())


def main():
    peer, path = sys.argv[1:]
    with open(path) as stream:
        task = json.load(stream)
    ask = {"polars": polars, "polars_in_memory": polars_in_memory, "chdb": chdb}[peer](task)
    places = range(len(task["where"]))
    counts = [ask(place) for place in places]
    best = [(float("inf"), float("inf")) for _ in places]
    for _ in range(task["rounds"]):
        for place in places:
            began, worked = time.perf_counter(), time.process_time()
            ask(place)
            cpu, wall = time.process_time() - worked, time.perf_counter() - began
            best[place] = min(best[place][0], 1000 * wall), min(best[place][1], 1000 * cpu)
    print(json.dumps({"counts": counts, "milliseconds": best}))


if __name__ == "__main__":
    main()
