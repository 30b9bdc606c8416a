"""Every entity's rows for a span of days."""


import pyarrow as pa

from orchestration.simulator.app_rows import app_event_rows
from orchestration.simulator.contract import KEYS, SCHEMAS
from orchestration.simulator.institution import branch_rows, channel_rows, employee_rows, product_rows
from orchestration.simulator.ledgers import Ledgers
from orchestration.simulator.lendings import LendingRows
from orchestration.simulator.parties import Parties
from orchestration.simulator.played import Played
from orchestration.simulator.seasons import is_month_end
from orchestration.simulator.world import Week, World

ENTITIES = tuple(SCHEMAS)
PERSONAL = ("customer", "account", "rm_assignment", "consent", "complaint")


class Extracts:
    """Renders a world together with the reaction to the lists known so far."""

    def __init__(self, world: World, played: Played) -> None:
        self._world = world
        self._ledgers = Ledgers(world, played.overlay)
        self._contacts = played.contacts
        self._parties, self._lending = Parties(world), LendingRows(world)

    def rows(self, entity: str, first: int, last: int, first_state: bool = False) -> pa.Table:
        """Contract table of an entity for the days [first, last], in key order."""
        table = self._rows(entity, first, last, first_state)
        order = "ts" if entity in ("transaction", "app_event") else None
        keys = [(name, "ascending") for name in ((order, *KEYS[entity]) if order else KEYS[entity])]
        return table if table.num_rows < 2 else table.sort_by(keys)

    def _rows(self, entity: str, first: int, last: int, first_state: bool) -> pa.Table:
        if entity in PERSONAL:
            base = getattr(self._parties, entity)(first, last, first_state)
            return pa.concat_tables([base, *self._contacts.more(entity, first, last)])
        if entity in ("card", "loan"):
            return getattr(self._lending, entity)(first, last, first_state)
        if entity in ("contact", "response"):
            return getattr(self._contacts, entity)(first, last)
        if entity == "holding":
            return self._ledgers.holding(first, last, first_state, self.weeks(first, last))
        if entity == "transaction":
            return self._ledgers.transaction(first, last, self.weeks(first, last))
        if entity == "app_event":
            return app_event_rows(self._world, first, last, self.weeks(first, last))
        return self._institution(entity, first, last)

    def weeks(self, first: int, last: int) -> list[Week]:
        spec = self._world.spec
        return [self._world.week(index) for index in range(spec.block_of(first), spec.block_of(last) + 1)]

    def _institution(self, entity: str, first: int, last: int) -> pa.Table:
        """Full lists: each night; over a history its first day and (products) each month's end."""
        if entity == "product":
            days = [day for day in range(first, last + 1) if day == first or is_month_end(day)]
            return pa.concat_tables([product_rows(day, self._world.planted.sold_out_day) for day in days])
        make = {"branch": branch_rows, "employee": employee_rows, "channel": channel_rows}[entity]
        return make(first)


