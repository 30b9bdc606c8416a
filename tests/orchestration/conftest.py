"""Fixtures of the hand-made bank; pytest's importlib mode leaves sys.path alone."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent / "strategy"))

import small_bank

from features import settings as settings_module


@pytest.fixture
def bank(tmp_path):
    (tmp_path / "strategies").mkdir()
    home = settings_module.init(tmp_path / "home", strategies=str(tmp_path / "strategies"))
    found = small_bank.Bank(home)
    yield found
    found.close()


@pytest.fixture
def crowd():
    return small_bank.people


@pytest.fixture
def day():
    return small_bank.after
