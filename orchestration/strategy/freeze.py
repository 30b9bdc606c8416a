"""Writes a list, its why-not log and its assignment log as files whose bytes depend on their rows alone."""

import hashlib
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from features import clock, files
from features.errors import KehuError
from features.settings import Settings
from features.state import State
from features.warehouse import Connection
from orchestration.strategy import arms, pinned
from orchestration.strategy.contract import Strategy

ASSIGNMENT_ORDER = "order by level, unit_id"
LIST_STATUS = "frozen"


def list_id(strategy: Strategy, night: date) -> str:
    """Readable and unique per strategy version and night."""
    return f"{strategy.id}-v{strategy.version}-{night:%Y%m%d}"


def members(connection: Connection, strategy: Strategy, night: date) -> pa.Table:
    """The list, sorted by customer_id (columns of pinned.LIST_MEMBER)."""
    expires = night + timedelta(days=strategy.expires_days)
    return connection.sql(
        f"""
        select $list_id as list_id, $strategy as strategy_id, $version::integer as strategy_version,
            $night::date as as_of_date, customer_id,
            case when other_rank <= {strategy.capacity_per_wave} then 'both' else policy end as policy_source,
            policy, score, rank, $channel as channel_id, $product as product_id, $script as script_id,
            $segment as segment_id, arm,
            policy || '_' || case arm when 'contact' then 'contacted' else 'held' end as cell,
            $expires::date as expires_date
        from member_now order by customer_id
        """,
        params={"list_id": list_id(strategy, night), "strategy": strategy.id, "version": strategy.version, "night": night,
         "channel": strategy.channel_id, "product": strategy.product_id, "script": strategy.script_id,
         "segment": strategy.segment, "expires": expires},
    ).to_arrow_table()  # fmt: skip


def candidates(connection: Connection, strategy: Strategy, night: date) -> pa.Table:
    """Everyone of the audience with one reason, or none where chosen (columns of pinned.CANDIDATE)."""
    return connection.sql(
        """
        with told as (
            select e.customer_id, p.arm as policy, r.rank, m.customer_id is not null as is_chosen,
                case when e.static_reason is not null then e.static_reason
                    when g.arm = 'holdout' then 'global_holdout'
                    when e.dynamic_reason is not null then e.dynamic_reason
                    when m.customer_id is null then 'capacity' end as block_reason
            from eligible_now as e
            left join global_now as g using (customer_id)
            left join policy_now as p using (customer_id)
            left join ranked_now as r using (customer_id)
            left join member_now as m using (customer_id)
        )
        select $night::date as run_date, $strategy as strategy_id, customer_id, policy,
            policy is not null as is_eligible, block_reason, rank, is_chosen
        from told order by customer_id
        """,
        params={"night": night, "strategy": strategy.id},
    ).to_arrow_table()


def assignments(connection: Connection, strategy: Strategy, night: date) -> pa.Table:
    """The rows that are new in this experiment's log tonight (columns of pinned.ASSIGNMENT)."""
    levels = " union all ".join(
        f"select customer_id, {level} as level, arm, probability, bucket, salt from {table}"
        for table, level in (("global_now", 0), ("policy_now", 1), ("member_now", 2))
    )
    return connection.sql(
        f"""
        select $experiment as experiment_id, $strategy as strategy_id, a.customer_id as unit_id,
            a.level::integer as level, a.arm, a.probability, a.bucket::integer as bucket,
            $night::date as assigned_date, a.salt, '{arms.HASH_VERSION}' as hash_version
        from ({levels}) as a
        left join (
            select distinct unit_id, level from state.assignment
            where experiment_id = $experiment and assigned_date < $night
        ) as l on l.unit_id = a.customer_id and l.level = a.level
        where l.unit_id is null
        {ASSIGNMENT_ORDER}
        """,
        params={"experiment": strategy.experiment_id, "strategy": strategy.id, "night": night},
    ).to_arrow_table()


def content_hash(table: pa.Table) -> str:
    """Digest of the rows as text, whatever wrote the file: "\\n" before each row, "\\x1f" between its values."""
    digest = hashlib.sha256("\x1f".join(table.column_names).encode())
    if table.num_rows:
        first, *others = (_texts(column.combine_chunks()) for column in table.columns)
        nothing, line, unit = (pa.scalar(text, pa.large_string()) for text in ("", "\n", "\x1f"))
        rows = pc.binary_join_element_wise(pc.binary_join_element_wise(nothing, first, line), *others, unit)
        offsets = np.frombuffer(rows.buffers()[1], dtype=np.int64)[rows.offset : rows.offset + len(rows) + 1]
        digest.update(rows.buffers()[2][int(offsets[0]) : int(offsets[-1])])
    return digest.hexdigest()


def _texts(column: pa.Array) -> pa.Array:
    """What `str` says of each value (`repr` of a float); only the different values are asked."""
    if pa.types.is_floating(column.type):  # 0.0 and -0.0 are equal and read differently
        return pa.array([str(value) for value in column.to_pylist()], pa.large_string())
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        return column.cast(pa.large_string()).fill_null("None")
    coded = column.dictionary_encode()
    words = pa.array([str(value) for value in coded.dictionary.to_pylist()], pa.large_string())
    return words.take(coded.indices).fill_null("None")


def write(table: pa.Table, path: Path, context: dict[str, str]) -> None:
    """One Parquet file, put in place atomically; `context` says what the rows rest on."""
    marked = table.replace_schema_metadata({key: context[key] for key in sorted(context)})
    with files.atomic(path) as temporary:
        pq.write_table(marked, temporary, compression="zstd", row_group_size=200_000)


def stored_context(path: Path) -> dict[str, str]:
    """What a list file says it rests on (see `nightly.decision_context`)."""
    if not path.is_file():
        raise KehuError(f"the list file {path.name} is missing", "kehu restore FILE")
    found = pq.read_schema(path).metadata or {}
    return {key.decode(): value.decode() for key, value in found.items() if key != b"ARROW:schema"}


def store(
    settings: Settings,
    connection: Connection,
    state: State,
    strategy: Strategy,
    night: date,
    context: dict[str, str],
    run_id: str,
) -> dict[str, Any]:
    """Freezes tonight's list: three files first, then their rows in state in one transaction."""
    name = list_id(strategy, night)
    listed, log = members(connection, strategy, night), assignments(connection, strategy, night)
    told = candidates(connection, strategy, night)
    list_path = settings.state / "lists" / f"{name}.parquet"
    log_path = settings.state / "assignments" / f"{night}_{strategy.experiment_id}.parquet"
    write(listed, list_path, context)
    write(told, pinned.candidate_path(settings, name), context)
    write(log, log_path, {})
    row = _list_row(settings, strategy, night, listed, list_path, context["model_version"], run_id)
    with state.transaction():
        state.insert("list_version", row, replace=True)
        state.insert("assignment_file", {
            "path": log_path.relative_to(settings.home).as_posix(), "experiment_id": strategy.experiment_id,
            "as_of_date": night, "row_count": log.num_rows, "sha256": files.sha256(log_path),
            "recorded_at": clock.stamp(),
        }, replace=True)  # fmt: skip
    show(connection, "list_member", pinned.LIST_MEMBER, listed, "list_id = ?", [name])
    show(
        connection,
        "candidate",
        pinned.CANDIDATE,
        told,
        "run_date = ? and strategy_id = ?",
        [night, strategy.id],
    )
    show(connection, "assignment", pinned.ASSIGNMENT, log, "experiment_id = ? and assigned_date = ?",
         [strategy.experiment_id, night])  # fmt: skip
    return row


def _list_row(
    settings: Settings, strategy: Strategy, night: date, listed: pa.Table, path: Path, model_version: str, run_id: str
) -> dict[str, Any]:
    contacted = sum(arm == "contact" for arm in listed["arm"].to_pylist())
    return {
        "list_id": list_id(strategy, night), "strategy_id": strategy.id, "strategy_version": strategy.version,
        "as_of_date": night, "row_count": listed.num_rows, "contact_count": contacted,
        "hold_count": listed.num_rows - contacted, "content_hash": content_hash(listed),
        "rule_hash": strategy.content_hash, "model_id": strategy.model_id,
        "model_version": model_version, "status": LIST_STATUS,
        "expires_date": night + timedelta(days=strategy.expires_days),
        "path": path.relative_to(settings.home).as_posix(), "tag_build_id": run_id,
        "recorded_at": clock.stamp(),
    }  # fmt: skip


def show(
    connection: Connection,
    table: str,
    columns: dict[str, str],
    rows: pa.Table,
    where: str,
    parameters: list[object],
) -> None:
    """Replaces these rows in the pinned table, so that the next strategy of the night sees them."""
    connection.execute(f"delete from state.{table} where {where}", parameters)
    connection.register("rows_now", rows)
    try:
        connection.execute(f"insert into state.{table} select {', '.join(columns)} from rows_now")
    finally:
        connection.unregister("rows_now")
