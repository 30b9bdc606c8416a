"""What a strategy earned: income, cost and profit with intervals, only under a verdict; whole arms beside it."""

import pandas as pd
import streamlit as st

from dashboards import figures as f
from dashboards.components import effects, markup, tiles
from dashboards.wording import t


def money_row(row: pd.Series, lg: str) -> None:
    """Money beside the value per customer of the whole arms."""
    left, right = st.columns([1.55, 1], gap="small")
    with left.container(key="card-money", height="stretch"):
        _money(row, lg)
    with right.container(key="card-arms", height="stretch"):
        _arms(row, lg)


def _money(row: pd.Series, lg: str) -> None:
    markup.card_head(t("钱", "Money"), t("有结论才显示", "shown only under a verdict"))
    if row.verdict not in effects.DECIDED:
        markup.empty("–", t("未下结论，不计金额", "No verdict, no money claimed"),
                     t("结论出来后显示收入、成本与利润", "Income, cost and profit appear with the verdict"))
        return
    if f.is_missing(row.increment_profit):
        markup.empty("–", t("这项指标没有金额口径", "This metric has no amount"),
                     t("产品须有利差，且有购买金额", "The product needs a margin and amounts bought"))
        return
    markup.show(f"<table class='tb tight'>{_head()}{_lines(row, lg)}</table>")
    margin = f"{row.margin_rate * 10_000:.1f} bp"
    said = t(f"收入 = 多买的金额 × 首年利差 {margin}；净新增资金不含本人互转、产品互换和市值变动",
             f"income = extra amount bought × first-year margin {margin}; net new money leaves out own transfers, "
             "product switches and price changes")
    markup.show(f"<div class='cap' style='margin-top:8px'>{said}</div>")


def _head() -> str:
    return f"<tr><th></th><th class='num'>{t('金额', 'Amount')}</th><th class='num'>{t('95% 区间', '95% interval')}</th></tr>"


def _lines(row: pd.Series, lg: str) -> str:
    named = [
        ("increment_income", t("模型比常规多带来的收入", "Income the model added over BAU"), False),
        ("cost_difference", t("触达成本之差", "Difference in contact cost"), False),
        ("increment_profit", t("模型多带来的利润", "Profit the model added"), True),
        ("campaign_profit", t("整个触达的利润（对比不触达）", "Profit of contacting at all"), False),
        ("hold_cost", _holding(row), False),
        ("net_new_money", t("模型多带来的净新增资金", "Net new money the model added"), False),
        ("gross_amount", t("触达客户购买总额（没有对照，不是增量）", "Gross change: bought by those contacted, no control"), False),
    ]
    return "".join(_line(row, key, name, is_key, lg) for key, name, is_key in named)


def _holding(row: pd.Series) -> str:
    """A price below nothing is what was saved: contacting those held out would have lost money."""
    if not f.is_missing(row.hold_cost) and row.hold_cost < 0:
        return t("留对照的代价（负数：触达他们反而亏钱）", "Price of holding out (negative: contacting them would have lost money)")
    return t("留对照的代价", "Price of holding out")


def _line(row: pd.Series, key: str, name: str, is_key: bool, lg: str) -> str:
    has_sign = key not in ("gross_amount", "hold_cost")
    value = f.money(row[key], lg, has_sign, row.currency)
    span = "" if f"{key}_low" not in row or f.is_missing(row[f"{key}_low"]) else f.interval(
        row[f"{key}_low"], row[f"{key}_high"], lambda v: f.money(v, lg, has_sign, row.currency))
    value = f"<b>{value}</b>" if is_key else value
    css = " class='muted'" if key == "gross_amount" else ""
    return f"<tr{css}><td>{name}</td><td class='num'>{value}</td><td class='num muted'>{span}</td></tr>"


def _arms(row: pd.Series, lg: str) -> None:
    """Per eligible customer, listed or not: the second road to the same answer."""
    markup.card_head(t("整组口径", "Whole arms"), t("每名可选客户，含未上名单", "per eligible customer, listed or not"))
    if f.is_missing(row.policy_value):
        markup.empty("◔", t("终评时计算", "Computed at the final look"),
                     t("两组全部客户的结果，只看一次", "Outcomes of everybody in both arms, read once"))
        return
    unit = effects.unit_of(row, lg)
    span = unit.span(row.policy_value_low, row.policy_value_high)
    markup.show(f"<div class='kpi'><div class='v'>{unit.effect(row.policy_value)}</div><div class='d'>{span}</div></div>"
                + tiles.facts(_arm_facts(row, lg)))


def _arm_facts(row: pd.Series, lg: str) -> list[tuple[str, str]]:
    agreed = f.DASH if f.is_missing(row.agreement_z) else f"{abs(row.agreement_z):.1f} SE"
    return [
        (t("模型组", "Model arm"), f.count(row.arm_model_count, lg)),
        (t("常规组", "BAU arm"), f.count(row.arm_bau_count, lg)),
        (t("与四格口径相差", "Distance from the four cells"), agreed),
    ]
