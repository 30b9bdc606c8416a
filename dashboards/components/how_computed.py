"""The formula behind the increment with the numbers put in."""

import pandas as pd
import streamlit as st

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
                    f"<p class='cap' style='margin-top:8px'>{_identity(row, unit)}</p>"
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


def _identity(row: pd.Series, unit: Unit) -> str:
    parts = [unit.exact(row[key]).removesuffix(" pp") for key in ("naive_gap", "model_increment", "selection_bias")]
    return f"{t('恒等式：', 'Identity: ')}M1 − B1 = δ + (M0 − B0): {parts[0]} = {parts[1]} + ({parts[2]})"


def _source(row: pd.Series, build: str, lg: str) -> str:
    metric = plain(row.metric_name_en if lg == "en" else row.metric_name_zh)
    window = t(f"指标：{row.window_days} 天内{metric}，只计已成熟的客户", f"Metric: {metric} within {row.window_days} days, matured customers only")
    hashed = "" if pd.isna(row.newest_list_hash) else f"{t('名单指纹', 'list hash')} <code>{plain(row.newest_list_hash[:12])}</code> · "
    return f"{window}<br>{hashed}{plain(build)}"
