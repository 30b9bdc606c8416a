"""One sentence: what it predicts and how."""

from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from features.frame import Frame


def train(frame: Frame, target: np.ndarray, seed: int) -> Pipeline:
    """A fitted scikit-learn estimator; `frame.values` is (rows, features) float32 with NaN for missing."""
    pipeline = make_pipeline(StandardScaler(), LogisticRegression(random_state=seed, max_iter=500))
    return pipeline.fit(_known(frame), target, logisticregression__sample_weight=frame.weights)


def score(estimator: Any, frame: Frame) -> np.ndarray:
    """One finite number per row, whatever is missing."""
    return np.asarray(estimator.predict_proba(_known(frame)))[:, 1]


def _known(frame: Frame) -> np.ndarray:
    values = np.nan_to_num(np.asarray(frame.values, dtype=np.float64))
    return np.sign(values) * np.log1p(np.abs(values))
