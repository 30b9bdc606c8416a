"""People's decisions: who plugged which code, which version is champion, and what a changed file does."""

import pytest

from features.errors import KehuError
from models import aliases, registry


def add_versions(state, *versions, model_id="sample"):
    state.insert_many("model_version", [
        {"model_id": model_id, "version": version, "kind": "propensity", "trained_on": "2026-01-31", "code_hash": "c",
         "artefact_hash": "a", "metrics": {"auc": 0.7}, "recorded_at": "2026-02-01T00:00:00"} for version in versions])


def held(state, model_id="sample"):
    return {row["alias"]: row["version"] for row in state.rows(
        "select alias, version from model_alias where model_id = ?", [model_id])}


def test_plugging_a_folder_from_elsewhere_copies_it_into_the_home(home, state, plugin_folder):
    source = plugin_folder()
    aliases.plug(home, state, source, "li", "tested on last year")
    plugin = registry.find(home, "sample")
    assert plugin.folder == home.home / "plugins" / "sample" and registry.status(state, plugin) == "plugged"
    (source / "model.py").write_text("changed outside")
    assert registry.status(state, registry.find(home, "sample")) == "plugged"
    event = state.one("select * from model_event")
    assert (event["who"], event["reason"], event["version"]) == ("li", "tested on last year", plugin.code_hash)


def test_changed_code_does_not_run_until_it_is_plugged_again(home, state, plugin_folder):
    aliases.plug(home, state, plugin_folder(), "li", "ok")
    folder = home.home / "plugins" / "sample"
    (folder / "model.py").write_text((folder / "model.py").read_text() + "\n# sneaked in\n")
    assert registry.status(state, registry.find(home, "sample")) == "changed"
    assert registry.plugged(home, state) == []
    aliases.plug(home, state, folder, "wang", "read the change")
    assert registry.status(state, registry.find(home, "sample")) == "plugged"


def test_a_new_copy_leaves_no_old_file_behind(home, state, plugin_folder):
    source = plugin_folder()
    (source / "old.py").write_text("x = 1")
    aliases.plug(home, state, source, "li", "ok")
    (source / "old.py").unlink()
    aliases.plug(home, state, source, "li", "again")
    assert not (home.home / "plugins" / "sample" / "old.py").exists()


def test_code_that_fails_the_kit_is_not_plugged_and_leaves_nothing(home, state, plugin_folder):
    source = plugin_folder()
    (source / "README.md").unlink()
    with pytest.raises(KehuError, match="readme: README.md is missing"):
        aliases.plug(home, state, source, "li", "in a hurry")
    assert not (home.home / "plugins" / "sample").exists() and state.one("select 1 from model_event") is None


def test_a_name_that_kehu_ships_is_refused(home, state, plugin_folder):
    with pytest.raises(KehuError, match="already lives in"):
        aliases.plug(home, state, plugin_folder("segment_value_kmeans"), "li", "mine")


@pytest.mark.parametrize(("reviewer", "reason"), [("", "why"), ("li", " ")])
def test_a_decision_needs_a_person_and_a_reason(home, state, plugin_folder, reviewer, reason):
    with pytest.raises(KehuError, match="is empty"):
        aliases.plug(home, state, plugin_folder(), reviewer, reason)


def test_a_broken_folder_cannot_be_plugged(home, state, plugin_folder):
    with pytest.raises(KehuError, match="is no plug-in"):
        aliases.plug(home, state, plugin_folder(target=None), "li", "ok")


def test_shipped_models_are_plugged_once_and_a_persons_no_holds(home, state):
    assert len(aliases.plug_shipped(home, state)) == 2
    assert aliases.plug_shipped(home, state) == []
    aliases.unplug(home, state, "segment_value_kmeans", "not wanted")
    assert aliases.plug_shipped(home, state) == []
    assert [plugin.model_id for plugin in registry.plugged(home, state)] == ["propensity_wealth_first_buy"]


def test_unplugging_what_was_never_plugged_is_refused(home, state):
    with pytest.raises(KehuError, match="is not plugged"):
        aliases.unplug(home, state, "segment_value_kmeans", "x")
    with pytest.raises(KehuError, match="no model ghost"):
        aliases.unplug(home, state, "ghost", "x")


def test_a_new_champion_retires_the_old_one(state):
    add_versions(state, "v1", "v2")
    aliases.assign(state, "sample", "v1", "champion", "first")
    aliases.assign(state, "sample", "v2", "challenger", "newer")
    aliases.assign(state, "sample", "v2", "champion", "better", who="li")
    assert held(state) == {"champion": "v2", "retired": "v1"}
    assert aliases.current(state, "sample") == "v2"
    events = [(row["version"], row["alias"]) for row in state.rows("select * from model_event order by id")]
    assert events == [("v1", "champion"), ("v2", "challenger"), ("v1", "retired"), ("v2", "champion")]


def test_rolling_back_makes_the_retired_version_champion_again(state):
    add_versions(state, "v1", "v2")
    for version in ("v1", "v2", "v1"):
        aliases.assign(state, "sample", version, "champion", "try")
    assert held(state) == {"champion": "v1", "retired": "v2"}


def test_unknown_versions_and_aliases_are_refused(state):
    add_versions(state, "v1")
    with pytest.raises(KehuError, match="no version v9"):
        aliases.assign(state, "sample", "v9", "champion", "x")
    with pytest.raises(KehuError, match="no alias king"):
        aliases.assign(state, "sample", "v1", "king", "x")
    assert held(state) == {}
