{{ snapshot_incremental() }}
-- A customer over all relationships, by every caliber: components to the cent that add up to the total. A caliber that is new
-- is told of all kept dates; what an older one told is never touched.
-- depends_on: {{ ref('evaluation_basis') }}
{%- set declared = calibers() %}
with components as (
    {%- for caliber in declared %}
    select
        b.customer_id,
        {{ caliber.version }} as caliber_version,
        {{ deposit_margin(caliber) }} as deposit_margin_amount,
        {{ mean_amount('b.loan_balance_amount * ' ~ caliber.loan_margin_bp, 10000) }} as lending_margin_amount,
        {{ mean_amount('(b.loan_balance_amount - b.loan_overdue_amount) * ' ~ caliber.loss_current_bp
            ~ ' + b.loan_overdue_amount * ' ~ caliber.loss_overdue_bp, 10000) }} as expected_loss_amount,
        {{ 'b.fee_amount' if caliber.is_fee_income_used else 'cast(0 as decimal(18, 2))' }} as fee_amount,
        {% if caliber.is_fee_income_used %}case when b.is_fee_booked then b.card_fee_amount else {% endif %}
            {{- mean_amount('b.card_spend_amount * ' ~ caliber.card_fee_bp, 10000) }}
            {{- ' end' if caliber.is_fee_income_used }} as card_amount,
        {{ 'b.payment_fee_amount' if caliber.is_fee_income_used else 'cast(0 as decimal(18, 2))' }} as payment_amount,
        {{ 'b.contact_cost_amount + b.visit_cost_amount' if caliber.is_visit_cost_used else 'b.contact_cost_amount' }}
            as channel_cost_amount,
        {{ 'b.benefit_cost_amount' if caliber.is_benefit_cost_used else 'cast(0 as decimal(18, 2))' }} as benefit_cost_amount,
        b.legal_entity,
        b.currency,
        b.as_of_date
    from {{ ref('evaluation_basis') }} as b
    where b.as_of_date in {{ snapshot_dates() }}
    {%- if is_incremental() %}
        or b.as_of_date not in (select distinct as_of_date from {{ this }} where caliber_version = {{ caliber.version }})
    {%- endif %}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select
    customer_id,
    cast(caliber_version as integer) as caliber_version,
    cast(deposit_margin_amount as decimal(18, 2)) as deposit_margin_amount,
    cast(lending_margin_amount as decimal(18, 2)) as lending_margin_amount,
    cast(expected_loss_amount as decimal(18, 2)) as expected_loss_amount,
    cast(fee_amount as decimal(18, 2)) as fee_amount,
    cast(card_amount as decimal(18, 2)) as card_amount,
    cast(payment_amount as decimal(18, 2)) as payment_amount,
    cast(channel_cost_amount as decimal(18, 2)) as channel_cost_amount,
    cast(benefit_cost_amount as decimal(18, 2)) as benefit_cost_amount,
    cast(deposit_margin_amount + lending_margin_amount - expected_loss_amount + fee_amount + card_amount + payment_amount
        - channel_cost_amount - benefit_cost_amount as decimal(18, 2)) as total_amount,
    legal_entity,
    currency,
    as_of_date
from components
