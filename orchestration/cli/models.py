"""Commands of the model plug-ins: list, check, plug, unplug, alias, train, score, report."""

from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from features.settings import Settings
from orchestration.cli.answer import Home, Json, give, items

Reason = Annotated[str, typer.Option(help="Why; it is recorded.")]
COLUMNS = ["model_id", "kind", "version", "alias", "status", "metrics"]


def register(app: typer.Typer) -> None:
    group = typer.Typer(no_args_is_help=True, help="Hot-pluggable models: list, check, plug, train, score.")
    group.command(name="list")(list_models)
    for command in (check, plug, unplug, alias, train, score):
        group.command()(command)
    app.add_typer(group, name="models")


def list_models(home: Home = None, json: Json = False) -> None:
    """Every plug-in with its versions, aliases and metrics."""
    from features import settings
    from features.state import opened
    from models import registry

    found = settings.load(home)
    with opened(found) as state:
        rows = registry.listing(found, state)
    if not json:
        rows = [{**row, "metrics": _short(row["metrics"])} for row in rows]
    give(items(rows), json, COLUMNS, "models")


def _short(metrics: dict[str, Any] | None) -> str:
    """The plain numbers of a model's metrics; the rest is in --json."""
    numbers = {k: v for k, v in (metrics or {}).items() if isinstance(v, (int, float)) and not isinstance(v, bool)}
    return ", ".join(f"{name} {value:.4g}" for name, value in list(numbers.items())[:4])


def check(path: Path, json: Json = False) -> None:
    """Run the conformance kit on a plug-in folder and name every failure."""
    from features.errors import KehuError
    from models import conformance

    if not path.is_dir():
        raise KehuError(f"{path} is not a folder", "name a plug-in folder: manifest.yml, model.py and a test")
    document = conformance.answer(path)
    if json:
        give(document, True)
    else:
        give(items(document["failures"]), False, ["check", "reason", "fix"], "passed" if document["passed"] else "failures")
    if not document["passed"]:
        raise typer.Exit(1)


def plug(path: Path, reviewer: Annotated[str, typer.Option(help="Who read the code.")], reason: Reason,
         home: Home = None, json: Json = False) -> None:
    """Let a checked plug-in run: from the next night on it trains and scores."""
    from features import settings
    from features.state import opened
    from models import aliases

    found = settings.load(home)
    with opened(found) as state:
        plugin = aliases.plug(found, state, path, reviewer, reason)
    give({"model_id": plugin.model_id, "code_hash": plugin.code_hash, "status": "plugged"}, json)


def unplug(model_id: str, reason: Reason, home: Home = None, json: Json = False) -> None:
    """Take a model out; lists fall back to business as usual until another is named."""
    from features import settings
    from features.export_log import user
    from features.state import opened
    from models import aliases

    found = settings.load(home)
    with opened(found) as state:
        aliases.unplug(found, state, model_id, reason, user())
    give({"model_id": model_id, "status": "unplugged"}, json)


def alias(model_id: str, version: str, name: Annotated[str, typer.Argument(metavar="ALIAS")], reason: Reason,
          home: Home = None, json: Json = False) -> None:
    """Name a version champion, challenger, shadow or retired; takes effect at the next night."""
    from features import settings
    from features.export_log import user
    from features.state import opened
    from models import aliases

    found = settings.load(home)
    with opened(found) as state:
        aliases.assign(state, model_id, version, name, reason, user())
    give({"model_id": model_id, "version": version, "alias": name}, json)


def train(model_id: str, home: Home = None, json: Json = False) -> None:
    """A new version on all matured history; the first one becomes champion."""
    from features import settings, warehouse
    from features.state import opened
    from orchestration import scoring

    found = settings.load(home)
    day = _built_date(found)
    with warehouse.writer_lock(found), opened(found) as state, warehouse.build(found) as connection:
        give(scoring.train(found, connection, state, model_id, day), json)


def score(model_id: str, home: Home = None, json: Json = False) -> None:
    """Score the newest date with a model's champion; seen by readers after the next night."""
    from features import settings, warehouse
    from features.state import opened
    from models import registry
    from orchestration import scoring

    found = settings.load(home)
    day = _built_date(found)
    registry.find(found, model_id)
    with warehouse.writer_lock(found), opened(found) as state, warehouse.build(found) as connection:
        rows = [r for r in scoring.score_all(found, connection, state, [day]) if r["model_id"] == model_id]
    give(items(rows), json, title=f"scores of {day}")


def _built_date(found: Settings) -> date:
    """The business date of the build in service."""
    from features.store import build_json

    return date.fromisoformat(build_json(found)["as_of_date"])
