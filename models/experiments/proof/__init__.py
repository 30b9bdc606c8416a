"""The engine's own trial: simulated experiments with known truth, and how often each estimator was right."""
