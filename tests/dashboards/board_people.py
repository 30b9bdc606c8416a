"""The hand-made bank's customers, catalogue, feedback and segments: what the Insight and Tag catalogue pages read."""

import json
from datetime import date

import board_bank
import duckdb
import pandas as pd

from features import catalog

TAGS = ("aum_cny", "txn_count_90d", "investment_share_rate", "aum_tier", "rfm_segment", "is_single_product", "is_staff",
        "first_wealth_purchase_date", "age")
MONTH_END = date(2026, 10, 31)
SEGMENTS = (("w01", "创富一代 <A&B>", "Founders <A&B>"), ("w02", "稳健储蓄", "Steady savers"), ("w03", "投资老手", "Investors"))
METRICS = (("customer_count", "size", "客户数", "Customers", "customers"), ("aum_month_avg_cny", "aum", "月日均AUM", "Average monthly AUM", "amount"),
           ("product_count", "product_depth", "产品持有数", "Products held", "number"),
           ("is_app_active_30d", "channel", "手机银行月活占比", "Uses the app", "share"),
           ("aum_attrition_rate", "churn", "资产流失率", "Assets lost since the peak", "share"),
           ("is_near_next_tier", "potential", "临界提升占比", "Near the next tier", "share"),
           ("contribution_12m_cny", "value", "综合贡献度", "Contribution, 12 months", "amount"))
BANK = (240, 61_000.0, 1.8, 0.42, 0.11, 0.08, 410.0)
MOVES = (("w01", "w01", 31), ("w01", "w02", 14), ("w02", "w02", 60), ("w02", "w01", 12), ("none", "w03", 22), ("w03", "none", None))


def customers() -> pd.DataFrame:
    """tags.customer_tags: 240 customers, every eighth under 14, 24 of staff."""
    tagged = board_bank.tags()
    frame = tagged[tagged.as_of_date == board_bank.TO_DATE].reset_index(drop=True)
    i = frame.index
    return frame.assign(is_single_product=i % 4 == 0, is_staff=i % 10 == 0, age=(10 + i % 60).astype("int32"),
                        first_wealth_purchase_date=pd.to_datetime("2024-01-01") + pd.to_timedelta(i % 300, unit="D"))


def catalogue() -> pd.DataFrame:
    """tags.catalogue of these tags, as a night writes it."""
    rows = [row for row in catalog.catalogue_rows() if row["id"] in TAGS]
    return pd.DataFrame([{k: json.dumps(v, ensure_ascii=False) if isinstance(v, list) else v for k, v in row.items()} for row in rows])


def feedback() -> pd.DataFrame:
    """Three words on aum_tier, two of them in disagreement."""
    rows = [(f"f{n}", "aum_tier", 1, verdict, f"e{n}", f"层级与客户实际不符 <{n}>", pd.Timestamp("2026-11-20 10:00"))
            for n, verdict in enumerate(("disagree", "disagree", "agree"))]
    return pd.DataFrame(rows, columns=["feedback_id", "tag_id", "tag_version", "verdict", "employee_id", "feedback_text", "given_at"])


def profile() -> pd.DataFrame:
    """segments.profile: three segments, the last one too small to be shown."""
    rows = []
    for k, (segment, _, _) in enumerate(SEGMENTS):
        for position, ((metric, dimension, zh, en, unit), bank) in enumerate(zip(METRICS, BANK, strict=True)):
            value, is_hidden = bank * (0.3 if metric == "customer_count" else (1.6, 0.9, 1.0)[k]), k == 2
            bounds = (None, None) if metric == "customer_count" else (value * 0.85, value * 1.15)
            shown = [None] * 7 if is_hidden else [72, value, *bounds, *(100 * v / bank if v is not None else None for v in (value, *bounds))]
            rows.append((board_bank.TO_DATE, "wealth", segment, metric, dimension, position, zh, en, unit, *shown[:4], 240, bank, *shown[4:], is_hidden))
    columns = ["as_of_date", "segment_set", "segment_id", "metric_id", "dimension", "position", "name_zh", "name_en", "unit", "n",
               "value", "low", "high", "bank_n", "bank_value", "index_value", "index_low", "index_high", "is_hidden"]
    return pd.DataFrame(rows, columns=columns)


def tables() -> dict[str, pd.DataFrame]:
    """Published name -> rows."""
    definition = pd.DataFrame([("wealth", s, "财富微细分", "Wealth micro-segments", zh, en, "aum_cny >= [base]", "主张", "Proposition", True)
                               for s, zh, en in SEGMENTS],
                              columns=["segment_set", "segment_id", "set_name_zh", "set_name_en", "name_zh", "name_en", "rule",
                                       "proposition_zh", "proposition_en", "is_exclusive"])
    moves = pd.DataFrame([(board_bank.TO_DATE, MONTH_END, "wealth", a, b, n, n is None) for a, b, n in MOVES],
                         columns=["as_of_date", "former_date", "segment_set", "from_segment_id", "to_segment_id", "customer_count", "is_hidden"])
    depth = pd.DataFrame([(day, tier, 400, 400 * rate, rate, rate - 0.04, rate + 0.04, False)
                          for day, rate in ((MONTH_END, 0.27), (board_bank.TO_DATE, 0.25)) for tier in ("t1_below_10k", "t7_private")]
                         + [(board_bank.TO_DATE, "t6_3m_6m", None, None, None, None, None, True)],
                         columns=["as_of_date", "aum_tier", "customer_count", "single_product_count", "single_product_rate", "low",
                                  "high", "is_hidden"])
    coverage = pd.DataFrame([(board_bank.TO_DATE, "wealth", 144, 9, 0.0625, 0.05, "warned")],
                            columns=["as_of_date", "segment_set", "base_count", "unmatched_count", "unmatched_rate",
                                     "unmatched_limit_rate", "status"])
    members = customers().head(72)[["customer_id"]].assign(segment_set="wealth", segment_id="w01", is_primary=True,
                                                           valid_from=MONTH_END, valid_to=None, known_from=MONTH_END)
    members["valid_to"] = pd.to_datetime(members.valid_to)
    return {"tags.customer_tags": customers(), "tags.catalogue": catalogue(), "tags.feedback": feedback(),
            "segments.definition": definition, "segments.membership": members, "segments.profile": profile(),
            "segments.migration": moves, "segments.product_depth": depth, "segments.coverage": coverage}


def fill(connection: duckdb.DuckDBPyConnection, is_empty: bool) -> None:
    """Writes the tables into a store; an empty bank has customers and tags, no segments."""
    for name, frame in tables().items():
        connection.execute(f"create schema if not exists {name.split('.')[0]}")
        connection.register("frame", frame)
        keep = " where false" if is_empty and name.startswith("segments") else ""
        connection.execute(f"create table {name} as select * from frame{keep}")
        connection.unregister("frame")
