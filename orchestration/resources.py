"""What assets need from the outside: the home, its state, one night under the writer lock."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import dagster as dg

from features import settings, warehouse
from features.errors import CheckFailed, KehuError
from features.settings import Settings
from features.state import opened
from orchestration.night import Night, remember

LOCK_WAIT_SECONDS = 600


class HomeResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """One kehu home; an empty path means KEHU_HOME or .kehu."""

    path: str = ""

    def settings(self) -> Settings:
        return settings.load(Path(self.path) if self.path else None)

    @contextmanager
    def night(self, context: dg.AssetExecutionContext) -> Iterator[Night]:
        """The partition's night under the OS lock; what it found is kept for the next stage.

        A night that stops here is remembered as such, and its run fails with the one line that the command would say.
        """
        found = self.settings()
        try:
            with warehouse.writer_lock(found, LOCK_WAIT_SECONDS), opened(found) as state:
                night = Night.opened(found, state, date.fromisoformat(context.partition_key), context.log.info)
                with _remembered(night):
                    yield night
                night.keep()
        except KehuError as wrong:
            raise dg.Failure(wrong.line()) from wrong


@contextmanager
def _remembered(night: Night) -> Iterator[None]:
    try:
        yield
    except Exception as stopped:
        remember(night, "blocked" if isinstance(stopped, (CheckFailed, dg.Failure)) else "failed")
        raise
