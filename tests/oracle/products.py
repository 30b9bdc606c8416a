"""Products (TAG-P), from their definitions."""

import numpy as np
import pandas as pd

from tests.oracle.assets import NAMES, share, step
from tests.oracle.balances import AUM, Balances, families, held
from tests.oracle.bank import Bank, Tags, number, same_day
from tests.oracle.demographics import ages, band

ORDER = [*AUM, "custody", "card", "loan"]


def purchases(bank: Bank, days: int = 10**6) -> pd.DataFrame:
    """A row a contract that began in the days to today: its first known value, its product's family."""
    rows = bank.known("holding").sort_values(["dt", "known_at"], kind="stable").drop_duplicates("contract_no")
    rows = rows.assign(family=rows["product_id"].map(families(bank)), day=rows["start_date"], amount_cny=rows["market_value_cny"])
    rows = rows[rows["family"].isin([family for family in AUM if family != "demand"])]
    return rows[(rows["day"] <= bank.today) & (rows["day"] > bank.today - days)]


def owned(bank: Bank) -> pd.DataFrame:
    """Customer and family of everything with a value, open or owed."""
    accounts, cards, loans = bank.state("account"), bank.state("card"), bank.state("loan")
    custody = accounts[(accounts["product_id"].map(families(bank)) == "custody") & (accounts["status"] != "closed")]
    parts = [held(bank), custody.assign(family="custody")]
    if not cards.empty:
        parts.append(cards[cards["status"] == "open"].assign(family="card"))
    if not loans.empty:
        parts.append(loans[loans["balance_cny"] > 0].assign(family="loan"))
    both = pd.concat([part[["customer_id", "family"]] for part in parts])
    return both[both["family"].isin(ORDER)].drop_duplicates()


def product_count(bank: Bank) -> pd.Series:
    return bank.count(owned(bank))


def tags(bank: Bank, balances: Balances) -> Tags:
    rows, own = held(bank), owned(bank)
    count = bank.count(own)
    names = own.assign(at=own["family"].map(ORDER.index)).sort_values("at").groupby("customer_id")["family"].agg(",".join)
    listed = bank.of(names, "none")
    least = bank.state("product").set_index("product_id")["min_amount"]
    cds = rows[(rows["family"] == "time") & (rows["product_id"].map(least).fillna(0).astype(float) >= 20_000_000)]
    return {"product_count": count, "product_families": listed, "is_single_product": count == 1,
            **_purchases(bank, balances), **_accounts(bank, rows), **_contracts(bank), "is_cd_holder": bank.has(cds),
            "is_insurance_client": bank.has(rows[rows["family"] == "insurance"]),
            "max_risk_level_held": bank.of(rows.dropna(subset=["risk"]).groupby("customer_id")["risk"].max()),
            "product_gap": _gap(bank, balances, own)}


def lover(bank: Bank, balances: Balances) -> pd.Series:
    """TAG-P05: a renewal is a deposit after the first one, whenever that was."""
    deposits = purchases(bank)
    deposits = deposits[deposits["family"] == "time"].sort_values("day", kind="stable")
    renewals = deposits[deposits.duplicated("customer_id")]
    rate = share(balances.now.on(bank.today, "time"), balances.now.on(bank.today))
    return (bank.count(renewals[renewals["day"] > number(same_day(bank.day, 24))]) >= 3) & (rate >= 0.7)


def _purchases(bank: Bank, balances: Balances) -> Tags:
    ever = purchases(bank)
    first = ever[ever["family"].isin(["wealth", "fund"])].groupby("customer_id")["day"].min()
    year = ever[(ever["day"] > bank.today - 365) & ever["family"].isin(["wealth", "fund", "insurance"])]
    funds = ever[(ever["family"] == "fund") & (ever["day"] > bank.today - 120)]
    grid = pd.DataFrame({at: bank.has(funds[(bank.today - funds["day"]) // 30 == at]) for at in range(4)})
    paid = ever[(ever["family"] == "pension") & (ever["day"] >= number(bank.day.replace(month=1, day=1)))]
    return {"first_wealth_purchase_date": bank.of(first), "days_since_purchase": bank.today - bank.of(year.groupby("customer_id")["day"].max()),
            "purchase_count_12m": bank.count(year), "is_time_deposit_lover": lover(bank, balances),
            "is_regular_investor": (grid[1] & grid[2]) & (grid[0] | grid[3]), "private_pension_paid_ytd_cny": bank.total(paid, "amount_cny") / 100}


def _accounts(bank: Bank, rows: pd.DataFrame) -> Tags:
    accounts = bank.state("account")
    accounts = accounts.assign(family=accounts["product_id"].map(families(bank)))
    standing = accounts[accounts["status"] != "closed"]
    return {"is_securities_custody": bank.has(standing[standing["family"] == "custody"]),
            "has_private_pension_account": bank.has(standing[standing["family"] == "pension"]) | bank.has(rows[rows["family"] == "pension"])}


def _contracts(bank: Bank) -> Tags:
    cards = bank.state("card")
    bound = cards[(cards["status"] == "open") & (cards["quickpay_bindings"].fillna(0).astype(float) > 0)] if not cards.empty else cards
    return {"has_mobile_bank": bank.customers["mobile_contract"], "has_sms_alert": bank.customers["sms_alert_contract"],
            "has_quickpay": bank.has(bound)}


def _gap(bank: Bank, balances: Balances, own: pd.DataFrame) -> pd.Series:
    """Families of 60 % of the peers of the tier and age band, ten peers or more, that the customer lacks."""
    tier, age_band = step(balances.average).map(dict(enumerate(NAMES))), band(ages(bank))
    peers = tier.astype(str) + "/" + age_band.map(lambda value: value if isinstance(value, str) else "unknown")
    holds = pd.DataFrame({family: bank.has(own[own["family"] == family]) for family in ORDER})
    rate = holds.groupby(peers.to_numpy()).mean()
    size = peers.map(peers.value_counts())
    gaps = [",".join(family for family in ORDER if rate.loc[peer, family] >= 0.6 - 1e-12 and not holds.loc[customer, family]) or "none"
            for customer, peer in peers.items()]
    return pd.Series(np.where(size >= 10, gaps, None), index=bank.ids)
