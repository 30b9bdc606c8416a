"""Tag catalogue 标签目录: find a tag, know what it means, build an audience of it, count, profile, save, export."""

from typing import Any

import streamlit as st

from dashboards import links, tag_data
from dashboards.board_data import check_counts, current_build, published_at, table
from dashboards.components import audience_cards, audience_terms, freshness, markup, tag_cards
from dashboards.components.audience_cards import SLOT
from dashboards.components.markup import plain
from dashboards.wording import lang, t, w
from features import tag_search
from features.catalog_page import domain_names
from features.errors import KehuError

Tag = dict[str, Any]
ALL = "all"
NEAR = 5


def _browse(tags: list[Tag], lg: str) -> str:
    """Search, domain and table; the id of the tag chosen (the first found until one is)."""
    left, right = st.columns([1.6, 1], gap="small")
    text = left.text_input(t("搜索", "Search"), key="tag_search", label_visibility="collapsed",
                           placeholder=t("中文或英文：名称、定义、编码", "name, definition or code, Chinese or English"))
    domains = {domain: _domain(domain) for domain in (ALL, *(str(tag["domain"]) for tag in tags))}
    domain = right.selectbox(t("领域", "Domain"), list(domains), key="tag_domain", label_visibility="collapsed",
                             format_func=lambda key: domains[key])
    found = [tag for tag in tags if domain in (ALL, tag["domain"]) and (not text or tag_search.matches(text, tag))]
    ids = [str(tag["id"]) for tag in tags]
    chosen = links.current("tag", ids, str(found[0]["id"]) if found else ids[0], is_kept=False)
    if not found:
        near = tag_search.partly(text, tags, NEAR)
        markup.empty("◌", t("没有找到标签", "No tag found"), t("下面的标签含有部分词", "These say some of it") if near else t("换一个词", "Try another word"))
        found = [tag for name in near for tag in tags if tag["id"] == name]
    if not found:
        return chosen
    hit = markup.show_links(tag_cards.listing(found, chosen, lg), key="tags")
    if hit and hit != chosen:
        st.query_params["tag"] = hit
        st.rerun()
    return chosen


def _domain(domain: str) -> str:
    """A domain in the reader's language."""
    return t("全部领域", "all domains") if domain == ALL else t(*domain_names().get(domain, (domain, domain)))


def _one(tag: Tag, lg: str) -> None:
    markup.card_head(plain(tag_cards.name(tag, lg)), plain(_domain(str(tag["domain"]))))
    markup.show(tag_cards.meaning(tag, lg))
    markup.show(f"<div style='height:10px'></div>{tag_cards.distribution(tag, lg)}")
    markup.show(tag_cards.trend(tag, lg))
    markup.show(tag_cards.comments(tag))
    if tag["distribution"]:
        _add(tag)


def _add(tag: Tag) -> None:
    """The controls that put this tag into the audience."""
    with st.container(border=False, key="add-term"):
        term = audience_terms.controls(tag)
        with st.container(horizontal=True, vertical_alignment="bottom"):
            join = st.segmented_control(t("连接", "join"), audience_terms.JOINS, default="and", required=True, key="audience_join",
                                        label_visibility="collapsed")
            st.button(t("加入客群", "Add to audience"), icon=":material/add:", width="content", disabled=not term,
                      on_click=_append, args=(str(join), term))


def _append(join: str, term: str) -> None:
    st.session_state[SLOT] = audience_terms.joined(st.session_state.get(SLOT, ""), join, term)


def _refer(name: str) -> None:
    st.session_state[SLOT] = f"in audience {audience_terms.quoted(name)}"


def _builder(tags: list[Tag], build: str, home: str, lg: str) -> None:
    markup.card_head(t("客群", "Audience"), t("点选标签，或直接写表达式", "click tags together, or write"))
    left, right = st.columns([1.9, 1], gap="medium")
    with left:
        text = st.text_area(t("表达式", "Expression"), key=SLOT, height=92, label_visibility="collapsed",
                            placeholder="lifecycle_stage in ('growing') and aum_cny >= 200000").strip()
        purpose = st.text_input(t("用途（导出和受限标签必填，记录在案）", "Purpose (exports and restricted tags need it; it is logged)"),
                                key="audience_purpose")
    with right:
        counted = _size(text, purpose, build, home, lg)
    if counted is None:
        return
    left, right = st.columns([1.4, 1], gap="medium")
    with left:
        _profile(text, purpose, build, home, {str(tag["id"]): tag_cards.name(tag, lg) for tag in tags}, lg)
    with right:
        audience_cards.save_form(text, purpose, home)
        audience_cards.export_form(text, purpose, build, home, build == current_build())


def _size(text: str, purpose: str, build: str, home: str, lg: str) -> dict[str, Any] | None:
    """The live count; None, with the reason shown, where there is nothing to count."""
    if not text:
        markup.show(f"<div class='cap'>{t('还没有条件', 'no condition yet')}</div>")
        return None
    try:
        counted = tag_data.count(text, purpose, build, home)
    except KehuError as error:
        audience_cards.refused(error)
        return None
    markup.show(audience_cards.size(counted, int(table("meta.build", build).customers.iloc[0]), lg))
    markup.show(audience_cards.doubtful(tag_data.doubts(text, build, home)))
    return counted


def _profile(text: str, purpose: str, build: str, home: str, names: dict[str, str], lg: str) -> None:
    markup.show(markup.sub_head(t("与全行的差别", "Against the bank"), t("指数 100 = 全行", "index 100 = the bank")))
    try:
        markup.show(audience_cards.profile(tag_data.profile(text, purpose, build, home), names, lg))
    except KehuError as error:
        audience_cards.refused(error)


def _saved(build: str, home: str, lg: str) -> None:
    audiences = tag_data.audiences(build, home)
    markup.card_head(t("已保存的客群", "Saved audiences"), t("点击引用", "click to use"))
    if not audiences:
        markup.empty("◌", t("还没有保存客群", "No audience is saved yet"), t("在上面保存，或用命令", "Save one above, or by command"),
                     "kehu audience save NAME EXPR")
        return
    hit = markup.show_links(audience_cards.saved_table(audiences, lg), key="audiences")
    if hit:
        st.session_state.audience_hit = hit
        st.rerun()


def main() -> None:
    """Draws the page."""
    build, lg, home = st.session_state.build, lang(), tag_data.home()
    if "audience_hit" in st.session_state:
        _refer(st.session_state.pop("audience_hit"))
    asked = st.query_params.get("expr", "")
    if SLOT not in st.session_state or asked != st.session_state.get("audience_asked", ""):
        st.session_state[SLOT] = asked or st.session_state.get(SLOT, "")
    st.session_state.audience_asked = asked
    tags = tag_data.catalogue(build, home)
    note = freshness.line(published_at(build), table("meta.build", build), check_counts(build))
    markup.page_head(w("tag_catalogue"), t(f"{w('brand')} · {len(tags)} 个标签", f"{w('brand')} · {len(tags)} tags"), note)
    left, right = st.columns([1.25, 1], gap="small")
    with left.container(key="card-tags", height="stretch"):
        chosen = _browse(tags, lg)
    with right.container(key="card-tag", height="stretch"):
        _one(tag_data.described(chosen, build, home), lg)
    with st.container(key="card-audience"):
        _builder(tags, build, home, lg)
    with st.container(key="card-saved"):
        _saved(build, home, lg)


main()
