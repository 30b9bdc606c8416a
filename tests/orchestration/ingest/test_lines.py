"""The vectorised line scan against a line-by-line reading with the csv module, on random dirty text."""

import csv
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.ingest import lines

FIELDS = 3
LINE = st.text(alphabet='ab",\r文', max_size=12)
TEXT = st.tuples(st.lists(LINE, max_size=12), st.sampled_from(["\n", "\r\n"]), st.booleans()).map(
    lambda drawn: drawn[1].join(drawn[0]) + (drawn[1] if drawn[2] else ""))


def expected(line: str) -> bool:
    """Whether one line is a record of three fields, told by a state machine that reads character by character."""
    if "\r" in line:
        return False
    fields, state = 1, "start"
    for letter in line:
        if state == "quoted":
            state = "closing" if letter == '"' else "quoted"
        elif letter == ",":
            fields, state = fields + 1, "start"
        elif letter == '"':
            if state == "bare":
                return False
            state = "quoted"
        elif state == "closing":
            return False
        else:
            state = "bare"
    return state != "quoted" and fields == FIELDS


def physical(text: str) -> list[str]:
    found = text.split("\n")
    found = found[:-1] if found[-1] == "" else found
    return [line.removesuffix("\r") for line in found]


@settings(max_examples=600, deadline=None)
@given(TEXT)
def test_scan_equals_reading_letter_by_letter(text: str) -> None:
    found = lines.scan(text.encode(), ",", FIELDS)
    wanted = physical(text)
    assert len(found.starts) == len(wanted)
    assert [bool(fault == 0) for fault in found.faults] == [expected(line) for line in wanted]
    assert [bool(fault == lines.BLANK) for fault in found.faults] == [line == "" for line in wanted]


@settings(max_examples=300, deadline=None)
@given(TEXT)
def test_lines_called_whole_parse_to_the_same_fields_everywhere(text: str) -> None:
    data = text.encode()
    found = lines.scan(data, ",", FIELDS)
    whole = [data[a:b] for a, b, fault in zip(found.starts, found.ends, found.faults, strict=True) if fault == 0]
    if not whole:
        return
    table = pyarrow.csv.read_csv(
        pa.BufferReader(b"\n".join(whole) + b"\n"), pyarrow.csv.ReadOptions(column_names=list("xyz")),
        convert_options=pyarrow.csv.ConvertOptions(column_types=dict.fromkeys("xyz", pa.string())))
    by_csv = list(csv.reader([line.decode() for line in whole], strict=True))
    assert [list(row.values()) for row in table.to_pylist()] == by_csv


def test_chunks_make_no_difference(monkeypatch: Any) -> None:
    draw = np.random.default_rng(7)
    words = ["a,b,c", '"x,y",b,c', "a,b", '"open,b,c', "", "文,b,c", 'a"b,c,d', "a,b,c\r"]
    data = "\n".join(draw.choice(words, 5000)).encode()
    whole = lines.scan(data, ",", FIELDS)
    monkeypatch.setattr(lines, "CHUNK_BYTES", 777)
    parts = lines.scan(data, ",", FIELDS)
    for name in ("starts", "ends", "faults", "field_counts"):
        assert np.array_equal(getattr(whole, name), getattr(parts, name)), name
    assert set(whole.faults) == {0, lines.BLANK, lines.UNTERMINATED, lines.STRAY, lines.FIELDS}
