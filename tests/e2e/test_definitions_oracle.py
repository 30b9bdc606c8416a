"""Every published tag of a whole night equals what its definition says, computed from the accepted rows without any SQL of the product."""

from datetime import date
from pathlib import Path

import pytest

from tests.e2e import rare_rows
from tests.e2e.conftest import Played, RealBank
from tests.e2e.homes import EVE, START, ask, nightly
from tests.e2e.test_planted_patterns import planted
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


@pytest.mark.slow
def test_what_the_simulated_bank_never_sends_is_told_right_too(bank: Played, tmp_path: Path) -> None:
    home, landing = bank.copy(0, "rare"), tmp_path / "landing"
    who = rare_rows.land(bank.landing / START.isoformat(), landing / START.isoformat(), START, planted(bank.landing, "payroll"))
    nightly(home, landing, START)
    carriers = {"contacted": "is_responder and contact_fatigue_rate > 0 and cost_to_serve_90d_cny = 20", "unreached": "is_unreachable and contact_count_30d = 3",
                "inflow": "is_large_inflow", "outflow": "is_large_outflow", "pension": "private_pension_paid_ytd_cny = 12000",
                "overdue": "is_overdue_90d and credit_drawdown_rate < 1", "stopped": "is_payroll_stopped", "closed": "is_lost", "saver": "is_time_deposit_lover", "locked_out": "is_login_failure and not has_first_meeting_consent"}
    for case, condition in carriers.items():
        assert ask(home, f"select count(*) from tags.customer_tags where customer_id = '{who[case]}' and {condition}") == [(1,)], case
    _assert_all_agree(home, START, 2002)
