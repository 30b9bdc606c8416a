"""Which files of a landing folder belong to a source, and what their names and folders say."""

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from features.errors import KehuError
from features.settings import Settings
from orchestration.ingest.contract import Source

DATED = re.compile(r"^(?P<entity>[a-z_]+?)_(?P<first>\d{8})(?:_(?P<last>\d{8}))?(?:\.v(?P<version>\d{1,4}))?\.")
PLAIN = re.compile(r"^(?P<entity>[a-z]+)(?![a-z]).*?\.")
DATA_ENDINGS = {
    "dated": (".csv", ".csv.gz", ".csv.zip", ".parquet"),
    "plain": (".asc", ".asc.gz", ".asc.zip", ".csv", ".csv.gz", ".csv.zip"),
}
CONTROL_ENDING = ".ctl"
NEVER_READ = "truth"


@dataclass(frozen=True)
class LandingFile:
    """One file as it lies in the landing folder; `problem` says why its name cannot be read."""

    path: Path
    name: str
    entity: str
    business_from: date | None
    business_to: date | None
    version: int
    delivery: date
    problem: str = ""

    @property
    def is_history(self) -> bool:
        return self.business_from != self.business_to

    @property
    def ending(self) -> str:
        return self.path.suffix

    @property
    def control(self) -> Path:
        return self.path.with_name(self.path.name + CONTROL_ENDING)


def find(source: Source, landing: Path, from_date: date, to_date: date) -> list[LandingFile]:
    """Data files delivered up to `to_date`, in the order they are loaded."""
    if not landing.is_dir():
        raise KehuError(f"landing folder {landing} does not exist", "name the folder of the extracts with --landing")
    return _delivered(source, landing, landing, from_date, to_date)


def find_feedback(source: Source, settings: Settings, landing: Path, from_date: date, to_date: date) -> list[LandingFile]:
    """Feedback imported into the home, where the night's own landing folder does not hold it."""
    if source.naming != "dated" or settings.feedback.resolve().is_relative_to(landing.resolve()):
        return []
    return _delivered(source, settings.landing, settings.feedback, from_date, to_date)


def _delivered(source: Source, landing: Path, folder: Path, from_date: date, to_date: date) -> list[LandingFile]:
    found = [_describe(source, path, landing, from_date) for path in _data_files(source, landing, folder)]
    return sorted((file for file in found if file.delivery <= to_date), key=_order)


def _data_files(source: Source, landing: Path, folder: Path) -> list[Path]:
    endings = DATA_ENDINGS[source.naming]
    return [path for path in sorted(folder.rglob("*")) if path.name.endswith(endings) and path.is_file()
            and not any(part == NEVER_READ or part.startswith(".") for part in path.relative_to(landing).parts)]


def _order(file: LandingFile) -> tuple[object, ...]:
    """Readable names first: of two equal files the one that says its date is the one that counts."""
    return (bool(file.problem), file.business_from or date.min, file.business_to or date.min, file.version,
            file.delivery, file.name)


def _describe(source: Source, path: Path, landing: Path, from_date: date) -> LandingFile:
    name = path.relative_to(landing).as_posix()
    folder_date = _folder_date(path, landing)
    if source.naming == "plain":
        return _plain(source, path, name, folder_date or from_date)
    return _dated(source, path, name, folder_date, from_date)


def _plain(source: Source, path: Path, name: str, delivery: date) -> LandingFile:
    match = PLAIN.match(path.name)
    entity = match["entity"] if match else ""
    if source.entity(entity) is None:
        return _unreadable(path, name, delivery, f"the file name begins with no entity of source {source.name}")
    return LandingFile(path, name, entity, None, None, 1, delivery)


def _dated(source: Source, path: Path, name: str, folder_date: date | None, from_date: date) -> LandingFile:
    match = DATED.match(path.name)
    if match is None or source.entity(match["entity"]) is None:
        wanted = "the file name is not <entity>_<YYYYMMDD>[_<YYYYMMDD>][.v<N>].<ending>"
        return _unreadable(path, name, folder_date or from_date, wanted)
    first, last = _compact_date(match["first"]), _compact_date(match["last"] or match["first"])
    if first is None or last is None or last < first:
        return _unreadable(path, name, folder_date or from_date, "the dates in the file name are not a date or a range")
    return LandingFile(path, name, match["entity"], first, last, int(match["version"] or 1), folder_date or last)


def _unreadable(path: Path, name: str, delivery: date, problem: str) -> LandingFile:
    return LandingFile(path, name, "unknown", None, None, 1, delivery, problem)


def _folder_date(path: Path, landing: Path) -> date | None:
    """The nearest parent folder named YYYY-MM-DD."""
    for part in reversed(path.relative_to(landing).parts[:-1]):
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", part):
            return _iso_date(part)
    return None


def _iso_date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _compact_date(text: str) -> date | None:
    return _iso_date(f"{text[:4]}-{text[4:6]}-{text[6:]}")
