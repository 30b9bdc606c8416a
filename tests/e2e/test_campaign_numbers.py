"""Whom a list may not reach is in no export, and the board shows what the command measures."""

import csv
import json
from pathlib import Path

import pytest

from tests.e2e.conftest import Played
from tests.e2e.homes import ask, kehu, store

LAST = 3
EFFECTS = ("model_effect", "bau_effect", "model_increment", "selection_bias", "naive_gap")
FORBIDDEN = {
    "held": "select customer_id from campaign.list_member m where m.list_id = ? and m.arm = 'hold'",
    "globally held": "select customer_id from campaign.assignment where is_global_holdout and ? <> ''",
    "minors": "select customer_id from customer.dim_customer, meta.build"
              " where birth_date > as_of_date - interval 18 year and ? <> ''",
    "opted out of profiling": "select customer_id from tags.customer_tags where is_profiling_opted_out and ? <> ''",
    "not to be contacted": "select customer_id from tags.customer_tags where is_do_not_contact and ? <> ''",
    "complained": "select customer_id from tags.customer_tags where has_recent_complaint and ? <> ''",
    "C1 and C2 for R3": "select customer_id from customer.dim_customer, campaign.list_version v, customer.dim_product p"
                        " where risk_class in ('C1', 'C2') and v.list_id = ? and p.product_id = 'F003'"
                        " and v.strategy_id = 'large_inflow_fund' and p.risk_level = 'R3'",
    "capped": "select m.customer_id from campaign.list_member m, campaign.list_version v"
              " where v.list_id = ? and v.strategy_id in ('large_inflow_fund', 'maturing_deposit_wealth')"
              " and m.arm = 'contact' and m.strategy_id <> v.strategy_id and m.as_of_date < v.as_of_date"
              " and m.expires_date >= v.as_of_date",
}
"""Customers that a list's export may not hold; every query takes the list's id."""
LEFT_OUT = {"minor", "not_consented", "do_not_contact", "complaint", "unsuitable", "capped", "global_holdout"}


@pytest.fixture(scope="module")
def exports(bank: Played, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, set[str]]]:
    """A home, and the customers of every list's export."""
    folder = tmp_path_factory.mktemp("exports")
    home, found = bank.copy(LAST, f"{folder.name}-home"), {}
    for item in kehu("lists", "list", "--home", home, "--json").document["items"]:
        out = folder / f"{item['list_id']}.csv"
        kehu("lists", "export", item["list_id"], "--out", out, "--home", home)
        with out.open(encoding="utf-8-sig", newline="") as file:
            found[item["list_id"]] = {row["customer_id"] for row in csv.DictReader(file)}
    return home, found


def test_three_strategies_make_lists_on_every_night(exports: tuple[Path, dict[str, set[str]]]) -> None:
    home, found = exports
    assert len(found) == 3 * LAST and all(found.values()), {name: len(rows) for name, rows in found.items()}
    blocked = {r[0] for r in ask(home, "select distinct block_reason from campaign.candidate_log")}
    assert blocked >= LEFT_OUT, LEFT_OUT - blocked


def test_nobody_who_may_not_be_reached_is_in_an_export(exports: tuple[Path, dict[str, set[str]]]) -> None:
    home, found = exports
    met = dict.fromkeys(FORBIDDEN, 0)
    with store(home) as connection:
        for name, sql in FORBIDDEN.items():
            for list_id, exported in found.items():
                forbidden = {r[0] for r in connection.execute(sql, [list_id]).fetchall()}
                met[name] += len(forbidden)
                assert not exported & forbidden, (name, list_id)
    assert all(met.values()), f"a rule with nobody to keep out proves nothing: {met}"


def test_the_board_shows_what_measure_says(bank: Played) -> None:
    home = bank.after(LAST)
    with store(home) as connection:
        found = connection.execute("select * from board.board_review__strategy where is_measured")
        names = [d[0] for d in found.description]
        rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    assert len(rows) == 3 and any(row["model_increment_se"] for row in rows), "nothing measured proves nothing"
    for row in rows:
        told = kehu("measure", row["strategy_id"], "--home", home, "--json").document
        metric = told["metrics"][row["metric_id"]]
        assert told["primary_metric"] == row["metric_id"] and told["verdict"] == row["verdict"]
        for name in EFFECTS:
            assert [metric[name]["estimate"], metric[name]["se"], *metric[name]["ci"], metric[name]["p_value"]] == [
                row[name], row[f"{name}_se"], row[f"{name}_low"], row[f"{name}_high"], row[f"{name}_p"]], json.dumps(metric)
        for cell, arm in metric["arms"].items():
            assert (arm["n"], arm["mean"]) == (row[f"n_{cell}"], row[f"mean_{cell}"])
