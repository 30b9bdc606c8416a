"""Commands on published builds, kept history and the whole home: store, restate, backup, restore, sql."""

from pathlib import Path
from typing import Annotated

import typer

from features.errors import KehuError
from orchestration.cli.answer import Home, Json, give, iso_date, items, plain, say

VERSION_COLUMNS = ["build_id", "as_of_date", "published_at", "is_current"]
RESTATED_COLUMNS = ["as_of_date", "status", "build_id", "customer_count", "changed_count", "added_count", "removed_count"]


def register(app: typer.Typer) -> None:
    group = typer.Typer(no_args_is_help=True, help="Published builds and kept history: versions, rollback, verify, diff, compact, gc.")
    group.command()(versions)
    group.command()(rollback)
    group.command()(verify)
    group.command()(diff)
    group.command()(compact)
    group.command()(gc)
    app.add_typer(group, name="store")
    app.command()(restate)
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


def compact(home: Home = None, json: Json = False) -> None:
    """Copy kept days into volumes sorted by customer (every night does, ten days at a time): a customer's past answers in milliseconds."""
    from features import settings
    from orchestration.publish import volumes

    give(items(volumes.bind(settings.load(home), say)), json, ["volume", "dates", "bytes"], "bound")


def gc(
    home: Home = None, json: Json = False,
    keep: Annotated[int | None, typer.Option(min=1, help="Newest builds that stay (default: keep_builds of kehu.json, 5).")] = None,
    history: Annotated[bool, typer.Option("--history", help="Also dates of history past retention (history_days, history_month_ends).")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go, and what is pinned by what.")] = False,
) -> None:
    """Delete all but the newest builds, volumes that mostly repeat what is gone, and with --history dates past retention."""
    from features import settings
    from orchestration.publish import collection

    found = settings.load(home)
    give(collection.collect(found, keep or found.keep_builds, history, dry_run), json)


def restate(
    start: Annotated[str, typer.Option("--from", help="First date.")], home: Home = None, json: Json = False,
    end: Annotated[str | None, typer.Option("--to", help="Last date (default: the one before the date in service).")] = None,
    reason: Annotated[str, typer.Option(help="Why; it is kept with the report.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False,
) -> None:
    """New versions of past dates' tags with today's knowledge; old ones stay. Names what changed and why."""
    from features import settings
    from orchestration import restate as restating

    first = iso_date(start, "--from")
    assert first is not None
    document = restating.run(settings.load(home), first, iso_date(end, "--to"), reason, dry_run, say)
    if json:
        give(document, True)
        return
    give(document, False, RESTATED_COLUMNS, "would be restated" if dry_run else "restated")
    rows = [{"as_of_date": item["as_of_date"], **tag} for item in document["items"] for tag in item["tags"]]
    give(items(rows), False, ["as_of_date", "tag_id", "changed_count", "reasons"], "what changed")


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
    seconds: Annotated[float, typer.Option(min=0.1, help="Time limit.")] = 30.0,
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
