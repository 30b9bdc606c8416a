"""Required files: block, wait until they are due, or go on and say so."""

from datetime import date
from typing import Any

import pytest

D1, D2 = date(2025, 1, 2), date(2025, 1, 3)
BEFORE, AFTER = "2025-01-02T21:59:00+00:00", "2025-01-02T22:00:00+00:00"


def snapshot(make: Any, entity: str, day: str) -> str:
    values = {"customer": f"C1,{day},,,,,,,,,2020-01-01" + "," * 8, "account": f"A1,{day},C1,P1,,2020-01-01,,open,0,0,CNY",
              "product": f"P1,{day},demand" + "," * 9}
    return f"{make.headers[entity]}\n{values[entity]}\n"


def land(bank: Any, make: Any, day: str, *skip: str) -> None:
    compact = day.replace("-", "")
    for entity in ("customer", "account", "product"):
        if entity not in skip:
            bank.put(f"{day}/{entity}_{compact}.csv", snapshot(make, entity, day))
    if "transaction" not in skip:
        bank.put(f"{day}/transaction_{compact}.csv", make.transactions(range(int(compact), int(compact) + 4), day))
    if "holding" not in skip:
        bank.put(f"{day}/holding_{compact}.csv", make.holdings(day, {"H1": "1.00"}))


def test_nothing_is_missing_when_all_came(bank: Any, make: Any) -> None:
    land(bank, make, "2025-01-02")
    land(bank, make, "2025-01-03")
    result = bank.run(D1, D2)
    assert (result.missing, result.blocking) == ([], [])


def test_an_indispensable_file_blocks(bank: Any, make: Any) -> None:
    land(bank, make, "2025-01-02")
    land(bank, make, "2025-01-03", "customer")
    assert bank.run(D1, D2).blocking == ["required file missing: core customer of 2025-01-03"]


def test_a_quarantined_file_is_missing_with_its_reason(bank: Any, make: Any) -> None:
    land(bank, make, "2025-01-02", "account")
    bank.put("2025-01-02/account_20250102.csv", b"")
    [reason] = bank.run(D1).blocking
    assert reason == ("required file missing: core account of 2025-01-02 (quarantined 2025-01-02/account_20250102.csv:"
                      " the file is empty (0 bytes))")


@pytest.mark.parametrize(("now", "is_blocked"), [(BEFORE, True), (AFTER, False)])
def test_a_file_that_may_come_is_waited_for_until_it_is_due(
    bank: Any, make: Any, monkeypatch: Any, now: str, is_blocked: bool
) -> None:
    monkeypatch.setenv("KEHU_NOW", now)
    land(bank, make, "2025-01-02", "transaction")
    result = bank.run(D1)
    if is_blocked:
        assert result.blocking == ["waiting until 2025-01-03 06:00 for core transaction of 2025-01-02"]
    else:
        assert (result.blocking, result.missing) == ([], ["core transaction of 2025-01-02"])


def test_a_dispensable_file_is_only_named(bank: Any, make: Any) -> None:
    land(bank, make, "2025-01-02", "product")
    result = bank.run(D1)
    assert (result.blocking, result.missing) == ([], ["core product of 2025-01-02"])


def test_a_history_covers_its_dates(bank: Any, make: Any) -> None:
    for entity in ("customer", "account", "product"):
        bank.put(f"{entity}_20250101_20250103.csv", snapshot(make, entity, "2025-01-02"))
    bank.put("transaction_20250101_20250103.csv", make.transactions(range(1, 4)))
    bank.put("holding_20250101_20250103.csv", make.holdings("2025-01-02", {"H1": "1.00"}))
    result = bank.run(D2)
    assert (result.missing, result.blocking) == ([], [])
