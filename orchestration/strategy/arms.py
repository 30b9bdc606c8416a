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
    """Relation (customer_id, arm, probability, bucket, salt, is_new) over the customers of temp table `unit_now`.

    Earlier rows of the log are taken before `$night`; the global holdout looks at the log of every experiment.
    """
    planned = shares(strategy, level)
    arms = " ".join(f"when u.bucket < {upper} then '{arm}'" for arm, (_, upper) in boundaries(planned).items())
    odds = " ".join(f"when '{arm}' then {share}" for arm, share in planned.items())
    scope = "true" if level == "global" else f"experiment_id = '{strategy.experiment_id}'"
    return f"""
        select u.customer_id, coalesce(l.arm, case {arms} end) as arm,
            coalesce(l.probability, cast(case (case {arms} end) {odds} end as double)) as probability,
            coalesce(l.bucket, u.bucket) as bucket, coalesce(l.salt, '{salt(strategy, level)}') as salt
        from (select customer_id, {bucket_sql(salt(strategy, level), "customer_id")} as bucket from unit_now) as u
        left join (
            select unit_id, arg_min(arm, (assigned_date, experiment_id)) as arm,
                arg_min(probability, (assigned_date, experiment_id)) as probability,
                arg_min(bucket, (assigned_date, experiment_id)) as bucket,
                arg_min(salt, (assigned_date, experiment_id)) as salt
            from state.assignment
            where level = {LEVELS[level]} and {scope} and assigned_date < $night
            group by unit_id
        ) as l on l.unit_id = u.customer_id
    """


def assign(
    connection: Connection, strategy: Strategy, level: str, units: str, night: object, target: str
) -> None:
    """Temp table `target` with the arm of every customer that the query `units` yields."""
    connection.execute(f"create or replace temp table unit_now as {units}")
    connection.execute(f"create or replace temp table {target} as {sql(strategy, level)}", {"night": night})
