"""Commands of the audience language: count, sample, profile, export, explain, save, list, show."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orchestration.cli.answer import Home, Json, give, iso_date, items, say

if TYPE_CHECKING:
    from features.settings import Settings

Expression = Annotated[str, typer.Argument(metavar="EXPR", help="e.g. \"lifecycle_stage = 'growing' and age < 40\"")]
AsOf = Annotated[str | None, typer.Option(help="A kept earlier date.")]
KnownAt = Annotated[str | None, typer.Option(help="As known on that date, before later corrections.")]
Purpose = Annotated[str, typer.Option(help="What the customers are for; restricted tags need it.")]
PROFILE_COLUMNS = ["tag", "value", "n", "audience_rate", "bank_rate", "audience_mean", "bank_mean", "index"]
LIST_COLUMNS = ["name", "expression", "who", "as_of_date", "member_count", "entered_count", "left_count", "problem"]
HISTORY_COLUMNS = ["build_id", "as_of_date", "member_count", "entered_count", "left_count", "sha256", "problem"]


def register(app: typer.Typer) -> None:
    group = typer.Typer(no_args_is_help=True, help="Select customers by an expression over tags.")
    for command in (count, sample, profile, export, explain, save, show):
        group.command()(command)
    group.command(name="list")(list_audiences)
    app.add_typer(group, name="audience")


def count(expression: Expression, home: Home = None, json: Json = False, as_of: AsOf = None, known_at: KnownAt = None,
          purpose: Purpose = "") -> None:
    """How many customers an expression selects."""
    from features import selection, settings

    here = settings.load(home)
    give(selection.count(here, expression, iso_date(as_of, "--as-of"), iso_date(known_at, "--known-at"), purpose), json)
    _doubt(here, expression)


def _doubt(here: "Settings", expression: str) -> None:
    """Says on stderr which values no customer can have."""
    from features.audience.doubts import doubts

    for doubt in doubts(here, expression):
        say(f"note: {doubt.line()}")


def sample(expression: Expression, n: Annotated[int, typer.Option("--n", min=1, max=10_000, help="How many customers.")] = 20,
           home: Home = None, json: Json = False, as_of: AsOf = None, known_at: KnownAt = None, purpose: Purpose = "") -> None:
    """Some customers of an audience, always the same ones; it is logged."""
    from features import settings
    from features.audience import export as exporting

    give(exporting.sample(settings.load(home), expression, n, purpose, iso_date(as_of, "--as-of"),
                          iso_date(known_at, "--known-at")), json)


def export(expression: Expression, out: Annotated[Path, typer.Option(help="A .csv, .parquet or .xlsx file.")],
           purpose: Annotated[str, typer.Option(help="What the customers are for; it is logged.")],
           home: Home = None, json: Json = False, as_of: AsOf = None, known_at: KnownAt = None) -> None:
    """Write the selected customers to a file; the export is logged."""
    from features import settings
    from features.audience import export as exporting

    here = settings.load(home)
    give(exporting.export(here, expression, out, purpose, iso_date(as_of, "--as-of"), iso_date(known_at, "--known-at")), json)
    _doubt(here, expression)


def explain(expression: Expression, home: Home = None, json: Json = False) -> None:
    """The one parameterised SELECT that an expression compiles to."""
    from features import selection, settings

    here = settings.load(home)
    give(selection.explain(here, expression), json)
    _doubt(here, expression)


def profile(expression: Expression, home: Home = None, json: Json = False,
            limit: Annotated[int, typer.Option(min=1, help="How many tag values.")] = 20, as_of: AsOf = None, known_at: KnownAt = None,
            purpose: Purpose = "") -> None:
    """The tags in which the audience differs most from the bank (index 100 = the bank)."""
    from features import settings
    from features.audience import profile as profiling

    here = settings.load(home)
    give(profiling.profile(here, expression, limit, iso_date(as_of, "--as-of"), iso_date(known_at, "--known-at"), purpose), json,
         PROFILE_COLUMNS, expression)
    _doubt(here, expression)


def save(name: str, expression: Expression, home: Home = None, json: Json = False, purpose: Purpose = "") -> None:
    """Keep an expression under a name, to be used as: in audience 'name'."""
    from features import settings
    from features.audience import saved

    here = settings.load(home)
    give(saved.save(here, name, expression, purpose), json)
    _doubt(here, expression)


def list_audiences(home: Home = None, json: Json = False) -> None:
    """Saved audiences with their size in the build in service and who came and went."""
    from features import settings
    from features.audience import saved

    give(items(saved.listing(settings.load(home))), json, LIST_COLUMNS, "saved audiences")


def show(name: str, home: Home = None, json: Json = False) -> None:
    """One saved audience, written out, with its size and hash in every published build."""
    from features import settings
    from features.audience import saved

    document = saved.show(settings.load(home), name)
    if json:
        give(document, True)
        return
    give({key: document[key] for key in ("name", "expression", "expanded", "who", "recorded_at")}, False)
    give(items(document["history"]), False, HISTORY_COLUMNS, "history")
