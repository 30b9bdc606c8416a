"""A night that is killed at any moment leaves readers untouched and the next run whole."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.e2e.conftest import Played
from tests.e2e.homes import ROOT, current, night_of, nightly, start

STAGES = ("publish", "tags", "ingest", "strategies", "score", "campaign", "board")

READER = """
import json, sys, time
from pathlib import Path
import duckdb
home, stop = Path(sys.argv[1]), Path(sys.argv[2])
seen, reads = [], 0
while not stop.exists():
    build = (home / "published" / "CURRENT").read_text().strip()
    with duckdb.connect(str(home / "published" / build / "store.duckdb"), read_only=True) as store:
        named, built = store.execute("select build_id, as_of_date::varchar from meta.build").fetchall()[0]
        tags = store.execute("select distinct as_of_date::varchar from tags.customer_tags").fetchall()
        lists = store.execute("select max(as_of_date)::varchar from campaign.list_version").fetchall()[0][0]
    assert named == build and tags == [(built,)], (named, build, built, tags)
    assert lists is None or lists <= built, (lists, built)
    reads += 1
    if not seen or seen[-1] != build:
        seen.append(build)
    time.sleep(0.02)
print(json.dumps({"reads": reads, "seen": seen}))
"""


def _kill_in(home: Path, bank: Played, stage: str, share: float) -> bool:
    """Starts night 1 and kills its whole process group in a stage; `share` of three seconds after it began.

    Moments follow the night's own progress lines, not the clock, so that a slow machine kills at the same places.
    False when the night had ended before.
    """
    process = start("nightly", "--home", home, "--landing", bank.landing, "--date", night_of(1), "--json")
    assert process.stderr is not None
    for line in process.stderr:
        if line.split()[-1:] == [stage]:
            break
    time.sleep(3 * share)
    is_alive = process.poll() is None
    if is_alive:
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    return is_alive


@pytest.mark.parametrize(("kills", "seed"), [(3, 5), pytest.param(30, 6, marks=pytest.mark.slow)])
def test_killed_at_random_moments_while_a_reader_polls(bank: Played, tmp_path: Path, kills: int, seed: int) -> None:
    undisturbed = current(bank.after(1))["checksum"]
    home = bank.copy(0, tmp_path.name + "-killed")
    stop, chance = tmp_path / "stop", random.Random(seed)
    reader = subprocess.Popen([sys.executable, "-c", READER, str(home), str(stop)], cwd=ROOT, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    killed: dict[str, int] = {}
    try:
        for number in range(kills):
            stage = STAGES[number % len(STAGES)]
            killed[stage] = killed.get(stage, 0) + _kill_in(home, bank, stage, chance.random() ** 2)
        answer = nightly(home, bank.landing, night_of(1))
    finally:
        stop.touch()
        out, err = reader.communicate(timeout=60)
    assert reader.returncode == 0, err
    assert sum(killed.values()) >= kills * 0.6, killed
    assert answer["status"] == "published"
    assert current(home)["checksum"] == undisturbed
    polled = json.loads(out)
    assert polled["reads"] > kills and polled["seen"] == sorted(polled["seen"])
    assert not list((home / "published").glob(".stage-*"))
