"""The export log shows an edited or removed entry."""

from pathlib import Path

import pytest

from features import export_log, settings
from features.errors import KehuError
from features.state import opened


def test_chain_holds_and_shows_edits(tmp_path: Path) -> None:
    with opened(settings.init(tmp_path / "home")) as state:
        for n in range(3):
            export_log.append(state, "audience", "a campaign", f"age > {n}", "b1", n, "00", "x.csv")
        assert export_log.broken_entry(state) is None
        state.rows("update export_log set row_count = 99 where id = 2")
        assert export_log.broken_entry(state) == 2
        state.rows("update export_log set row_count = 1 where id = 2")
        assert export_log.broken_entry(state) is None
        state.rows("delete from export_log where id = 2")
        assert export_log.broken_entry(state) == 3


def test_an_export_without_a_purpose_is_refused(tmp_path: Path) -> None:
    with opened(settings.init(tmp_path / "home")) as state:
        with pytest.raises(KehuError, match="purpose"):
            export_log.append(state, "audience", " ", "age > 1", "b1", 1, "00", "x.csv")
