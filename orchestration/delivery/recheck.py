"""Looks again, when a list leaves the house, at what may have changed since it was made."""

from collections.abc import Mapping, Sequence
from typing import Any

from features import warehouse
from features.settings import Settings
from features.state import State
from orchestration.strategy import freeze, life
from orchestration.strategy.contract import Strategy
from orchestration.strategy.eligibility import RISK_LEVELS

TAGS = ("is_do_not_contact", "has_recent_complaint", "is_minor", "is_staff", "is_aml_frozen",
        "is_profiling_opted_out", "max_suitable_risk_level", "contact_count_30d")  # fmt: skip


def reasons(
    settings: Settings, state: State, list_row: Mapping[str, Any], customer_ids: Sequence[str]
) -> dict[str, str]:
    """Reason by customer for everyone who may not be contacted any more, by the tags of the build in service."""
    strategy = life.approved(state, str(list_row["strategy_id"]), int(list_row["strategy_version"]))
    context = freeze.stored_context(settings.home / str(list_row["path"]))
    consent = f"has_consent_{strategy.channel_id}"
    found: dict[str, str] = {}
    now = _tags_now(settings, consent, customer_ids)
    for customer_id in customer_ids:
        reason = _reason(now.get(customer_id), consent, context, strategy)
        if reason:
            found[customer_id] = reason
    return found


def _tags_now(settings: Settings, consent: str, customer_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    names = (*TAGS, consent)
    columns = ", ".join(f'"{name}"' for name in names)
    with warehouse.published(warehouse.current_store(settings)) as connection:
        rows = connection.execute(
            f"select t.customer_id, coalesce(d.is_deceased, false), {columns} from tags.customer_tags as t"
            " left join customer.dim_customer as d on d.customer_id = t.customer_id"
            " where list_contains(?::varchar[], t.customer_id)",
            [list(customer_ids)],
        ).fetchall()
    return {row[0]: dict(zip(("is_deceased", *names), row[1:], strict=True)) for row in rows}


def _reason(
    tags: Mapping[str, Any] | None, consent: str, context: Mapping[str, str], strategy: Strategy
) -> str | None:
    """The first reason; a customer who is in the store no longer, or a tag that is unknown, lets nobody through."""
    if tags is None:
        return "unknown_customer"
    refused = context["is_consent_needed"] == "true" and not tags[consent]
    checks = (
        ("deceased", tags["is_deceased"]),
        ("aml", tags["is_aml_frozen"] is not False),
        ("minor", tags["is_minor"] is not False),
        ("staff", bool(tags["is_staff"])),
        ("do_not_contact", tags["is_do_not_contact"] is not False),
        ("complaint", tags["has_recent_complaint"] is not False),
        ("not_consented", refused or tags["is_profiling_opted_out"] is not False),
        ("unsuitable", not _is_suitable(tags["max_suitable_risk_level"], context["risk_level"])),
        ("capped", (tags["contact_count_30d"] or 0) >= strategy.caps.contacts_30d),
    )
    return next((name for name, blocks in checks if blocks), None)


def _is_suitable(most: str | None, offered: str) -> bool:
    if most is None:
        return offered == RISK_LEVELS[0]
    return RISK_LEVELS.index(most) >= RISK_LEVELS.index(offered)
