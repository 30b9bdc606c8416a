"""Rows of the bank itself: products, branches, employees, channels; sent in full each time."""

import numpy as np
import pyarrow as pa

from orchestration.simulator import columns as c
from orchestration.simulator.catalogue import (
    BRANCH_COUNT,
    CHANNEL_IDS,
    CHANNELS,
    CITIES,
    EMPLOYEES_PER_BRANCH,
    FAMILIES,
    OTHER_PRODUCTS,
    PRODUCTS,
    SOLD_OUT_PRODUCT,
)
from orchestration.simulator.contract import table


def product_rows(day: int, sold_out_day: int) -> pa.Table:
    """The product list on a day; one product's quota ends on the planted day."""
    left = max(0, min(sold_out_day - day, 60)) * 200000
    first = [(p.product_id, FAMILIES[p.family], p.name_zh, p.name_en, p.risk_level, p.term_days, p.min_amount, p.expected_rate,
              p.margin_bp) for p in PRODUCTS]
    rows = first + [(i, family, zh, en, None, None, None, None, margin) for i, family, zh, en, margin in OTHER_PRODUCTS]
    cells = list(zip(*rows, strict=True))
    quota = np.array([left if row[0] == SOLD_OUT_PRODUCT else -1 for row in rows], dtype=np.int64)
    least = np.array([-1 if value is None else int(100 * value) for value in cells[6]], dtype=np.int64)
    names = ("product_id", "family", "name_zh", "name_en", "risk_level")
    return table("product", {name: pa.array(cells[i], pa.string()) for i, name in enumerate(names)} | {
        "dt": c.dates(np.full(len(rows), day)), "term_days": pa.array(cells[5], pa.int32()),
        "min_amount": c.money(least, least < 0), "expected_rate": pa.array(cells[7], pa.float64()),
        "margin_bp": pa.array(cells[8], pa.float64()), "quota_remaining": c.money(quota * 100, quota < 0),
        "on_sale": c.flags(quota != 0)})


def branch_rows(day: int) -> pa.Table:
    """Forty outlets under one head office."""
    number = np.arange(-1, BRANCH_COUNT)
    city, head = np.maximum(number, 0) % len(CITIES), number < 0
    return table("branch", {
        "branch_id": pa.concat_arrays([pa.array(["head"]), c.ids("b", number[1:], 3)]), "dt": c.dates(np.full(len(number), day)),
        "parent_id": c.chosen(("head",), np.where(head, -1, 0)), "level": c.whole(np.where(head, 1, 2)),
        "city_code": c.chosen([x for x, _ in CITIES], city), "city_tier": c.whole(np.array([t for _, t in CITIES])[city]),
        "county_flag": c.flags(city >= len(CITIES) - 3), "branch_type": c.chosen(("head_office", "outlet"), np.where(head, 0, 1)),
        "open_date": c.dates(np.full(len(number), 12787))})


def employee_rows(day: int) -> pa.Table:
    """Two relationship managers, a teller and a lobby manager in each branch."""
    number = np.arange(BRANCH_COUNT * EMPLOYEES_PER_BRANCH)
    return table("employee", {
        "employee_id": c.ids("e", number, 4), "dt": c.dates(np.full(len(number), day)),
        "role": c.chosen(("rm", "rm", "teller", "lobby"), number % EMPLOYEES_PER_BRANCH),
        "branch_id": c.ids("b", number // EMPLOYEES_PER_BRANCH, 3), "seat_capacity_day": c.whole(np.full(len(number), 60)),
        "hire_date": c.dates(13000 + number * 29)})


def channel_rows(day: int) -> pa.Table:
    """Nine channels; ids equal types."""
    count = len(CHANNELS)
    return table("channel", {
        "channel_id": pa.array(CHANNEL_IDS), "dt": c.dates(np.full(count, day)), "channel_type": pa.array(CHANNEL_IDS),
        "unit_cost_cny": c.money(np.array([round(100 * x[1]) for x in CHANNELS])), "daily_capacity": c.whole(np.array([x[2] for x in CHANNELS])),
        "allowed_hours": pa.array([x[3] for x in CHANNELS]), "needs_consent": c.flags(np.array([x[4] for x in CHANNELS]))})
