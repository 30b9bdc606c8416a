"""Every entity's rows for a span of days."""

from collections.abc import Iterator

import pyarrow as pa

from orchestration.simulator.app_rows import app_event_rows
from orchestration.simulator.cases import Cases
from orchestration.simulator.contract import KEYS, SCHEMAS, empty
from orchestration.simulator.dealings import Dealings
from orchestration.simulator.institution import branch_rows, channel_rows, employee_rows, product_rows
from orchestration.simulator.ledgers import Ledgers
from orchestration.simulator.lendings import LendingRows
from orchestration.simulator.parties import Parties
from orchestration.simulator.played import Played
from orchestration.simulator.seasons import is_month_end
from orchestration.simulator.spec import to_date
from orchestration.simulator.supplies import cost_rows, feedback_rows, quota_rows, village_rows
from orchestration.simulator.ties import Ties
from orchestration.simulator.week import Week
from orchestration.simulator.world import World

ENTITIES = tuple(SCHEMAS)
LARGE = ("transaction", "app_event", "holding")
TIES, CASES = ("customer_relation", "private_domain"), ("application", "referral", "prospect")
DEALINGS = ("visit", "fee_income", "card_bill", "benefit_use")
RARE = ("village", "quota", "cost", "feedback")
PERSONAL = ("customer", "account", "rm_assignment", "consent", "complaint")


class Extracts:
    """Renders a world together with the reaction to the lists known so far."""

    def __init__(self, world: World, played: Played) -> None:
        self._world = world
        self._ledgers = Ledgers(world, played.overlay)
        self._contacts = played.contacts
        self._parties, self._lending = Parties(world), LendingRows(world)
        self._ties, self._cases, self._dealings = Ties(world), Cases(world), Dealings(world, played.overlay)

    def rows(self, entity: str, first: int, last: int, first_state: bool = False) -> pa.Table:
        """Contract table of an entity for the days [first, last], in key order."""
        table = self._rows(entity, first, last, first_state)
        order = "ts" if entity in ("transaction", "app_event") else None
        keys = [(name, "ascending") for name in ((order, *KEYS[entity]) if order else KEYS[entity])]
        return table if table.num_rows < 2 else table.sort_by(keys)

    def pieces(self, entity: str, first: int, last: int, first_state: bool) -> Iterator[pa.Table]:
        """The rows of `rows`, of large entities block by block, so that memory holds one."""
        spec = self._world.spec
        if entity not in LARGE:
            yield self.rows(entity, first, last, first_state)
            return
        for index in range(spec.block_of(first), spec.block_of(last) + 1):
            begin, end = max(first, spec.block_start(index)), min(last, spec.block_start(index + 1) - 1)
            yield self.rows(entity, begin, end, first_state and begin == first)

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
        if entity in TIES:
            return getattr(self._ties, entity)(first, last, first_state)
        if entity in CASES:
            return getattr(self._cases, entity)(first, last)
        if entity in DEALINGS:
            return getattr(self._dealings, entity)(first, last)
        if entity in RARE:
            return self._rare(entity, first, last, first_state)
        return self._institution(entity, first, last)

    def _rare(self, entity: str, first: int, last: int, first_state: bool) -> pa.Table:
        """Villages on the first of a month, quotas on Mondays, unit costs on the first of January; remarks any day."""
        if entity == "feedback":
            return feedback_rows(self._world.streams, self._world.spec.customers, first, last)
        is_due = {"village": lambda d: d.day == 1, "quota": lambda d: d.weekday() == 0, "cost": lambda d: (d.month, d.day) == (1, 1)}[entity]
        days = [day for day in range(first, last + 1) if is_due(to_date(day)) or (first_state and day == first)]
        make = {"village": village_rows, "cost": cost_rows, "quota": self._quotas}[entity]
        return pa.concat_tables([empty(entity), *(make(day) for day in days)])

    def _quotas(self, day: int) -> pa.Table:
        return quota_rows(day, self._world.planted.sold_out_day)

    def weeks(self, first: int, last: int) -> Iterator[Week]:
        """The blocks of a span, each to be read before the next one is asked for."""
        spec = self._world.spec
        yield from (self._world.week(index) for index in range(spec.block_of(first), spec.block_of(last) + 1))

    def _institution(self, entity: str, first: int, last: int) -> pa.Table:
        """Full lists: each night; over a history its first day and (products) each month's end."""
        if entity == "product":
            days = [day for day in range(first, last + 1) if day == first or is_month_end(day)]
            return pa.concat_tables([product_rows(day, self._world.planted.sold_out_day) for day in days])
        make = {"branch": branch_rows, "employee": employee_rows, "channel": channel_rows}[entity]
        return make(first)


