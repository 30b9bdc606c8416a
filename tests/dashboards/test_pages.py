"""Every page in both languages, with data and without: no exception, the store's figures, and what to do when empty."""

import re
from pathlib import Path

import board_bank
import board_pages as pages
import pandas as pd
import pytest

from dashboards.figures import Unit
from features import warehouse
from features.settings import Settings

LANGUAGES = ("zh", "en")
WITH_NUMBERS = [s.strategy_id for s in board_bank.STRATEGIES if s.verdict != "invalid"]


def measured(home: Settings, strategy_id: str) -> pd.Series:
    """The newest primary row of campaign.measurement, read beside the board's own connection."""
    with warehouse.published(warehouse.current_store(home)) as connection:
        found = connection.execute(
            "select * from campaign.measurement where is_primary and strategy_id = ? and as_of_date = ?",
            [strategy_id, board_bank.TO_DATE]).df()
    return found.iloc[0]


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("page", pages.PAGES)
def test_page_shows_the_bank(bank_home: Settings, page: str, lang: str, monkeypatch: pytest.MonkeyPatch) -> None:
    app = pages.run(bank_home.home, page, monkeypatch, lang)
    assert not app.exception
    has_chinese = bool(re.search(r"[一-鿿]", pages.text(app)))
    assert has_chinese == (lang == "zh")


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("strategy_id", WITH_NUMBERS)
def test_review_equals_the_measurement(
    bank_home: Settings, strategy_id: str, lang: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = pages.run(bank_home.home, "review", monkeypatch, lang, strategy=strategy_id)
    assert not app.exception
    shown = pages.text(app)
    row = measured(bank_home, strategy_id)
    unit = Unit("money" if strategy_id == "aum_keeper" else "rate", lang)
    for name in board_bank.EFFECTS:
        assert unit.effect(row[name]) in shown
        assert unit.span(row[f"{name}_low"], row[f"{name}_high"]) in shown
        assert unit.exact(row["model_increment"]) in shown
    for cell in board_bank.CELLS:
        assert unit.level(row[f"mean_{cell}"]) in shown
    assert row[f"sentence_{lang}"] in shown
    assert row[f"reason_{lang}"] in shown


def test_rates_on_review_are_rounded_as_written_by_hand(bank_home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = pages.text(pages.run(bank_home.home, "review", monkeypatch, "en", strategy="maturing_deposit_wealth"))
    assert "11.79%" in shown  # 283 / 2,400
    assert "+3.83 pp" in shown  # (283/2400 - 98/1600) - (125/2400 - 54/1600)
    assert "+6.58 pp" in shown
    assert "+2.75 pp" in shown
    assert "283 / 2,400 = 11.7917%" in shown


def test_invalid_shows_neither_increment_nor_gain(bank_home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    app = pages.run(bank_home.home, "review", monkeypatch, "en", strategy="affluent_upgrade")
    assert not app.exception
    shown = pages.text(app)
    assert "not decision-ready" in shown
    assert "Customers added" not in shown
    assert "Increment over time" not in shown
    assert "40 of 1,600 wrong" in shown


def test_undecided_claims_nothing_and_says_it_was_too_small(bank_home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = pages.text(pages.run(bank_home.home, "review", monkeypatch, "en", strategy="honeymoon_second_product"))
    assert "no verdict, nothing claimed" in shown
    assert "Known before launch: lists of this size detect +5.00 pp or more" in shown


def test_strategy_without_matured_customers_says_so(bank_home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    app = pages.run(bank_home.home, "review", monkeypatch, "en", strategy=board_bank.FRESH[0])
    assert not app.exception
    shown = pages.text(app)
    assert "Not measured yet" in shown
    assert "Results appear 30 days after the first list" in shown
    assert "no history to tell" in shown


def test_names_from_the_store_are_escaped(bank_home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    for page in ("overview", "review"):
        made = pages.markup(pages.run(bank_home.home, page, monkeypatch, "en"))
        assert "&lt;A&amp;B&gt;" in made
        assert "<A&B>" not in made
    assert "&lt;card&gt;" in pages.markup(pages.run(bank_home.home, "health", monkeypatch, "en"))


def test_health_accounts_for_every_row(bank_home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = pages.text(pages.run(bank_home.home, "health", monkeypatch, "en"))
    frame = board_bank.ledger()
    assert f"{frame.rows_rejected.sum():,}" in shown
    assert "quarantined card_20261122.csv" in shown
    assert "transaction 1 181,240 181,237 3" in shown
    for word in ("customer_copy_20261122.csv", "same content as customer_20261122.csv"):
        assert word in shown


def test_language_of_a_deep_link_that_does_not_exist_falls_back(bank_home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    app = pages.run(bank_home.home, "review", monkeypatch, "fr", strategy="no_such_strategy", build="b19000101-01")
    assert not app.exception
    assert "没有对照的报表会说" in pages.text(app)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("page", pages.PAGES)
def test_bank_without_strategies(quiet_home: Settings, page: str, lang: str, monkeypatch: pytest.MonkeyPatch) -> None:
    app = pages.run(quiet_home.home, page, monkeypatch, lang)
    assert not app.exception
    if page == "review":
        assert "kehu strategies list" in pages.text(app)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("page", pages.PAGES)
def test_home_before_its_first_night_names_the_command(
    bare_home: Settings, page: str, lang: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = pages.run(bare_home.home, page, monkeypatch, lang)
    assert not app.exception
    assert "kehu nightly" in pages.text(app)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_folder_that_is_no_home_names_the_command(missing_home: Path, lang: str, monkeypatch: pytest.MonkeyPatch) -> None:
    app = pages.run(missing_home, "overview", monkeypatch, lang)
    assert not app.exception
    assert "kehu init" in pages.text(app)
