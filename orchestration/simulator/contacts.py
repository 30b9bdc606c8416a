"""Rows that come back from the channels."""

import pyarrow as pa

from orchestration.simulator.contract import empty
from orchestration.simulator.reaction import Reaction
from orchestration.simulator.world import World


class ContactRows:
    """Contacts and responses of one reaction."""

    def __init__(self, world: World, reaction: Reaction) -> None:
        self._world, self._reaction = world, reaction

    def contact(self, first: int, last: int) -> pa.Table:
        return empty("contact")

    def response(self, first: int, last: int) -> pa.Table:
        return empty("response")

    def more(self, entity: str, first: int, last: int) -> list[pa.Table]:
        return []
