"""Chinese of the windows, null rules and owners that tags declare in English."""

import re
from functools import cache
from typing import Any

from features.settings import ROOT

FILE = ROOT / "dbt_project" / "tags" / "tag_words_zh.yml"
SPAN = re.compile(r"(\d+) ?(d|months?)")


@cache
def _words() -> dict[str, Any]:
    import yaml  # who only lists tags does not pay for it

    found: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return found


def window(text: str) -> str:
    """A window in Chinese; as it is where nobody has translated it (a bank's own tag)."""
    span = SPAN.fullmatch(text)
    if span:
        return str(_words()["patterns"][span[2]]).format(n=span[1])
    return str(_words()["windows"].get(text, text))


def null_rule(text: str) -> str:
    """What null means, in Chinese; as it is where nobody has translated it."""
    return str(_words()["null_rules"].get(text, text))


def owner(text: str) -> str:
    """Who answers for a tag, in Chinese; as it is where nobody has translated it."""
    return str(_words()["owners"].get(text, text))
