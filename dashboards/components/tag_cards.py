"""The catalogue as a table, and one tag: meaning, origin, distribution, what the front line says."""

from collections.abc import Sequence
from typing import Any

from dashboards import figures as f
from dashboards import tag_values
from dashboards.components import markup, tiles
from dashboards.components.markup import plain
from dashboards.wording import known, t

ROWS_SHOWN = 14
Tag = dict[str, Any]


def name(tag: Tag, lg: str) -> str:
    """The tag's name in the reader's language."""
    return str(tag["name_en"] if lg == "en" else tag["name_zh"])


def listing(tags: Sequence[Tag], chosen: str, lg: str) -> str:
    """Clickable rows; `data-go` is the tag id."""
    lines = "".join(_row(tag, chosen, lg) for tag in tags[:ROWS_SHOWN])
    head = (f"<tr><th>{t('标签', 'Tag')}</th><th>{t('编码', 'Code')}</th><th>{t('类型', 'Type')}</th>"
            f"<th class='num'>{t('不认同率', 'Disagree')}</th></tr>")
    more = len(tags) - ROWS_SHOWN
    rest = t(f"另有 {more} 个，请缩小搜索范围", f"{more} more, narrow the search") if more > 0 else ""
    return f"<table class='tb tight'>{head}{lines}</table><div class='cap' style='margin-top:8px'>{rest}</div>"


def _row(tag: Tag, chosen: str, lg: str) -> str:
    said = tag["feedback_count"]
    rate = f"{f.rate(tag['disagree_rate'], 0)} <span class='muted'>n={said}</span>" if said else f.DASH
    lock = " ★" if tag["sensitivity"] == "restricted" else ""
    mark = " style='background:var(--soft)'" if tag["id"] == chosen else ""
    return (f"<tr data-go='{plain(tag['id'])}' tabindex='0'{mark}><td><span class='nm'>{plain(name(tag, lg))}{lock}</span>"
            f"<div class='sub'>{plain(tag['id'])}</div></td><td class='muted nowrap'>{plain(tag['code'])}</td>"
            f"<td class='muted nowrap'>{known(tag['kind'])} · {known(tag['value_type'])}</td><td class='num nowrap'>{rate}</td></tr>")


def meaning(tag: Tag, lg: str) -> str:
    """Definition and the facts that a person asks before using a tag."""
    definition = plain(tag["definition_en"] if lg == "en" else tag["definition_zh"])
    facts = [
        (t("编码 · 字段", "Code · column"), f"{plain(tag['code'])} · <code>{plain(tag['id'])}</code> v{tag['version']}"),
        (t("窗口", "Window"), plain(t(tag["window_zh"], tag["window"]))),
        (t("空值含义", "Null means"), plain(t(tag["null_rule_zh"], tag["null_rule"]))),
        (t("敏感级别", "Sensitivity"), known(tag["sensitivity"])),
        (t("负责人 · 状态", "Owner · status"), f"{plain(t(tag['owner_zh'], tag['owner']))} · {known(tag['status'])}"),
        (t("来自", "Built from"), _codes(tag["inputs"] or tag["sources"])),
        (t("来源列", "Source columns"), _codes([name.split(".", 1)[1] for name in tag["source_columns"]])),
        (t("被使用", "Used by"), _codes(tag["used_by"])),
    ]
    return f"<div style='margin:6px 0 8px'>{definition}</div>{tiles.facts(facts)}"


def _codes(names: Sequence[str]) -> str:
    shown = " ".join(f"<code>{plain(item)}</code>" for item in names[:6])
    return (shown + (f" +{len(names) - 6}" if len(names) > 6 else "")) or f.DASH


def distribution(tag: Tag, lg: str) -> str:
    """Bars per value for categories, a row of quantiles for numbers and dates."""
    found = tag["distribution"]
    if not found:
        return f"<div class='cap'>{t('没有数据', 'no data')}</div>"
    covered = f"<div class='cap' style='margin-bottom:6px'>{t('有值率', 'Filled')} {f.rate(tag['coverage_rate'], 1)}</div>"
    if "quantile" in found[0]:
        return covered + _quantiles(found, lg)
    total = tag["customer_count"] or 1
    return covered + tiles.bars(
        (tag_values.name(str(tag["id"]), entry["value"]), (entry["count"] or 0) / total, _share(entry["count"], total, lg))
        for entry in found[:8])


def trend(tag: Tag, lg: str) -> str:
    """How full the tag was, and its mean, at the last month ends and now; nothing where there is no past."""
    dates = tag["trend"]
    if len(dates) < 2:
        return ""
    has_mean = any(entry["mean_value"] is not None for entry in dates)
    if not has_mean and len({entry["coverage_rate"] for entry in dates}) == 1:
        full, since = f.rate(dates[0]["coverage_rate"], 1), dates[0]["as_of_date"]
        return f"<div class='cap' style='margin-top:6px'>{t(f'自 {since} 起有值率一直为 {full}', f'filled {full} on every date since {since}')}</div>"
    head = f"<tr><th></th><th class='num'>{t('有值率', 'Filled')}</th>" + (f"<th class='num'>{t('均值', 'Mean')}</th>" if has_mean else "") + "</tr>"
    lines = "".join(
        f"<tr><td class='muted nowrap'>{entry['as_of_date']}</td><td class='num'>{f.rate(entry['coverage_rate'], 1)}</td>"
        + (f"<td class='num'>{_mean(tag, entry['mean_value'], lg)}</td>" if has_mean else "") + "</tr>" for entry in dates)
    return f"{markup.sub_head(t('走势', 'Trend'))}<table class='tb tight'>{head}{lines}</table>"


def _mean(tag: Tag, value: float | None, lg: str) -> str:
    return f.rate(value, 1) if value is not None and tag["value_type"] == "boolean" else _figure(value, lg)


def _share(count: int | None, total: int, lg: str) -> str:
    if count is None:
        return f"<span class='muted'>{t('不显示', 'hidden')}</span>"
    return f"{f.rate(count / total, 1)} · {f.count(count, lg)}"


def _quantiles(found: Sequence[dict[str, Any]], lg: str) -> str:
    heads = "".join(f"<th class='num'>{entry['quantile']:.0%}</th>" for entry in found)
    cells = "".join(f"<td class='num'>{_figure(entry['value'], lg)}</td>" for entry in found)
    note = t("分位数：多少比例的客户不超过该值", "quantiles: the share of customers at or below the value")
    return f"<table class='tb tight'><tr>{heads}</tr><tr>{cells}</tr></table><div class='cap'>{note}</div>"


def _figure(value: Any, lg: str) -> str:
    if value is None or hasattr(value, "isoformat"):
        return f.DASH if value is None else value.isoformat()
    size = abs(float(value))
    return f"{float(value):.2f}" if 0 < size < 10 and float(value) != int(value) else f.count(float(value), lg)


def comments(tag: Tag) -> str:
    """The newest words of the front line on this tag."""
    lines = "".join(
        f"<tr><td class='nowrap'>{known(word['verdict'])}</td><td class='wrap'>{plain(word['feedback_text'])}"
        f"<div class='sub'>{plain(word['employee_id'])} · {word['given_at']:%Y-%m-%d} · v{word['tag_version']}</div></td></tr>"
        for word in tag["feedback"])
    if not lines:
        return f"<div class='cap'>{t('一线还没有反馈', 'no feedback from the front line yet')} (<code>kehu feedback import</code>)</div>"
    return f"{markup.sub_head(t('一线反馈', 'Front-line feedback'))}<table class='tb tight'>{lines}</table>"
