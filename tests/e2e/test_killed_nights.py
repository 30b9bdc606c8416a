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


def _kill_at(home: Path, bank: Played, seconds: float) -> bool:
    """Starts night 1 and kills its whole process group after `seconds`; False when it had ended before."""
    process = start("nightly", "--home", home, "--landing", bank.landing, "--date", night_of(1), "--json")
    try:
        process.communicate(timeout=seconds)
        return False
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return True


@pytest.mark.parametrize(("kills", "seed"), [(3, 5), pytest.param(30, 6, marks=pytest.mark.slow)])
def test_killed_at_random_moments_while_a_reader_polls(bank: Played, tmp_path: Path, kills: int, seed: int) -> None:
    undisturbed = current(bank.after(1))["checksum"]
    home = bank.copy(0, tmp_path.name + "-killed")
    stop, chance = tmp_path / "stop", random.Random(seed)
    reader = subprocess.Popen([sys.executable, "-c", READER, str(home), str(stop)], cwd=ROOT, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    killed = 0
    try:
        started = time.monotonic()
        nightly(bank.copy(0, tmp_path.name + "-clock"), bank.landing, night_of(1))
        whole = time.monotonic() - started
        for _ in range(kills):
            killed += _kill_at(home, bank, chance.uniform(0.1, 1.0) * whole)
        answer = nightly(home, bank.landing, night_of(1))
    finally:
        stop.touch()
        out, err = reader.communicate(timeout=60)
    assert reader.returncode == 0, err
    assert killed >= kills * 0.6
    assert answer["status"] == "published"
    assert current(home)["checksum"] == undisturbed
    polled = json.loads(out)
    assert polled["reads"] > kills and polled["seen"] == sorted(polled["seen"])
    assert not list((home / "published").glob(".stage-*"))
