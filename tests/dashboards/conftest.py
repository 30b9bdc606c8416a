"""Homes for the board's tests: one with a hand-made bank, one without strategies, one bare."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st

# pytest's importlib mode leaves sys.path alone.
sys.path.insert(0, str(Path(__file__).parent))

import board_store

from features import settings
from features.settings import Settings


@pytest.fixture(scope="session")
def bank_home(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The hand-made bank, published; its board tables come from the real dbt models."""
    return board_store.make_home(tmp_path_factory.mktemp("bank") / "home")


@pytest.fixture(scope="session")
def quiet_home(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A published bank in which no strategy ever ran."""
    return board_store.make_home(tmp_path_factory.mktemp("quiet") / "home", is_empty=True)


@pytest.fixture(scope="session")
def bare_home(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A home before its first night."""
    return settings.init(tmp_path_factory.mktemp("bare") / "home")


@pytest.fixture(autouse=True)
def _fresh_caches() -> Iterator[None]:
    yield
    st.cache_data.clear()
    st.cache_resource.clear()


@pytest.fixture
def missing_home(tmp_path: Path) -> Path:
    """A folder that is no home."""
    return tmp_path / "nothing"
