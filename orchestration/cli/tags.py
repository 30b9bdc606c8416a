"""Commands of the tag catalogue: list, show, get."""

from typing import Annotated

import typer

from orchestration.cli.answer import Home, Json, give, iso_date, items, say

COLUMNS = ["id", "code", "name_zh", "name_en", "domain", "kind", "status", "feedback_count", "disagree_rate"]


def register(app: typer.Typer) -> None:
    group = typer.Typer(no_args_is_help=True, help="The tag catalogue, and one customer's tags.")
    group.command(name="list")(list_tags)
    group.command()(show)
    group.command()(get)
    group.command()(history)
    app.add_typer(group, name="tags")


def list_tags(home: Home = None, json: Json = False,
              domain: Annotated[str | None, typer.Option(help="Tags of one domain, e.g. assets; a wrong name is answered with all.")] = None,
              search: Annotated[str | None, typer.Option(help="Words in code, id, names or definitions, Chinese or English; all must be there.")] = None,
              ) -> None:
    """Every tag with its definition; find one without knowing its id."""
    from features import settings, tag_reader, tag_search

    here = settings.load(home)
    found = tag_reader.find(here, domain, search)
    give(items(found), json, COLUMNS, "tags")
    if search and not found:
        near = tag_search.partly(search, tag_reader.find(here, domain))
        say(f"no tag says all of '{search}' -> " + (f"some of it: {', '.join(near)}" if near else "try other words, in Chinese or English"))


def show(tag: Annotated[str, typer.Argument(help="Its id or code, e.g. maturing_30d_cny or TAG-A12.")], home: Home = None, json: Json = False) -> None:
    """One tag: definition, inputs, lineage, owner, coverage, distribution; counts under 10 are hidden."""
    from features import settings, tag_reader

    give(tag_reader.disclosed(tag_reader.show(settings.load(home), tag)), json)


def get(customer_id: str, home: Home = None, json: Json = False,
        as_of: Annotated[str | None, typer.Option(help="As of which date.")] = None,
        known_at: Annotated[str | None, typer.Option(help="As known on which date.")] = None) -> None:
    """One customer's tags, now, then, or as known then, each with its inputs."""
    from features import settings, tag_reader

    document = tag_reader.customer(settings.load(home), customer_id, iso_date(as_of, "--as-of"), iso_date(known_at, "--known-at"))
    if json:
        give(document, True)
        return
    rows = [{"tag": tag, "value": found["value"], "inputs": ", ".join(_input(*pair) for pair in found["inputs"].items())}
            for tag, found in document["tags"].items()]
    give(items(rows), False, ["tag", "value", "inputs"], f"{customer_id} as of {document['as_of_date']}, build {document['build_id']}")


def _input(name: str, value: object) -> str:
    """What explains a value; facts summed over many rows have no one value to show."""
    return name if value is None and "." in name else f"{name} = {'null' if value is None else value}"


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
