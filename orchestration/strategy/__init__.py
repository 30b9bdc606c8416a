"""Strategies: contract and check, life, and the nightly decision who goes on which list."""
