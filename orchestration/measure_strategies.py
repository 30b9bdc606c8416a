"""Measures every strategy from campaign.outcome_panel and checks its sample ratios, one row a night."""

from datetime import date
from typing import Any

from features.state import State
from features.warehouse import Connection
from models.experiments import four_cell, srm, verdict
from models.experiments.moments import CellMoments

CELLS = ("model_contacted", "model_held", "bau_contacted", "bau_held")
EFFECTS = ("model_effect", "bau_effect", "model_increment", "selection_bias", "naive_gap")
