"""Volumes: copies of some kept dates each, sorted by customer, in which one customer's past is found in milliseconds."""

import json
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from features import files
from features.settings import Settings
from features.tag_history import Version

FOLDER, INDEX = "volumes", "index.json"
"""history/volumes/<volume>/<nnnn>.parquet; index.json names the volumes that are complete, and what they hold.

A volume repeats kept files and decides nothing: without it every answer is the same, only later.
"""


@dataclass(frozen=True)
class Volume:
    """`held`: {as_of_date: version_id}; `cuts`: the first customer of every file but the first."""

    held: dict[str, str]
    cuts: list[str]

    def file_of(self, customer_id: str) -> str:
        return file_name(bisect_right(self.cuts, customer_id))


def file_name(number: int) -> str:
    return f"{number:04d}.parquet"


def folder(settings: Settings) -> Path:
    return settings.history / FOLDER


def index(settings: Settings) -> dict[str, Volume]:
    """The complete volumes by name."""
    path = folder(settings) / INDEX
    found = json.loads(path.read_text()) if path.is_file() else {}
    return {name: Volume(**fields) for name, fields in found.items()}


def write_index(settings: Settings, volumes: dict[str, Volume]) -> None:
    """Replaces the index in one step."""
    files.write_text(folder(settings) / INDEX, json.dumps({name: asdict(volumes[name]) for name in sorted(volumes)}))


def bound(settings: Settings) -> dict[tuple[str, str], tuple[str, Volume]]:
    """{(as_of_date, version_id): its volume}."""
    return {key: (name, volume) for name, volume in index(settings).items() for key in volume.held.items()}


def paths(settings: Settings, versions: Iterable[Version], customer_id: str) -> dict[Version, Path]:
    """The file in which the customer's row of each version is found: a volume's, which holds other dates too, or the version's own."""
    places = bound(settings)
    found = {}
    for version in versions:
        name, volume = places.get(version.key, ("", None))
        found[version] = folder(settings) / name / volume.file_of(customer_id) if volume else version.path
    return found
