"""Runs the board in a process of its own for as long as somebody looks at it: screenshots, browser tests."""

import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dashboards.command import arguments, environment
from features import clock
from features.errors import KehuError

PATIENCE_SECONDS = 60


@contextmanager
def serving(home: Path, log: Path, port: int | None = None) -> Iterator[str]:
    """Yields the board's address once it answers; its output goes to `log`. Raises KehuError when it never does."""
    port = port or free_port()
    with log.open("w") as stream:
        process = subprocess.Popen(arguments(port), env=os.environ | environment(home), stdout=stream, stderr=stream)
        try:
            _wait(process, port, log)
            yield f"http://127.0.0.1:{port}/"
        finally:
            process.terminate()
            process.wait(timeout=20)


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    until = clock.monotonic() + PATIENCE_SECONDS
    while clock.monotonic() < until:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)  # not listening yet
    raise KehuError(f"the board did not start on port {port}", f"read {log}")
