"""The language as users meet it: what parses, what is refused with which line, and what it compiles to."""

from datetime import date
from decimal import Decimal

import pytest

from features.audience import catalogue_of, compile_expression
from features.errors import KehuError

CATALOGUE = {
    "lifecycle_stage": "text",
    "aum_month_avg_cny": "number",
    "is_do_not_contact": "boolean",
    "first_wealth_purchase_date": "date",
    "order_count": "number",
    "is_staff": "boolean",
}


def test_the_documented_example_compiles_to_parameters():
    compiled = compile_expression(
        "lifecycle_stage in ('honeymoon','growing') and aum_month_avg_cny >= 200000"
        " and not is_do_not_contact",
        CATALOGUE,
    )
    assert compiled.where == (
        '(("lifecycle_stage" in (?, ?)) and ("aum_month_avg_cny" >= ?) and (not "is_do_not_contact"))'
    )
    assert compiled.parameters == ["honeymoon", "growing", 200000]
    assert compiled.names == {"lifecycle_stage", "aum_month_avg_cny", "is_do_not_contact"}


@pytest.mark.parametrize(
    ("text", "parameters"),
    [
        ("order_count between -1 and +2.5", [-1, Decimal("2.5")]),
        ("first_wealth_purchase_date > date '2026-01-31'", [date(2026, 1, 31)]),
        ("is_staff = TRUE AND order_count IS NOT NULL", [True]),
        ("lifecycle_stage = 'it''s; drop table x --'", ["it's; drop table x --"]),
        ("lifecycle_stage not in ('私行')", ["私行"]),
        ("aum_month_avg_cny > order_count", []),
    ],
)
def test_values_become_parameters(text, parameters):
    compiled = compile_expression(text, CATALOGUE)
    assert compiled.parameters == parameters
    assert compiled.where.count("?") == len(parameters)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("aum_month_av_cny > 1", "unknown tag 'aum_month_av_cny' -> did you mean aum_month_avg_cny?"),
        ("order_count = 'a'", "order_count is a number, 'a' is a text -> write a number: age >= 18"),
        ("order_count = null", "'null' does not belong here -> write `tag is null`"),
        ("order_count", "a boolean is needed here"),
        ("is_staff > true", "does not order the boolean"),
        ("first_wealth_purchase_date = date '2026-02-30'", "'2026-02-30' is not a date"),
        ("first_wealth_purchase_date = date '20260228'", "'20260228' is not a date"),
        ("lifecycle_stage = 'growing", "line 1, column 19: a quote is not closed"),
        ("lifecycle_stage =\n  lower('x')", "line 2, column 8: '(' does not belong here"),
        ("order_count = 1 and", "ends too early"),
        ("", "is empty"),
        ("1 = 1", "a comparison needs a tag on one side"),
        ("order_count = 99999999999999999999", "is too long"),
        ("(" * 5000 + "is_staff" + ")" * 5000, "nested deeper than 40"),
        ("not " * 4000 + "is_staff", "nested deeper than 40"),
        ("is_staff and " * 5000 + "is_staff", "at most 20000 are read"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(text, line):
    with pytest.raises(KehuError) as refused:
        compile_expression(text, CATALOGUE)
    assert line in refused.value.line()
    assert "\n" not in refused.value.line()


def test_depth_counts_nesting_not_length():
    compile_expression(" and ".join(["not is_staff"] * 500), CATALOGUE)
    compile_expression("(" * 39 + "is_staff" + ")" * 39, CATALOGUE)


def test_catalogue_of_a_table_leaves_out_what_the_language_cannot_compare():
    columns = [
        ("a", "DECIMAL(18,2)"),
        ("b", "VARCHAR"),
        ("c", "STRUCT(x INTEGER)"),
        ("d", "DATE"),
        ("e", "BOOLEAN"),
    ]
    assert catalogue_of(columns) == {"a": "number", "b": "text", "d": "date", "e": "boolean"}
