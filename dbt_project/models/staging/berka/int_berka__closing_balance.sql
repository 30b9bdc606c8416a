-- The closing balance of an account's day: neither file order nor the highest id is right for all.
-- Each row leads from one balance to the next, so the day ends at the balance from which no other row of the day starts.
-- Where cents were rounded on the way, several balances look like ends: the end whose distance from a start is nearest to
-- the day's signed sum is taken. A day that returns to its first balance leaves no end and changes nothing.
with steps as (
    select
        account_id, trans_date, known_at, is_known_assumed, balance_amount,
        cast(case when is_credit then amount else -amount end as decimal(18, 2)) as signed_amount
    from {{ ref('stg_berka__trans') }}
),

days as (
    select
        account_id, trans_date, known_at,
        min(is_known_assumed) as is_known_assumed,
        cast(sum(signed_amount) as decimal(18, 2)) as day_amount
    from steps
    group by account_id, trans_date, known_at
),

ends as (
    select account_id, trans_date, known_at, balance, sum(weight) as weight
    from (
        select account_id, trans_date, known_at, balance_amount as balance, 1 as weight from steps
        union all
        select account_id, trans_date, known_at, cast(balance_amount - signed_amount as decimal(18, 2)), -1 from steps
    ) as both_sides
    group by account_id, trans_date, known_at, balance
    having sum(weight) <> 0
)

select
    d.account_id,
    d.trans_date as balance_date,
    e.balance as closing_balance_amount,
    d.is_known_assumed,
    d.known_at
from days as d
inner join ends as e
    on d.account_id = e.account_id and d.trans_date = e.trans_date and d.known_at = e.known_at and e.weight > 0
inner join ends as s
    on d.account_id = s.account_id and d.trans_date = s.trans_date and d.known_at = s.known_at and s.weight < 0
qualify row_number() over (
    partition by d.account_id, d.trans_date, d.known_at
    order by abs(e.balance - s.balance - d.day_amount) nulls last, e.balance nulls last, s.balance nulls last
) = 1
