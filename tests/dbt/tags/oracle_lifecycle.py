"""The life-cycle stage of one customer on one day."""

from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from oracle_money import average_before, daily_aum, month_rows

if TYPE_CHECKING:
    from oracle import View

Row = dict[str, Any]
TENTH, HALF = Decimal("0.1"), Decimal("0.5")


def tags(view: "View", so_far: Row) -> Row:
    start = _relation_start(view)
    is_honeymoon = (view.day - start).days <= 90
    flags = {"is_lost": _is_lost(view, so_far), "is_dormant": _is_dormant(view, so_far), "is_honeymoon": is_honeymoon,
             "is_win_back": _is_win_back(view, so_far), "is_declining": _is_declining(view, so_far),
             "is_growing": _is_growing(view, so_far)}
    is_mature = so_far["aum_month_avg_cny"] >= 20_000 or so_far["product_count"] >= 3
    stage = next((name[3:] for name, holds in flags.items() if holds), "mature" if is_mature else "basic")
    return {**flags, "lifecycle_stage": stage, "honeymoon_day": (view.day - start).days if is_honeymoon else None,
            **_programme(view, so_far, start, is_honeymoon)}


def _programme(view: "View", so_far: Row, start: date, is_honeymoon: bool) -> Row:
    """First meeting and milestones; nothing outside the honeymoon."""
    from oracle_services import first_week, visits

    meeting = first_week(view, start)
    visited = [r for r in visits(view, 400) if r["visit_date"] >= start]
    milestones = {"login": so_far["login_days_30d"] > 0, "balance": so_far["aum_cny"] >= 1000,
                  "salary_or_card": so_far["_salary_count"] > 0 or so_far["quickpay_binding_count"] > 0,
                  "second_product": so_far["product_count"] >= 2, "second_visit": len(visited) >= 2}
    found = {**{f"has_first_meeting_{name}": done for name, done in meeting.items()},
             **{f"has_milestone_{name}": done for name, done in milestones.items()},
             "is_first_meeting_done": all(meeting.values()), "honeymoon_milestone_count": sum(milestones.values()),
             "honeymoon_deadline_day": next((n for n in (30, 60, 90) if (view.day - start).days <= n), None)}
    return found if is_honeymoon else dict.fromkeys(found)


def _active_dates(view: "View") -> set[date]:
    """Days with a customer-initiated transaction or a login, however long ago."""
    transactions = view.by_day("fct_transaction_measure", "initiated_count", 4000)
    logins = view.by_day("fct_app_day", "login_count", 4000)
    return {day for days in (transactions, logins) for day, count in days.items() if count > 0}


def _relation_start(view: "View") -> date:
    from oracle import months_back

    opened = view.person["opened_date"]
    recent = [a["opened_date"] for a in view.rows("account_as_of") if (view.day - a["opened_date"]).days <= 90
              and max(opened + timedelta(days=1), view.history_start) <= months_back(a["opened_date"], 12)]
    if not recent:
        return opened
    reopened = min(recent)
    since = months_back(reopened, 12)
    is_silent = not any(since <= day < reopened for day in _active_dates(view))
    is_poor = all(r["aum_average_amount"] < 1000 for r in view.rows("fct_balance_month") if since <= r["month_end_date"] < reopened)
    return reopened if is_silent and is_poor else opened


def _is_dormant(view: "View", so_far: Row) -> bool:
    since = so_far["days_since_txn"]
    is_silent = (since is None or since >= 180) and not so_far["_has_login_180d"]
    return bool(is_silent and so_far["aum_month_avg_cny"] < 1000 and _days_covered(view, view.day) >= 180)


def _days_covered(view: "View", day: date) -> int:
    """How long the person is a customer whom the loaded history covers."""
    return (day - max(view.person["opened_date"], view.history_start)).days


def _is_lost(view: "View", so_far: Row) -> bool:
    return _all_closed(view.rows("account_as_of")) or _is_fallen(view, so_far["aum_peak_12m_cny"])


def _all_closed(accounts: list[Row]) -> bool:
    return bool(accounts) and all(a["status"] == "closed" for a in accounts)


def _is_fallen(view: "View", peak: Decimal) -> bool:
    return bool(peak >= 50_000 and all(x < TENTH * peak for x in daily_aum(view, 60)))


def _is_win_back(view: "View", so_far: Row) -> bool:
    from oracle import month_end, months_back

    average = so_far["aum_month_avg_cny"]
    if average < 1000 or average < HALF * so_far["aum_peak_12m_cny"]:
        return False
    ends = [month_end(months_back(view.day.replace(day=1), ago)) for ago in range(1, 12)]
    return any(_was_lost(view.on(end)) or _was_dormant(view, view.on(end)) for end in ends if end > view.history_start)


def _was_lost(then: "View") -> bool:
    """What the bank would have said on a month-end, knowing what it knew then."""
    months = [row.get("aum_average_amount", Decimal(0)) for row in month_rows(then, 11).values()]
    states: dict[str, Row] = {}
    for row in sorted(then.rows("dim_account_version"), key=lambda r: r["changed_date"]):
        states[row["account_id"]] = row
    return _all_closed(list(states.values())) or _is_fallen(then, max([_average(then), *months]))


def _average(then: "View") -> Decimal:
    """Average of the month that ends on the view's day."""
    return next((r["aum_average_amount"] for r in then.rows("fct_balance_month") if r["month_end_date"] == then.day), Decimal(0))


def _was_dormant(view: "View", then: "View") -> bool:
    is_silent = not any(then.day - timedelta(days=180) < day for day in _active_dates(then))
    return _average(then) < 1000 and is_silent and _days_covered(view, then.day) >= 180


def _is_growing(view: "View", so_far: Row) -> bool:
    before = average_before(view, 3)
    if before is None:
        return False
    return bool(so_far["aum_month_avg_cny"] >= Decimal("1.2") * before and so_far["aum_month_avg_cny"] - before >= 5000)


def _is_declining(view: "View", so_far: Row) -> bool:
    before = average_before(view, 3) or Decimal(0)
    has_less = before > 0 and so_far["aum_month_avg_cny"] <= Decimal("0.7") * before
    was, now = so_far["_txn_count_before"], so_far["txn_count_90d"]
    return bool(has_less or (was >= 4 and now <= 0.5 * was))
