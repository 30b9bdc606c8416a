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
    _land_ties(bank, draw, customers, start)
    _land_dealings(bank, draw)


def _land_ties(bank: RawBank, draw: random.Random, customers: list[str], start: date) -> None:
    """Snapshots of the smaller entities: ties that end, links, villages, quotas, costs, cases that move on."""
    ties = [
        {"from_id": a, "to_id": b, "rel_type": draw.choice(["spouse", "guardian", "sibling"]), "valid_from": start,
         "confidence": draw.choice([None, 0.9, 0.3])}
        for a, b in (draw.sample(customers, 2) for _ in range(6))
    ]  # fmt: skip
    pairs = {(t["from_id"], t["to_id"], t["rel_type"]): t for t in ties}.values()
    bank.land("customer_relation", [_known(draw, t, start) for t in pairs])
    bank.land("customer_relation", [_known(draw, t | {"valid_to": _day(draw)}, _day(draw)) for t in [*pairs][:2]])
    links = [{"customer_id": c, "link_type": "employee", "link_id": "e1", "valid_from": start} for c in customers[:4]]
    bank.land("private_domain", [_known(draw, link, start) for link in links])
    bank.land("private_domain", [_known(draw, link | {"removed_date": _day(draw)}, _day(draw)) for link in links[:2]])
    for day in (start, _day(draw)):
        bank.land("village", [_known(draw, {"village_id": "v1", "listed_count": draw.randrange(99)}, day)])
        bank.land("cost", [_known(draw, {"object_type": "channel", "object_id": "sms", "unit_cost_cny": draw.randrange(9)}, day)])
        bank.land("quota", [_known(draw, {"object_type": "product", "object_id": "p_wealth", "branch_id": "all",
                                          "remaining": draw.randrange(99)}, day)])  # fmt: skip
    _land_cases(bank, draw)


def _land_cases(bank: RawBank, draw: random.Random) -> None:
    for number in range(4):
        begun = _day(draw)
        for step, (asked, sent, seen) in enumerate(zip(("started", "approved"), ("created", "won"), ("lead", "converted"), strict=True)):
            at = {"stage_ts": f"{begun + timedelta(days=step)} 10:00:00"}
            day = begun + timedelta(days=step)
            bank.land("application", [_known(draw, at | {"application_id": f"a{number}", "customer_id": "c1", "product_type": "card",
                                                         "started_ts": f"{begun} 10:00:00", "stage": asked}, day)])  # fmt: skip
            bank.land("referral", [_known(draw, at | {"referral_id": f"r{number}", "from_type": "employee", "from_id": "e1",
                                                      "started_ts": f"{begun} 10:00:00", "stage": sent}, day)])  # fmt: skip
            bank.land("prospect", [_known(draw, at | {"prospect_id": f"p{number}", "source": "street", "first_seen": begun,
                                                      "stage": seen}, day)])  # fmt: skip


def _land_dealings(bank: RawBank, draw: random.Random) -> None:
    """Events of the smaller entities, taken back and told again."""

    def events(count: int, key: str, **more: object) -> list[Row]:
        rows = []
        for number in range(count):
            day = _day(draw)
            row = {name: value(draw) if callable(value) else value for name, value in more.items()}
            rows.append(row | {key: f"{key}{number}", "customer_id": f"c{draw.randrange(8)}", "ts": f"{day} 10:00:00",
                               "known_at": day + timedelta(days=draw.choice([0, 0, 2]))})  # fmt: skip
        return _with_corrections(draw, key, rows)

    bank.land("visit", events(20, "visit_id", branch_id="b1", queue_min=lambda d: d.randrange(60)))
    bank.land("feedback", events(10, "feedback_id", employee_id="e1", object_type="tag", object_id="age", verdict="agree"))
    bank.land("fee_income", events(30, "fee_id", amount_cny=lambda d: d.randrange(-500, 9999) / 100,
                                   kind=lambda d: d.choice(["wealth", "card", "settlement", "other"])))  # fmt: skip
    bank.land("card_bill", events(30, "bill_id", card_id="k", statement_cny=100, minimum_cny=10, instalment_plans=1,
                                  paid_cny=lambda d: d.choice([0, 10, 50, 100])))  # fmt: skip
    bank.land("benefit_use", events(30, "use_id", benefit_id="b", cost_cny=5,
                                    action=lambda d: d.choice(["granted", "redeemed", "expired"])))  # fmt: skip


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
