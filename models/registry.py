"""Finds plug-in folders by their manifest.yml, and says what state each is in; runs none of their code."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from features.errors import KehuError
from features.settings import ROOT, Settings

if TYPE_CHECKING:
    from features.state import State
    from models.contracts import Manifest

SHIPPED = ROOT / "models" / "plugins"
MANIFEST, CODE = "manifest.yml", "model.py"


@dataclass(frozen=True)
class Plugin:
    """A valid plug-in folder."""

    manifest: Manifest
    folder: Path
    code_hash: str

    @property
    def model_id(self) -> str:
        return self.manifest.model_id


@dataclass(frozen=True)
class Fault:
    """Why a folder is no plug-in."""

    folder: Path
    reason: str


def folders(settings: Settings) -> list[Path]:
    """Where plug-ins live: shipped ones, the folder kehu.json names, and the home's own."""
    return list(dict.fromkeys([SHIPPED, settings.plugins, settings.home / "plugins"]))


def scan(roots: Sequence[Path]) -> tuple[list[Plugin], list[Fault]]:
    """All valid plug-ins by model_id, and the faults of the others."""
    plugins: dict[str, Plugin] = {}
    faults: list[Fault] = []
    for folder in _candidates(roots):
        plugin, found = read(folder)
        faults += found
        if plugin and plugin.model_id in plugins:
            faults.append(Fault(folder, f"model_id {plugin.model_id} is also in {plugins[plugin.model_id].folder}"))
        elif plugin:
            plugins[plugin.model_id] = plugin
    return [plugins[model_id] for model_id in sorted(plugins)], faults


def discover(source: Settings | Path) -> list[Plugin]:
    """All plug-ins of a home (or of one folder of folders); one KehuError lists every fault."""
    plugins, faults = scan([source] if isinstance(source, Path) else folders(source))
    if faults:
        listed = "; ".join(f"{fault.folder.name}: {fault.reason}" for fault in faults)
        raise KehuError(f"{len(faults)} plug-in faults: {listed}", "mend or delete the folder; kehu models check FOLDER")
    return plugins


def find(settings: Settings, model_id: str) -> Plugin:
    """One plug-in by id; faults of other folders don't matter."""
    plugins, faults = scan(folders(settings))
    for plugin in plugins:
        if plugin.model_id == model_id:
            return plugin
    broken = [fault.reason for fault in faults if fault.folder.name == model_id]
    known = ", ".join(plugin.model_id for plugin in plugins)
    raise KehuError(f"no model {model_id}" + (f": {'; '.join(broken)}" if broken else f" (there are: {known})"),
                    "kehu models list")


def read(folder: Path) -> tuple[Plugin | None, list[Fault]]:
    """The plug-in of one folder, or every fault of its manifest."""
    from pydantic import ValidationError

    from models.contracts import Manifest

    try:
        text = (folder / MANIFEST).read_text(encoding="utf-8")
        manifest = Manifest.model_validate(yaml.safe_load(text))
    except ValidationError as broken:
        return None, [Fault(folder, _line(error)) for error in broken.errors()]
    except (yaml.YAMLError, UnicodeDecodeError, OSError) as broken:
        return None, [Fault(folder, f"{MANIFEST} cannot be read: {' '.join(str(broken).split())}")]
    faults = []
    if manifest.model_id != folder.name:
        faults.append(Fault(folder, f"model_id {manifest.model_id} differs from the folder's name"))
    if not (folder / CODE).is_file():
        faults.append(Fault(folder, f"{CODE} is missing"))
    return (None, faults) if faults else (Plugin(manifest, folder, code_hash(folder)), [])


def code_hash(folder: Path) -> str:
    """SHA-256 of everything that can change a score: the manifest and all Python files but the tests."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.name == MANIFEST or (path.suffix == ".py" and not path.name.startswith("test_")):
            content = path.read_bytes()
            digest.update(f"{path.relative_to(folder).as_posix()}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def status(state: State, plugin: Plugin) -> str:
    """pending (never plugged), plugged, changed (code differs from what was reviewed) or unplugged."""
    decision = state.one("select action, version from model_event where model_id = ? and action in ('plugged', "
                         "'unplugged') order by id desc limit 1", [plugin.model_id])
    if decision is None:
        return "pending"
    if decision["action"] == "unplugged":
        return "unplugged"
    return "plugged" if decision["version"] == plugin.code_hash else "changed"


def plugged(settings: Settings, state: State) -> list[Plugin]:
    """The plug-ins that may run: exactly the code that a person reviewed."""
    return [plugin for plugin in scan(folders(settings))[0] if status(state, plugin) == "plugged"]


def listing(settings: Settings, state: State) -> list[dict[str, Any]]:
    """One row per model version (or per plug-in without one), faulty folders included."""
    plugins, faults = scan(folders(settings))
    rows = [row for plugin in plugins for row in _versions(state, plugin)]
    return rows + [{"model_id": fault.folder.name, "kind": None, "version": None, "alias": None, "status": "faulty",
                    "metrics": {}, "reason": fault.reason} for fault in faults]


def _versions(state: State, plugin: Plugin) -> list[dict[str, Any]]:
    import json

    found = state.rows(
        "select v.version, v.metrics, v.trained_on, a.alias from model_version v left join model_alias a on "
        "a.model_id = v.model_id and a.version = v.version where v.model_id = ? order by v.recorded_at desc, "
        "v.version desc, a.alias", [plugin.model_id])
    base = {"model_id": plugin.model_id, "kind": plugin.manifest.kind, "name_zh": plugin.manifest.name_zh,
            "name_en": plugin.manifest.name_en, "status": status(state, plugin)}
    if not found:
        return [{**base, "version": None, "alias": None, "trained_on": None, "metrics": {}}]
    return [{**base, **row, "metrics": json.loads(str(row["metrics"]))} for row in found]


def _candidates(roots: Sequence[Path]) -> list[Path]:
    return [folder for root in roots if root.is_dir() for folder in sorted(root.iterdir())
            if folder.is_dir() and folder.name[0] not in "_." and not folder.name.endswith(".egg-info")]


def _line(error: Any) -> str:
    place = ".".join(str(part) for part in error["loc"]) or "manifest"
    return f"{place}: {error['msg']}"
