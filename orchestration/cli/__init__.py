"""The `kehu` command: thin, lazy, one line per error; the contract that schedulers and scripts call."""

from orchestration.cli.app import main

__all__ = ["main"]
