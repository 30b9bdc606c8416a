"""Commands of segments: list, show, check, preview, import, overlap."""

from pathlib import Path
from typing import Annotated

import typer

from orchestration.cli.answer import Home, Json, give, iso_date, items, say


def register(app: typer.Typer) -> None:
    group = typer.Typer(no_args_is_help=True, help="Customer segments: by rule, by model, by list.")
    for command in (show, check, preview, overlap):
        group.command()(command)
    group.command(name="list")(list_sets)
    group.command(name="import")(import_list)
    app.add_typer(group, name="segments")


def list_sets(home: Home = None, json: Json = False) -> None:
    """The segment sets of the build in service, with members and unmatched share."""
    from features import settings
    from orchestration.segments import reading

    give(reading.sets(settings.load(home)), json,
         ["segment_set", "kind", "version", "name_zh", "name_en", "segment_count", "member_count", "unmatched_rate", "status"],
         "segment sets")


def show(segment_set: Annotated[str, typer.Argument(metavar="SET")], home: Home = None, json: Json = False) -> None:
    """The segments of a set in order, with rule, proposition and members (under 10 hidden)."""
    from features import settings
    from orchestration.segments import reading

    give(reading.show(settings.load(home), segment_set), json,
         ["priority", "segment_id", "name_zh", "name_en", "primary_count", "match_count", "rule"], segment_set)


def check(file: Annotated[Path | None, typer.Argument(metavar="[FILE]", help="One file (default: all of the home).")] = None,
          home: Home = None, json: Json = False) -> None:
    """Check segment files against the contract, the audience language and the tags in service."""
    from features import settings
    from features.errors import KehuError
    from orchestration.segments import reading

    if file is not None and not file.is_file():
        raise KehuError(f"there is no file {file}", "name a segment file")
    document = reading.check(settings.load(home), file)
    if json:
        give(document, True)
    elif document["passed"]:
        give({"passed": True}, False)
    else:
        give(items(document["failures"]), False, ["file", "line", "reason"], "failures")
    for name in () if json else document["disabled"]:
        say(f"disabled: {name}")
    if not document["passed"]:
        raise typer.Exit(1)


def preview(file: Path, home: Home = None, json: Json = False) -> None:
    """Who would move if a changed file held for the build in service; nothing is written."""
    from features import settings
    from orchestration.segments import reading

    document = reading.preview(settings.load(home), file)
    if not json:
        say(f"{document['moved_count']} customers would move; {document['unmatched_rate']:.1%} would match no rule")
    give(document, json, ["from_segment_id", "to_segment_id", "customer_count", "is_changed", "sample_ids"],
         f"{document['segment_set']} as of {document['as_of_date']}")


def import_list(
    file: Path, segment_id: Annotated[str, typer.Option("--id", help="Id of the list, e.g. golf_club_2026.")],
    owner: Annotated[str, typer.Option(help="Who answers for the list.")],
    expires: Annotated[str, typer.Option(help="The first day on which it no longer holds.")],
    home: Home = None, json: Json = False,
    name_zh: Annotated[str, typer.Option(help="Name in Chinese.")] = "",
    name_en: Annotated[str, typer.Option(help="Name in English.")] = "",
) -> None:
    """Take over a list of customers (csv, xlsx, parquet with a column customer_id) as a segment from the next night on."""
    from features import settings
    from features.state import opened
    from orchestration.segments import curated

    found, day = settings.load(home), iso_date(expires, "--expires")
    assert day is not None
    with opened(found) as state:
        give(curated.import_list(found, state, file, segment_id, owner, day, name_zh, name_en), json)


def overlap(a: Annotated[str, typer.Argument(metavar="A")], b: Annotated[str, typer.Argument(metavar="B")],
            home: Home = None, json: Json = False) -> None:
    """How the segments of two sets overlap on the date of the build in service."""
    from features import settings
    from orchestration.segments import reading

    give(reading.overlap(settings.load(home), a, b), json,
         ["segment_a", "segment_b", "customer_count", "a_rate", "b_rate", "jaccard_rate"], f"{a} and {b}")
