"""10,000 random expressions answer in DuckDB what an independent Python evaluator answers; no text becomes other SQL."""

import random
from datetime import date, timedelta
from decimal import Decimal

import duckdb
import pytest

from features.audience import References, catalogue_of, compile_expression, parse, written
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
EXPRESSION_COUNT, BATCH = 10_000, 20
AUDIENCES = {
    "rich": "aum_cny >= 1.5 and not is_staff",
    "quiet": "order_count is null or share_rate between 0 and 0.5",
    "both": "in audience 'rich' or (in audience 'quiet' and in segment 'wealth/w01')",
}
SEGMENTS = {"wealth/w01": {1, 4, 7, 11, 15}, "wealth/it's": {2, 4, 20}, "card/none": set()}
REFERENCES = References(AUDIENCES, frozenset(SEGMENTS), "segment_now")


def make_rows(count=24):
    chance = random.Random(7)

    def maybe(value):
        return None if chance.random() < 0.25 else value

    return [
        {
            "customer_id": number,
            "stage": maybe(chance.choice(TEXTS)),
            "aum_cny": maybe(Decimal(chance.randint(-300, 300)) / 100),
            "share_rate": maybe(chance.choice([0.0, 0.5, 1.25, -2.0, 0.1])),
            "product_count": maybe(chance.randint(-2, 3)),
            "is_staff": maybe(chance.random() < 0.5),
            "opened_date": maybe(START + timedelta(days=chance.randint(0, 4))),
            "order_count": maybe(chance.randint(-2, 3)),
            "is_null_free": chance.random() < 0.5,
        }
        for number in range(count)
    ]


ROWS = make_rows()
CATALOGUE = catalogue_of(COLUMNS.items())


@pytest.fixture(scope="module")
def table():
    connection = duckdb.connect(":memory:", config={"threads": 1})
    columns = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
    connection.execute(f"create table customers (customer_id integer, {columns})")
    marks = ", ".join("?" * (len(COLUMNS) + 1))
    connection.executemany(f"insert into customers values ({marks})", [list(row.values()) for row in ROWS])
    connection.execute("create table segment_now (segment varchar, customer_id integer)")
    pairs = [[name, member] for name, members in SEGMENTS.items() for member in sorted(members)]
    connection.executemany("insert into segment_now values (?, ?)", pairs)
    yield connection
    connection.close()


def compiled(text):
    return compile_expression(text, CATALOGUE, REFERENCES)


def answers(connection, texts):
    """One list of True, False, None per expression; a few expressions to a SELECT."""
    found = []
    for start in range(0, len(texts), BATCH):
        conditions = [compiled(text) for text in texts[start : start + BATCH]]
        parameters = [value for condition in conditions for value in condition.parameters]
        sql = f"select {', '.join(condition.where for condition in conditions)} from customers order by customer_id"
        rows = connection.execute(sql, parameters).fetchall()
        found += [list(column) for column in zip(*rows, strict=True)]
    return found


def literal(chance, kind):
    if kind == "text":
        return "'" + chance.choice(TEXTS).replace("'", "''") + "'"
    if kind == "date":
        return f"date '{START + timedelta(days=chance.randint(-1, 5))}'"
    if kind == "boolean":
        return chance.choice(["true", "false", "TRUE"])
    return str(chance.randint(-3, 4)) if chance.random() < 0.5 else chance.choice(["0.5", "-2.0", "1.25", "0.1", "+1", "2.990"])


def leaf(chance):
    if chance.random() < 0.12:
        word, names = chance.choice([("audience", sorted(AUDIENCES)), ("segment", sorted(SEGMENTS))])
        return f"in {word} '{chance.choice(names)}'".replace("it's", "it''s")
    name = chance.choice(sorted(CATALOGUE))
    kind = CATALOGUE[name]
    value = literal(chance, kind)
    operator = chance.choice(["=", "!="] if kind == "boolean" else ["=", "!=", "<", "<=", ">", ">="])
    same_kind = chance.choice([n for n, k in sorted(CATALOGUE.items()) if k == kind])
    values = ", ".join(literal(chance, kind) for _ in range(chance.randint(1, 3)))
    forms = [f"{name} {operator} {value}", f"{value} {operator} {name}", f"{name} {operator} {same_kind}", f"{name} is null",
             f"{name} IS NOT NULL", f"{name} in ({values})", f"{name} not in ({values})"]
    if kind == "boolean":
        forms.append(name)
    else:
        forms += [f"{name} between {value} and {literal(chance, kind)}", f"{name} NOT between {value} and {literal(chance, kind)}"]
    return chance.choice(forms)


def expression(chance, leaf_count):
    if leaf_count == 1:
        text = leaf(chance)
    else:
        left = chance.randint(1, leaf_count - 1)
        word = chance.choice([" and ", " or ", " AND ", "\n or "])
        text = expression(chance, left) + word + expression(chance, leaf_count - left)
    shape = chance.random()
    return f"({text})" if shape < 0.3 else f"not ({text})" if shape < 0.45 else text


def random_expressions(count, seed):
    chance = random.Random(seed)
    return [expression(chance, chance.randint(1, 7)) for _ in range(count)]


def test_ten_thousand_expressions_answer_what_python_answers(table, evaluate):
    texts = random_expressions(EXPRESSION_COUNT, seed=1)
    seen = set()
    for text, found in zip(texts, answers(table, texts), strict=True):
        assert found == evaluate(text, ROWS, AUDIENCES, SEGMENTS), text
        seen.update(found)
    assert seen == {True, False, None}
    assert all(any(form in text for text in texts) for form in ("in audience", "in segment", "between", "not in", "is null"))


def test_double_negation_is_the_expression_itself_also_where_it_is_unknown(table):
    texts = random_expressions(200, seed=2)
    assert answers(table, [f"not (not ({text}))" for text in texts]) == answers(table, texts)


def test_order_does_not_matter(table):
    left, right = random_expressions(60, seed=3), random_expressions(60, seed=4)
    for word in ("and", "or"):
        forward = [f"({a}) {word} ({b})" for a, b in zip(left, right, strict=True)]
        backward = [f"({b}) {word} ({a})" for a, b in zip(left, right, strict=True)]
        assert answers(table, forward) == answers(table, backward)


def test_written_expressions_mean_the_same_and_are_written_once(table):
    texts = random_expressions(200, seed=5)
    again = [compiled(text).text for text in texts]
    assert not any("audience" in text for text in again)
    assert answers(table, again) == answers(table, texts)
    assert [written(parse(text)) for text in again] == again


def test_any_text_is_an_expression_or_one_clear_line():
    chance = random.Random(6)
    letters = "ab_09 ()<>='\"\\;-.,\n\t\x00é客andornotinsull"
    for _ in range(2_000):
        text = "".join(chance.choice(letters) for _ in range(chance.randint(0, 40)))
        try:
            compiled(text)
        except KehuError as refused:
            assert refused.line() and "\n" not in refused.line()


ATTACKS = [
    "; drop table customers", "' or 1=1 --", "/* */", "union select 1", ") or (1=1", "\x00", "\\'", "$1", "?",
    "customers.stage", '"stage"', "stage::int", "length(stage)", "stage like 'a%'", "select 1", "exists(select 1)",
    "stage || 'a'", "1 + 1", "read_csv('x')", "current_date", "[1]", "{}", "`stage`", "@x", "stage;", "-- x",
    "case when is_staff then 1 end", "interval '1' day", "copy customers to 'x'", "pragma version", "stage = e'a'",
    "in segment (select 1)", "in audience rich", "in segment 'wealth/w01' or 1=1", "attach 'x'", "𝟏=𝟏", "ｏｒ 1=1",
]
FRAMES = [
    "{}", "is_staff {}", "is_staff and {}", "stage = '{}'", "stage = {}", "{} = 1", "not {}", "({})", "stage in ('a', {})",
    "stage in ('{}')", "order_count between 1 and {}", "in segment '{}'", "in audience '{}'", "opened_date = date '{}'",
    "{} is null", "is_staff or\n{}", "is_staff; {}", "is_staff -- {}", "{}{}", "stage {} 'a'", "'{}' = stage", "order_count > {}",
    "{} or is_staff", "stage not in ({})", "is_staff and not ({}", "in {} 'rich'", "{} 'rich'", "is_staff\x00{}",
]


def test_a_thousand_injections_are_refused_or_stay_values(table):
    tried, refused = 0, 0
    for attack in ATTACKS:
        for frame in FRAMES:
            text = frame.replace("{}", attack)
            tried += 1
            try:
                found = compiled(text)
            except KehuError:
                refused += 1
                continue
            assert_only_language(found.where)
            answers(table, [text])
    assert tried >= 1_000
    assert refused > 0.9 * tried
    assert table.execute("select count(*) from customers").fetchall() == [(len(ROWS),)]


def assert_only_language(where):
    """Nothing but tags, the words of the language and parameters."""
    allowed = {"(", ")", ",", "?", "=", "!=", "<", "<=", ">", ">=", "and", "or", "not", "in", "is", "null", "between",
               "customer_id", "select", "from", "where", "segment_now", "segment"} | {f'"{name}"' for name in COLUMNS}
    for sign in "(),":
        where = where.replace(sign, f" {sign} ")
    assert set(where.split()) <= allowed, where
