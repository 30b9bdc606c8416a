"""The profile frames that expectations look at: rows per entity and night, score shape per model and night."""

from datetime import date

import numpy as np
import pandas as pd

from features import warehouse
from features.settings import Settings
from features.state import State

NIGHTS = 28
SAMPLE = 200_000
BINS = 10


def landing(state: State, night: date) -> pd.DataFrame:
    """One row per entity that arrived: `rows_loaded, reject_rate, ratio` to the median of its last nights."""
    rows = pd.DataFrame(state.rows(
        "select entity, night, sum(rows_read) as rows_read, sum(rows_loaded) as rows_loaded,"
        " sum(rows_rejected) as rows_rejected from ingest_file where status <> 'duplicate' and is_history = 0"
        " and night <= ? group by entity, night order by entity, night", [night.isoformat()]))
    if rows.empty:
        return pd.DataFrame({"entity": [], "rows_loaded": [], "reject_rate": [], "ratio": []})
    today = rows[rows["night"] == night.isoformat()].set_index("entity")
    before = rows[rows["night"] < night.isoformat()].groupby("entity").tail(NIGHTS)
    usual = before.groupby("entity")["rows_loaded"].median()
    frame = today[["rows_loaded"]].astype(float)
    frame["reject_rate"] = today["rows_rejected"] / today["rows_read"].clip(lower=1)
    frame["ratio"] = (frame["rows_loaded"] / usual.reindex(frame.index)).astype(float)
    return frame.reset_index()


def scores(settings: Settings, night: date) -> pd.DataFrame:
    """One row per model scored that night: `lowest, highest, null_rate, psi` against its former decision date."""
    with warehouse.build(settings) as connection:
        models = [r[0] for r in connection.execute(
            "select distinct model_id from state.model_score where as_of_date = ? and label is null order by 1",
            [night]).fetchall()]
        rows = [_score_row(connection, model, night) for model in models]
    return pd.DataFrame(rows, columns=["model_id", "rows", "lowest", "highest", "null_rate", "psi"])


def _score_row(connection: warehouse.Connection, model_id: str, night: date) -> dict[str, object]:
    now = _sample(connection, model_id, night)
    former = connection.execute("select max(as_of_date) from state.model_score where model_id = ? and as_of_date < ?",
                                [model_id, night]).fetchone()
    before = _sample(connection, model_id, former[0]) if former and former[0] else np.array([])
    clean = now[~np.isnan(now)]
    return {"model_id": model_id, "rows": len(now), "lowest": clean.min(initial=np.inf),
            "highest": clean.max(initial=-np.inf), "null_rate": float(np.isnan(now).mean()) if len(now) else 1.0,
            "psi": psi(before, clean) if len(before) else 0.0}


def _sample(connection: warehouse.Connection, model_id: str, day: date) -> np.ndarray:
    """At most SAMPLE scores, chosen by customer id: the same ones every time."""
    return connection.execute(
        "select score from state.model_score where model_id = ? and as_of_date = ? order by sha256(customer_id)"
        f" limit {SAMPLE}", [model_id, day]).df()["score"].to_numpy(dtype=float)


def psi(before: np.ndarray, now: np.ndarray) -> float:
    """Population stability index over deciles of `before`; 0.1 is worth a look, 0.25 a drift."""
    edges = np.unique(np.quantile(before, np.linspace(0, 1, BINS + 1)[1:-1]))
    shares = [np.bincount(np.searchsorted(edges, x), minlength=len(edges) + 1) / len(x) for x in (before, now)]
    old, new = (np.clip(s, 1e-4, None) for s in shares)
    return float(((new - old) * np.log(new / old)).sum())
