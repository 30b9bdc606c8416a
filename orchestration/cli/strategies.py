"""Commands of strategies: check, list, coverage, overlap, plan, approve, stop, import, export."""

from pathlib import Path
from typing import Annotated, Any

import typer

from orchestration.cli.answer import Home, Json, give, items


def register(app: typer.Typer) -> None:
    group = typer.Typer(no_args_is_help=True, help="Strategy files and their life.")
    for command in (check, coverage, overlap, plan, approve, stop, export):
        group.command()(command)
    group.command(name="list")(list_strategies)
    group.command(name="import")(import_strategies)
    app.add_typer(group, name="strategies")


def check(home: Home = None, json: Json = False) -> None:
    """Check every strategy file against the contract and the catalogue; errors name file and line."""
    from features import settings
    from features.state import opened
    from orchestration.strategy import check as checker

    found = settings.load(home)
    catalogue, references = _known(found)
    with opened(found) as state:
        document = checker.check(found, catalogue, state, references)
    if json:
        give(document, True)
    elif document["passed"]:
        give({"passed": True}, False)
    else:
        give(items(list(document["failures"])), False, ["file", "line", "reason"], "failures")
    if not document["passed"]:
        raise typer.Exit(1)


def list_strategies(home: Home = None, json: Json = False) -> None:
    """Strategies with status, plan and owner."""
    rows = _life("listing", home)
    give(items(rows), json, ["strategy_id", "version", "name_zh", "name_en", "goal_family", "status"], "strategies")


def plan(strategy_id: str, home: Home = None, json: Json = False) -> None:
    """Audience, list sizes and the least effect this strategy can find, before it starts."""
    give(_life("plan", home, strategy_id), json)


def approve(strategy_id: str, reviewer: Annotated[str, typer.Option(help="A second person, not the owner.")],
            home: Home = None, json: Json = False,
            reason: Annotated[str, typer.Option(help="Why.")] = "approved") -> None:
    """Freeze the file by hash and start it from the next night on."""
    give(_life("approve", home, strategy_id, reviewer, reason), json)


def stop(strategy_id: str, reason: Annotated[str, typer.Option(help="Why.")], home: Home = None, json: Json = False) -> None:
    """Make no new lists; outcomes of the old ones are still measured."""
    give(_life("stop", home, strategy_id, reason), json)


def coverage(home: Home = None, json: Json = False) -> None:
    """Life-cycle stages by goal: which strategies work on them, and where none does."""
    rows = _graph("coverage", home)
    shown = rows if json else [{**row, "strategies": ", ".join(row["strategies"]) or "–"} for row in rows]
    give(items(shown), json, ["stage", "goal_family", "strategies", "customer_count", "is_gap"], "coverage")


def overlap(home: Home = None, json: Json = False) -> None:
    """Customers whom two strategies may contact, and whom each lost to others on its newest list."""
    rows = _graph("overlap", home)
    give(items(rows), json, ["strategy_id", "other_id", "eligible_count", "displaced_count", "reserved_count"], "overlap")


def export(file: Annotated[Path, typer.Argument(help="A .csv, .parquet or .xlsx file.")], home: Home = None,
           json: Json = False) -> None:
    """All strategies as one table, the seven decisions first."""
    from features import settings
    from features.state import opened
    from orchestration.strategy import spreadsheet

    found = settings.load(home)
    with opened(found) as state:
        give(spreadsheet.export(found, state, file), json)


def import_strategies(file: Annotated[Path, typer.Argument(help="A .csv, .parquet or .xlsx file, one strategy a row.")],
                      home: Home = None, json: Json = False) -> None:
    """Make a strategy file of every good row; duplicates, gaps and bad rows are named."""
    from features import settings
    from features.state import opened
    from orchestration.strategy import spreadsheet

    found = settings.load(home)
    catalogue, references = _known(found)
    with opened(found) as state:
        give(spreadsheet.load(found, state, file, catalogue, references), json)


def _known(found: Any) -> tuple[dict[str, str] | None, Any]:
    """Tags with their types, audiences and segments of the build in service; None and nothing before there is one."""
    from features import selection, warehouse
    from features.audience.references import NOTHING

    if warehouse.current_build(found) is None:
        return None, NOTHING
    with selection.snapshot(found) as snapshot:
        return snapshot.catalogue(), snapshot.references


def _graph(action: str, home: Any) -> Any:
    from features import settings
    from features.state import opened
    from orchestration.strategy import graph

    found = settings.load(home)
    with opened(found) as state:
        return getattr(graph, action)(found, state)


def _life(action: str, home: Any, *arguments: Any) -> Any:
    from features import settings
    from features.state import opened
    from orchestration.strategy import life

    found = settings.load(home)
    with opened(found) as state:
        return getattr(life, action)(found, state, *arguments)
