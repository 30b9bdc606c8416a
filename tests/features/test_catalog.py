"""The catalogue is complete, found in both languages, equal from yml and manifest, and its generated files are fresh."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from features import catalog, tag_search, tag_uses
from features.catalog import TagDefinition
from features.errors import KehuError
from features.settings import ROOT

TAGS = catalog.definitions()
SOURCES = ROOT / "orchestration" / "ingest" / "sources" / "core"
BY_ID = {tag.id: tag for tag in TAGS}


def _promised() -> set[str]:
    """The tag ids that docs/architecture.md section 6 promises to other rooms."""
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    line = next(line for line in text.splitlines() if line.startswith("- Tag ids used by other rooms:"))
    names, channels = re.sub(r"\([^)]*\)", "", line), re.search(r"has_consent_<channel> \(([^)]*)\)", line)
    assert channels is not None
    plain = set(re.findall(r"\b[a-z]\w+", names.split(":", 1)[1].split(". `")[0])) - {"channel"}
    return {name for name in plain if not name.endswith("consent_")} | {f"has_consent_{c.strip()}" for c in channels[1].split(",")}


def test_every_promised_tag_is_declared() -> None:
    assert len(_promised()) >= 80
    assert _promised() - set(BY_ID) == set()


@pytest.mark.parametrize("tag", TAGS, ids=lambda tag: tag.id)
def test_a_tag_says_all_it_must(tag: TagDefinition) -> None:
    assert re.fullmatch(r"TAG-[A-Z]\d{2}", tag.code)
    assert tag.kind in ("fact", "rule", "model", "manual") and tag.value_type in ("text", "number", "boolean", "date")
    assert tag.use in ("evaluation", "scene", "feedback") and tag.stage in ("cognition", "motive", "prediction", "lifecycle")
    assert tag.sensitivity in ("public", "internal", "confidential", "restricted") and tag.status in ("draft", "published", "deprecated", "awaiting_model")
    assert tag.valid_days > 0 and tag.version > 0 and tag.inputs and tag.window and tag.null_rule and tag.owner
    for chinese in (tag.name_zh, tag.definition_zh):
        assert re.search(r"[\u4e00-\u9fff]", chinese)
    for english in (tag.name_en, tag.definition_en):
        assert not re.search(r"[\u4e00-\u9fff]", english)


def test_inputs_are_tags_or_columns_that_exist() -> None:
    known = set(BY_ID)
    for folder in ("customer", "tags", "features"):
        for file in (ROOT / "dbt_project" / "models" / folder).rglob("*.yml"):
            for model in (yaml.safe_load(file.read_text(encoding="utf-8")) or {}).get("models", []):
                known |= {model["name"], *(f"{model['name']}.{c['name']}" for c in model.get("columns", []))}
    sql = {f.stem: f.read_text(encoding="utf-8") for f in catalog.TAG_MODELS.rglob("tag_input__*.sql")}
    known |= {f"{name}.{word}" for name, text in sql.items() for word in re.findall(r"\w+", text)}
    features = set(re.findall(r"name: (\w+)", "".join(
        f.read_text() for f in (ROOT / "dbt_project" / "models" / "features").glob("*.yml"))))
    unknown = {(tag.id, name) for tag in TAGS for name in tag.inputs
               if name not in known and not (tag.kind == "model" and name in features)}
    assert unknown == set()


def test_restricted_tags_are_no_features() -> None:
    restricted = [tag.id for tag in TAGS if tag.sensitivity == "restricted" or tag.kind == "model"]
    assert {"is_minor", "is_aml_frozen", "is_staff", "is_parent"} <= set(restricted)
    used = tag_uses.uses(restricted, [])
    assert [user for users in used.values() for user in users if user.startswith("feature_view:")] == []


def test_all_codes_of_the_catalogue_have_a_row() -> None:
    sizes = {"D": 15, "A": 20, "T": 17, "P": 13, "C": 14, "L": 11, "K": 14, "V": 6, "R": 10, "M": 5, "X": 6, "S": 9, "Y": 4}
    assert {tag.code for tag in TAGS} == {f"TAG-{letter}{n:02d}" for letter, size in sizes.items() for n in range(1, size + 1)}
    assert sum(sizes.values()) == 144
    waiting = {tag.code for tag in TAGS if tag.status == "awaiting_model"}
    assert waiting == {tag["code"] for tag in catalog.awaiting()} - {tag.code for tag in TAGS if tag.status != "awaiting_model"}
    assert {tag.kind for tag in TAGS if tag.code in waiting} == {"model", "rule"}  # K14 and V05 are rules on models


def test_a_plugged_model_takes_the_place_of_the_row_that_waits(tmp_path: Path) -> None:
    (tmp_path / "churn").mkdir()
    shipped = next(tag for tag in TAGS if tag.kind == "model" and tag.status == "published")
    manifest = yaml.safe_load((catalog.PLUGINS / shipped.declared_in / "manifest.yml").read_text(encoding="utf-8"))
    manifest["output_tag"] |= {"code": "TAG-S01", "id": "leaves_probability"}
    (tmp_path / "churn" / "manifest.yml").write_text(yaml.safe_dump(manifest), encoding="utf-8")
    found = [tag for tag in catalog.definitions(plugins=(catalog.PLUGINS, tmp_path / "churn")) if tag.code == "TAG-S01"]
    assert [(tag.id, tag.status) for tag in found] == [("leaves_probability", "published")]
    assert [(tag.id, tag.status) for tag in TAGS if tag.code == "TAG-S01"] == [("churn_probability", "awaiting_model")]


def test_nothing_but_predictions_rests_on_predictions() -> None:
    wrong = {(tag.id, name) for tag in TAGS for name in tag.inputs
             if name in BY_ID and BY_ID[name].stage == "prediction" and tag.stage != "prediction"}
    assert wrong == set()


def test_every_tag_is_followed_back_to_the_extracts() -> None:
    rows = {row["id"]: row for row in catalog.catalogue_rows()}
    assert rows["age"]["source_columns"] == ["berka.berka_client.day_text", "berka.berka_client.month_number",
                                             "berka.berka_client.year_text", "core.core_customer.birth_date"]
    assert rows["village_coverage_rate"]["source_columns"] == [
        "core.core_customer.village_id", "core.core_village.granted_count", "core.core_village.listed_count"]
    assert {"core.core_app_event.event_name", "core.core_app_event.ts"} <= set(rows["is_purchase_break"]["source_columns"])
    assert {row["id"] for row in rows.values() if not row["source_columns"] and row["kind"] != "model"} == set()
    known = {f"core.core_{file.stem}.{name}" for file in SOURCES.glob("*.yml") if not file.stem.startswith("_")
             for name in yaml.safe_load(file.read_text(encoding="utf-8"))["columns"]}
    found = {column for row in rows.values() for column in row["source_columns"]
             if column.startswith("core.") and not column.endswith(".*")}
    assert found - known == set()


def test_a_tag_is_found_in_both_languages_and_by_code() -> None:
    assert "aum_month_avg_cny" in [t.id for t in catalog.find("月日均", TAGS)]
    assert [t.id for t in catalog.find("tag-a13", TAGS)] == ["net_inflow_30d_cny"]
    assert "is_payroll" in [t.id for t in catalog.find("Payroll client", TAGS)]
    assert catalog.find("no such thing", TAGS) == []
    assert "maturing_30d_cny" in [t.id for t in catalog.find("到期 金额", TAGS)], "words need not stand side by side"
    assert "maturing_30d_cny" in tag_search.partly("maturing zebra", [vars(tag) for tag in TAGS])
    assert "maturing_30d_cny" in tag_search.partly("maturing deposit", [vars(tag) for tag in TAGS]), "the rare word counts"
    assert tag_search.partly("zebra", [vars(tag) for tag in TAGS]) == []


def test_the_nearest_names_of_a_typing_error() -> None:
    assert catalog.nearest("lifecyle_stage", TAGS)[0] == "lifecycle_stage"
    assert catalog.nearest("zzzzzz", TAGS) == []


def test_rows_say_who_uses_a_tag() -> None:
    rows = {row["id"]: row for row in catalog.catalogue_rows()}
    assert len(rows) == len(TAGS)
    assert "feature_view:feat_customer__profile" in rows["age"]["used_by"]
    assert {"tag:is_near_next_tier", "report:product_depth"} <= set(rows["aum_tier"]["used_by"])
    assert rows["is_do_not_contact"]["used_by"] == rows["has_consent_sms"]["used_by"] == ["policy:eligibility", "policy:recheck"]
    assert rows["aum_tier"]["allowed_values"][0] == "t1_below_10k"
    assert len({tuple(row) for row in rows.values()}) == 1


def test_a_home_sees_the_columns_of_its_own_source() -> None:
    core = {row["id"]: row["source_columns"] for row in catalog.catalogue_rows(source="core")}
    assert core["age"] == ["core.core_customer.birth_date"]
    berka = {row["id"]: row["source_columns"] for row in catalog.catalogue_rows(source="berka")}
    assert "berka.berka_client.year_text" in berka["age"]
    assert berka["village_coverage_rate"] and all(name.startswith("core.") for name in berka["village_coverage_rate"])


def test_a_banks_own_segments_and_strategies_are_users(tmp_path: Path) -> None:
    for name in ("segments", "strategies"):
        (tmp_path / name).mkdir()
    wealth = (catalog.SEGMENTS / "wealth.yml").read_text(encoding="utf-8")
    (tmp_path / "segments" / "wealth.yml").write_text(wealth.replace("id: silver_wealth", "id: grey_wealth"), encoding="utf-8")
    (tmp_path / "strategies" / "own.yml").write_text("audience: is_cd_holder\n", encoding="utf-8")
    rows = {row["id"]: row for row in catalog.catalogue_rows(strategies=tmp_path / "strategies", segments=tmp_path / "segments")}
    assert rows["is_cd_holder"]["used_by"] == ["strategy:own"]
    assert "segment:silver_age" not in rows["is_silver"]["used_by"]
    assert "grey_wealth" in rows["wealth_micro_segment"]["allowed_values"]


def test_an_output_tag_of_a_plug_in_joins(tmp_path: Path) -> None:
    shipped = next(tag for tag in TAGS if tag.kind == "model" and tag.status == "published")
    shutil.copytree(catalog.PLUGINS / shipped.declared_in, tmp_path / "mine")
    manifest = tmp_path / "mine" / "manifest.yml"
    manifest.write_text(manifest.read_text(encoding="utf-8").replace(f"id: {shipped.id}", "id: my_score"), encoding="utf-8")
    assert "my_score" in [tag.id for tag in catalog.definitions(plugins=(catalog.PLUGINS, tmp_path))]
    manifest.rename(manifest.with_name("gone.yml"))
    assert "my_score" not in [tag.id for tag in catalog.definitions(plugins=(catalog.PLUGINS, tmp_path))]


def test_two_declarations_of_one_id_are_refused(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    tag = {**{name: getattr(BY_ID["age"], name) for name in ("code", "name_zh", "name_en", "domain", "use", "stage", "value_type")},
           "id": "age", "kind": "model", "null_rule": "never null", "window": "now", "definition_zh": "年龄", "definition_en": "age",
           "inputs": ["age"], "owner": "me", "sensitivity": "internal", "valid_days": 1, "status": "active", "version": 1}
    (tmp_path / "mine" / "manifest.yml").write_text(yaml.safe_dump({"output_tag": tag}), encoding="utf-8")
    with pytest.raises(KehuError, match="declared twice: age"):
        catalog.definitions(plugins=(tmp_path,))
    del tag["owner"]
    (tmp_path / "mine" / "manifest.yml").write_text(yaml.safe_dump({"output_tag": tag}), encoding="utf-8")
    with pytest.raises(KehuError, match="lacks owner"):
        catalog.definitions(plugins=(tmp_path,))


def test_generated_files_are_fresh() -> None:
    stale = [path.name for path, text in catalog.pages().items() if path.read_text(encoding="utf-8") != text]
    assert stale == []


def test_the_check_command_names_a_stale_file() -> None:
    done = subprocess.run([sys.executable, "-m", "features.catalog", "--check"], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
