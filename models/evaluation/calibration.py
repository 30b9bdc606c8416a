"""Whether predicted probabilities are true: Brier score, calibration slope and intercept, rate by tenth."""

import numpy as np

EDGE = 1e-7


def brier(target: np.ndarray, probability: np.ndarray, weights: np.ndarray) -> float:
    """Weighted mean squared error of the probabilities."""
    return float(np.average((probability - target) ** 2, weights=weights))


def slope_and_intercept(target: np.ndarray, probability: np.ndarray, weights: np.ndarray) -> tuple[float, float]:
    """Weighted logistic regression of the target on the log-odds of the probability; (1, 0) is perfect.

    NaN where the regression has no finite solution (one class, or constant probabilities).
    """
    clipped = np.clip(probability.astype(float), EDGE, 1 - EDGE)
    logit = np.log(clipped / (1 - clipped))
    if len(np.unique(target)) < 2 or np.ptp(logit) < 1e-9:
        return float("nan"), float("nan")
    design = np.column_stack([np.ones_like(logit), logit])
    beta = np.array([0.0, 1.0])
    for _ in range(50):
        fitted = 1 / (1 + np.exp(-np.clip(design @ beta, -35, 35)))
        information = design.T @ (design * (weights * fitted * (1 - fitted))[:, None])
        if np.linalg.cond(information) > 1e14:
            return float("nan"), float("nan")
        step = np.linalg.solve(information, design.T @ (weights * (target - fitted)))
        beta = beta + step
        if np.abs(step).max() < 1e-10:
            return float(beta[1]), float(beta[0])
    return float("nan"), float("nan")


def rate_by_tenth(target: np.ndarray, probability: np.ndarray, weights: np.ndarray) -> list[dict[str, float]]:
    """Mean predicted and observed rate in tenths of the (weighted) population, lowest first."""
    order = np.argsort(probability, kind="stable")
    position = np.cumsum(weights[order]) - weights[order] / 2
    tenth = np.minimum((10 * position / weights.sum()).astype(int), 9)
    size = np.bincount(tenth, weights[order], 10)
    predicted = np.bincount(tenth, weights[order] * probability[order], 10)
    observed = np.bincount(tenth, weights[order] * target[order], 10)
    return [{"tenth": i + 1, "predicted_rate": float(predicted[i] / size[i]),
             "observed_rate": float(observed[i] / size[i])} for i in range(10) if size[i] > 0]
