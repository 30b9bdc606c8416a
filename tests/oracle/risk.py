"""Risk and compliance (TAG-R), from their definitions."""

import pandas as pd

from tests.oracle.bank import Bank, Tags
from tests.oracle.demographics import ages

CHANNELS = ["branch", "rm_phone", "remote_rm", "ai_call", "sms", "push", "wecom", "app_inbox", "mail"]


def consents(bank: Bank, on: int | None = None) -> pd.DataFrame:
    rows = bank.state("consent", on)
    return rows[rows["purpose"] == "marketing"] if not rows.empty else rows.assign(channel=[], status=[], is_personalised_optout=[])


def tags(bank: Bank) -> Tags:
    told, age, rows = bank.customers, ages(bank), consents(bank)
    granted = rows[rows["status"] == "granted"]
    refused = rows[(rows["channel"] == "all") & (rows["status"] == "refused")]
    responses = bank.events("response", 365)
    outs = responses[responses["response_type"] == "optout"] if not responses.empty else responses
    accounts = bank.state("account")
    frozen = bank.has(accounts[accounts["status"] == "frozen"])
    return {"risk_class": told["risk_class"], **_suitable(bank, age),
            **{f"has_consent_{channel}": bank.has(granted[granted["channel"] == channel]) for channel in CHANNELS},
            "is_do_not_contact": bank.has(refused) | bank.has(outs), "has_recent_complaint": _complained(bank),
            "is_profiling_opted_out": bank.has(rows[rows["is_personalised_optout"] == True]),  # noqa: E712
            **_overdue(bank), "is_aml_frozen": told["aml_status"].isin(["watch", "frozen"]) | frozen,
            "is_minor": (age < 18).astype(object).where(age.notna(), None)}


def _suitable(bank: Bank, age: pd.Series) -> Tags:
    kind, assessed = bank.customers["risk_class"], bank.customers["risk_assessed_date"].astype(float)
    known = kind.notna() & assessed.notna()
    old = (bank.today - assessed > 365).astype(object).where(known, None)
    valid = old.map(lambda value: value is False)
    level = [f"R{max(1, int(told[1]) - (1 if years >= 65 else 0))}" if ok else None for told, years, ok in zip(kind, age, valid, strict=True)]
    return {"is_risk_expired": old, "max_suitable_risk_level": pd.Series(level, index=bank.ids, dtype=object)}


def _complained(bank: Bank) -> pd.Series:
    rows = bank.state("complaint")
    if rows.empty:
        return bank.has(rows)
    day = rows["ts"].map(lambda value: value.toordinal())
    return bank.has(rows[(day <= bank.today) & (rows["closed_ts"].isna() | (bank.today - day <= 90))])


def _overdue(bank: Bank) -> Tags:
    rows = bank.state("loan")
    if rows.empty:
        return {f"is_overdue_{days}d": bank.has(rows) for days in (1, 30, 90)}
    late = rows[rows["status"] == "open"]["overdue_days"].fillna(0).astype(float)
    return {f"is_overdue_{days}d": bank.has(rows.loc[late[late >= days].index]) for days in (1, 30, 90)}
