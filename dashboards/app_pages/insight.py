"""Insight 洞察: who the customers are, against the bank; who moved; how deep their relation goes."""

import pandas as pd
import streamlit as st

from dashboards import figures as f
from dashboards import links
from dashboards.board_data import check_counts, published_at, rows, table
from dashboards.components import freshness, markup, segment_cards
from dashboards.components.markup import plain
from dashboards.wording import lang, t, w

PRIVATE = "t7_private"
FIRST_SETS = ("wealth", "key_group")
COMMAND = "kehu segments list"


def _newest(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[frame.as_of_date == frame.as_of_date.max()] if len(frame) else frame


def _lead(depth: pd.DataFrame, lg: str) -> None:
    """One sentence: how many private customers hold one product only."""
    private = _newest(depth)
    private = private[(private.aum_tier == PRIVATE) & ~private.is_hidden]
    if private.empty:
        return
    row = private.iloc[0]
    say = t(f"每 100 位私行客户中，{row.single_product_rate * 100:.0f} 位只持有 1 类产品",
            f"{row.single_product_rate * 100:.0f} of 100 private clients hold one kind of product only")
    why = t(f"{int(row.single_product_count):,} / {int(row.customer_count):,} 人，95% 区间 {f.interval(row.low, row.high, lambda v: f.rate(v, 1))}",
            f"{int(row.single_product_count):,} of {int(row.customer_count):,}, 95% interval {f.interval(row.low, row.high, lambda v: f.rate(v, 1))}")
    with st.container(key="card-lead"):
        markup.show(f"<div class='adv'><div class='say'>{say}<span>{why}</span></div></div>")


def _set_picker(definition: pd.DataFrame, measured: set[str], lg: str) -> str:
    named = definition[definition.segment_set.isin(measured)].drop_duplicates("segment_set")
    names = {str(r.segment_set): str(r.set_name_en if lg == "en" else r.set_name_zh) for r in rows(named)}
    names |= {s: s for s in sorted(measured - set(names))}
    order = sorted(names, key=lambda s: (FIRST_SETS.index(s) if s in FIRST_SETS else len(FIRST_SETS), s))
    return links.picker(st.selectbox, t("分群", "Segment set"), order, "set", order[0], is_kept=False, width=280,
                        label_visibility="collapsed", format_func=lambda s: names.get(s, s))


def _names(definition: pd.DataFrame, segment_set: str, lg: str) -> dict[str, str]:
    mine = definition[definition.segment_set == segment_set]
    named = {str(r.segment_id): str(r.name_en if lg == "en" else r.name_zh) for r in rows(mine)}
    return named | {"other": t("其他", "Other"), "none": t("不在内", "Outside")}


def _against_bank(profile: pd.DataFrame, names: dict[str, str], coverage: pd.DataFrame, lg: str) -> str:
    """The table of the set; the segment chosen."""
    markup.card_head(t("各客群与全行相比", "Every segment against the bank"),
                     t("全行 = 100；加粗：95% 区间不含 100；· 不足 10 人", "bank = 100; bold: 95% interval clear of 100; · fewer than 10"))
    sizes = profile[profile.metric_id == "customer_count"].sort_values("value", ascending=False)
    ids = [str(s) for s in sizes.segment_id]
    chosen = links.current("segment", ids, ids[0], is_kept=False)
    hit = markup.show_links(segment_cards.index_table(profile, {s: names.get(s, s) for s in ids}, chosen, lg), key="segments")
    if hit and hit != chosen:
        st.query_params["segment"] = hit
        st.rerun()
    for row in rows(coverage):
        state = "st warn" if row.status == "warned" else "cap"
        markup.show(f"<div class='{state}' style='margin-top:8px'>" + t(
            f"基础人群 {f.count(row.base_count, lg)}户，未命中 {f.rate(row.unmatched_rate, 1)}（上限 {f.rate(row.unmatched_limit_rate, 0)}）",
            f"base of {f.count(row.base_count, lg)}, {f.rate(row.unmatched_rate, 1)} match no rule (limit {f.rate(row.unmatched_limit_rate, 0)})") + "</div>")
    return chosen


def _one_pager(profile: pd.DataFrame, segment_set: str, chosen: str, names: dict[str, str], definition: pd.DataFrame, lg: str) -> None:
    mine = definition[(definition.segment_set == segment_set) & (definition.segment_id == chosen)]
    row = mine.iloc[0] if len(mine) else None
    proposition = "" if row is None else plain(row.proposition_en if lg == "en" else row.proposition_zh)
    markup.card_head(plain(names.get(chosen, chosen)), proposition)
    markup.show(segment_cards.one_pager(profile[profile.segment_id == chosen], lg))
    if row is not None and not f.is_missing(row.rule):
        markup.show(f"<div class='formula'><code>{plain(row.rule)}</code></div>")
    if row is not None and st.button(t("在标签目录中打开名单", "Open as an audience"), icon=":material/group:", type="tertiary"):
        links.open_page("tag_catalogue", expr=f"in segment '{segment_set}/{chosen}'")


def _migration(moves: pd.DataFrame, names: dict[str, str], lg: str) -> None:
    note = t("客群迁移，较上月末", "Migration since the last month-end")
    if moves.empty:
        markup.card_head(note)
        markup.empty("◌", t("还没有可比的上月末", "No month-end to compare with yet"),
                     t("满一个月末后出现", "It appears once a month-end has been built"), "kehu nightly")
        return
    shown = moves[~moves.is_hidden]
    moved = shown[shown.from_segment_id != shown.to_segment_id].customer_count.sum()
    said = t(f"{f.count(moved, lg)}户换了客群", f"{f.count(moved, lg)} customers changed segment")
    markup.card_head(said if moved else t("没有 10 户以上的流向", "No move of ten customers or more"), note)
    hidden = int(moves.is_hidden.sum())
    quiet = t(f"不足 10 人未显示：{hidden} 条", f"not shown, fewer than 10 customers: {hidden}") if hidden else ""
    markup.show(f"<div class='cap' style='display:flex;justify-content:space-between'><span>{moves.former_date.iloc[0]:%Y-%m-%d}</span>"
                f"<span>{quiet}</span><span>{moves.as_of_date.iloc[0]:%Y-%m-%d}</span></div>")
    if shown.empty:
        return
    st.echarts_chart(segment_cards.sankey(moves, names, st.context.theme.type == "dark", lg),
                     height=80 + 34 * max(shown.from_segment_id.nunique(), shown.to_segment_id.nunique()), key="sankey", alt=note)


def _depth(depth: pd.DataFrame, lg: str) -> None:
    markup.card_head(t("单一产品客户", "Customers with one product"), t("点击看名单", "click to see who"))
    hit = markup.show_links(segment_cards.single_product(depth, lg), key="depth")
    if hit:
        links.open_page("tag_catalogue", expr=f"aum_tier = '{hit}' and is_single_product")


def _no_segments() -> None:
    with st.container(key="card-empty"):
        markup.empty("◌", t("还没有客群", "No segments yet"), t("跑完一晚后出现", "They appear after the next night"), COMMAND)


def main() -> None:
    """Draws the page."""
    build, lg = st.session_state.build, lang()
    note = freshness.line(published_at(build), table("meta.build", build), check_counts(build))
    profile, definition = _newest(table("segments.profile", build)), table("segments.definition", build)
    depth = table("segments.product_depth", build)
    if profile.empty:
        markup.page_head(w("insight"), w("brand"), note)
        _no_segments()
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        with st.container():
            markup.page_head(w("insight"), w("brand"), note)
        chosen_set = _set_picker(definition, set(profile.segment_set), lg)
    _lead(depth, lg)
    mine, names = profile[profile.segment_set == chosen_set], _names(definition, chosen_set, lg)
    coverage = _newest(table("segments.coverage", build))
    with st.container(key="card-against"):
        chosen = _against_bank(mine, names, coverage[coverage.segment_set == chosen_set], lg)
    with st.container(key="card-page"):
        _one_pager(mine, chosen_set, chosen, names, definition, lg)
    moves = _newest(table("segments.migration", build))
    left, right = st.columns([1.55, 1], gap="small")
    with left.container(key="card-migration", height="stretch"):
        _migration(moves[moves.segment_set == chosen_set], names, lg)
    with right.container(key="card-depth", height="stretch"):
        _depth(depth, lg)


main()
