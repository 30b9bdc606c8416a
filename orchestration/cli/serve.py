"""Commands that keep running: the board and Dagster; both listen on 127.0.0.1 only, unless asked."""

import os
import subprocess
import sys
from typing import Annotated

import typer

from orchestration.cli.answer import Home


def register(app: typer.Typer) -> None:
    app.command()(board)
    app.command()(dagster)


def board(home: Home = None, port: Annotated[int, typer.Option(help="Port on 127.0.0.1.")] = 8501) -> None:
    """The managers' board."""
    from features import settings

    found = settings.load(home)
    arguments = [sys.executable, "-m", "dashboards.command", str(port)]
    raise typer.Exit(subprocess.call(arguments, env={**os.environ, "KEHU_HOME": str(found.home)}, cwd=settings.ROOT))


def dagster(home: Home = None, port: Annotated[int, typer.Option(help="Port on 127.0.0.1.")] = 3000) -> None:
    """Dagster's web server and daemon, with schedules and sensors on; KEHU_SCHEDULE_CRON replaces 02:00 Shanghai."""
    from features import settings
    from orchestration import dagster_home

    raise typer.Exit(dagster_home.serve(settings.load(home), port))
