"""Tags and audiences for the board, read through the feature store of one build and cached by it."""

from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import streamlit as st

from dashboards import board_data
from features import selection, settings, tag_reader
from features.audience import doubts as doubtful
from features.audience import export as exporting
from features.audience import profile as profiling
from features.audience import saved
from features.audience.doubts import Doubt, Unpromised

PROFILE_ROWS = 12


@st.cache_data(max_entries=8, show_spinner=False)
def catalogue(build_id: str, home: str) -> list[dict[str, Any]]:
    """Every tag of a build, with what the front line says of it."""
    return tag_reader.find(settings.load(Path(home)), build_id=build_id)


@st.cache_data(max_entries=256, show_spinner=False)
def described(tag: str, build_id: str, home: str) -> dict[str, Any]:
    """One tag with coverage, distribution (small groups hidden) and the newest comments."""
    return tag_reader.disclosed(tag_reader.show(settings.load(Path(home)), tag, build_id))


@st.cache_data(max_entries=256, show_spinner=False)
def count(expression: str, purpose: str, build_id: str, home: str) -> dict[str, Any]:
    """`{count, withheld_under_14_count, bank_count}` of an expression; raises KehuError."""
    found = settings.load(Path(home))
    with selection.snapshot(found, _date(build_id), build_id=build_id) as snapshot:
        return selection.counted(snapshot, expression, purpose)


@st.cache_data(max_entries=256, show_spinner=False)
def doubts(expression: str, build_id: str, home: str) -> list[Doubt | Unpromised]:
    """Values of an expression that no customer can have."""
    return doubtful.doubts(settings.load(Path(home)), expression)


@st.cache_data(max_entries=64, show_spinner=False)
def profile(expression: str, purpose: str, build_id: str, home: str) -> dict[str, Any]:
    """In what an audience differs from the bank."""
    return profiling.profile(settings.load(Path(home)), expression, PROFILE_ROWS, _date(build_id), purpose=purpose,
                             build_id=build_id)


def audiences(build_id: str, home: str) -> list[dict[str, Any]]:
    """The saved audiences with their size in the build in service."""
    return _audiences(home, build_id, tuple(selection.saved_expressions(settings.load(Path(home))).items()))


@st.cache_data(max_entries=16, show_spinner=False)
def _audiences(home: str, build_id: str, saved_now: tuple[tuple[str, str], ...]) -> list[dict[str, Any]]:
    return saved.listing(settings.load(Path(home))) if saved_now else []


def save(name: str, expression: str, purpose: str, home: str) -> None:
    """Keeps an audience; the one thing besides the export that the board writes, and only into the home's state."""
    saved.save(settings.load(Path(home)), name, expression, purpose)


def export(expression: str, purpose: str, ending: str, build_id: str, home: str) -> Path:
    """A logged export of the build in service under the home's exports folder; another expression never takes its file."""
    found = settings.load(Path(home))
    out = found.exports / f"audience-{build_id}-{sha256(expression.encode()).hexdigest()[:8]}.{ending}"
    exporting.export(found, expression, out, purpose)
    return out


def home() -> str:
    """The home of this board, part of every cache key."""
    return str(settings.load().home)


def _date(build_id: str) -> date:
    return date.fromisoformat(next(b.as_of_date for b in board_data.builds() if b.build_id == build_id))
