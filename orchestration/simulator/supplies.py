"""Rows of what campaigns use up, of villages, and of what the front line says."""

import numpy as np
import pyarrow as pa

from orchestration.simulator import columns as c
from orchestration.simulator.catalogue import (
    BRANCH_COUNT,
    CHANNELS,
    CITIES,
    EMPLOYEES_PER_BRANCH,
    SOLD_OUT_PRODUCT,
)
from orchestration.simulator.contract import empty, table
from orchestration.simulator.dealings import BENEFIT_CENTS, BENEFITS
from orchestration.simulator.spec import to_date
from orchestration.simulator.streams import Streams
from orchestration.simulator.traits import VILLAGE_COUNT

COUNTIES = 3
VISIT_MINUTE_CENTS = 150
DISLIKED = {"is_parent": 0.35, "spend_preference": 0.30}
TAGS = ("lifecycle_stage", "is_payroll", "is_silver", "is_parent", "occupation_group", "rfm_segment", "channel_preference",
        "spend_preference", "is_dormant", "aum_tier")
USUAL_DISAGREE_RATE = 0.08


def village_rows(day: int) -> pa.Table:
    """Villages of the county branches on a day: lists, visits and grants grow month by month."""
    number = np.arange(VILLAGE_COUNT)
    outlets = np.array([b for b in range(BRANCH_COUNT) if b % len(CITIES) >= len(CITIES) - COUNTIES])
    months = (to_date(day).year - 2024) * 12 + to_date(day).month - 1
    household = 80 + number * 37 % 300
    listed = (household * np.minimum(0.5 + 0.01 * months, 0.95)).astype(np.int64)
    visited = (listed * np.clip(0.4 + 0.012 * months + 0.01 * (number % 5), 0, 0.95)).astype(np.int64)
    granted = (visited * np.clip(0.3 + 0.008 * months + 0.02 * (number % 7), 0, 0.9)).astype(np.int64)
    return table("village", {
        "village_id": c.ids("vl", number, 3), "dt": c.dates(np.full(VILLAGE_COUNT, day)), "branch_id": c.ids("b", outlets[number % len(outlets)], 3),
        "household_count": c.whole(household), "listed_count": c.whole(listed), "visited_count": c.whole(visited),
        "granted_count": c.whole(granted), "drawn_count": c.whole(granted * 3 // 5)})


def quota_rows(day: int, sold_out_day: int) -> pa.Table:
    """What is left of the product that sells out, and of each benefit this month."""
    left = np.full(len(BENEFITS), 1000 * (32 - to_date(day).day) // 31)
    remaining = np.append(max(0, min(sold_out_day - day, 60)) * 200000, left)
    kind = np.arange(len(remaining)) > 0
    return table("quota", {
        "object_type": c.chosen(("product", "benefit"), kind.astype(int)), "object_id": pa.array([SOLD_OUT_PRODUCT, *BENEFITS]),
        "branch_id": c.constant("all", len(remaining)), "dt": c.dates(np.full(len(remaining), day)),
        "remaining": c.money(100 * remaining.astype(np.int64)), "unit": c.chosen(("CNY", "piece"), kind.astype(int))})


def cost_rows(day: int) -> pa.Table:
    """Unit costs of channels, counter minutes and benefits."""
    cents = np.array([*(round(100 * channel[1]) for channel in CHANNELS), VISIT_MINUTE_CENTS, *BENEFIT_CENTS])
    kinds = ["channel"] * len(CHANNELS) + ["visit_minute"] + ["benefit"] * len(BENEFITS)
    return table("cost", {
        "object_type": pa.array(kinds), "object_id": pa.array([*(channel[0] for channel in CHANNELS), "all", *BENEFITS]),
        "dt": c.dates(np.full(len(cents), day)), "unit_cost_cny": c.money(cents)})


def feedback_rows(streams: Streams, customers: int, first: int, last: int) -> pa.Table:
    """One or two remarks a day on tags, by employees; some tags are often called wrong."""
    day = np.repeat(np.arange(first, last + 1), 2)
    number = day * 10 + np.tile([0, 1], last - first + 1)
    kept = streams.sparse("feedback", number, 0) < 0.7
    number, day = number[kept], day[kept]
    if not len(number):
        return empty("feedback")
    u = [streams.sparse("feedback", number, k) for k in (1, 2, 3, 4)]
    tag = (len(TAGS) * u[0]).astype(np.int64)
    wrong = u[1] < np.array([DISLIKED.get(name, USUAL_DISAGREE_RATE) for name in TAGS])[tag]
    return table("feedback", {
        "feedback_id": c.ids("fb", number, 7), "employee_id": c.ids("e", (BRANCH_COUNT * EMPLOYEES_PER_BRANCH * u[2]).astype(np.int64), 4),
        "ts": c.timestamps(day, np.full(len(day), 64000)), "object_type": c.constant("tag", len(day)), "object_id": c.chosen(TAGS, tag),
        "verdict": c.chosen(("agree", "disagree"), wrong.astype(int)),
        "customer_id": c.ids("c", (min(customers, 400) * u[3]).astype(np.int64) // 11 * 11, 8),
        "text": c.chosen(("\u4e0e\u5ba2\u6237\u60c5\u51b5\u4e0d\u7b26",), wrong.astype(int) - 1)})
