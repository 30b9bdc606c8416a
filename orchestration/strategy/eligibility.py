"""Who of an audience may be contacted: one reason for everyone who may not."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from features.audience import Compiled, compile_expression
from features.errors import KehuError
from features.warehouse import Connection
from orchestration.strategy import references
from orchestration.strategy.contract import Strategy
from orchestration.strategy.model_tags import ModelTag, catalogue, relation, widened

STATIC = (
    "deceased",
    "aml",
    "minor",
    "staff",
    "do_not_contact",
    "complaint",
    "not_consented",
    "unsuitable",
    "no_score",
)
DYNAMIC = ("already_listed", "displaced", "reserved", "capped")
REASONS = (*STATIC, "global_holdout", *DYNAMIC, "capacity")
RISK_LEVELS = ("R1", "R2", "R3", "R4", "R5")
CAP_DAYS = 30


@dataclass(frozen=True)
class Offer:
    """What of product and channel the decision rests on, as known that night."""

    risk_level: str
    is_consent_needed: bool
    channel_room: int | None
    """Contacts that the channel can still make for this night; None where the bank sets no limit."""


def find(
    connection: Connection,
    strategy: Strategy,
    offer: Offer,
    night: date,
    tonight: Sequence[str] = (),
    model_tags: Sequence[ModelTag] = (),
) -> None:
    """Makes temp table `eligible_now` (customer_id, score, static_reason, dynamic_reason, bau_1, bau_2, …).

    One row per customer of the audience. `tonight` are the lists that stronger strategies have made for this night;
    `model_tags` the models' columns that the strategy's words name.
    """
    audience = _audience(connection, strategy, model_tags)
    references.show(connection, strategy, night)
    keys = "".join(f', "{key.tag}" as bau_{n}' for n, key in enumerate(strategy.bau_rank, start=1))
    connection.execute(
        f"create or replace temp table audience_now as select customer_id, is_minor, is_staff, is_aml_frozen,"
        f" is_do_not_contact, has_recent_complaint, is_profiling_opted_out, max_suitable_risk_level,"
        f" has_consent_{strategy.channel_id} as has_consent{keys}"
        f" from {relation(model_tags)} where as_of_date = ? and {audience.where}",
        [night, *audience.parameters],
    )
    _blocks(connection, strategy, night, list(tonight))
    connection.execute(_reasons_sql(strategy, offer), [night, strategy.model_id, night])


def _audience(connection: Connection, strategy: Strategy, model_tags: Sequence[ModelTag]) -> Compiled:
    """The audience without its exclusions; unknown (null) excludes nobody."""
    tags = widened(catalogue(connection), model_tags)
    for key in strategy.bau_rank:
        if key.tag not in tags:
            raise KehuError(
                f"{strategy.id}: bau_rank names the unknown tag '{key.tag}'", "kehu strategies check"
            )
    found = compile_expression(strategy.audience, tags, references.of(strategy))
    where, parameters = found.where, list(found.parameters)
    for text in strategy.exclusions:
        excluded = compile_expression(text, tags, references.of(strategy))
        where += f" and not coalesce({excluded.where}, false)"
        parameters += excluded.parameters
    return Compiled(f"({where})", parameters)


def _blocks(connection: Connection, strategy: Strategy, night: date, tonight: list[str]) -> None:
    """Temp table `block_now` (customer_id, is_listed, is_displaced, is_reserved, contact_count) from lists, contacts.

    Silent controls reserve the whole list, contacted and held alike: else only the contacted would meet other
    strategies, and the cells would no longer be comparable.
    """
    connection.execute(
        """
        create or replace temp table block_now as
        with listed as (
            select m.customer_id, m.list_id, m.strategy_id, m.arm, m.as_of_date, m.expires_date,
                s.control_policy, m.as_of_date + s.window_days as reserved_until
            from state.list_member as m
            inner join state.strategy as s on s.strategy_id = m.strategy_id and s.version = m.strategy_version
            where m.as_of_date < $night or list_contains($tonight::varchar[], m.list_id)
        ),
        contact as (
            select contact_id, list_id, customer_id, contact_date
            from customer.fct_contact
            where known_at <= $night and contact_date <= $night and message_class = 'marketing'
            group by contact_id, list_id, customer_id, contact_date
            having sum(row_sign) > 0
        ),
        counted as (
            select customer_id, contact_id as touch from contact where contact_date > $night - $cap_days
            union all
            select customer_id, list_id from listed as l
            where arm = 'contact' and as_of_date > $night - $cap_days and expires_date >= $night
                and not exists (select 1 from contact as c where c.list_id = l.list_id and c.customer_id = l.customer_id)
        ),
        touched as (select customer_id, count(*) as contact_count from counted group by customer_id),
        flagged as (
            select customer_id, bool_or(strategy_id = $strategy) as is_listed,
                bool_or(as_of_date = $night and strategy_id <> $strategy
                    and (arm = 'contact' or control_policy = 'silent')) as is_displaced,
                bool_or(strategy_id <> $strategy and control_policy = 'silent' and reserved_until > $night) as is_reserved
            from listed group by customer_id
        )
        select customer_id, coalesce(is_listed, false) as is_listed, coalesce(is_displaced, false) as is_displaced,
            coalesce(is_reserved, false) as is_reserved, coalesce(contact_count, 0) as contact_count
        from flagged full join touched using (customer_id)
        """,
        {"night": night, "tonight": tonight, "strategy": strategy.id, "cap_days": CAP_DAYS},
    )


def _reasons_sql(strategy: Strategy, offer: Offer) -> str:
    """Unknown never lets anybody through: no birth date counts as minor, no consent row as none."""
    allowed = RISK_LEVELS[RISK_LEVELS.index(offer.risk_level) :]
    suitable = ", ".join(f"'{level}'" for level in allowed)
    unsuitable = f"coalesce(a.max_suitable_risk_level not in ({suitable}), {offer.risk_level != 'R1'})"
    refused = "not coalesce(a.has_consent, false)" if offer.is_consent_needed else "false"
    return f"""
        create or replace temp table eligible_now as
        select a.customer_id, s.score,
            case
                when coalesce(c.is_deceased, true) then 'deceased'
                when coalesce(a.is_aml_frozen, true) then 'aml'
                when coalesce(a.is_minor, true) then 'minor'
                when coalesce(a.is_staff, false) then 'staff'
                when coalesce(a.is_do_not_contact, true) then 'do_not_contact'
                when coalesce(a.has_recent_complaint, true) then 'complaint'
                when {refused} or coalesce(a.is_profiling_opted_out, true) then 'not_consented'
                when {unsuitable} then 'unsuitable'
                when s.score is null then 'no_score'
            end as static_reason,
            case
                when b.is_listed then 'already_listed'
                when b.is_displaced then 'displaced'
                when b.is_reserved then 'reserved'
                when b.contact_count >= {strategy.caps.contacts_30d} then 'capped'
            end as dynamic_reason,
            a.* exclude (customer_id)
        from audience_now as a
        left join customer.customer_as_of as c on c.customer_id = a.customer_id and c.as_of_date = ?
        left join block_now as b on b.customer_id = a.customer_id
        left join state.model_score as s on s.customer_id = a.customer_id and s.model_id = ? and s.as_of_date = ?
    """
