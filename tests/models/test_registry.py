"""Discovery by manifest: what is found, what is skipped, what is said of broken folders; no plug-in code runs."""

import subprocess
import sys

import pytest

from features.errors import KehuError
from features.settings import ROOT
from models import aliases, registry


def test_shipped_models_are_valid_and_independent_of_the_template():
    assert [plugin.model_id for plugin in registry.discover(registry.SHIPPED)] == [
        "propensity_wealth_first_buy", "segment_value_kmeans"]


def test_hidden_and_private_folders_are_skipped(tmp_path, plugin_folder):
    for name in (".hidden", "_draft"):
        (tmp_path / name).mkdir()
    plugin_folder("good", root=tmp_path)
    assert [plugin.model_id for plugin in registry.discover(tmp_path)] == ["good"]


def test_one_error_lists_every_fault(tmp_path, plugin_folder):
    plugin_folder("no_target", root=tmp_path, target=None)
    plugin_folder("odd", root=tmp_path, surprise=1, seed="x")
    (tmp_path / "empty").mkdir()
    (plugin_folder("no_code", root=tmp_path) / "model.py").unlink()
    with pytest.raises(KehuError) as failure:
        registry.discover(tmp_path)
    line = failure.value.line()
    assert line.startswith("5 plug-in faults") and "\n" not in line
    for part in ("no_target: ", "odd: surprise", "odd: seed", "empty: manifest.yml", "no_code: model.py is missing"):
        assert part in line


def test_a_folder_must_bear_the_models_name(tmp_path, plugin_folder):
    plugin_folder("first", root=tmp_path).rename(tmp_path / "second")
    plugins, faults = registry.scan([tmp_path])
    assert plugins == [] and "differs from the folder's name" in faults[0].reason


def test_one_model_in_two_places_is_a_fault(tmp_path, plugin_folder):
    roots = [tmp_path / "a", tmp_path / "b"]
    for root in roots:
        plugin_folder("twin", root=root)
    plugins, faults = registry.scan(roots)
    assert len(plugins) == 1 and len(faults) == 1 and "is also in" in faults[0].reason


def test_the_code_hash_follows_code_and_manifest_but_not_words(plugin_folder):
    folder = plugin_folder()
    first = registry.code_hash(folder)
    (folder / "README.md").write_text("other words")
    (folder / "test_sample.py").write_text("# other test")
    assert registry.code_hash(folder) == first
    (folder / "more.py").write_text("x = 1")
    second = registry.code_hash(folder)
    (folder / "manifest.yml").write_text((folder / "manifest.yml").read_text() + "\n# word")
    assert len({first, second, registry.code_hash(folder)}) == 3


def test_finding_an_unknown_model_names_the_known_ones(home):
    with pytest.raises(KehuError, match="no model nonsense .*segment_value_kmeans"):
        registry.find(home, "nonsense")


def test_the_listing_shows_pending_plugged_and_faulty(home, state, plugin_folder):
    aliases.plug_shipped(home, state)
    plugin_folder("newcomer", root=home.home / "plugins")
    plugin_folder("broken", root=home.home / "plugins", kind="magic")
    rows = {row["model_id"]: row for row in registry.listing(home, state)}
    assert {name: row["status"] for name, row in rows.items()} == {
        "propensity_wealth_first_buy": "plugged", "segment_value_kmeans": "plugged", "newcomer": "pending",
        "broken": "faulty"}
    assert "kind" in rows["broken"]["reason"]


def test_importing_the_registry_is_light():
    code = ("import sys, models.registry; "
            "print(*[m for m in ('sklearn', 'numpy', 'pydantic', 'pyarrow', 'scipy', 'pandas') if m in sys.modules])")
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [], "heavy imports"
