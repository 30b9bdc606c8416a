"""Trains plugged models on point-in-time rows and registers the versions."""

import hashlib
import json
from dataclasses import dataclass
from datetime import date
from typing import Any

from features import clock, files
from features.errors import KehuError
from features.settings import Settings
from features.state import State
from features.training_set import (
    Connection,
    Rows,
    feature_columns,
    feature_rows,
    matured_dates,
    newest_date,
    target_counts,
    training_rows,
)
from models import aliases, registry, runner
from models.contracts import Manifest
from models.registry import Plugin

ARTEFACT, CARD = "model.skops", "model_version.json"


class TooFewRows(KehuError):
    """There is not enough to learn from yet; a later night may have it."""

    exit_code = 1


@dataclass(frozen=True)
class _Material:
    features: dict[str, str]
    dates: list[date]
    rows: Rows


def train(settings: Settings, connection: Connection, state: State, model_id: str, as_of_date: date) -> dict[str, Any]:
    """A new version from what was known on `as_of_date`: champion when it is the first, else challenger.

    The version names date, code and data, so the same input returns the version that is there. Raises TooFewRows,
    PluginFailed, or KehuError for a model that may not run.
    """
    plugin = registry.find(settings, model_id)
    standing = registry.status(state, plugin)
    if standing != "plugged":
        raise KehuError(f"model {model_id} is {standing}: its code has not been released by a person",
                        f"kehu models check {plugin.folder}, then kehu models plug {plugin.folder}")
    material = _material(connection, plugin.manifest, as_of_date)
    version = _version(plugin, material, as_of_date)
    if not _registered(state, model_id, version):
        _fit(settings, state, plugin, material, version, as_of_date)
    alias = _alias(state, model_id, version)
    row = state.one("select * from model_version where model_id = ? and version = ?", [model_id, version]) or {}
    return {"model_id": model_id, "version": version, "status": "passed", "outcome": "trained", "alias": alias,
            "rows": len(material.rows.frame), "as_of_date": as_of_date, "metrics": json.loads(str(row["metrics"])),
            "detail": ""}


def ensure_trained(settings: Settings, connection: Connection, state: State, as_of_date: date) -> list[dict[str, Any]]:
    """Trains every plugged model that has no champion; one that cannot be trained yet says why and stops nobody."""
    results = []
    for plugin in registry.plugged(settings, state):
        if aliases.current(state, plugin.model_id) is None:
            results.append(_attempt(settings, connection, state, plugin, as_of_date))
    return results


def _attempt(settings: Settings, connection: Connection, state: State, plugin: Plugin,
             as_of_date: date) -> dict[str, Any]:
    base = {"model_id": plugin.model_id, "version": None, "as_of_date": as_of_date, "rows": 0}
    try:
        return train(settings, connection, state, plugin.model_id, as_of_date)
    except TooFewRows as waiting:
        return {**base, "status": "passed", "outcome": "waiting", "detail": waiting.line()}
    except KehuError as failure:
        log_failure(settings, failure)
        return {**base, "status": "warned", "outcome": "failed", "detail": failure.line()}


def log_failure(settings: Settings, failure: KehuError) -> None:
    """Keeps a plug-in's trace where an engineer finds it; a person sees only the line."""
    settings.logs.mkdir(parents=True, exist_ok=True)
    with (settings.logs / "models.log").open("a", encoding="utf-8") as log:
        log.write(f"{clock.stamp()} {failure.line()}\n{getattr(failure, 'trace', '')}\n")


def _material(connection: Connection, manifest: Manifest, as_of_date: date) -> _Material:
    features = feature_columns(connection, manifest.feature_views, manifest.wanted_features)
    needed = manifest.train_rows
    if manifest.target is None or manifest.horizon_days is None:
        newest = newest_date(connection, manifest.feature_views[0], as_of_date)
        rows = feature_rows(connection, features, newest, max_rows=needed.maximum)
        _require(manifest, len(rows.frame), 0)
        return _Material(features, [newest], rows)
    dates = matured_dates(connection, manifest.target, manifest.horizon_days, as_of_date, manifest.train_dates.last)
    negatives, positives = target_counts(connection, manifest.target, dates)
    _require(manifest, negatives + positives, positives)
    return _Material(features, dates, training_rows(connection, features, manifest.target, dates, needed.maximum))


def _require(manifest: Manifest, rows: int, positives: int) -> None:
    needed = manifest.train_rows
    if rows < needed.minimum or positives < needed.minimum_positives:
        raise TooFewRows(f"model {manifest.model_id} has {rows} rows with {positives} positives to learn from and needs "
                         f"{needed.minimum} with {needed.minimum_positives}", "load more history or wait for outcomes")


def _version(plugin: Plugin, material: _Material, as_of_date: date) -> str:
    digest = hashlib.sha256(plugin.code_hash.encode())
    digest.update(json.dumps([material.features, plugin.manifest.seed]).encode())
    for array in (material.rows.frame.values.T, material.rows.frame.as_of_dates, material.rows.frame.weights,
                  material.rows.target):
        if array is not None:
            digest.update(array.tobytes())
    return f"{as_of_date:%Y%m%d}-{digest.hexdigest()[:8]}"


def _registered(state: State, model_id: str, version: str) -> bool:
    return state.one("select 1 from model_version where model_id = ? and version = ?", [model_id, version]) is not None


def _fit(settings: Settings, state: State, plugin: Plugin, material: _Material, version: str, as_of_date: date) -> None:
    folder = settings.artefacts / plugin.model_id / version
    found = runner.shared().train(plugin, material.rows.frame, material.rows.target, folder / ARTEFACT,
                                  scratch=_scratch(settings))
    row = {"model_id": plugin.model_id, "version": version, "kind": plugin.manifest.kind, "trained_on": as_of_date,
           "code_hash": plugin.code_hash, "artefact_hash": found["artefact_hash"],
           "metrics": {**found["metrics"], "features": list(material.features),
                       "train_dates": [day.isoformat() for day in material.dates]}}
    card = {**row, "trained_on": as_of_date.isoformat(), "manifest": plugin.manifest.model_dump(mode="json")}
    files.write_text(folder / CARD, json.dumps(card, ensure_ascii=False, indent=2, sort_keys=True) + "\n")
    state.insert("model_version", {**row, "recorded_at": clock.stamp()})


def _scratch(settings: Settings) -> Any:
    settings.tmp.mkdir(parents=True, exist_ok=True)
    return settings.tmp


def _alias(state: State, model_id: str, version: str) -> str | None:
    held = state.one("select alias from model_alias where model_id = ? and version = ?", [model_id, version])
    if held:
        return str(held["alias"])
    alias = "challenger" if aliases.current(state, model_id) else "champion"
    aliases.assign(state, model_id, version, alias, "first version" if alias == "champion" else "newly trained", "kehu")
    return alias
