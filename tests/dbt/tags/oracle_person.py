"""Who one customer is, what the bank may do with him, and the groups he belongs to."""

import math
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from oracle import View

Row = dict[str, Any]
BANDS = ((18, "under_18"), (25, "18_24"), (35, "25_34"), (45, "35_44"), (55, "45_54"), (65, "55_64"), (75, "65_74"))
GROUPS = ("civil_servant", "enterprise", "professional", "self_employed", "farmer", "student", "retired", "other")
DIGITS = {"1": "civil_servant", "2": "professional", "3": "enterprise", "4": "enterprise", "5": "farmer", "6": "enterprise",
          "7": "civil_servant"}
CHANNELS = ("branch", "rm_phone", "remote_rm", "ai_call", "sms", "push", "wecom", "app_inbox", "mail")


def age_of(view: "View") -> int | None:
    birth = view.person["birth_date"]
    return math.floor((view.day - birth).days / 365.25) if birth else None


def tags(view: "View", so_far: Row) -> Row:
    return _demographics(view, so_far) | _risk(view) | _consent(view)


def _family(view: "View", so_far: Row) -> Row:
    """Household and family stage, by the ties of the newest month end."""
    end = view.day if (view.day + timedelta(days=1)).day == 1 else view.day.replace(day=1) - timedelta(days=1)
    ties = next((r for r in view.rows("household") if r["month_end_date"] == end), None)
    known, person = ties or {}, view.person
    is_parent = bool(known.get("is_guardian")) or so_far["is_parent"]
    married = person["marital_declared"]
    stages = ((is_parent and so_far["_education_count"] > 0, "school_child"), (is_parent, "young_child"),
              (known.get("is_parent_of_adult"), "empty_nest"), (known.get("has_spouse") or married == "married", "couple"),
              (married in ("single", "divorced", "widowed"), "single"))
    own = person["household_id"]
    return {"is_parent": is_parent, "family_stage": next((name for holds, name in stages if holds), None),
            "household_id": known.get("household_id") or own,
            "household_method": known.get("method_version") or ("source" if own else None)}


def _tenure(opened: date, day: date) -> int:
    return (day.year - opened.year) * 12 + day.month - opened.month - (day.day < opened.day)


def _demographics(view: "View", so_far: Row) -> Row:
    person, age = view.person, age_of(view)
    code = person["occupation_code"]
    pension = so_far["_pension_90d"]
    is_silver = None if age is None else age >= 60 or (so_far["is_pension"] and age >= 50)
    accounts = sorted((r["opened_date"], r["account_id"], r["branch_id"]) for r in view.rows("account_as_of")
                      if r["status"] != "closed" and r["branch_id"])
    group = None if code is None else code if code in GROUPS else DIGITS.get(code[0], "other")
    silver = {} if not is_silver or age is None else {
        "silver_group": "active" if age < 65 else "health" if age < 75 else "care" if age < 90 else "aged",
        "silver_pension_band": "none" if pension <= 0 else "low" if pension < 9000 else "mid" if pension < 18000 else "high",
        "is_silver_app_active": so_far["is_app_active_30d"]}
    return {
        "age": age, "age_band": None if age is None else next((name for top, name in BANDS if age < top), "75_plus"),
        "gender": person["gender"], "occupation_group": group, "city_tier": person["city_tier"],
        "is_county": bool(person["is_county"]), "tenure_months": _tenure(person["opened_date"], view.day),
        "is_silver": is_silver, "silver_group": None, "silver_pension_band": None, "is_silver_app_active": None, **silver,
        **_family(view, so_far), "has_rm": any(r["employee_id"] for r in view.rows("rm_assignment_as_of")),
        "home_branch_id": accounts[0][2] if accounts else None,
        "is_staff": person["is_employee"], "is_rural": bool(person["is_county"]) and (group == "farmer" or person["village_id"] is not None),
        "is_motive_safety": so_far["is_time_deposit_lover"] and (so_far["max_risk_level_held"] or "R1") < "R3"}


def _risk(view: "View") -> Row:
    person, age = view.person, age_of(view)
    risk, assessed = person["risk_class"], person["risk_assessed_date"]
    is_expired = (view.day - assessed).days > 365 if risk and assessed else None
    level = int(risk[1]) - (age is not None and age >= 65) if risk else 0
    overdue = max([r["overdue_day_count"] or 0 for r in view.rows("loan_as_of") if r["status"] == "open"], default=0)
    complaints = [r for r in view.rows("complaint_as_of")
                  if not r["closed_date"] or r["closed_date"] > view.day or (view.day - r["complained_date"]).days < 90]
    return {
        "risk_class": risk, "is_risk_expired": is_expired, "max_suitable_risk_level": f"R{max(1, level)}" if is_expired is False
        else None, "has_recent_complaint": bool(complaints),
        **{f"is_overdue_{days}d": overdue >= days for days in (1, 30, 90)},
        "is_aml_frozen": person["aml_status"] in ("watch", "frozen")
        or any(r["status"] == "frozen" for r in view.rows("account_as_of")),
        "is_minor": None if age is None else age < 18,
        "has_senior_title": person.get("title") in ("director", "executive", "shareholder"),
        "is_legal_representative": bool(person.get("is_legal_representative")),
        "dividend_12m_cny": view.total("fct_transaction_measure", "dividend_amount", 365)}


def _consent(view: "View") -> Row:
    rows = [r for r in view.rows("consent_as_of") if r["purpose"] == "marketing"]
    optouts = [r for r in view.window("fct_response", 365) if r["response_type"] == "optout"]
    return {**{f"has_consent_{c}": any(r["channel"] == c and r["status"] == "granted" for r in rows) for c in CHANNELS},
            "is_do_not_contact": bool(optouts) or any(r["channel"] == "all" and r["status"] == "refused" for r in rows),
            "is_profiling_opted_out": any(r["is_personalised_optout"] for r in rows)}


def _percentile(values: list[float], share: float) -> float:
    """Linear between neighbours, as SQL's percentile_cont."""
    ordered, place = sorted(values), share * (len(values) - 1)
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def add_middle_class(views: "list[View]", found: dict[str, Row]) -> None:
    """Pay is compared with the city's, so everybody is needed."""
    pay: dict[str | None, list[float]] = {}
    for view in views:
        if found[view.customer]["salary_month_avg_cny"] is not None:
            pay.setdefault(view.person["city_code"], []).append(float(found[view.customer]["salary_month_avg_cny"]))
    for view in views:
        tag, city = found[view.customer], view.person["city_code"]
        salary, age = tag["salary_month_avg_cny"], tag["age"]
        is_well_paid = salary is not None and city is not None and float(salary) >= _percentile(pay[city], 0.75)
        tag["is_middle_class"] = (age is not None and 30 <= age <= 50
                                  and (200_000 <= tag["aum_month_avg_cny"] < 3_000_000 or is_well_paid)
                                  and (tag["has_mortgage"] or tag["education_spend_180d_cny"] > 0))

