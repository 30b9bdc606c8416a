"""The campaign dbt models on random facts: an independent oracle, and a range against its nights."""

import os
import random
from datetime import date, timedelta

import duckdb
import pytest

from features.settings import ROOT
from orchestration.dbt_manifest import manifest
from orchestration.strategy import pinned

FIRST, LAST = date(2026, 1, 5), date(2026, 3, 31)
NIGHTS = [FIRST + timedelta(days=7 * n) for n in range(12)] + [LAST]
LISTS = NIGHTS[:9]
WINDOW, SETTLE = 20, 7
STRATEGY = {"strategy_id": "s", "version": 1, "primary_metric": "card_first_swipe", "window_days": WINDOW,
            "product_family": "wealth", "status": "running", "expires_days": 14}  # fmt: skip
FACTS = {
    "customer.fct_contact": "contact_id varchar, list_id varchar, customer_id varchar, contact_date date,"
    " contacted_at timestamp, is_delivered boolean, is_connected boolean, disposition varchar,"
    " cost_amount decimal(18,2), row_sign tinyint, known_at date",
    "customer.fct_response": "response_id varchar, strategy_id varchar, customer_id varchar, response_date date,"
    " response_type varchar, row_sign tinyint, known_at date",
    "customer.fct_purchase": "contract_no varchar, customer_id varchar, product_family varchar, purchase_date date,"
    " amount decimal(18,2), row_sign tinyint, known_at date",
    "customer.fct_balance_change": "customer_id varchar, product_family varchar, balance_date date,"
    " delta_amount decimal(18,2), known_at date",
    "customer.fct_transaction_measure": "customer_id varchar, txn_date date, initiated_count bigint,"
    " external_credit_amount decimal(18,2), external_debit_amount decimal(18,2), known_at date",
    "customer.dim_card_version": "card_id varchar, customer_id varchar, first_txn_date date, known_at date",
}
TAGS = "as_of_date date, customer_id varchar, aum_cny decimal(18,2), aum_month_avg_cny decimal(18,2), txn_count_90d integer, aum_tier varchar"


class Facts:
    """Random rows; corrections take a row back later, some rows come late."""

    def __init__(self, seed):
        draw = random.Random(seed)
        self.customers = [f"c{n:03d}" for n in range(60)]
        self.rows = {table: [] for table in FACTS}
        pool = draw.sample(self.customers, 45)
        self.members = [self._member(draw, night, pool.pop()) for night in LISTS for _ in range(5)]
        for number in range(400):
            self._fact(draw, number)

    def _member(self, draw, night, customer):
        policy, arm = draw.choice(["model", "bau"]), draw.choice(["contact", "hold"])
        return {"list_id": f"l{night:%m%d}", "strategy_id": "s", "strategy_version": 1, "as_of_date": night,
                "customer_id": customer, "policy_source": policy, "policy": policy, "score": draw.random(), "rank": 1,
                "channel_id": "sms", "product_id": "p", "script_id": "x", "segment_id": "g", "arm": arm,
                "cell": f"{policy}_{'contacted' if arm == 'contact' else 'held'}",
                "expires_date": night + timedelta(days=14)}  # fmt: skip

    def _fact(self, draw, number):
        customer, day = draw.choice(self.customers), FIRST + timedelta(days=draw.randrange(84))
        known = day + timedelta(days=draw.choice([0, 0, 0, 1, 6, 9, 30]))
        back = known + timedelta(days=draw.choice([1, 5, 40]))
        signs = [(1, known)] + ([(-1, back)] if draw.random() < 0.2 else [])
        family = draw.choice(["wealth", "wealth", "fund", "time", "card"])
        amount = draw.randrange(1, 9999)
        member = draw.choice(self.members)
        for sign, at in signs:
            self.rows["customer.fct_purchase"].append((f"k{number}", customer, family, day, amount, sign, at))
            self.rows["customer.fct_contact"].append(
                (f"t{number}", member["list_id"], member["customer_id"], day, day, amount % 2 == 0, amount % 3 == 0,
                 draw.choice(["refused", "interested"]) if sign > 0 else None, 10, sign, at)) if sign > 0 else None
            kind = ["click", "refuse", "purchase"][amount % 3]
            self.rows["customer.fct_response"].append((f"r{number}", "s", customer, day, kind, sign, at))
        self.rows["customer.fct_balance_change"].append((customer, family, day, draw.randrange(-500, 500), known))
        self.rows["customer.fct_transaction_measure"].append((customer, day, draw.choice([0, 1, 2]), draw.randrange(900),
                                                            draw.randrange(900), known))
        if draw.random() < 0.1:
            self.rows["customer.dim_card_version"].append((f"d{number}", customer, day, known))


def show(path, facts, load_from, to_date, decisions):
    """What the customer layer, the tags and the pinned state hold on a night."""
    with duckdb.connect(str(path)) as con:
        for schema in ("control", "state", "customer", "tags", "vocabulary"):
            con.execute(f"create schema if not exists {schema}")
        con.execute("create or replace table control.build_range as select ?::date as load_from_date, ?::date as"
                    " from_date, ?::date as to_date", [load_from, load_from, to_date])
        con.execute("create or replace table control.snapshot_date (as_of_date date, kind varchar)")
        con.executemany("insert into control.snapshot_date values (?, 'decision')", [[d] for d in decisions])
        con.execute("create or replace table vocabulary.product_family as select * from (values ('wealth', true),"
                    " ('fund', true), ('time', true), ('card', false)) as v(product_family, is_aum)")
        for table, columns in FACTS.items():
            rows = [row for row in facts.rows[table] if row[-1] <= to_date]
            con.execute(f"create or replace table {table} ({columns})")
            _insert(con, table, rows)
        con.execute(f"create or replace table tags.customer_tags_all ({TAGS})")
        _insert(con, "tags.customer_tags_all", [
            (m["as_of_date"], m["customer_id"], 1000, 2000, 3, "t1") for m in facts.members])
        _state(con, facts, to_date)


def _insert(con, table, rows):
    """One statement for all rows: row by row is slow in DuckDB."""
    if rows:
        marks = "(" + ", ".join("?" * len(rows[0])) + ")"
        con.execute(f"insert into {table} values {', '.join([marks] * len(rows))}", [v for row in rows for v in row])


def _state(con, facts, to_date):
    for table, columns in (("assignment", pinned.ASSIGNMENT), ("list_version", pinned.LIST_VERSION),
                           ("list_member", pinned.LIST_MEMBER), ("candidate", pinned.CANDIDATE),
                           ("strategy", pinned.STRATEGY)):  # fmt: skip
        pinned.create(con, table, columns)
    now = [m for m in facts.members if m["as_of_date"] <= to_date]
    fill(con, "strategy", pinned.STRATEGY, [STRATEGY])
    fill(con, "list_member", pinned.LIST_MEMBER, now)
    fill(con, "list_version", pinned.LIST_VERSION, [
        {"list_id": f"l{n:%m%d}", "strategy_id": "s", "as_of_date": n, "status": "exported", "content_hash": "h",
         "rule_hash": "r", "expires_date": n + timedelta(days=14)} for n in LISTS if n <= to_date])  # fmt: skip
    fill(con, "candidate", pinned.CANDIDATE, [
        {"run_date": m["as_of_date"], "strategy_id": "s", "customer_id": m["customer_id"], "policy": m["policy"],
         "is_eligible": True, "rank": 1, "is_chosen": True} for m in now
        if con.execute("select 1 from control.snapshot_date where as_of_date = ?", [m["as_of_date"]]).fetchall()])  # fmt: skip
    arms = [(1, m["policy"], 0.5) for m in now], [(2, m["arm"], 0.5) for m in now], [(0, "marketed", 0.98) for _ in now]
    fill(con, "assignment", pinned.ASSIGNMENT, [
        {"experiment_id": "s.v1", "strategy_id": "s", "unit_id": m["customer_id"], "level": level, "arm": arm,
         "probability": share, "assigned_date": m["as_of_date"]}
        for rows in arms for m, (level, arm, share) in zip(now, rows, strict=True)])  # fmt: skip
    fill(con, "assignment", pinned.ASSIGNMENT, [
        {"experiment_id": "s.v1", "strategy_id": "s", "unit_id": "h1", "level": 0, "arm": "holdout",
         "probability": 0.02, "assigned_date": FIRST}])  # fmt: skip


def fill(con, table, columns, rows):
    if rows:
        _insert(con, f"state.{table}", [[row.get(name) for name in columns] for row in rows])


@pytest.fixture(scope="module")
def dbt(tmp_path_factory):
    """build(path): runs the campaign models on one build database; the project is parsed once."""
    from dbt.cli.main import dbtRunner

    target = tmp_path_factory.mktemp("target")
    folders = ["--project-dir", str(ROOT / "dbt_project"), "--profiles-dir", str(ROOT / "dbt_project"),
               "--target-path", str(target), "--log-path", str(target)]  # fmt: skip
    os.environ["KEHU_BUILD_DB"] = (str(target / "build.duckdb"))
    parsed = manifest(ROOT / "dbt_project")

    def build(path):
        os.environ["KEHU_BUILD_DB"] = str(path)
        done = dbtRunner(manifest=parsed).invoke(
            ["build", "--quiet", "--select", "path:models/campaign", "--exclude-resource-type", "unit_test", *folders])
        failed = [f"{r.node.name}: {r.message}" for r in done.result or [] if str(r.status) in ("error", "fail")]
        assert done.success and not failed, failed or done.exception

    yield build
    os.environ.pop("KEHU_BUILD_DB")


@pytest.fixture(scope="module")
def built(dbt, tmp_path_factory):
    """(facts, one range, night by night) as paths of build databases."""
    facts, folder = Facts(3), tmp_path_factory.mktemp("builds")
    whole, nightly = folder / "whole" / "build.duckdb", folder / "nightly" / "build.duckdb"
    whole.parent.mkdir()
    nightly.parent.mkdir()
    show(whole, facts, FIRST, LAST, LISTS)
    dbt(whole)
    for before, night in zip([FIRST - timedelta(days=1), *NIGHTS], NIGHTS, strict=False):
        show(nightly, facts, before + timedelta(days=1), night, [night])
        dbt(nightly)
    return facts, whole, nightly


def rows_of(path, query):
    with duckdb.connect(str(path)) as con:
        return con.execute(query).fetchall()


def test_a_range_equals_its_nights(built):
    _, whole, nightly = built
    for table in ("assignment", "list_version", "list_member", "execution", "outcome_panel", "audience_reason"):
        query = f"select * from campaign.{table} order by all"
        left, right = rows_of(whole, query), rows_of(nightly, query)
        assert left == right and len(left) >= 9, table


def test_outcomes_equal_an_oracle(built):
    facts, whole, _ = built
    found = {(c, metric): (value, matured) for c, metric, value, matured in rows_of(
        whole, "select customer_id, metric_id, value, is_matured from campaign.outcome_panel")}  # fmt: skip
    wanted = {}
    for member in facts.members:
        start, end = member["as_of_date"], member["as_of_date"] + timedelta(days=WINDOW)
        limit = min(end + timedelta(days=SETTLE), LAST)

        def seen(table, place, customer=member["customer_id"], start=start, end=end, limit=limit):
            spot = 0 if table.endswith(("change", "measure")) else 1
            return [r for r in facts.rows[table] if r[spot] == customer and start < r[place] <= end and r[-1] <= limit]

        signs = {}
        for contract, _, family, _, amount, sign, _ in seen("customer.fct_purchase", 3):
            signs[contract, family, amount] = signs.get((contract, family, amount), 0) + sign
        wealth = [amount for (_, family, amount), sign in signs.items() if family == "wealth" and sign > 0]
        values = {
            "purchase_wealth": float(bool(wealth)), "purchase_amount_wealth": float(sum(wealth)),
            "aum_change": float(sum(r[3] for r in seen("customer.fct_balance_change", 2) if r[1] != "card")),
            "net_new_money": float(sum(r[3] - r[4] for r in seen("customer.fct_transaction_measure", 1))),
            "active_txn": float(sum(r[2] for r in seen("customer.fct_transaction_measure", 1)) > 0),
            "card_first_swipe": float(bool(seen("customer.dim_card_version", 2))),
        }  # fmt: skip
        wanted |= {(member["customer_id"], metric): (value, end <= LAST) for metric, value in values.items()}
    assert found == wanted
    assert all(any(v[0] for (_, m), v in wanted.items() if m == metric) for _, metric in wanted)


def test_execution_counts_contacts_of_the_list_and_treats_held_alike(built):
    facts, whole, _ = built
    for customer, list_id, is_dispatched, count, cost in rows_of(
            whole, "select customer_id, list_id, is_dispatched, contact_count, cost_amount from campaign.execution"):
        member = next(m for m in facts.members if m["customer_id"] == customer)
        limit = member["as_of_date"] + timedelta(days=60)
        mine = {r[0] for r in facts.rows["customer.fct_contact"]
                if r[1] == list_id and r[2] == customer and r[-1] <= min(limit, LAST)}  # fmt: skip
        assert (is_dispatched, count, float(cost)) == (bool(mine), len(mine), 10.0 * len(mine))
    assert rows_of(whole, "select count(*) from campaign.execution where arm = 'hold' and is_dispatched")[0][0] > 0


def test_assignment_has_one_row_per_customer_with_its_cell(built):
    facts, whole, _ = built
    rows = {r[0]: r[1:] for r in rows_of(
        whole, "select customer_id, is_global_holdout, policy, contact, cell, listed_date from campaign.assignment")}  # fmt: skip
    assert rows.pop("h1") == (True, None, None, None, None)
    assert rows == {m["customer_id"]: (False, m["policy"], int(m["arm"] == "contact"), m["cell"], m["as_of_date"])
                    for m in facts.members}  # fmt: skip
    statuses = dict(rows_of(whole, "select list_id, status from campaign.list_version"))
    assert statuses["l0105"] == "expired" and len(set(statuses.values())) <= 2
