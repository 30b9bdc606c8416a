"""What the command says where a path cannot be used: one line and exit code 2, wherever the details could be written."""

import sys
from pathlib import Path

import pytest

from features import settings
from orchestration.cli import app


def _said(arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> tuple[int, list[str]]:
    monkeypatch.setattr(sys, "argv", ["kehu", *arguments])
    with pytest.raises(SystemExit) as stopped:
        app.main()
    return int(str(stopped.value.code)), capsys.readouterr().err.splitlines()


def test_a_path_that_cannot_be_used_is_named_in_one_line(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("x")
    code, lines = _said(["init", "--home", str(tmp_path / "file" / "home")], monkeypatch, capsys)
    assert (code, len(lines)) == (2, 1)
    assert str(tmp_path / "file" / "home") in lines[0] and "Not a directory" in lines[0]


def test_a_file_is_no_folder_for_a_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("x")
    code, lines = _said(["init", "--home", str(tmp_path / "file")], monkeypatch, capsys)
    assert code == 2 and lines == [f"kehu: {tmp_path / 'file'} is a file -> choose an empty folder with --home"]


def test_details_that_the_home_cannot_take_go_to_the_temporary_folder(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    home = settings.init(tmp_path / "home")
    (home.logs / "kehu-error.log").mkdir()
    home.state.joinpath("state.db").write_text("no database")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    code, lines = _said(["audience", "list", "--home", str(home.home)], monkeypatch, capsys)
    assert code == 1 and len(lines) == 1 and str(tmp_path / "kehu-error.log") in lines[0]
    assert "Traceback" in (tmp_path / "kehu-error.log").read_text()


def test_a_broken_kehu_json_is_said(tmp_path: Path) -> None:
    home = settings.init(tmp_path / "home")
    for text in ("{", "[]", '{"home_version": 1, "settings": 5}'):
        (home.home / settings.MARKER).write_text(text)
        with pytest.raises(settings.KehuError, match="cannot be read"):
            settings.load(home.home)
