{{ snapshot_incremental() }}
{%- set groups = tag_parameter('silver_group_ages') -%}
{%- set pensions = tag_parameter('silver_pension_90d') -%}
{%- set middle_ages = tag_parameter('middle_class_ages') -%}
{%- set middle_aum = tag_parameter('middle_class_aum') -%}
with branches as (
    select
        as_of_date,
        customer_id,
        min_by(branch_id, cast(opened_date as {{ dbt.type_string() }}) || account_id) as branch_id
    from {{ ref('account_as_of') }}
    where as_of_date in {{ snapshot_dates() }} and status <> 'closed' and branch_id is not null
    group by as_of_date, customer_id
),

managed as (
    select distinct as_of_date, customer_id from {{ ref('rm_assignment_as_of') }}
    where as_of_date in {{ snapshot_dates() }} and employee_id is not null
),

city_salaries as (
    select
        c.as_of_date,
        c.city_code,
        percentile_cont({{ tag_parameter('middle_class_salary_percentile') }})
            within group (order by cast(t.salary_month_avg_cny as double)) as high_salary
    from {{ ref('customer_as_of') }} as c
    inner join {{ ref('tags_transactions') }} as t on c.as_of_date = t.as_of_date and c.customer_id = t.customer_id
    where c.as_of_date in {{ snapshot_dates() }} and t.salary_month_avg_cny is not null
    group by c.as_of_date, c.city_code
),

-- ties of the newest month end: of the date itself where it is one
households as (
    select s.as_of_date, h.*
    from {{ ref('household') }} as h
    inner join {{ snapshot_dates() }} as s
        on h.month_end_date = case when last_day(s.as_of_date) = s.as_of_date then s.as_of_date
            else last_day(cast(s.as_of_date - interval '1' month as date)) end and h.known_at <= s.as_of_date
),

inputs as (
    select
        c.*,
        {{ age_at('c.birth_date', 'c.as_of_date') }} as age,
        a.aum_month_avg_cny,
        a.has_mortgage,
        t.is_pension,
        t.education_spend_180d_cny > 0 as has_family_spend,
        coalesce(cast(t.salary_month_avg_cny as double) >= s.high_salary, false) as is_well_paid,
        coalesce(f.is_guardian, false)
            or (coalesce(i.education_count_180d, 0) >= {{ tag_parameter('parent_education_count') }}
                and coalesce(i.education_month_count_180d, 0) >= {{ tag_parameter('parent_education_months') }}) as is_parent,
        coalesce(i.education_count_180d, 0) > 0 as has_education,
        coalesce(f.is_parent_of_adult, false) as is_parent_of_adult,
        coalesce(f.has_spouse, false) or coalesce(c.marital_declared = 'married', false) as has_spouse,
        coalesce(c.marital_declared in ({{ quoted(tag_parameter('single_statuses')) }}), false) as is_declared_single,
        f.household_id as tied_household_id,
        f.method_version,
        coalesce(i.pension_amount_90d, 0) as pension_amount_90d,
        h.is_app_active_30d,
        m.customer_id is not null as has_rm,
        b.branch_id
    from {{ ref('customer_as_of') }} as c
    left join {{ ref('tags_assets') }} as a on c.as_of_date = a.as_of_date and c.customer_id = a.customer_id
    left join {{ ref('tags_transactions') }} as t on c.as_of_date = t.as_of_date and c.customer_id = t.customer_id
    left join {{ ref('tag_input__transaction') }} as i on c.as_of_date = i.as_of_date and c.customer_id = i.customer_id
    left join {{ ref('tags_channels') }} as h on c.as_of_date = h.as_of_date and c.customer_id = h.customer_id
    left join households as f on c.as_of_date = f.as_of_date and c.customer_id = f.customer_id
    left join city_salaries as s on c.as_of_date = s.as_of_date and c.city_code = s.city_code
    left join managed as m on c.as_of_date = m.as_of_date and c.customer_id = m.customer_id
    left join branches as b on c.as_of_date = b.as_of_date and c.customer_id = b.customer_id
    where c.as_of_date in {{ snapshot_dates() }}
),

silver as (
    select
        inputs.*,
        age >= {{ tag_parameter('silver_age') }}
            or (coalesce(is_pension, false) and age >= {{ tag_parameter('silver_pension_age') }}) as is_silver
    from inputs
)

select
    customer_id,
    age,
    {{ age_band('age') }} as age_band,
    gender,
    case
        when occupation_code is null then null
        when occupation_code in ({{ quoted(tag_parameter('occupation_groups')) }}) then occupation_code
        {%- for digit, group in tag_parameter('occupation_classes').items() %}
        when substr(occupation_code, 1, 1) = '{{ digit }}' then '{{ group }}'
        {%- endfor %}
        else 'other'
    end as occupation_group,
    city_tier,
    coalesce(is_county, false) as is_county,
    {{ months_between('opened_date', 'as_of_date') }} as tenure_months,
    case
        when is_parent and has_education then 'school_child'
        when is_parent then 'young_child'
        when is_parent_of_adult then 'empty_nest'
        when has_spouse then 'couple'
        when is_declared_single then 'single'
    end as family_stage,
    is_parent,
    is_silver,
    case when is_silver then case when age < {{ groups[0] }} then 'active' when age < {{ groups[1] }} then 'health'
        when age < {{ groups[2] }} then 'care' else 'aged' end end as silver_group,
    case when is_silver then case when pension_amount_90d <= 0 then 'none' when pension_amount_90d < {{ pensions[0] }} then 'low'
        when pension_amount_90d < {{ pensions[1] }} then 'mid' else 'high' end end as silver_pension_band,
    case when is_silver then is_app_active_30d end as is_silver_app_active,
    coalesce(age between {{ middle_ages[0] }} and {{ middle_ages[1] }}
        and ((aum_month_avg_cny >= {{ middle_aum[0] }} and aum_month_avg_cny < {{ middle_aum[1] }}) or is_well_paid)
        and (has_mortgage or has_family_spend), false) as is_middle_class,
    has_rm,
    branch_id as home_branch_id,
    coalesce(tied_household_id, household_id) as household_id,
    case when tied_household_id is not null then method_version when household_id is not null then 'source' end as household_method,
    is_employee as is_staff,
    as_of_date
from silver
