"""Makes a home ready to use: folders, state, and the models that come with the product plugged in."""

from pathlib import Path

from features import settings
from features.settings import Settings
from features.state import opened


def make(home: Path | None, source: str = "core") -> Settings:
    """An initialised home; a home that is there is returned as it is."""
    from models import aliases
    from orchestration import ingest

    ingest.check_source(source)
    found = settings.init(home, source=source)
    with opened(found) as state:
        aliases.plug_shipped(found, state)
    return found
