"""The extract contract of the sixteen entities: columns, types, and which column a control total sums."""

import pyarrow as pa

TEXT, DAY, MOMENT, FLAG, COUNT, NUMBER = (pa.string(), pa.date32(), pa.timestamp("us"), pa.bool_(), pa.int32(), pa.float64())
MONEY = pa.decimal128(18, 2)
_KINDS = {"s": TEXT, "d": DAY, "t": MOMENT, "b": FLAG, "i": COUNT, "f": NUMBER, "m": MONEY}
_COLUMNS = {
    "customer": "customer_id:s dt:d birth_date:d gender:s id_type:s occupation_code:s education:s marital_declared:s "
                "city_code:s county_flag:b open_date:d employee_flag:b deceased_flag:b aml_status:s legal_entity:s "
                "risk_class:s risk_assessed_date:d household_id:s merged_into:s",
    "account": "account_id:s dt:d customer_id:s product_id:s branch_id:s open_date:d close_date:d status:s is_salary_acct:b "
               "is_pension_acct:b ccy:s",
    "product": "product_id:s dt:d family:s name_zh:s name_en:s risk_level:s term_days:i min_amount:m expected_rate:f "
               "margin_bp:f quota_remaining:m on_sale:b",
    "holding": "contract_no:s dt:d customer_id:s product_id:s market_value_cny:m cost_cny:m start_date:d maturity_date:d "
               "auto_renew:b",
    "transaction": "txn_id:s account_id:s customer_id:s ts:t amount_cny:m dr_cr:s txn_code:s channel_id:s "
                   "counterparty_type:s counterparty_id:s mcc:s merchant_id:s memo_class:s reversal_of:s",
    "card": "card_id:s dt:d customer_id:s product_id:s issue_date:d activate_date:d first_txn_date:d credit_limit_cny:m "
            "used_limit_cny:m statement_day:i status:s quickpay_bindings:i quickpay_date:d",
    "loan": "loan_id:s dt:d customer_id:s loan_type:s granted_cny:m granted_date:d drawn_cny:m balance_cny:m "
            "interest_rate:f overdue_days:i maturity_date:d status:s",
    "app_event": "event_id:s customer_id:s device_id:s session_id:s event_name:s page_id:s ts:t received_at:t props:s "
                 "app_version:s is_test:b",
    "branch": "branch_id:s dt:d parent_id:s level:i city_code:s city_tier:i county_flag:b branch_type:s open_date:d",
    "employee": "employee_id:s dt:d role:s branch_id:s seat_capacity_day:i hire_date:d",
    "rm_assignment": "customer_id:s employee_id:s valid_from:d dt:d valid_to:d role:s",
    "channel": "channel_id:s dt:d channel_type:s unit_cost_cny:m daily_capacity:i allowed_hours:s needs_consent:b",
    "consent": "customer_id:s purpose:s channel:s dt:d status:s valid_from:d valid_to:d is_personalised_optout:b source:s",
    "complaint": "complaint_id:s dt:d customer_id:s ts:t topic:s severity:i linked_contact_id:s closed_ts:t",
    "contact": "contact_id:s list_id:s strategy_id:s customer_id:s channel_id:s employee_id:s planned_ts:t ts:t delivered:b "
               "connected:b talk_sec:i disposition:s script_id:s cost_cny:m message_class:s attempt_no:i",
    "response": "response_id:s customer_id:s strategy_id:s ts:t response_type:s amount_cny:m attributed_contact_id:s",
}
SCHEMAS = {entity: pa.schema([(name, _KINDS[kind]) for name, kind in (item.split(":") for item in text.split())])
           for entity, text in _COLUMNS.items()}
EVENTS = ("transaction", "app_event", "contact", "response")
AMOUNT_COLUMN = {"transaction": "amount_cny", "holding": "market_value_cny"}
KEYS = {
    "customer": ("customer_id", "dt"), "account": ("account_id", "dt"), "product": ("product_id", "dt"),
    "holding": ("contract_no", "dt"), "transaction": ("txn_id",), "card": ("card_id", "dt"), "loan": ("loan_id", "dt"),
    "app_event": ("event_id",), "branch": ("branch_id", "dt"), "employee": ("employee_id", "dt"),
    "rm_assignment": ("customer_id", "employee_id", "valid_from", "dt"), "channel": ("channel_id", "dt"),
    "consent": ("customer_id", "purpose", "channel", "dt"), "complaint": ("complaint_id", "dt"),
    "contact": ("contact_id",), "response": ("response_id",)}


def table(entity: str, columns: dict[str, pa.Array]) -> pa.Table:
    """A table in contract order; columns that are not given are null."""
    schema = SCHEMAS[entity]
    count = len(next(iter(columns.values())))
    unknown = set(columns) - set(schema.names)
    if unknown:
        raise ValueError(f"{entity} has no columns {sorted(unknown)}")
    arrays = [columns[f.name].cast(f.type) if f.name in columns else pa.nulls(count, f.type) for f in schema]
    return pa.Table.from_arrays(arrays, schema=schema)


def empty(entity: str) -> pa.Table:
    return SCHEMAS[entity].empty_table()
