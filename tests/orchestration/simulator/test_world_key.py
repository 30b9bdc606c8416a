"""Two banks that differ only in how their market answers do not share a world."""

from datetime import date

import pytest

from orchestration.simulator import BankSpec
from orchestration.simulator.world import world_of


@pytest.mark.parametrize("other", [{"effects": "realistic"}, {"interactions": False}])
def test_a_kept_world_answers_for_its_own_bank(other: dict[str, object]) -> None:
    facts: dict[str, object] = {"seed": 7, "customers": 300, "start": date(2026, 1, 5), "history_months": 1, "effects": "demo"}
    for spec in (BankSpec(**facts), BankSpec(**{**facts, **other})):  # type: ignore[arg-type]
        assert world_of(spec, 0).spec == spec
