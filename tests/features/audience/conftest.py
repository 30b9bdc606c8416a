"""A second implementation of the audience language: recursive descent over Python values, no SQL, no lark."""

import re
from datetime import date
from decimal import Decimal

import pytest

TOKEN = re.compile(r"\s*('(?:[^']|'')*'|[0-9]+(?:\.[0-9]+)?|[A-Za-z_]\w*|<=|>=|!=|[=<>(),+-])")
Row = dict[str, object]


@pytest.fixture(scope="session")
def evaluate():
    """evaluate(text, rows, audiences, segments) -> one True, False or None per row: what DuckDB is held against."""
    return evaluate_expression


def evaluate_expression(text: str, rows: list[Row], audiences: dict[str, str] | None = None,
                        segments: dict[str, set[object]] | None = None) -> list[bool | None]:
    """True, False or None (unknown) for each customer; `segments` hold customer ids, `audiences` expressions."""
    tokens = list(TOKEN.findall(text))
    answers = []
    for row in rows:
        reader = _Reader(tokens, row, audiences or {}, segments or {})
        answers.append(reader.either())
        assert reader.position == len(tokens), tokens[reader.position :]
    return answers


def compare(left: object, operator: str, right: object) -> bool | None:
    if left is None or right is None:
        return None
    if isinstance(left, float) or isinstance(right, float):
        left, right = float(left), float(right)  # type: ignore[arg-type]
    less, equal = left < right, left == right  # type: ignore[operator]
    return {
        "=": equal,
        "!=": not equal,
        "<": less,
        "<=": less or equal,
        ">": not less and not equal,
        ">=": not less,
    }[operator]


def negate(value: bool | None) -> bool | None:
    return None if value is None else not value


def every(values: list[bool | None]) -> bool | None:
    return False if False in values else None if None in values else True


def some(values: list[bool | None]) -> bool | None:
    return True if True in values else None if None in values else False


class _Reader:
    def __init__(self, tokens: list[str], row: Row, audiences: dict[str, str], segments: dict[str, set[object]]) -> None:
        self.tokens, self.row, self.position = tokens, row, 0
        self.audiences, self.segments = audiences, segments

    def peek(self, ahead: int = 0) -> str:
        place = self.position + ahead
        return self.tokens[place].lower() if place < len(self.tokens) else ""

    def take(self) -> str:
        self.position += 1
        return self.tokens[self.position - 1]

    def accept(self, word: str) -> bool:
        if self.peek() == word:
            self.position += 1
            return True
        return False

    def either(self) -> bool | None:
        values = [self.both()]
        while self.accept("or"):
            values.append(self.both())
        return some(values)

    def both(self) -> bool | None:
        values = [self.negated()]
        while self.accept("and"):
            values.append(self.negated())
        return every(values)

    def negated(self) -> bool | None:
        if self.accept("not"):
            return negate(self.negated())
        if self.accept("("):
            value = self.either()
            assert self.accept(")")
            return value
        if self.accept("in"):
            return self.reference()
        return self.test()

    def reference(self) -> bool | None:
        kind, name = self.take().lower(), str(self.operand())
        if kind == "segment":
            return self.row["customer_id"] in self.segments[name]
        assert kind == "audience"
        return evaluate_expression(self.audiences[name], [self.row], self.audiences, self.segments)[0]

    def test(self) -> bool | None:
        left = self.operand()
        if self.peek() in ("=", "!=", "<", "<=", ">", ">="):
            return compare(left, self.take(), self.operand())
        if self.accept("is"):
            is_negated = self.accept("not")
            assert self.accept("null")
            return (left is None) != is_negated
        is_negated = self.accept("not")
        if self.accept("in"):
            return self.member(left, is_negated)
        if self.accept("between"):
            low = compare(left, ">=", self.operand())
            assert self.accept("and")
            value = every([low, compare(left, "<=", self.operand())])
            return negate(value) if is_negated else value
        assert left is None or isinstance(left, bool)
        return left

    def member(self, left: object, is_negated: bool) -> bool | None:
        assert self.accept("(")
        values = [compare(left, "=", self.operand())]
        while self.accept(","):
            values.append(compare(left, "=", self.operand()))
        assert self.accept(")")
        return negate(some(values)) if is_negated else some(values)

    def operand(self) -> object:
        token = self.take()
        if token.startswith("'"):
            return token[1:-1].replace("''", "'")
        if token in "+-":
            value = self.operand()
            return -value if token == "-" else value  # type: ignore[operator]
        if token[0].isdigit():
            return Decimal(token) if "." in token else int(token)
        if token.lower() in ("true", "false"):
            return token.lower() == "true"
        if token.lower() == "date" and self.peek().startswith("'"):
            return date.fromisoformat(self.take()[1:-1])
        return self.row[token]
