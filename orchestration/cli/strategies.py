"""Commands of strategies: check, list, plan, approve, stop."""

from typing import Annotated, Any

import typer

from orchestration.cli.answer import Home, Json, give, items


def register(app: typer.Typer) -> None:
    group = typer.Typer(no_args_is_help=True, help="Strategy files and their life.")
    for command in (check, plan, approve, stop):
        group.command()(command)
    group.command(name="list")(list_strategies)
    app.add_typer(group, name="strategies")


def check(home: Home = None, json: Json = False) -> None:
    """Check every strategy file against the contract and the catalogue; errors name file and line."""
    from features import selection, settings, warehouse
    from features.state import opened
    from orchestration.strategy import check as checker

    found = settings.load(home)
    catalogue = None  # tags are checked as soon as a store is there
    if warehouse.current_build(found) is not None:
        with selection.snapshot(found) as snapshot:
            catalogue = snapshot.catalogue()
    with opened(found) as state:
        document = checker.check(found, catalogue, state)
    if json:
        give(document, True)
    else:
        give(items(list(document["failures"])), False, ["file", "line", "reason"], "passed" if document["passed"] else "failures")
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


def _life(action: str, home: Any, *arguments: Any) -> Any:
    from features import settings
    from features.state import opened
    from orchestration.strategy import life

    found = settings.load(home)
    with opened(found) as state:
        return getattr(life, action)(found, state, *arguments)
