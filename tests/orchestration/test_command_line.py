"""What the command says where a path cannot be used: one line and exit code 2, wherever the details could be written."""

import json
import sys
from datetime import datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest

from features import settings
from orchestration.cli import answer, app


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


def test_every_value_of_a_query_is_json() -> None:
    values = {"nan": float("nan"), "infinite": float("-inf"), "span": timedelta(days=1), "bytes": b"1", "money": Decimal("1.50"),
              "time": time(10), "at": datetime(2026, 1, 2, 3), "many": ({1: [None, True]},), "id": UUID(int=0), "path": Path("a/b")}
    assert json.loads(json.dumps(answer.plain(values), allow_nan=False)) == {
        "nan": None, "infinite": None, "span": "1 day, 0:00:00", "bytes": "31", "money": "1.50", "time": "10:00:00",
        "at": "2026-01-02T03:00:00", "many": [{"1": [None, True]}], "id": str(UUID(int=0)), "path": "a/b"}


@pytest.mark.parametrize("name", ["it's", "bank[1]", "a*", "why?"])
def test_a_path_that_sql_would_misread_is_no_home(name: str, tmp_path: Path) -> None:
    with pytest.raises(settings.KehuError, match="the path of the home"):
        settings.init(tmp_path / name)
    assert not (tmp_path / name).exists()
    assert settings.init(tmp_path / "客户 bank-1").home.is_dir()


def test_ctrl_c_is_one_line_and_a_code_of_the_contract(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def pressed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(settings, "load", pressed)
    assert _said(["tags", "list"], monkeypatch, capsys) == (1, ["kehu: stopped; nothing was published"])
