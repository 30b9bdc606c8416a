"""The whole bank on the Review page: lifts added up against the global holdout, and how many finds are likely luck."""

import pandas as pd

from dashboards import figures as f
from dashboards.components import markup
from dashboards.wording import t


def card(nights: pd.DataFrame, lg: str) -> None:
    """Draws the newest night; says what is missing where nothing can be compared yet."""
    markup.card_head(t("整个银行：加总的增量与全局对照", "The whole bank: claimed lifts against the global holdout"),
                     t("购买次数，近 90 天", "purchases, last 90 days"))
    if nights.empty or nights.sort_values("as_of_date").iloc[-1].status != "measured":
        markup.empty("◌", t("还不能对照", "Nothing to compare yet"),
                     t("需要全局空白组和已成熟的名单", "It takes a global holdout and matured lists"))
        return
    row = nights.sort_values("as_of_date").iloc[-1]
    markup.show(f"<div class='adv'><div class='say'>{_sentence(row, lg)}<span>{_ground(row, lg)}</span></div>"
                f"{_figure(t('各策略加总', 'Claimed'), row, 'claimed', lg)}{_figure(t('全局对照显示', 'Shown'), row, 'shown', lg)}"
                f"{_figure(t('重复计算', 'Counted twice'), row, 'gap', lg)}</div>")
    markup.show(f"<div class='cap' style='margin-top:10px'>{_finds(row)}</div>")


def _sentence(row: pd.Series, lg: str) -> str:
    if row.gap_low > 0:
        n = f.count(row.gap, lg)
        return t(f"策略各自报告的增量里，约 {n} 次购买被算了两遍", f"About {n} purchases that strategies claim are counted twice")
    if row.gap_high < 0:
        return t("全局对照显示的比各策略加总还多", "The holdout shows more than the strategies claim together")
    return t("各策略加总与全局对照相符，在误差之内", "The strategies' claims agree with the global holdout, within error")


def _ground(row: pd.Series, lg: str) -> str:
    people, held = f.count(row.marketed_count, lg), f.count(row.held_count, lg)
    return t(f"可营销 {people}人，人均 {row.marketed_mean:.4f} 次；全局空白组 {held}人，人均 {row.held_mean:.4f} 次",
             f"{people} customers open to marketing bought {row.marketed_mean:.4f} each; {held} held from all of it, {row.held_mean:.4f}")


def _figure(label: str, row: pd.Series, name: str, lg: str) -> str:
    span = f.interval(row[f"{name}_low"], row[f"{name}_high"], lambda v: f.count(v, lg, True))
    return (f"<div class='m'><div class='cap'>{label}</div><div class='v'>{f.count(row[name], lg, True)}</div>"
            f"<div class='cap'>{span}</div></div>")


def _finds(row: pd.Series) -> str:
    said = t(f"◆ {row.discovery_count} 条策略通过错误发现率 10% 的检验（Benjamini-Hochberg）",
             f"◆ {row.discovery_count} strategies hold at a false discovery rate of 10% (Benjamini-Hochberg)")
    if f.is_missing(row.curse_claimed) or not row.curse_claimed:
        return said
    claimed, pulled = f.pp(row.curse_claimed), f.pp(row.curse_shrunken)
    return said + t(f"；显著增量之和 {claimed}，按赢家诅咒收缩后 {pulled}",
                    f"; significant increments sum to {claimed}, after the winner's curse {pulled}")
