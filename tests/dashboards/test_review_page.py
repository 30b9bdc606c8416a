"""The Review page beyond the four cells: validity by stage, the one final look, money, changes, the whole bank."""

import board_bank
import board_pages as pages
import pandas as pd
import pytest

from dashboards import figures as f
from dashboards.components import charts, strategy_cards
from dashboards.figures import Unit
from dashboards.wording import known
from features import measurement
from features.settings import Settings

WIN = "maturing_deposit_wealth"


@pytest.fixture(scope="module")
def shown(bank_home: Settings) -> dict[str, str]:
    """The page of the winning strategy in both languages, run once."""
    with pytest.MonkeyPatch.context() as patch:
        return {lang: pages.text(pages.run(bank_home.home, "review", patch, lang, strategy=WIN)) for lang in ("zh", "en")}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_page_equals_kehu_measure(bank_home: Settings, shown: dict[str, str], lang: str) -> None:
    told = measurement.strategy(bank_home, WIN)
    found, unit = told["metrics"][told["primary_metric"]], Unit("rate", lang)
    for name in board_bank.EFFECTS:
        assert unit.effect(found[name]["estimate"]) in shown[lang]
        assert unit.span(*found[name]["ci"]) in shown[lang]
    adjusted = found["model_increment"]["adjusted"]
    assert f"{unit.effect(adjusted['estimate'])} {unit.span(*adjusted['ci'])}" in shown[lang]
    assert unit.exact(found["policy_value"]["estimate"]) in shown[lang]
    sequence = found["model_increment"]["sequence"]
    assert f"[{unit.exact(sequence['ever'][0])}, {unit.exact(sequence['ever'][1])}]" in shown[lang]
    for name in ("increment_income", "increment_profit", "campaign_profit", "net_new_money"):
        assert f.money(told["money"][name], lang, True) in shown[lang]
    assert told["plan_hash"][:12] in shown[lang]
    assert len(sequence["looks"]) == len(board_bank.NIGHTS)


def test_changes_after_the_verdict_are_linked(shown: dict[str, str]) -> None:
    assert "changes since this verdict: 1" in shown["en"] and "结论之后有 1 项变更" in shown["zh"]
    assert "after the verdict: Win" in shown["en"]


def test_false_discoveries_and_shrinkage_are_told(shown: dict[str, str]) -> None:
    assert "holds among all strategies" in shown["en"]
    assert "Shrunken against the winner's curse +3.45 pp" in shown["en"]
    assert "10–50K 5,100 +5.10 pp" in shown["en"]


def test_the_stage_where_it_broke_says_so(bank_home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = pages.text(pages.run(bank_home.home, "review", monkeypatch, "en", strategy="affluent_upgrade"))
    assert "Dispatch starts here Delivery p < 0.001 Outcome p < 0.001" in shown
    assert "Profit the model added" not in shown and "per eligible customer, listed or not" not in shown


def test_no_money_without_a_verdict(bank_home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = pages.text(pages.run(bank_home.home, "review", monkeypatch, "en", strategy="honeymoon_second_product"))
    assert "No verdict, no money claimed" in shown and "Profit the model added" not in shown


def test_the_whole_bank_stands_below_the_forest(bank_home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    row = board_bank.holdout().iloc[-1]
    shown = pages.text(pages.run(bank_home.home, "review", monkeypatch, "en"))
    for name in ("claimed", "shown", "gap"):
        assert f.count(row[name], "en", True) in shown
        assert f.interval(row[f"{name}_low"], row[f"{name}_high"], lambda v: f.count(v, "en", True)) in shown
    assert "purchases that strategies claim are counted twice" in shown
    assert "2 strategies hold at a false discovery rate of 10%" in shown


def test_a_strategys_answer_keeps_the_contract_of_files(bank_home: Settings) -> None:
    found = measurement.strategy(bank_home, WIN)
    increment = found["metrics"]["purchase_wealth"]["model_increment"]
    assert increment["adjusted"]["method"] == "cuped"
    assert increment["capped"] is None or increment["capped"]["cap"] > 0
    assert all(isinstance(cells, dict) for what in ("planned", "observed") for cells in found["srm"][what].values())


def test_an_older_store_without_reasons_for_its_advice_is_shown() -> None:
    """Until the next night publishes, the board reads what the former version wrote."""
    assert known("keep_note") in strategy_cards._advice(pd.Series({"advice": "keep"}), "en")


def test_early_nights_stay_inside_the_axis() -> None:
    frame = pd.DataFrame({"low": [None] * 8, "high": [None] * 8, "estimate": [9.0, 4.0, 3.0, 2.0, 2.0, 2.0, 2.0, 2.0]}, dtype=float)
    low, high = charts._domain(frame, 1.0, [])
    assert low < 2.0 and high > 9.0


def test_the_effect_per_customer_connected_is_the_lists_over_the_share() -> None:
    funnel = pd.DataFrame({"policy": ["model", "bau"], "step": "connected", "share_rate": [0.4, 0.0]})
    row = pd.Series({"verdict": "win", "metric_kind": "rate", "currency": "CNY", "model_effect": 0.02, "model_effect_low": 0.01,
                     "model_effect_high": 0.03, "bau_effect": 0.01, "bau_effect_low": 0.0, "bau_effect_high": 0.02})
    told = strategy_cards._per_connected(funnel, row, "en")
    assert "+5.00 pp [+2.50, +7.50]" in told and told.count("pp") == 1  # nobody connected: nothing to divide by
    assert strategy_cards._per_connected(funnel, row.where(row != "win", "invalid"), "en") == ""


def test_a_cell_with_a_handful_of_events_is_pointed_at() -> None:
    cells = pd.DataFrame({"people_count": [500, 400, 500, 400], "event_count": [60, 3, 50, 17]})
    assert "3 events" in strategy_cards._doubt(cells, "en")
    assert strategy_cards._doubt(cells.assign(event_count=[60, 30, 484, 17]), "en") == ""
    assert measurement.doubt(1_999, None) == ("1,999 名客户", "1,999 customers")


def test_the_final_look_is_one_bar_and_the_band_waits() -> None:
    nights = pd.DataFrame({"as_of_date": pd.date_range("2026-01-05", periods=4, freq="7D"), "judged_increment": [0.05, 0.04, 0.03, 0.03],
                           "ever_low": [None, None, -0.01, 0.0], "ever_high": [None, None, 0.07, 0.06], "people_count": [1, 2, 3, 4]})
    final = charts.Final(pd.Timestamp("2026-01-26"), 0.01, 0.05)
    drawn = charts.sequence(nights, 0.02, Unit("rate", "en"), False, final).to_dict()
    rows = [row for data in drawn["datasets"].values() for row in data]
    assert {"day": "2026-01-26T00:00:00", "low": 1.0, "high": 5.0} in rows
    without = charts.sequence(nights, 0.02, Unit("rate", "en"), False).to_dict()
    assert len(without["layer"]) == len(drawn["layer"]) - 1
    assert sum(row.get("low") is not None and "estimate" in row for row in rows) >= 2
