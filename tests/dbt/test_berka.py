"""The real Czech bank: who is a customer by a date, closing balances, codes, and nothing of later years."""

import os
from datetime import date
from pathlib import Path

import pytest
from raw_bank import RawBank

from features import settings
from orchestration import ingest

DATA = Path(os.environ.get("KEHU_DATA", Path(__file__).resolve().parents[3] / "shared" / "data")) / "berka"
pytestmark = pytest.mark.skipif(
    not DATA.is_dir(), reason=f"the Berka files are not in {DATA} (set KEHU_DATA)"
)
NIGHT, EARLIER = date(1994, 3, 30), (date(1993, 6, 30), date(1993, 12, 31))
LEFT_TODAY = (
    "select account_id, closing_balance_amount from customer.account_as_of where as_of_date = date '{day}'"
)
RUNNING_SUM = """
    select account_id, count(*) as row_count,
        sum(case when type = 'PRIJEM' then amount else -amount end) as running_amount
    from raw.berka_trans where date <= date '{day}' group by account_id"""


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> RawBank:
    """One night on 1994-03-30 through the ingest gate, with two earlier dates as snapshots."""
    home = settings.init(tmp_path_factory.mktemp("berka") / "home", source="berka")
    bank = RawBank(home.build_db)
    with bank.open() as con:
        result = ingest.run(home, "berka", DATA, NIGHT, NIGHT, con)
        load_from = result.load_from_date
    bank.show(load_from, NIGHT, NIGHT, [*EARLIER, NIGHT], has_views=True)
    with bank.open() as con:
        ingest.make_views(home, con, load_from, NIGHT)
    bank.build(command="build")
    return bank


def _one(bank: RawBank, sql: str) -> object:
    return bank.rows(sql)[0][0]


def test_accounts_and_customers_are_those_opened_by_the_night(bank: RawBank) -> None:
    assert _one(bank, "select count(*) from customer.dim_account") == 1229
    assert _one(bank, "select count(*) from customer.dim_customer") == 1489
    assert (
        _one(
            bank,
            "select count(*) from customer.dim_customer where currency <> 'CZK' or source_system <> 'berka'",
        )
        == 0
    )
    assert _one(bank, "select max(opened_date) from customer.dim_customer") <= NIGHT


@pytest.mark.parametrize("day", [*EARLIER, NIGHT])
def test_closing_balances_equal_the_running_sum_of_signed_amounts(bank: RawBank, day: date) -> None:
    """Within rounding: the source rounds each balance to a dime, so a dime a transaction at most."""
    rows = bank.rows(f"""
        select a.account_id, a.closing_balance_amount, s.running_amount, s.row_count
        from ({LEFT_TODAY.format(day=day)}) as a left join ({RUNNING_SUM.format(day=day)}) as s using (account_id)""")
    assert len(rows) == _one(bank, f"select count(*) from raw.berka_account where date <= date '{day}'")
    apart = [row for row in rows if abs(row[1] - (row[2] or 0)) > (row[3] or 0) * 0.1]
    assert apart == []
    assert max(abs(row[1] - (row[2] or 0)) for row in rows) < 1


def test_no_loan_or_card_of_a_later_day(bank: RawBank) -> None:
    for table, column in (("loan_as_of", "granted_date"), ("card_as_of", "issued_date")):
        assert _one(bank, f"select count(*) from customer.{table}") > 0
        assert _one(bank, f"select count(*) from customer.{table} where {column} > as_of_date") == 0
    assert _one(bank, "select count(*) from customer.fct_loan") == _one(
        bank, "select count(*) from raw.berka_loan where date <= date '1994-03-30'"
    )


def test_a_loan_follows_its_contract(bank: RawBank) -> None:
    apart = bank.rows("""
        select f.loan_id from customer.loan_as_of as f inner join raw.berka_loan as r on r.loan_id::varchar = f.loan_id
        where f.balance_amount <> greatest(0, r.amount - r.payments * (date_diff('month', r.date, f.as_of_date)
            - case when day(f.as_of_date) < day(r.date) and f.as_of_date <> last_day(f.as_of_date) then 1 else 0 end))""")
    assert apart == []


def test_women_have_their_birth_month_back(bank: RawBank) -> None:
    apart = bank.rows("""
        select c.customer_id, c.birth_date, r.birth_number
        from customer.dim_customer as c inner join raw.berka_client as r on r.client_id::varchar = c.customer_id
        where strftime(c.birth_date, '%y') || lpad((month(c.birth_date) + case c.gender when 'F' then 50 else 0 end)::varchar, 2, '0')
            || strftime(c.birth_date, '%d') <> r.birth_number""")
    assert apart == []
    assert bank.rows("select distinct gender from customer.dim_customer order by all") == [("F",), ("M",)]


def test_a_card_belongs_to_the_client_of_its_disposition(bank: RawBank) -> None:
    held = bank.rows("select card_id, customer_id from customer.fct_card order by all")
    assert held == bank.rows("""
        select card_id::varchar, client_id::varchar from raw.berka_card inner join raw.berka_disp using (disp_id)
        where issued < '940331' order by all""")
    assert held


def test_czech_codes_become_the_vocabulary(bank: RawBank) -> None:
    expected = bank.rows("""
        select coalesce(
            case trim(k_symbol) when 'DUCHOD' then 'pension' when 'UROK' then 'interest' when 'SLUZBY' then 'fee'
                when 'SIPO' then 'utility' when 'POJISTNE' then 'insurance_premium' when 'UVER' then 'loan_repayment'
                when 'SANKC. UROK' then 'fee' end,
            case operation when 'VKLAD' then 'cash_in' when 'VYBER' then 'cash_out' when 'VYBER KARTOU' then 'consume'
                when 'PREVOD Z UCTU' then 'transfer_in' when 'PREVOD NA UCET' then 'transfer_out' end) as code,
            type = 'PRIJEM', count(*) from raw.berka_trans group by all order by all""")
    assert (
        bank.rows(
            "select txn_code, is_credit, count(*) from customer.fct_transaction group by all order by all"
        )
        == expected
    )
