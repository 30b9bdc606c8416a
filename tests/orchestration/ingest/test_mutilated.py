"""Fifty and more mutilated extracts: each loads what is sound and says truly why the rest is not."""

import gzip
import io
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

NAME = "2025-01-02/transaction_20250102.csv"
ROWS = 40
TOTAL = f"{sum(range(1, ROWS + 1)) + ROWS * 0.5:.2f}"
TRUE_CONTROL = {"rows": ROWS, "amount_column": "amount_cny", "amount_total": TOTAL}


@dataclass(frozen=True)
class Case:
    """What is done to a good file of forty rows, and what must become of it."""

    mend: Callable[[bytes], bytes]
    reason: str = ""
    loaded: int = ROWS
    rejected: int = 0
    name: str = NAME
    control: Any = None


def lines(change: Callable[[list[bytes]], object]) -> Callable[[bytes], bytes]:
    """A change of the list of lines (0 is the header)."""
    def mend(data: bytes) -> bytes:
        found = data.split(b"\n")
        change(found)
        return b"\n".join(found)
    return mend


def line(number: int, change: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    def set_line(found: list[bytes]) -> None:
        found[number] = change(found[number])
    return lines(set_line)


def swap(old: bytes, new: bytes, number: int = 5) -> Callable[[bytes], bytes]:
    """Replaces text in one line."""
    def change(text: bytes) -> bytes:
        assert old in text
        return text.replace(old, new, 1)
    return line(number, change)


def same(data: bytes) -> bytes:
    return data


def zipped(data: bytes, names: tuple[str, ...] = ("a.csv",)) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name in names:
            archive.writestr(name, data)
    return target.getvalue()


def parquet(data: bytes, change: Callable[[pa.Table], pa.Table] = lambda table: table) -> bytes:
    import pyarrow.csv
    table = pyarrow.csv.read_csv(io.BytesIO(data))
    columns = {name: table[name].cast(pa.string()) for name in table.column_names}
    columns["amount_cny"] = table["amount_cny"].cast(pa.decimal128(18, 2))
    columns["ts"] = table["ts"].cast(pa.timestamp("us"))
    target = io.BytesIO()
    pq.write_table(change(pa.table(columns)), target)
    return target.getvalue()


def one_bad(mend: Callable[[bytes], bytes], reason: str, **more: Any) -> Case:
    return Case(mend, reason, ROWS - 1, 1, **more)


def refused(mend: Callable[[bytes], bytes], reason: str, rejected: int = ROWS, **more: Any) -> Case:
    return Case(mend, reason, 0, rejected, **more)


P = NAME.replace(".csv", ".parquet")
CASES = {
    # what is odd but whole
    "untouched": Case(same),
    "true control": Case(same, control=TRUE_CONTROL),
    "bom": Case(lambda d: b"\xef\xbb\xbf" + d),
    "crlf": Case(lambda d: d.replace(b"\n", b"\r\n")),
    "crlf in some lines": Case(lines(
        lambda found: found.__setitem__(slice(5, 20), [f + b"\r" for f in found[5:20]]))),
    "cr only": Case(lambda d: d.replace(b"\n", b"\r")),
    "no last line end": Case(lambda d: d[:-1]),
    "blank lines": Case(lambda d: d.replace(b"\n", b"\n\n")),
    "gb18030": Case(lambda d: d.decode().encode("gb18030")),
    "gb18030, four bytes": Case(lambda d: d.decode().replace("超市", "㐀𠀀€镕").encode("gb18030")),
    "all values quoted": Case(lambda d: b"\n".join(
        b",".join(b'"' + v + b'"' for v in row.split(b",")) if row else row for row in d.split(b"\n"))),
    "delimiter inside quotes": Case(swap("超市".encode(), b'"a,b"')),
    "doubled quotes": Case(swap("超市".encode(), b'"the ""shop"" of"')),
    "gzip": Case(gzip.compress, name=NAME + ".gz"),
    "zip": Case(zipped, name=NAME + ".zip"),
    "parquet": Case(parquet, name=P),
    # bad rows
    "bad date": one_bad(swap(b"2025-01-02", b"2025-02-30"), "ts: '2025-02-30 10:05:00' is not a timestamp"),
    "date with slashes": one_bad(swap(b"2025-01-02", b"2025/01/02"), "ts: .* is not a timestamp"),
    "date without time": one_bad(swap(b" 10:05:00", b""), "ts: '2025-01-02' is not a timestamp"),
    "hour 25": one_bad(swap(b"10:05:00", b"25:05:00"), "ts: .* is not a timestamp"),
    "amount is text": one_bad(swap(b"5.50", b"five"), "amount_cny: 'five' is not an amount"),
    "amount overflows": one_bad(swap(b"5.50", b"99999999999999999.00"), "amount_cny: .* is not an amount"),
    "amount with thousands": one_bad(swap(b"5.50", b'"1,005.50"'), "amount_cny: '1,005.50' is not an amount"),
    "three decimals": one_bad(swap(b"5.50", b"5.505"), "amount_cny: '5.505' is not an amount"),
    "exponent": one_bad(swap(b"5.50", b"5e3"), "amount_cny: '5e3' is not an amount"),
    "not a number": one_bad(swap(b"5.50", b"NaN"), "amount_cny: 'NaN' is not an amount"),
    "negative amount": one_bad(swap(b"5.50", b"-5.50"), "amount_cny: '-5.50' is not above 0"),
    "unknown code": one_bad(swap(b",D,", b",X,"), "dr_cr: 'X' is not one of C, D"),
    "empty key": one_bad(swap(b"T5,", b","), "txn_id: empty, but required"),
    "quoted empty key": one_bad(swap(b"T5,", b'"",'), "txn_id: empty, but required"),
    "blank around the key": one_bad(swap(b"T5,", b"T5 ,"), "txn_id: 'T5 ' has blanks around the id"),
    "a field too few": one_bad(swap(b",5411,", b","), "13 fields, the header has 14"),
    "a field too many": one_bad(swap(b",5411,", b",5411,x,"), "15 fields, the header has 14"),
    "unterminated quote": one_bad(swap("超市".encode(), b'"abc'), "unterminated quote"),
    "line break in a value": Case(swap("超市".encode(), b'"a\nb"'), "unterminated quote|quote inside", ROWS - 1, 2),
    "one stray quote": one_bad(swap("超市".encode(), b'5" pipe'), "quote inside an unquoted value"),
    "stray quotes": one_bad(swap("超市".encode(), b'5" x 7" pipe'), "quote inside an unquoted value"),
    "text after a quote": one_bad(swap("超市".encode(), b'"ab"c'), "text after a closing quote"),
    "carriage return inside": one_bad(swap("超市".encode(), b"a\rb"), "carriage return inside"),
    "exact duplicate": Case(lines(lambda f: f.insert(9, f[5])), "duplicate key: same row as line 6", ROWS, 1),
    "same key, other row": Case(lines(lambda f: f.insert(9, f[5].replace(b"5.50", b"6.50"))),
                                "duplicate key: other values than line 6", ROWS, 1),
    "one latin line in utf-8": one_bad(swap("超市".encode(), b"caf\xe9"), "not valid UTF-8"),
    "replacement characters": one_bad(swap("超市".encode(), b"\xef\xbf\xbd"), "characters lost"),
    "one very long line": one_bad(swap("超市".encode(), b"x" * (1 << 20)), "longer than"),
    "header repeated inside": Case(lines(lambda f: f.insert(9, f[0])), "is not a timestamp", ROWS, 1),
    "parquet, bad row": one_bad(lambda d: parquet(d, lambda t: t.set_column(
        t.schema.get_field_index("dr_cr"), "dr_cr", pa.array(["Z"] + ["D"] * (ROWS - 1)))), "dr_cr: 'Z'", name=P),
    # whole files
    "zero bytes": refused(lambda d: b"", r"empty \(0 bytes\)", 0),
    "only a byte order mark": refused(lambda d: b"\xef\xbb\xbf", "byte order mark and nothing else", 0),
    "only a line end": refused(lambda d: b"\n", "header differs", 0),
    "only the header": Case(lambda d: d.split(b"\n")[0], loaded=0),
    "carriage return in the header": refused(line(0, lambda h: h.replace(b"mcc", b"m\rcc")), "header cannot be read"),
    "quote in the header": refused(line(0, lambda h: h.replace(b"mcc", b'"mcc')), "header differs|header cannot"),
    "nul bytes": refused(swap(b"5411", b"54\x0011"), "1 NUL bytes, the first in line 6"),
    "utf-16": refused(lambda d: d.decode().encode("utf-16"), "UTF-16", 0),
    "neither encoding": refused(lambda d: d.replace("超市".encode(), b"\xff\xff\x80"), "neither utf-8 nor gb18030: byte"),
    "wrong header": refused(line(0, lambda h: h.replace(b"amount_cny", b"amount")), "missing amount_cny; unknown amount"),
    "columns swapped": refused(line(0, lambda h: h.replace(b"account_id,customer_id", b"customer_id,account_id")),
                               "columns swapped"),
    "column missing": refused(line(0, lambda h: h.replace(b",mcc", b"")), "missing mcc"),
    "column added": refused(line(0, lambda h: h + b",extra"), "unknown extra"),
    "column twice": refused(line(0, lambda h: h.replace(b"mcc", b"merchant_id")), "missing mcc; twice merchant_id"),
    "no header": refused(lambda d: d.split(b"\n", 1)[1], "header differs", ROWS - 1),
    "semicolons": refused(lambda d: d.replace(b",", b";"), "header differs"),
    "cut in the middle of a line": refused(lambda d: d[:-20], "the file is cut: the last line"),
    "too few rows": refused(lines(lambda f: f.pop(7)), "promises 40 rows, the file has 39", ROWS - 1, control=TRUE_CONTROL),
    "cut at a line end": refused(lambda d: b"\n".join(d.split(b"\n")[:30]) + b"\n", "promises 40 rows, the file has 29",
                                 29, control=TRUE_CONTROL),
    "cut inside the last value": refused(lambda d: d[:-1].removesuffix(b","), "cut: the last line", control=TRUE_CONTROL),
    "wrong total": refused(swap(b"5.50", b"5.51"), "promises a total amount_cny of 840.00, the file has 840.01",
                           control=TRUE_CONTROL),
    "broken control file": refused(same, r"control file transaction_20250102.csv.ctl cannot be read", control=b"{rows"),
    "control without rows": refused(same, "cannot be read", control={"amount_total": "1"}),
    "control of no amount": refused(same, "totals 'mcc', which is no amount", control={
        "rows": ROWS, "amount_column": "mcc", "amount_total": "1"}),
    "most rows bad": refused(lambda d: d.replace(b"2025-01-02", b"2025-13-02"), "too many bad rows: 40 of 40"),
    "keys repeated often": refused(lambda d: re.sub(rb"\nT\d+", b"\nT1", d), "too many duplicate keys: 39 of 40"),
    "not gzip": refused(lambda d: b"\x1f" + d, "cannot be unpacked", 0, name=NAME + ".gz"),
    "cut gzip": refused(lambda d: gzip.compress(d)[:-30], "cannot be unpacked", 0, name=NAME + ".gz"),
    "zip of two files": refused(lambda d: zipped(d, ("a.csv", "b.csv")), "the zip holds 2 files", 0, name=NAME + ".zip"),
    "not a zip": refused(lambda d: d[:50], "cannot be unpacked", 0, name=NAME + ".zip"),
    "parquet, cut": refused(lambda d: parquet(d)[:-40], "Parquet file cannot be read", 0, name=P),
    "parquet, column missing": refused(lambda d: parquet(d, lambda t: t.drop_columns(["mcc"])), r"missing \['mcc'\]", name=P),
    "parquet, money as double": refused(lambda d: parquet(d, lambda t: t.set_column(
        t.schema.get_field_index("amount_cny"), "amount_cny", t["amount_cny"].cast(pa.float64()))),
        r"amount_cny is double in the file, the contract wants DECIMAL\(18,2\)", name=P),
    "name without a date": refused(same, "file name is not", name="2025-01-02/transaction.csv"),
    "name with a wrong date": refused(same, "dates in the file name", name="2025-01-02/transaction_20250231.csv"),
    "name of no entity": refused(same, "file name is not", name="2025-01-02/transactions_20250102.csv"),
}


@pytest.mark.parametrize("kind", CASES)
def test_mutilated_extract(bank: Any, make: Any, kind: str) -> None:
    case = CASES[kind]
    bank.put(case.name, case.mend(make.transactions(range(1, ROWS + 1)).encode()), case.control)
    result = bank.run()
    [entry] = bank.ledger()
    assert entry["rows_read"] == entry["rows_loaded"] + entry["rows_rejected"]
    assert (entry["rows_loaded"], entry["rows_rejected"]) == (case.loaded, case.rejected), entry["reason"]
    assert len(bank.rows("transaction")) == case.loaded
    if case.reason and case.loaded == 0:
        assert entry["status"] == "quarantined"
        assert re.search(case.reason, entry["reason"]), entry["reason"]
        assert result.quarantined == [(case.name, entry["reason"])]
    else:
        assert entry["status"] == "loaded"
        found = [reject["reason"] for reject in bank.rejects()]
        assert len(found) == case.rejected
        assert all(re.search(case.reason, reason) for reason in found), found


def test_there_are_fifty_mutilated_kinds() -> None:
    assert len([kind for kind, case in CASES.items() if case.reason]) >= 50
