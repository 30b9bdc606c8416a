"""Every published tag of a whole night equals what its definition says, computed from the accepted rows without any SQL of the product."""

from datetime import date
from pathlib import Path

import pytest

from tests.e2e.conftest import Played, RealBank
from tests.e2e.homes import EVE
from tests.oracle.compare import compared


def _assert_all_agree(home: Path, day: date, customers: int) -> None:
    found = compared(home, day)
    assert len(found) == 170 and all(tag.agreeing + len(tag.differing) == customers for tag in found)
    assert [(tag.tag, tag.differing[:3]) for tag in found if tag.differing] == []


def test_all_facts_and_rules_of_all_customers_agree(bank: Played) -> None:
    _assert_all_agree(bank.after(0), EVE, 2000)


@pytest.mark.slow
@pytest.mark.parametrize(("day", "customers"), [(date(1994, 3, 30), 1489), (date(1995, 6, 30), 2266)])
def test_all_tags_of_the_real_bank_agree(real_bank: RealBank, day: date, customers: int) -> None:
    """On the later date some are lost and won back, under peaks older than a year."""
    _assert_all_agree(real_bank.home(day), day, customers)
