"""Random expressions select the same customers in DuckDB as in an independent Python evaluator."""

import random
from datetime import date, timedelta
from decimal import Decimal

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from features.audience import catalogue_of, compile_expression
from features.errors import KehuError

COLUMNS = {
    "stage": "VARCHAR",
    "aum_cny": "DECIMAL(18,2)",
    "share_rate": "DOUBLE",
    "product_count": "INTEGER",
    "is_staff": "BOOLEAN",
    "opened_date": "DATE",
    "order_count": "BIGINT",
    "is_null_free": "BOOLEAN",
}
TEXTS = ["growing", "mature", "私行", "it's", ""]
START = date(2026, 1, 1)


def make_rows(count=60):
    chance = random.Random(7)

    def maybe(value):
        return None if chance.random() < 0.25 else value

    return [
        {
            "stage": maybe(chance.choice(TEXTS)),
            "aum_cny": maybe(Decimal(chance.randint(-300, 300)) / 100),
            "share_rate": maybe(chance.choice([0.0, 0.5, 1.25, -2.0, 0.1])),
            "product_count": maybe(chance.randint(-2, 3)),
            "is_staff": maybe(chance.random() < 0.5),
            "opened_date": maybe(START + timedelta(days=chance.randint(0, 4))),
            "order_count": maybe(chance.randint(-2, 3)),
            "is_null_free": chance.random() < 0.5,
        }
        for _ in range(count)
    ]


ROWS = make_rows()
CATALOGUE = catalogue_of(COLUMNS.items())


@pytest.fixture(scope="module")
def table():
    connection = duckdb.connect(":memory:")
    columns = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
    connection.execute(f"create table customers (customer_id integer, {columns})")
    marks = ", ".join("?" * (len(COLUMNS) + 1))
    for number, row in enumerate(ROWS):
        connection.execute(f"insert into customers values ({marks})", [number, *row.values()])
    yield connection
    connection.close()


def selected(connection, text):
    compiled = compile_expression(text, CATALOGUE)
    sql = f"select customer_id from customers where {compiled.where}"
    statements = connection.extract_statements(sql)
    assert [s.type.name for s in statements] == ["SELECT"]
    return {row[0] for row in connection.execute(sql, compiled.parameters).fetchall()}


def expected(evaluate, text):
    return {number for number, row in enumerate(ROWS) if evaluate(text, row) is True}


def literals(kind):
    quoted = st.sampled_from(TEXTS).map(lambda t: "'" + t.replace("'", "''") + "'")
    dates = st.integers(-1, 5).map(lambda d: f"date '{START + timedelta(days=d)}'")
    numbers = st.one_of(
        st.integers(-3, 4).map(str), st.sampled_from(["0.5", "-2.0", "1.25", "0.1", "+1", "2.990"])
    )
    return {"text": quoted, "date": dates, "number": numbers, "boolean": st.sampled_from(["true", "false"])}[
        kind
    ]


@st.composite
def leaf(draw):
    name = draw(st.sampled_from(sorted(CATALOGUE)))
    kind = CATALOGUE[name]
    value = literals(kind)
    is_ordered = kind != "boolean"
    operator = draw(st.sampled_from(["=", "!=", "<", "<=", ">", ">="] if is_ordered else ["=", "!="]))
    other = draw(st.sampled_from([n for n, k in sorted(CATALOGUE.items()) if k == kind]))
    forms = [
        f"{name} {operator} {draw(value)}",
        f"{draw(value)} {operator} {name}",
        f"{name} {operator} {other}",
        f"{name} is null",
        f"{name} IS NOT NULL",
        f"{name} in ({', '.join(draw(st.lists(value, min_size=1, max_size=3)))})",
        f"{name} not in ({draw(value)})",
    ]
    if is_ordered:
        forms += [
            f"{name} between {draw(value)} and {draw(value)}",
            f"{name} not between {draw(value)} and {draw(value)}",
        ]
    else:
        forms += [name]
    return draw(st.sampled_from(forms))


def joined(inner):
    pair = st.tuples(inner, st.sampled_from([" and ", " or ", " AND "]), inner)
    return st.one_of(pair.map("".join), inner.map(lambda t: f"({t})"), inner.map(lambda t: f"not ({t})"))


EXPRESSIONS = st.recursive(leaf(), joined, max_leaves=8)
FAST = settings(
    max_examples=2000,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
SOME = settings(FAST, max_examples=200)


@FAST
@given(text=EXPRESSIONS)
def test_sql_selects_what_python_selects(table, evaluate, text):
    assert selected(table, text) == expected(evaluate, text)


@SOME
@given(left=EXPRESSIONS, right=EXPRESSIONS)
def test_order_and_double_negation_do_not_matter(table, evaluate, left, right):
    assert selected(table, f"({left}) and ({right})") == selected(table, f"({right}) and ({left})")
    assert selected(table, f"not not ({left})") == selected(table, left)
    unknown = set(range(len(ROWS))) - selected(table, left) - selected(table, f"not ({left})")
    assert unknown == {n for n, row in enumerate(ROWS) if evaluate(left, row) is None}


@SOME
@given(text=st.text(max_size=60))
def test_any_text_is_an_expression_or_one_clear_line(text):
    try:
        compile_expression(text, CATALOGUE)
    except KehuError as refused:
        assert refused.line()


BROKEN = [
    "; drop table customers",
    "' or 1=1 --",
    "/* */",
    "union select 1",
    ") or (1=1",
    "\x00",
    "\\'",
    "$1",
    "?",
    "customers.stage",
    '"stage"',
    "stage::int",
    "length(stage)",
    "stage like 'a%'",
    "select 1",
    "exists(select 1)",
    "stage || 'a'",
    "1 + 1",
    "read_csv('x')",
    "current_date",
    "[1]",
    "{}",
    "`stage`",
    "@x",
    "stage;",
    "-- x",
    "case when is_staff then 1 end",
    "interval '1' day",
    "copy customers to 'x'",
    "pragma version",
    "stage = e'a'",
]


@pytest.mark.parametrize("attack", BROKEN)
@pytest.mark.parametrize(
    "frame", ["{}", "is_staff {}", "is_staff and {}", "stage = '{}'", "stage = {}", "{} = 1"]
)
def test_an_injection_is_refused_or_stays_a_value(table, attack, frame):
    text = frame.format(attack)
    try:
        compiled = compile_expression(text, CATALOGUE)
    except KehuError:
        return
    assert frame == "stage = '{}'" and compiled.parameters == [attack.replace("''", "'")], text
    assert compiled.where == '("stage" = ?)'
    selected(table, text)
    assert table.execute("select count(*) from customers").fetchall() == [(len(ROWS),)]
