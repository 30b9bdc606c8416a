"""Rows of the people side: customers, accounts, branches, employees, managers, consents, complaints."""

from collections.abc import Callable
from functools import cached_property

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from orchestration.simulator import columns as c
from orchestration.simulator.catalogue import (
    CHANNEL_IDS,
    CITIES,
    CONSENT_RATES,
    EDUCATIONS,
    EMPLOYEES_PER_BRANCH,
    MARITALS,
    OCCUPATIONS,
)
from orchestration.simulator.contract import table
from orchestration.simulator.people import county_flags
from orchestration.simulator.streams import pick
from orchestration.simulator.traits import TITLES, VILLAGE_STAGES
from orchestration.simulator.world import World

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]
RISK_CYCLE = 430
CONSENT_FLIP_YEAR = 0.03
COMPLAINTS_YEAR = 0.008
TOPICS = ("service", "fee", "product", "app", "marketing_call")


class Parties:
    """Rows of one bank by entity and days; `first_state` adds what existed before the first day."""

    def __init__(self, world: World) -> None:
        self._world, self._people, self._streams = world, world.people, world.streams
        n = self._people.count
        self._has_risk = (self._streams.dense("risk_has", n) < 0.35 + 0.5 * (self._people.aum >= 1000)) & (self._people.age >= 18)
        self._risk_phase = (RISK_CYCLE * self._streams.dense("risk_date", n)).astype(np.int64)
        self._complaint_day = world.spec.history_from + (
            -np.log(self._streams.dense("complaint_day", n)) / COMPLAINTS_YEAR * 365).astype(np.int64)

    def customer(self, first: int, last: int, first_state: bool) -> pa.Table:
        """A row at opening and at each new risk assessment."""
        day, cust = self._changes(first, last, first_state, lambda d: self._has_risk & ((d - self._risk_phase) % RISK_CYCLE == 0))
        people, n = self._people, self._people.count
        assessed = np.maximum(day - (day - self._risk_phase[cust]) % RISK_CYCLE, people.open_day[cust])
        no_risk = ~self._has_risk[cust]
        draw = {name: self._streams.dense(name, n)[cust] for name in ("gender", "education", "marital", "aml", "deceased")}
        return table("customer", {
            "customer_id": c.ids("c", cust, 8), "dt": c.dates(day), "birth_date": c.dates(people.birth_day[cust]),
            "gender": c.chosen(("F", "M"), (draw["gender"] < 0.49).astype(int)), "id_type": c.constant("id_card", len(cust)),
            "occupation_code": c.chosen(OCCUPATIONS, people.occupation[cust]),
            "education": c.chosen(EDUCATIONS, pick(draw["education"], [0.4, 0.25, 0.28, 0.07])),
            "marital_declared": c.chosen(MARITALS, pick(draw["marital"], [0.25, 0.55, 0.07, 0.13])),
            "city_code": c.chosen([city for city, _ in CITIES], people.city[cust]),
            "county_flag": c.flags(county_flags(people)[cust]), "open_date": c.dates(people.open_day[cust]),
            "employee_flag": c.flags(people.is_staff[cust]), "deceased_flag": c.flags(draw["deceased"] < 0.001),
            "aml_status": c.chosen(("normal", "watch", "frozen"), pick(draw["aml"], [0.996, 0.003, 0.001])),
            "legal_entity": c.constant("head", len(cust)),
            "risk_class": c.chosen(("C1", "C2", "C3", "C4", "C5"), people.risk_class[cust], no_risk),
            "risk_assessed_date": c.dates(assessed, no_risk), "household_id": c.ids("hh", people.household[cust], 8),
            **self._contracts(cust, day)})

    def _contracts(self, cust: Ints, day: Ints) -> dict[str, pa.Array]:
        """Titles, villages and electronic contracts; whether messages are allowed changes with the risk test's rows only."""
        traits = self._world.traits
        turn = np.maximum((day - self._risk_phase[cust]) // RISK_CYCLE, 0) * self._has_risk[cust]
        allowed = self._streams.sparse("push_flip", cust, turn) < traits.push_odds[cust]
        return {
            "title": c.chosen(TITLES, traits.title[cust]), "legal_rep_flag": c.flags(traits.is_legal_rep[cust]),
            "village_id": c.with_nulls(c.ids("vl", np.maximum(traits.village[cust], 0), 3), traits.village[cust] < 0),
            "village_stage": c.chosen(VILLAGE_STAGES, traits.village_stage[cust]), "mobile_contract": c.flags(traits.is_mobile[cust]),
            "sms_alert_contract": c.flags(traits.has_sms_alert[cust]), "push_token_valid": c.flags(traits.has_push_token[cust]),
            "push_allowed": c.flags(allowed)}

    def account(self, first: int, last: int, first_state: bool) -> pa.Table:
        """Each customer's demand account; of some, securities custody or a private pension account from the same day."""
        day, cust = self._changes(first, last, first_state, None)
        traits, single = self._world.traits, self._world.planted.single_product
        second = [np.flatnonzero(mask[cust] & ~single[cust]) for mask in (traits.has_custody, traits.has_pension_account)]
        parts = [(cust, day, "a", "D001"), *((cust[s], day[s], prefix, product)
                                             for s, prefix, product in zip(second, "sg", ("S001", "P001"), strict=True))]
        return pa.concat_tables([self._account_table(*part) for part in parts])

    def _account_table(self, cust: Ints, day: Ints, prefix: str, product: str) -> pa.Table:
        people = self._people
        return table("account", {
            "account_id": c.ids(prefix, cust, 8), "dt": c.dates(day), "customer_id": c.ids("c", cust, 8),
            "product_id": c.constant(product, len(cust)), "branch_id": c.ids("b", people.branch[cust], 3),
            "open_date": c.dates(people.open_day[cust]), "status": c.constant("open", len(cust)),
            "is_salary_acct": c.flags(people.is_payroll[cust] & (prefix == "a")), "is_pension_acct": c.flags(people.is_pension[cust] & (prefix == "a")),
            "ccy": c.constant("CNY", len(cust))})

    def rm_assignment(self, first: int, last: int, first_state: bool) -> pa.Table:
        """Customers who brought 200,000 or more have a manager of their branch from the opening day on."""
        day, cust = self._changes(first, last, first_state, None)
        mine = self._people.aum[cust] >= 2e5
        day, cust = day[mine], cust[mine]
        employee = self._people.branch[cust] * EMPLOYEES_PER_BRANCH + (self._streams.dense("rm", self._people.count)[cust] < 0.5)
        return table("rm_assignment", {
            "customer_id": c.ids("c", cust, 8), "employee_id": c.ids("e", employee, 4),
            "valid_from": c.dates(self._people.open_day[cust]), "dt": c.dates(day), "role": c.constant("rm", len(cust))})

    def consent(self, first: int, last: int, first_state: bool) -> pa.Table:
        """Nine channels per customer, flips later on, and the do-not-contact list as channel `all`."""
        day, cust = self._changes(first, last, first_state, None)
        listed = self._streams.dense("dnc", self._people.count)[cust] < 0.02
        channels = len(CHANNEL_IDS)
        rows = [(np.repeat(cust, channels), np.repeat(day, channels), np.tile(np.arange(channels), len(cust))),
                (cust[listed], day[listed], np.full(int(listed.sum()), channels))]
        opened = self._people.open_day[:, None]
        who, channel = np.nonzero((self._flip_day >= first) & (self._flip_day <= last) & (self._flip_day > opened))
        rows.append((who, self._flip_day[who, channel], channel))
        cust, day, channel = (np.concatenate(column) for column in zip(*rows, strict=True))
        flip = self._flip_day[cust, np.minimum(channel, channels - 1)]
        keep = ~((day == flip) & (flip > self._people.open_day[cust]) & (channel < channels)
                 & (np.arange(len(cust)) < len(rows[0][0])))
        return self._consent_table(cust[keep], day[keep], channel[keep])

    def _consent_table(self, cust: Ints, day: Ints, channel: Ints) -> pa.Table:
        inside = np.minimum(channel, len(CHANNEL_IDS) - 1)
        base = self._streams.sparse("consent", cust, inside) < np.asarray(CONSENT_RATES)[inside]
        flipped = (self._flip_day[cust, inside] <= day) & (self._flip_day[cust, inside] > self._people.open_day[cust])
        granted = (base ^ flipped) & (channel < len(CHANNEL_IDS))
        opted = self._streams.dense("optout", self._people.count)[cust] < 0.012
        return table("consent", {
            "customer_id": c.ids("c", cust, 8), "purpose": c.constant("marketing", len(cust)),
            "channel": c.chosen((*CHANNEL_IDS, "all"), channel), "dt": c.dates(day),
            "status": c.chosen(("refused", "granted"), granted.astype(int)), "valid_from": c.dates(day),
            "is_personalised_optout": c.flags(opted), "source": c.constant("branch", len(cust))})

    def complaint(self, first: int, last: int, first_state: bool) -> pa.Table:
        """One row when it is made, one when it is closed."""
        n = self._people.count
        wait = 3 + (40 * self._streams.dense("complaint_close", n)).astype(np.int64)
        made = self._complaint_day
        rows = []
        for day, is_closed in ((made, 0), (made + wait, 1)):
            cust = np.flatnonzero((day >= first) & (day <= last) & (made > self._people.open_day))
            rows.append((cust, day[cust], np.full(len(cust), is_closed)))
        cust, day, closed = (np.concatenate(column) for column in zip(*rows, strict=True))
        topic = pick(self._streams.dense("complaint_topic", n)[cust], [0.3, 0.2, 0.2, 0.15, 0.15])
        return table("complaint", {
            "complaint_id": c.ids("k", cust, 9), "dt": c.dates(day), "customer_id": c.ids("c", cust, 8),
            "ts": c.timestamps(made[cust], 36000 + cust % 20000), "topic": c.chosen(TOPICS, topic), "severity": c.whole(1 + cust % 3),
            "closed_ts": c.timestamps(made[cust] + wait[cust], 50000 + cust % 9000, closed == 0)})

    def _changes(self, first: int, last: int, first_state: bool, changed: Callable[[int], Mask] | None) -> tuple[Ints, Ints]:
        """(day, customer) of first states, openings and later changes."""
        opened = self._people.open_day
        pairs = [(np.full(int((opened < first).sum()), first), np.flatnonzero(opened < first))] if first_state else []
        new = np.flatnonzero((opened >= first) & (opened <= last))
        pairs.append((opened[new], new))
        for when in range(first + int(first_state), last + 1):
            if changed is None:
                break
            cust = np.flatnonzero(changed(when) & (opened < when))
            pairs.append((np.full(len(cust), when), cust))
        days, customers = (np.concatenate(column) for column in zip(*pairs, strict=True))
        return days, customers

    @cached_property
    def _flip_day(self) -> Ints:
        """Day on which each consent flips once, shape (customers, channels)."""
        n, channels = self._people.count, len(CHANNEL_IDS)
        cust, channel = np.divmod(np.arange(n * channels), channels)
        u = self._streams.sparse("consent_flip", cust, channel)
        flips = self._world.spec.history_from + 1 + (-np.log(u) / CONSENT_FLIP_YEAR * 365).astype(np.int64)
        return flips.reshape(n, channels)
