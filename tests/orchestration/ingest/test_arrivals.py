"""Required files: block, wait until they are due, or go on and say so."""

from datetime import date
from typing import Any

import pytest

from features.errors import KehuError
from orchestration import ingest

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


def test_a_date_far_beyond_all_files_is_a_slip_and_no_night(bank: Any, make: Any) -> None:
    """Noted as blocked, such a night would make all lists stale until its date comes."""
    land(bank, make, "2025-01-02")
    bank.run(D1)
    land(bank, make, "2025-03-31")
    for last in (D2, date(2025, 2, 3), date(2025, 3, 31), date(2025, 5, 1)):
        ingest.refuse_unreached(bank.settings, "core", bank.landing, D2, last)
    for last in (date(2025, 5, 2), date(2099, 1, 1)):
        with pytest.raises(KehuError, match=f"{last} is more than 31 days after the newest account and customer file .2025-03-31.") as refused:
            ingest.refuse_unreached(bank.settings, "core", bank.landing, D2, last)
        assert str(bank.landing) in refused.value.fix
    with pytest.raises(KehuError, match="not declared"):
        ingest.refuse_unreached(bank.settings, "nope", bank.landing, D2, D2)


def test_days_in_a_row_are_said_once(bank: Any, make: Any) -> None:
    land(bank, make, "2025-01-02")
    land(bank, make, "2025-01-06", "customer")
    bank.put("2025-01-06/customer_20250106.csv", b"")
    assert bank.run(D1, date(2025, 1, 9)).blocking == [
        "required file missing: core customer of 2025-01-03 to 2025-01-05",
        "required file missing: core customer of 2025-01-06 (quarantined 2025-01-06/customer_20250106.csv: the file is empty (0 bytes))",
        "required file missing: core customer of 2025-01-07 to 2025-01-08",
        "required file missing: core customer of 2025-01-09",
        "required file missing: core account of 2025-01-03 to 2025-01-05",
        "required file missing: core account of 2025-01-07 to 2025-01-08",
        "required file missing: core account of 2025-01-09"]
