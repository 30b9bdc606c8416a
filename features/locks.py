"""Locks of the operating system: they die with the process that holds them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from features.errors import WriterBusy


@contextmanager
def held(path: Path, busy: str, wait_seconds: float = 0) -> Iterator[None]:
    """Holds the lock file; raises WriterBusy with the words `busy` when another process does."""
    from filelock import FileLock, Timeout  # a reader does not pay for it

    lock = FileLock(path)
    try:
        lock.acquire(timeout=wait_seconds)
    except Timeout as other:
        raise WriterBusy(busy, "wait for it, then run again") from other
    try:
        yield
    finally:
        lock.release()
