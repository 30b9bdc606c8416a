"""Full tag snapshots as immutable Parquet, one file per date and content, shared between builds."""

import hashlib
from datetime import date

from features import files, scores, tag_history, warehouse
from features.settings import Settings
from features.warehouse import Connection


def write(settings: Settings, dates: list[date], build_id: str, former: dict[str, str],
          champions: list[dict[str, str]]) -> dict[str, str]:
    """Paths (relative to history/) of the tag snapshot of every date this build knows; unchanged ones are shared.

    A snapshot has the columns of the published tags, champions' included, so that any audience can be asked again.
    """
    mapping = dict(former)
    with warehouse.build(settings) as connection:
        for day in dates:
            mapping[day.isoformat()] = _snapshot(
                settings, connection, day, build_id, mapping.get(day.isoformat()), scores.tags_sql(champions))
    return dict(sorted(mapping.items()))


def _snapshot(settings: Settings, connection: Connection, day: date, build_id: str, former: str | None, tags: str) -> str:
    target = settings.history / "tags" / day.isoformat() / f"{build_id}.parquet"
    with files.atomic(target) as temporary:
        connection.execute(
            f"copy ({tags} where t.as_of_date = date '{day}' order by t.customer_id)"
            f" to '{temporary}' ({tag_history.SNAPSHOT_FORM})")
    if former and _digest(settings, former) == hashlib.sha256(target.read_bytes()).digest():
        target.unlink()
        return former
    return str(target.relative_to(settings.history))


def _digest(settings: Settings, relative: str) -> bytes:
    path = settings.history / relative
    return hashlib.sha256(path.read_bytes()).digest() if path.is_file() else b""
