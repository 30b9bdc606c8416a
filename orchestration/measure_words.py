"""The one sentence that opens a review, in Chinese and English, written from the numbers with the verdict."""

from collections.abc import Mapping
from typing import Any


def sentence(row: Mapping[str, Any]) -> tuple[str, str]:
    """(zh, en) for a measured row; increments of 0/1 metrics are per 100 people contacted."""
    return _WORDS[str(row["verdict"])](row)


def _unit(row: Mapping[str, Any]) -> tuple[str, str]:
    """What is counted, as a noun."""
    metric = str(row["metric_id"])
    if metric.startswith("purchase_") and not metric.startswith("purchase_amount"):
        return "个购买客户", "buyers"
    if metric == "card_first_swipe":
        return "个首刷客户", "first swipes"
    if metric == "active_txn":
        return "个动账客户", "active customers"
    return "元", "yuan"


def _per(row: Mapping[str, Any], name: str) -> str:
    """A figure per 100 people (rates) or per person (amounts), signed."""
    value = row[name]
    if value is None:
        return "–"
    scaled = value * 100 if _is_rate(row) else value
    return f"{scaled:+.2f}".replace("-", "−")


def _is_rate(row: Mapping[str, Any]) -> bool:
    return _unit(row)[1] != "yuan"


def _interval(row: Mapping[str, Any]) -> str:
    return f"[{_per(row, 'model_increment_low')}, {_per(row, 'model_increment_high')}]"


def _amount(row: Mapping[str, Any]) -> str:
    return _per(row, "model_increment").lstrip("+−")


def _base(row: Mapping[str, Any]) -> tuple[str, str]:
    return ("每触达 100 人", "Per 100 people contacted") if _is_rate(row) else ("每触达 1 人", "Per person contacted")


def _win(row: Mapping[str, Any]) -> tuple[str, str]:
    (zh, en), (base_zh, base_en) = _unit(row), _base(row)
    return (f"{base_zh}，模型比常规做法多带来 {_amount(row)} {zh}",
            f"{base_en}, the model brings {_amount(row)} more {en} than business as usual")


def _harm(row: Mapping[str, Any]) -> tuple[str, str]:
    (zh, en), (base_zh, base_en) = _unit(row), _base(row)
    return (f"{base_zh}，模型比常规做法少带来 {_amount(row)} {zh}",
            f"{base_en}, the model brings {_amount(row)} fewer {en} than business as usual")


def _futile(row: Mapping[str, Any]) -> tuple[str, str]:
    return (f"模型没有带来值得的增量：{_per(row, 'model_increment')}，区间 {_interval(row)}；报表差额 {_per(row, 'naive_gap')} 主要是选择偏差",
            f"The model adds nothing worth having: {_per(row, 'model_increment')}, interval {_interval(row)}; "
            f"the reported gap of {_per(row, 'naive_gap')} is mostly selection")


def _undecided(row: Mapping[str, Any]) -> tuple[str, str]:
    return (f"还不能判断模型是否带来增量：{_per(row, 'model_increment')}，区间 {_interval(row)}；报表差额为 {_per(row, 'naive_gap')}",
            f"Whether the model adds anything is not decided: {_per(row, 'model_increment')}, interval {_interval(row)}; "
            f"the reported gap is {_per(row, 'naive_gap')}")


def _collecting(row: Mapping[str, Any]) -> tuple[str, str]:
    done = row["matured_share_rate"]
    share = f"{done:.0%}" if done is not None else "–"
    return f"数据积累中：{share} 的名单客户观察窗口已满", f"Collecting: {share} of list members have a complete window"


def _invalid(row: Mapping[str, Any]) -> tuple[str, str]:
    return "有效性检查未通过，结论不可用", "A validity check failed: the numbers are not decision-ready"


_WORDS = {"win": _win, "harm": _harm, "futile": _futile, "undecided": _undecided, "collecting": _collecting,
          "invalid": _invalid}
