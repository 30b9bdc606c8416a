"""Errors when whole clusters (advisers, branches, villages) share shocks: CR2 with small-sample degrees of freedom."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.errors import KehuError
from models.experiments.inference import effect
from models.experiments.source import ClusterSums

FEW = 40
PERMUTATIONS = 9_999
Array = NDArray[np.float64]


def robust(bread: Array, gram: Array, score: Array, towards: Array, power: float = 0.5) -> tuple[float, float]:
    """Variance and degrees of freedom of `towards` · beta from per-cluster moments of a linear regression.

    `bread` (k, k) is the inverse of X'X, `gram` (G, k, k) each cluster's X'X, `score` (G, k) its X'e. `power` 0.5 is
    CR2, 1 is CR3, 0 the plain sandwich. Degrees of freedom: Bell and McCaffrey's Satterthwaite with a working model
    of independent errors.
    """
    root, back = _roots(bread)
    values, vectors = np.linalg.eigh(root @ gram @ root)
    free = 1 - np.clip(values, 0.0, 1.0)
    scaled = np.where(free > 1e-10, np.where(free > 1e-10, free, 1.0) ** -power, 0.0)
    adjust = back @ (vectors * scaled[:, None, :]) @ vectors.transpose(0, 2, 1) @ root
    reach = np.einsum("gji,j->gi", adjust, bread @ towards)
    variance = float((np.einsum("gi,gi->g", reach, score) ** 2).sum())
    return variance, _degrees(bread, gram, reach)


def _roots(bread: Array) -> tuple[Array, Array]:
    values, vectors = np.linalg.eigh(bread)
    return vectors * np.sqrt(values) @ vectors.T, vectors / np.sqrt(values) @ vectors.T


def _degrees(bread: Array, gram: Array, reach: Array) -> float:
    """(trace)^2 / trace of the square of the clusters' Gram matrix diag(d) - W bread W'."""
    inner = np.einsum("gij,gj->gi", gram, reach)
    own = np.einsum("gi,gi->g", reach, inner)
    shared = np.einsum("gi,ij,gj->g", inner, bread, inner)
    mixed = bread @ (inner.T @ inner)
    square = float((own**2).sum() - 2 * (own * shared).sum() + np.trace(mixed @ mixed))
    return float((own - shared).sum()) ** 2 / square if square > 0 else math.nan


def cell_contrast(sums: ClusterSums, cells: Sequence[str], weights: Sequence[float], values: Array, alpha: float = 0.05, power: float = 0.5) -> dict[str, Any]:
    """Contrast of cell means with cluster-robust error; `values` follows the rows of `sums` (sums of the metric).

    Returns `{method, estimate, se, ci, p_value, df, clusters}`; a cell with rows of one cluster only has no error.
    """
    at = {name: i for i, name in enumerate(cells)}
    used = np.array([name in at for name in sums.cells])
    ids, rank = np.unique(sums.clusters[used], return_inverse=True)
    column = np.array([at[name] for name in sums.cells[used]], dtype=np.int64)
    size, total = np.zeros((len(ids), len(cells))), np.zeros((len(ids), len(cells)))
    np.add.at(size, (rank, column), sums.n[used])
    np.add.at(total, (rank, column), values[used])
    clusters = {name: int((size[:, i] > 0).sum()) for name, i in at.items()}
    if (size.sum(axis=0) == 0).any():
        return {"method": "cr2", **effect(math.nan, math.nan), "df": None, "clusters": clusters}
    mean = total.sum(axis=0) / size.sum(axis=0)
    estimate = float(np.asarray(weights) @ mean)
    if min(clusters.values()) < 2:
        return {"method": "cr2", **effect(estimate, math.nan), "df": None, "clusters": clusters}
    gram = np.eye(len(cells)) * size[:, None, :]
    bread = np.diag(1 / size.sum(axis=0))
    variance, df = robust(bread, gram, total - size * mean, np.asarray(weights, dtype=np.float64), power)
    return {"method": "cr2", **effect(estimate, variance, df, alpha), "df": df, "clusters": clusters}


def permutation(sums: ClusterSums, treatment: str, control: str, values: Array, seed: int = 0) -> float | None:
    """Two-sided p-value from reassigning whole clusters to arms (exact when there are few ways).

    None when a cluster holds units of both arms: then clusters were not what was randomised.
    """
    from scipy.stats import permutation_test

    means = []
    for name in (treatment, control):
        rows = sums.cells == name
        means.append(values[rows] / sums.n[rows])
    owners = [set(sums.clusters[sums.cells == name].tolist()) for name in (treatment, control)]
    if owners[0] & owners[1] or min(len(part) for part in means) < 2:
        return None
    found = permutation_test(
        means,
        lambda a, b, axis: a.mean(axis=axis) - b.mean(axis=axis),
        vectorized=True,
        n_resamples=PERMUTATIONS,
        rng=np.random.default_rng(seed),
    )
    return float(found.pvalue)


def intra_cluster_correlation(n: Array, total: Array, square: Array) -> float:
    """ICC by one-way analysis of variance from clusters' sizes, sums and sums of squares; not below zero."""
    groups, units = len(n), float(n.sum())
    if groups < 2 or units <= groups:
        raise KehuError("an intra-cluster correlation needs two clusters and more units than clusters")
    grand = total.sum() / units
    between = float((n * (total / n - grand) ** 2).sum()) / (groups - 1)
    within = float((square - total**2 / n).sum()) / (units - groups)
    typical = (units - float((n**2).sum()) / units) / (groups - 1)
    spread = between + (typical - 1) * within
    return max(0.0, (between - within) / spread) if spread > 0 else 0.0
