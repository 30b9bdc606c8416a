"""SQL that turns delivered values into the contract's types, and says why a row cannot be."""

import pyarrow as pa

from orchestration.ingest.content import Unacceptable
from orchestration.ingest.contract import TECHNICAL, Column, Entity

WORDING = {
    "id": "text", "str": "text", "date": "a date YYYY-MM-DD", "timestamp": "a timestamp YYYY-MM-DD HH:MM:SS",
    "bool": "0 or 1", "int": "a whole number", "dec": "an amount with at most two decimals and 16 digits before them",
    "double": "a number", "yyyymmdd": "a date YYYYMMDD", "yymmdd": "a date YYMMDD", "yymmdd_time": "a date YYMMDD 00:00:00",
}
FROM_TEXT = {
    "id": "{c}",
    "str": "{c}",
    "date": "case when {c} like '____-__-__' then try_cast({c} as date) end",
    "timestamp": "case when {c} like '____-__-__ __:__:__' then try_cast({c} as timestamp) end",
    "bool": "case {c} when '1' then true when '0' then false end",
    "int": "case when regexp_full_match({c}, '-?[0-9]+') then try_cast({c} as integer) end",
    "dec": "case when regexp_full_match({c}, '-?[0-9]+([.][0-9]{{1,2}})?') then try_cast({c} as decimal(18,2)) end",
    "double": "case when regexp_full_match({c}, '-?[0-9]+([.][0-9]+)?([eE][+-]?[0-9]+)?')"
              " and isfinite(try_cast({c} as double)) then try_cast({c} as double) end",
    "yyyymmdd": "case when regexp_full_match({c}, '[0-9]{{8}}')"
                " then try_cast(try_strptime({c}, '%Y%m%d') as date) end",
    "yymmdd": "case when regexp_full_match({c}, '[0-9]{{6}}')"
              " then try_cast(try_strptime('19' || {c}, '%Y%m%d') as date) end",
    "yymmdd_time": "case when regexp_full_match({c}, '[0-9]{{6}} [0-9:]{{8}}')"
                   " and try_strptime('19' || {c}, '%Y%m%d %H:%M:%S') is not null then {c} end",
}
BUSINESS_DATE = {
    "date": "{c}", "yyyymmdd": "{c}", "yymmdd": "{c}", "timestamp": "cast({c} as date)",
    "yymmdd_time": "cast(try_strptime('19' || left({c}, 6), '%Y%m%d') as date)",
}


def raw_value(column: Column, schema: pa.Schema | None) -> str:
    """The delivered value, null where the contract calls it empty (empty text always is)."""
    value = quoted(column.name)
    if schema is not None and _is_text(schema.field(column.name).type):
        value = f"nullif({value}, '')"
    if column.null_values:
        return f"(case when {value} in ({_texts(column.null_values)}) then null else {value} end)"
    return value


def in_contract(entity: Entity, relation: str) -> str:
    """SQL of the accepted rows of a relation that may have been written before the contract had all its columns."""
    return f"{no_rows(entity)} union all by name select * from {relation}"


def no_rows(entity: Entity) -> str:
    """SQL of no rows with the contract's columns and the technical ones."""
    types = {column.name: column.sql_type for column in entity.columns} | TECHNICAL
    return "select " + ", ".join(f"cast(null as {kind}) as {quoted(name)}" for name, kind in types.items()) + " where false"


def quoted(name: str) -> str:
    return '"' + name + '"'


def _texts(values: tuple[str, ...]) -> str:
    return ", ".join("'" + value.replace("'", "''") + "'" for value in values)


def typed(column: Column, schema: pa.Schema | None) -> str:
    """SQL of the typed value: null where it is empty or not of the type."""
    if schema is None or _is_text(schema.field(column.name).type):
        return FROM_TEXT[column.type].format(c=raw_value(column, schema))
    return _from_arrow(column, schema.field(column.name).type)


def _is_text(arrow: pa.DataType) -> bool:
    return bool(pa.types.is_string(arrow) or pa.types.is_large_string(arrow) or pa.types.is_string_view(arrow))


def _from_arrow(column: Column, arrow: pa.DataType) -> str:
    """Typed Parquet columns: only casts that lose nothing."""
    kinds, value, types = column.type, quoted(column.name), pa.types
    if types.is_null(arrow):
        return f"cast(null as {column.sql_type})"
    is_whole, is_float = types.is_integer(arrow), types.is_floating(arrow)
    if kinds == "bool" and is_whole:
        return f"case {value} when 1 then true when 0 then false end"
    if kinds == "int" and is_float:
        return f"case when {value} = trunc({value}) then try_cast({value} as integer) end"
    if kinds == "dec" and types.is_decimal(arrow):
        return f"case when try_cast({value} as decimal(18,2)) = {value} then try_cast({value} as decimal(18,2)) end"
    fits = {
        "date": types.is_date(arrow), "timestamp": types.is_timestamp(arrow), "bool": types.is_boolean(arrow),
        "int": is_whole, "dec": is_whole, "double": is_whole or is_float or types.is_decimal(arrow),
    }
    if not fits.get(kinds, False):
        raise Unacceptable(f"column {column.name} is {arrow} in the file, the contract wants {column.sql_type}")
    return f"try_cast({value} as {column.sql_type})"


def reason(entity: Entity) -> str:
    """SQL of the first fault of a row over `r` (delivered) and `p` (typed); null when there is none."""
    tests = [test for column in entity.columns for test in _tests(column)]
    return "case " + " ".join(f"when {condition} then {text}" for condition, text in tests) + " end"


def _tests(column: Column) -> list[tuple[str, str]]:
    name, raw, value = column.name, quoted("r_" + column.name), quoted(column.name)
    shown = f"'{name}: ''' || left(cast({raw} as varchar), 60) || ''''"
    tests = [(f"{raw} is not null and {value} is null", f"{shown} || ' is not {WORDING[column.type]}'")]
    if column.is_required:
        tests.insert(0, (f"{raw} is null", f"'{name}: empty, but required'"))
    if column.type == "id":
        tests.append((f"{value} <> trim({value})", f"{shown} || ' has blanks around the id'"))
    if column.values:
        allowed = ", ".join(column.values).replace("'", "''")
        tests.append((f"{value} not in ({_texts(column.values)})", f"{shown} || ' is not one of {allowed}'"))
    if column.above is not None:
        tests.append((f"{value} <= {column.above}", f"{shown} || ' is not above {column.above}'"))
    return tests


def business_date(entity: Entity) -> str | None:
    """SQL of the row's own business date; None for undated entities."""
    if entity.business_date is None:
        return None
    column = entity.column(entity.business_date)
    return BUSINESS_DATE[column.type].format(c=quoted(column.name))
