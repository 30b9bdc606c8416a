"""The formula behind the increment with the numbers put in."""

import pandas as pd
import streamlit as st

from dashboards import figures as f
from dashboards.components import effects, markup
from dashboards.components.markup import plain
from dashboards.figures import Unit
from dashboards.wording import t, w

NAMES = {("model", "contacted"): "M1", ("model", "held"): "M0", ("bau", "contacted"): "B1", ("bau", "held"): "B0"}


def popover(row: pd.Series, cells: pd.DataFrame, build: str, lg: str) -> None:
    """Opens from the foot of the decomposition."""
    unit = effects.unit_of(row, lg)
    with st.popover(w("how"), icon=":material/function:", type="tertiary"):
        markup.show(f"<div style='min-width:350px'><b>{w('model_increment')}</b>{_formula(row, cells, unit)}"
                    f"<p class='cap' style='margin-top:8px'>{_identity(row, unit)}</p>{_more(row, unit)}"
                    f"<p class='cap'>{_source(row, build, lg)}</p></div>")


def _level(cell: pd.Series) -> str:
    if pd.isna(cell.event_count):
        return f"{cell.mean_value:,.4f} (n = {cell.people_count:,})"
    return f"{cell.event_count:,} / {cell.people_count:,} = {cell.mean_value:.4%}"


def _formula(row: pd.Series, cells: pd.DataFrame, unit: Unit) -> str:
    by_key = {(c.policy, c.arm): c for _, c in cells.iterrows()}
    lines = "<br>".join(f"{name} = {_level(by_key[key])}" for key, name in NAMES.items())
    se = unit.exact(row.model_increment_se).lstrip("+")
    return (f"<div class='formula'>δ = (M1 − M0) − (B1 − B0)<br>{lines}<br>δ = <b>{unit.exact(row.model_increment)}</b><br>"
            f"SE = √Σ s²/n = {se}<br>{t('95% 区间', '95% interval')} = [{unit.exact(row.model_increment_low)}, "
            f"{unit.exact(row.model_increment_high)}]</div>")


def _more(row: pd.Series, unit: Unit) -> str:
    """The other roads: nightly sequence, final look, adjustment, whole arms, money; each with its numbers put in."""
    parts = [_sequence(row, unit), _final(row, unit), _adjusted(row, unit), _arms(row, unit), _money(row)]
    return "".join(f"<div class='formula'>{part}</div>" for part in parts if part)


def _span(unit: Unit, low: float, high: float) -> str:
    return f"[{unit.exact(low)}, {unit.exact(high)}]"


def _sequence(row: pd.Series, unit: Unit) -> str:
    if f.is_missing(row.sequence_low):
        return ""
    n = sum(int(row[f"n_{policy}_{arm}"]) for policy, arm in NAMES)
    return (f"{t('任一天有效的区间', 'Valid on any day')} = δ ± SE·√(2(nρ²+1)/(nρ²) · ln(√(nρ²+1)/α))<br>"
            f"n = {n:,}, α = {row.alpha_monitor:.3f}, {t('今晚', 'tonight')} {_span(unit, row.sequence_low, row.sequence_high)}<br>"
            f"{t('各夜交集', 'all nights together')} {_span(unit, row.ever_low, row.ever_high)}")


def _final(row: pd.Series, unit: Unit) -> str:
    if f.is_missing(row.final_low):
        return ""
    return (f"{t('终评', 'Final look')} {row.final_date:%Y-%m-%d} = δ ± t(1 − α/2)·SE, α = {row.alpha_final:.3f}<br>"
            f"{_span(unit, row.final_low, row.final_high)}")


def _adjusted(row: pd.Series, unit: Unit) -> str:
    if f.is_missing(row.model_increment_adjusted):
        return ""
    se = unit.exact(row.model_increment_adjusted_se).lstrip("+")
    return (f"CUPED: Y − θ(X − X̄), X = {t('上名单当日已知', 'known on the listing date')}<br>"
            f"δ' = {unit.exact(row.model_increment_adjusted)}, SE = {se}, "
            f"{t('方差减少', 'less variance')} {f.rate(row.variance_reduction_rate, 1)}")


def _arms(row: pd.Series, unit: Unit) -> str:
    if f.is_missing(row.policy_value):
        return ""
    return (f"{t('整组', 'Whole arms')}: V = E[Y | {t('模型组', 'model arm')}] − E[Y | {t('常规组', 'BAU arm')}]<br>"
            f"n = {row.arm_model_count:,.0f} / {row.arm_bau_count:,.0f}, V = {unit.exact(row.policy_value)} "
            f"{_span(unit, row.policy_value_low, row.policy_value_high)}")


def _money(row: pd.Series) -> str:
    """Only where the page shows money at all."""
    if row.verdict not in effects.DECIDED or f.is_missing(row.increment_income) or not row.n_model_contacted:
        return ""
    each = row.increment_income / (row.n_model_contacted * row.margin_rate)
    return (f"{t('利润', 'Profit')} = n₁ · {t('每人多买', 'extra bought each')} · {t('利差', 'margin')} − {t('成本差', 'cost difference')}<br>"
            f"{row.n_model_contacted:,} · {each:,.2f} · {row.margin_rate:.6f} − {row.cost_difference:,.2f} = "
            f"<b>{row.increment_profit:,.2f}</b>")


def _identity(row: pd.Series, unit: Unit) -> str:
    parts = [unit.exact(row[key]).removesuffix(" pp") for key in ("naive_gap", "model_increment", "selection_bias")]
    return f"{t('恒等式：', 'Identity: ')}M1 − B1 = δ + (M0 − B0): {parts[0]} = {parts[1]} + ({parts[2]})"


def _source(row: pd.Series, build: str, lg: str) -> str:
    metric = plain(row.metric_name_en if lg == "en" else row.metric_name_zh)
    window = t(f"指标：{row.window_days} 天内{metric}，只计已成熟的客户", f"Metric: {metric} within {row.window_days} days, matured customers only")
    hashed = "" if pd.isna(row.newest_list_hash) else f"{t('名单指纹', 'list hash')} <code>{plain(row.newest_list_hash[:12])}</code> · "
    return f"{window}<br>{hashed}{plain(build)}"
