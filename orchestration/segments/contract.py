"""The typed contract of a segment file: ordered rules over tags, with named parameters in brackets."""

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from features.audience import Compiled, compile_expression

OTHER = "other"
"""Who is in the base population of an exclusive set and matches none of its rules."""
PARAMETER = re.compile(r"'(?:[^']|'')*'|\[([A-Za-z0-9_]*)\]")
Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]
Words = Annotated[str, Field(min_length=1, max_length=300)]
Parameter = bool | int | float | date | str


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class Rule(_Strict):
    """One segment: who belongs to it, and what the bank has to say to them."""

    id: Identifier
    priority: Annotated[int, Field(ge=1, le=999)]
    name_zh: Words
    name_en: Words
    rule: Annotated[str, Field(min_length=1)]
    proposition_zh: Words
    proposition_en: Words
    is_enabled: bool = True
    """False while a tag that the rule needs does not exist yet; the reason is a comment in the file."""


class OutputTag(BaseModel):
    """The column that shows the primary segment; the rest of its words are the catalogue's."""

    model_config = ConfigDict(extra="allow", frozen=True)
    id: Identifier


class RuleSet(_Strict):
    """One file: rules in the order of `priority`; other words of what selects customers need another version."""

    id: Identifier
    version: Annotated[int, Field(ge=1, le=9999)]
    pack: Identifier
    name_zh: Words
    name_en: Words
    owner: Words
    base: Annotated[str, Field(min_length=1, description="the population that the set divides")]
    is_exclusive: bool = True
    unmatched_limit_rate: Annotated[float, Field(ge=0, le=1)] = 1.0
    output_tag: OutputTag | None = None
    parameters: dict[Identifier, Parameter] = {}
    rules: Annotated[list[Rule], Field(min_length=1)]

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        for name in ("id", "priority"):
            values = [getattr(rule, name) for rule in self.rules]
            if len(set(values)) < len(values):
                raise ValueError(f"rules: two of them have the same {name}")
        if OTHER in [rule.id for rule in self.rules]:
            raise ValueError(f"rules: '{OTHER}' is the name of what no rule matches")
        used = {name for text in self.expressions() for name in PARAMETER.findall(text) if name}
        if used - set(self.parameters):
            raise ValueError(f"parameters: {', '.join(sorted(used - set(self.parameters)))} used but not given")
        if set(self.parameters) - used:
            raise ValueError(f"parameters: {', '.join(sorted(set(self.parameters) - used))} given but not used")
        return self

    def expressions(self) -> list[str]:
        """The base and every rule, as written."""
        return [self.base, *(rule.rule for rule in self.rules)]

    def ordered(self) -> list[Rule]:
        """The rules that are tried, first to last."""
        return sorted((rule for rule in self.rules if rule.is_enabled), key=lambda rule: rule.priority)

    def filled(self, text: str) -> str:
        """An expression with its parameters in place of their bracketed names."""
        return PARAMETER.sub(lambda found: _literal(self.parameters[found[1]]) if found[1] else found[0], text)

    def compiled(self, text: str, catalogue: Mapping[str, str]) -> Compiled:
        """The condition of one of the set's expressions. Raises KehuError for an unknown tag."""
        return compile_expression(self.filled(text), catalogue)

    @property
    def definition_hash(self) -> str:
        """Digest of what selects customers; names and propositions may change under it."""
        rules = [[rule.id, self.filled(rule.rule)] for rule in self.ordered()]
        words = [self.filled(self.base), self.is_exclusive, rules]
        return hashlib.sha256(json.dumps(words, ensure_ascii=False).encode()).hexdigest()


def _literal(value: Parameter) -> str:
    """A parameter as the audience language writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date):
        return f"date '{value.isoformat()}'"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return f"{value:.12f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
