"""`kill -9` between two state writes loses none that was acknowledged and leaves no half of a pair."""

import random
import subprocess
import sys
from pathlib import Path

import pytest

from features import settings
from features.state import opened
from orchestration import homes
from tests.e2e.homes import ROOT

WRITER = """
import sys
from pathlib import Path
from features import settings
from features.state import opened
with opened(settings.load(Path(sys.argv[1]))) as state:
    for number in range(int(sys.argv[2]), 10_000_000):
        event = {"model_id": f"m{number}", "version": "1", "action": "noted", "alias": None, "who": "w", "reason": "r",
                 "recorded_at": "2026-03-04"}
        with state.transaction():
            state.insert("model_event", event)
            state.insert("model_alias", {"model_id": f"m{number}", "alias": "shadow", "version": "1",
                                         "recorded_at": "2026-03-04"})
        print(number, flush=True)
"""


def _killed(home: Path, first: int, after: int) -> int:
    """The last write that the writer said was done, when it was killed `after` writes or a little later."""
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(home), str(first)], cwd=ROOT, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True)
    assert writer.stdout is not None
    for _ in range(after):
        assert writer.stdout.readline(), writer.communicate()[1]
    writer.kill()
    return int((writer.communicate()[0].splitlines() or [str(first + after - 1)])[-1])


@pytest.mark.parametrize(("kills", "seed"), [(4, 7), pytest.param(30, 8, marks=pytest.mark.slow)])
def test_no_acknowledged_write_is_lost(tmp_path: Path, kills: int, seed: int) -> None:
    home, chance, acknowledged, first = homes.make(tmp_path / "home").home, random.Random(seed), set(), 0
    for _ in range(kills):
        last = _killed(home, first, chance.randint(1, 60))
        acknowledged |= {f"m{number}" for number in range(first, last + 1)}
        first = last + 2  # the write after the last word may be there or not
        with opened(settings.load(home)) as state:
            kept = {r["model_id"] for r in state.rows("select model_id from model_event where action = 'noted'")}
            pairs = {r["model_id"] for r in state.rows("select model_id from model_alias where alias = 'shadow'")}
        assert acknowledged <= kept and kept == pairs
    assert len(acknowledged) >= kills
