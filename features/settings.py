"""Where a home keeps what: every path and number that the environment or kehu.json may change."""

import json
import os
from dataclasses import dataclass, field
from pathlib import Path

from features.errors import KehuError

ROOT = Path(__file__).resolve().parent.parent
MARKER = "kehu.json"
HOME_VERSION = 2
"""2: a transaction keeps its weight and whether it is an education fee; the build database of an older home lacks both."""
SIGNS = ("'", "*", "?", "[")
LEAST = {"keep_builds": 1, "history_days": 1, "history_month_ends": 0}
"""Whole numbers of kehu.json, and the smallest that makes sense."""


@dataclass(frozen=True)
class Settings:
    """Paths of one home; `overrides` are the values of its kehu.json."""

    home: Path
    overrides: dict[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """A wrong value is found when the home is opened, not when a night comes to it."""
        if any(sign in str(self.home) for sign in SIGNS):
            raise KehuError(f"the path of the home {self.home} holds one of {' '.join(SIGNS)}, which mean something in SQL and file patterns",
                            "move the folder to a path without them")
        for name, least in LEAST.items():
            given = str(self.overrides.get(name, least))
            if not given.isdecimal() or int(given) < least:
                raise KehuError(f"{name} is {self.overrides[name]!r} in {self.home / MARKER}", f"a whole number from {least} on")
        asked = self.overrides.get("history_gc_at_night", False)
        if not isinstance(asked, bool):
            raise KehuError(f"history_gc_at_night is {asked!r} in {self.home / MARKER}", "true or false")

    @property
    def landing(self) -> Path:
        return self.home / "landing"

    @property
    def feedback(self) -> Path:
        """What `kehu feedback import` took: every night reads it, wherever the night's other files lie."""
        return self.landing / "feedback"

    @property
    def raw(self) -> Path:
        return self.home / "raw"

    @property
    def quarantine(self) -> Path:
        return self.home / "quarantine"

    @property
    def build_db(self) -> Path:
        return self.home / "build.duckdb"

    @property
    def state(self) -> Path:
        return self.home / "state"

    @property
    def published(self) -> Path:
        return self.home / "published"

    @property
    def history(self) -> Path:
        return self.home / "history"

    @property
    def artefacts(self) -> Path:
        return self.home / "artefacts"

    @property
    def exports(self) -> Path:
        return self.home / "exports"

    @property
    def locks(self) -> Path:
        return self.home / "locks"

    @property
    def tmp(self) -> Path:
        return self.home / "tmp"

    @property
    def logs(self) -> Path:
        return self.home / "logs"

    @property
    def dagster(self) -> Path:
        return self.home / "dagster"

    @property
    def dbt_project(self) -> Path:
        return ROOT / "dbt_project"

    @property
    def strategies(self) -> Path:
        """The bank's own strategy folder when kehu.json names one, else the repository's."""
        return Path(str(self.overrides.get("strategies", self.dbt_project / "strategies")))

    @property
    def segments(self) -> Path:
        """The bank's own segment folder when kehu.json names one, else the repository's."""
        return Path(str(self.overrides.get("segments", self.dbt_project / "segments")))

    @property
    def plugins(self) -> Path:
        return Path(str(self.overrides.get("plugins", ROOT / "models" / "plugins")))

    @property
    def source(self) -> str:
        return str(self.overrides.get("source", "core"))

    @property
    def keep_builds(self) -> int:
        return int(str(self.overrides.get("keep_builds", 5)))

    @property
    def history_days(self) -> int:
        """Tags of every date are kept for so many days before the date in service."""
        return int(str(self.overrides.get("history_days", 90)))

    @property
    def history_month_ends(self) -> int:
        """Tags of a month's last date are kept for so many months before the month in service."""
        return int(str(self.overrides.get("history_month_ends", 60)))

    @property
    def history_gc_at_night(self) -> bool:
        """Whether a published night deletes what is past retention; otherwise a person does (`kehu store gc --history`)."""
        return self.overrides.get("history_gc_at_night") is True

    def refuse_own(self, out: Path, allowed: Path | None = None) -> None:
        """Raises KehuError where a file for people would lie among, or replace, what the home keeps for itself."""
        resolved = out.resolve()
        if resolved.is_relative_to(self.home.resolve()) and not (allowed and resolved.is_relative_to(allowed.resolve())):
            raise KehuError(f"{out} lies in the home {self.home}, which keeps its own files there", "name a file outside it"
                            + (f", or in {allowed}" if allowed else ""))

    @property
    def memory_limit(self) -> str:
        return str(os.environ.get("KEHU_MEMORY") or self.overrides.get("memory_limit", "6GB"))

    @property
    def customer_dates(self) -> int:
        """Customers times snapshot dates that are built at once; fewer where memory is short."""
        return int(os.environ.get("KEHU_CUSTOMER_DATES") or str(self.overrides.get("customer_dates", 1_000_000)))

    @property
    def threads(self) -> int:
        return int(str(os.environ.get("KEHU_THREADS") or self.overrides.get("threads", os.cpu_count() or 2)))


def home_path(home: Path | None = None) -> Path:
    """The folder meant: the argument, else KEHU_HOME, else .kehu in the working directory."""
    return Path(home or os.environ.get("KEHU_HOME") or ".kehu").absolute()


def load(home: Path | None = None) -> Settings:
    """Settings of an existing home; refuses a folder that is none (a second, empty bank must not start)."""
    path = home_path(home)
    marker = path / MARKER
    if not marker.is_file():
        raise KehuError(f"{path} is not a kehu home (no {MARKER})", f"kehu init --home {path}")
    try:
        found = json.loads(marker.read_text(encoding="utf-8"))
        overrides = dict(found.get("settings", {}))
    except (ValueError, AttributeError, TypeError) as broken:
        raise KehuError(f"{marker} cannot be read: {broken}", "mend it, or kehu restore FILE into another folder") from broken
    if found.get("home_version") != HOME_VERSION:
        raise KehuError(f"{marker} has home_version {found.get('home_version')}, this kehu reads {HOME_VERSION}",
                        "kehu init another folder and run its nights again from the same extracts")
    return Settings(path, overrides)


def init(home: Path | None = None, **overrides: object) -> Settings:
    """Makes a home (or returns the one that is there, unchanged)."""
    path = home_path(home)
    if (path / MARKER).is_file():
        return load(path)
    if path.exists() and not path.is_dir():
        raise KehuError(f"{path} is a file", "choose an empty folder with --home")
    if path.exists() and any(path.iterdir()):
        raise KehuError(f"{path} is not empty and not a kehu home", "choose an empty folder with --home")
    settings = Settings(path, overrides)
    for folder in (settings.landing, settings.raw, settings.quarantine, settings.state / "assignments",
                   settings.state / "lists", settings.state / "candidates", settings.state / "scores",
                   settings.state / "segments",
                   settings.published, settings.history, settings.artefacts, settings.exports, settings.locks,
                   settings.tmp, settings.logs, settings.dagster):
        folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"home_version": HOME_VERSION, "settings": overrides}, indent=2, default=str)
    (path / MARKER).write_text(text + "\n")
    return settings
