-- Berka: owners and disponents become customers on the day their first account opens.
with berka as (
    select
        d.client_id, d.birth_date, d.gender, d.district_id, a.opened_date, a.is_known_assumed,
        greatest(a.known_at, d.known_at) as known_at
    from {{ ref('int_berka__account') }} as a
    inner join {{ ref('int_berka__disposition') }} as d on a.account_id = d.account_id
    qualify row_number() over (
        partition by d.client_id
        order by greatest(a.known_at, d.known_at) nulls last, a.opened_date nulls last, a.account_id nulls last
    ) = 1
)

select
    customer_id, 'core' as source_system, birth_date, gender, occupation_code, education, marital_declared, city_code,
    is_county, opened_date, is_employee, is_deceased, aml_status, legal_entity, risk_class, risk_assessed_date,
    household_id, merged_into_id, title, is_legal_representative, village_id, village_stage, is_mobile_signed,
    is_sms_alert_signed, is_push_token_valid, is_push_allowed, 'CNY' as currency,
    changed_date, is_known_assumed, known_at
from {{ ref('stg_core__customer') }}
union all
select
    client_id, 'berka', birth_date, gender, null, null, null, district_id,
    null, opened_date, false, false, 'normal', null, null, null,
    null, null, null, false, null, null, null,
    null, null, null, 'CZK',
    opened_date, is_known_assumed, known_at
from berka
where {{ in_load_range('known_at') }}
