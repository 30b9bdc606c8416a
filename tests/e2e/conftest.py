"""One small simulated bank for the whole session, and homes that stand after each of its nights."""

import json
import os
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from tests.e2e import strategies
from tests.e2e.homes import START, copied, kehu, night_of, nightly


@dataclass
class Played:
    """A bank whose nights are played one by one, each only when a test asks for it; test processes share it."""

    folder: Path
    homes: dict[int, Path] = field(default_factory=dict)

    @property
    def landing(self) -> Path:
        return self.folder / "landing"

    @property
    def strategies(self) -> Path:
        return self.folder / "strategies"

    def after(self, number: int) -> Path:
        """The home as it stood after night `number` (0: history loaded, strategies approved); read it, don't write."""
        if number not in self.homes:
            with FileLock(self.folder / "bank.lock"):
                self.homes[number] = self._played(number)
        return self.homes[number]

    def copy(self, number: int, name: str) -> Path:
        """A home of one's own that stands after night `number`."""
        return copied(self.after(number), self.folder / name)

    def _played(self, number: int) -> Path:
        home = self.folder / f"night-{number}"
        if not home.exists():
            unfinished = self.folder / f"night-{number}-unfinished"
            self._eve(unfinished) if number == 0 else self._next(number, unfinished)
            unfinished.rename(home)
        return home

    def _eve(self, home: Path) -> None:
        fresh(home, strategies=self.strategies)
        nightly(home, self.landing, night_of(0))
        approve_all(home)

    def _next(self, number: int, home: Path) -> None:
        copied(self._played(number - 1), home)
        nightly(home, self.landing, night_of(number))


def fresh(home: Path, source: str = "core", strategies: Path | None = None) -> Path:
    """An initialised, empty home; `strategies` is the bank's own strategy folder."""
    kehu("init", "--home", home, "--source", source)
    if strategies is not None:
        marker = home / "kehu.json"
        found = json.loads(marker.read_text())
        found["settings"]["strategies"] = str(strategies)
        marker.write_text(json.dumps(found))
    return home


def approve_all(home: Path) -> None:
    """A second person approves every strategy of the home."""
    for row in kehu("strategies", "list", "--home", home, "--json").document["items"]:
        kehu("strategies", "approve", row["strategy_id"], "--reviewer", "second person", "--home", home)


@pytest.fixture(scope="session")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Played:
    """2,000 customers, five months of history, ten nights with planted dirt: the least from which the propensity
    model learns and three strategies make lists on every night."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base) / "bank"
    folder.mkdir(exist_ok=True)
    with FileLock(folder / "bank.lock"):
        if not (folder / "landing").exists():
            strategies.write(folder / "strategies")
            kehu("generate", "--out", folder / "unfinished", "--customers", 2000, "--start", START, "--days", 10,
                 "--seed", 11, "--history-months", 5)
            (folder / "unfinished").rename(folder / "landing")
    return Played(folder)


@pytest.fixture(scope="session")
def berka_files() -> Path:
    """The real PKDD'99 files, where they are."""
    data = Path(os.environ.get("KEHU_DATA", Path(__file__).resolve().parents[3] / "shared" / "data")) / "berka"
    if not data.is_dir():
        pytest.skip(f"no Berka files in {data.name} of KEHU_DATA")
    return data


@dataclass
class RealBank:
    """Homes of source `berka`, one a business date, each built only when a test asks for it; test processes share them."""

    folder: Path
    files: Path

    def home(self, day: date) -> Path:
        """The home as its only night left it; read it, don't write."""
        with FileLock(self.folder / "berka.lock"):
            home = self.folder / f"berka-{day}"
            if not home.exists():
                unfinished = fresh(self.folder / f"berka-{day}-unfinished", "berka")
                answer = kehu("nightly", "--source", "berka", "--landing", self.files, "--date", day, "--home", unfinished, "--json").out
                (unfinished / "answer.json").write_text(answer)
                unfinished.rename(home)
        return home

    def answer(self, day: date) -> dict[str, Any]:
        """What the night said."""
        found: dict[str, Any] = json.loads((self.home(day) / "answer.json").read_text())
        return found


@pytest.fixture(scope="session")
def real_bank(tmp_path_factory: pytest.TempPathFactory, berka_files: Path) -> RealBank:
    """The real files' nights."""
    base = tmp_path_factory.getbasetemp()
    return RealBank(base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base, berka_files)
