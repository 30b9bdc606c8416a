-- What changed in a strategy from one measured night to the next: version, status, model, verdict; and whether a verdict stood.
with night as (
    select strategy_id, as_of_date, strategy_version, strategy_status, model_version, verdict
    from {{ source('measure', 'measurement') }}
    where is_primary
    qualify row_number() over (partition by strategy_id, as_of_date order by strategy_version desc nulls last) = 1
),

pair as (
    select *,
        lag(as_of_date) over (partition by strategy_id order by as_of_date nulls last) as former_date,
        lag(strategy_version) over (partition by strategy_id order by as_of_date nulls last) as former_version,
        lag(strategy_status) over (partition by strategy_id order by as_of_date nulls last) as former_status,
        lag(model_version) over (partition by strategy_id order by as_of_date nulls last) as former_model,
        lag(verdict) over (partition by strategy_id order by as_of_date nulls last) as former_verdict
    from night
),

change as (
    select strategy_id, as_of_date, 'version' as kind, cast(former_version as varchar) as before_text,
        cast(strategy_version as varchar) as after_text, former_verdict
    from pair
    where former_version <> strategy_version
    union all
    select strategy_id, as_of_date, 'status', former_status, strategy_status, former_verdict
    from pair
    where former_version = strategy_version and former_status <> strategy_status
    union all
    select strategy_id, as_of_date, 'model', former_model, model_version, former_verdict
    from pair
    where former_model <> model_version
    union all
    select strategy_id, as_of_date, 'verdict', former_verdict, verdict, former_verdict
    from pair
    where former_verdict <> verdict
)

select
    cast(strategy_id as varchar) as strategy_id,
    cast(as_of_date as date) as as_of_date,
    cast(kind as varchar) as kind,
    cast(before_text as varchar) as before_text,
    cast(after_text as varchar) as after_text,
    cast(former_verdict as varchar) as verdict_then,
    cast(former_verdict in ('win', 'harm', 'futile', 'undecided', 'invalid') as boolean) as is_after_verdict
from change
