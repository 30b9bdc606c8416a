"""Rows of cases that move through stages: applications, referrals, prospects. Cases begun before the first day are not told."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from orchestration.simulator import columns as c
from orchestration.simulator.catalogue import EMPLOYEES_PER_BRANCH
from orchestration.simulator.contract import table
from orchestration.simulator.streams import Floats
from orchestration.simulator.world import World

Ints = NDArray[np.int64]
Step = tuple[Ints, Ints | int, NDArray[np.bool_]]
STAGES = ("started", "submitted", "review", "approved", "rejected", "cancelled", "completed",
          "created", "accepted", "contacted", "won", "lost", "lead", "converted")
(STARTED, SUBMITTED, REVIEW, APPROVED, REJECTED, CANCELLED, COMPLETED, CREATED, ACCEPTED, CONTACTED, WON, LOST, LEAD,
 CONVERTED) = range(14)
APPLICATIONS_A_WEEK, REFERRALS_A_WEEK, PROSPECT_RATE = 0.0012, 0.0006, 0.4
BREAK_RATE = 0.25


@dataclass
class Begun:
    """Cases by the day they began, with a draw that decides their path."""

    cust: Ints
    day: Ints
    path: Floats

    @property
    def number(self) -> Ints:
        return self.day * 10 ** 8 + self.cust


class Cases:
    """Rows of one bank: one on each day on which a case reaches a stage."""

    def __init__(self, world: World) -> None:
        self._world, self._people, self._streams = world, world.people, world.streams

    def _weekly(self, stream: str, odds: float, least_age: int, first: int, last: int, longest: int) -> Begun:
        """Cases begun within `longest` days before the last day."""
        parts, people = [], self._people
        for week in range((first - longest) // 7, last // 7 + 1):
            u = self._streams.dense(stream, people.count, week)
            cust = np.flatnonzero((u < odds) & (people.age >= least_age) & ~people.starts_dormant)
            day = 7 * week + (7 * u[cust] / odds).astype(np.int64)
            keep = (people.open_day[cust] < day) & (day >= self._world.spec.history_from)
            parts.append((cust[keep], day[keep]))
        cust, day = (np.concatenate(column) for column in zip(*parts, strict=True))
        return Begun(cust, day, self._streams.sparse(f"{stream}_path", cust, day))

    def begun_applications(self, first: int, last: int) -> Begun:
        """Applications begun up to three weeks before; a quarter of them stall at once."""
        return self._weekly("apply", APPLICATIONS_A_WEEK, 21, first, last, 21)

    def application(self, first: int, last: int) -> pa.Table:
        """Submitted the same day, or stalled; reviewed, decided, completed within a week."""
        cases = self.begun_applications(first, last)
        stalls, fails = cases.path < BREAK_RATE, cases.path > 0.85
        path: list[Step] = [(np.where(stalls, STARTED, SUBMITTED), 0, np.ones(len(stalls), bool)),
                (np.full(len(stalls), CANCELLED), 20, stalls & (cases.path < 0.4 * BREAK_RATE)), (np.full(len(stalls), REVIEW), 1, ~stalls),
                (np.where(fails, REJECTED, APPROVED), 4, ~stalls), (np.full(len(stalls), COMPLETED), 7, ~stalls & ~fails)]
        case, day, stage = _reached(cases.day, path, first, last)
        cust, is_card = cases.cust[case], cases.cust[case] % 2 == 0
        return table("application", {
            "application_id": c.ids("ap", cases.number[case], 13), "dt": c.dates(day), "customer_id": c.ids("c", cust, 8),
            "product_type": c.chosen(("loan", "card"), is_card.astype(int)), "product_id": c.chosen(("L002", "C001"), is_card.astype(int)),
            "channel_id": c.chosen(("branch", "mobile"), self._people.is_app_user[cust].astype(int)),
            "started_ts": c.timestamps(cases.day[case], 36000 + cust % 20000), "stage": c.chosen(STAGES, stage),
            "stage_ts": c.timestamps(day, 36000 + cust % 20000), "amount_cny": c.money(1000000 + 100000 * (cust % 90), is_card)})

    def referral(self, first: int, last: int) -> pa.Table:
        """Accepted the next day, contacted after three, won or lost after twelve; one in ten is left lying."""
        cases = self._weekly("refer", REFERRALS_A_WEEK, 22, first, last, 14)
        taken, reached, n = cases.path < 0.9, cases.path < 0.72, len(cases.path)
        path: list[Step] = [(np.full(n, CREATED), 0, np.ones(n, bool)), (np.full(n, ACCEPTED), 1, taken), (np.full(n, CONTACTED), 3, reached),
                (np.where(cases.path < 0.2, WON, LOST), 12, reached)]
        case, day, stage = _reached(cases.day, path, first, last)
        cust, branch = cases.cust[case], self._people.branch[cases.cust[case]]
        kind = np.minimum(cust % 10 // 3, 2)
        source = pa.concat_arrays([c.ids("e", branch * EMPLOYEES_PER_BRANCH + 2, 4), c.ids("c", np.maximum(cust - 4, 0), 8), c.ids("f", cust % 500, 4)])
        return table("referral", {
            "referral_id": c.ids("rf", cases.number[case], 13), "dt": c.dates(day), "from_type": c.chosen(("employee", "customer", "corporate"), kind),
            "from_id": source.take(pa.array(np.arange(len(cust)) + len(cust) * kind)), "customer_id": c.ids("c", cust, 8),
            "to_employee": c.ids("e", branch * EMPLOYEES_PER_BRANCH + cust % 2, 4),
            "started_ts": c.timestamps(cases.day[case], 37000 + cust % 9000), "stage": c.chosen(STAGES, stage),
            "stage_ts": c.timestamps(day, 37000 + cust % 9000), "product_id": c.constant("W180A", len(cust)),
            "amount_cny": c.money(500000 * (1 + cust % 20), stage != WON), "sla_due": c.dates(cases.day[case] + 3)})

    def prospect(self, first: int, last: int) -> pa.Table:
        """Who opened an account had often been seen before; twice as many who had been seen never came."""
        opened, n = self._people.open_day, self._people.count
        u = self._streams.dense("prospect", n)
        known = np.flatnonzero((u < PROSPECT_RATE) & (opened - 100 <= last) & (opened + 140 >= first))
        cust, copy = np.repeat(known, 3), np.tile(np.arange(3), len(known))
        comes = copy == 0
        seen = opened[cust] - np.where(comes, 5 + (90 * u[cust]).astype(np.int64), 60 - (250 * u[cust]).astype(np.int64) * copy // 2)
        keep = seen >= self._world.spec.history_from
        cust, copy, comes, seen = cust[keep], copy[keep], comes[keep], seen[keep]
        path: list[Step] = [(np.full(len(cust), LEAD), 0, np.ones(len(cust), bool)), (np.full(len(cust), CONTACTED), 2, cust % 4 > 0),
                (np.where(comes, CONVERTED, LOST), np.where(comes, opened[cust] - seen, 30), np.ones(len(cust), bool))]
        case, day, stage = _reached(seen, path, first, last)
        cust, seen, is_won = cust[case], seen[case], stage == CONVERTED
        return table("prospect", {
            "prospect_id": c.ids("pp", cust * 4 + copy[case], 10), "dt": c.dates(day), "source": c.chosen(("public_domain", "referral", "street"), cust % 3),
            "channel_id": c.chosen(("wecom", "branch"), (cust % 3 > 0).astype(int)), "first_seen": c.dates(seen), "stage": c.chosen(STAGES, stage),
            "stage_ts": c.timestamps(day, np.full(len(day), 60000)), "is_consented": c.flags(cust % 5 > 0),
            "converted_customer_id": c.with_nulls(c.ids("c", cust, 8), ~is_won)})


def _reached(begun: Ints, path: list[Step], first: int, last: int) -> tuple[Ints, Ints, Ints]:
    """(case, day, stage) of the stages reached within the days; `path` holds stage, days after the beginning, whether it is reached."""
    parts = []
    for stage, lag, happens in path:
        day = begun + lag
        case = np.flatnonzero(happens & (day >= first) & (day <= last))
        parts.append((case, day[case], stage[case]))
    case, days, stages = (np.concatenate(column) for column in zip(*parts, strict=True))
    return case, days, stages
