"""The scoring stage: every plugged champion scores each decision date; a failing model leaves its former scores."""

import json
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np

from features import clock, scores
from features.errors import KehuError
from features.scores import score_table
from features.settings import Settings
from features.state import State
from features.training_set import Condition, Connection, Rows, feature_columns, feature_rows
from models import aliases, registry, runner
from models.registry import Plugin
from models.runner import PluginFailed
from orchestration.training import ARTEFACT, ensure_trained, log_failure, train

__all__ = ["ensure_trained", "score_all", "score_table", "train"]


def score_all(settings: Settings, connection: Connection, state: State,
              decision_dates: Sequence[date]) -> list[dict[str, Any]]:
    """Writes the score files of these dates and returns one result per model and date.

    {model_id, version, as_of_date, outcome: scored | fell_back | failed | no_champion, rows, seconds, status:
    passed | warned, detail}; a warning is for the night's checks and never stops it.
    """
    models = _chosen(settings, state)
    results = []
    for as_of_date in sorted(decision_dates):
        found = [_timed(settings, connection, state, model, as_of_date) for model in models]
        scores.forget(settings, state, as_of_date, [row["model_id"] for row in found if row["rows"]])
        results += found
    return results


_Chosen = tuple[str, Plugin | None, str]


def _chosen(settings: Settings, state: State) -> list[_Chosen]:
    """(model_id, plug-in, why it may not run) of every model that people have plugged in."""
    plugins, faults = registry.scan(registry.folders(settings))
    by_id = {plugin.model_id: plugin for plugin in plugins}
    broken = {fault.folder.name: fault.reason for fault in faults}
    ids = [str(row["model_id"]) for row in state.rows(
        "select model_id from model_event e where action = 'plugged' and not exists (select 1 from model_event n where "
        "n.model_id = e.model_id and n.id > e.id and n.action in ('plugged', 'unplugged')) order by model_id")]
    return [(name, by_id.get(name), _obstacle(state, by_id.get(name), broken.get(name, "its folder is gone")))
            for name in ids]


def _obstacle(state: State, plugin: Plugin | None, fault: str) -> str:
    if plugin is None:
        return fault
    if registry.status(state, plugin) == "changed":
        return "its code is not the code that was reviewed (kehu models check, then plug it again)"
    return ""


def _timed(settings: Settings, connection: Connection, state: State, model: _Chosen, day: date) -> dict[str, Any]:
    start = clock.monotonic()
    result = {"model_id": model[0], "version": None, "as_of_date": day, "rows": 0, "detail": "",
              **_score(settings, connection, state, model, day)}
    return {**result, "status": "warned" if result["outcome"] in ("fell_back", "failed") else "passed",
            "seconds": round(clock.monotonic() - start, 3)}


def _score(settings: Settings, connection: Connection, state: State, model: _Chosen, day: date) -> dict[str, Any]:
    model_id, plugin, obstacle = model
    version = aliases.current(state, model_id)
    if version is None:
        return {"outcome": "no_champion", "detail": "no version is trained yet"}
    try:
        if plugin is None or obstacle:
            raise PluginFailed(model_id, obstacle)
        return _fresh(settings, connection, state, plugin, version, day)
    except KehuError as failure:
        log_failure(settings, failure)
        return _fall_back(settings, state, model_id, plugin, day, failure.line())


def _fresh(settings: Settings, connection: Connection, state: State, plugin: Plugin, version: str,
           day: date) -> dict[str, Any]:
    row = state.one("select metrics, artefact_hash from model_version where model_id = ? and version = ?",
                    [plugin.model_id, version]) or {}
    manifest, wanted = plugin.manifest, json.loads(str(row["metrics"]))["features"]
    features = feature_columns(connection, manifest.feature_views, wanted)
    eligible = [Condition(rule.column, rule.operator, rule.value) for rule in manifest.eligible]
    rows = feature_rows(connection, features, day, eligible)
    found = _run(settings, plugin, version, str(row["artefact_hash"]), rows)
    segments = [segment.id for segment in manifest.segments]
    made = scores.table(plugin.model_id, version, day, rows.customer_ids, found, segments)
    scores.write(settings, state, made, plugin.model_id, version, day, day)
    return {"outcome": "scored", "version": version, "rows": made.num_rows}


def _run(settings: Settings, plugin: Plugin, version: str, artefact_hash: str, rows: Rows) -> np.ndarray:
    settings.tmp.mkdir(parents=True, exist_ok=True)
    path = settings.artefacts / plugin.model_id / version / ARTEFACT
    found = runner.shared().score(plugin, rows.frame, path, artefact_hash, scratch=settings.tmp)
    runner.require_range(plugin, found)
    return found


def _fall_back(settings: Settings, state: State, model_id: str, plugin: Plugin | None, day: date,
               reason: str) -> dict[str, Any]:
    """The former scores stand in for as long as the output tag is valid."""
    former = scores.former(settings, state, model_id, day) if plugin else None
    if plugin is None or former is None:
        return {"outcome": "failed", "detail": f"no scores: {reason}"}
    rows, version, scored_on = former
    if scored_on < day - timedelta(days=plugin.manifest.output_tag.valid_days):
        return {"outcome": "failed", "detail": f"no scores: those of {scored_on} are too old; {reason}"}
    place = rows.schema.get_field_index("as_of_date")
    dated = rows.set_column(place, "as_of_date", scores.repeated(day, rows.num_rows))
    scores.write(settings, state, dated, model_id, version, day, scored_on)
    return {"outcome": "fell_back", "version": version, "rows": rows.num_rows,
            "detail": f"scores of {scored_on} stand in: {reason}"}
