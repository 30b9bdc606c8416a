"""The line at the top right: how old the data is and whether the night passed its checks."""

from datetime import datetime

import pandas as pd

from dashboards.wording import t


def line(published_at: datetime, build: pd.DataFrame, checks: dict[str, int]) -> str:
    """A dot and a sentence; the dot is orange when a check warned."""
    as_of = f"{build.as_of_date.iloc[0]:%Y-%m-%d}"
    role, verdict = "win", t("检查全部通过", "all checks passed")
    if checks["warned"] or checks["failed"]:
        n = checks["warned"] + checks["failed"]
        role, verdict = "bau", t(f"{n} 条提醒", f"{n} warning{'s' if n > 1 else ''}")
    when = f"{published_at:%Y-%m-%d %H:%M}"
    text = t(f"数据截至 {as_of}，{when} 发布，{verdict}", f"Data to {as_of}, published {when}, {verdict}")
    return f"<i class='dot' style='background:var(--{role})'></i>{text}"
