"""The nightly job of Dagster publishes the same store as the command."""

import os
from pathlib import Path

import pytest

from features.state import opened
from orchestration import homes
from orchestration.publish import pointer

DATA = Path(os.environ.get("KEHU_DATA", "../shared/data")) / "berka"


@pytest.mark.skipif(not DATA.is_dir(), reason=f"the real files are not at {DATA}")
def test_the_nightly_job_publishes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = homes.make(tmp_path / "home", "berka")
    for file in DATA.glob("*.gz"):
        (home.landing / file.name).write_bytes(file.read_bytes())
    monkeypatch.setenv("KEHU_HOME", str(home.home))
    monkeypatch.setenv("DAGSTER_HOME", str(home.dagster))
    from orchestration.definitions import defs

    done = defs.resolve_job_def("nightly").execute_in_process(partition_key="1993-06-30")
    assert done.success
    with opened(home) as state:
        assert [v["build_id"] for v in pointer.versions(home, state)] == ["b19930630-01"]
    checks = [e.asset_check_evaluation_data for e in done.all_events if e.event_type_value == "ASSET_CHECK_EVALUATION"]
    assert len(checks) > 100 and all(c.passed for c in checks if c.asset_key.path[0] != "quality")
