"""Assets, products, cards, credit and value of one customer on one day."""

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from oracle import View

Row = dict[str, Any]
WEIGHTS = {"demand": "1", "time": "1", "wealth": "0.8", "fund": "0.8", "insurance": "1", "gold": "0.6", "trust": "0.8",
           "pension": "1"}
TIERS = ((10_000, "t1_below_10k"), (50_000, "t2_10k_50k"), (200_000, "t3_50k_200k"), (600_000, "t4_200k_600k"),
         (3_000_000, "t5_600k_3m"), (6_000_000, "t6_3m_6m"))
FAMILIES = ("demand", "time", "wealth", "fund", "insurance", "gold", "trust", "pension", "custody", "card", "loan")
MARGINS = {"demand": 150, "time": 60, "wealth": 50, "fund": 60, "insurance": 80, "other": 40}


def daily_aum(view: "View", days: int, weighted: bool = False) -> list[Decimal]:
    """AUM at the end of each of the last `days` days, oldest first."""
    changes = [(r["balance_date"], r["delta_amount"] * (Decimal(WEIGHTS[r["product_family"]]) if weighted else 1))
               for r in view.rows("fct_balance_change")]
    return [sum((x for day, x in changes if day <= view.day - timedelta(days=n)), Decimal(0)) for n in range(days - 1, -1, -1)]


def tier(amount: Decimal) -> int:
    return sum(amount >= floor for floor, _ in TIERS) + 1


def month_rows(view: "View", months: int) -> dict[int, Row]:
    """{months ago: row} of the closed months before the day's own."""
    from oracle import month_end, months_back

    rows = {r["month_end_date"]: r for r in view.rows("fct_balance_month")}
    first = view.day.replace(day=1)
    return {n: rows.get(month_end(months_back(first, n)), {}) for n in range(1, months + 1)}


def average_before(view: "View", months: int) -> Decimal | None:
    """Monthly average of a closed month; None before the loaded history."""
    from oracle import months_back

    is_known = months_back(view.day.replace(day=1), months) >= view.history_start
    return month_rows(view, months)[months].get("aum_average_amount", Decimal(0)) if is_known else None


def tags(view: "View", so_far: Row) -> Row:
    return _assets(view) | _products(view) | _cards(view) | _value(view)


def _assets(view: "View") -> Row:
    from oracle import half_up, share

    held = view.rows("holding_as_of")

    def value(*families: str) -> Decimal:
        return sum((r["market_value_amount"] for r in held if r["product_family"] in families), Decimal(0))

    aum, month = value(*WEIGHTS), daily_aum(view, view.day.day)
    average = half_up(sum(month, Decimal(0)) / len(month))
    peak = max([average, *(r.get("aum_average_amount", Decimal(0)) for r in month_rows(view, 11).values())])
    number, before = tier(average), average_before(view, 1)
    floors = [floor for floor, _ in TIERS]
    line = daily_aum(view, 30)
    slope = sum((Decimal(n) - Decimal("14.5")) * x for n, x in enumerate(line))
    credit, debit = (view.by_day("fct_transaction_measure", f"external_{k}_amount", 90) for k in ("credit", "debit"))
    recent = [view.day - timedelta(days=n) for n in range(3)]
    nets = [credit.get(day, Decimal(0)) - debit.get(day, Decimal(0)) for day in recent if day in credit]
    most_in, most_out = max([Decimal(0), *nets]), -min([Decimal(0), *nets])
    loans = view.rows("loan_as_of")
    return {
        "aum_cny": aum, "aum_month_avg_cny": average, "asset_direction": _direction(view),
        "aum_tier": TIERS[number - 1][1] if number < 7 else "t7_private",
        "aum_tier_change_count": None if before is None else number - tier(before),
        "is_near_next_tier": number < 7 and (floors[number - 1] - average) / floors[number - 1] <= Decimal("0.2"),
        "is_tier_drop_risk": number > 1 and (average - floors[number - 2]) / floors[number - 2] <= Decimal("0.1") and slope < 0,
        "aum_peak_12m_cny": peak, "aum_attrition_rate": 1 - float(average) / float(peak) if peak else None,
        "demand_share_rate": share(value("demand"), aum, 1000), "time_share_rate": share(value("time"), aum, 1000),
        "investment_share_rate": share(value("wealth", "fund", "trust", "gold"), aum, 1000),
        "fund_share_rate": share(value("fund"), aum, 1000),
        "deposit_share_rate": None if share(aum, aum, 1000) is None
        else share(value("demand"), aum, 1000) + share(value("time"), aum, 1000),
        "maturing_30d_cny": sum((r["market_value_amount"] for r in held if r["maturity_date"]
                                 and 0 < (r["maturity_date"] - view.day).days <= 30), Decimal(0)),
        "net_inflow_30d_cny": view.total("fct_transaction_measure", "external_credit_amount", 30)
        - view.total("fct_transaction_measure", "external_debit_amount", 30),
        "is_large_inflow": most_in > 0 and most_in >= max(50_000, 3 * sum(credit.values()) / 90),
        "is_large_outflow": most_out > 0 and most_out >= max(50_000, 3 * sum(debit.values()) / 90),
        "loan_balance_cny": sum((Decimal(str(r["balance_amount"])) for r in loans), Decimal(0)),
        "has_mortgage": any(r["loan_type"] == "mortgage" and r["status"] == "open" for r in loans),
        "aum_weighted_month_avg_cny": half_up(sum(daily_aum(view, view.day.day, True), Decimal(0)) / view.day.day)}


def _direction(view: "View") -> str | None:
    """Least squares through 13 balances a week apart; t squared as an exact fraction."""
    if view.day - timedelta(days=84) < view.history_start:
        return None
    balances = [Fraction(x) for x in daily_aum(view, 85)[::7]]
    mean = sum(balances) / 13
    times = range(-6, 7)
    slope = sum(t * (y - mean) for t, y in zip(times, balances, strict=True)) / sum(t * t for t in times)
    rest = sum((y - mean - slope * t) ** 2 for t, y in zip(times, balances, strict=True))
    is_sure = slope != 0 and (rest == 0 or slope ** 2 / (rest / 11 / 182) > 4)
    return "flat" if not is_sure else "up" if slope > 0 else "down"


def purchases(view: "View") -> list[Row]:
    """Contracts bought, those taken back left out."""
    rows = view.rows("fct_purchase")
    return [r for r in rows if r["row_sign"] > 0
            and sum(o["row_sign"] for o in rows if o["contract_no"] == r["contract_no"]) > 0]


def _products(view: "View") -> Row:
    from oracle import months_back

    held, accounts = view.rows("holding_as_of"), [a for a in view.rows("account_as_of") if a["status"] != "closed"]
    families = {r["product_family"] for r in held}
    account_families = {a["product_family"] for a in accounts}
    extra = {"card" for r in view.rows("card_as_of") if r["status"] == "open"}
    extra |= {"loan" for r in view.rows("loan_as_of") if r["status"] == "open" and Decimal(str(r["balance_amount"])) > 0}
    all_families = families | extra | ({"custody"} & account_families)
    count = len(all_families)
    bought = purchases(view)
    wealth = [r["purchase_date"] for r in bought if r["product_family"] in ("wealth", "fund")]
    wider = wealth + [r["purchase_date"] for r in bought if r["product_family"] == "insurance"]
    time = sorted(r["purchase_date"] for r in bought if r["product_family"] == "time")
    renewals = [day for day in time[1:] if day > months_back(view.day, 24)]
    blocks = {(view.day - r["purchase_date"]).days // 30 for r in bought if r["product_family"] == "fund"}
    total = sum((r["market_value_amount"] for r in held), Decimal(0))
    in_time = sum((r["market_value_amount"] for r in held if r["product_family"] == "time"), Decimal(0))
    since = (view.day - max(wider)).days if wider else None
    risks = [r["risk_level"] for r in held if r["risk_level"]]
    return {
        "product_count": count, "product_families": ",".join(f for f in FAMILIES if f in all_families) or "none", "is_single_product": count == 1, "first_wealth_purchase_date": min(wealth, default=None),
        "purchase_count_12m": sum(1 for day in wider if (view.day - day).days < 365),
        "days_since_purchase": since if since is not None and since < 365 else None,
        "is_time_deposit_lover": len(renewals) >= 3 and total >= 1000 and in_time / total >= Decimal("0.7"),
        "is_regular_investor": any({n, n + 1, n + 2} <= blocks for n in (0, 1)),
        "is_insurance_client": "insurance" in families,
        "has_private_pension_account": "pension" in families | account_families,
        "private_pension_paid_ytd_cny": sum((r["amount"] for r in bought if r["product_family"] == "pension"
                                             and r["purchase_date"].year == view.day.year), Decimal(0)),
        "is_securities_custody": "custody" in account_families,
        "has_mobile_bank": view.person["is_mobile_signed"], "has_sms_alert": view.person["is_sms_alert_signed"],
        "has_quickpay": any((r["quickpay_binding_count"] or 0) > 0 for r in view.rows("card_as_of") if r["status"] == "open"),
        "max_risk_level_held": max(risks, default=None)}


def _cards(view: "View") -> Row:
    from oracle import half_up

    cards = [r for r in view.rows("card_as_of") if r["status"] == "open"]
    active = [r for r in cards if r["activated_date"]]
    limit = sum(r["credit_limit_amount"] or 0 for r in cards)
    used = [r["used_limit_amount"] for r in cards if r["used_limit_amount"] is not None]
    swiped = [r for r in active if r["first_txn_date"] and r["first_txn_date"] <= view.day
              and (r["first_txn_date"] - r["activated_date"]).days <= 30]
    spending = view.total("fct_transaction_measure", "card_spend_amount", 90)
    return {
        "has_active_card": bool(active), "is_first_swipe_30d": bool(swiped) if active else None,
        "quickpay_binding_count": sum(r["quickpay_binding_count"] or 0 for r in cards),
        "card_spend_month_avg_cny": half_up(spending / 3), "card_utilisation_rate": sum(used) / limit if used and limit else None,
        "is_sleeping_card": any((view.day - r["activated_date"]).days >= 180 for r in active)
        and view.total("fct_transaction_measure", "card_spend_count", 180) <= 0}


def _value(view: "View") -> Row:
    from oracle import half_up, month_end, months_back

    ended = [view.day, *(month_end(months_back(view.day.replace(day=1), n)) for n in range(1, 13))]
    last = [day for day in ended if day == month_end(day)][:12]
    ends = [r for r in view.rows("fct_balance_month") if r["month_end_date"] in last]
    margin = sum((r[f"{family}_end_amount"] * bp for r in ends for family, bp in MARGINS.items()), Decimal(0))
    loans = [r for r in view.rows("loan_as_of") if r["status"] == "open"]
    balance = sum((Decimal(str(r["balance_amount"])) for r in loans), Decimal(0))
    loss = sum((Decimal(str(r["balance_amount"])) * (2500 if (r["overdue_day_count"] or 0) >= 90 else 40) for r in loans),
               Decimal(0))
    rural = [r for r in loans if r["loan_type"] in ("farmer", "business")]
    drawn, granted = sum(r["drawn_amount"] for r in rural), sum(r["granted_amount"] for r in rural)
    parts = {
        "contribution_margin_12m_cny": half_up(margin / 120000) + half_up(balance * 180 / 10000),
        "contribution_fee_12m_cny": half_up(view.total("fct_transaction_measure", "card_spend_amount", 365) * 40 / 10000),
        "contribution_cost_12m_cny": contact_cost(view, 365), "contribution_loss_12m_cny": half_up(loss / 10000)}
    margin_amount, fee, cost, expected = parts.values()
    return {**parts, "contribution_12m_cny": margin_amount + fee - cost - expected,
            "cost_to_serve_90d_cny": contact_cost(view, 90), "has_business_loan": any(r["loan_type"] == "business" for r in rural),
            "credit_status": ("drawn" if drawn > 0 else "granted") if rural else view.person["village_stage"],
            "credit_drawdown_rate": drawn / granted if rural else None}


def contact_cost(view: "View", days: int) -> Decimal:
    from oracle_behaviour import contacts

    return sum((Decimal(str(r["cost_amount"])) for r in contacts(view, days)), Decimal(0))


def add_value_grade(views: "list[View]", found: dict[str, Row]) -> None:
    """Quintiles by contribution and id within a legal entity; earlier quintiles take what does not divide."""
    for entity in ("E1", "E2"):
        members = sorted((found[v.customer]["contribution_12m_cny"], v.customer) for v in views
                         if v.person["legal_entity"] == entity)
        for position, (_, customer) in enumerate(members):
            found[customer]["value_grade"] = quintile(position, len(members))


def quintile(position: int, count: int) -> int:
    size, extra = divmod(count, 5)
    big = extra * (size + 1)
    return position // (size + 1) + 1 if position < big else extra + (position - big) // size + 1
