"""K-means value segments whose positions follow mean AUM, so that a refit keeps their meaning."""

from typing import Any

import numpy as np
from sklearn.cluster import KMeans
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from features.frame import Frame

SEGMENT_COUNT = 5
ORDER_BY = "aum_month_avg_cny"


def train(frame: Frame, target: None, seed: int) -> Pipeline:
    """Scaler and K-means; cluster i has the i-th lowest mean AUM."""
    pipeline = make_pipeline(StandardScaler(), KMeans(SEGMENT_COUNT, n_init=5, random_state=seed))
    found = pipeline.fit_predict(_logarithms(frame))
    kmeans = pipeline[-1]
    order = np.argsort([_mean_aum(frame, found == i) for i in range(SEGMENT_COUNT)], kind="stable")
    kmeans.cluster_centers_ = kmeans.cluster_centers_[order]
    kmeans.labels_ = np.argsort(order)[found].astype(np.int32)
    return pipeline


def score(estimator: Any, frame: Frame) -> np.ndarray:
    """The position of each customer's segment, 0 = lowest AUM."""
    return np.asarray(estimator.predict(_logarithms(frame)))


def _logarithms(frame: Frame) -> np.ndarray:
    # Amounts span seven orders of magnitude; nothing known counts as nothing there.
    values = np.nan_to_num(np.asarray(frame.values, dtype=np.float64))
    return np.sign(values) * np.log1p(np.abs(values))


def _mean_aum(frame: Frame, members: np.ndarray) -> float:
    return float(np.nan_to_num(frame.column(ORDER_BY)[members]).mean(dtype=np.float64)) if members.any() else np.inf
