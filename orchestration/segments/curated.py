"""Lists of customers made by people: imported with reasons for every reject, in effect until they expire."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import TypeAdapter, ValidationError

from features import clock, export_log, files, selection
from features.errors import KehuError
from features.settings import Settings
from features.state import State
from features.warehouse import Connection
from orchestration.segments.contract import Identifier

if TYPE_CHECKING:
    import pandas as pd

SET = "curated"
COLUMN = "customer_id"
SHOWN_REJECTS = 20


def import_list(settings: Settings, state: State, file: Path, segment_id: str, owner: str, expires: date,
                name_zh: str = "", name_en: str = "") -> dict[str, Any]:
    """Takes a list over; `{segment_id, version, read, loaded, rejected, rejects, effective_date, …}`.

    It holds from the night after the one in service, a new version of a list replaces the former then.
    """
    _check_id(segment_id)
    if not owner.strip():
        raise KehuError("a list without an owner answers to nobody", "--owner NAME")
    ids = _ids(file)
    loaded, rejects = _judged(settings, ids)
    effective = _effective_date(state)
    if expires <= effective:
        raise KehuError(f"--expires {expires} is not after {effective}, the first night of the list", "give a later date")
    if not loaded:
        raise KehuError(f"{file.name}: none of its {len(ids)} rows names a customer in service", _first(rejects))
    with state.transaction():  # of two imports at once one waits: they must not write one version's file
        version = _keep(settings, state, segment_id, loaded, {
            "name_zh": name_zh or segment_id, "name_en": name_en or segment_id, "owner": " ".join(owner.split()),
            "who": export_log.user(), "effective_date": effective, "expires_date": expires, "rows_read": len(ids),
            "rows_loaded": len(loaded), "rows_rejected": len(rejects)})
    return {"segment_id": segment_id, "version": version, "read": len(ids), "loaded": len(loaded), "rejected": len(rejects),
            "rejects": rejects[:SHOWN_REJECTS], "effective_date": effective, "expires_date": expires, "owner": " ".join(owner.split())}


def _keep(settings: Settings, state: State, segment_id: str, loaded: set[str], row: dict[str, Any]) -> int:
    """Writes the ids as the next version of the list; its number."""
    last = state.one("select max(version) as n from segment_list where segment_id = ?", [segment_id]) or {}
    version = int(str(last.get("n") or 0)) + 1
    path = settings.state / "segments" / f"{segment_id}-v{version}.parquet"
    with files.atomic(path) as temporary:
        pq.write_table(pa.table({COLUMN: pa.array(sorted(loaded), pa.string())}), temporary, compression="zstd")
    state.insert("segment_list", {"segment_id": segment_id, "version": version, **row, "sha256": files.sha256(path),
                                  "path": path.relative_to(settings.home).as_posix(), "recorded_at": clock.stamp()})
    return version


def _check_id(segment_id: str) -> None:
    try:
        TypeAdapter(Identifier).validate_python(segment_id)
    except ValidationError as wrong:
        raise KehuError(f"--id '{segment_id}' is no identifier", "small letters, digits and _, a letter first") from wrong


def _ids(file: Path) -> list[str]:
    """The ids of a csv, xlsx or parquet file, as text, in its order."""
    reader = READERS.get(file.suffix.lower())
    if reader is None:
        raise KehuError(f"{file.name} has no known ending", "give a .csv, .xlsx or .parquet file")
    if not file.is_file():
        raise KehuError(f"there is no file {file}", "name the list's file")
    try:
        frame = reader(file)
    except (ValueError, OSError, KeyError, pa.ArrowException) as broken:
        raise KehuError(f"{file.name} cannot be read: {str(broken).splitlines()[0]}", "save it again") from broken
    if COLUMN not in frame.columns:
        raise KehuError(f"{file.name} has no column {COLUMN}", f"name the column of the customer ids {COLUMN}")
    if list(frame.columns).count(COLUMN) > 1 or f"{COLUMN}.1" in frame.columns:  # so pandas calls a name's second column
        raise KehuError(f"{file.name} has the column {COLUMN} twice", "keep the one with the customer ids")
    return ["" if value is None or value != value else str(value).strip() for value in frame[COLUMN]]


def _read_csv(path: Path) -> "pd.DataFrame":
    import pandas as pd

    text = path.read_bytes()
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text.decode(encoding)
        except UnicodeDecodeError:
            continue
        return pd.read_csv(path, dtype=str, keep_default_na=False, skip_blank_lines=False, encoding=encoding)
    raise KehuError(f"{path.name} is neither UTF-8 nor GB18030", "save it as UTF-8")


def _read_excel(path: Path) -> "pd.DataFrame":
    import pandas as pd

    return pd.read_excel(path, dtype=str, keep_default_na=False)


def _read_parquet(path: Path) -> "pd.DataFrame":
    return pq.read_table(path).to_pandas()


READERS: dict[str, Callable[[Path], "pd.DataFrame"]] = {".csv": _read_csv, ".xlsx": _read_excel, ".parquet": _read_parquet}


def _judged(settings: Settings, ids: list[str]) -> tuple[set[str], list[dict[str, Any]]]:
    """The ids that are taken, and `{line, customer_id, reason}` of the others; line 2 is the first row of a file."""
    with selection.snapshot(settings) as found:
        known = dict(found.connection.execute(f"select customer_id, coalesce(is_minor, false) from {found.relation}").fetchall())
    loaded: set[str] = set()
    rejects = []
    for line, customer in enumerate(ids, start=2):
        reason = _reason(customer, loaded, known)
        if reason:
            rejects.append({"line": line, COLUMN: customer, "reason": reason})
        else:
            loaded.add(customer)
    return loaded, rejects


def _reason(customer: str, loaded: set[str], known: Mapping[str, bool]) -> str | None:
    if not customer:
        return "the id is empty"
    if customer in loaded:
        return "there twice"
    if customer not in known:
        return "no such customer"
    return "a minor" if known[customer] else None


def _first(rejects: list[dict[str, Any]]) -> str:
    return f"line {rejects[0]['line']}: {rejects[0]['reason']}" if rejects else "the file has no rows"


def _effective_date(state: State) -> date:
    """The day after the newest night that was published or is under way: nights that were decided stay as they are."""
    row = state.one("select max(d) as d from (select to_date as d from night where status in ('published', 'running')"
                    " union all select as_of_date from build)") or {}
    if not row.get("d"):
        raise KehuError("nothing is published in this home yet", "kehu nightly")
    return date.fromisoformat(str(row["d"])) + timedelta(days=1)


def lists_on(state: State, day: date) -> list[dict[str, Any]]:
    """The lists in effect on a date: the newest version of each that had begun, unless it has expired."""
    rows = state.rows("select * from segment_list where effective_date <= ? order by segment_id, version", [day.isoformat()])
    newest = {str(row["segment_id"]): row for row in rows}
    return [row for row in newest.values() if str(row["expires_date"]) > day.isoformat()]


def insert_members(settings: Settings, connection: Connection, state: State, day: date) -> None:
    """Adds the members of all lists in effect to `member_now`; ids that are no customers on that day are left out."""
    for row in lists_on(state, day):
        path = settings.home / str(row["path"])
        if not path.is_file() or files.sha256(path) != row["sha256"]:
            raise KehuError(f"the list {path.name} is missing or was changed", "kehu restore FILE, or import it again")
        connection.execute(
            "insert into member_now select ?, ?, ?, ?, ?, t.customer_id, true, ? from tags.customer_tags_all as t"
            " semi join read_parquet(?) as l on l.customer_id = t.customer_id where t.as_of_date = ?",
            [day, SET, row["segment_id"], str(row["version"]), "curated", f"list:{path.stem}", str(path), day])
