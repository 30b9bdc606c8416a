"""Rows of mobile events."""

from collections.abc import Iterable

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from orchestration.simulator import columns as c
from orchestration.simulator.app import EVENTS, PAGES
from orchestration.simulator.book import ranks
from orchestration.simulator.contract import empty, table
from orchestration.simulator.week import Week
from orchestration.simulator.world import World

Ints = NDArray[np.int64]
TEST_RATE = 0.001


def app_event_rows(world: World, first: int, last: int, weeks: Iterable[Week]) -> pa.Table:
    """Events of the days [first, last] in the order customer, day, second."""
    parts = [empty("app_event")]
    for week in weeks:
        events = week.app.events
        keep = np.flatnonzero((events.day >= first) & (events.day <= last))
        cust, day, sec = (getattr(events, name)[keep].astype(np.int64) for name in ("cust", "day", "sec"))
        seq = ranks((cust << 20) + day)
        number = (day * 10 ** 8 + cust) * 1000 + seq
        session = (day * 10 ** 8 + cust) * 100 + events.session[keep]
        delay = (60 * world.streams.sparse("event_delay", number) ** 6).astype(np.int64)
        page = events.page[keep].astype(np.int64)
        parts.append(table("app_event", {
            "event_id": c.ids("e", number, 16), "customer_id": c.ids("c", cust, 8), "device_id": c.ids("dev", cust * 10 + 1, 9),
            "session_id": c.ids("s", session, 15), "event_name": c.chosen(EVENTS, events.name[keep].astype(np.int64)),
            "page_id": c.chosen(PAGES, np.where(page == 0, -1, page)), "ts": c.timestamps(day, sec),
            "received_at": c.timestamps(day, sec + delay), "app_version": c.chosen(("8.1.0", "8.2.0"), (day >= world.planted.fix_day).astype(int)),
            "is_test": c.flags(world.streams.sparse("event_delay", session, 1) < TEST_RATE)}))
    return pa.concat_tables(parts)
