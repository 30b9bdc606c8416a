"""The wealth micro-segment (TAG-S08), from the twelve rules in the words of the domain's table, over computed tags."""

import pandas as pd

from tests.oracle.bank import Tags

ORDER = ["ultra_high_net_worth", "director_executive", "small_business_owner", "gold_collar_professional", "cross_border", "active_investor",
         "silver_wealth", "parent_child_family", "middle_class_family", "savvy_regular", "young_potential", "conservative_saver"]


def tags(found: Tags) -> Tags:
    """First rule that holds, `other` for none; nothing below a monthly average of 200,000."""
    rows = pd.DataFrame(found).astype(object)
    return {"wealth_micro_segment": pd.Series([_segment(row) for row in rows.to_dict("records")], index=rows.index, dtype=object)}


def _number(row: dict[str, object], name: str) -> float:
    """The value; what is not known fails every comparison."""
    value = row[name]
    return float("nan") if value is None or value != value else float(value)  # type: ignore[arg-type]


def _is(row: dict[str, object], name: str) -> bool:
    value = row[name]
    return value is not None and value == value and bool(value)


def _segment(row: dict[str, object]) -> str | None:
    if _number(row, "aum_month_avg_cny") < 200_000:
        return None
    holds = [*_money(row), *_life(row)]
    return next((name for name, found in zip(ORDER, holds, strict=True) if found), "other")


def _money(row: dict[str, object]) -> list[bool]:
    """Rules 1 to 6: what the customer earns, owns and trades."""
    average, risk = _number(row, "aum_month_avg_cny"), row["max_risk_level_held"]
    return [average >= 10_000_000 or _number(row, "aum_peak_12m_cny") >= 15_000_000,
            _is(row, "has_senior_title") or _number(row, "dividend_12m_cny") >= 500_000,
            any(_is(row, name) for name in ("is_merchant", "has_business_loan", "is_legal_representative")),
            (_is(row, "is_payroll") and _number(row, "salary_month_avg_cny") >= 40_000)
            or (row["occupation_group"] == "professional" and average >= 600_000),
            _number(row, "cross_border_count_180d") >= 3,
            _number(row, "securities_count_90d") >= 6 or (_number(row, "fund_share_rate") >= 0.4 and risk in ("R4", "R5"))]


def _life(row: dict[str, object]) -> list[bool]:
    """Rules 7 to 12: age, family, habits."""
    age, tenure = _number(row, "age"), _number(row, "tenure_months")
    return [_is(row, "is_silver") and _number(row, "time_share_rate") >= 0.5,
            _is(row, "is_parent") and 28 <= age <= 50,
            _is(row, "is_middle_class") and _number(row, "product_count") >= 3,
            tenure >= 36 and _is(row, "is_motive_yield") and _number(row, "purchase_count_12m") >= 4,
            age <= 35 and _number(row, "positive_inflow_count_6m") >= 4,
            _number(row, "deposit_share_rate") >= 0.8]
