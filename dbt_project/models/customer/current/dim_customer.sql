-- Customers as the run leaves them.
select
    customer_id, source_system, birth_date, gender, occupation_code, education, marital_declared, city_code, city_tier,
    is_county, opened_date, is_employee, is_deceased, aml_status, legal_entity, risk_class, risk_assessed_date,
    household_id, title, is_legal_representative, village_id, village_stage, is_mobile_signed, is_sms_alert_signed,
    is_push_token_valid, is_push_allowed, currency
from (
    {{ customer_at('(' ~ last_date() ~ ')') }}
) as c
