"""Health 数据健康: what came in last night, what was turned away, how long it took, how complete the tags are."""

import pandas as pd
import streamlit as st

from dashboards import figures as f
from dashboards.board_data import (
    check_counts,
    entity_totals,
    file_totals,
    published_at,
    rows,
    table,
    troubled_files,
)
from dashboards.components import freshness, markup, tiles
from dashboards.components.markup import plain
from dashboards.wording import known, lang, t, w

FILES_SHOWN, COVERAGE_COLUMNS, TAGS_EACH = 20, 3, 8


def _totals(build: str, lg: str) -> None:
    row = file_totals(build)
    night = "" if pd.isna(row.night) else f"{row.night:%Y-%m-%d}"
    rejected = f.rate(row.rows_rejected / row.rows_read, 3) if row.rows_read else f.DASH
    values = (
        (t("文件", "Files"), f.count(row.file_count, lg),
         t(f"{night} 装载 {row.loaded_count}，重复 {row.duplicate_count}", f"{night}: {row.loaded_count} loaded, {row.duplicate_count} repeated")),
        (t("装载行数", "Rows loaded"), f.count(row.rows_loaded, lg), t(f"读入 {f.count(row.rows_read, lg)}", f"{f.count(row.rows_read, lg)} read")),
        (t("剔除行数", "Rows rejected"), f.count(row.rows_rejected, lg), t(f"占读入 {rejected}", f"{rejected} of rows read")),
        (t("隔离文件", "Files quarantined"), f.count(row.quarantined_count, lg), t("修好后放回落地目录即可", "mend and land them again")),
    )
    for number, (column, (label, figure, detail)) in enumerate(zip(st.columns(4, gap="small"), values, strict=True)):
        with column.container(key=f"card-total-{number}", height="stretch"):
            markup.show(tiles.kpi(label, (figure, ""), detail))


def _stages(build: str) -> None:
    stages = table("meta.stage_run", build)
    spent = f.seconds(stages.seconds.sum())
    markup.card_head(t("各阶段用时", "Seconds by stage"), t(f"共 {spent}", f"{spent} in all"))
    if stages.empty:
        markup.empty("◌", t("没有阶段记录", "No stage was recorded"), t("由跑批写入", "the night writes it"), "kehu nightly")
        return
    markup.show(tiles.night(stages))


def _checks(build: str) -> None:
    counts, results = check_counts(build), table("meta.check_result", build)
    note = t(f"通过 {counts['passed']} · 提醒 {counts['warned']} · 失败 {counts['failed']}",
             f"{counts['passed']} passed · {counts['warned']} warned · {counts['failed']} failed")
    markup.card_head(t("检查", "Checks"), note)
    loud = results[results.status != "passed"].sort_values(["status", "check_id"])
    if loud.empty:
        markup.show(f"<div class='quiet'>✓ {t('全部通过', 'all passed')}</div>")
        return
    lines = "".join(
        f"<tr><td class='nowrap'>{tiles.status_mark(r.status)}</td><td class='muted nowrap'>{known(r.stage)}</td>"
        f"<td class='wrap'><b class='id'>{plain(r.check_id)}</b><div class='sub'>{plain(r.detail)}</div></td></tr>"
        for r in rows(loud)
    )
    markup.show(f"<table class='tb tight'><tr><th>{w('status')}</th><th>{t('阶段', 'Stage')}</th><th>{w('check')}</th></tr>{lines}</table>")


def _entities(build: str) -> None:
    entities = entity_totals(build)
    markup.card_head(t("最近一夜：按实体", "The newest night by entity"), t("读入 = 装载 + 剔除", "read = loaded + rejected"))
    if entities.empty:
        markup.empty("◌", t("还没有装载过文件", "No file was loaded yet"),
                     t("把文件放进落地目录，再跑一晚", "put files into the landing folder, then run a night"), "kehu nightly")
        return
    lines = "".join(
        f"<tr><td>{plain(r.entity)}</td><td class='num muted'>{r.file_count:,}</td><td class='num'>{int(r.rows_read):,}</td>"
        f"<td class='num'>{int(r.rows_loaded):,}</td><td class='num'>{int(r.rows_rejected):,}</td>"
        f"<td class='num muted'>{r.quarantined_count or f.DASH}</td></tr>"
        for r in rows(entities)
    )
    head = (f"<tr><th>{t('实体', 'Entity')}</th><th class='num'>{t('文件', 'Files')}</th><th class='num'>{w('read')}</th>"
            f"<th class='num'>{w('loaded')}</th><th class='num'>{w('rejected')}</th><th class='num'>{w('quarantined')}</th></tr>")
    markup.show(f"<table class='tb tight'>{head}{lines}</table>")


def _file_row(r: pd.Series) -> str:
    reason = "" if pd.isna(r.reason) else f"<div class='sub'>{plain(r.reason)}</div>"
    css, glyph = tiles.MARKS[{"loaded": "warned", "quarantined": "failed"}.get(r.status, "not_tested")]
    return (f"<tr><td class='nowrap'><span class='st {css}'>{glyph} {w(r.status)}</span></td>"
            f"<td class='wrap'>{plain(r.file_name)}{reason}</td><td class='num'>{int(r.rows_read):,}</td>"
            f"<td class='num'>{int(r.rows_rejected):,}</td></tr>")


def _trouble(build: str) -> None:
    files = troubled_files(build)
    markup.card_head(t("有问题的文件", "Files in trouble"), t(f"{len(files)} 个", f"{len(files)}"))
    if files.empty:
        markup.show(f"<div class='quiet'>✓ {t('没有隔离、剔除或重复', 'nothing quarantined, rejected or repeated')}</div>")
        return
    lines = "".join(_file_row(r) for _, r in files.head(FILES_SHOWN).iterrows())
    head = (f"<tr><th>{w('status')}</th><th>{w('file')}</th><th class='num'>{w('read')}</th>"
            f"<th class='num'>{w('rejected')}</th></tr>")
    markup.show(f"<table class='tb tight'>{head}{lines}</table>")
    if len(files) > FILES_SHOWN:
        more = len(files) - FILES_SHOWN
        rest = t(f"另有 {more} 个，见 meta.ingest_ledger", f"{more} more in meta.ingest_ledger")
        markup.show(f"<div class='cap' style='margin-top:8px'>{rest}</div>")


def _lag(days: int) -> str:
    return t("当日", "same day") if days == 0 else t(f"{days} 天前", f"{days} d ago")


def _freshness(build: str, lg: str) -> None:
    sources = table("board.board_health__source", build).sort_values(["source", "entity"])
    markup.card_head(t("新鲜度", "Freshness"), t("最新业务日期", "newest business date"))
    lines = "".join(
        f"<tr><td class='clip'>{plain(r.entity)}</td><td class='num'>{f.DASH if pd.isna(r.newest_date) else f'{r.newest_date:%Y-%m-%d}'}</td>"
        f"<td class='num muted'>{f.DASH if pd.isna(r.lag_days) else _lag(int(r.lag_days))}</td>"
        f"<td class='num muted'>{f.count(r.row_count, lg)}</td></tr>"
        for r in rows(sources)
    )
    head = (f"<tr><th>{t('实体', 'Entity')}</th><th class='num'>{t('日期', 'Date')}</th><th class='num'>{t('距今', 'Lag')}</th>"
            f"<th class='num'>{t('累计行数', 'Rows so far')}</th></tr>")
    markup.show(f"<table class='tb tight'>{head}{lines}</table>")


def _coverage(build: str) -> None:
    tags = table("board.board_health__coverage", build).sort_values(["filled_rate", "tag_id"])
    empty_count = int((tags.filled_count == 0).sum())
    note = t(f"{len(tags)} 个标签，{empty_count} 个没有数据", f"{len(tags)} tags, {empty_count} without data")
    markup.card_head(t("标签覆盖率（最低的在前）", "Tag coverage, lowest first"), note)
    for number, column in enumerate(st.columns(COVERAGE_COLUMNS, gap="medium")):
        part = tags.iloc[number * TAGS_EACH:(number + 1) * TAGS_EACH]
        with column:
            markup.show(tiles.bars((plain(r.tag_id), 0.0 if f.is_missing(r.filled_rate) else float(r.filled_rate), f.rate(r.filled_rate, 1)) for r in rows(part)))
    markup.show(f"<div class='cap' style='margin-top:8px'>{t('没有值常有原因：没有信用卡的客户没有用卡标签', 'a gap often has a reason: no card, no card tags')}</div>")


def main() -> None:
    """Draws the page."""
    build, lg = st.session_state.build, lang()
    markup.page_head(w("health"), w("brand"), freshness.line(published_at(build), table("meta.build", build), check_counts(build)))
    _totals(build, lg)
    left, right = st.columns([1, 1.55], gap="small")
    with left.container(key="card-stages", height="stretch"):
        _stages(build)
    with right.container(key="card-checks", height="stretch"):
        _checks(build)
    left, right = st.columns([1.55, 1], gap="small")
    with left:
        with st.container(key="card-trouble"):
            _trouble(build)
        with st.container(key="card-entities"):
            _entities(build)
    with right.container(key="card-freshness", height="stretch"):
        _freshness(build, lg)
    with st.container(key="card-coverage"):
        _coverage(build)


main()
