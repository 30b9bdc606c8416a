"""The evaluation's components add up to the cent by every caliber, and a new caliber leaves what was told alone."""

import shutil
import sys
from datetime import date
from decimal import ROUND_FLOOR, Decimal
from pathlib import Path

import duckdb
import pytest
import yaml

sys.path.insert(0, str(Path(__file__).parents[1] / "tags"))

import tag_project
from customer_bank import CustomerBank

DAY, EARLIER = date(2026, 6, 18), date(2026, 5, 31)
FAMILIES = ("demand", "time", "wealth", "fund", "insurance", "other")
SELECT = "path:models/evaluation tag_input__contact tag_input__transaction"


def _cents(amount: Decimal) -> Decimal:
    """To the cent, half a cent up."""
    return (amount * 100 + Decimal("0.5")).to_integral_value(ROUND_FLOOR) / 100


def _expected(basis: dict[str, object], caliber: dict[str, object]) -> dict[str, Decimal]:
    """One customer by one caliber, written down again from its text."""
    rates: dict[str, int] = caliber["family_margin_bp"]  # type: ignore[assignment]
    amount = {name: value for name, value in basis.items() if isinstance(value, Decimal)}
    margin = Decimal(0)
    for family in FAMILIES:
        own = basis[f"{family}_product_rate"] if caliber["is_product_margin_used"] else None
        margin += amount[f"{family}_12m_amount"] * (Decimal(str(own)) if own is not None else 100 * rates[family])
    by_spend = _cents(amount["card_spend_amount"] * int(str(caliber["card_fee_bp"])) / 10000)
    fresh = amount["loan_balance_amount"] - amount["loan_overdue_amount"]
    loss = fresh * int(str(caliber["loss_current_bp"])) + amount["loan_overdue_amount"] * int(str(caliber["loss_overdue_bp"]))
    is_booked = caliber["is_fee_income_used"]
    parts = {
        "deposit_margin_amount": _cents(margin / 12_000_000),
        "lending_margin_amount": _cents(amount["loan_balance_amount"] * int(str(caliber["loan_margin_bp"])) / 10000),
        "expected_loss_amount": _cents(loss / 10000),
        "fee_amount": amount["fee_amount"] if is_booked else Decimal(0),
        "card_amount": amount["card_fee_amount"] if is_booked and basis["is_fee_booked"] else by_spend,
        "payment_amount": amount["payment_fee_amount"] if is_booked else Decimal(0),
        "channel_cost_amount": amount["contact_cost_amount"]
        + (amount["visit_cost_amount"] if caliber["is_visit_cost_used"] else 0),
        "benefit_cost_amount": amount["benefit_cost_amount"] if caliber["is_benefit_cost_used"] else Decimal(0)}
    signs = {"expected_loss_amount": -1, "channel_cost_amount": -1, "benefit_cost_amount": -1}
    return {**parts, "total_amount": sum((signs.get(name, 1) * value for name, value in parts.items()), Decimal(0))}


def _declared(project: Path) -> list[dict[str, object]]:
    found = yaml.safe_load((project / "models" / "evaluation" / "customer_evaluation.yml").read_text(encoding="utf-8"))
    calibers: list[dict[str, object]] = found["models"][0]["config"]["meta"]["calibers"]
    return calibers


def _services(ids: list[str]) -> dict[str, list[dict[str, object]]]:
    """What only the full caliber counts: booked fees, counter minutes, benefits, and a correction of one day."""
    zero = dict.fromkeys(("fee_amount", "fee_product_amount", "fee_card_amount", "fee_payment_amount", "fee_other_amount",
                          "benefit_cost_amount"), "0")
    days: list[dict[str, object]] = []
    for n, customer in enumerate(ids):
        row = {"customer_id": customer, "service_date": EARLIER, "known_at": EARLIER, **zero, "fee_amount": f"{n}.11",
               "fee_product_amount": f"{n}.05", "fee_card_amount": "0.02", "fee_payment_amount": "0.03",
               "fee_other_amount": "0.01", "benefit_cost_amount": f"{n % 3}.5"}
        days += [row, {**row, **zero, "fee_amount": "-0.01", "fee_other_amount": "-0.01", "known_at": DAY}]
    visits: list[dict[str, object]] = [
        {"visit_id": f"v{n}", "customer_id": customer, "branch_id": "b1" if n % 2 else "b2", "visit_date": EARLIER,
         "serve_minute_count": n % 30, "row_sign": 1, "known_at": EARLIER} for n, customer in enumerate(ids)]
    costs: list[dict[str, object]] = [
        {"supply_kind": "unit_cost", "object_type": "visit_minute", "object_id": place, "branch_id": "all", "quantity": cost,
         "changed_date": date(2026, 1, 1), "known_at": date(2026, 1, 1), "is_late": False}
        for place, cost in (("all", "1.5"), ("b1", "2.25"))]
    return {"fct_service_day": days, "fct_visit": visits, "dim_supply_version": costs}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    bank = CustomerBank(2, 60, [EARLIER, DAY], 250)
    tables = {**bank.tables, **_services(list(bank.ids))}
    path = tmp_path_factory.mktemp("evaluation") / "build.duckdb"
    tag_project.create(path, tables)
    tag_project.run(path, [EARLIER], SELECT)
    tag_project.run(path, [DAY], SELECT)
    return path


def _records(path: Path, sql: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = tag_project.frame(path, sql).to_dict("records")
    return found


def test_every_component_and_the_total_to_the_cent(built: Path) -> None:
    calibers = {c["version"]: c for c in _declared(tag_project.PROJECT)}
    basis = {(r["as_of_date"], r["customer_id"]): {k: None if v != v else v for k, v in r.items()}
             for r in _records(built, "select * from evaluation.evaluation_basis")}
    rows = _records(built, "select * from evaluation.customer_evaluation")
    assert len(rows) == len(basis) * len(calibers) == 240
    for row in rows:
        wanted = _expected(basis[row["as_of_date"], row["customer_id"]], calibers[row["caliber_version"]])
        assert {name: row[name] for name in wanted} == wanted, (row["customer_id"], row["caliber_version"])
    for name in wanted:
        assert any(row[name] for row in rows), name


def test_what_is_counted_is_what_was_known(built: Path) -> None:
    found = {(r["as_of_date"], r["customer_id"]): r for r in _records(
        built, "select as_of_date, customer_id, fee_amount, visit_cost_amount, is_fee_booked from evaluation.evaluation_basis")}
    ids = sorted({customer for _, customer in found})
    third = ids[3]
    assert [found[day, third]["fee_amount"] for day in (EARLIER, DAY)] == [Decimal("3.06"), Decimal("3.05")]
    assert found[DAY, ids[3]]["visit_cost_amount"] == Decimal("6.75")  # 3 minutes at its own branch's 2.25
    assert found[DAY, ids[4]]["visit_cost_amount"] == Decimal("6.00")  # 4 minutes at the bank's 1.50
    assert all(row["is_fee_booked"] for row in found.values())


def test_a_new_caliber_is_told_beside_the_old(built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project, path = tmp_path / "dbt_project", tmp_path / "build.duckdb"
    shutil.copytree(tag_project.PROJECT, project, ignore=shutil.ignore_patterns("target", "logs"))
    with duckdb.connect(str(built)) as connection:
        connection.execute("checkpoint")
    shutil.copy(built, path)
    file = project / "models" / "evaluation" / "customer_evaluation.yml"
    parsed = yaml.safe_load(file.read_text(encoding="utf-8"))
    calibers = parsed["models"][0]["config"]["meta"]["calibers"]
    calibers.append({**calibers[-1], "version": 3, "name_en": "Dearer loans", "loan_margin_bp": 300})
    file.write_text(yaml.safe_dump(parsed, allow_unicode=True), encoding="utf-8")
    before = _records(path, "select * from evaluation.customer_evaluation order by all")
    monkeypatch.setattr(tag_project, "PROJECT", project)
    tag_project.run(path, [DAY], SELECT)
    old = _records(path, "select * from evaluation.customer_evaluation where caliber_version < 3 order by all")
    assert old == before
    with duckdb.connect(str(path)) as connection:
        told = connection.execute(
            "select n.as_of_date, count(*), count(*) filter (where n.lending_margin_amount > o.lending_margin_amount)"
            " from evaluation.customer_evaluation n inner join evaluation.customer_evaluation o using (as_of_date, customer_id)"
            " where n.caliber_version = 3 and o.caliber_version = 2 group by 1 order by 1").fetchall()
        assert [(day, count) for day, count, _ in told] == [(EARLIER, 60), (DAY, 60)] and all(more for _, _, more in told)
        assert connection.execute("select caliber_version, is_current from evaluation.caliber order by 1").fetchall() == [
            (1, False), (2, False), (3, True)]
