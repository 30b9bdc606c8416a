"""Names of tag values in both languages, beside the codes that expressions take."""

from functools import cache
from typing import Any

from dashboards.components.markup import plain
from dashboards.wording import lang, t
from features.catalog_page import names_of

TIERS = {"t1_below_10k": ("1 万以下", "below 10K"), "t2_10k_50k": ("1–5 万", "10–50K"), "t3_50k_200k": ("5–20 万", "50–200K"),
         "t4_200k_600k": ("20–60 万", "200–600K"), "t5_600k_3m": ("60–300 万", "600K–3M"), "t6_3m_6m": ("300–600 万", "3–6M"),
         "t7_private": ("私行（600 万以上）", "private, 6M and more")}


@cache
def _names() -> dict[str, dict[str, tuple[str, str]]]:
    return {"aum_tier": TIERS, "lifecycle_stage": names_of("lifecycle_stage")}


def name(tag_id: str, value: Any) -> str:
    """A value as people read it, for markup, its code when pointed at; the code where it has no name."""
    if value is None:
        return t("（空）", "(null)")
    if isinstance(value, bool):
        return t("是", "yes") if value else t("否", "no")
    known = _names().get(tag_id, {}).get(str(value))
    return f"<span title='{plain(value)}'>{t(*known)}</span>" if known else plain(value)


def choice(tag_id: str, value: str) -> str:
    """A value to choose from: in Chinese its name before the code, which the expression will show."""
    known = _names().get(tag_id, {}).get(value)
    return f"{known[0]} {value}" if known and lang() == "zh" else value
