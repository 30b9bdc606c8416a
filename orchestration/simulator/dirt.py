"""Dirt as banks send it: bad rows added to good ones, rows that come late, files that are wrong and sent again."""

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from orchestration.simulator.contract import KEYS, SCHEMAS
from orchestration.simulator.spec import to_date
from orchestration.simulator.streams import Streams

LATE_RATE = 0.002
LATE_DAYS = 3
LATE_ENTITIES = ("transaction", "app_event")
ROW_ENTITIES = ("transaction", "app_event", "holding", "card")
RATES = {"exact_duplicate": 0.0005, "same_key_other_content": 0.00005, "malformed": 0.0002}
MALFORMED = ("bad_date", "bad_number", "missing_column", "bad_value", "control_character")
BROKEN = {
    # entity -> column and broken text of: a date, a number, a value list; the column that other content changes
    "transaction": (("ts", "2026-13-45 10:00:00"), ("amount_cny", "1O0.00"), ("dr_cr", "X"), ("amount_cny", "77.77")),
    "app_event": (("ts", "2026-02-30 25:61:00"), ("is_test", "maybe"), ("event_name", "loginn"), ("page_id", "elsewhere")),
    "holding": (("dt", "2026-00-10"), ("market_value_cny", "12.3.4"), ("auto_renew", "x"), ("cost_cny", "77.77")),
    "card": (("dt", "10/2026"), ("credit_limit_cny", "many"), ("status", "lost?"), ("used_limit_cny", "77.77"))}
AMOUNT_AT = {"transaction": "amount_cny", "holding": "market_value_cny"}
# Day of the month on which a file is: in another encoding, in CRLF, corrected the night after, sent twice, wrong, short.
GB18030_DAY, CRLF_DAY, CORRECTED_DAY, RESENT_DAY, HEADER_DAY, SHORT_DAY = 4, 7, 10, 13, 16, 19
CORRECTED_RATE = 0.005


@dataclass
class Soiled:
    """CSV bytes, and what a reader should find in them."""

    data: bytes
    added: dict[str, int] = field(default_factory=dict)
    added_cents: int = 0


def late_lag(streams: Streams, entity: str, rows: pa.Table) -> np.ndarray:
    """Days each row comes late: 0 for all but 0.2 %."""
    if entity not in LATE_ENTITIES or not rows.num_rows:
        return np.zeros(rows.num_rows, dtype=np.int64)
    ids = rows[KEYS[entity][0]]
    number = pc.cast(pc.utf8_slice_codeunits(ids, 1), pa.int64()).to_numpy()
    extra = pc.equal(pc.utf8_slice_codeunits(ids, 0, 1), "x").to_numpy(zero_copy_only=False)
    u = streams.sparse("dirt_file", number, extra.astype(np.int64) + 2 * LATE_ENTITIES.index(entity))
    return np.asarray(np.where(u < LATE_RATE, 1 + (LATE_DAYS * u / LATE_RATE).astype(np.int64), 0))


def soil(streams: Streams, entity: str, day: int, data: bytes) -> Soiled:
    """Adds duplicates, rows of a known key and malformed rows at the end of a CSV file; no good row is touched."""
    if entity not in ROW_ENTITIES:
        return Soiled(data)
    header, *lines = data.decode("utf-8").rstrip("\n").split("\n")
    if not lines:
        return Soiled(data)
    added: list[str] = []
    counts: dict[str, int] = {}
    cents = 0
    key = day * 16 + ROW_ENTITIES.index(entity)
    for number, (kind, rate) in enumerate(RATES.items()):
        for turn, which in enumerate(_chosen(streams, key * 4 + number, rate, len(lines))):
            name = MALFORMED[(day + turn) % len(MALFORMED)] if kind == "malformed" else kind
            line, amount = _bad_line(entity, header, lines[which], name)
            added.append(line)
            cents += amount
            counts[name] = counts.get(name, 0) + 1
    return Soiled(("\n".join([header, *lines, *added]) + "\n").encode(), counts, cents)


def _chosen(streams: Streams, key: int, rate: float, count: int) -> list[int]:
    """Positions of the rows that bad rows are made from; on average rate x count of them."""
    extra = streams.sparse("dirt_row", np.array([key]), 10 ** 6)[0]
    number = int(rate * count + extra)
    return [int(u * count) for u in streams.sparse("dirt_row", np.full(number, key), np.arange(number))]


def _bad_line(entity: str, header: str, line: str, kind: str) -> tuple[str, int]:
    """(line, cents that a control total counts for it)."""
    names, cells = header.split(","), line.split(",")
    bad_date, bad_number, bad_value, changed = BROKEN[entity]
    amount = AMOUNT_AT.get(entity)
    if kind not in ("exact_duplicate", "same_key_other_content"):
        cells[0] = "z" + cells[0][1:]
    column, text = {"bad_date": bad_date, "bad_number": bad_number, "bad_value": bad_value, "same_key_other_content": changed,
                    "control_character": (bad_date[0], "2026\x01")}.get(kind, (names[0], cells[0]))
    cells[names.index(column)] = text
    if kind == "missing_column":
        return ",".join(cells[:-1]), 0
    readable = amount is not None and kind != "bad_number"
    return ",".join(cells), round(float(cells[names.index(amount)]) * 100) if readable and amount else 0


def wrong_version(streams: Streams, day: int, rows: pa.Table) -> pa.Table:
    """Transactions as a faulty first delivery has them: every amount of 0.5 % of the rows ten times too large."""
    u = streams.sparse("dirt_row", np.arange(rows.num_rows), 2 ** 30 + day)
    wrong = pc.multiply(rows["amount_cny"], pa.scalar(10)).cast(pa.decimal128(18, 2))
    column = pc.if_else(pa.array(u < CORRECTED_RATE), wrong, rows["amount_cny"])
    return rows.set_column(SCHEMAS["transaction"].get_field_index("amount_cny"), "amount_cny", column)


def month_day_of(day: int) -> int:
    return to_date(day).day


def shortened(data: bytes) -> bytes:
    """A file that lost its last hundredth on the way, at least one row."""
    lines = data.split(b"\n")
    return b"\n".join(lines[:1 + max((len(lines) - 2) * 99 // 100 - 1, 0)]) + b"\n"
