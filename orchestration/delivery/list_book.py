"""What this home knows of its lists and tags, for checking what comes back."""

from datetime import date
from functools import cached_property

import pyarrow.parquet as pq

from features import tag_reader
from features.settings import Settings
from features.state import State


class ListBook:
    """Dates and strategies of all lists; the customers of a list are read when first asked for."""

    def __init__(self, settings: Settings, state: State) -> None:
        rows = state.rows("select list_id, strategy_id, as_of_date, path from list_version")
        self.dates = {str(row["list_id"]): date.fromisoformat(str(row["as_of_date"])) for row in rows}
        self.strategy_of = {str(row["list_id"]): str(row["strategy_id"]) for row in rows}
        events = state.rows("select distinct strategy_id from strategy_event")
        self.strategies = {str(row["strategy_id"]) for row in events}
        self._paths = {str(row["list_id"]): settings.home / str(row["path"]) for row in rows}
        self._settings = settings
        self._customers: dict[str, set[str]] = {}

    @cached_property
    def tags(self) -> set[str]:
        """Ids and codes of the catalogue in service."""
        return {str(row[name]) for row in tag_reader.find(self._settings) for name in ("id", "code")}

    def customers(self, list_id: str) -> set[str]:
        """Everyone on the list, contacted and held."""
        if list_id not in self._customers:
            table = pq.read_table(self._paths[list_id], columns=["customer_id"])
            self._customers[list_id] = set(table["customer_id"].to_pylist())
        return self._customers[list_id]
