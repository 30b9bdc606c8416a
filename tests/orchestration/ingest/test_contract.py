"""Declarations: read strictly, and documented."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from features.errors import KehuError
from orchestration.ingest import contract, document


@pytest.fixture
def sources(tmp_path: Path, monkeypatch: Any) -> Iterator[Path]:
    folder = Path(shutil.copytree(contract.SOURCES, tmp_path / "sources"))
    monkeypatch.setattr(contract, "SOURCES", folder)
    contract.load.cache_clear()
    yield folder
    contract.load.cache_clear()


def test_both_sources_are_whole() -> None:
    assert contract.source_names() == ["berka", "core"]
    core = contract.load("core")
    assert len(core.entities) == 29
    assert {e.name for e in core.entities if e.is_event} == {
        "transaction", "app_event", "contact", "response", "visit", "feedback", "fee_income", "card_bill", "benefit_use"}
    for entity in core.entities:
        assert all(entity.column(name).is_required for name in entity.key), entity.name
        assert entity.is_event or "dt" in entity.key


@pytest.mark.parametrize(("old", "new", "message"), [
    ("kind: event", "kind: stream", "kind is 'stream' -> use one of event, snapshot"),
    ("type: timestamp", "type: time", "type of ts is 'time'"),
    ("key: [txn_id]", "key: [txn_no]", "txn_no is used but is no column"),
    ("description: One booking on an account.\n", "", "description is missing"),
    ("columns:", "columns: [", "is not valid YAML"),
    ("txn_id: {type: id, required: true}", "txn_id: {type: id, optional: true}", "txn_id is optional, but required or used"),
])
def test_a_wrong_declaration_is_named(sources: Path, old: str, new: str, message: str) -> None:
    path = sources / "core" / "transaction.yml"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(KehuError) as error:
        contract.load("core")
    assert message in error.value.line() and "transaction.yml" in error.value.line()


@pytest.mark.parametrize(("old", "new", "message"), [
    ('delimiter: ","', 'delimiter: "||"', "use one ASCII character"),
    ("encodings: [utf-8, gb18030]", "encodings: [gbk]", "encoding is 'gbk'"),
    ("naming: dated", "naming: free", "naming is 'free'"),
    ("on_late: block", "on_late: shrug", "on_late is 'shrug'"),
    ("entity: customer,", "entity: customers,", "required entity is 'customers'"),
    ("title: The canonical extracts of a bank", "", "title is missing"),
])
def test_a_wrong_source_is_named(sources: Path, old: str, new: str, message: str) -> None:
    path = sources / "core" / "_source.yml"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(KehuError) as error:
        contract.load("core")
    assert message in error.value.line()


def test_an_entity_without_declaration_is_named(sources: Path) -> None:
    (sources / "core" / "loan.yml").unlink()
    with pytest.raises(KehuError, match=r"loan.yml is missing"):
        contract.load("core")


def test_the_pages_are_in_step() -> None:
    assert document.stale() == []


def test_a_stale_page_is_found(tmp_path: Path, monkeypatch: Any, capsys: Any) -> None:
    monkeypatch.setattr(document, "ROOT", tmp_path)
    monkeypatch.setattr(document, "FOLDER", tmp_path / "contracts")
    assert document.main([]) == 0
    assert document.main(["--check"]) == 0
    page = tmp_path / "contracts" / "core_transaction.md"
    page.write_text(page.read_text().replace("yes", "no", 1))
    (tmp_path / "contracts" / "core_gone.md").write_text("old")
    assert document.main(["--check"]) == 1
    assert "core_transaction.md" in capsys.readouterr().err
    assert document.main([]) == 0
    assert document.stale() == []
