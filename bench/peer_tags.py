"""One peer of bench/tags.py in its own environment: `PEERS/bin/python bench/peer_tags.py duckdb|polars|polars_daily|pandas TASK.json`.

Answers the columns of tag_input__transaction for one date from Parquet files of a day each, as a user of that library would
write it, without knowledge time and without corrections. Prints {cpu, seconds, peak_mb}; imports are not counted.
"""

import json
import resource
import sys
import time

OWN = "coalesce(counterparty_type in ('own_same_bank', 'own_other_bank'), false)"
EXTERNAL = ("(coalesce(counterparty_type, '') <> 'own_same_bank'"
            " and txn_code not in ('product_buy', 'product_redeem', 'interest', 'fee'))")
INITIATED = ("txn_code in ('transfer_in', 'transfer_out', 'consume', 'refund', 'cash_in', 'cash_out', 'loan_repayment', 'insurance_premium',"
             " 'product_buy', 'product_redeem', 'securities_in', 'securities_out', 'merchant_receipt', 'utility', 'education', 'fx_exchange')")
EDUCATION = "(txn_code = 'education' or coalesce(mcc between '8200' and '8299', false))"
SECURITIES = "txn_code in ('securities_in', 'securities_out')"
MEASURES = {
    "initiated_count": f"case when {INITIATED} then 1 else 0 end",
    "initiated_amount": f"case when {INITIATED} and not {OWN} then amount else 0 end",
    "external_credit_amount": f"case when {EXTERNAL} and is_credit then amount else 0 end",
    "external_debit_amount": f"case when {EXTERNAL} and not is_credit then amount else 0 end",
    "salary_amount": "case when txn_code = 'salary' then amount else 0 end",
    "salary_count": "case when txn_code = 'salary' then 1 else 0 end",
    "pension_amount": "case when txn_code = 'pension' then amount else 0 end",
    "pension_count": "case when txn_code = 'pension' then 1 else 0 end",
    "card_spend_amount": "case when txn_code in ('consume', 'refund') then case when is_credit then 0 - amount else amount end else 0 end",
    "card_spend_count": "case when txn_code = 'consume' then 1 else 0 end",
    "education_amount": f"case when {EDUCATION} then amount else 0 end",
    "education_count": f"case when {EDUCATION} then 1 else 0 end",
    "securities_count": f"case when {SECURITIES} then 1 else 0 end",
    "securities_net_amount": f"case when {SECURITIES} then case when is_credit then amount else 0 - amount end else 0 end",
    "receipt_count": "case when txn_code = 'merchant_receipt' then 1 else 0 end",
    "cross_border_count": "case when is_cross_border or txn_code = 'fx_exchange' then 1 else 0 end",
    "dividend_amount": "case when txn_code in ('dividend', 'stock_unlock') and is_credit then amount else 0 end",
}
SUMS = [("initiated_count_90d", "initiated_count", 0, 90), ("initiated_count_91_180d", "initiated_count", 90, 180),
        ("initiated_amount_90d", "initiated_amount", 0, 90), ("credit_amount_90d", "external_credit_amount", 0, 90),
        ("debit_amount_90d", "external_debit_amount", 0, 90), ("salary_count_92d", "salary_count", 0, 92),
        ("salary_amount_92d", "salary_amount", 0, 92), ("salary_count_45d", "salary_count", 0, 45),
        ("salary_count_61_152d", "salary_count", 60, 152), ("pension_count_60d", "pension_count", 0, 60),
        ("pension_amount_90d", "pension_amount", 0, 90), ("cross_border_count_180d", "cross_border_count", 0, 180),
        ("card_spend_amount_90d", "card_spend_amount", 0, 90), ("card_spend_count_180d", "card_spend_count", 0, 180),
        ("card_spend_amount_365d", "card_spend_amount", 0, 365), ("education_amount_180d", "education_amount", 0, 180),
        ("education_count_180d", "education_count", 0, 180), ("securities_count_90d", "securities_count", 0, 90),
        ("securities_net_amount_90d", "securities_net_amount", 0, 90), ("dividend_amount_365d", "dividend_amount", 0, 365)]
SUMS += [(f"{flow}_amount_block{n}", f"external_{flow}_amount", 30 * (n - 1), 30 * n) for n in range(1, 7) for flow in ("credit", "debit")]
COLUMNS = ["customer_id", "txn_at", "amount", "is_credit", "txn_code", "counterparty_type", "mcc", "is_cross_border"]


def duckdb(task):
    """One query: every column a conditional aggregate over the year's rows."""
    import duckdb as engine

    age = f"date_diff('day', txn_date, date '{task['as_of']}')"
    columns = [f"sum({MEASURES[measure]}) filter (where {age} >= {first} and {age} < {last}) as {name}"
               for name, measure, first, last in SUMS]
    columns += [f"count(distinct txn_date) filter (where txn_code = 'merchant_receipt' and {age} >= {30 * (n - 1)} and {age} < {30 * n})"
                f" as receipt_day_count_block{n}" for n in range(1, 4)]
    connection = engine.connect()
    connection.execute("set preserve_insertion_order = false; set threads = 2")
    connection.execute(f"""copy (
        with rows as (
            select *, cast(txn_at as date) as txn_date from read_parquet({task['files']})
            where txn_at >= date '{task['as_of']}' - 364 and txn_at < date '{task['as_of']}' + 1),
        facts as (
            select customer_id, max(txn_date) filter (where {INITIATED}) as last_initiated_date, {', '.join(columns)},
                count(distinct date_trunc('month', txn_date)) filter (where {EDUCATION} and {age} < 180) as education_month_count_180d
            from rows group by customer_id),
        daily as (
            select customer_id, sum({MEASURES['external_credit_amount']}) - sum({MEASURES['external_debit_amount']}) as net
            from rows where {age} < 3 group by customer_id, txn_date),
        extremes as (select customer_id, max(net) as highest_daily_net_3d, min(net) as lowest_daily_net_3d from daily group by customer_id)
        select f.*, e.* exclude (customer_id) from facts as f left join extremes as e using (customer_id)
    ) to '{task['answer']}' (format parquet)""")


def _polars_rows(task):
    import polars as pl

    as_of = pl.lit(task["as_of"]).str.to_date()
    rows = pl.scan_parquet(task["files"]).select(COLUMNS).with_columns(
        pl.col("txn_at").dt.date().alias("txn_date"), pl.col("amount").cast(pl.Float64))
    rows = rows.with_columns((as_of - pl.col("txn_date")).dt.total_days().cast(pl.Int32).alias("age"))
    return rows.filter((pl.col("age") >= 0) & (pl.col("age") < 365)).select(
        "customer_id", "txn_date", "age", *[pl.sql_expr(sql).alias(name) for name, sql in MEASURES.items()])


def _polars_answer(rows, days, task):
    """`days`: one row per customer and day, for the questions that ask about days."""
    import polars as pl

    age = pl.col("age")
    sums = [pl.col(measure).filter((age >= first) & (age < last)).sum().alias(name) for name, measure, first, last in SUMS]
    facts = rows.group_by("customer_id").agg(
        pl.col("txn_date").filter(pl.col("initiated_count") > 0).max().alias("last_initiated_date"), *sums)
    net = (pl.col("external_credit_amount") - pl.col("external_debit_amount")).filter(age < 3)
    of_days = days.group_by("customer_id").agg(
        net.max().alias("highest_daily_net_3d"), net.min().alias("lowest_daily_net_3d"),
        *[((pl.col("receipt_count") > 0) & (age >= 30 * (n - 1)) & (age < 30 * n)).sum().alias(f"receipt_day_count_block{n}")
          for n in range(1, 4)],
        pl.col("txn_date").dt.truncate("1mo").filter((pl.col("education_count") > 0) & (age < 180)).n_unique()
        .alias("education_month_count_180d"))
    facts.join(of_days, on="customer_id", how="left").collect(engine="streaming").write_parquet(task["answer"])


def _polars_days(rows):
    import polars as pl

    return rows.group_by("customer_id", "txn_date", "age").agg(pl.col(list(MEASURES)).sum())


def polars(task):
    """Streaming, conditional sums over the rows; what is asked of days comes from the few rows that matter."""
    import polars as pl

    rows = _polars_rows(task)
    few = rows.filter((pl.col("age") < 3) | (pl.col("receipt_count") > 0) | (pl.col("education_count") > 0))
    _polars_answer(rows, _polars_days(few), task)


def polars_daily(task):
    """Streaming, customer-days first, as the product does."""
    days = _polars_days(_polars_rows(task)).cache()
    _polars_answer(days, days, task)


def pandas(task):
    """Boolean masks and one grouped sum per column, customers as categories."""
    import numpy as np
    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.concat_tables(pq.read_table(path, columns=COLUMNS) for path in task["files"])
    texts = ["customer_id", "txn_code", "counterparty_type", "mcc"]
    for name in texts:
        table = table.set_column(table.schema.get_field_index(name), name, table[name].combine_chunks().dictionary_encode())
    table = table.set_column(table.schema.get_field_index("amount"), "amount", table["amount"].cast(pa.float64()))
    frame = table.to_pandas(self_destruct=True)
    del table
    frame["age"] = (pd.Timestamp(task["as_of"]) - frame["txn_at"].dt.normalize()).dt.days.astype("int16")
    frame = frame[(frame["age"] >= 0) & (frame["age"] < 365)]
    measures = _pandas_measures(frame)
    facts = frame.groupby("customer_id", observed=True).size().to_frame("rows")
    customer, age = frame["customer_id"], frame["age"]
    for name, measure, first, last in SUMS:
        mask = (age >= first) & (age < last) & (measures[measure] != 0)
        facts[name] = measures[measure][mask].groupby(customer[mask], observed=True).sum()
    mask = measures["initiated_count"] > 0
    facts["last_initiated_date"] = frame["txn_at"][mask].groupby(customer[mask], observed=True).max().dt.normalize()
    recent = age < 3
    net = (measures["external_credit_amount"] - measures["external_debit_amount"])[recent]
    daily = net.groupby([customer[recent], age[recent]], observed=True).sum().groupby(level=0, observed=True)
    facts["highest_daily_net_3d"], facts["lowest_daily_net_3d"] = daily.max(), daily.min()
    for n in range(1, 4):
        mask = (measures["receipt_count"] > 0) & (age >= 30 * (n - 1)) & (age < 30 * n)
        facts[f"receipt_day_count_block{n}"] = age[mask].groupby(customer[mask], observed=True).nunique()
    mask = (measures["education_count"] > 0) & (age < 180)
    months = frame["txn_at"][mask].dt.year * 12 + frame["txn_at"][mask].dt.month
    facts["education_month_count_180d"] = months.groupby(customer[mask], observed=True).nunique()
    facts.index = facts.index.astype(str)
    facts.drop(columns="rows").reset_index().replace({np.nan: None}).to_parquet(task["answer"])


def _pandas_measures(frame):
    code, side, amount, credit = frame["txn_code"], frame["counterparty_type"], frame["amount"], frame["is_credit"]
    initiated = code.isin(INITIATED.split("'")[1::2])
    external = (side.astype(object) != "own_same_bank") & ~code.isin(["product_buy", "product_redeem", "interest", "fee"])
    mcc = frame["mcc"].cat
    education = (code == "education") | frame["mcc"].isin([c for c in mcc.categories if "8200" <= c <= "8299"])
    signed = amount.where(credit, -amount)
    found = {"initiated_count": initiated, "initiated_amount": amount.where(initiated & ~side.isin(["own_same_bank", "own_other_bank"]), 0),
             "external_credit_amount": amount.where(external & credit, 0), "external_debit_amount": amount.where(external & ~credit, 0),
             "card_spend_amount": (-signed).where(code.isin(["consume", "refund"]), 0), "card_spend_count": code == "consume",
             "education_amount": amount.where(education, 0), "education_count": education,
             "securities_count": code.isin(["securities_in", "securities_out"]),
             "securities_net_amount": signed.where(code.isin(["securities_in", "securities_out"]), 0), "receipt_count": code == "merchant_receipt",
             "cross_border_count": frame["is_cross_border"] | (code == "fx_exchange"),
             "dividend_amount": amount.where(code.isin(["dividend", "stock_unlock"]) & credit, 0)}
    for name in ("salary", "pension"):
        found[f"{name}_count"], found[f"{name}_amount"] = code == name, amount.where(code == name, 0)
    return {name: values.astype("int8") if values.dtype == bool else values for name, values in found.items()}


def main():
    peer, path = sys.argv[1:]
    with open(path) as stream:
        task = json.load(stream)
    for module in {"duckdb": ["duckdb"], "pandas": ["pandas", "pyarrow.parquet"]}.get(peer, ["polars"]):
        __import__(module)
    began, worked = time.perf_counter(), time.process_time()
    {"duckdb": duckdb, "polars": polars, "polars_daily": polars_daily, "pandas": pandas}[peer](task)
    print(json.dumps({"cpu": time.process_time() - worked, "seconds": time.perf_counter() - began,
                      "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))


if __name__ == "__main__":
    main()
