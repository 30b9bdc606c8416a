"""Where the customer's way through the app broke off."""

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from oracle import View

Row = dict[str, Any]
DAY = timedelta(hours=24)


def tags(view: "View", so_far: Row) -> Row:
    rows = view.window("fct_app_step", 7)
    kept = [r for r in rows if r["row_sign"] > 0 and sum(o["row_sign"] for o in rows if o["event_id"] == r["event_id"]) > 0]

    def times(name: str, days: int = 7) -> list[datetime]:
        return sorted(r["event_at"] for r in kept if r["event_name"] == name and (view.day - r["event_date"]).days < days)

    end = datetime.combine(view.day + timedelta(days=1), time())
    pages = [at for at in times("order_confirm", 3) if end - at >= DAY]
    failures = [at for at in times("login_failed", 3) if end - at >= DAY]
    starts = times("risk_test_start")
    return {
        "is_purchase_break": bool(pages) and not any(timedelta(0) <= at - pages[-1] <= DAY for at in times("order_placed")),
        "is_login_failure": len(failures) >= 3 and not any(timedelta(0) <= at - failures[-1] <= DAY for at in times("login")),
        "is_risk_test_break": bool(starts) and not any(at >= starts[-1] for at in times("risk_test_finish"))}
