"""Physical lines of a delimited text: which are whole records, and why the others are not (vectorised)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

NEWLINE, RETURN, QUOTE = 10, 13, 34
CHUNK_BYTES = 32 << 20
MAX_LINE_BYTES = 1 << 20

Positions = NDArray[np.int64]


@dataclass(frozen=True)
class Lines:
    """Start and end (line end excluded) of every line, and its fault: 0 whole, else an index of FAULTS."""

    starts: Positions
    ends: Positions
    faults: NDArray[np.int8]
    field_counts: Positions
    is_last_cut: bool


FAULTS = ("", "blank", "unterminated quote", "quote inside an unquoted value or text after a closing quote",
          "carriage return inside the line", "fields", "not valid UTF-8, or characters lost before delivery",
          f"longer than {MAX_LINE_BYTES} bytes")
BLANK, UNTERMINATED, STRAY, CONTROL, FIELDS, ENCODING, LONG = range(1, 8)


def scan(data: bytes, delimiter: str, field_count: int) -> Lines:
    """Looks at every physical line; a record is one line (values hold no line breaks)."""
    buffer = np.frombuffer(data, np.uint8)
    newlines = np.flatnonzero(buffer == NEWLINE)
    is_cut = len(buffer) > 0 and buffer[-1] != NEWLINE
    stops = np.append(newlines, len(buffer)) if is_cut else newlines
    starts = np.concatenate([np.zeros(1, np.int64), stops[:-1] + 1]) if len(stops) else stops
    ends = stops - ((stops > starts) & (buffer[np.maximum(stops - 1, 0)] == RETURN))
    parts = [_scan_part(buffer, starts[a:b], ends[a:b], ord(delimiter)) for a, b in _parts(stops)]
    faults = np.concatenate([part[0] for part in parts]) if parts else np.zeros(0, np.int8)
    fields = np.concatenate([part[1] for part in parts]) if parts else np.zeros(0, np.int64)
    faults[(faults == 0) & (fields != field_count)] = FIELDS
    faults[ends - starts > MAX_LINE_BYTES] = LONG
    faults[ends == starts] = BLANK
    return Lines(starts, ends, faults, fields, bool(is_cut))


def _parts(stops: Positions) -> list[tuple[int, int]]:
    """Slices of lines of about CHUNK_BYTES, so that memory does not grow with the file."""
    if not len(stops):
        return []
    wanted = np.arange(CHUNK_BYTES, int(stops[-1]), CHUNK_BYTES)
    cuts = [0, *np.unique(np.searchsorted(stops, wanted)).tolist(), len(stops)]
    return [(a, b) for a, b in zip(cuts, cuts[1:], strict=False) if b > a]


def _scan_part(
    buffer: NDArray[np.uint8], starts: Positions, ends: Positions, delimiter: int
) -> tuple[NDArray[np.int8], Positions]:
    """Faults and field counts of some lines; positions inside are relative to the first line."""
    base = int(starts[0])
    piece = buffer[base:int(ends[-1])]
    first, last = starts - base, ends - base
    faults = np.zeros(len(first), np.int8)
    returns = np.flatnonzero(piece == RETURN)
    inside = returns[~np.isin(returns, last)]
    faults[_line_of(first, inside)] = CONTROL
    delimiters, quotes = np.flatnonzero(piece == delimiter), np.flatnonzero(piece == QUOTE)
    if len(quotes):
        delimiters = _check_quotes(piece, first, last, quotes, delimiters, delimiter, faults)
    counts = np.bincount(_line_of(first, delimiters), minlength=len(first)) + 1
    return faults, counts.astype(np.int64)


def _line_of(first: Positions, positions: Positions) -> Positions:
    return np.searchsorted(first, positions, side="right") - 1


def _check_quotes(
    piece: NDArray[np.uint8], first: Positions, last: Positions, quotes: Positions, delimiters: Positions,
    delimiter: int, faults: NDArray[np.int8],
) -> Positions:
    """Marks lines with odd or misplaced quotes in `faults`; returns the delimiters outside of quotes."""
    before = np.searchsorted(quotes, first)
    count = np.searchsorted(quotes, last) - before
    line = _line_of(first, quotes)
    is_opening = (np.arange(len(quotes)) - before[line]) % 2 == 0
    ahead = piece[np.maximum(quotes - 1, 0)]
    after = piece[np.minimum(quotes + 1, len(piece) - 1)]
    is_start, is_end = quotes == first[line], quotes + 1 == last[line]
    is_good = np.where(is_opening, is_start | (ahead == delimiter) | (ahead == QUOTE),
                       is_end | (after == delimiter) | (after == QUOTE))
    faults[count % 2 == 1] = UNTERMINATED
    faults[line[~is_good]] = STRAY
    home = _line_of(first, delimiters)
    inside = (np.searchsorted(quotes, delimiters) - before[home]) % 2 == 1
    return delimiters[~inside]
