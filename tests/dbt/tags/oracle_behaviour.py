"""Transactions, payroll, channels and contacts of one customer on one day."""

from collections import Counter
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from statistics import fmean, pstdev
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from oracle import View

Row = dict[str, Any]
DAY = "fct_transaction_measure"
PHONES = ("rm_phone", "remote_rm", "ai_call")


def contacts(view: "View", days: int) -> list[Row]:
    """Contacts of a window, retracted ones left out."""
    rows = view.window("fct_contact", days)
    return [r for r in rows if r["row_sign"] > 0 and sum(o["row_sign"] for o in rows if o["contact_id"] == r["contact_id"]) > 0]


def tags(view: "View", so_far: Row) -> Row:
    return _transactions(view) | _payroll(view) | _app(view, so_far) | _contact(view)


def _transactions(view: "View") -> Row:
    active = [day for day, count in view.by_day(DAY, "initiated_count", 365).items() if count > 0]
    credits = [float(view.total(DAY, "external_credit_amount", 30, 30 * n)) for n in range(6)]
    debits = [float(view.total(DAY, "external_debit_amount", 30, 30 * n)) for n in range(6)]
    is_steady = sum(x > 0 for x in credits) >= 4
    receipts = view.by_day(DAY, "receipt_count", 90)
    receipt_days = [sum(1 for day, count in receipts.items() if count > 0 and (view.day - day).days // 30 == n)
                    for n in range(3)]
    education = [day for day, count in view.by_day(DAY, "education_count", 180).items() if count > 0]
    return {
        "days_since_txn": (view.day - max(active)).days if active else None,
        "txn_count_90d": int(view.total(DAY, "initiated_count", 90)),
        "_txn_count_before": int(view.total(DAY, "initiated_count", 90, 90)),
        "txn_amount_90d_cny": view.total(DAY, "initiated_amount", 90),
        "is_pension": view.total(DAY, "pension_count", 60) > 0, "_pension_90d": view.total(DAY, "pension_amount", 90),
        "income_stability_rate": max(0.0, 1 - pstdev(credits) / fmean(credits)) if is_steady else None,
        "positive_inflow_count_6m": sum(c > d for c, d in zip(credits, debits, strict=True)),
        "securities_count_90d": int(view.total(DAY, "securities_count", 90)),
        "securities_net_90d_cny": view.total(DAY, "securities_net_amount", 90),
        "education_spend_180d_cny": view.total(DAY, "education_amount", 180),
        "_education_count": view.total(DAY, "education_count", 180),
        "is_parent": view.total(DAY, "education_count", 180) >= 3 and len({(d.year, d.month) for d in education}) >= 2,
        "cross_border_count_180d": int(view.total(DAY, "cross_border_count", 180)),
        "is_cross_border": view.total(DAY, "cross_border_count", 180) > 0,
        "is_merchant": min(receipt_days) >= 20}


def _payroll(view: "View") -> Row:
    from oracle import half_up

    salaries = view.total(DAY, "salary_count", 92)
    credits = [r for r in view.window("fct_transaction", 92) if r["is_credit"]]
    blocks: dict[int, list[Row]] = {}
    for row in credits:
        if row["counterparty_type"] == "employer":
            blocks.setdefault((view.day - row["txn_date"]).days // 31, []).append(row)
    amounts = [sum(float(r["amount"]) * r["row_sign"] for r in rows) for rows in blocks.values()
               if sum(r["row_sign"] for r in rows) > 0]
    has_rhythm = len(amounts) >= 3 and fmean(amounts) != 0 and pstdev(amounts) / fmean(amounts) < 0.5
    employers: Counter[tuple[Any, str]] = Counter()
    for row in credits:
        if row["txn_code"] == "salary" and row["counterparty_id"]:
            employers[(row["txn_date"], row["counterparty_id"])] += row["row_sign"]
    kept = [key for key, count in employers.items() if count > 0]
    paid = [(day, x) for day, x in view.by_day(DAY, "salary_amount", 92).items() if x > 0 and (view.day - day).days >= 7]
    debits = view.by_day(DAY, "external_debit_amount", 92)
    rates = [1 - min(1.0, max(0.0, float(sum(debits.get(day + timedelta(days=n), Decimal(0)) for n in range(1, 8))) / float(x)))
             for day, x in paid]
    return {
        "is_payroll": salaries >= 2 or has_rhythm, "_salary_count": salaries,
        "salary_month_avg_cny": half_up(view.total(DAY, "salary_amount", 92) / 3) if salaries > 0 else None,
        "payroll_retention_rate": fmean(rates) if rates else None, "employer_id": max(kept)[1] if kept else None,
        "is_payroll_stopped": view.total(DAY, "salary_count", 92, 60) >= 2 and view.total(DAY, "salary_count", 45) <= 0}


def _app(view: "View", so_far: Row) -> Row:
    from oracle_money import purchases

    def count(column: str, days: int) -> Decimal:
        return view.total("fct_app_day", column, days)

    login_days = sum(n > 0 for n in view.by_day("fct_app_day", "login_count", 30).values())
    bought = {r["product_family"] for r in purchases(view) if (view.day - r["purchase_date"]).days < 7}
    browsed = [f for f in ("wealth", "fund", "insurance") if count(f"browse_{f}_count", 7) >= 2]
    has_calculated = count("calculator_count", 7) > 0 and not bought & {"wealth", "fund", "insurance"}
    uses: Counter[str] = Counter()
    for row in view.window("fct_transaction", 90):
        if row["is_customer_initiated"] and row["channel_id"]:
            uses[row["channel_id"]] += row["row_sign"]
    best = sorted((-n, channel) for channel, n in uses.items() if n > 0)
    return {"is_app_active_30d": count("session_count", 30) > 0, "login_days_30d": login_days,
            "_has_login_180d": any(n > 0 for n in view.by_day("fct_app_day", "login_count", 180).values()),
            "digital_activity_level": ("none" if login_days == 0 else "low" if login_days <= 3 else
                                       "mid" if login_days <= 10 else "high"),
            "is_browse_intent": has_calculated or any(f not in bought for f in browsed),
            "channel_preference": best[0][1] if best else None}


def _contact(view: "View") -> Row:
    year = contacts(view, 365)
    marketing = [r for r in year if r["message_class"] == "marketing"]

    def within(rows: list[Row], days: int) -> list[Row]:
        return [r for r in rows if (view.day - r["contact_date"]).days < days]

    calls = [r for r in year if r["channel_id"] in PHONES]
    last_three = sorted(calls, key=lambda r: (r["contacted_at"], r["contact_id"]))[-3:]
    half_year, phone = within(year, 180), within(calls, 180)
    weight = sum(0.5 ** ((view.day - r["contact_date"]).days / 14) * (3 if r["disposition"] == "refused" else 1)
                 for r in within(marketing, 60))
    return {
        "connect_rate_180d": (sum(bool(r["is_connected"]) for r in phone) + 1) / (len(phone) + 2),
        "days_since_contact": min(((view.day - r["contact_date"]).days for r in marketing), default=None),
        "contact_count_30d": len(within(marketing, 30)), "contact_fatigue_rate": min(1.0, weight / 10),
        "is_responder": len(half_year) >= 2 and (any(r["disposition"] in ("interested", "appointment") for r in half_year)
                                                 or any(r["response_type"] == "click" for r in view.window("fct_response", 180))),
        "is_unreachable": len(within(last_three, 60)) == 3 and not any(r["is_connected"] for r in last_three)}


GROUPS = {"groceries": (range(5411, 5500),), "dining": (range(5811, 5815),), "transport": (range(4111, 4132), range(5541, 5543)),
          "travel": (range(3000, 4000), (4411, 4511, 4722, 7011, 7012)),
          "shopping": (range(5200, 5400), range(5600, 5700), range(5712, 5736), range(5931, 6000)),
          "digital": (range(4812, 4817), range(5815, 5819)), "leisure": (range(7832, 7842), range(7911, 8000)),
          "health": ((5912,), range(8011, 8100)), "education": (range(8200, 8300),)}


def add_spend_preference(views: "list[View]", found: dict[str, Row]) -> None:
    """Where a customer's money goes more than the bank's: everybody's spending is needed."""
    spent = {v.customer: _spending(v) for v in views}
    bank: Counter[str] = Counter()
    for groups in spent.values():
        bank.update(groups)
    for customer, groups in spent.items():
        if not groups:
            found[customer]["spend_preference"] = None
            continue
        best = min(groups, key=lambda group: (-groups[group], group))
        lift = Fraction(groups[best]) / Fraction(sum(groups.values())) / (Fraction(bank[best]) / Fraction(sum(bank.values())))
        found[customer]["spend_preference"] = best if lift >= Fraction(3, 2) else "none"


def _spending(view: "View") -> dict[str, Decimal]:
    sums: dict[str, Decimal] = {}
    for row in view.window("fct_transaction", 90):
        code = int(row["mcc"]) if row["mcc"] else 0
        group = next((name for name, codes in GROUPS.items() if any(code in part for part in codes)), None)
        if group and row["txn_code"] in ("consume", "refund"):
            amount = Decimal(str(row["amount"])) * row["row_sign"] * (-1 if row["is_credit"] else 1)
            sums[group] = sums.get(group, Decimal(0)) + amount
    return {group: amount for group, amount in sums.items() if amount > 0}


def add_rfm(views: "list[View]", found: dict[str, Row]) -> None:
    """Scores need everybody: quintiles, 5 best, ties by customer id."""
    from oracle_money import quintile

    def ranks(column: str, sign: int, members: list[str]) -> dict[str, int]:
        ordered = sorted(members, key=lambda c: (sign * found[c][column], c))
        return {c: quintile(n, len(ordered)) for n, c in enumerate(ordered)}

    r = ranks("days_since_txn", -1, [v.customer for v in views if found[v.customer]["days_since_txn"] is not None])
    active = [v.customer for v in views if found[v.customer]["txn_count_90d"] > 0]
    f, m = ranks("txn_count_90d", 1, active), ranks("txn_amount_90d_cny", 1, active)
    for view in views:
        c = view.customer
        digits = (r.get(c), f.get(c, 1), m.get(c, 1))
        found[c]["rfm_score"] = digits[0] and digits[0] * 100 + digits[1] * 10 + digits[2]
        found[c]["rfm_segment"] = _rfm_segment(*digits)


def _rfm_segment(r: int | None, f: int, m: int) -> str:
    if r is None:
        return "lost"
    rules = ((r >= 4 and f >= 4 and m >= 4, "champions"), (r <= 2 and f >= 4 and m >= 4, "cannot_lose"),
             (r >= 3 and f >= 4, "loyal"), (r >= 4 and f <= 2, "new"), (r >= 3, "potential"),
             (f >= 3 or m >= 3, "at_risk"), (r == 2, "hibernating"))
    return next((name for holds, name in rules if holds), "lost")
