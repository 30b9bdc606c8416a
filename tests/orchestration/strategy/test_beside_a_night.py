"""The command while a night runs: only what writes the build database waits; plans, replays and exports do not."""

import json
import shutil
import subprocess
import sys

import pytest

from features.settings import ROOT
from features.warehouse import writer_lock

NAME = "first-v1-20260302"


RUN = """
import json, sys
from orchestration.cli.app import app
for arguments in json.loads(sys.argv[1]):
    assert not app(arguments, standalone_mode=False), arguments
"""


def kehu(bank, *commands):
    """Answers of commands, run in a process of its own: DuckDB lets no second process open the build database."""
    asked = [[*command, "--home", str(bank.settings.home), "--json"] for command in commands]
    done = subprocess.run([sys.executable, "-c", RUN, json.dumps(asked)], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return {command[:2]: json.loads(line) for command, line in zip(commands, done.stdout.splitlines(), strict=True)}


@pytest.fixture
def night(bank, crowd):
    """A published home whose build database this process holds open, as a night does, under the writer lock."""
    shutil.copytree(ROOT / "dbt_project/strategies/mature", bank.settings.strategies / "mature")
    path = bank.settings.strategies / "mature" / "maturing_deposit_wealth.yml"
    path.write_text(path.read_text(encoding="utf-8").replace("tenure_months < 12", "is_honeymoon"), encoding="utf-8")
    bank.customers(crowd(300))
    bank.run_strategy()
    bank.decide()
    bank.publish()
    with writer_lock(bank.settings):
        yield bank


def test_commands_on_state_and_published_builds_never_wait(night, tmp_path):
    answers = kehu(
        night, ("strategies", "plan", "maturing_deposit_wealth"), ("strategies", "check"), ("strategies", "list"),
        ("lists", "list"), ("lists", "show", NAME), ("lists", "export", NAME, "--out", str(tmp_path / "l.csv")),
        ("lists", "replay", NAME), ("strategies", "approve", "maturing_deposit_wealth", "--reviewer", "B"),
        ("strategies", "stop", "maturing_deposit_wealth", "--reason", "over"),
    )  # fmt: skip
    assert answers["lists", "replay"]["is_identical"] and answers["lists", "replay"]["is_same_bytes"]
    assert answers["strategies", "plan"]["planned_n"] > 0
    assert answers["strategies", "approve"]["plan"]["planned_n"] == answers["strategies", "plan"]["planned_n"]
    assert answers["lists", "export"]["rows"] > 0
