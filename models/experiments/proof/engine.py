"""The functions on trial, in one place, so that a broken one can be put in and must be found out."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from models.experiments import cluster, four_cell, lift, multiplicity, sequential, srm, verdict
from models.experiments import cuped as regression


@dataclass(frozen=True)
class Engine:
    """What the trials call."""

    difference: Callable[..., Any] = lift.difference
    ratio: Callable[..., Any] = lift.ratio
    complier: Callable[..., Any] = lift.complier_effect
    cuped: Callable[..., Any] = regression.cuped
    lin: Callable[..., Any] = regression.lin
    from_cells: Callable[..., Any] = four_cell.from_cells
    clustered: Callable[..., Any] = cluster.cell_contrast
    permutation: Callable[..., Any] = cluster.permutation
    half_width: Callable[..., Any] = sequential.half_width
    may_start: Callable[..., Any] = sequential.sequence_may_start
    chi2: Callable[..., Any] = srm.chi2
    log_bayes_factor: Callable[..., Any] = srm.log_bayes_factor
    holm: Callable[..., Any] = multiplicity.holm
    discovery: Callable[..., Any] = multiplicity.benjamini_hochberg
    decide: Callable[..., Any] = verdict.decide


ENGINE = Engine()
