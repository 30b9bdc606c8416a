"""The hand-made bank of the measure stage; pytest's importlib mode leaves sys.path alone."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import measured_bank

from features import settings


@pytest.fixture
def measured(tmp_path):
    """measured(**changes): a bank with a seed; closed at the end."""
    made = []

    def make(**changes):
        made.append(measured_bank.Bank(settings.init(tmp_path / f"home{len(made)}"), **changes))
        return made[-1]

    yield make
    for bank in made:
        bank.close()
