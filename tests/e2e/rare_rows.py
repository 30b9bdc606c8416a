"""Rows that the simulated bank never sends, added to a night's files: reversals, calls, overdue loans, a pension, a salary that ended, a saver of years."""

import csv
import json
import shutil
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

Row = dict[str, object]


def land(night: Path, target: Path, day: date, salaried: set[str]) -> dict[str, str]:
    """Copies a night's files with the rare rows behind the others, control files kept true; returns the customer of each case."""
    shutil.copytree(night, target)
    movements = _read(target, "transaction", day)
    spent = [row for row in movements if row["txn_code"] == "consume" and not row["reversal_of"]]
    customers = sorted({str(row["customer_id"]) for row in movements} - salaried)
    cases = ("contacted", "unreached", "inflow", "outflow", "pension", "overdue", "stopped", "closed")
    who = dict(zip(cases, customers[::len(customers) // len(cases)], strict=False)) | {"reversed": str(spent[0]["customer_id"])}
    newcomer = {**_read(target, "customer", day)[0], "customer_id": "c09000001", "dt": day, "open_date": day - timedelta(days=2), "merged_into": ""}
    saver = {**newcomer, "customer_id": "c09000002", "open_date": "2015-01-01"}
    who |= {"locked_out": "c09000001", "saver": "c09000002"}  # of anybody else a login may follow
    for entity, rows in {"customer": [newcomer, saver], "transaction": _transactions(who, spent[0], day), "contact": _contacts(who, day),
                         "loan": [_loan(who["overdue"], day)], "holding": [_pension(who["pension"], day), *_deposits(who["saver"], day)],
                         "account": [_closed(who["closed"], day)], "app_event": _failures(who["locked_out"], day)}.items():
        _append(target, entity, day, rows)
    return who


def _path(folder: Path, entity: str, day: date) -> Path:
    return folder / f"{entity}_{day:%Y%m%d}.csv"


def _read(folder: Path, entity: str, day: date) -> list[Row]:
    with _path(folder, entity, day).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _append(folder: Path, entity: str, day: date, rows: list[Row]) -> None:
    path = _path(folder, entity, day)
    names = path.read_text(encoding="utf-8").splitlines()[0].split(",")
    with path.open("a", encoding="utf-8", newline="") as file:
        csv.DictWriter(file, names, restval="", lineterminator="\n").writerows(rows)
    control = path.with_name(path.name + ".ctl")
    told = json.loads(control.read_text())
    told["rows"] += len(rows)
    if "amount_column" in told:
        told["amount_total"] = str(Decimal(told["amount_total"]) + sum(Decimal(str(row[told["amount_column"]])) for row in rows))
    control.write_text(json.dumps(told))


def _at(day: date, back: int = 0, minute: int = 0) -> str:
    moment = datetime(day.year, day.month, day.day, 11, minute) - timedelta(days=back)
    return f"{moment:%Y-%m-%d %H:%M:%S}"


def _transactions(who: dict[str, str], spent: Row, day: date) -> list[Row]:
    def row(number: int, case: str, code: str, amount: int, back: int = 0, **more: object) -> Row:
        customer = who[case]
        return {"txn_id": f"rare{number}", "account_id": f"a{customer[1:]}", "customer_id": customer, "ts": _at(day, back), "txn_code": code,
                "amount_cny": amount, "dr_cr": "C", "counterparty_type": "own_other_bank", "overseas_flag": 0, **more}
    salaries = [row(10 + n, "stopped", "salary", 9000, back, counterparty_type="employer", counterparty_id="emp9999") for n, back in enumerate((64, 94, 124))]
    back = {**spent, "txn_id": "rare1", "dr_cr": "C", "reversal_of": spent["txn_id"]}
    return [*salaries, back, row(2, "inflow", "transfer_in", 900000), row(3, "outflow", "transfer_out", 900000, dr_cr="D")]


def _contacts(who: dict[str, str], day: date) -> list[Row]:
    """One is interested once and refuses once, the other never picks up."""
    def row(number: int, case: str, back: int, disposition: str) -> Row:
        return {"contact_id": f"rare{number}", "customer_id": who[case], "channel_id": "rm_phone", "ts": _at(day, back), "delivered": 1,
                "connected": int(disposition != "no_answer"), "disposition": disposition, "cost_cny": "10.00", "message_class": "marketing", "attempt_no": 1}
    heard = [row(1, "contacted", 2, "interested"), row(2, "contacted", 1, "refused")]
    return [*heard, *(row(3 + back, "unreached", back, "no_answer") for back in range(3))]


def _loan(customer: str, day: date) -> Row:
    return {"loan_id": "rare1", "dt": day, "customer_id": customer, "loan_type": "business", "granted_cny": 80000, "granted_date": day - timedelta(days=400),
            "drawn_cny": 20000, "balance_cny": 20000, "interest_rate": 0.05, "overdue_days": 95, "maturity_date": day + timedelta(days=400), "status": "open"}


def _pension(customer: str, day: date) -> Row:
    return {"contract_no": "rare1", "dt": day, "customer_id": customer, "product_id": "P001", "market_value_cny": "12000.00", "cost_cny": "12000.00",
            "start_date": day, "auto_renew": 0}


def _deposits(customer: str, day: date) -> list[Row]:
    """Three renewals within 24 months of a first deposit that is older."""
    return [{"contract_no": f"rare{2 + n}", "dt": day, "customer_id": customer, "product_id": "T365", "market_value_cny": "5000.00",
             "cost_cny": "5000.00", "start_date": day - timedelta(days=back), "auto_renew": 0} for n, back in enumerate((900, 500, 200, 20))]


def _closed(customer: str, day: date) -> Row:
    return {"account_id": f"a{customer[1:]}", "dt": day, "customer_id": customer, "product_id": "D001", "branch_id": "b001", "open_date": "2015-01-01",
            "close_date": day, "status": "closed", "is_salary_acct": 0, "is_pension_acct": 0, "ccy": "CNY"}


def _failures(customer: str, day: date) -> list[Row]:
    return [{"event_id": f"rare{n}", "customer_id": customer, "session_id": f"rare{n}", "event_name": "login_failed", "ts": _at(day, 1, n),
             "received_at": _at(day, 1, n), "is_test": 0} for n in range(3)]
