"""The long score table: one sorted Parquet file per model and date, and the view that shows them as one table."""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from features import clock, files
from features.errors import KehuError
from features.settings import Settings
from features.state import State
from features.training_set import Connection

TYPES = {"model_id": "VARCHAR", "version": "VARCHAR", "customer_id": "VARCHAR", "as_of_date": "DATE",
         "score": "DOUBLE", "decile": "INTEGER", "label": "VARCHAR"}
SCORED_ON = b"scored_on"


def path_of(settings: Settings, model_id: str, as_of_date: date) -> Path:
    """Where the scores of one model and date lie."""
    return settings.state / "scores" / f"{as_of_date}_{model_id}.parquet"


def deciles(scores: np.ndarray) -> np.ndarray:
    """1 = the best-scored tenth … 10; ties keep the order of the rows (sorted by customer)."""
    places = np.empty(len(scores), dtype=np.int64)
    places[np.argsort(-scores, kind="stable")] = np.arange(len(scores))
    return (10 * places // max(len(scores), 1) + 1).astype(np.int32)


def table(model_id: str, version: str, as_of_date: date, customer_ids: pa.ChunkedArray, scores: np.ndarray,
          segment_ids: Sequence[str] = ()) -> pa.Table:
    """Rows sorted by customer; with segments the score is a position and the label its id, else there are deciles."""
    rows = len(scores)
    labels = pa.array(np.array(segment_ids)[scores.astype(int)]) if segment_ids else pa.nulls(rows, pa.string())
    tenths = pa.nulls(rows, pa.int32()) if segment_ids else pa.array(deciles(scores))
    found = pa.table({
        "model_id": pa.repeat(model_id, rows), "version": pa.repeat(version, rows), "customer_id": customer_ids,
        "as_of_date": repeated(as_of_date, rows),
        "score": pa.array(scores.astype(np.float64)), "decile": tenths, "label": labels.cast(pa.string())})
    return found.sort_by("customer_id")


def repeated(as_of_date: date, rows: int) -> pa.Array:
    """A column of one date."""
    return pa.repeat(pa.scalar(as_of_date, pa.date32()), rows)


def write(settings: Settings, state: State, scores: pa.Table, model_id: str, version: str, as_of_date: date,
          scored_on: date) -> Path:
    """Puts one file in place and lists it in state; `scored_on` differs from the date when older scores stand in."""
    path = path_of(settings, model_id, as_of_date)
    marked = scores.replace_schema_metadata({SCORED_ON: scored_on.isoformat().encode()})
    with files.atomic(path) as temporary:
        pq.write_table(marked, temporary, compression="zstd")
    state.insert("score_file", {
        "path": path.relative_to(settings.home).as_posix(), "model_id": model_id, "version": version,
        "as_of_date": as_of_date, "row_count": scores.num_rows, "sha256": files.sha256(path),
        "recorded_at": clock.stamp()}, replace=True)
    return path


def former(settings: Settings, state: State, model_id: str, as_of_date: date) -> tuple[pa.Table, str, date] | None:
    """The newest scores of a model up to a date: (rows, version, the date they were computed for)."""
    found = state.one("select path, version from score_file where model_id = ? and as_of_date <= ? "
                      "order by as_of_date desc limit 1", [model_id, as_of_date.isoformat()])
    if found is None or not (settings.home / str(found["path"])).is_file():
        return None
    rows = pq.read_table(settings.home / str(found["path"]))
    return rows, str(found["version"]), date.fromisoformat(rows.schema.metadata[SCORED_ON].decode())


def forget(settings: Settings, state: State, as_of_date: date, kept: Sequence[str]) -> None:
    """Removes scores of a date by models that gave none this time (unplugged since an earlier run of the night)."""
    for row in state.rows("select path, model_id from score_file where as_of_date = ?", [as_of_date.isoformat()]):
        if row["model_id"] not in kept:
            with state.transaction() as connection:
                connection.execute("delete from score_file where path = ?", [row["path"]])
            (settings.home / str(row["path"])).unlink(missing_ok=True)


def champions(settings: Settings, state: State) -> list[dict[str, str]]:
    """{model_id, version, tag_id, value_type} of each plugged model with a champion: the columns of the wide table.

    A text tag's value is `label` in state.model_score, a number's is `score`.
    """
    rows = state.rows(
        "select a.model_id, a.version from model_alias a where a.alias = 'champion' and (select action from model_event e "
        "where e.model_id = a.model_id and action in ('plugged', 'unplugged') order by id desc limit 1) = 'plugged' "
        "order by a.model_id")
    return [{"model_id": str(row["model_id"]), "version": str(row["version"]),
             **_output_tag(settings, str(row["model_id"]), str(row["version"]))} for row in rows]


def _output_tag(settings: Settings, model_id: str, version: str) -> dict[str, str]:
    card = settings.artefacts / model_id / version / "model_version.json"
    if not card.is_file():
        raise KehuError(f"the artefact of {model_id} {version} is missing", f"kehu models train {model_id}, or kehu restore")
    tag = json.loads(card.read_text(encoding="utf-8"))["manifest"]["output_tag"]
    return {"tag_id": tag["id"], "value_type": tag["value_type"]}


def tags_sql(champions: Sequence[Mapping[str, str]]) -> str:
    """SELECT over tags.customer_tags_all as t with one more column per champion: its score or label of the row's date."""
    columns, joins = "", ""
    for number, model in enumerate(champions):
        columns += f", m{number}.{'label' if model['value_type'] == 'text' else 'score'} as {model['tag_id']}"
        joins += (f" left join state.model_score m{number} on m{number}.customer_id = t.customer_id"
                  f" and m{number}.as_of_date = t.as_of_date and m{number}.model_id = '{model['model_id']}'")
    return f"select t.*{columns} from tags.customer_tags_all t{joins}"


def score_table(connection: Connection, settings: Settings, state: State) -> int:
    """Creates the view `state.model_score` over all listed files (typed and empty when none); returns their number."""
    paths = [settings.home / str(row["path"]) for row in state.rows("select path from score_file order by path")]
    for path in paths:
        if not path.is_file():
            raise KehuError(f"the score file {path.name} is listed in state.db but missing", "kehu restore FILE")
    listed = ", ".join("'" + str(path).replace("'", "''") + "'" for path in paths)
    source = f"from read_parquet([{listed}])" if paths else "where false"
    columns = ", ".join(f'{name if paths else "null"}::{kind} as {name}' for name, kind in TYPES.items())
    connection.execute("create schema if not exists state")
    if connection.execute("select 1 from information_schema.tables where table_schema = 'state' and "
                          "table_name = 'model_score' and table_type = 'BASE TABLE'").fetchall():
        connection.execute("drop table state.model_score")
    connection.execute(f"create or replace view state.model_score as select {columns} {source}")
    return len(paths)
