"""Rows of a small bank in which everything awkward happens: late and corrected rows, moves, ends, dates ahead."""

import random
from datetime import date, timedelta

from raw_bank import RawBank

FIRST, LAST = date(2025, 1, 25), date(2025, 2, 6)
PRODUCTS = {"p_demand": "demand", "p_time": "time", "p_wealth": "wealth", "p_fund": "fund", "p_card": "card"}
Row = dict[str, object]


def land(bank: RawBank, seed: int, has_repeats: bool = True) -> None:
    """Fills the bank; equal seeds give equal rows. Without repeats every holding row differs from the one before."""
    draw = random.Random(seed)
    start = FIRST - timedelta(days=40)
    bank.land(
        "product",
        [{"product_id": k, "dt": start, "family": v, "risk_level": "R2"} for k, v in PRODUCTS.items()],
    )
    bank.land("branch", [{"branch_id": "b1", "dt": start, "city_code": "330400", "city_tier": 3}])
    customers = [f"c{n}" for n in range(8)]
    bank.land("customer", [row for c in customers for row in _customer(draw, c, start)])
    bank.land("account", [row for c in customers for row in _account(draw, c, start)])
    bank.land("holding", [row for c in customers for row in _holdings(draw, c, start, has_repeats)])
    bank.land(
        "consent",
        [
            _known(
                draw, {"customer_id": c, "purpose": "marketing", "channel": "sms", "status": s}, _day(draw)
            )
            for c in customers
            for s in ("granted", "refused")
        ],
    )
    bank.land("transaction", _with_corrections(draw, "txn_id", [_transaction(draw, n) for n in range(120)]))
    bank.land("app_event", _with_corrections(draw, "event_id", [_app_event(draw, n) for n in range(80)]))


def _day(draw: random.Random, first: date = FIRST) -> date:
    return first + timedelta(days=draw.randrange((LAST - first).days + 1))


def _known(draw: random.Random, row: Row, dt: date) -> Row:
    """A row of a date, sometimes learnt days later."""
    late = draw.choice([0, 0, 0, 0, 1, 2, 5])
    return row | {"dt": dt, "known_at": dt + timedelta(days=late)}


def _once(rows: list[Row], key: tuple[str, ...]) -> list[Row]:
    """One row per key, date and knowledge date, as the gate guarantees."""
    return list({(*(r[k] for k in key), r["dt"], r["known_at"]): r for r in rows}.values())


def _customer(draw: random.Random, name: str, start: date) -> list[Row]:
    row: Row = {
        "customer_id": name,
        "birth_date": "1980-05-05",
        "open_date": start,
        "aml_status": "normal",
        "gender": "F",
        "city_code": "330400",
    }
    changes = [
        _known(draw, row | {"risk_class": draw.choice(["C1", "C2", "C3"])}, _day(draw)) for _ in range(4)
    ]
    if name == "c7":
        changes.append(_known(draw, row | {"merged_into": "c1"}, date(2025, 2, 3)))
    return _once([row | {"dt": start, "known_at": start}, *changes], ("customer_id",))


def _account(draw: random.Random, name: str, start: date) -> list[Row]:
    row: Row = {
        "account_id": f"a_{name}",
        "customer_id": name,
        "product_id": "p_demand",
        "open_date": start,
        "status": "open",
    }
    closed = row | {"status": "closed", "close_date": LAST}
    return _once(
        [row | {"dt": start, "known_at": start}, _known(draw, row, _day(draw)), _known(draw, closed, LAST)],
        ("account_id",),
    )


def _holdings(draw: random.Random, name: str, start: date, has_repeats: bool) -> list[Row]:
    rows: list[Row] = []
    for contract, product in ((f"a_{name}", "p_demand"), (f"t_{name}", "p_time"), (f"w_{name}", "p_wealth")):
        row: Row = {"contract_no": contract, "customer_id": name, "product_id": product, "start_date": start}
        for _ in range(draw.randrange(1, 9)):
            owner = name if draw.random() < 0.9 else "c0"
            value = draw.choice([0, -50, 100, 250, 999.99]) if has_repeats else draw.randrange(10**7) / 100
            rows.append(
                _known(draw, row | {"customer_id": owner, "market_value_cny": value}, _day(draw, start))
            )
        if draw.random() < 0.3:  # told ahead of its date
            ahead = _day(draw)
            rows.append(
                row | {"market_value_cny": 77, "dt": ahead, "known_at": max(FIRST, ahead - timedelta(days=3))}
            )
    return _once(rows, ("contract_no",))


def _transaction(draw: random.Random, number: int) -> Row:
    day = _day(draw)
    code = draw.choice(["salary", "consume", "refund", "transfer_out", "education", "securities_in", "fee"])
    return {
        "txn_id": f"t{number}",
        "account_id": "a",
        "customer_id": f"c{draw.randrange(8)}",
        "ts": f"{day} 10:00:00",
        "amount_cny": draw.randrange(1, 9999) / 100,
        "dr_cr": draw.choice("CD"),
        "txn_code": code,
        "counterparty_type": draw.choice(["own_same_bank", "own_other_bank", "merchant", None]),
        "reversal_of": "t1" if draw.random() < 0.1 else None,
        "known_at": day + timedelta(days=draw.choice([0, 0, 0, 2])),
    }


def _app_event(draw: random.Random, number: int) -> Row:
    day = _day(draw)
    return {
        "event_id": f"e{number}",
        "customer_id": f"c{draw.randrange(8)}",
        "session_id": f"s{number // 3}",
        "event_name": draw.choice(["login", "page_view", "calculator"]),
        "page_id": draw.choice(["wealth_list", "home"]),
        "ts": f"{day} 09:00:00",
        "is_test": draw.random() < 0.1,
        "known_at": day,
    }


def _with_corrections(draw: random.Random, key: str, rows: list[Row]) -> list[Row]:
    """A corrected file: all rows of one night taken back and told again, one of them changed; once in the same night."""
    told = list(rows)
    for night, delay in ((date(2025, 1, 28), 3), (date(2025, 2, 1), 0)):
        known = night + timedelta(days=delay)
        old = [row for row in rows if row["known_at"] == night]
        told += [row | {"row_sign": -1, "known_at": known} for row in old]
        told += [row | {"known_at": known} for row in old[1:]]
        told += [row | {"known_at": known, "customer_id": "c5"} for row in old[:1]]
    return told
