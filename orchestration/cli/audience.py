"""Commands of the audience language: count, export, explain, profile, save."""

from pathlib import Path
from typing import Annotated

import typer

from orchestration.cli.answer import Home, Json, give, iso_date

Expression = Annotated[str, typer.Argument(metavar="EXPR", help="e.g. \"lifecycle_stage = 'growing' and age < 40\"")]


def register(app: typer.Typer) -> None:
    group = typer.Typer(no_args_is_help=True, help="Select customers by an expression over tags.")
    for command in (count, export, explain, profile, save):
        group.command()(command)
    app.add_typer(group, name="audience")


def count(expression: Expression, home: Home = None, json: Json = False,
          as_of: Annotated[str | None, typer.Option(help="A kept earlier date.")] = None) -> None:
    """How many customers an expression selects."""
    from features import selection, settings

    give(selection.count(settings.load(home), expression, iso_date(as_of, "--as-of")), json)


def export(expression: Expression, out: Annotated[Path, typer.Option(help="A .csv, .parquet or .xlsx file.")],
           purpose: Annotated[str, typer.Option(help="What the customers are for; it is logged.")],
           home: Home = None, json: Json = False) -> None:
    """Write the selected customers to a file; the export is logged."""
    from features import export_log, selection, settings
    from features.state import opened

    found = settings.load(home)
    with opened(found) as state:
        document = selection.export(found, expression, out)
        export_log.append(state, "audience", purpose, expression, document["build_id"], document["count"],
                          document["sha256"], str(out))
    give(document, json)


def explain(expression: Expression, home: Home = None, json: Json = False) -> None:
    """The one parameterised SELECT that an expression compiles to."""
    from features import selection, settings

    give(selection.explain(settings.load(home), expression), json)


def profile(expression: Expression, home: Home = None, json: Json = False,
            limit: Annotated[int, typer.Option(min=1)] = 20) -> None:
    """The tags in which the audience differs most from the bank (index 100 = the bank)."""
    from features import selection, settings

    give(selection.profile(settings.load(home), expression, limit), json,
         ["tag", "value", "audience_rate", "bank_rate", "audience_mean", "bank_mean", "index"], expression)


def save(name: str, expression: Expression, home: Home = None, json: Json = False) -> None:
    """Keep an expression under a name; it is checked against the tags in service first."""
    from features import clock, export_log, selection, settings
    from features.state import opened

    found = settings.load(home)
    document = selection.count(found, expression)
    with opened(found) as state:
        state.insert("saved_audience", {"name": name, "expression": expression, "who": export_log.user(),
                                        "recorded_at": clock.stamp()}, replace=True)
    give({"name": name, **document}, json)
