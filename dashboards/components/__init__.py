"""Pieces of the board's pages."""
