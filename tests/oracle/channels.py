"""Channels and digital behaviour (TAG-C), from their definitions."""

import numpy as np
import pandas as pd

from tests.oracle.bank import Bank, Tags
from tests.oracle.products import purchases
from tests.oracle.transactions import initiated

PHONES = ["rm_phone", "remote_rm", "ai_call"]


def app(bank: Bank, days: int, *names: str) -> pd.DataFrame:
    """Real events of known customers; all kinds where none is named."""
    rows = bank.events("app_event", days)
    if rows.empty:
        return rows.assign(event_name=[], page_id=[], session_id=[])
    rows = rows[(rows["is_test"] != True) & rows["customer_id"].notna()]  # noqa: E712
    return rows[rows["event_name"].isin(names)] if names else rows


def contacts(bank: Bank, days: int) -> pd.DataFrame:
    rows = bank.events("contact", days)
    return rows if not rows.empty else rows.assign(message_class=[], channel_id=[], connected=[], disposition=[])


def logins(bank: Bank, days: int) -> pd.Series:
    return bank.count(app(bank, days, "login").drop_duplicates(["customer_id", "day"]))


def linked(bank: Bank) -> pd.DataFrame:
    """Private-domain links in force."""
    rows = bank.state("private_domain")
    if rows.empty:
        return rows.assign(valid_from=[])
    return rows[(rows["valid_from"] <= bank.today) & ~(rows["removed_date"].astype(float) <= bank.today)]


def tags(bank: Bank) -> Tags:
    days = logins(bank, 30)
    level = pd.Series(np.select([days == 0, days <= 3, days <= 10], ["none", "low", "mid"], "high"), index=bank.ids)
    sessions = app(bank, 30)
    return {"is_app_active_30d": bank.has(sessions[sessions["session_id"].notna()]), "login_days_30d": days, "digital_activity_level": level,
            "channel_preference": _preference(bank), "is_browse_intent": _intent(bank), **_contacted(bank),
            "is_wecom_friend": bank.has(linked(bank)), "branch_visit_count_90d": bank.count(bank.events("visit", 90)),
            "is_push_reachable": _push(bank)}


def _preference(bank: Bank) -> pd.Series:
    rows = initiated(bank, 90)
    used = rows[rows["channel_id"].notna()].groupby(["customer_id", "channel_id"]).size().rename("count").reset_index()
    used = used.sort_values(["count", "channel_id"], ascending=[False, True]).drop_duplicates("customer_id")
    return bank.of(used.set_index("customer_id")["channel_id"])


def _intent(bank: Bank) -> pd.Series:
    views, bought = app(bank, 7, "page_view"), purchases(bank, 7)
    found = bank.has(app(bank, 7, "calculator")) & ~bank.has(bought[bought["family"].isin(["wealth", "fund", "insurance"])])
    for family in ("wealth", "fund", "insurance"):
        seen = views[views["page_id"].map(lambda page, family=family: str(page).startswith(family)).astype(bool)]
        found |= (bank.count(seen) >= 2) & ~bank.has(bought[bought["family"] == family])
    return found


def _contacted(bank: Bank) -> Tags:
    rows, calls = contacts(bank, 365), contacts(bank, 180)
    marketing = rows[rows["message_class"] == "marketing"]
    phone = calls[calls["channel_id"].isin(PHONES)]
    recent = marketing[marketing["day"] > bank.today - 60]
    weight = [0.5 ** ((bank.today - day) / 14) * (3 if told == "refused" else 1) for day, told in zip(recent["day"], recent["disposition"], strict=True)]
    fatigue = bank.of(recent.assign(weight=weight).groupby("customer_id")["weight"].sum(), 0).astype(float)
    good = bank.has(calls[calls["disposition"].isin(["interested", "appointment"])])
    answers = bank.events("response", 180)
    if not answers.empty:
        good |= bank.has(answers[answers["response_type"] == "click"])
    return {"connect_rate_180d": (bank.count(phone[phone["connected"] == True]) + 1) / (bank.count(phone) + 2),  # noqa: E712
            "days_since_contact": bank.today - bank.of(marketing.groupby("customer_id")["day"].max()),
            "contact_count_30d": bank.count(marketing[marketing["day"] > bank.today - 30]),
            "contact_fatigue_rate": (fatigue / 10).clip(upper=1), "is_responder": (bank.count(calls) >= 2) & good}


def _push(bank: Bank) -> pd.Series:
    token, allowed = bank.customers["push_token_valid"], bank.customers["push_allowed"]
    both = [False if one is False or other is False else True if one is True and other is True else None
            for one, other in zip(token, allowed, strict=True)]
    return pd.Series(both, index=bank.ids, dtype=object)
