"""A night on the real PKDD'99 files: what was read, who is there, and nothing that was not true yet."""

import gzip
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from tests.e2e.conftest import RealBank
from tests.e2e.homes import ask

READ = {"account": 4500, "client": 5369, "disp": 5369, "order": 6471, "loan": 682, "card": 892, "district": 77}
SIGN = {"PRIJEM": 1, "VYDAJ": -1, "VYBER": -1}


def _raw(folder: Path, name: str) -> pd.DataFrame:
    """One raw file, complete lines only, read with nothing of the product."""
    path = next(p for p in sorted(folder.iterdir()) if p.name.startswith(name))
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    lines = [line.split(";") for line in data.decode("latin-1").replace('"', "").splitlines()]
    return pd.DataFrame([line for line in lines[1:] if len(line) == len(lines[0])], columns=lines[0])


def _until(frame: pd.DataFrame, column: str, day: date) -> pd.DataFrame:
    """Rows up to `day`, by the YYMMDD at the head of a column."""
    return frame[frame[column].str[:6] <= day.strftime("%y%m%d")]


def _balances(files: Path, day: date) -> pd.Series:
    moved = _until(_raw(files, "trans"), "date", day)
    signed = moved["amount"].astype(float) * moved["type"].map(SIGN)
    assert signed.notna().all(), "an unknown transaction type"
    return signed.groupby(moved["account_id"]).sum()


def check_night(real_bank: RealBank, day: date) -> dict:
    """Everything that must hold on any date; expectations come from the raw files alone."""
    home, files, answer = real_bank.home(day), real_bank.files, real_bank.answer(day)
    assert answer["status"] == "published"
    for entity, count in READ.items():
        assert answer["rows"][entity] == {"read": count, "loaded": count, "rejected": 0}
    trans = answer["rows"]["trans"]
    assert trans["read"] == trans["loaded"] + trans["rejected"]
    opened = _until(_raw(files, "account"), "date", day)
    owners = _raw(files, "disp").merge(opened[["account_id"]], on="account_id")
    assert ask(home, "select count(*) from customer.dim_account") == [(len(opened),)]
    assert ask(home, "select count(*) from customer.dim_customer") == [(owners["client_id"].nunique(),)]
    _assert_nothing_later(home, files, day)
    found = dict(ask(home, "select account_id, closing_balance::double from customer.dim_account"))
    wanted = _balances(files, day)
    assert set(found) == set(opened["account_id"])
    wrong = {a: (b, wanted.get(a, 0.0)) for a, b in found.items() if abs(b - wanted.get(a, 0.0)) > 1.0}
    assert not wrong, f"{len(wrong)} balances: {dict(list(wrong.items())[:5])}"
    return answer


def _assert_nothing_later(home: Path, files: Path, day: date) -> None:
    loans = _until(_raw(files, "loan"), "date", day)
    cards = _until(_raw(files, "card"), "issued", day)
    assert {r[0] for r in ask(home, "select loan_id from customer.fct_loan")} == set(loans["loan_id"])
    assert {r[0] for r in ask(home, "select card_id from customer.fct_card")} == set(cards["card_id"])
    borrowers = _raw(files, "disp").merge(loans[["account_id"]], on="account_id")["client_id"]
    tagged = {r[0] for r in ask(home, "select customer_id from tags.customer_tags where loan_balance_cny > 0")}
    assert tagged <= set(borrowers)
    holders = _raw(files, "disp").merge(cards[["disp_id"]], on="disp_id")["client_id"]
    carded = {r[0] for r in ask(home, "select customer_id from tags.customer_tags where has_active_card")}
    assert carded <= set(holders)


def test_the_night_of_the_contract(real_bank: RealBank) -> None:
    day = date(1994, 3, 30)
    answer = check_night(real_bank, day)
    assert answer["rows"]["trans"] == {"read": 49103, "loaded": 49102, "rejected": 1}
    assert ask(real_bank.home(day), "select count(*) from customer.dim_account") == [(1229,)]
    assert ask(real_bank.home(day), "select count(*) from customer.dim_customer") == [(1489,)]


@pytest.mark.slow
@pytest.mark.parametrize("day", [date(1993, 6, 30), date(1993, 12, 17)])
def test_earlier_nights(real_bank: RealBank, day: date) -> None:
    check_night(real_bank, day)
