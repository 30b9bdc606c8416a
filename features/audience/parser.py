"""Text to tree: LALR, with length and depth capped before anything recursive sees the text."""

from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

from lark import Lark, Token, Transformer, UnexpectedInput, v_args
from lark.exceptions import UnexpectedCharacters, UnexpectedEOF, UnexpectedToken

from features.audience.tree import (
    And,
    Between,
    Compare,
    Flag,
    InAudience,
    InSegment,
    IsNull,
    Literal,
    Member,
    Node,
    Not,
    Or,
    Reference,
    Tag,
)
from features.errors import KehuError

MAX_LENGTH = 20_000
MAX_DEPTH = 40
INTEGER_DIGITS, FRACTION_DIGITS = 16, 12
HINT = "write comparisons such as: lifecycle_stage in ('growing') and aum_cny >= 200000 and not is_staff"
NULL_HINT = "write `tag is null`"


class _Builder(Transformer):  # type: ignore[type-arg]
    """Runs inside the parser, so it never recurses."""

    def tag(self, children: list[Token]) -> Tag:
        return Tag(str(children[0]), children[0].line or 1, children[0].column or 1)

    def number(self, children: list[Token]) -> Literal:
        digits = children[-1]
        whole, _, fraction = str(digits).partition(".")
        if len(whole) > INTEGER_DIGITS or len(fraction) > FRACTION_DIGITS:
            what = f"the number {str(digits)[:40]} is too long"
            raise problem(digits, what, f"use at most {INTEGER_DIGITS} digits before the point")
        value = Decimal(str(digits)) if fraction else int(whole)
        return Literal(-value if children[0] == "-" else value, digits.line or 1, digits.column or 1)

    def text(self, children: list[Token]) -> Literal:
        return Literal(_unquoted(children[0]), children[0].line or 1, children[0].column or 1)

    def day(self, children: list[Token]) -> Literal:
        written = _unquoted(children[0])
        try:
            value = date.fromisoformat(written)
        except ValueError as broken:
            raise problem(children[0], f"'{written}' is not a date", "write date '2026-01-31'") from broken
        if value.isoformat() != written:
            raise problem(children[0], f"'{written}' is not a date", "write date '2026-01-31'")
        return Literal(value, children[0].line or 1, children[0].column or 1)

    def yes(self, _: list[Token]) -> Literal:
        return Literal(True)

    def no(self, _: list[Token]) -> Literal:
        return Literal(False)

    def flag(self, children: list[Tag]) -> Flag:
        return Flag(children[0])

    def in_audience(self, children: list[Token]) -> InAudience:
        return InAudience(_unquoted(children[0]), children[0].line or 1, children[0].column or 1)

    def in_segment(self, children: list[Token]) -> InSegment:
        return InSegment(_unquoted(children[0]), children[0].line or 1, children[0].column or 1)

    @v_args(inline=True)
    def comparison(self, left: Tag | Literal, operator: Token, right: Tag | Literal) -> Compare:
        if isinstance(left, Literal) and isinstance(right, Literal):
            raise problem(operator, "a comparison needs a tag on one side", HINT)
        return Compare(left, str(operator), right)

    def is_null(self, children: list[Tag]) -> IsNull:
        return IsNull(children[0])

    def is_not_null(self, children: list[Tag]) -> IsNull:
        return IsNull(children[0], is_negated=True)

    def member(self, children: list) -> Member:  # type: ignore[type-arg]
        return Member(children[0], tuple(children[1:]))

    def not_member(self, children: list) -> Member:  # type: ignore[type-arg]
        return Member(children[0], tuple(children[1:]), is_negated=True)

    def between(self, children: list) -> Between:  # type: ignore[type-arg]
        return Between(children[0], children[1], children[2])

    def not_between(self, children: list) -> Between:  # type: ignore[type-arg]
        return Between(children[0], children[1], children[2], is_negated=True)

    def negation(self, children: list[Node]) -> Not:
        return Not(children[0])

    def all_of(self, children: list[Node]) -> And:
        return And(tuple(children))

    def any_of(self, children: list[Node]) -> Or:
        return Or(tuple(children))


def _unquoted(token: Token) -> str:
    return str(token)[1:-1].replace("''", "'")


def problem(token: Token | Tag | Literal | Reference, what: str, fix: str = HINT) -> KehuError:
    """A KehuError that names the place in the expression."""
    return KehuError(f"audience expression, line {token.line}, column {token.column}: {what}", fix)


@cache
def _lark() -> Lark:
    grammar = (Path(__file__).parent / "grammar.lark").read_text(encoding="utf-8")
    return Lark(grammar, parser="lalr", lexer="basic", transformer=_Builder(), propagate_positions=False)


def parse(text: str) -> Node:
    """The tree of an expression. Raises KehuError, and nothing else, for every text that is none."""
    if not text.strip():
        raise KehuError("the audience expression is empty", HINT)
    if len(text) > MAX_LENGTH:
        raise KehuError(
            f"the audience expression has {len(text)} characters, at most {MAX_LENGTH} are read", HINT
        )
    try:
        _cap_depth(text)
        tree: Node = _lark().parse(text)  # type: ignore[assignment]
    except UnexpectedInput as unexpected:
        raise _syntax_error(unexpected, text) from unexpected
    return tree


def _cap_depth(text: str) -> None:
    """Counts open brackets and runs of `not` over the bare tokens."""
    depth, run = 0, 0
    opened: list[int] = []
    for token in _lark().lex(text):
        if token.type == "NOT":
            run += 1
        elif token.type == "LPAR":
            opened.append(run + 1)
            depth, run = depth + run + 1, 0
        else:
            depth, run = depth - (opened.pop() if token.type == "RPAR" and opened else 0), 0
        if depth + run > MAX_DEPTH:
            raise problem(
                token, f"nested deeper than {MAX_DEPTH}", "split the audience into simpler expressions"
            )


def _syntax_error(unexpected: UnexpectedInput, text: str) -> KehuError:
    if isinstance(unexpected, UnexpectedToken) and unexpected.token.type != "$END":
        what = f"'{str(unexpected.token)[:40]}' does not belong here"
        return problem(unexpected.token, what, NULL_HINT if unexpected.token.type == "NULL" else HINT)
    if isinstance(unexpected, UnexpectedCharacters):
        where = f"line {unexpected.line}, column {unexpected.column}"
        at = unexpected.pos_in_stream or 0
        found = text[at : at + 10].split("\n")[0]
        what = "a quote is not closed" if found.startswith("'") else f"cannot read {found!r}"
        return KehuError(f"audience expression, {where}: {what}", HINT)
    assert isinstance(unexpected, (UnexpectedEOF, UnexpectedToken))
    return KehuError("the audience expression ends too early", HINT)
