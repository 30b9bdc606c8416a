"""Distributions of landing data and drift of scores, checked with Great Expectations on small profile frames."""
