"""Commands of frozen lists and of what comes back: list, show, export, replay, feedback import."""

from pathlib import Path
from typing import Annotated

import typer

from orchestration.cli.answer import Home, Json, give, items

COLUMNS = ["list_id", "strategy_id", "as_of_date", "rows", "hash", "status"]


def register(app: typer.Typer) -> None:
    group = typer.Typer(no_args_is_help=True, help="Frozen lists: list, show, export, replay.")
    group.command(name="list")(list_lists)
    for command in (show, export, replay):
        group.command()(command)
    app.add_typer(group, name="lists")
    feedback = typer.Typer(no_args_is_help=True, help="Contacts and responses back from CRM.")
    feedback.command(name="import")(import_feedback)
    app.add_typer(feedback, name="feedback")


def list_lists(home: Home = None, json: Json = False) -> None:
    """Every list, newest last."""
    from features import settings
    from orchestration.delivery import lists

    give(items(lists.listing(settings.load(home))), json, COLUMNS, "lists")


def show(list_id: str, home: Home = None, json: Json = False) -> None:
    """One list: its rule, model version, counts per cell, hash."""
    from features import settings
    from orchestration.delivery import lists

    give(lists.show(settings.load(home), list_id), json)


def export(list_id: str, out: Annotated[Path, typer.Option(help="A .csv, .parquet or .xlsx file.")],
           home: Home = None, json: Json = False,
           purpose: Annotated[str, typer.Option(help="It is logged.")] = "campaign execution") -> None:
    """Customers to contact, never the held ones; consent is looked at once more."""
    from features import settings
    from orchestration.delivery import lists

    give(lists.export(settings.load(home), list_id, out, purpose=purpose), json)


def replay(list_id: str, home: Home = None, json: Json = False) -> None:
    """Rebuild a list from history and compare hashes."""
    from features import settings
    from orchestration.delivery import lists

    document = lists.replay(settings.load(home), list_id)
    give(document, json)
    if not document["is_identical"]:
        raise typer.Exit(1)


def import_feedback(file: Path, home: Home = None, json: Json = False) -> None:
    """Check a CRM file; accepted rows land for the next night, rejected ones are named."""
    from features import settings
    from orchestration.delivery import feedback

    give(feedback.import_file(settings.load(home), file), json)
