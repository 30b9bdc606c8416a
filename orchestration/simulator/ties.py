"""Rows of ties: between customers of one household, and between customers and the bank's private domain."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from orchestration.simulator import columns as c
from orchestration.simulator.catalogue import EMPLOYEES_PER_BRANCH
from orchestration.simulator.contract import table
from orchestration.simulator.people import People
from orchestration.simulator.streams import Floats, Streams
from orchestration.simulator.world import World

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]
TYPES = ("spouse", "guardian", "parent", "sibling", "joint_account", "shared_address")
SPOUSE, GUARDIAN, PARENT, SIBLING, JOINT, ADDRESS = range(6)
SOURCES = ("declared", "joint_account", "address_hash")
CONFIDENCE = np.array([1.0, 0.9, 0.6])
CHANCE_CONFIDENCE = 0.3
"""Of an address that two strangers share: no household."""
NEVER = 10 ** 7
WECOM_BEGAN = 17897


@dataclass
class Pairs:
    """Ties that the bank knows or will know; `first` is `kind` to `second`; days as day numbers."""

    first: Ints
    second: Ints
    kind: Ints
    source: Ints
    confidence: Floats
    since: Ints
    until: Ints


def known_pairs(people: People, streams: Streams) -> Pairs:
    """Six in ten ties within households, and a few chance ones."""
    n = people.count
    base = 4 * np.arange(-(-n // 4))
    low = np.concatenate([base + i for i in (0, 0, 0, 1, 1, 2)])
    high = np.concatenate([base + j for j in (1, 2, 3, 2, 3, 3)])
    inside = high < n
    low, high = low[inside], high[inside]
    key = low * 4 + high % 4
    u = streams.sparse("tie_known", low, key)
    keep = (people.household[low] == people.household[high]) & (u < 0.6)
    low, high, u = low[keep], high[keep], u[keep] / 0.6
    first, second, kind = _kinds(people, low, high, u)
    source = np.where(kind == JOINT, 1, np.where(kind == ADDRESS, 2, 0))
    chance = np.flatnonzero((np.arange(n) % 50 == 7) & (people.open_day < NEVER))
    columns = [(first, chance), (second, chance - 4), (kind, np.full(len(chance), ADDRESS)), (source, np.full(len(chance), 2)),
               (CONFIDENCE[source], np.full(len(chance), CHANCE_CONFIDENCE))]
    first, second, kind, source, confidence = (np.concatenate(column) for column in columns)
    since = np.maximum(people.open_day[first], people.open_day[second]) + 1 + (30 * streams.sparse("tie_day", first, second)).astype(np.int64)
    end = streams.sparse("tie_end", first, second)
    until = np.where(end < 0.03, since + 200 + (60000 * end).astype(np.int64), NEVER)
    return Pairs(first, second, kind, source, np.asarray(confidence), since, until)


def _kinds(people: People, low: Ints, high: Ints, u: Floats) -> tuple[Ints, Ints, Ints]:
    """(first, second, kind): the elder comes first; spouses are the first two or the last two of four numbers."""
    swap = people.age[high] > people.age[low]
    first, second = np.where(swap, high, low), np.where(swap, low, high)
    gap = people.age[first] - people.age[second]
    grown, minor = people.age[second] >= 18, people.age[second] < 18
    couple = grown & (gap < 12) & (low % 2 == 0) & (high == low + 1)
    kind = np.select([minor & (people.age[first] >= 18), minor, couple, grown & (gap >= 20) & (gap <= 45), gap < 12, u < 0.5],
                     [GUARDIAN, SIBLING, SPOUSE, PARENT, SIBLING, JOINT], ADDRESS)
    return first, second, kind


class Ties:
    """Rows of one bank; `first_state` adds what stood before the first day."""

    def __init__(self, world: World) -> None:
        self._world, self._people, self._streams = world, world.people, world.streams
        self._pairs = known_pairs(self._people, self._streams)
        self._link_since, self._link_until = self._links()

    def customer_relation(self, first: int, last: int, first_state: bool) -> pa.Table:
        """A row when a tie becomes known and one when it ends."""
        pairs = self._pairs
        which, day = _spells(pairs.since, pairs.until, first, last, first_state)
        ended = pairs.until[which] <= day
        return table("customer_relation", {
            "from_id": c.ids("c", pairs.first[which], 8), "to_id": c.ids("c", pairs.second[which], 8),
            "rel_type": c.chosen(TYPES, pairs.kind[which]), "valid_from": c.dates(pairs.since[which]), "dt": c.dates(day),
            "valid_to": c.dates(pairs.until[which], ~ended), "source": c.chosen(SOURCES, pairs.source[which]),
            "confidence": pa.array(pairs.confidence[which])})

    def private_domain(self, first: int, last: int, first_state: bool) -> pa.Table:
        """A row when a customer is added to an employee's WeCom and one when the link ends."""
        cust, day = _spells(self._link_since, self._link_until, first, last, first_state)
        ended = self._link_until[cust] <= day
        employee = self._people.branch[cust] * EMPLOYEES_PER_BRANCH + cust % 2
        since = self._link_since[cust]
        return table("private_domain", {
            "customer_id": c.ids("c", cust, 8), "link_type": c.constant("employee", len(cust)), "link_id": c.ids("e", employee, 4),
            "valid_from": c.dates(since), "dt": c.dates(day), "added_via": c.chosen(("branch", "call", "app", "event"), cust % 4),
            "removed_date": c.dates(self._link_until[cust], ~ended), "last_msg_ts": c.timestamps(since, 36000 + cust % 20000)})

    def _links(self) -> tuple[Ints, Ints]:
        """(first day, last day) of each customer's link, NEVER without one; half of them in the first week."""
        people, streams, n = self._people, self._streams, self._people.count
        u, when = streams.dense("wecom", n), streams.dense("wecom_day", n)
        has = (people.age >= 18) & (u < np.where(people.aum >= 5e4, 0.45, 0.12))
        wait = np.where(when < 0.5, 1 + 10 * when, 6 - 400 * np.log(2 - 2 * np.minimum(when, 0.999999))).astype(np.int64)
        since = np.where(has, np.maximum(people.open_day + wait, WECOM_BEGAN), NEVER)
        until = since + 1 + (-np.log(streams.dense("wecom_end", n)) / 0.08 * 365).astype(np.int64)
        return since, np.where(has, until, NEVER)


def _spells(since: Ints, until: Ints, first: int, last: int, first_state: bool) -> tuple[Ints, Ints]:
    """(position, day) of beginnings and ends within the days; with `first_state` what stands on the first day is told then."""
    begun = np.flatnonzero((since >= first + int(first_state)) & (since <= last))
    over = np.flatnonzero((until >= first + int(first_state)) & (until <= last))
    standing = np.flatnonzero((since <= first) & (until > first)) if first_state else np.zeros(0, np.int64)
    which = np.concatenate([standing, begun, over])
    return which, np.concatenate([np.full(len(standing), first), since[begun], until[over]])
