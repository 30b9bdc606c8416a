"""Three campaigns of the past, half of each list held back at random, played through the reaction like any other."""

import numpy as np
from numpy.typing import NDArray

from orchestration.simulator.catalogue import CHANNEL_IDS, PRODUCT_IDS
from orchestration.simulator.lines import Lines
from orchestration.simulator.people import People
from orchestration.simulator.spec import BankSpec, compact
from orchestration.simulator.streams import Streams

Ints = NDArray[np.int64]
WEEKS_BEFORE_START = (36, 26, 16)
WARM_UP_DAYS = 35


def past_days(spec: BankSpec) -> list[int]:
    """As-of days of the past campaigns: evenings before a block; short histories have fewer."""
    days = [spec.start_day - 7 * weeks - 1 for weeks in WEEKS_BEFORE_START]
    return [day for day in days if day >= spec.history_from + WARM_UP_DAYS]


def past_lines(spec: BankSpec, people: People, streams: Streams, spared: NDArray[np.bool_]) -> Lines:
    """All lines, the held ones with policy -1 and the contacted ones with policy 0; nobody called the spared."""
    days = past_days(spec)
    parts = [_campaign(people, streams, number, day, spared) for number, day in enumerate(days)]
    cust = np.concatenate([part[0] for part in parts]) if parts else np.zeros(0, np.int64)
    number = np.repeat(np.arange(len(days)), [len(part[0]) for part in parts])
    held = np.concatenate([part[1] for part in parts]) if parts else np.zeros(0, bool)
    n = len(cust)
    names = [f"past_wealth_call_{i + 1}" for i in range(len(days))]
    return Lines(cust=cust, as_of=np.array(days, dtype=np.int64)[number] if n else np.zeros(0, np.int64), strategy=number,
                 channel=np.full(n, CHANNEL_IDS.index("rm_phone")), product=np.full(n, PRODUCT_IDS.index("W180A")),
                 list_number=number, script=np.full(n, -1), policy=np.where(held, -1, 0), strategy_ids=names,
                 list_ids=[f"{name}-{compact(day)}" for name, day in zip(names, days, strict=True)], script_ids=[])


def _campaign(people: People, streams: Streams, number: int, day: int, spared: NDArray[np.bool_]) -> tuple[Ints, NDArray[np.bool_]]:
    n = people.count
    fits = (people.aum >= 5e3) & (people.age >= 18) & ~people.is_staff & ~people.starts_dormant & ~spared
    fits &= people.open_day <= day
    cust = np.flatnonzero(fits & (streams.dense("past_audience", n, number) < 0.20))
    return cust, streams.dense("past_hold", n, number)[cust] < 0.5
