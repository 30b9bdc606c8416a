"""One night's delivery: every entity's file, with the dirt of that date and what is sent again from the night before."""

import gzip
import json
from pathlib import Path

import pyarrow as pa

from orchestration.simulator import dirt
from orchestration.simulator.contract import SPARSE
from orchestration.simulator.extracts import ENTITIES, Extracts
from orchestration.simulator.spec import BankSpec, compact, to_date
from orchestration.simulator.world import World
from orchestration.simulator.writer import (
    Written,
    amount_cents,
    csv_bytes,
    night_file,
    write_control,
    write_table,
)


class Nights:
    """Writes nights in any order; a night's bytes depend on the bank, its date and the lists known by then."""

    def __init__(self, spec: BankSpec, world: World, extracts: Extracts, out: Path, written: Written) -> None:
        self._spec, self._world, self._extracts, self._out, self._written = spec, world, extracts, out, written
        self._cache: dict[tuple[str, int], pa.Table] = {}
        self._ledger: list[dict[str, object]] = []

    def write(self, day: int) -> None:
        """All files of a night, and its page of the truth's ledger."""
        self._ledger = []
        self._cache = {key: rows for key, rows in self._cache.items() if key[1] >= day - dirt.LATE_DAYS - 1}
        for entity in ENTITIES:
            self._entity(entity, day)
        if self._spec.dirt and day > self._spec.start_day:
            self._second_copies(day)
        page = self._out / "truth" / "ledger" / f"{to_date(day).isoformat()}.json"
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(json.dumps(self._ledger, indent=1) + "\n")

    def _entity(self, entity: str, day: int) -> None:
        rows = self._sent(entity, day)
        if entity in SPARSE and not rows.num_rows:
            return
        when = dirt.month_day_of(day)
        if not self._spec.dirt or self._spec.format == "parquet":
            write_table(night_file(self._out, entity, day, self._spec.format), entity, rows, self._spec.encoding)
            self._enter(night_file(self._out, entity, day, self._spec.format), entity, rows.num_rows, {})
            return
        if entity == "transaction" and when == dirt.CORRECTED_DAY:
            rows = dirt.wrong_version(self._world.streams, day, rows)
        self._dirty_file(entity, day, rows, when)

    def _dirty_file(self, entity: str, day: int, rows: pa.Table, when: int) -> None:
        """A CSV with bad rows; on some dates in another encoding, with CRLF, a wrong header or rows missing."""
        path = night_file(self._out, entity, day, "csv")
        soiled = dirt.soil(self._world.streams, entity, day, csv_bytes(rows))
        data, encoding = soiled.data, self._spec.encoding
        count, problem = rows.num_rows + sum(soiled.added.values()), ""
        if entity == "product" and when == dirt.GB18030_DAY:
            encoding = "gb18030"
        if entity == "account" and when == dirt.CRLF_DAY:
            data = data.replace(b"\n", b"\r\n")
        if entity == "card" and when == dirt.HEADER_DAY:
            data, problem = data.replace(b"card_id,dt,", b"dt,card_id,", 1), "wrong_header"
        if entity == "app_event" and when == dirt.SHORT_DAY:
            data, problem = dirt.shortened(data), "short_of_control_count"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data.decode("utf-8").encode(encoding))
        write_control(path, entity, count, amount_cents(rows, entity) + soiled.added_cents)
        self._enter(path, entity, data.count(b"\n") - 1 - sum(soiled.added.values()), soiled.added, problem)

    def _second_copies(self, day: int) -> None:
        """What the night before got wrong comes again; one good file comes twice under another name."""
        before, when = day - 1, dirt.month_day_of(day - 1)
        if self._spec.format == "parquet":
            return
        for entity, on, version in (("transaction", dirt.CORRECTED_DAY, 2), ("card", dirt.HEADER_DAY, 1),
                                    ("app_event", dirt.SHORT_DAY, 1)):
            if when == on:
                rows = self._sent(entity, before)
                name = night_file(self._out, entity, before, "csv", version).name
                path = night_file(self._out, entity, day, "csv").with_name(name)
                write_table(path, entity, rows, self._spec.encoding)
                self._enter(path, entity, rows.num_rows, {})
        if when == dirt.RESENT_DAY:
            self._resend("loan", before, day)

    def _resend(self, entity: str, before: int, day: int) -> None:
        """The same content, packed: nothing of it may be loaded again."""
        path = night_file(self._out, entity, day, "csv").with_name(f"{entity}_{compact(before)}.v1.csv.gz")
        rows = self._sent(entity, before)
        path.write_bytes(gzip.compress(csv_bytes(rows, self._spec.encoding), mtime=0))
        write_control(path, entity, rows.num_rows, amount_cents(rows, entity))
        self._enter(path, entity, rows.num_rows, {}, "resent")

    def _sent(self, entity: str, day: int) -> pa.Table:
        """Rows delivered for a night: its own but the late ones, and late ones of the days before."""
        rows = self._rows(entity, day)
        if not self._spec.dirt or entity not in dirt.LATE_ENTITIES:
            return rows
        parts = [rows.filter(pa.array(dirt.late_lag(self._world.streams, entity, rows) == 0))]
        for lag in range(1, dirt.LATE_DAYS + 1):
            if day - lag >= self._spec.start_day:
                old = self._rows(entity, day - lag)
                parts.append(old.filter(pa.array(dirt.late_lag(self._world.streams, entity, old) == lag)))
        return pa.concat_tables(parts)

    def _rows(self, entity: str, day: int) -> pa.Table:
        if (entity, day) not in self._cache:
            first_state = self._spec.history_months == 0 and day == self._spec.start_day
            self._cache[entity, day] = self._extracts.rows(entity, day, day, first_state)
        return self._cache[entity, day]

    def _enter(self, path: Path, entity: str, good: int, added: dict[str, int], problem: str = "") -> None:
        """One ledger entry: what a right reader reads, loads and rejects."""
        read = good + sum(added.values())
        self._ledger.append({"file": f"{path.parent.name}/{path.name}", "entity": entity, "read": read,
                             "loaded": 0 if problem else good, "rejected": {} if problem else added,
                             "problem": problem or None})
        self._written.count(entity, read)

