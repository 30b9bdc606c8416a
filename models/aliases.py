"""People's decisions about models: plug, unplug, champion, challenger, shadow, retired; each is kept as an event."""

import os
import shutil
from pathlib import Path

from features import clock
from features.errors import KehuError
from features.settings import Settings
from features.state import State
from models import conformance, registry, runner
from models.registry import Plugin

ALIASES = ("champion", "challenger", "shadow", "retired")
SHIPPED_REVIEWER = "shipped"


def plug(settings: Settings, state: State, path: Path, reviewer: str, reason: str) -> Plugin:
    """Lets a plug-in that passes the conformance kit run from now on; a folder from elsewhere is copied into the home first."""
    _require(reviewer=reviewer, reason=reason)
    plugin = _read(path)
    is_elsewhere = path.resolve().parent not in [root.resolve() for root in registry.folders(settings)]
    if is_elsewhere:
        _refuse_double(settings, plugin)
    _refuse_unfit(path)
    if is_elsewhere:
        plugin = _read(_copy(settings, path.resolve()))
    _event(state, plugin.model_id, "plugged", reviewer, reason, version=plugin.code_hash)
    return plugin


def plug_shipped(settings: Settings, state: State) -> list[str]:
    """Plugs the models that come with kehu, unless a person has decided about them; returns the newly plugged ids."""
    done = []
    for plugin in registry.scan([registry.SHIPPED])[0]:
        last = state.one("select who, version from model_event where model_id = ? and action in ('plugged', "
                         "'unplugged') order by id desc limit 1", [plugin.model_id])
        if last is None or (last["who"] == SHIPPED_REVIEWER and last["version"] != plugin.code_hash):
            # without the kit, which would cost every new home a training: their own tests run it
            _event(state, plugin.model_id, "plugged", SHIPPED_REVIEWER, "comes with kehu", version=plugin.code_hash)
            done.append(plugin.model_id)
    return done


def unplug(settings: Settings, state: State, model_id: str, reason: str, who: str = "operator") -> None:
    """Stops a model: no more scores, no column in the store; its versions stay."""
    _require(reason=reason)
    if state.one("select 1 from model_event where model_id = ? and action = 'plugged'", [model_id]) is None:
        registry.find(settings, model_id)
        raise KehuError(f"{model_id} is not plugged", "kehu models list")
    _event(state, model_id, "unplugged", who, reason)


def assign(state: State, model_id: str, version: str, alias: str, reason: str, who: str = "operator") -> None:
    """Gives a version an alias; the champion it replaces is retired."""
    _require(reason=reason)
    if alias not in ALIASES:
        raise KehuError(f"no alias {alias}", f"one of {', '.join(ALIASES)}")
    if state.one("select 1 from model_version where model_id = ? and version = ?", [model_id, version]) is None:
        raise KehuError(f"{model_id} has no version {version}", "kehu models list")
    with state.transaction() as connection:
        former = current(state, model_id, alias)
        connection.execute("delete from model_alias where model_id = ? and version = ?", [model_id, version])
        if alias == "champion" and former not in (None, version):
            _set(state, model_id, "retired", str(former))
            _event(state, model_id, "alias", who, f"replaced by {version}: {reason}", str(former), "retired")
        _set(state, model_id, alias, version)
        _event(state, model_id, "alias", who, reason, version, alias)


def current(state: State, model_id: str, alias: str = "champion") -> str | None:
    """The version that holds an alias."""
    found = state.one("select version from model_alias where model_id = ? and alias = ?", [model_id, alias])
    return str(found["version"]) if found else None


def _read(path: Path) -> Plugin:
    plugin, faults = registry.read(path)
    if plugin is None:
        raise KehuError(f"{path.name} is no plug-in: {'; '.join(fault.reason for fault in faults)}",
                        f"kehu models check {path}")
    return plugin


def _refuse_unfit(path: Path) -> None:
    found = conformance.check(path, runner.shared())
    if found:
        named = "; ".join(f"{failure.check}: {failure.reason}" for failure in found)
        raise KehuError(f"{path.name} fails {len(found)} check(s): {named}", f"kehu models check {path}")


def _refuse_double(settings: Settings, plugin: Plugin) -> None:
    for other in registry.scan(registry.folders(settings))[0]:
        if other.model_id == plugin.model_id and other.folder.parent != settings.home / "plugins":
            raise KehuError(f"model_id {plugin.model_id} already lives in {other.folder}", "choose another model_id")


def _copy(settings: Settings, path: Path) -> Path:
    """Replaces the home's copy whole, so that no file of an older version stays behind."""
    target = settings.home / "plugins" / path.name
    fresh, old = target.with_name(f".{path.name}.new"), target.with_name(f".{path.name}.old")
    for leftover in (fresh, old):
        if leftover.exists():
            shutil.rmtree(leftover)
    shutil.copytree(path, fresh, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    if target.exists():
        os.replace(target, old)
    os.replace(fresh, target)
    if old.exists():
        shutil.rmtree(old)
    return target


def _set(state: State, model_id: str, alias: str, version: str) -> None:
    state.insert("model_alias", {"model_id": model_id, "alias": alias, "version": version,
                                 "recorded_at": clock.stamp()}, replace=True)


def _event(state: State, model_id: str, action: str, who: str, reason: str, version: str | None = None,
           alias: str | None = None) -> None:
    state.insert("model_event", {"model_id": model_id, "version": version, "action": action, "alias": alias,
                                 "who": who, "reason": reason, "recorded_at": clock.stamp()})


def _require(**texts: str) -> None:
    for name, text in texts.items():
        if not text.strip():
            raise KehuError(f"{name} is empty", f"say it with --{name}")
