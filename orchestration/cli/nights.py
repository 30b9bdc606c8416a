"""Commands that run nights: nightly and backfill."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from features.errors import KehuError
from orchestration.cli.answer import Home, Json, give, iso_date, items, say


def register(app: typer.Typer) -> None:
    app.command()(nightly)
    app.command()(backfill)


def nightly(
    home: Home = None, json: Json = False,
    date: Annotated[str | None, typer.Option("--date", help="Business date (default: yesterday in Shanghai).")] = None,
    source: Annotated[str | None, typer.Option(help="core, berka, … (default: the home's).")] = None,
    landing: Annotated[Path | None, typer.Option(help="Folder of the extracts (default: the home's landing).")] = None,
) -> None:
    """Ingest, build, score, decide, audit and publish one business date."""
    from features import clock, settings
    from orchestration import night

    found = settings.load(home)
    _check_landing(landing)
    document = night.run(found, iso_date(date) or clock.last_business_date(), source, landing, report=say)
    give(document, json)
    _exit(document)


def backfill(
    start: Annotated[str, typer.Option("--from", help="First business date.")],
    end: Annotated[str, typer.Option("--to", help="Last business date.")],
    home: Home = None, json: Json = False,
    source: Annotated[str | None, typer.Option()] = None,
    landing: Annotated[Path | None, typer.Option()] = None,
    chunk_days: Annotated[int, typer.Option(min=1, help="Nights built and published together.")] = 31,
) -> None:
    """A range of dates in chunks, every date decided on; resumes after the last published date."""
    from features import settings
    from orchestration import night
    from orchestration.dbt_build import Dbt

    found = settings.load(home)
    _check_landing(landing)
    first, last = iso_date(start, "--from"), iso_date(end, "--to")
    assert first is not None and last is not None
    if last < first:
        raise KehuError(f"--to {last} is before --from {first}", "give the earlier date to --from")
    dbt, documents = Dbt(found), []
    for day, chunk_end in night.chunks(found, first, last, chunk_days):
        dates = tuple(day + timedelta(days=n) for n in range((chunk_end - day).days + 1))
        document = night.run(found, chunk_end, source, landing, from_date=day, decision_dates=dates, report=say, dbt=dbt)
        documents.append(document)
        if document["status"] != "published":
            break
    give(items(documents), json, ["as_of_date", "status", "build_id"], "backfill")
    for document in documents:
        _exit(document)


def _check_landing(landing: Path | None) -> None:
    if landing is not None and not landing.is_dir():
        raise KehuError(f"--landing {landing} is not a folder", "name the folder that holds the extract files")


def _exit(document: dict[str, Any]) -> None:
    """A blocked night names its failed checks and exits 1; the former build stays in service."""
    if document["status"] != "published":
        say(f"kehu: night {document['as_of_date']} blocked, the former build stays in service: "
            + "; ".join(document["failed_checks"]))
        raise typer.Exit(1)
