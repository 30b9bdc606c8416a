"""Commands of the tag catalogue: list, show, get."""

from typing import Annotated

import typer

from orchestration.cli.answer import Home, Json, give, iso_date, items

COLUMNS = ["id", "code", "name_zh", "name_en", "domain", "kind", "status", "feedback_count", "disagree_rate"]


def register(app: typer.Typer) -> None:
    group = typer.Typer(no_args_is_help=True, help="The tag catalogue, and one customer's tags.")
    group.command(name="list")(list_tags)
    group.command()(show)
    group.command()(get)
    group.command()(history)
    app.add_typer(group, name="tags")


def list_tags(home: Home = None, json: Json = False, domain: Annotated[str | None, typer.Option()] = None,
              search: Annotated[str | None, typer.Option(help="Chinese or English, any part of it.")] = None) -> None:
    """Every tag with its definition; find one without knowing its id."""
    from features import settings, tag_reader

    give(items(tag_reader.find(settings.load(home), domain, search)), json, COLUMNS, "tags")


def show(tag: str, home: Home = None, json: Json = False) -> None:
    """One tag: definition, inputs, lineage, owner, coverage, distribution; counts under 10 are hidden."""
    from features import settings, tag_reader

    give(tag_reader.disclosed(tag_reader.show(settings.load(home), tag)), json)


def get(customer_id: str, home: Home = None, json: Json = False,
        as_of: Annotated[str | None, typer.Option(help="As of which date.")] = None,
        known_at: Annotated[str | None, typer.Option(help="As known on which date.")] = None) -> None:
    """One customer's tags, now, then, or as known then, each with its inputs."""
    from features import settings, tag_reader

    give(tag_reader.customer(settings.load(home), customer_id, iso_date(as_of, "--as-of"),
                             iso_date(known_at, "--known-at")), json)


def history(customer_id: str, home: Home = None, json: Json = False,
            tags: Annotated[str, typer.Option(help="Tag ids with commas between (default: all).")] = "",
            start: Annotated[str | None, typer.Option("--from", help="First date.")] = None,
            end: Annotated[str | None, typer.Option("--to", help="Last date.")] = None) -> None:
    """One customer's tags on every kept date, as known now."""
    from features import settings, store

    found = store.customer_history(settings.load(home), customer_id, [name.strip() for name in tags.split(",") if name.strip()],
                                   iso_date(start, "--from"), iso_date(end, "--to"))
    rows = [{"as_of_date": row["as_of_date"], "build_id": row["build_id"], **row["values"]} for row in found]
    give(items(rows), json, title=f"history of {customer_id}")
