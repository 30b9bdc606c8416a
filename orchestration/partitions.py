"""Daily partitions by business date, closing at midnight in Shanghai."""

import dagster as dg

TIMEZONE = "Asia/Shanghai"
business_dates = dg.DailyPartitionsDefinition(start_date="1993-01-01", timezone=TIMEZONE)
