"""Rows that come back from the channels: contacts, responses, and the complaints and refusals they cause."""

import zlib

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from orchestration.simulator import columns as c
from orchestration.simulator.catalogue import (
    CHANNEL_IDS,
    CHANNELS,
    EMPLOYEES_PER_BRANCH,
    PRODUCT_FAMILY,
    WEALTH,
)
from orchestration.simulator.contract import empty, table
from orchestration.simulator.effects import effect_of
from orchestration.simulator.lines import Lines
from orchestration.simulator.overlay import ExtraContracts
from orchestration.simulator.reaction import INDUCED, Answers
from orchestration.simulator.timeline import Timeline
from orchestration.simulator.world import World

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]
INTERESTED, APPOINTMENT, REFUSED, NO_ANSWER, NEUTRAL = range(5)
DISPOSITIONS = ("interested", "appointment", "refused", "no_answer", "neutral")
CLICK, ASK, PURCHASE, REFUSE, COMPLAIN, OPTOUT = range(6)
RESPONSES = ("click", "appointment", "purchase", "refuse", "complaint", "optout")
CALL_CHANNELS = tuple(CHANNEL_IDS.index(name) for name in ("branch", "rm_phone", "remote_rm", "ai_call"))
RM_CHANNELS = tuple(CHANNEL_IDS.index(name) for name in ("branch", "rm_phone", "remote_rm", "wecom"))
COMPLAINT_RATE = 5e-5
OPTOUT_RATES = (0.001, 0.03)
ATTRIBUTION_DAYS = 30


class ContactRows:
    """Contacts and responses of played lines; every purchase within 30 days counts as a (gross) response."""

    def __init__(self, world: World, lines: Lines, answers: Answers, timeline: Timeline, extra: ExtraContracts) -> None:
        self._world, self._lines, self._answers, self._timeline = world, lines, answers, timeline
        self._extra = extra
        code = np.array([zlib.crc32(name.encode()) % 10 ** 5 for name in lines.strategy_ids] or [0], dtype=np.int64)
        self._number = (lines.as_of * 10 ** 8 + lines.cust) * 10 ** 5 + code[lines.strategy]
        self._disposition = self._draw_disposition()

    def _draw_disposition(self) -> Ints:
        lines, answers, people = self._lines, self._answers, self._world.people
        u = self._world.streams.sparse("contact_disposition", lines.cust, lines.draw_key())
        willing = np.where(answers.kind == INDUCED, np.where(u < 0.7, INTERESTED, APPOINTMENT), np.select(
            [people.resents[lines.cust], u < 0.06, u < 0.09, u < 0.30], [REFUSED, INTERESTED, APPOINTMENT, REFUSED], NEUTRAL))
        return np.asarray(np.where(answers.is_reached, willing, NO_ANSWER))

    def contact(self, first: int, last: int) -> pa.Table:
        """One row per line on the day it was carried out."""
        lines, answers = self._lines, self._answers
        rows = np.flatnonzero((answers.contact_day >= first) & (answers.contact_day <= last))
        cust, channel, day = lines.cust[rows], lines.channel[rows], answers.contact_day[rows]
        streams = self._world.streams
        talk = (20 + 260 * streams.sparse("contact_talk", cust, self._number[rows]) ** 2).astype(np.int64)
        reached, by_call = answers.is_reached[rows], np.isin(channel, CALL_CHANNELS)
        cost = np.array([round(100 * row[1]) for row in CHANNELS])[channel]
        employee = self._world.people.branch[cust] * EMPLOYEES_PER_BRANCH + cust % 2
        return table("contact", {
            "contact_id": c.ids("n", self._number[rows], 18), "list_id": c.chosen(lines.list_ids, lines.list_number[rows]),
            "strategy_id": c.chosen(lines.strategy_ids, lines.strategy[rows]), "customer_id": c.ids("c", cust, 8),
            "channel_id": c.chosen(CHANNEL_IDS, channel),
            "employee_id": c.with_nulls(c.ids("e", employee, 4), ~np.isin(channel, RM_CHANNELS)),
            "planned_ts": c.timestamps(lines.as_of[rows] + 1, np.full(len(rows), 9 * 3600)),
            "ts": c.timestamps(day, answers.contact_second[rows]), "delivered": c.flags(reached | by_call),
            "connected": c.flags(reached, ~by_call & ~reached), "talk_sec": c.whole(np.where(reached, talk, 0), ~by_call),
            "disposition": c.chosen(DISPOSITIONS, self._disposition[rows]), "script_id": c.chosen(lines.script_ids or [""], lines.script[rows]),
            "cost_cny": c.money(cost), "message_class": c.constant("marketing", len(rows)), "attempt_no": c.whole(np.ones(len(rows), np.int64))})

    def response(self, first: int, last: int) -> pa.Table:
        """What customers did after a contact."""
        parts = [empty("response")]
        for kind, rows, day, sec, cents in self._responses():
            inside = (day >= first) & (day <= last)
            rows, day, sec, cents = rows[inside], day[inside], sec[inside], cents[inside]
            parts.append(table("response", {
                "response_id": c.ids(f"p{kind}", self._number[rows], 18), "customer_id": c.ids("c", self._lines.cust[rows], 8),
                "strategy_id": c.chosen(self._lines.strategy_ids, self._lines.strategy[rows]), "ts": c.timestamps(day, sec),
                "response_type": c.constant(RESPONSES[kind], len(rows)), "amount_cny": c.money(cents, cents == 0),
                "attributed_contact_id": c.ids("n", self._number[rows], 18)}))
        return pa.concat_tables(parts)

    def _responses(self) -> list[tuple[int, Ints, Ints, Ints, Ints]]:
        """(kind, lines, day, second, cents) of each response type."""
        answers, found = self._answers, []
        digital = ~np.isin(self._lines.channel, CALL_CHANNELS)
        click = answers.is_reached & digital & (self._draw("contact_click") < 0.08)
        simple = ((CLICK, click), (ASK, self._disposition == APPOINTMENT), (REFUSE, self._disposition == REFUSED),
                  (COMPLAIN, self._complains()), (OPTOUT, self._opts_out()))
        for kind, mask in simple:
            rows = np.flatnonzero(mask)
            found.append((kind, rows, answers.contact_day[rows], answers.contact_second[rows] + 300, np.zeros(len(rows), np.int64)))
        rows, day, cents = self._purchases()
        return [*found, (PURCHASE, rows, day, 50000 + 0 * rows, cents)]

    def _purchases(self) -> tuple[Ints, Ints, Ints]:
        """First purchase of the sold family after each contact, within 30 days, whatever caused it."""
        lines, answers, book = self._lines, self._answers, self._world.book
        rows_found, day_found, cents_found = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
        for strategy in np.unique(lines.strategy):
            rows = np.flatnonzero(lines.strategy == strategy)
            family = self._family(rows)
            after, cust = answers.contact_day[rows], lines.cust[rows]
            position, day = self._timeline.next_purchase(family, cust, after)
            buys = answers.kind_buys()[rows]
            day = np.where(buys, np.minimum(day, answers.buy_day[rows]), day)
            own = buys & (day == answers.buy_day[rows])
            cents = np.where(own, answers.cents[rows], book.cents[np.maximum(position, 0)])
            hit = day <= after + ATTRIBUTION_DAYS
            rows_found.append(rows[hit])
            day_found.append(day[hit])
            cents_found.append(cents[hit])
        return np.concatenate(rows_found), np.concatenate(day_found), np.concatenate(cents_found)

    def _family(self, rows: Ints) -> int:
        product = self._lines.product[rows[0]]
        name = self._lines.strategy_ids[self._lines.strategy[rows[0]]]
        return effect_of(name, self._world.spec.effects, int(PRODUCT_FAMILY[product]) if product >= 0 else WEALTH).family

    def _draw(self, stream: str) -> NDArray[np.float64]:
        return self._world.streams.sparse(stream, self._lines.cust, self._lines.draw_key())

    def _complains(self) -> Mask:
        return np.asarray(self._answers.is_reached & (self._draw("contact_complaint") < COMPLAINT_RATE))

    def _opts_out(self) -> Mask:
        rate = np.asarray(OPTOUT_RATES)[self._world.people.resents[self._lines.cust].astype(int)]
        return np.asarray(self._answers.is_reached & (self._draw("contact_optout") < rate))

    def more(self, entity: str, first: int, last: int) -> list[pa.Table]:
        """Rows of other entities that contacts cause: refused channels and complaints."""
        day = self._answers.contact_day
        inside = (day >= first) & (day <= last)
        if entity == "consent":
            return [self._refusals(np.flatnonzero(inside & self._opts_out()))]
        return [self._complaints(np.flatnonzero(inside & self._complains()))] if entity == "complaint" else []

    def _refusals(self, rows: Ints) -> pa.Table:
        """One per customer, channel and day."""
        key = (self._lines.cust[rows] * 16 + self._lines.channel[rows]) * 10 ** 6 + self._answers.contact_day[rows]
        rows = rows[np.unique(key, return_index=True)[1]]
        day = self._answers.contact_day[rows]
        return table("consent", {
            "customer_id": c.ids("c", self._lines.cust[rows], 8), "purpose": c.constant("marketing", len(rows)),
            "channel": c.chosen(CHANNEL_IDS, self._lines.channel[rows]), "dt": c.dates(day),
            "status": c.constant("refused", len(rows)), "valid_from": c.dates(day),
            "is_personalised_optout": c.flags(self._world.streams.dense("optout", self._world.people.count)[self._lines.cust[rows]] < 0.012),
            "source": c.constant("contact", len(rows))})

    def _complaints(self, rows: Ints) -> pa.Table:
        day = self._answers.contact_day[rows]
        return table("complaint", {
            "complaint_id": c.ids("q", self._number[rows], 18), "dt": c.dates(day), "customer_id": c.ids("c", self._lines.cust[rows], 8),
            "ts": c.timestamps(day, np.full(len(rows), 72000)), "topic": c.constant("marketing_call", len(rows)),
            "severity": c.whole(np.full(len(rows), 2)), "linked_contact_id": c.ids("n", self._number[rows], 18)})
