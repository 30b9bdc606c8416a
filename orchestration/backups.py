"""The whole home in one file, and back: a zip without compression of what is compressed already."""

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from features import files, tag_volumes, warehouse
from features.errors import KehuError
from features.settings import MARKER, Settings
from features.state import opened

LEFT_OUT = {"tmp", "locks", "logs", "dagster"}
"""Folders that a new machine makes again by itself."""
COPIES = ("history", tag_volumes.FOLDER)
"""A folder that repeats what a backup holds already: the next night, or `kehu store compact`, makes it again."""


def backup(settings: Settings, target: Path) -> dict[str, Any]:
    """Writes `target` (a zip) under the writer lock; state.db is copied by SQLite's own backup."""
    if target.exists():
        raise KehuError(f"{target} exists", "name a new file")
    settings.refuse_own(target)
    count = 0
    with warehouse.writer_lock(settings), files.atomic(target.absolute()) as temporary:
        with zipfile.ZipFile(temporary, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
            for path in _members(settings.home):
                archive.write(path, path.relative_to(settings.home))
                count += 1
            _add_state(settings, archive)
    return {"file": str(target), "files": count + 1, "bytes": target.stat().st_size, "sha256": files.sha256(target)}


def _members(home: Path) -> Iterator[Path]:
    for path in sorted(home.rglob("*")):
        relative = path.relative_to(home)
        is_state_db = relative.parts[0] == "state" and path.name.startswith("state.db")
        if path.is_file() and relative.parts[0] not in LEFT_OUT and relative.parts[:2] != COPIES and not is_state_db:
            yield path


def _add_state(settings: Settings, archive: zipfile.ZipFile) -> None:
    copy = settings.tmp / "state-backup.db"
    copy.unlink(missing_ok=True)
    with opened(settings) as state:
        state.backup(copy)
    archive.write(copy, "state/state.db")
    copy.unlink()


def restore(file: Path, home: Path) -> dict[str, Any]:
    """Unpacks a backup into an empty or absent folder; CURRENT is written last."""
    if not zipfile.is_zipfile(file):
        raise KehuError(f"{file} is not a kehu backup", "name a file that kehu backup wrote")
    Settings(home)  # a path that no home may have
    if home.exists() and any(home.iterdir()):
        raise KehuError(f"{home} is not empty", "restore into a new folder with --home")
    with zipfile.ZipFile(file) as archive:
        names = archive.namelist()
        if MARKER not in names or json.loads(archive.read(MARKER)).get("home_version") is None:
            raise KehuError(f"{file} holds no home ({MARKER} is missing)", "name a file that kehu backup wrote")
        _refuse_escapes(names, file)
        home.mkdir(parents=True, exist_ok=True)
        for folder in ("landing", "raw", "quarantine", "state/assignments", "state/lists", "state/candidates",
                       "state/scores", "published", "history", "artefacts", "exports", *LEFT_OUT):
            (home / folder).mkdir(parents=True, exist_ok=True)
        last = [n for n in names if n in (MARKER, "published/CURRENT")]
        for name in [n for n in names if n not in last] + last:
            archive.extract(name, home)
    return {"home": str(home), "files": len(names)}


def _refuse_escapes(names: list[str], file: Path) -> None:
    for name in names:
        if name.startswith("/") or ".." in Path(name).parts:
            raise KehuError(f"{file} holds the unsafe path {name}", "use a file that kehu backup wrote")
