"""Commands that make a home and a bank: init, demo, generate, doctor."""

from pathlib import Path
from typing import Annotated

import typer

from orchestration.cli.answer import Home, Json, give, iso_date, items, say


def register(app: typer.Typer) -> None:
    app.command()(init)
    app.command()(demo)
    app.command()(generate)
    app.command()(doctor)


def init(home: Home = None, json: Json = False,
         source: Annotated[str, typer.Option(help="The home's source: core, berka or one of yours.")] = "core") -> None:
    """Make a home; every other command but demo refuses a folder that is none."""
    from orchestration import homes

    give({"home": homes.make(home, source).home}, json)


def demo(
    home: Home = None, json: Json = False,
    customers: Annotated[int, typer.Option(min=200, help="Customers of the simulated bank.")] = 30_000,
    seed: Annotated[int, typer.Option(help="Seed of the bank.")] = 7,
    weeks: Annotated[int, typer.Option(min=1, max=52, help="Weekly decision nights.")] = 13,
) -> None:
    """Play a whole bank: generate it, run its nights, publish; run again it reuses what is there."""
    from orchestration import demo as play

    document = play.run(home, customers, seed, weeks, say)
    give(document, json)
    if not json:
        say("\nNext:\n  kehu board\n  kehu measure maturing_deposit_wealth\n"
            "  kehu audience count \"lifecycle_stage = 'honeymoon' and aum_month_avg_cny >= 50000\"")


def generate(
    out: Annotated[Path, typer.Option(help="Folder for the extracts and truth/.")],
    customers: Annotated[int, typer.Option(min=1)] = 20_000,
    start: Annotated[str, typer.Option(help="First night (ISO date).")] = "2026-01-01",
    days: Annotated[int, typer.Option(min=0, help="Nights to write.")] = 7,
    seed: Annotated[int, typer.Option()] = 7,
    history_months: Annotated[int, typer.Option(min=0, max=36)] = 12,
    encoding: Annotated[str, typer.Option(help="utf-8 or gb18030 (CSV).")] = "utf-8",
    format: Annotated[str, typer.Option(help="csv or parquet.")] = "csv",
    dirt: Annotated[bool, typer.Option("--dirt/--no-dirt", help="Planted duplicates, late and broken rows.")] = True,
    interactions: Annotated[bool, typer.Option("--interactions/--no-interactions")] = True,
    effects: Annotated[str, typer.Option(help="realistic, or demo: invented, far larger effects of contacts.")] = "realistic",
    json: Json = False,
) -> None:
    """Write a simulated bank's extracts with control files, and its truth kept apart."""
    from features.errors import KehuError
    from orchestration import simulator

    if encoding not in ("utf-8", "gb18030") or format not in ("csv", "parquet"):
        raise KehuError(f"--encoding {encoding} --format {format}", "encoding: utf-8 or gb18030; format: csv or parquet")
    first = iso_date(start, "--start")
    assert first is not None
    give(simulator.generate(out, customers, first, days, seed, history_months=history_months, encoding=encoding,
                            format=format, dirt=dirt, interactions=interactions, effects=effects), json)


def doctor(home: Home = None, json: Json = False) -> None:
    """Versions, paths, locks, free disk, stale store: each with its fix."""
    from orchestration import diagnosis

    found = diagnosis.run(home)
    give(items(found), json, ["check", "ok", "detail", "fix"], "doctor")
    if any(not row["ok"] for row in found):
        raise typer.Exit(1)
