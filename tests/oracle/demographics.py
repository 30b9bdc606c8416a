"""Demographics and relations (TAG-D), from their definitions."""

import numpy as np
import pandas as pd

from tests.oracle.balances import Balances
from tests.oracle.bank import Bank, Tags, month_end, number
from tests.oracle.transactions import code, education

CITIES = {1: ["110000", "310000", "440100", "440300"],
          2: ["120000", "500000", "510100", "330100", "420100", "610100", "320500", "410100", "320100", "430100", "370200", "330200",
              "441900", "340100"]}
OCCUPATIONS = ["civil_servant", "enterprise", "professional", "self_employed", "farmer", "student", "retired", "other"]
FIRST_DIGIT = {"1": "civil_servant", "2": "professional", "3": "enterprise", "4": "enterprise", "5": "farmer", "6": "enterprise",
               "7": "civil_servant"}
METHOD = "smallest_number_5"
"""Ties of confidence 5 tenths or more; the head is the smallest number."""
BANDS = ["under_18", "18_24", "25_34", "35_44", "45_54", "55_64", "65_74", "75_"]


def ages(bank: Bank) -> pd.Series:
    """Completed years of 365.25 days."""
    return (((bank.today - bank.customers["birth_date"].astype(float)) * 4) // 1461)


def band(age: pd.Series) -> pd.Series:
    at = np.searchsorted([18, 25, 35, 45, 55, 65, 75], age.fillna(0), side="right")
    return pd.Series([BANDS[int(index)] for index in at], index=age.index).where(age.notna(), None)


def occupation(bank: Bank) -> pd.Series:
    def group(told: object) -> object:
        if not isinstance(told, str):
            return None
        return told if told in OCCUPATIONS else FIRST_DIGIT.get(told[0], "other")
    return bank.customers["occupation_code"].map(group)


def silver(bank: Bank) -> pd.Series:
    age = ages(bank)
    return ((age >= 60) | (bank.has(code(bank, 60, "pension")) & (age >= 50))).astype(object).where(age.notna(), None)


def ties(bank: Bank) -> pd.DataFrame:
    """Ties of confidence 0.5 or more in force at the last month end, as known then."""
    end = bank.today if month_end(bank.day) == bank.day else number(bank.day.replace(day=1)) - 1
    rows = bank.state("customer_relation", end, end)
    if rows.empty:
        return rows.assign(confidence=[], from_id=[], to_id=[], rel_type=[])
    rows = rows[(rows["valid_from"] <= end) & ~(rows["valid_to"].astype(float) < end)]
    known = set(bank.state("customer", end, end)["customer_id"])
    return rows[(rows["confidence"].astype(float).fillna(1) >= 0.5) & rows["from_id"].isin(known) & rows["to_id"].isin(known)]


def households(rows: pd.DataFrame) -> dict[str, str]:
    """The smallest customer number of everybody's connected group."""
    head: dict[str, str] = {}

    def root(one: str) -> str:
        while head.setdefault(one, one) != one:
            one = head[one]
        return one
    for one, other in zip(rows["from_id"], rows["to_id"], strict=True):
        low, high = sorted((root(one), root(other)))
        head[high] = low
    return {one: root(one) for one in head}


def is_parent(bank: Bank) -> pd.Series:
    rows = ties(bank)
    guardians = rows[rows["rel_type"] == "guardian"]["from_id"]
    paid = education(bank)
    months = paid.assign(month=[(at.year, at.month) for at in paid["ts"]]).groupby("customer_id")["month"].nunique()
    return pd.Series(bank.ids.isin(guardians), index=bank.ids) | ((bank.count(paid) >= 3) & (bank.of(months, 0).astype(int) >= 2))


def tags(bank: Bank, balances: Balances) -> Tags:
    told, age, grey = bank.customers, ages(bank), silver(bank)
    is_grey = grey.map(lambda value: value is True)
    return {"age": age, "age_band": band(age).map(lambda value: "75_plus" if value == "75_" else value), "gender": told["gender"],
            "occupation_group": occupation(bank), "city_tier": _tier(bank),
            "is_county": told["county_flag"].map(lambda value: value is True), "tenure_months": _tenure(bank),
            "is_silver": grey, **_silver(bank, age, is_grey), "is_parent": is_parent(bank), "family_stage": _family(bank),
            "is_middle_class": _middle(bank, balances, age), "has_rm": _managed(bank), "home_branch_id": _branch(bank),
            **_household(bank), "is_staff": told["employee_flag"].map(lambda value: value is True)}


def _tier(bank: Bank) -> pd.Series:
    """Tier of the city as its branches have it, else by the list of cities."""
    tiers = {city: tier for tier, some in CITIES.items() for city in some}
    branches = bank.state("branch")
    if not branches.empty:
        tiers |= branches.dropna(subset=["city_tier"]).groupby("city_code")["city_tier"].min().to_dict()
    return bank.customers["city_code"].map(tiers)


def _tenure(bank: Bank) -> pd.Series:
    def months(opened: float) -> int:
        start = pd.Timestamp.fromordinal(int(opened))
        return (bank.day.year - start.year) * 12 + bank.day.month - start.month - (bank.day.day < start.day)
    return bank.customers["open_date"].map(months)


def _silver(bank: Bank, age: pd.Series, grey: pd.Series) -> Tags:
    pension = bank.total(code(bank, 90, "pension"), "amount_cny")
    group = np.select([age < 65, age < 75, age < 90], ["active", "health", "care"], "aged")
    level = np.select([pension <= 0, pension < 900_000, pension < 1_800_000], ["none", "low", "mid"], "high")
    app = bank.events("app_event", 30)
    active = bank.has(app[(app["is_test"] != True) & app["session_id"].notna()]) if not app.empty else bank.has(app)  # noqa: E712
    return {"silver_group": pd.Series(group, index=bank.ids).where(grey, None), "silver_pension_band": pd.Series(level, index=bank.ids).where(grey, None),
            "is_silver_app_active": active.astype(object).where(grey, None)}


def _family(bank: Bank) -> pd.Series:
    rows, parent = ties(bank), is_parent(bank)
    school = bank.has(education(bank))
    spouse = set(rows[rows["rel_type"] == "spouse"]["from_id"]) | set(rows[rows["rel_type"] == "spouse"]["to_id"])
    of_adult = set(rows[rows["rel_type"] == "parent"]["from_id"])
    told = bank.customers["marital_declared"]
    found = [next((name for name, holds in [
        ("school_child", parent[one] and school[one]), ("young_child", parent[one]), ("empty_nest", one in of_adult),
        ("couple", one in spouse or told[one] == "married"), ("single", told[one] in ("single", "divorced", "widowed"))] if holds), None)
        for one in bank.ids]
    return pd.Series(found, index=bank.ids, dtype=object)


def _middle(bank: Bank, balances: Balances, age: pd.Series) -> pd.Series:
    salary = bank.total(code(bank, 92, "salary"), "amount_cny")
    salary = ((salary * 2 + 3) // 6).where(bank.has(code(bank, 92, "salary")))
    city = bank.customers["city_code"]
    bar = city.map(salary.astype(float).groupby(city).quantile(0.75))
    rich = (balances.average >= 20_000_000) & (balances.average < 300_000_000)
    loans = bank.state("loan")
    mortgage = bank.has(loans[(loans["loan_type"] == "mortgage") & (loans["status"] == "open")] if not loans.empty else loans)
    return (age >= 30) & (age <= 50) & (rich | (salary.astype(float) >= bar)) & (mortgage | (bank.total(education(bank), "amount_cny") > 0))


def _managed(bank: Bank) -> pd.Series:
    rows = bank.state("rm_assignment")
    if rows.empty:
        return bank.has(rows)
    rows = rows[(rows["valid_from"] <= bank.today) & ~(rows["valid_to"].astype(float) < bank.today)]
    return bank.has(rows)


def _branch(bank: Bank) -> pd.Series:
    rows = bank.state("account")
    rows = rows[(rows["status"] != "closed") & rows["branch_id"].notna()].sort_values(["open_date", "account_id"])
    return bank.of(rows.drop_duplicates("customer_id").set_index("customer_id")["branch_id"])


def _household(bank: Bank) -> Tags:
    groups = households(ties(bank))
    told = bank.customers["household_id"]
    ids = [groups.get(one, told[one]) for one in bank.ids]
    known = [isinstance(one, str) for one in ids]
    method = [None if not has else METHOD if one in groups else "source" for one, has in zip(bank.ids, known, strict=True)]
    return {"household_id": pd.Series(ids, index=bank.ids, dtype=object), "household_method": pd.Series(method, index=bank.ids, dtype=object)}
