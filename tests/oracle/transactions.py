"""Transactions and payroll (TAG-T), from their definitions."""

import numpy as np
import pandas as pd

from tests.oracle.bank import Bank, Tags, half_up

NOT_INITIATED = ["salary", "pension", "bonus", "interest", "fee", "dividend", "stock_unlock", "loan_drawdown"]
OWN = ["own_same_bank", "own_other_bank"]
GROUPS = {"groceries": [(5411, 5499)], "dining": [(5811, 5814)], "transport": [(4111, 4131), (5541, 5542)],
          "travel": [(3000, 3999), (4411, 4411), (4511, 4511), (4722, 4722), (7011, 7012)],
          "shopping": [(5200, 5399), (5600, 5699), (5712, 5735), (5931, 5999)], "digital": [(4812, 4816), (5815, 5818)],
          "leisure": [(7832, 7841), (7911, 7999)], "health": [(5912, 5912), (8011, 8099)], "education": [(8200, 8299)]}
SEGMENTS = [("champions", lambda r, f, m: r >= 4 and f >= 4 and m >= 4), ("cannot_lose", lambda r, f, m: r <= 2 and f >= 4 and m >= 4),
            ("loyal", lambda r, f, m: r >= 3 and f >= 4), ("new", lambda r, f, m: r >= 4 and f <= 2),
            ("potential", lambda r, f, m: r >= 3), ("at_risk", lambda r, f, m: f >= 3 or m >= 3),
            ("hibernating", lambda r, f, m: r == 2), ("lost", lambda r, f, m: True)]


def initiated(bank: Bank, days: int, until: int | None = None) -> pd.DataFrame:
    """What the customer caused."""
    rows = bank.events("transaction", days, until)
    return rows[~rows["txn_code"].isin(NOT_INITIATED)]


def external(bank: Bank, days: int, until: int | None = None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Money that came in, and money that went out of the customer's accounts here."""
    rows = bank.events("transaction", days, until)
    rows = rows[(rows["counterparty_type"] != "own_same_bank")
                & ~rows["txn_code"].isin(["product_buy", "product_redeem", "interest", "fee"])]
    return rows[rows["dr_cr"] == "C"], rows[rows["dr_cr"] == "D"]


def code(bank: Bank, days: int, *codes: str, until: int | None = None) -> pd.DataFrame:
    rows = bank.events("transaction", days, until)
    return rows[rows["txn_code"].isin(codes)]


def education(bank: Bank) -> pd.DataFrame:
    """Education payments of 180 days: by code, or a purchase at a school."""
    rows = bank.events("transaction", 180)
    school = rows["mcc"].map(lambda mcc: mcc is not None and 8200 <= int(mcc) <= 8299).astype(bool) & (rows["txn_code"] == "consume")
    return rows[((rows["txn_code"] == "education") | school) & (rows["dr_cr"] == "D")]


def blocks(bank: Bank, rows: pd.DataFrame, size: int, count: int) -> pd.DataFrame:
    """Cents by customer (rows) and block (columns, 0 the newest); 0 where nothing happened."""
    at = ((bank.today - rows["day"]) // size).astype(int)
    grid = rows.groupby(["customer_id", at.rename("block")])["amount_cny"].sum().unstack(fill_value=0)
    return grid.reindex(index=bank.ids, columns=range(count), fill_value=0).fillna(0).astype(float)


def tags(bank: Bank) -> Tags:
    return {**_recency(bank), **_payroll(bank), **_others(bank), **_education(bank), "spend_preference": _preference(bank)}


def _recency(bank: Bank) -> Tags:
    last = bank.of(initiated(bank, 365).groupby("customer_id")["day"].max())
    since = bank.today - last
    quarter = initiated(bank, 90)
    count = bank.count(quarter)
    amount = bank.total(quarter[~quarter["counterparty_type"].isin(OWN)], "amount_cny")
    score, segment = _rfm(since, count, amount)
    return {"days_since_txn": since, "txn_count_90d": count, "txn_amount_90d_cny": amount / 100, "rfm_score": score,
            "rfm_segment": segment}


def quintile(values: pd.Series) -> pd.Series:
    """1 the lowest, 5 the highest, groups as equal as can be, ties by customer id."""
    order = values.sort_index().sort_values(kind="stable")
    small, larger = divmod(len(order), 5)
    sizes = [small + (1 if at < larger else 0) for at in range(5)]
    return pd.Series(np.repeat([1, 2, 3, 4, 5], sizes), index=order.index)


def _rfm(since: pd.Series, count: pd.Series, amount: pd.Series) -> tuple[pd.Series, pd.Series]:
    active = count > 0
    recency = quintile(-since.dropna().astype(int))
    frequency = quintile(count[active]).reindex(since.index).fillna(1)
    money = quintile(amount[active]).reindex(since.index).fillna(1)
    score = (recency.reindex(since.index) * 100 + frequency * 10 + money).where(since.notna())

    def named(value: float) -> str:
        digits = (int(value) // 100, int(value) // 10 % 10, int(value) % 10) if value == value else (1, 1, 1)
        return next(name for name, rule in SEGMENTS if rule(*digits)) if value == value else "lost"
    return score, score.map(named)


def _payroll(bank: Bank) -> Tags:
    salary = code(bank, 92, "salary")
    total = bank.total(salary, "amount_cny")
    earlier = bank.count(code(bank, 92, "salary", until=bank.today - 60))
    last = salary[salary["counterparty_id"].notna()].sort_values(["ts", "txn_id"], kind="stable").drop_duplicates("customer_id", keep="last")
    return {"is_payroll": (bank.count(salary) >= 2) | _rhythm(bank),
            "salary_month_avg_cny": (half_up(total, 3) / 100).where(bank.has(salary)), "payroll_retention_rate": _retention(bank, salary),
            "employer_id": bank.of(last.set_index("customer_id")["counterparty_id"]),
            "is_payroll_stopped": (earlier >= 2) & ~bank.has(code(bank, 45, "salary")), "is_pension": bank.has(code(bank, 60, "pension"))}


def _rhythm(bank: Bank) -> pd.Series:
    rows = bank.events("transaction", 93)
    rows = rows[(rows["counterparty_type"] == "employer") & (rows["dr_cr"] == "C")]
    grid = blocks(bank, rows, 31, 3)
    return ((grid > 0).all(axis=1)) & (grid.std(axis=1, ddof=0) < 0.5 * grid.mean(axis=1))


def _retention(bank: Bank, salary: pd.DataFrame) -> pd.Series:
    over = salary[salary["day"] + 7 <= bank.today].groupby(["customer_id", "day"], as_index=False)["amount_cny"].sum()
    out = external(bank, 110)[1].groupby(["customer_id", "day"])["amount_cny"].sum()
    kept = []
    for row in over.itertuples():
        spent = sum(out.get((row.customer_id, row.day + after), 0) for after in range(1, 8))
        kept.append(1 - min(1.0, float(spent) / float(row.amount_cny)))
    return bank.of(over.assign(kept=kept).groupby("customer_id")["kept"].mean())


def _others(bank: Bank) -> Tags:
    securities = code(bank, 90, "securities_in", "securities_out")
    signed = securities.assign(net=securities["amount_cny"].where(securities["dr_cr"] == "C", -securities["amount_cny"]))
    abroad = _abroad(bank)
    return {"securities_count_90d": bank.count(securities), "securities_net_90d_cny": bank.total(signed, "net") / 100,
            "is_cross_border": bank.has(abroad), "cross_border_count_180d": bank.count(abroad),
            "income_stability_rate": _stability(bank), "is_merchant": _merchant(bank), "positive_inflow_count_6m": _positive(bank),
            "dividend_12m_cny": bank.total(code(bank, 365, "dividend", "stock_unlock"), "amount_cny") / 100}


def _abroad(bank: Bank) -> pd.DataFrame:
    rows = bank.events("transaction", 180)
    foreign = rows["txn_ccy"].map(lambda value: value is not None and value == value and value != "CNY").astype(bool)
    return rows[(rows["overseas_flag"] == True) | foreign | (rows["txn_code"] == "fx_exchange")]  # noqa: E712


def _stability(bank: Bank) -> pd.Series:
    grid = blocks(bank, external(bank, 180)[0], 30, 6)
    spread = grid.std(axis=1, ddof=0) / grid.mean(axis=1).where(grid.mean(axis=1) > 0)
    return (1 - spread).clip(lower=0).where((grid > 0).sum(axis=1) >= 4)


def _positive(bank: Bank) -> pd.Series:
    inflow, outflow = external(bank, 180)
    return (blocks(bank, inflow, 30, 6) > blocks(bank, outflow, 30, 6)).sum(axis=1)


def _merchant(bank: Bank) -> pd.Series:
    rows = code(bank, 90, "merchant_receipt").drop_duplicates(["customer_id", "day"])
    return (blocks(bank, rows.assign(amount_cny=1), 30, 3) >= 20).all(axis=1)


def _education(bank: Bank) -> Tags:
    return {"education_spend_180d_cny": bank.total(education(bank), "amount_cny") / 100}


def _preference(bank: Bank) -> pd.Series:
    rows = code(bank, 90, "consume", "refund")
    known = {mcc: group for mcc in rows["mcc"].dropna().unique() for group, ranges in GROUPS.items()
             if any(low <= int(mcc) <= high for low, high in ranges)}
    signed = rows["amount_cny"].where(rows["txn_code"] == "consume", -rows["amount_cny"])
    net = rows.assign(group=rows["mcc"].map(known), net=signed).dropna(subset=["group"])
    if net.empty:
        return pd.Series(None, index=bank.ids)
    grid = net.groupby(["customer_id", "group"])["net"].sum().unstack(fill_value=0).astype(float).clip(lower=0)
    bank_share = grid.sum() / grid.sum().sum()
    grid = grid[grid.sum(axis=1) > 0]
    best, own = grid.idxmax(axis=1), grid.max(axis=1) / grid.sum(axis=1)
    return bank.of(best.where(own >= 1.5 * best.map(bank_share) - 1e-12, "none"))
