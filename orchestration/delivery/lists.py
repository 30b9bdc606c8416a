"""Frozen lists as people use them: what there is, what is on one, out to a file, and made again."""

from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from features import export_log, files, store, warehouse
from features.audience.export import ENDINGS, write_frame
from features.errors import CheckFailed, KehuError
from features.settings import Settings
from features.state import State, opened
from orchestration import strategy
from orchestration.delivery import recheck
from orchestration.strategy import freeze, pinned

COLUMNS = ("list_id", "strategy_id", "as_of_date", "customer_id", "channel_id", "product_id", "script_id",
           "segment_id", "rank", "expires_date")  # fmt: skip


def listing(settings: Settings, strategy_id: str | None = None) -> list[dict[str, Any]]:
    """Newest last: `{list_id, strategy_id, as_of_date, rows, contact_count, hold_count, hash, status, …}`."""
    today = _business_date(settings)
    with opened(settings) as state:
        rows = state.rows("select * from list_version order by as_of_date, list_id")
    return [{
        "list_id": row["list_id"], "strategy_id": row["strategy_id"], "version": row["strategy_version"],
        "as_of_date": row["as_of_date"], "rows": row["row_count"], "contact_count": row["contact_count"],
        "hold_count": row["hold_count"], "hash": row["content_hash"],
        "status": "expired" if today and str(row["expires_date"]) < today.isoformat() else row["status"],
        "expires_date": row["expires_date"], "model_version": row["model_version"],
    } for row in rows if strategy_id in (None, row["strategy_id"])]  # fmt: skip


def _business_date(settings: Settings) -> date | None:
    """The date of the build in service: lists age by business dates, not by the wall clock."""
    if warehouse.current_build(settings) is None:
        return None
    return date.fromisoformat(store.build_json(settings)["as_of_date"])


def show(settings: Settings, list_id: str) -> dict[str, Any]:
    """One list: its item, customers by cell, and why the others of the audience are not on it."""
    found = next((item for item in listing(settings) if item["list_id"] == list_id), None)
    if found is None:
        raise KehuError(f"no list '{list_id}'", "kehu lists list")
    with opened(settings) as state:
        members = _members(settings, state, list_id)
    told = pq.read_table(pinned.candidate_path(settings, list_id), columns=["block_reason"])
    left_out = Counter(told["block_reason"].to_pylist())
    return {**found, "cells": dict(sorted(Counter(row["cell"] for row in members).items())),
            "audience": told.num_rows, "left_out": {k: n for k, n in sorted(left_out.items(), key=str) if k}}  # fmt: skip


def _members(settings: Settings, state: State, list_id: str) -> list[dict[str, Any]]:
    """All rows of the frozen file, held ones too, after its hash was compared."""
    row = state.one("select path, content_hash from list_version where list_id = ?", [list_id])
    if row is None:
        raise KehuError(f"no list '{list_id}'", "kehu lists list")
    path = settings.home / str(row["path"])
    if not path.is_file():
        raise CheckFailed(f"the file of list {list_id} is missing", "kehu restore FILE")
    table = pq.read_table(path)
    if freeze.content_hash(table) != row["content_hash"]:
        raise CheckFailed(f"the frozen list {list_id} was changed since it was made", "kehu restore FILE")
    rows: list[dict[str, Any]] = table.to_pylist()
    return rows


def export(
    settings: Settings, list_id: str, out: Path, purpose: str = "campaign execution"
) -> dict[str, Any]:
    """Writes the rows to contact, never a held one; who may no longer be contacted is withheld with a reason.

    Consent, do-not-contact, complaints, age, suitability and caps are looked up again in the build in service.
    `{list_id, rows, withheld: {reason: n}, build_id, sha256, path}`. An expired list is refused.
    """
    if out.suffix.lower() not in ENDINGS:
        raise KehuError(f"{out.name} is none of {', '.join(ENDINGS)}", "name the file by the format you want")
    settings.refuse_own(out, settings.exports)
    with opened(settings) as state:
        return _export(settings, state, list_id, out, purpose)


def _export(settings: Settings, state: State, list_id: str, out: Path, purpose: str) -> dict[str, Any]:
    members = _members(settings, state, list_id)
    row = state.one("select * from list_version where list_id = ?", [list_id])
    assert row is not None
    _refuse_stale(settings, list_id, str(row["as_of_date"]), str(row["expires_date"]))
    to_contact = [member for member in members if member["arm"] == "contact"]
    reasons = recheck.reasons(settings, state, row, [member["customer_id"] for member in to_contact])
    kept = [member for member in to_contact if member["customer_id"] not in reasons]
    build_id = warehouse.current_build(settings) or ""
    with files.atomic(out.absolute()) as temporary:
        write_frame(_frame(kept), temporary, out.suffix.lower(), date.fromisoformat(str(row["as_of_date"])))
        digest = files.sha256(temporary)
        # The entry comes first: a file that could not be logged never gets its name.
        export_log.append(state, "list", purpose, list_id, build_id, len(kept), digest, str(out))
    with state.transaction() as connection:
        connection.execute("update list_version set status = 'exported' where list_id = ?", [list_id])
    return {"list_id": list_id, "rows": len(kept), "withheld": dict(sorted(Counter(reasons.values()).items())),
            "build_id": build_id, "sha256": digest, "path": str(out)}  # fmt: skip


def _frame(members: list[dict[str, Any]]) -> Any:
    """The rows with dates as ISO text, which every format and CRM reads alike."""
    import pandas as pd

    return pd.DataFrame(
        [[v.isoformat() if isinstance(v, date) else v for v in (member[name] for name in COLUMNS)] for member in members],
        columns=list(COLUMNS),
    )


def _refuse_stale(settings: Settings, list_id: str, as_of_date: str, expires_date: str) -> None:
    today = _business_date(settings)
    if today is None or today.isoformat() < as_of_date:
        raise KehuError(f"the night of list {list_id} is not published", "kehu nightly")
    if expires_date < today.isoformat():
        raise KehuError(f"list {list_id} expired on {expires_date}", "use a newer list: kehu lists list")


def replay(settings: Settings, list_id: str) -> dict[str, Any]:
    """Makes the list again from history and compares hashes, also while a night runs (see `replaying.replay`)."""
    with opened(settings) as state:
        return strategy.replay(settings, state, list_id)
