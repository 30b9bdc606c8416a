"""The board in real Chromium: nothing throws, nothing is cut off, figures are the store's, the log stays clean."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import board_bank
import pytest

from dashboards import screenshots
from dashboards.figures import Unit
from dashboards.screenshots import Shot
from dashboards.serving import serving
from features import warehouse
from features.settings import Settings

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(screenshots.browser_path() is None, reason="needs Debian's chromium (apt-get install chromium)"),
]
NOISE = re.compile(r"Traceback|\bERROR\b|Exception|Uncaught")
# Every page in both languages, themes and widths; the strategies by turns, one language each.
LOOKS = [("zh", "light", 1280), ("en", "dark", 1280), ("zh", "dark", 1920), ("en", "light", 1920)]


@pytest.fixture(scope="module")
def opened() -> Iterator[Any]:
    with screenshots.browser() as found:
        yield found


@pytest.fixture(scope="module")
def board(bank_home: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """(address, server log) of the board on the hand-made bank."""
    log = tmp_path_factory.mktemp("board") / "server.log"
    with serving(bank_home.home, log) as base:
        yield base, log


PAGES = ["", "insight", "tag_catalogue?tag=aum_tier&expr=in segment 'wealth/w01' and age >= 12", "review", "health"]


@pytest.mark.parametrize("number", range(len(LOOKS)), ids=[" ".join(map(str, look)) for look in LOOKS])
def test_every_page_is_whole(board: tuple[str, Path], opened: Any, number: int) -> None:
    base, log = board
    lang, theme, width = LOOKS[number]
    own = [f"review?strategy={s.strategy_id}" for s in board_bank.STRATEGIES[number::len(LOOKS)]]
    wrong = {}
    for address in PAGES + own:
        join = "&" if "?" in address else "?"
        faults, _ = screenshots.take(opened, base, Shot("x", f"{address}{join}lang={lang}", theme, width))
        if faults:
            wrong[address] = faults
    assert not wrong
    assert not NOISE.search(log.read_text())


def test_figures_in_the_browser_are_the_stores(board: tuple[str, Path], bank_home: Settings, opened: Any) -> None:
    _, shown = screenshots.take(opened, board[0], Shot("x", "review?lang=en"))
    with warehouse.published(warehouse.current_store(bank_home)) as connection:
        rows = connection.execute("select * from campaign.measurement where is_primary and verdict <> 'invalid'"
                                  " and as_of_date = ?", [board_bank.TO_DATE]).df()
    for _, row in rows.iterrows():
        unit = Unit("money" if row.metric_id == "aum_change" else "rate", "en")
        assert unit.effect(row.model_increment, has_unit=False) in shown
        assert unit.span(row.model_increment_low, row.model_increment_high) in shown


def test_a_row_of_the_attention_list_opens_its_strategy(board: tuple[str, Path], opened: Any) -> None:
    page = opened.new_page(viewport={"width": 1280, "height": 1000})
    page.goto(board[0] + "?lang=en")
    screenshots.settle(page)
    page.get_by_text("Dormant wake-up by SMS").first.click()
    page.wait_for_selector("text=What reports say")
    assert "strategy=sms_wakeup" in page.url
    assert "lang=en" in page.url
    page.close()


def test_an_open_page_moves_to_a_new_build_by_itself(bank_home: Settings, opened: Any, tmp_path: Path) -> None:
    import shutil

    import duckdb

    home = tmp_path / "home"
    shutil.copytree(bank_home.home, home, ignore=shutil.ignore_patterns("tmp", "build.duckdb*"))
    with serving(home, tmp_path / "server.log") as base:
        page = opened.new_page(viewport={"width": 1280, "height": 1000})
        page.goto(base + "?lang=en")
        screenshots.settle(page)
        newer = home / "published" / "b20261123-01"
        shutil.copytree(home / "published" / "b20261122-01", newer)
        (newer / "build.json").write_text('{"as_of_date": "2026-11-23"}')
        with duckdb.connect(str(newer / "store.duckdb")) as connection:
            connection.execute("update meta.build set as_of_date = date '2026-11-23'")
        (home / "published" / "CURRENT").write_text("b20261123-01\n")
        page.wait_for_selector("text=Data to 2026-11-23", timeout=45_000)
        page.close()
    assert not NOISE.search((tmp_path / "server.log").read_text())


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_an_empty_home_names_the_command(bare_home: Settings, opened: Any, lang: str, tmp_path: Path) -> None:
    log = tmp_path / "server.log"
    with serving(bare_home.home, log) as base:
        for address in ("", "insight", "review", "tag_catalogue", "health"):
            faults, shown = screenshots.take(opened, base, Shot("x", f"{address}?lang={lang}"))
            assert not faults
            assert "kehu nightly" in shown
    assert not NOISE.search(log.read_text())
