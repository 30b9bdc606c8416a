"""Holds every published tag of a home to values that are computed anew from the accepted extract rows."""

import argparse
from datetime import date
from pathlib import Path

from tests.oracle.compare import compared, lines


def main() -> int:
    """Prints a line a tag; exit code 1 when any customer differs."""
    parser = argparse.ArgumentParser(prog="python -m tests.oracle", description=__doc__)
    parser.add_argument("--home", type=Path, required=True, help="a home whose build in service is of the date")
    parser.add_argument("--date", type=date.fromisoformat, required=True)
    parser.add_argument("--examples", type=int, default=2, help="customers shown a differing tag")
    given = parser.parse_args()
    found = compared(given.home, given.date)
    print("\n".join(lines(found, given.examples)))
    return int(any(tag.differing for tag in found))


if __name__ == "__main__":
    raise SystemExit(main())
