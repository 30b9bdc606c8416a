"""The measurement engine: randomised comparisons from sufficient statistics, independent of the rest of kehu."""
