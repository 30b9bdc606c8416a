"""The audience being built: its words, size, profile, and the ways out of the board: save, export."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from dashboards import figures as f
from dashboards import tag_data, tag_values
from dashboards.components import markup
from dashboards.components.markup import plain
from dashboards.wording import t
from features.audience.doubts import Doubt, Unpromised
from features.errors import KehuError

SLOT = "audience_text"
ENDINGS = ("xlsx", "csv", "parquet")


def refused(error: KehuError) -> None:
    """One line on what is wrong and what mends it."""
    fix = f"<div class='sub'>{plain(error.fix)}</div>" if error.fix else ""
    markup.show(f"<div class='st warn wrap' style='white-space:normal'>! {plain(error.message)}{fix}</div>")


def size(counted: dict[str, Any], bank_count: int, lg: str) -> str:
    """How many, which share of the bank, how many of them are never shown."""
    number, step = f.scaled(counted["count"], lg)
    unit = (step + "户") if lg == "zh" else ""
    figure = number if lg == "zh" else number + step
    share = t(f"占全行 {f.rate(counted['count'] / max(bank_count, 1), 1)}", f"{f.rate(counted['count'] / max(bank_count, 1), 1)} of the bank")
    young = counted["withheld_under_14_count"]
    note = t(f"，其中 {young} 人未满 14 岁，不导出", f", {young} of them under 14, never exported") if young else ""
    return f"<div class='kpi'><div class='v'>{figure}<small>{unit or t('', 'customers')}</small></div><div class='d'>{share}{note}</div></div>"


def doubtful(found: Sequence[Doubt | Unpromised]) -> str:
    """Values that no customer can have, each with what was probably meant; tags not yet or no longer promised."""
    lines = "".join(f"<div>{_unpromised(d) if isinstance(d, Unpromised) else _never(d)}</div>" for d in found)
    return f"<div class='st warn wrap' style='white-space:normal'>{lines}</div>" if lines else ""


def _never(d: Doubt) -> str:
    return (f"{t(f'{plain(d.tag)} 没有取值', f'{plain(d.tag)} is never')} <code>{plain(d.value)}</code>"
            f" → {' / '.join(f'<code>{plain(value)}</code>' for value in d.allowed)}")


def _unpromised(d: Unpromised) -> str:
    if d.status == "draft":
        return t(f"{plain(d.tag)} 是草稿，定义可能变化", f"{plain(d.tag)} is a draft: its definition may still change")
    return t(f"{plain(d.tag)} 已弃用，将会删除", f"{plain(d.tag)} is deprecated: it will be taken away")


def profile(found: dict[str, Any], names: dict[str, str], lg: str) -> str:
    """The most different tag values: audience, bank, index with its bar from 100."""
    if not found["items"]:
        return f"<div class='cap'>{t('少于 10 人，不显示画像', 'fewer than 10 customers: no profile is shown')}</div>"
    lines = "".join(_profile_row(row, names, lg) for row in found["items"])
    head = (f"<tr><th>{t('标签', 'Tag')}</th><th class='num'>n</th><th class='num'>{t('本客群', 'Audience')}</th>"
            f"<th class='num'>{t('全行', 'Bank')}</th><th class='num'>{t('指数', 'Index')}</th></tr>")
    hidden = t(f"{found['hidden_count']} 个取值已隐藏：不足 10 人，或可据以推算不足 10 人的取值",
               f"{found['hidden_count']} values are hidden: fewer than 10 customers, or what would give those away")
    return f"<table class='tb tight'>{head}{lines}</table><div class='cap' style='margin-top:6px'>{hidden}</div>"


def _profile_row(row: dict[str, Any], names: dict[str, str], lg: str) -> str:
    is_mean = row["value"] == "mean" and "audience_mean" in row
    value = t("均值", "mean") if is_mean else tag_values.name(row["tag"], row["value"])
    pair = [_mean(row[f"{side}_mean"], lg) if is_mean else f.rate(row[f"{side}_rate"], 1) for side in ("audience", "bank")]
    return (f"<tr><td>{plain(names.get(row['tag'], row['tag']))} <span class='muted'>{value}</span></td>"
            f"<td class='num muted'>{f.count(row['n'], lg)}</td><td class='num'>{pair[0]}</td><td class='num muted'>{pair[1]}</td>"
            f"<td class='num'><b>{row['index']:,.0f}</b></td></tr>")


def _mean(value: float, lg: str) -> str:
    return f"{value:.2f}" if 0 < abs(value) < 10 else f.count(value, lg)


def saved_table(audiences: list[dict[str, Any]], lg: str) -> str:
    """Saved audiences; `data-go` is the name."""
    lines = "".join(
        f"<tr data-go='{plain(a['name'])}' tabindex='0'><td><span class='nm'>{plain(a['name'])}</span>"
        f"<div class='sub wrap'>{plain(a['expression'])}</div>{_problem(a)}</td><td class='num'><b>{f.count(a.get('member_count'), lg)}</b></td>"
        f"<td class='num muted nowrap'>+{f.count(a.get('entered_count'), lg)} / {f.MINUS}{f.count(a.get('left_count'), lg)}</td></tr>"
        for a in audiences)
    head = (f"<tr><th>{t('名称', 'Name')}</th><th class='num'>{t('客户', 'Customers')}</th>"
            f"<th class='num'>{t('较上一版', 'Since the last build')}</th></tr>")
    return f"<table class='tb tight'>{head}{lines}</table>"


def _problem(audience: dict[str, Any]) -> str:
    """Why nobody could be counted: a tag or segment of the expression is gone."""
    return f"<div class='st warn wrap'>! {plain(audience['problem'])}</div>" if audience.get("problem") else ""


def save_form(expression: str, purpose: str, home: str) -> None:
    """Name and button; what went wrong is said beside it."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.text_input(t("名称（英文小写）", "Name"), key="audience_name", placeholder="spring_2026")
        is_asked = st.button(t("保存", "Save"), icon=":material/bookmark:", width="content")
    if is_asked:
        try:
            tag_data.save(name, expression, purpose, home)
        except KehuError as error:
            refused(error)
        else:
            markup.show(f"<div class='quiet'>✓ {t('已保存', 'saved')}: <code>in audience '{plain(name)}'</code></div>")


def export_form(expression: str, purpose: str, build: str, home: str, is_in_service: bool) -> None:
    """Writes a logged file, then offers it; only from the build in service."""
    if not is_in_service:
        markup.show(f"<div class='cap'>{t('只能从在用的版本导出', 'exports come from the build in service only')}</div>")
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        ending = st.selectbox(t("格式", "Format"), ENDINGS, key="audience_ending", width=120)
        is_asked = st.button(t("导出（记录在案）", "Export (logged)"), icon=":material/download:", width="content")
    if not is_asked:
        return
    try:
        out = tag_data.export(expression, purpose, ending, build, home)
    except KehuError as error:
        refused(error)
        return
    st.download_button(out.name, out.read_bytes(), out.name, icon=":material/save:", on_click="ignore", type="primary")
