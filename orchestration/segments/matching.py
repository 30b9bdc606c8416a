"""A rule set as one SELECT: every match of every customer, one scan of the tags for all rules and dates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from features.audience.tree import Value
from orchestration.segments.contract import OTHER, RuleSet

CHILD_AGE = 14
"""Nothing is made of the data of children below this age (PIPL article 28)."""


@dataclass(frozen=True)
class Select:
    """A statement and its parameters in order."""

    sql: str
    parameters: list[Value] = field(default_factory=list)


def matches(found: RuleSet, catalogue: Mapping[str, str], relation: str, dates: Sequence[date]) -> Select:
    """Rows (as_of_date, customer_id, segment_id, is_primary); the first rule that holds is the primary.

    A condition that is unknown (null) does not hold. An exclusive set gives the unmatched of its base `other`.
    Customers known to be under CHILD_AGE are in no set.
    """
    rules = found.ordered()
    conditions = [found.compiled(rule.rule, catalogue) for rule in rules]
    base = found.compiled(found.base, catalogue)
    flags = ", ".join(f"coalesce({condition.where}, false)" for condition in conditions)
    ids = ", ".join(f"'{rule.id}'" for rule in rules)
    marks = ", ".join("?" * len(dates))
    rest = f"['{OTHER}']" if found.is_exclusive else "[]::varchar[]"
    sql = f"""
        with flagged as (
            select as_of_date, customer_id, list_where([{ids}]::varchar[], [{flags}]::boolean[]) as matched
            from {relation} where as_of_date in ({marks}) and coalesce({base.where}, false)
                and coalesce(age >= {CHILD_AGE}, true)
        ), named as (
            select as_of_date, customer_id, case when len(matched) = 0 then {rest} else matched end as matched from flagged
        )
        select as_of_date, customer_id, unnest(matched) as segment_id, unnest(matched) = matched[1] as is_primary from named"""
    parameters = [value for condition in conditions for value in condition.parameters]
    return Select(sql, [*parameters, *dates, *base.parameters])
