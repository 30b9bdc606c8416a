"""Review 回检: what the model added over the list the bank would have made anyway."""

import pandas as pd
import streamlit as st

from dashboards import figures as f
from dashboards import links
from dashboards.board_data import table
from dashboards.components import bank_card, charts, effects, forest, ground_cards, markup, money_card, strategy_cards
from dashboards.components.markup import plain
from dashboards.wording import lang, t, w

# The axis while no strategy has a number yet.
NO_SCALE = pd.Series({"low": -0.01, "high": 0.01, "step": 0.01})


def _name(row: pd.Series, lg: str) -> str:
    return str(row.name_en if lg == "en" else row.name_zh)


def _all_strategies(board: pd.DataFrame, build: str, lg: str) -> None:
    scales = table("board.board_review__scale", build)
    note = t("点：估计 · 粗线：95% 区间 · 浅带：任何一天看都有效 · 灰竖线：表面差距 · ◆ 多重检验后仍成立",
             "dot: estimate · bar: 95% interval · pale: valid on any day · grey tick: naive gap · ◆ holds among all")
    titles = {"rate": t("每条策略：模型比常规多带来多少", "Every strategy: what the model added over BAU"),
              "money": t("按金额度量的策略", "Strategies measured in money")}
    _lead(board)
    for kind in [k for k in titles if k in set(board.metric_kind)]:
        with st.container(key=f"card-forest-{kind}"):
            markup.card_head(titles[kind], note)
            scale = scales[scales.metric_kind == kind].iloc[0] if kind in set(scales.metric_kind) else NO_SCALE
            hit = markup.show_links(forest.forest(board[board.metric_kind == kind], scale, lg), key=f"forest-{kind}")
            if hit:
                links.open_page("review", strategy=hit)
    with st.container(key="card-bank"):
        bank_card.card(table("board.board_review__holdout", build), lg)


def _lead(board: pd.DataFrame) -> None:
    """The page's answer in one sentence: what a report without controls would say, and what is known."""
    counts = board.verdict.value_counts()
    if not counts.drop(["collecting", "invalid"], errors="ignore").sum():
        _no_verdict_yet(int(counts.get("collecting", 0)), int(counts.get("invalid", 0)))
        return
    naive, found = int(board.is_naive_win.sum()), {v: int(counts.get(v, 0)) for v in ("win", "harm", "futile", "undecided")}
    say = t(f"没有对照的报表会说 {naive} 条策略有效；有对照才知道：{found['win']} 条胜出，{found['harm']} 条有害，{found['futile']} 条无增益，{found['undecided']} 条未定",
            f"A report without controls would call {naive} strategies a success; the controls say: {found['win']} win, "
            f"{found['harm']} harm, {found['futile']} no gain, {found['undecided']} undecided")
    why = t("报表看的是两张名单触达客户之差（表面差距），其中一部分不触达也会发生。",
            "Reports print the gap between the contacted of both lists (naive gap); part of it would have happened anyway.")
    with st.container(key="card-lead"):
        markup.show(f"<div class='adv'><div class='say'>{say}<span>{why}</span></div></div>")


def _no_verdict_yet(collecting: int, invalid: int) -> None:
    say = t(f"还没有策略下结论：{collecting} 条积累中，{invalid} 条不可用",
            f"No strategy has a verdict yet: {collecting} collecting, {invalid} invalid")
    why = t("客户要走完观察窗，对照才说得了话；在此之前，报表上的差距什么也不证明。",
            "Customers must live through their window before the controls can speak; until then a gap in a report proves nothing.")
    with st.container(key="card-lead"):
        markup.show(f"<div class='adv'><div class='say'>{say}<span>{why}</span></div></div>")


def _exports(row: pd.Series, build: str, frames: dict[str, pd.DataFrame], lg: str) -> None:
    """Files are made when asked for; words and data are settled here, because the callable runs outside the session."""
    name = f"{row.strategy_id}-{build}"
    with st.popover(t("导出", "Export"), icon=":material/download:"):
        st.download_button("Excel", lambda: charts.excel(frames), f"{name}.xlsx", icon=":material/table:",
                           type="tertiary", on_click="ignore")
        nights = frames["night"]
        if nights.empty:
            return
        chart = charts.sequence(nights, row.mde, effects.unit_of(row, lg), False, strategy_cards.final_of(row))
        title = f"{_name(row, lg)}: {t('模型增量随时间', 'model increment over time')}"
        source = t("0 线 = 模型没有多带来，虚线 = 值得做的最小增量；",
                   "zero line = the model adds nothing, dashes = smallest increment worth having; ")
        st.download_button("PNG", lambda: charts.png(chart, title, source + build), f"{name}.png", "image/png",
                           icon=":material/image:", type="tertiary", on_click="ignore")


def _frames(row: pd.Series, build: str) -> dict[str, pd.DataFrame]:
    names = ("cell", "night", "funnel", "check", "metric", "change", "segment")
    tables = {name: table(f"board.board_review__{name}", build) for name in names}
    mine = {name: frame[frame.strategy_id == row.strategy_id] for name, frame in tables.items()}
    return {"strategy": row.to_frame().T} | mine


def _changes_since(row: pd.Series, changes: pd.DataFrame) -> int:
    """Changes of version, status or model after the night of the verdict that stands."""
    if row.verdict == "collecting" or pd.isna(row.verdict_since_date):
        return 0
    return int(((changes.kind != "verdict") & (changes.as_of_date > row.verdict_since_date)).sum())


def _one_strategy(row: pd.Series, frames: dict[str, pd.DataFrame], build: str, lg: str) -> None:
    strategy_cards.verdict(row, lg)
    if row.verdict == "invalid":
        strategy_cards.fault_rows(row, frames, lg)
        return
    if f.is_missing(row.model_increment):
        strategy_cards.waiting_row(row, frames, lg)
        return
    strategy_cards.four_cell_row(row, frames["cell"], build, lg)
    strategy_cards.time_row(row, frames, lg)
    money_card.money_row(row, lg)
    ground_cards.ground_row(row, frames, lg)


def _no_strategy() -> None:
    markup.page_head(w("review"), w("brand"))
    with st.container(key="card-empty"):
        markup.empty("◌", t("还没有运行过的策略", "No strategy has run yet"),
                     t("先由第二人批准一条策略", "A second person approves one first"), "kehu strategies list")


def main() -> None:
    """Draws the page."""
    build, lg = st.session_state.build, lang()
    board = table("board.board_review__strategy", build).sort_values(["verdict_order", "strategy_id"])
    if board.empty:
        _no_strategy()
        return
    names = {"all": w("all_strategies")} | {r.strategy_id: _name(r, lg) for _, r in board.iterrows()}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        head = st.container()
        chosen = links.picker(
            st.selectbox, w("strategy"), list(names), "strategy", "all", is_kept=False, width=250,
            label_visibility="collapsed",
            format_func=names.get,
        )
        exports_at = st.container(width="content")
    if chosen == "all":
        with head:
            markup.page_head(t("回检：模型对照常规", "Review: model against BAU"), w("brand"))
        _all_strategies(board, build, lg)
        return
    row = board[board.strategy_id == chosen].iloc[0].copy()
    with head:
        markup.page_head(plain(_name(row, lg)), f"{w('review')} › {strategy_cards.crumb(row, lg)}")
    frames = _frames(row, build)
    row["change_count"] = _changes_since(row, frames["change"])
    with exports_at:
        _exports(row, build, frames, lg)
    _one_strategy(row, frames, build, lg)


main()
