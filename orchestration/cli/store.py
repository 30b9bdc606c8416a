"""Commands on published builds and on the whole home: store, backup, restore, sql."""

from pathlib import Path
from typing import Annotated

import typer

from features.errors import KehuError
from orchestration.cli.answer import Home, Json, give, items, plain

VERSION_COLUMNS = ["build_id", "as_of_date", "published_at", "is_current"]


def register(app: typer.Typer) -> None:
    group = typer.Typer(no_args_is_help=True, help="Published builds: versions, rollback, verify, diff, gc.")
    group.command()(versions)
    group.command()(rollback)
    group.command()(verify)
    group.command()(diff)
    group.command()(gc)
    app.add_typer(group, name="store")
    app.command()(backup)
    app.command()(restore)
    app.command()(sql)


def versions(home: Home = None, json: Json = False) -> None:
    """Builds on disk, oldest first."""
    from features import settings
    from features.state import opened
    from orchestration.publish import pointer

    found = settings.load(home)
    with opened(found) as state:
        give(items(pointer.versions(found, state)), json, VERSION_COLUMNS, "published builds")


def rollback(build_id: str, home: Home = None, json: Json = False) -> None:
    """Put a former build back in service."""
    from features import settings
    from orchestration.publish import pointer

    former = pointer.rollback(settings.load(home), build_id)
    give({"build_id": build_id, "former_build_id": former}, json)


def verify(home: Home = None, json: Json = False) -> None:
    """Recompute every build's checksum and compare it with the recorded one."""
    from features import settings
    from orchestration.publish import compare

    rows = compare.verify(settings.load(home))
    give(items(rows), json, ["build_id", "is_intact", "checksum"], "store verify")
    if not all(row["is_intact"] for row in rows):
        raise typer.Exit(1)


def diff(
    a: str, b: str, home: Home = None, json: Json = False,
    table: Annotated[str | None, typer.Option(help="Only this table.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="Changed rows shown.")] = 100,
) -> None:
    """Rows and values that differ between two builds, or two dates' snapshots (build ids)."""
    from features import settings
    from orchestration.publish import compare

    document = compare.diff(settings.load(home), a, b, table, limit)
    give(document, json, ["table", "key", "column", "before", "after"], f"{a} against {b}")


def gc(keep: Annotated[int, typer.Option(min=1)] = 5, home: Home = None, json: Json = False) -> None:
    """Delete all but the newest builds."""
    from features import settings
    from features.state import opened
    from orchestration.publish import pointer

    found = settings.load(home)
    with opened(found) as state:
        gone = pointer.collect(found, state, keep)
    give({"deleted": gone, "count": len(gone)}, json)


def backup(file: Path, home: Home = None, json: Json = False) -> None:
    """The whole home in one file (a consistent copy; a night may not run meanwhile)."""
    from features import settings
    from orchestration import backups

    give(backups.backup(settings.load(home), file), json)


def restore(file: Path, home: Home = None, json: Json = False) -> None:
    """A backup back into an empty folder."""
    from features import settings
    from orchestration import backups

    give(backups.restore(file, settings.home_path(home)), json)


def sql(
    statement: Annotated[str, typer.Argument(metavar="SELECT")], home: Home = None,
    format: Annotated[str, typer.Option(help="table, csv or json.")] = "table",
    seconds: Annotated[float, typer.Option(help="Time limit.")] = 30.0,
    json: Json = False,
) -> None:
    """One read-only SELECT on the published store, in a hardened connection."""
    import sys

    from features import settings, store

    if format not in ("table", "csv", "json"):
        raise KehuError(f"--format {format}", "table, csv or json")
    columns, rows = store.query(settings.load(home), statement, seconds)
    if json or format == "json":
        give({"columns": columns, "rows": plain(rows)}, True)
    elif format == "csv":
        import csv

        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)
    else:
        give(items([dict(zip(columns, row, strict=True)) for row in rows]), False, columns)
