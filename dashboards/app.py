"""The strategy management board: navigation, language, build; pages do the rest."""

from pathlib import Path

import streamlit as st

from dashboards import board_data, links, palette
from dashboards.components import markup
from dashboards.wording import t, w
from features.errors import KehuError

ROOT = Path(__file__).resolve().parent
# Page -> its group and its icon.
PAGES = {
    "overview": ("g_manage", "cycle"), "insight": ("g_manage", "donut_small"), "review": ("g_loop", "balance"),
    "tag_catalogue": ("g_factory", "sell"), "health": ("g_factory", "monitor_heart"),
}


def _page(name: str) -> st.Page:
    return st.Page(ROOT / "app_pages" / f"{name}.py", title=w(name), icon=f":material/{PAGES[name][1]}:", url_path=name,
                   default=name == "overview")


def _language_picker() -> None:
    links.picker(
        st.segmented_control, w("language"), ["zh", "en"], "lang", "zh", required=True, label_visibility="collapsed",
        format_func={"zh": "中文", "en": "English"}.get, width="stretch",
    )


def _build_picker(builds: list[board_data.Build]) -> str:
    dates = {b.build_id: b.as_of_date for b in builds}
    shared = {d for d in dates.values() if list(dates.values()).count(d) > 1}
    labels = {i: f"{d} ({i.rsplit('-', 1)[-1]})" if d in shared else d for i, d in dates.items()}
    return links.picker(st.selectbox, w("as_of"), list(dates), "build", builds[0].build_id, format_func=labels.get)


@st.fragment(run_every=20)
def _follow() -> None:
    """Moves every open session to a new build, redraws charts when the theme changes; a build picked by hand stays."""
    now = (_in_service(), st.context.theme.type)
    if st.session_state.setdefault("seen", now) != now:
        st.session_state.seen = now
        st.rerun()


def _in_service() -> str | None:
    try:
        return board_data.current_build()
    except KehuError:
        return None


def _no_home(error: KehuError) -> None:
    markup.page_head(w("brand"), "kehu")
    with st.container(key="card-empty"):
        markup.empty("◌", t("还没有客户工厂的数据目录", "There is no kehu home here"), error.message, error.fix or "kehu init")


def _no_build(title: str) -> None:
    markup.page_head(title, w("brand"))
    with st.container(key="card-empty"):
        markup.empty("◌", t("还没有发布任何数据", "Nothing is published yet"),
                     t("跑完第一晚，本页自动出现数据", "This page fills by itself after the first night"), "kehu nightly")


def _run(page: st.Page, builds: list[board_data.Build]) -> None:
    if not builds:
        _no_build(page.title)
        return
    try:
        page.run()
    except KehuError as error:
        with st.container(key="card-empty"):
            markup.empty("⚒", t("这一页读不到数据", "This page cannot read its data"), error.message, error.fix)


def main() -> None:
    """Draws the frame, then the page that the address names."""
    st.set_page_config("kehu 客户", "◧", "wide", initial_sidebar_state=232)
    st.html(f"<style>{palette.root()}{(ROOT / 'components' / 'style.css').read_text()}</style>")
    st.session_state.lang = links.current("lang", ["zh", "en"], "zh")
    st.logo(str(ROOT / "logo.svg"), size="large")
    with st.sidebar:
        _language_picker()
    _follow()
    pages = {name: _page(name) for name in PAGES}
    st.session_state.pages = pages
    groups: dict[str, list[st.Page]] = {}
    for name, page in pages.items():
        groups.setdefault(w(PAGES[name][0]), []).append(page)
    chosen = st.navigation(groups, expanded=True)
    try:
        builds = board_data.builds()
    except KehuError as error:
        _no_home(error)
        return
    if builds:
        with st.sidebar:
            st.session_state.build = _build_picker(builds)
    _run(chosen, builds)


main()
