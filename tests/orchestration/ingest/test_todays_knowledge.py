"""Today's knowledge of a past date: corrected rows in their last form, late rows on their own date, nothing newer."""

from datetime import date
from typing import Any

from orchestration.restate import knowledge

D1, D2, D3 = date(2025, 1, 2), date(2025, 1, 3), date(2025, 1, 4)


def _amounts(bank: Any) -> dict[str, Any]:
    """What dbt makes of the events: signed sums."""
    return dict(bank.connection.execute("select txn_id, sum(amount_cny * row_sign) from raw.core_transaction group by 1"
                                        " having sum(row_sign) <> 0").fetchall())


def _corrected(bank: Any, make: Any) -> None:
    """T2 corrected and T9 late on the third night; H1 told twice of the first date."""
    bank.put("2025-01-02/transaction_20250102.csv", make.transactions(range(1, 4)))
    bank.put("2025-01-02/holding_20250102.csv", make.holdings("2025-01-02", {"H1": "5.00", "H2": "1.00"}))
    bank.run(D1)
    bank.put("2025-01-03/holding_20250103.csv", make.holdings("2025-01-03", {"H1": "6.00"}))
    bank.run(D2)
    lines = make.transactions(range(1, 4)).replace("2.50", "99.00")
    bank.put("2025-01-04/transaction_20250102.v2.csv", lines)
    bank.put("2025-01-04/transaction_20250104.csv", make.transactions(range(9, 10)))
    bank.put("2025-01-04/holding_20250102.v2.csv", make.holdings("2025-01-02", {"H1": "7.00"}))
    bank.run(D3)


def test_a_past_date_has_the_last_word_on_it_and_no_later_row(bank: Any, make: Any) -> None:
    _corrected(bank, make)
    assert knowledge.make_views(bank.settings, bank.connection, D3, D1) == D1
    assert {name: str(value) for name, value in _amounts(bank).items()} == {"T1": "1.50", "T2": "99.00", "T3": "3.50", "T9": "9.50"}
    assert bank.rows("holding", "contract_no, known_at, market_value_cny::varchar") == [("H1", D1, "7.00"), ("H2", D1, "1.00")]


def test_knowledge_up_to_the_second_night_holds_no_correction(bank: Any, make: Any) -> None:
    _corrected(bank, make)
    knowledge.make_views(bank.settings, bank.connection, D2, D2)
    assert {name: str(value) for name, value in _amounts(bank).items()} == {"T1": "1.50", "T2": "2.50", "T3": "3.50"}
    assert [row[1] for row in bank.rows("holding", "contract_no, market_value_cny::varchar")] == ["5.00", "6.00", "1.00"]


def test_what_was_learnt_later_is_counted_by_entity(bank: Any, make: Any) -> None:
    _corrected(bank, make)
    found = knowledge.learnt_later(bank.settings, bank.connection, D1, D3)
    assert found == {"core.transaction": {"row_count": 4, "corrected_count": 3}, "core.holding": {"row_count": 1, "corrected_count": 1}}
    assert knowledge.learnt_later(bank.settings, bank.connection, D1, D2) == {}
