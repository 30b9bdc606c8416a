"""Every published tag of a whole night equals what its definition says, computed from the accepted rows without any SQL of the product."""

from tests.e2e.conftest import Played
from tests.e2e.homes import EVE
from tests.oracle.compare import compared


def test_all_facts_and_rules_of_all_customers_agree(bank: Played) -> None:
    found = compared(bank.after(0), EVE)
    assert len(found) == 169 and all(tag.agreeing + len(tag.differing) == 2000 for tag in found)
    assert [(tag.tag, tag.differing[:3]) for tag in found if tag.differing] == []
