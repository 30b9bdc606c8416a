"""How the command answers: one JSON document on stdout, or a table for people; all else on stderr."""

import json
import math
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from features.errors import KehuError

if TYPE_CHECKING:
    from rich.console import Console

Home = Annotated[Path | None, typer.Option("--home", envvar="KEHU_HOME", help="The home folder (default .kehu).",
                                           show_default=False)]
Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]


def plain(value: Any) -> Any:
    """A value JSON can carry: dates as ISO text, money as a decimal string, what is no number (NaN, infinite) as null."""
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [plain(v) for v in value]
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, bytes):
        return value.hex()
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return plain(value.item()) if hasattr(value, "item") else str(value)


def items(rows: Sequence[Any]) -> dict[str, Any]:
    """The form of every list answer."""
    return {"items": list(rows), "count": len(rows)}


def give(document: dict[str, Any], as_json: bool, columns: Sequence[str] = (), title: str = "") -> None:
    """Prints the answer: JSON, or a table of `items`, or one `key value` line each, with a table where the value is one."""
    if as_json:
        sys.stdout.write(json.dumps(plain(document), ensure_ascii=False, allow_nan=False) + "\n")
        return
    if "items" in document:
        table(document["items"], columns, title)
        return
    from rich.pretty import Pretty
    from rich.text import Text

    console = _console()
    for key, value in plain(document).items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            table(value, (), key)
        else:
            console.print(Text(key, style="bold"), Pretty(value) if isinstance(value, dict) else _for_people(value))


def table(rows: Sequence[dict[str, Any]], columns: Sequence[str], title: str = "") -> None:
    """A table on stdout; columns default to those of the first row."""
    from rich.table import Table

    console = _console(None if sys.stdout.isatty() else 160)
    if not rows:
        console.print(f"{title or 'nothing'}: no rows")
        return
    names = list(columns or (name for name in rows[0] if name != "is_hidden"))
    drawn = Table(title=title or None, title_justify="left")
    for position, name in enumerate(names):
        is_number = any(isinstance(row.get(name), (int, float)) and not isinstance(row[name], bool) for row in rows)
        drawn.add_column(name, justify="right" if is_number else "left", overflow="fold", no_wrap=position == 0)
    for row in rows:
        drawn.add_row(*[_cell(row, name) for name in names])
    console.print(drawn)


def _cell(row: dict[str, Any], name: str) -> str:
    """A value of a row; a count that may not be shown says so."""
    is_hidden = row.get("is_hidden") and row.get(name) is None and name.endswith("count")
    return "hidden" if is_hidden else _for_people(plain(row.get(name)))


def _for_people(value: Any) -> str:
    """A plain value as a person reads it: no digits that say nothing, lists with commas."""
    if isinstance(value, float):
        return str(round(value, 4)) if abs(value) >= 0.001 or not value else f"{value:.3g}"
    if isinstance(value, list):
        return ", ".join(map(_for_people, value))
    return "" if value is None else str(value)


def _console(width: int | None = None) -> "Console":
    """Values are shown as they are: square brackets in a rule or a reason are no markup."""
    from rich.console import Console

    return Console(width=width, markup=False, emoji=False, highlight=False)


def say(line: str) -> None:
    """A progress line on stderr."""
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def iso_date(text: str | None, name: str = "--date") -> date | None:
    """An ISO date given by a user."""
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as wrong:
        raise KehuError(f"{name} '{text}' is not a date", "write it as 2026-03-31") from wrong
