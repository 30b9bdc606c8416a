{{ config(materialized='view') }}
-- The words and the unit of every outcome metric: rates are shown in percentage points, money in the reporting currency.
with family as (
    select *
    from (
        values
        ('time', '定期存款', 'time deposit'), ('wealth', '理财', 'wealth product'), ('fund', '基金', 'fund'),
        ('insurance', '保险', 'insurance'), ('gold', '贵金属', 'gold'), ('trust', '信托', 'trust'),
        ('pension', '养老金产品', 'pension product')
    ) as t (family, name_zh, name_en)
),

metric as (
    select 'purchase_' || family as metric_id, 'rate' as metric_kind, name_zh || '购买率' as name_zh,
        name_en || ' purchase rate' as name_en, '购买' as event_zh, 'bought' as event_en
    from family
    union all
    select 'purchase_amount_' || family, 'money', name_zh || '购买金额', name_en || ' amount bought', '金额', 'amount'
    from family
    union all
    select 'aum_change', 'money', 'AUM 净变化', 'change in AUM', '金额', 'amount'
    union all
    select 'net_new_money', 'money', '净新增资金', 'net new money', '金额', 'amount'
    union all
    select 'card_first_swipe', 'rate', '信用卡首刷率', 'first card swipe rate', '首刷', 'swiped'
    union all
    select 'active_txn', 'rate', '交易活跃率', 'active customer rate', '有交易', 'active'
)

select
    cast(metric_id as varchar) as metric_id,
    cast(metric_kind as varchar) as metric_kind,
    cast(name_zh as varchar) as name_zh,
    cast(name_en as varchar) as name_en,
    cast(event_zh as varchar) as event_zh,
    cast(event_en as varchar) as event_en
from metric
