"""Tonight's advice with the money that it rests on, in Chinese and English."""

from collections.abc import Mapping
from typing import Any

from models.experiments.advice import Ground, Profit, State, advise

Row = dict[str, Any]


def fill(row: Row, state: State, money: Mapping[str, Any]) -> None:
    """Fills advice and its reason; `money` is the strategy's row of measure.money of the same night."""
    added, campaign = _profit(money, "increment_profit"), _profit(money, "campaign_profit")
    row["advice"], ground = advise(state, added, campaign)
    row["advice_reason_zh"], row["advice_reason_en"] = _said(ground, added, campaign, str(money.get("currency") or ""))


def _profit(money: Mapping[str, Any], name: str) -> Profit | None:
    """None where no amount is measured, or too few bought for an interval."""
    found = [money.get(f"{name}{part}") for part in ("", "_low", "_high")]
    return None if None in found else Profit(*found)  # type: ignore[arg-type]


def _said(ground: Ground, added: Profit | None, campaign: Profit | None, currency: str) -> tuple[str, str]:
    figures = {"added": _amount(added), "campaign": _amount(campaign)}
    units = ("元" if currency == "CNY" else currency, currency)
    zh, en = (words.format(unit=unit, **figures) for words, unit in zip(_WORDS[ground], units, strict=True))
    return zh, en


def _amount(found: Profit | None) -> str:
    if found is None:
        return "–"
    value, low, high = (f"{number:+,.0f}".replace("-", "−") for number in (found.estimate, found.low, found.high))
    return f"{value} [{low}, {high}]"


_WORDS: dict[Ground, tuple[str, str]] = {
    "fault": ("先修好未通过的检查", "mend the failed check first"),
    "waiting": ("观察窗未满，照常运行", "windows are not complete: leave it running"),
    "harm": ("下一批换回常规名单", "next wave on the usual list"),
    "no_gain": ("模型没有值得做的增量，下一批换回常规名单", "the model adds nothing worth having: next wave on the usual list"),
    "open": ("增量未定：再跑一批，或因太小而停", "the increment is open: run another wave, or stop because it is too small"),
    "loss": ("先降低触达成本或改善权益：触达比不触达的利润 {campaign} {unit}，成本高于利差",
             "cheaper contact or a better offer first: profit of contacting at all {campaign} {unit}, costs exceed the margin"),
    "unproven": ("保持规模，钱还没有证明：触达比不触达的利润 {campaign} {unit}，模型比常规多带来 {added} {unit}",
                 "keep the size, the money is not proven: profit of contacting at all {campaign} {unit},"
                 " of the model over the usual list {added} {unit}"),
    "pays": ("让更多客户走模型名单，保留对照：触达比不触达的利润 {campaign} {unit}，模型比常规多带来 {added} {unit}",
             "more customers on the model list, keep a hold: profit of contacting at all {campaign} {unit},"
             " of the model over the usual list {added} {unit}"),
    "no_money": ("让更多客户走模型名单，保留对照；这项指标没有金额，是否赚钱须另算",
                 "more customers on the model list, keep a hold; no money is known for this metric, work out whether it pays"),
}  # fmt: skip
