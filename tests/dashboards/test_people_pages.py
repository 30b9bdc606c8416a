"""Insight and Tag catalogue: the store's figures, the audience builder, and what it may write."""

import shutil
from hashlib import sha256
from pathlib import Path

import board_bank
import board_pages as pages
import board_people
import pytest

from dashboards.components import audience_terms, segment_cards, tag_cards
from features import selection, tag_reader
from features.settings import Settings
from features.state import opened


@pytest.fixture
def home(bank_home: Settings, tmp_path: Path) -> Settings:
    """A private copy, since these tests save and export."""
    shutil.copytree(bank_home.home, tmp_path / "home", ignore=shutil.ignore_patterns("tmp", "build.duckdb*"))
    return Settings(tmp_path / "home")


def test_insight_shows_the_groups_against_the_bank_and_who_moved(bank_home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    app = pages.run(bank_home.home, "insight", monkeypatch, "en", segment="w01")
    assert not app.exception
    shown = pages.text(app)
    assert "25 of 100 private clients hold one kind of product only" in shown
    assert "100 of 400, 95% interval [21.0%, 29.0%]" in shown
    assert "26 customers changed segment" not in shown
    moved = sum(n for a, b, n in board_people.MOVES if a != b and n)
    assert f"{moved} customers changed segment" in shown
    assert "Average monthly AUM ¥97.6K [¥83.0K, ¥112.2K] · n=72 ¥61.0K 160" in shown
    assert "6.2% match no rule (limit 5%)" in shown
    assert "Founders &lt;A&amp;B&gt;" in pages.markup(app)


def test_a_group_under_ten_shows_no_figure(bank_home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = pages.text(pages.run(bank_home.home, "insight", monkeypatch, "en", segment="w03"))
    assert shown.count("fewer than 10, not shown") == len(board_people.METRICS) + 1


def test_sankey_keeps_small_flows_out_and_both_sides_apart() -> None:
    moves = board_people.tables()["segments.migration"]
    series = segment_cards.sankey(moves, {"none": "Outside"}, False, "en")["series"][0]
    names = [node["name"] for node in series["data"]]
    assert len(names) == len(set(names))
    assert sum(link["value"] for link in series["links"]) == sum(n for _, _, n in board_people.MOVES if n)
    assert {link["source"] for link in series["links"]} | {link["target"] for link in series["links"]} == set(names)


def test_a_hidden_count_of_a_tag_has_neither_figure_nor_bar() -> None:
    values = [{"value": value, "count": count} for value, count in ((None, 900), (False, 97), (True, 3))]
    shown = tag_cards.distribution(
        tag_reader.disclosed({"id": "is_parent", "coverage_rate": 0.1, "customer_count": 1000, "distribution": values, "trend": []}), "en")
    assert shown.count("width:0.0%") == 2 and "900" in shown and "97" not in shown


def test_the_catalogue_finds_tags_in_both_languages_and_shows_the_front_line(bank_home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    app = pages.run(bank_home.home, "tag_catalogue", monkeypatch, "en", tag="aum_tier")
    assert not app.exception
    shown = pages.text(app)
    assert "67% n=3" in shown
    assert "Source columns" in shown and "core_holding.market_value_cny" in shown and "tag:is_near_next_tier" in shown
    assert "disagree 层级与客户实际不符 <0>" in shown
    app.text_input(key="tag_search").set_value("首购").run()
    assert "first_wealth_purchase_date" in pages.text(app)
    assert "txn_count_90d" not in pages.text(app)
    app.text_input(key="tag_search").set_value("首购 斑马").run()
    assert "These say some of it" in pages.text(app) and "first_wealth_purchase_date" in pages.text(app)
    app.text_input(key="tag_search").set_value("斑马").run()
    assert "Try another word" in pages.text(app)


def test_an_audience_is_counted_profiled_saved_and_exported_with_a_purpose(home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "aum_cny >= 20000 and age >= 12"
    app = pages.run(home.home, "tag_catalogue", monkeypatch, "en", expr=text)
    counted = selection.count(home, text)
    assert f"{counted['count']} customers" in pages.text(app)
    assert f"{counted['withheld_under_14_count']} of them under 14" in pages.text(app)
    app.text_input(key="audience_name").set_value("rich").run()
    _button(app, "Save").click().run()
    assert "in audience 'rich'" in pages.text(app)
    _button(app, "Export (logged)").click().run()
    assert "an export needs a purpose" in pages.text(app)
    app.text_input(key="audience_purpose").set_value("spring campaign").run()
    _button(app, "Export (logged)").click().run()
    assert not app.exception
    with opened(home) as state:
        assert state.one("select expression from saved_audience where name = 'rich'") == {"expression": text}
        entries = state.rows("select purpose, row_count, expression from export_log")
    assert entries == [{"purpose": "spring campaign", "expression": text,
                        "row_count": counted["count"] - counted["withheld_under_14_count"]}]
    name = f"audience-b{board_bank.TO_DATE:%Y%m%d}-01-{{}}.xlsx"
    mine = home.exports / name.format(sha256(text.encode()).hexdigest()[:8])
    assert mine.is_file()
    app.text_area(key="audience_text").set_value("aum_cny >= 30000").run()
    _button(app, "Export (logged)").click().run()
    assert len(list(home.exports.glob(name.format("*")))) == 2, "what one reader exports never takes the place of another's file"


def test_what_is_wrong_with_an_expression_stands_beside_it(bank_home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    app = pages.run(bank_home.home, "tag_catalogue", monkeypatch, "en", expr="aum_cyn > 1")
    assert "unknown tag 'aum_cyn' did you mean aum_cny?" in pages.text(app)
    app.text_area(key="audience_text").set_value("is_staff and age = 20").run()
    assert "fewer than 10 customers; is_staff: restricted" in pages.text(app)
    assert not app.exception


def test_terms_are_joined_so_that_what_stood_before_stays_together() -> None:
    assert audience_terms.joined("", "or", "a") == "a"
    assert audience_terms.joined("", "and not", "a") == "not a"
    assert audience_terms.joined("a and b", "and", "c") == "a and b and c"
    assert audience_terms.joined("a and b", "or", "c") == "(a and b) or c"
    assert audience_terms.joined("a or b", "and not", "c") == "(a or b) and not c"
    assert audience_terms.quoted("it's") == "'it''s'"


def _button(app, label):  # type: ignore[no-untyped-def]
    return next(button for button in app.button if button.label == label)
