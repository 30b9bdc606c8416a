"""Visits, bills, benefits, applications, friends, and a customer's first week."""

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from oracle import View

Row = dict[str, Any]


def visits(view: "View", days: int) -> list[Row]:
    """Visits of a window, retracted ones left out."""
    return _kept(view.window("fct_visit", days), "visit_id")


def _kept(rows: list[Row], key: str) -> list[Row]:
    return [r for r in rows if r["row_sign"] > 0 and sum(o["row_sign"] for o in rows if o[key] == r[key]) > 0]


def _newest(rows: list[Row], *key: str) -> list[Row]:
    """The row of each key that took effect last."""
    found: dict[tuple[Any, ...], Row] = {}
    for row in sorted(rows, key=lambda r: (max(r["changed_date"], r["known_at"]), r["changed_date"], r["known_at"])):
        found[tuple(row[name] for name in key)] = row
    return list(found.values())


def _friendships(view: "View") -> list[Row]:
    links = _newest(view.rows("dim_private_domain_version"), "link_type", "link_id", "valid_from_date")
    return [r for r in links if not r.get("removed_date") or r["removed_date"] > view.day]


def tags(view: "View", so_far: Row) -> Row:
    token, allowed = view.person["is_push_token_valid"], view.person["is_push_allowed"]
    is_unreachable = token is False or allowed is False
    recent = sorted(visits(view, 30), key=lambda r: (r["visited_at"], r["visit_id"]))
    return {
        "is_wecom_friend": bool(_friendships(view)), "branch_visit_count_90d": len(visits(view, 90)),
        "is_push_reachable": False if is_unreachable else None if None in (token, allowed) else True,
        "is_long_queue": bool(recent) and (recent[-1]["queue_minute_count"] or 0) > 30,
        "is_application_break": any(_is_stalled(view, r) for r in _newest(view.rows("dim_case_version"), "case_kind", "case_id")),
        **_service(view)}


def _is_stalled(view: "View", case: Row) -> bool:
    end = datetime.combine(view.day + timedelta(days=1), time())
    is_open = case["case_kind"] == "application" and case["stage"] in ("started", "submitted", "review", "approved")
    return is_open and end - case["staged_at"] > timedelta(hours=72) and (view.day - case["staged_at"].date()).days < 14


def _service(view: "View") -> Row:
    def count(column: str, days: int = 180) -> int:
        return int(view.total("fct_service_day", column, days))

    bills, given = count("bill_count"), count("benefit_granted_count")
    kinds = ((bills <= 0, None), (2 * count("bill_minimum_count") >= bills, "minimum_payer"),
             (count("instalment_plan_count") > 0, "instalment"), (count("bill_full_count") < bills, "revolver"))
    used = min(1.0, count("benefit_redeemed_count") / given) if given > 0 else None
    return {"card_payer_type": next((name for holds, name in kinds if holds), "transactor"),
            "is_instalment_lover": count("instalment_plan_count", 365) >= 2,
            "benefit_redemption_rate_180d": used, "is_motive_benefits": used is not None and used >= 0.5}


def first_week(view: "View", start: date) -> dict[str, bool]:
    """The four parts of the first meeting, within seven days of the start."""
    end = min(start + timedelta(days=7), view.day)

    def within(day: date | None) -> bool:
        return day is not None and start <= day <= end

    said = _newest([r for r in view.rows("dim_consent_version") if r["purpose"] == "marketing" and r["channel"] != "all"
                    and max(r["changed_date"], r["known_at"]) <= end], "channel")
    calls = _kept([r for r in view.rows("fct_contact") if within(r["contact_date"])], "contact_id")
    talks = [r for r in calls if r["is_connected"] and r["employee_id"]]
    talks += [r for r in visits(view, 400) if within(r["visit_date"]) and r["employee_id"]]
    logins = sum(r["login_count"] for r in view.rows("fct_app_day") if within(r["event_date"]))
    friends = [r for r in _friendships(view) if r["valid_from_date"] <= end]
    return {"login": logins > 0, "consent": any(r["status"] == "granted" for r in said),
            "talk": bool(talks or friends), "risk_test": within(view.person["risk_assessed_date"])}


def add_village(versions: list[Row], views: "list[View]", found: dict[str, Row]) -> None:
    """Granted over listed households of the customer's village."""
    for view in views:
        rows = _newest([r for r in versions if r["village_id"] == view.person["village_id"]
                        and max(r["changed_date"], r["known_at"]) <= view.day], "village_id")
        has_any = bool(rows) and rows[0]["listed_count"] > 0
        found[view.customer]["village_coverage_rate"] = rows[0]["granted_count"] / rows[0]["listed_count"] if has_any else None
