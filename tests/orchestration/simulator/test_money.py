"""Balances are the running sum of movements, never below zero, also where marketing changed them."""

from datetime import date
from pathlib import Path

import duckdb
import pytest

from orchestration.simulator import BankSpec, write_days, write_history
from tests.orchestration.simulator.conftest import START
from tests.orchestration.simulator.reading import rows_of

LISTED = 400


@pytest.fixture(scope="module")
def marketed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bank whose first 400 customers with an account are all called after the first week."""
    out = tmp_path_factory.mktemp("marketed")
    spec = BankSpec(9, 600, START, history_months=3, dirt=False)
    lists = out / "truth" / "lists"
    lists.mkdir(parents=True)
    lines = [f"L1,maturing_deposit_wealth,2026-01-11,c{i:08d},branch,W090A,s1" for i in range(440) if i % 11 != 10]
    (lists / "L1.csv").write_text("\n".join(["list_id,strategy_id,as_of_date,customer_id,channel_id,product_id,script_id", *lines]) + "\n")
    write_history(spec, out)
    write_days(spec, out, START, date(2026, 2, 22), lists)
    return out


def test_demand_balances_are_the_running_sum(marketed: Path, con: duckdb.DuckDBPyConnection):
    con.execute(f"create table h as select * from {rows_of(con, marketed, 'holding')} where product_id = 'D001'")
    con.execute(f"create table t as select * from {rows_of(con, marketed, 'transaction')}")
    wrong = con.execute("""
        with change as (select contract_no, dt, market_value_cny - lag(market_value_cny) over w as delta, lag(dt) over w as since
                        from h window w as (partition by contract_no order by dt)),
        moved as (select account_id, ts::date as dt, sum(if(dr_cr = 'C', amount_cny, -amount_cny)) as total from t group by all)
        select count(*) filter (where c.delta is distinct from m.total), count(*)
        from change as c left join moved as m on m.account_id = c.contract_no and m.dt = c.dt where c.since is not null
    """).fetchone()
    assert wrong is not None and wrong[0] == 0 and wrong[1] > 10000


def test_every_day_with_movements_has_its_balance(marketed: Path, con: duckdb.DuckDBPyConnection):
    missing = con.execute(f"""
        with moved as (select account_id, ts::date as dt, sum(if(dr_cr = 'C', amount_cny, -amount_cny)) as total
                       from {rows_of(con, marketed, 'transaction')} group by all having total <> 0)
        select count(*) from moved anti join {rows_of(con, marketed, 'holding')} as h on h.contract_no = moved.account_id and h.dt = moved.dt
    """).fetchone()
    assert missing == (0,)


def test_no_balance_is_ever_below_zero(marketed: Path, con: duckdb.DuckDBPyConnection):
    assert con.execute(f"select min(market_value_cny) >= 0 from {rows_of(con, marketed, 'holding')}").fetchone() == (True,)


def test_keys_are_unique_in_every_entity(marketed: Path, con: duckdb.DuckDBPyConnection):
    from orchestration.simulator.contract import KEYS

    for entity, key in KEYS.items():
        twice = con.execute(f"select {', '.join(key)} from {rows_of(con, marketed, entity)} group by all having count(*) > 1 limit 3").fetchall()
        assert twice == [], entity


def test_contracts_are_bought_from_and_redeemed_to_the_account(marketed: Path, con: duckdb.DuckDBPyConnection):
    """Each contract that starts in a night has its product_buy of the same customer, day and amount."""
    lost = con.execute(f"""
        with started as (select customer_id, start_date, cost_cny, count(*) as n from {rows_of(con, marketed, 'holding')}
                         where product_id <> 'D001' and dt = start_date and start_date >= '2025-11-01' and market_value_cny > 0 group by all),
        paid as (select customer_id, ts::date as day, amount_cny, count(*) as n from {rows_of(con, marketed, 'transaction')}
                 where txn_code = 'product_buy' group by all)
        select count(*), count(*) filter (where p.n is null or p.n < s.n) from started as s
        left join paid as p on p.customer_id = s.customer_id and p.day = s.start_date and p.amount_cny = s.cost_cny
    """).fetchone()
    assert lost is not None and lost[0] > 100 and lost[1] == 0


def test_contacts_come_back_within_two_days_and_purchases_after_them(marketed: Path, con: duckdb.DuckDBPyConnection):
    contacts = con.execute(f"""
        select count(*), count(distinct customer_id), min(ts::date), max(ts::date), avg(connected::int)
        from {rows_of(con, marketed, 'contact')} where strategy_id = 'maturing_deposit_wealth'""").fetchone()
    assert contacts is not None
    assert contacts[:4] == (LISTED, LISTED, date(2026, 1, 12), date(2026, 1, 13)) and contacts[4] > 0.6
    bought = con.execute(f"select count(*), min(ts::date), max(amount_cny) > 0 from {rows_of(con, marketed, 'response')} "
                         "where response_type = 'purchase' and strategy_id = 'maturing_deposit_wealth'").fetchone()
    assert bought is not None and bought[0] > 20 and bought[1] >= date(2026, 1, 12) and bought[2]


def test_each_attributed_purchase_is_a_holding(marketed: Path, con: duckdb.DuckDBPyConnection):
    unseen = con.execute(f"""
        select count(*) from {rows_of(con, marketed, 'response')} as r
        anti join (select customer_id, start_date, cost_cny from {rows_of(con, marketed, 'holding')}) as h
            on h.customer_id = r.customer_id and h.start_date = r.ts::date and h.cost_cny = r.amount_cny
        where response_type = 'purchase'""").fetchone()
    assert unseen == (0,)


def test_references_lead_somewhere(marketed: Path, con: duckdb.DuckDBPyConnection):
    for entity, column, other in (("holding", "customer_id", "customer"), ("holding", "product_id", "product"), ("card", "product_id", "product"),
                                  ("transaction", "account_id", "account"), ("app_event", "customer_id", "customer"),
                                  ("account", "branch_id", "branch"), ("rm_assignment", "employee_id", "employee"),
                                  ("contact", "channel_id", "channel"), ("contact", "employee_id", "employee"),
                                  ("response", "customer_id", "customer"), ("consent", "customer_id", "customer")):
        lost = con.execute(f"select count(*) from {rows_of(con, marketed, entity)} as a anti join {rows_of(con, marketed, other)} as b "
                           f"using ({column}) where a.{column} is not null").fetchone()
        assert lost == (0,), (entity, column)
