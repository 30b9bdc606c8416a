"""One small simulated bank for the whole session, and homes that stand after each of its nights."""

import os
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.e2e.homes import START, copied, kehu, night_of, nightly


@dataclass
class Played:
    """A bank whose nights are played one by one, each only when a test asks for it."""

    folder: Path
    landing: Path
    homes: dict[int, Path] = field(default_factory=dict)

    def after(self, number: int) -> Path:
        """The home as it stood after night `number` (0: history loaded, strategies approved); read it, don't write."""
        if number not in self.homes:
            self.homes[number] = self._eve() if number == 0 else self._next(number)
        return self.homes[number]

    def copy(self, number: int, name: str) -> Path:
        """A home of one's own that stands after night `number`."""
        return copied(self.after(number), self.folder / name)

    def _eve(self) -> Path:
        home = fresh(self.folder / "night-0")
        nightly(home, self.landing, night_of(0))
        approve_all(home)
        return home

    def _next(self, number: int) -> Path:
        home = copied(self.after(number - 1), self.folder / f"night-{number}")
        nightly(home, self.landing, night_of(number))
        return home


def fresh(home: Path, source: str = "core") -> Path:
    """An initialised, empty home."""
    kehu("init", "--home", home, "--source", source)
    return home


def approve_all(home: Path) -> None:
    """A second person approves every strategy of the repository."""
    for row in kehu("strategies", "list", "--home", home, "--json").document["items"]:
        kehu("strategies", "approve", row["strategy_id"], "--reviewer", "second person", "--home", home)


@pytest.fixture(scope="session")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Played:
    """400 customers, three months of history, ten nights with planted dirt."""
    folder = tmp_path_factory.mktemp("e2e")
    kehu("generate", "--out", folder / "landing", "--customers", 400, "--start", START, "--days", 10, "--seed", 11,
         "--history-months", 3)
    return Played(folder, folder / "landing")


@pytest.fixture(scope="session")
def berka_files() -> Path:
    """The real PKDD'99 files, where they are."""
    data = Path(os.environ.get("KEHU_DATA", Path(__file__).resolve().parents[3] / "shared" / "data")) / "berka"
    if not data.is_dir():
        pytest.skip(f"no Berka files in {data.name} of KEHU_DATA")
    return data
