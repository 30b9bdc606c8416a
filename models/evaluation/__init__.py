"""How good a model is on data it has not seen: discrimination, calibration, lift, leaks, segment quality."""
