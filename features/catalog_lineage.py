"""From a tag back to the columns of the extracts: definitions in the SQL are followed by name, model by model."""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache

from features.settings import ROOT

PROJECT = ROOT / "dbt_project"
SOURCE = re.compile(r"source\('(core|berka)', '(\w+)'\)")
WORDS = re.compile(r"[a-z_][a-z_0-9]*(?!\s*\()(?!')\b")
LITERALS = re.compile(r"'[^']*'")
DEEPEST = 12
KEYWORDS = frozenset((
    "and", "as", "as_of_date", "asc", "between", "bigint", "boolean", "by", "case", "cast", "customer_id",
    "date", "day", "decimal", "desc", "distinct", "double", "else", "end", "extract", "false", "filter",
    "first", "from", "in", "integer", "interval", "is", "known_at", "last", "like", "month", "not", "null",
    "nulls", "or", "order", "over", "partition", "row_sign", "s", "select", "then", "timestamp", "tinyint",
    "true", "varchar", "weight", "when", "where", "year",
))


def source_columns(inputs: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """{tag id: sorted `source.table.column`} for {tag id: its inputs}, inputs being tags or `model.column`.

    `source.table.*` where a column's way through the SQL cannot be followed by name.
    """
    return {tag: sorted(_of_tag(tag, inputs, frozenset())) for tag in inputs}


def _of_tag(tag: str, inputs: Mapping[str, Sequence[str]], seen: frozenset[str]) -> set[str]:
    found: set[str] = set()
    for name in inputs[tag]:
        if name in inputs and name not in seen | {tag}:
            found |= _of_tag(name, inputs, seen | {tag})
        elif "." in name:
            model, column = name.split(".", 1)
            found |= _of_column(model, column, 0) or {f"{source}.*" for source in _sources(model)}
    return found


@cache
def _sources(model: str) -> frozenset[str]:
    """Source tables that a model's lineage reaches."""
    text = _texts().get(model, "")
    own = frozenset(f"{source}.{table}" for source, table in SOURCE.findall(text))
    return own.union(*(_sources(parent) for parent in _parents(model, text)))


def _parents(model: str, text: str) -> list[str]:
    return sorted(set(re.findall(r"ref\('(\w+)'\)", text)) - {model})


def _mentions(text: str, word: str) -> bool:
    return re.search(rf"\b{word}\b|\bselect \*", text) is not None


@cache
def _of_column(model: str, column: str, depth: int) -> frozenset[str]:
    """Source columns behind one column of a dbt model; empty where the name leads nowhere."""
    text = _texts().get(model, "")
    expressions = _definitions(text).get(column, [])
    found: set[str] = set()
    for word in _words(expressions) if expressions else {column}:
        if (source := SOURCE.search(text)) is not None:
            found.add(f"{source[1]}.{source[2]}.{word}")
        elif depth < DEEPEST:
            found |= _behind(model, text, word, column, depth)
    return frozenset(found)


def _behind(model: str, text: str, word: str, column: str, depth: int) -> frozenset[str]:
    """A word of a definition is another definition of the same model, or a column of one of its parents."""
    if word != column and word in _definitions(text):
        return _of_column(model, word, depth + 1)
    found: frozenset[str] = frozenset()
    for parent in _parents(model, text):
        if _mentions(_texts().get(parent, ""), word):
            found |= _of_column(parent, word, depth + 1)
    return found


def _words(expressions: Iterable[str]) -> set[str]:
    plain = " ".join(re.sub(r"\b\w+\.(?=\w)", "", text) for text in expressions)
    quoted = {word for text in re.findall(r"\{\{(.*?)\}\}", plain) for word in WORDS.findall(text.replace("'", " ").replace('"', " "))}
    return (set(WORDS.findall(LITERALS.sub(" ", re.sub(r"\{\{.*?\}\}", " ", plain)))) | quoted) - KEYWORDS


@cache
def _definitions(text: str) -> dict[str, list[str]]:
    """{name: the expressions that the text selects under it}, by splitting at commas outside brackets."""
    found: dict[str, list[str]] = {}
    for item in _items(re.sub(r"--[^\n]*|\{#.*?#\}|\{%.*?%\}", " ", text, flags=re.S)):
        match = re.fullmatch(r"(?:.*\bselect\s+)?(.*\S)\s+as\s+([a-z_][a-z_0-9]*)(?:\s+from\b.*)?", item.strip(), flags=re.S)
        if match and not re.search(r"\b(from|join)\b", match[1]):
            found.setdefault(match[2], []).append(match[1])
    return found


def _items(text: str) -> list[str]:
    items, depth, start = [], 0, 0
    for place, sign in enumerate(text):
        depth += (sign in "([{") - (sign in ")]}")
        if sign == "," and text.count("(", start, place) <= text.count(")", start, place):
            items.append(text[start:place])
            start = place + 1
    return [piece for item in [*items, text[start:]] for piece in re.split(r"(?<=\s)(?=from\s)", item)]


@cache
def _texts() -> dict[str, str]:
    """{dbt model: its SQL, with the bodies of the customer layer's macros that it calls}."""
    macros = {name: body for file in sorted((PROJECT / "macros" / "customer").glob("*.sql"))
              for name, body in re.findall(r"\{% macro (\w+)\(.*?%\}(.*?)\{%-? endmacro", file.read_text(encoding="utf-8"), flags=re.S)}
    found = {}
    for file in sorted((PROJECT / "models").rglob("*.sql")):
        text = file.read_text(encoding="utf-8")
        for _ in range(2):
            text += "".join(body for name, body in macros.items() if f"{name}(" in text and body not in text)
        found[file.stem] = text
    return found
