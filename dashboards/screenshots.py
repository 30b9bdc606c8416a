"""Screenshots for the docs from a home with data: python -m dashboards.screenshots --home HOME [--out docs/images]."""

import argparse
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from dashboards.serving import serving
from features import settings, warehouse
from features.errors import KehuError

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
BOTTOM = """() => Math.max(...[...document.querySelectorAll('[class*=st-key-card-],.empty,[data-testid=stExpander]')]
  .map(e => e.getBoundingClientRect().bottom))"""
FAULTS = """() => {
  const bad = [...document.querySelectorAll('[data-testid=stException]')].map(e => 'exception');
  if (document.documentElement.scrollWidth > innerWidth) bad.push('page scrolls sideways');
  document.querySelectorAll('.k *').forEach(e => {
    // These paint outside their box on purpose: bars, axes, the arrows of the loop, the signs between cells.
    if (e.closest('.track,.iv,.axis,.spark,.rel') || e.matches('.s,.loop,.op')) return;
    if (e.clientWidth && e.scrollWidth > e.clientWidth + 1)
      bad.push('cut off: ' + (e.className || e.tagName) + ': ' + e.textContent.slice(0, 50));
  });
  return bad; }"""


@dataclass(frozen=True)
class Shot:
    """One picture: file name, address below the board's, and how it is looked at."""

    name: str
    address: str
    theme: str = "light"
    width: int = 1280
    height: int = 0  # the picture ends here; 0 shows the whole page


def browser_path() -> str | None:
    """A Chromium on this machine, or None."""
    return next((found for name in BROWSERS if (found := shutil.which(name))), None)


@contextmanager
def browser() -> Iterator[Any]:
    """Headless Chromium through Playwright; raises KehuError where either is absent."""
    path = browser_path()
    if path is None:
        raise KehuError("no Chromium on this machine", "apt-get install chromium fonts-noto-cjk")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError as absent:
        raise KehuError("Playwright is not installed", "pip install playwright") from absent
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=FLAGS)
        try:
            yield opened
        finally:
            opened.close()


def settle(page: Any) -> None:
    """Waits for the page head, for Streamlit to go idle, for the fonts; then shows the whole page.

    Streamlit scrolls inside its own box, so a full-page shot sees one screen: the window grows instead.
    """
    page.wait_for_selector(".k .t", timeout=30_000)
    page.wait_for_selector("[class*=st-key-card-]", timeout=30_000)
    page.wait_for_function("() => !document.querySelector('[data-testid=stStatusWidget],[data-testid=stSkeleton]')")
    page.evaluate("document.fonts.ready")
    page.set_viewport_size({"width": page.viewport_size["width"], "height": _last_card(page) + 28})
    page.wait_for_timeout(400)


def _last_card(page: Any) -> int:
    """Where the lowest card ends, once that has held still for a second: cards come one after the other."""
    seen: list[int] = []
    while len(seen) < 40 and (len(seen) < 4 or len(set(seen[-4:])) > 1):
        page.wait_for_timeout(300)
        seen.append(int(page.evaluate(BOTTOM)))
    return seen[-1]


def take(opened: Any, base: str, shot: Shot, out: Path | None = None) -> tuple[list[str], str]:
    """Looks at one page: (what is wrong with it, its text); the picture goes to `out` when given."""
    page = opened.new_page(viewport={"width": shot.width, "height": 900}, color_scheme=shot.theme, device_scale_factor=1.25)
    try:
        page.goto(base + shot.address)
        settle(page)
        if out is not None:
            part = {"clip": {"x": 0, "y": 0, "width": shot.width, "height": shot.height}} if shot.height else {}
            page.screenshot(path=out / f"{shot.name}.png", **part)
        return page.evaluate(FAULTS), page.inner_text("body")
    finally:
        page.close()


TO_MONEY = 1450
"""A review from its verdict to its money; what follows are checks and details."""


def shots(home: Path) -> list[Shot]:
    """The pictures the docs show; strategies by their verdict, so that any home serves."""
    with warehouse.published(warehouse.current_store(settings.load(home))) as connection:
        found = dict(connection.execute(
            "select verdict, min(strategy_id) from board.board_review__strategy where is_measured group by verdict").fetchall())
    wanted = [
        Shot("overview-zh", "?lang=zh"), Shot("overview-en", "?lang=en"), Shot("health-en", "health?lang=en"),
        Shot("review-all-zh", "review?lang=zh"), Shot("review-all-en", "review?lang=en"),
        Shot("insight-zh", "insight?lang=zh"), Shot("insight-en", "insight?lang=en"),
        Shot("tag-catalogue-zh", "tag_catalogue?lang=zh"), Shot("tag-catalogue-en", "tag_catalogue?lang=en"),
    ]
    for verdict in sorted(found):
        address = f"review?strategy={found[verdict]}"
        theme = "dark" if verdict == "futile" else "light"
        wanted += [Shot(f"review-{verdict}-zh", address + "&lang=zh", theme, height=TO_MONEY),
                   Shot(f"review-{verdict}-en", address + "&lang=en", height=TO_MONEY)]
    return wanted


def main(argv: list[str] | None = None) -> int:
    """Takes all pictures; 1 when a page shows a fault."""
    parser = argparse.ArgumentParser(prog="python -m dashboards.screenshots", description=__doc__)
    parser.add_argument("--home", type=Path, default=settings.home_path(None))
    parser.add_argument("--out", type=Path, default=Path("docs/images"))
    given = parser.parse_args(argv)
    given.out.mkdir(parents=True, exist_ok=True)
    faulty = 0
    with TemporaryDirectory() as folder, browser() as opened, serving(given.home, Path(folder) / "board.log") as base:
        for shot in shots(given.home):
            faults, _ = take(opened, base, shot, given.out)
            faulty += bool(faults)
            print(shot.name, "; ".join(faults) or "ok", file=sys.stderr)
    return 1 if faulty else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KehuError as error:
        print(error.line(), file=sys.stderr)
        sys.exit(error.exit_code)
