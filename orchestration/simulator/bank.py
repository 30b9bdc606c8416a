"""Writes a simulated bank's extracts: its history once, then night after night."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

from features.errors import KehuError
from orchestration.simulator.contract import SPARSE
from orchestration.simulator.extracts import ENTITIES, LARGE, Extracts
from orchestration.simulator.nights import Nights
from orchestration.simulator.played import known_lines, play
from orchestration.simulator.spec import BankSpec, day_number, months_between
from orchestration.simulator.world import world_of
from orchestration.simulator.writer import Written, control_of, history_file, write_pieces

Progress = Callable[[str], None]


def write_history(spec: BankSpec, out: Path, progress: Progress | None = None) -> dict[str, int]:
    """Files of the months before `start` under `out/history`; returns rows by entity."""
    written = Written()
    if spec.history_months == 0:
        return written.by_entity
    world = world_of(spec, 0)
    first, last = spec.history_from, spec.start_day - 1
    for begin, end in months_between(first, last):
        extracts = Extracts(world, play(world, known_lines(world, None, end), end))
        for entity in LARGE:
            _history(spec, extracts, out, entity, begin, end, begin == first, written)
        world.forget_before(min(spec.block_of(end + 1), spec.block_of(spec.start_day)))
        if progress:
            progress(f"history to {date.fromordinal(end + 719163).isoformat()}")
    for entity in ENTITIES:
        if entity not in LARGE:
            _history(spec, extracts, out, entity, first, last, True, written)
    return written.by_entity


def _history(spec: BankSpec, extracts: Extracts, out: Path, entity: str, first: int, last: int, first_state: bool,
             written: Written) -> None:
    form = spec.history_format or spec.format
    path = history_file(out, entity, first, last, form)
    count = write_pieces(path, entity, extracts.pieces(entity, first, last, first_state), spec.encoding)
    if count or entity not in SPARSE:
        written.count(entity, count)
    else:
        path.unlink()
        control_of(path).unlink()


def write_days(spec: BankSpec, out: Path, from_date: date, to_date: date, lists: Path | None = None) -> dict[str, int]:
    """Files of the nights [from_date, to_date] under `out/<date>`, after the market's reaction to the lists in `lists`."""
    first, last = day_number(from_date), day_number(to_date)
    if first < spec.start_day or last < first:
        raise KehuError(f"nights {from_date} to {to_date} of a bank that starts on {spec.start}", "ask for dates from start on")
    world = world_of(spec, spec.block_of(spec.start_day))
    world.catch_up(spec.block_of(last), spec.block_of(spec.start_day))
    extracts = Extracts(world, play(world, known_lines(world, lists, last), last))
    written = Written()
    nights = Nights(spec, world, extracts, out, written)
    for day in range(first, last + 1):
        nights.write(day)
    return written.by_entity
