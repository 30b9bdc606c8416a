"""A backup brings the whole home back, and nothing unsafe is unpacked."""

import zipfile
from pathlib import Path

import pytest

from features import settings
from features.errors import KehuError
from features.state import opened
from orchestration import backups


def test_round_trip(tmp_path: Path) -> None:
    home = settings.init(tmp_path / "home")
    (home.raw / "core").mkdir()
    (home.raw / "core" / "x.parquet").write_bytes(b"rows")
    with opened(home) as state:
        state.insert("saved_audience", {"name": "a", "expression": "x", "who": "me", "recorded_at": "t"})
    backups.backup(home, tmp_path / "b.zip")
    backups.restore(tmp_path / "b.zip", tmp_path / "other")
    again = settings.load(tmp_path / "other")
    assert (again.raw / "core" / "x.parquet").read_bytes() == b"rows"
    with opened(again) as state:
        assert state.one("select name from saved_audience") == {"name": "a"}


def test_refusals(tmp_path: Path) -> None:
    home = settings.init(tmp_path / "home")
    (tmp_path / "text.zip").write_text("no zip")
    with zipfile.ZipFile(tmp_path / "evil.zip", "w") as archive:
        archive.writestr("kehu.json", '{"home_version": 1}')
        archive.writestr("../escaped.txt", "x")
    backups.backup(home, tmp_path / "b.zip")
    for file, target, reason in (
        ("text.zip", "new", "not a kehu backup"), ("evil.zip", "new", "unsafe path"), ("b.zip", "home", "not empty"),
    ):
        with pytest.raises(KehuError, match=reason):
            backups.restore(tmp_path / file, tmp_path / target)
    with pytest.raises(KehuError, match="exists"):
        backups.backup(home, tmp_path / "b.zip")
    assert not (tmp_path / "escaped.txt").exists()
