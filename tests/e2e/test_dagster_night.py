"""The nightly job of Dagster publishes the same store as the command, and its graph says what everything is."""

import os
import re
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
    made = [e.step_materialization_data.materialization for e in done.all_events if e.is_step_materialization]
    bare = [m.asset_key.to_user_string() for m in made if not {"dagster/row_count", "checksum"} <= m.metadata.keys()]
    assert len(made) > 100 and not bare, bare


def test_every_asset_says_what_it_is_and_whose() -> None:
    from orchestration.definitions import defs

    graph = defs.resolve_asset_graph()
    nodes = [graph.get(key) for key in graph.get_all_asset_keys()]
    silent = [n.key.to_user_string() for n in nodes
              if not n.owners or not n.description or not re.fullmatch(r"g\d+_[a-z]+", n.group_name or "")]
    assert len(nodes) > 100 and not silent, silent


def test_the_graph_flows_from_ingest_to_publish() -> None:
    """No asset stands on one of a later stage."""
    from orchestration.definitions import defs

    graph = defs.resolve_asset_graph()
    stage = {key: int(re.findall(r"\d+", graph.get(key).group_name or "")[0]) for key in graph.get_all_asset_keys()}
    backwards = {(key.to_user_string(), parent.to_user_string()) for key in stage for parent in graph.get(key).parent_keys
                 if stage[parent] > stage[key]}
    assert not backwards
