"""Numbers of kehu.json are checked when the home is opened, in one line that names the setting and what it may be."""

import json
from pathlib import Path

import pytest

from features import settings
from features.errors import KehuError


def _home(folder: Path, **given: object) -> Path:
    home = settings.init(folder / "home").home
    (home / settings.MARKER).write_text(json.dumps({"home_version": settings.HOME_VERSION, "settings": given}))
    return home


def test_retention_is_ninety_days_and_five_years_of_month_ends_and_nothing_goes_by_night(tmp_path: Path) -> None:
    found = settings.load(_home(tmp_path))
    assert (found.history_days, found.history_month_ends, found.history_gc_at_night, found.keep_builds) == (90, 60, False, 5)


def test_a_home_may_keep_more_or_less(tmp_path: Path) -> None:
    found = settings.load(_home(tmp_path, history_days=400, history_month_ends=0, history_gc_at_night=True, keep_builds=2))
    assert (found.history_days, found.history_month_ends, found.history_gc_at_night, found.keep_builds) == (400, 0, True, 2)


@pytest.mark.parametrize(("name", "value", "allowed"), [
    ("history_days", 0, "a whole number from 1 on"), ("history_days", -90, "a whole number from 1 on"),
    ("history_days", "ninety", "a whole number from 1 on"), ("history_days", 30.5, "a whole number from 1 on"),
    ("history_days", True, "a whole number from 1 on"), ("history_days", None, "a whole number from 1 on"),
    ("history_month_ends", -1, "a whole number from 0 on"), ("keep_builds", 0, "a whole number from 1 on"),
    ("history_gc_at_night", "yes", "true or false"), ("history_gc_at_night", 1, "true or false"),
])  # fmt: skip
def test_a_wrong_value_gets_one_line(tmp_path: Path, name: str, value: object, allowed: str) -> None:
    home = _home(tmp_path, **{name: value})
    with pytest.raises(KehuError) as refused:
        settings.load(home)
    assert refused.value.line() == f"{name} is {value!r} in {home / settings.MARKER} -> {allowed}"


def test_a_home_of_another_version_is_refused_with_what_to_do(tmp_path: Path) -> None:
    home = _home(tmp_path)
    (home / settings.MARKER).write_text(json.dumps({"home_version": settings.HOME_VERSION - 1}))
    with pytest.raises(KehuError, match=f"this kehu reads {settings.HOME_VERSION}.*") as refused:
        settings.load(home)
    assert "run its nights again" in refused.value.line()
