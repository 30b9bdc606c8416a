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
    markup.show(f"<div class='adv'><div class='say'>{_sentence(row, lg)}<span>{_ground(row, lg)}</span></div></div>"
                f"<div style='margin-top:12px'>{_picture(row, lg)}</div>")
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


def _picture(row: pd.Series, lg: str) -> str:
    """Three bars on one scale: what strategies claim, what the holdout shows, and the difference from the one to the other."""
    named = [
        ("claimed", "naive", 0.0, t("各策略加总", "Claimed"), t("每条策略触达减对照，乘触达人数", "contacted less held, times contacts, of every strategy")),
        ("shown", "naive", 0.0, t("全局对照显示", "Shown"), t("可营销客户减全局空白组", "open to marketing less the global holdout")),
        ("gap", "anyway", float(row.shown), t("重复计算", "Counted twice"), t("加总减全局对照", "claimed less shown")),
    ]
    ends = [0.0, *(start + row[f"{name}{end}"] for name, _, start, *_ in named for end in ("", "_low", "_high"))]
    left, width = min(ends), ((max(ends) - min(ends)) or 1.0) * 1.03

    def box(css: str, a: float, b: float) -> str:
        low, high = ((min(max(v, left), left + width) - left) / width * 100 for v in sorted((a, b)))
        return f"<div class='{css}' style='left:{low:.2f}%;width:{high - low:.2f}%'></div>"

    zero = f"<div class='zero' style='left:{-left / width * 100:.2f}%'></div>"
    lines = "".join(
        f"<div class='row'><div><div class='lab'><b>{label}</b><span>{note}</span></div><div class='track'>{zero}"
        f"{box(f'bar {css}', start, start + row[name])}{box('whisk', start + row[f'{name}_low'], start + row[f'{name}_high'])}</div></div>"
        f"{_figure(row, name, lg)}</div>" for name, css, start, label, note in named)
    return f"<div class='dc'>{lines}</div>"


def _figure(row: pd.Series, name: str, lg: str) -> str:
    span = f.interval(row[f"{name}_low"], row[f"{name}_high"], lambda v: f.count(v, lg, True))
    return f"<div class='val'>{f.count(row[name], lg, True)}<div>{span}</div></div>"


def _finds(row: pd.Series) -> str:
    many = "strategy holds" if row.discovery_count == 1 else "strategies hold"
    said = t(f"◆ {row.discovery_count} 条策略通过错误发现率 10% 的检验（Benjamini-Hochberg）",
             f"◆ {row.discovery_count} {many} at a false discovery rate of 10% (Benjamini-Hochberg)")
    if f.is_missing(row.curse_claimed) or not row.curse_claimed:
        return said
    claimed, pulled = f.pp(row.curse_claimed), f.pp(row.curse_shrunken)
    return said + t(f"；显著增量之和 {claimed}，按赢家诅咒收缩后 {pulled}",
                    f"; significant increments sum to {claimed}, after the winner's curse {pulled}")
