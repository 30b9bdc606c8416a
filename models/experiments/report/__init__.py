"""The measurement answer as one HTML file that needs no network: effects, four cells, sequence over looks."""

from models.experiments.report.page import html

__all__ = ["html"]
