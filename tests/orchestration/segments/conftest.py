"""A fresh home with hand-made tags per test; pytest's importlib mode leaves sys.path alone."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import tag_bank


@pytest.fixture
def bank(tmp_path):
    found = tag_bank.TagBank(tmp_path)
    yield found
    found.close()
