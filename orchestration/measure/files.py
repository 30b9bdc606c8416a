"""Measures anybody's experiment from two files: assignments and outcomes, CSV or Parquet."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc

from features import clock, warehouse
from features.errors import KehuError
from models.experiments.analyse import Context, analyse
from models.experiments.columns import quoted
from models.experiments.plan import Plan
from models.experiments.relation import Relation
from orchestration.measure.experiment_columns import Roles, check_metrics, day_text, numeric_columns, to_numbers
from orchestration.measure.experiment_files import read_table

UNIT, CELL = "unit_id", "__cell__"  # the second cannot meet a column of the user's
CONTROL_NAMES = ("control", "对照", "对照组")
POLICIES = ("model", "bau")
CONTACTED = ("1", "1.0", "true")
HELD = ("0", "0.0", "false")


def measure_files(
    assignments: Path,
    outcomes: Path,
    design: Literal["ab", "four_cell"] = "ab",
    control: str | None = None,
    metrics: Sequence[str] = (),
    covariate: str | None = None,
    ratio: str | tuple[str, str] | None = None,
    cluster: str | None = None,
    shares: Mapping[str, float] | None = None,
    time: str | None = None,
    mde: float | None = None,
    horizon: date | str | None = None,
    alpha: float = 0.05,
    as_of: date | None = None,
    reached: str | None = None,
) -> dict[str, Any]:
    """The answer of `kehu measure` on files; KehuError with one line for every broken input.

    `ratio` is "NUM/DEN". `as_of` decides whether the horizon has come: the last day of `time` where given, else today.
    """
    plan = Plan(
        design=design, control=control, covariate=covariate, ratio=split_ratio(ratio), cluster=cluster, shares=shares,
        time=time, mde=mde, horizon=_date(horizon, "--horizon"), alpha=alpha, reached=reached,
    )
    assigned, found = read_table(assignments), read_table(outcomes)
    _check_units(assigned, assignments)
    _check_units(found, outcomes)
    connection = warehouse.memory()
    try:
        for setting in ("preserve_insertion_order = true", "threads = 1"):  # sums in one order: the same bytes again
            connection.execute(f"SET {setting}")
        return _measure(connection, plan, assigned, found, (assignments, outcomes), tuple(metrics), as_of)
    finally:
        connection.close()


def split_ratio(ratio: str | tuple[str, str] | None) -> tuple[str, str] | None:
    """("NUM", "DEN") of "NUM/DEN"."""
    if ratio is None or isinstance(ratio, tuple):
        return ratio
    parts = tuple(part.strip() for part in ratio.split("/"))
    if len(parts) != 2 or not all(parts):
        raise KehuError(f"ratio '{ratio}' is not NUMERATOR/DENOMINATOR", "write for example --ratio spend/orders")
    return parts[0], parts[1]


def _measure(
    connection: Any, plan: Plan, assigned: pa.Table, found: pa.Table, paths: tuple[Path, Path],
    metrics: tuple[str, ...], as_of: date | None,
) -> dict[str, Any]:
    cells = _cells(plan, assigned, paths[0])
    roles = Roles.of(plan, assigned, found, paths)
    names, ignored = numeric_columns(found, roles, paths[1]) if not metrics else (metrics, [])
    check_metrics(names, plan, found, paths[1])
    table, empty = _joined_inputs(roles, names, assigned, found, paths)
    connection.register("assigned", table[0].append_column(CELL, cells))
    connection.register("found", table[1])
    missing, stray = _join(connection, names, roles, paths)
    days = [row[0] for row in connection.execute(f"SELECT max({quoted(plan.time)}) FROM units").fetchall()] if plan.time else []
    today = as_of or (date.fromisoformat(days[0]) if days and days[0] else clock.now().astimezone(clock.SHANGHAI).date())
    plan, notes = _usable_covariate(_with_metrics(plan, names, cells), roles, missing, paths)
    source = Relation(lambda sql: connection.execute(sql).fetchall(), "units", CELL)
    answer = analyse(source, plan, Context(today, missing))
    return answer | {
        "as_of": today.isoformat(), "unassigned_outcomes": stray, "empty_values": empty, "ignored_columns": ignored,
        "notes": notes,
    }


def _usable_covariate(plan: Plan, roles: Roles, missing: int, paths: tuple[Path, Path]) -> tuple[Plan, list[str]]:
    """Without the covariate when it is known only for units with an outcome row: adjusting by who has a row would
    adjust the effect away."""
    if plan.covariate is None or plan.covariate not in roles.found.numbers or not missing:
        return plan, []
    note = (
        f"covariate '{plan.covariate}' is not used: it stands in {paths[1].name}, where {missing} units have no row;"
        f" put it into {paths[0].name}"
    )
    return replace(plan, covariate=None), [note]


def _check_units(table: pa.Table, path: Path) -> None:
    """Every file names each unit once."""
    if UNIT not in table.column_names:
        raise KehuError(f"{path.name} has no column unit_id (it has {_some(table.column_names)})", "name the unit column unit_id")
    ids = table[UNIT]
    empty = pc.fill_null(pc.equal(ids, ""), True)
    if pc.any(empty).as_py():
        raise KehuError(f"{path.name}: row {pc.index(empty, True).as_py() + 2} has no unit_id", "fill it in or drop the row")
    counts = ids.value_counts()
    if len(counts) < len(ids):
        most = max(counts.to_pylist(), key=lambda entry: entry["counts"])
        raise KehuError(
            f"{path.name}: unit_id '{most['values']}' is there {most['counts']} times", "keep one row per unit"
        )


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(names[:8])
    return shown + (", …" if len(names) > 8 else "")


def _cells(plan: Plan, assigned: pa.Table, path: Path) -> pa.Array:
    """The arm, or the four cell's name, of every assignment row."""
    names = ("arm",) if plan.design == "ab" else ("policy", "contact")
    named: dict[tuple[str, ...], str] = {}
    cells = []
    for row, values in enumerate(zip(*(_texts(assigned, name, path) for name in names), strict=True)):
        if values not in named:
            named[values] = _arm(values[0], row, path) if plan.design == "ab" else _cell(values[0], values[1], row, path)
        cells.append(named[values])
    return pa.array(cells, pa.string())


def _texts(table: pa.Table, name: str, path: Path) -> list[str]:
    if name not in table.column_names:
        raise KehuError(f"{path.name} has no column {name} (it has {_some(table.column_names)})", f"add the column {name}")
    text = pc.fill_null(pc.cast(table[name], pa.string()), "")
    return list(pc.utf8_trim_whitespace(text).to_pylist())


def _arm(value: str, row: int, path: Path) -> str:
    if not value:
        raise KehuError(f"{path.name}: row {row + 2} has no arm", "fill it in or drop the unit")
    return value


def _cell(policy: str, contact: str, row: int, path: Path) -> str:
    if policy not in POLICIES:
        raise KehuError(f"{path.name}: row {row + 2} has policy '{policy}'", "use model or bau")
    part = "unlisted" if not contact else "contacted" if contact.lower() in CONTACTED else "held" if contact.lower() in HELD else ""
    if not part:
        raise KehuError(f"{path.name}: row {row + 2} has contact '{contact}'", "use 1, 0 or nothing")
    return f"{policy}_{part}"


def _joined_inputs(
    roles: Roles, names: Sequence[str], assigned: pa.Table, found: pa.Table, paths: tuple[Path, Path]
) -> tuple[tuple[pa.Table, pa.Table], dict[str, int]]:
    """Both tables with numbers as doubles and days as text, and the empty cells counted per metric."""
    tables, empty = [], {}
    for table, path, wanted in ((assigned, paths[0], roles.assigned), (found, paths[1], roles.found)):
        columns = {UNIT: table[UNIT]}
        numbers = [*wanted.numbers, *(roles.metrics(names) if table is found else [])]
        for name in dict.fromkeys(numbers):
            columns[name] = to_numbers(table, name, path)
            if table is found and name in roles.metrics(names):
                empty[name] = columns[name].null_count
        for name in wanted.texts:
            columns[name] = table[name]
        for name in wanted.days:
            columns[name] = day_text(table, name, path)
        tables.append(pa.table(columns))
    return (tables[0], tables[1]), empty


def _join(connection: Any, names: Sequence[str], roles: Roles, paths: tuple[Path, Path]) -> tuple[int, int]:
    """Table `units`: every assigned unit with its outcomes; counts of units without one and outcomes without a unit."""
    wanted = [f"a.{quoted(name)}" for name in roles.assigned.names] + [f"o.{quoted(name)}" for name in roles.found_names(names)]
    _check_apart([*roles.assigned.names, *roles.found_names(names)], paths)
    connection.execute(
        f"CREATE TABLE units AS SELECT a.{CELL}, o.unit_id IS NULL AS __missing__{''.join(', ' + text for text in wanted)}"
        " FROM assigned AS a LEFT JOIN found AS o ON a.unit_id = o.unit_id ORDER BY a.unit_id"
    )
    units, missing = connection.execute("SELECT count(*), count(*) FILTER (__missing__) FROM units").fetchall()[0]
    outcomes = connection.execute("SELECT count(*) FROM found").fetchall()[0][0]
    for name in (*roles.assigned.texts, *roles.found.texts, *roles.assigned.days, *roles.found.days):
        unknown = connection.execute(f"SELECT count(*) FROM units WHERE {quoted(name)} IS NULL").fetchall()[0][0]
        if unknown and missing < units:
            raise KehuError(f"{unknown} units have no value of '{name}'", f"give every unit its {name} in {paths[0].name}")
    if missing == units:
        raise KehuError(f"no unit_id of {paths[1].name} is in {paths[0].name}", "use the same ids in both files")
    return int(missing), int(outcomes - (units - missing))


def _check_apart(names: Sequence[str], paths: tuple[Path, Path]) -> None:
    """Names of the two files may not differ by case only: the database would take them for one."""
    folded = [name.casefold() for name in names]
    twice = [name for at, name in enumerate(names) if name.casefold() in folded[:at]]
    if twice:
        raise KehuError(f"'{twice[0]}' of {paths[1].name} meets a column of {paths[0].name}", "rename one of them")


def _with_metrics(plan: Plan, names: Sequence[str], cells: pa.Array) -> Plan:
    """The plan with its metrics, and the control arm where its name says so."""
    arms = set(cells.unique().to_pylist())
    named = [name for name in CONTROL_NAMES if name in arms]
    control = plan.control or (named[0] if plan.design == "ab" and len(named) == 1 else None)
    return replace(plan, metrics=tuple(names), control=control)


def _date(value: date | str | None, option: str) -> date | None:
    if value is None or isinstance(value, date):
        return value
    try:
        return date.fromisoformat(value)
    except ValueError as broken:
        raise KehuError(f"{option} '{value}' is no date", "write it as 2026-01-31") from broken

