"""Engine-specific SQL lives in macros/engine only: a lint over the syntax tree of every compiled dbt model.

Each engine macro is replaced by a call `engine_<name>()` before dbt compiles, so what is left must run on both engines.
"""

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
import sqlglot
from dbt.cli.main import dbtRunner
from sqlglot import exp

PROJECT = Path(__file__).resolve().parents[2] / "dbt_project"
REFUSED_NODES: dict[type[exp.Expression], str] = {
    exp.DateDiff: "date_diff: use days_between()",
    exp.SHA: "a hash: use bucket()",
    exp.SHA2: "a hash: use bucket()",
    exp.MD5: "a hash: use fingerprint() or bucket()",
    exp.RegexpReplace: "a regular expression",
    exp.RegexpExtract: "a regular expression",
    exp.RegexpLike: "a regular expression",
    exp.RegexpFullMatch: "a regular expression",
    exp.Concat: "concat(): use || with coalesce",
    exp.IntDiv: "//",
    exp.TimeToStr: "strftime",
    exp.StrToTime: "strptime",
    exp.Struct: "a struct",
    exp.Split: "string_split",
    exp.ArrayToString: "array_to_string",
    exp.ArraySize: "len of a list",
    exp.Unnest: "unnest",
    exp.Explode: "unnest",
    exp.GenerateSeries: "generate_series",
    exp.DayOfWeek: "dayofweek: its base differs",
    exp.AnyValue: "any_value: which one it takes is left to chance",
    exp.Mode: "mode: ties are left to chance",
}
REFUSED_NAMES = {
    "hash",
    "epoch",
    "epoch_ms",
    "make_date",
    "to_days",
    "to_months",
    "list_sort",
    "list_position",
    "list_contains",
    "list_distinct",
    "array_length",
    "string_split",
    "printf",
    "format",
    "isodow",
    "datediff",
    "date_sub",
    "add_months",
}


# max_by and min_by take any of the rows that share a key: the key has to name one row.
ONE_ROW_KEYS = {"place", "as_of_date"}


def _masked(macro: re.Match[str]) -> str:
    return f"{macro['head']}engine_{macro['name']}(){macro['foot']}"


def _without_engine(target: Path) -> Path:
    """A copy of the project whose engine macros say only their name."""
    project = target / "dbt_project"
    shutil.copytree(PROJECT, project, ignore=shutil.ignore_patterns("target", "logs"))
    pattern = re.compile(
        r"(?P<head>{%-?\s*macro default__(?P<name>\w+)\(.*?\)\s*-?%}).*?(?P<foot>{%-?\s*endmacro\s*-?%})",
        re.S,
    )
    for path in (project / "macros" / "engine").glob("*.sql"):
        text, count = pattern.subn(_masked, path.read_text())
        assert count, f"{path.name} has no default implementation"
        path.write_text(text)
    return project


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Compiled SQL by dbt model, twice where incremental models differ: as first built and as added to."""
    folder = tmp_path_factory.mktemp("engine")
    project = _without_engine(folder)
    database = folder / "build.duckdb"
    os.environ["KEHU_BUILD_DB"] = str(database)
    arguments = [
        "compile",
        "--select",
        "resource_type:model",
        "--quiet",
        "--project-dir",
        str(project),
        "--profiles-dir",
        str(project),
        "--target-path",
        str(folder / "target"),
        "--log-path",
        str(folder / "logs"),
    ]
    first = dbtRunner().invoke(arguments)
    assert first.success, first.exception
    found = {result.node.name: result.node.compiled_code for result in first.result}
    with duckdb.connect(str(database)) as connection:
        for result in first.result:
            if result.node.config.materialized == "incremental":
                connection.execute(f"create schema if not exists {result.node.schema}")
                connection.execute(f"create table {result.node.schema}.{result.node.name} (one integer)")
    second = dbtRunner().invoke(arguments)
    assert second.success, second.exception
    return found | {
        f"{result.node.name} (added to)": result.node.compiled_code
        for result in second.result
        if result.node.config.materialized == "incremental"
    }


def faults(sql: str) -> Iterator[str]:
    """What of a statement one of the engines would refuse or read another way."""
    for node in sqlglot.parse_one(sql, read="duckdb").walk():
        yield from (words for kind, words in REFUSED_NODES.items() if isinstance(node, kind))
        if isinstance(node, exp.Anonymous) and node.name.lower() in REFUSED_NAMES:
            yield f"{node.name}()"
        if isinstance(node, exp.Star) and (
            node.args.get("except_") or node.args.get("except") or node.args.get("replace")
        ):
            yield "star with exclude or replace"
        if isinstance(node, exp.SetOperation) and node.args.get("by_name"):
            yield "union by name"
        if isinstance(node, exp.Join) and str(node.args.get("method") or "").upper() == "ASOF":
            yield "asof join"
        if isinstance(node, exp.Identifier) and not node.name.isascii():
            yield f"identifier {node.name}"
        if isinstance(node, exp.ArgMax | exp.ArgMin) and not _names_one_row(node.expression):
            yield f"{node.sql(dialect='duckdb')}: ties are left to chance, add an id to the key"


def _names_one_row(key: exp.Expression) -> bool:
    """A key joined from parts ends in an id; a bare column must be one that is unique by what it means."""
    return isinstance(key, exp.DPipe) or key.name in ONE_ROW_KEYS


def test_no_dbt_model_speaks_one_engine_only(compiled: dict[str, str]) -> None:
    assert len(compiled) > 100
    assert any("engine_days_between()" in sql for sql in compiled.values())
    found = {name: sorted(set(faults(sql))) for name, sql in compiled.items()}
    assert {name: words for name, words in found.items() if words} == {}


@pytest.mark.parametrize(
    "sql",
    [
        "select date_diff('day', a, b) from t",
        "select sha256(a) from t",
        "select md5(a) from t",
        "select hash(a) from t",
        "select regexp_replace(a, 'x', 'y') from t",
        "select concat(a, b) from t",
        "select a // b from t",
        "select strftime(a, '%Y') from t",
        "select struct_pack(x := a) from t",
        "select string_split(a, ',') from t",
        "select unnest(a) from t",
        "select * exclude (a) from t",
        "select * replace (1 as a) from t",
        "select a from t union by name select a from u",
        "select * from t asof join u on t.d >= u.d",
        "select 1 as 客户",
        "select any_value(a) from t",
        "select max_by(a, b) from t",
    ],
)
def test_the_lint_sees_each_construct(sql: str) -> None:
    assert list(faults(sql))


def test_the_lint_lets_plain_sql_pass() -> None:
    plain = "select a || coalesce(b, ''), max(d) filter (where c), max_by(a, d || id), cast(d - interval '3' day as date) from t group by all"
    assert list(faults(plain)) == []
