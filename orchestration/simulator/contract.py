"""The extract contract as Arrow schemas: read from the gate's own declarations, so that the two cannot differ."""

import pyarrow as pa

from orchestration.ingest import contract

KINDS = {
    "id": pa.string(), "str": pa.string(), "date": pa.date32(), "timestamp": pa.timestamp("us"), "bool": pa.bool_(),
    "int": pa.int32(), "double": pa.float64(), "dec": pa.decimal128(18, 2)}
_ENTITIES = contract.load("core").entities
SCHEMAS = {entity.name: pa.schema([(column.name, KINDS[column.type]) for column in entity.columns]) for entity in _ENTITIES}
KEYS = {entity.name: entity.key for entity in _ENTITIES}
AMOUNT_COLUMN = {"transaction": "amount_cny", "holding": "market_value_cny"}
"""Entities whose control file carries a total."""
SPARSE = ("customer_relation", "visit", "village", "private_domain", "feedback", "quota", "cost", "fee_income", "card_bill",
          "benefit_use", "application", "referral", "prospect")
"""Entities of which nothing is sent on a night without rows."""


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
    """No rows of an entity."""
    return SCHEMAS[entity].empty_table()
