"""The machine-learning models: plug-in contract, registry, runner, evaluation and experiments."""
