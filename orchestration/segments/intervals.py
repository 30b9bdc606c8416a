"""Folds the members of each date into intervals: who stays is left alone, who leaves is closed, who enters is opened."""

from collections.abc import Sequence
from datetime import date

from features.warehouse import Connection

MEMBERSHIP = {
    "segment_set": "varchar", "segment_id": "varchar", "version": "varchar", "kind": "varchar", "customer_id": "varchar",
    "is_primary": "boolean", "valid_from": "date", "valid_to": "date", "known_from": "date", "source": "varchar",
}  # fmt: skip
MEMBER = ("segment_set", "segment_id", "version", "kind", "customer_id", "is_primary", "source")
"""What must be equal for a membership to go on."""


def create(connection: Connection) -> None:
    """The table of memberships."""
    connection.execute("create schema if not exists segments")
    columns = ", ".join(f"{name} {kind}" for name, kind in MEMBERSHIP.items())
    connection.execute(f"create table if not exists segments.membership ({columns})")


def create_members(connection: Connection) -> None:
    """The empty temp table `member_now`: the members of one date, before they are folded."""
    kinds = ", ".join(f"{name} {MEMBERSHIP[name]}" for name in MEMBER)
    connection.execute(f"create or replace temp table member_now (as_of_date date, {kinds})")


def forget(connection: Connection, first: date) -> None:
    """Takes back what nights from `first` on have written, so that they may be told again."""
    connection.execute("delete from segments.membership where valid_from >= ?", [first])
    connection.execute("update segments.membership set valid_to = null where valid_to >= ?", [first])


def fold(connection: Connection, day: date, kinds: Sequence[str]) -> None:
    """Brings the memberships of these kinds from the date before to `day`."""
    same = " and ".join(f"m.{name} = n.{name}" for name in MEMBER)
    connection.execute(
        f"update segments.membership as m set valid_to = $day where m.valid_to is null and list_contains($kinds, m.kind)"
        f" and not exists (select 1 from member_now as n where n.as_of_date = $day and {same})",
        {"day": day, "kinds": list(kinds)})  # fmt: skip
    names = ", ".join(MEMBER)
    connection.execute(
        f"insert into segments.membership by name select {names}, $day as valid_from, $day as known_from"
        f" from member_now as n where n.as_of_date = $day and list_contains($kinds, n.kind)"
        f" and not exists (select 1 from segments.membership as m where m.valid_to is null and {same})",
        {"day": day, "kinds": list(kinds)})  # fmt: skip


def members_on(day: str) -> str:
    """The condition under which a row of segments.membership holds on a date given as SQL."""
    return f"valid_from <= {day} and (valid_to is null or valid_to > {day})"
