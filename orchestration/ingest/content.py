"""The unpacked content of a delivered file as strict UTF-8 bytes, or the reason why it cannot be had."""

import codecs
import gzip
import hashlib
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

MAX_UNPACKED_BYTES = 4 << 30
UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
DAMAGED = (OSError, EOFError, zlib.error, zipfile.BadZipFile, RuntimeError, NotImplementedError)


class Unacceptable(Exception):
    """The whole file must be quarantined; the text is the reason, `rows` how many rows were seen."""

    def __init__(self, reason: str, rows: int | None = None) -> None:
        super().__init__(reason)
        self.rows = rows


@dataclass(frozen=True)
class Content:
    """Text of one file without byte order mark; `broken_lines` are physical lines that are not UTF-8."""

    data: bytes
    sha256: str
    broken_lines: tuple[int, ...] = ()


def unpack(path: Path) -> bytes:
    """Bytes inside a plain, gzip or zip file."""
    try:
        if path.suffix == ".gz":
            with gzip.open(path, "rb") as stream:
                return _bounded(stream.read(MAX_UNPACKED_BYTES + 1))
        return _unzip(path) if path.suffix == ".zip" else path.read_bytes()
    except DAMAGED as broken:
        raise Unacceptable(f"the file cannot be unpacked: {broken or type(broken).__name__}") from broken


def _unzip(path: Path) -> bytes:
    with zipfile.ZipFile(path) as archive:
        members = [member for member in archive.infolist() if not member.is_dir()]
        if len(members) != 1:
            raise Unacceptable(f"the zip holds {len(members)} files, one is wanted")
        with archive.open(members[0]) as stream:
            return _bounded(stream.read(MAX_UNPACKED_BYTES + 1))


def _bounded(data: bytes) -> bytes:
    if len(data) > MAX_UNPACKED_BYTES:
        raise Unacceptable(f"more than {MAX_UNPACKED_BYTES >> 30} GiB unpacked")
    return data


def digest(data: bytes) -> str:
    """Hex sha256 of unpacked bytes: the identity of a delivery, whatever its name or packing."""
    return hashlib.sha256(data).hexdigest()


def text(data: bytes, encodings: tuple[str, ...]) -> Content:
    """Decodes strictly; raises Unacceptable for empty, binary or undecodable content."""
    sha = digest(data)
    if not data:
        raise Unacceptable("the file is empty (0 bytes)")
    if data.startswith(UTF_16):
        raise Unacceptable("the file is UTF-16, the contract wants " + " or ".join(encodings), rows=0)
    if b"\0" in data:
        line = data.count(b"\n", 0, data.index(b"\0")) + 1
        raise Unacceptable(f"{data.count(0)} NUL bytes, the first in line {line}: damaged in transfer")
    data = data.removeprefix(codecs.BOM_UTF8)
    if not data:
        raise Unacceptable("the file holds a byte order mark and nothing else", rows=0)
    if b"\n" not in data:
        data = data.replace(b"\r", b"\n")
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as broken:
        return _other_encoding(data, sha, encodings, broken)
    return Content(data, sha, _replaced_lines(data))


def _other_encoding(data: bytes, sha: str, encodings: tuple[str, ...], broken: UnicodeDecodeError) -> Content:
    """GB18030, unless most non-ASCII lines are UTF-8: then the others are broken lines of a UTF-8 file.

    GB18030 decodes many UTF-8 texts without an error into wrong characters, so trying it is no proof.
    """
    bad, good = _utf8_lines(data)
    if len(good) > len(bad):
        return Content(_mask_lines(data, bad), sha, tuple(bad))
    if "gb18030" in encodings:
        try:
            return Content(data.decode("gb18030").encode("utf-8"), sha)
        except UnicodeDecodeError as also_broken:
            broken = also_broken
    line = data.count(b"\n", 0, broken.start) + 1
    raise Unacceptable(f"the file is neither {' nor '.join(encodings)}: byte 0x{data[broken.start]:02x} in line {line}")


def _utf8_lines(data: bytes) -> tuple[list[int], list[int]]:
    """Line numbers with non-ASCII text that is not UTF-8, and that is."""
    bad: list[int] = []
    good: list[int] = []
    for number, line in enumerate(data.split(b"\n"), 1):
        if not line.isascii():
            try:
                line.decode("utf-8")
                good.append(number)
            except UnicodeDecodeError:
                bad.append(number)
    return bad, good


def _mask_lines(data: bytes, numbers: list[int]) -> bytes:
    """Makes broken lines decodable (they are rejected anyway, with their text shown escaped)."""
    lines = data.split(b"\n")
    for number in numbers:
        lines[number - 1] = lines[number - 1].decode("utf-8", "backslashreplace").encode("utf-8")
    return b"\n".join(lines)


def _replaced_lines(data: bytes) -> tuple[int, ...]:
    """Lines with U+FFFD: their text was lost before it reached us."""
    mark = "\N{REPLACEMENT CHARACTER}".encode()
    if mark not in data:
        return ()
    return tuple(number for number, line in enumerate(data.split(b"\n"), 1) if mark in line)
