"""Who falls into which arm: global holdout, policy, contact; what the log says wins over the hash for ever."""

from features.warehouse import Connection
from models.experiments.assignment import boundaries, bucket_sql
from orchestration.strategy.contract import Strategy

GLOBAL_SALT = "global_holdout:1"
HASH_VERSION = "sha256_15hex_mod10000"
LEVELS = {"global": 0, "policy": 1, "contact": 2}


def shares(strategy: Strategy, level: str) -> dict[str, float]:
    """Planned share of each arm of a level, in bucket order; an arm of share 0 is left out."""
    planned = {
        "global": {"holdout": strategy.global_holdout_share, "marketed": 1 - strategy.global_holdout_share},
        "policy": {"model": strategy.policy_shares.model, "bau": strategy.policy_shares.bau},
        "contact": {"hold": strategy.hold_share, "contact": 1 - strategy.hold_share},
    }[level]
    return {arm: round(share, 4) for arm, share in planned.items() if share > 0}


def salt(strategy: Strategy, level: str) -> str:
    """The global holdout is one for the whole bank; the other levels are salted per experiment."""
    return GLOBAL_SALT if level == "global" else f"{strategy.salt}:{level}"


def sql(strategy: Strategy, level: str) -> str:
    """Relation (customer_id, arm, probability, bucket, salt) over the customers of temp table `unit_now`.

    Only log rows from before `$night` count; the global holdout looks at the log of every experiment. Customers
    found in the log are not hashed again.
    """
    planned = shares(strategy, level)
    arms = " ".join(f"when bucket < {upper} then '{arm}'" for arm, (_, upper) in boundaries(planned).items())
    odds = " ".join(f"when '{arm}' then {share}" for arm, share in planned.items())
    own_salt = salt(strategy, level)
    return f"""
        with drawn as (
            select u.customer_id, l.arm as logged_arm, l.probability as logged_probability,
                coalesce(l.bucket, {bucket_sql(own_salt, "u.customer_id")}) as bucket,
                coalesce(l.salt, '{own_salt}') as salt
            from unit_now as u left join ({_log_sql(strategy, level)}) as l on l.unit_id = u.customer_id
        ),
        placed as (select *, coalesce(logged_arm, case {arms} end) as arm from drawn)
        select customer_id, arm, bucket, salt,
            coalesce(logged_probability, cast(case arm {odds} end as double)) as probability
        from placed
    """


def _log_sql(strategy: Strategy, level: str) -> str:
    """One row per unit: within an experiment the log holds one, across experiments the first counts."""
    own = (
        f"select unit_id, arm, probability, bucket, salt from state.assignment where level = {LEVELS[level]}"
    )
    if level != "global":
        return f"{own} and experiment_id = '{strategy.experiment_id}' and assigned_date < $night"
    return f"""
        select unit_id, unnest(first)
        from (
            select unit_id, arg_min({{arm: arm, probability: probability, bucket: bucket, salt: salt}},
                assigned_date) as first
            from state.assignment where level = {LEVELS[level]} and assigned_date < $night group by unit_id
        )
    """


def assign(
    connection: Connection, strategy: Strategy, level: str, units: str, night: object, target: str
) -> None:
    """Temp table `target` with the arm of every customer that the query `units` yields."""
    connection.execute(f"create or replace temp table unit_now as {units}")
    connection.execute(f"create or replace temp table {target} as {sql(strategy, level)}", {"night": night})
