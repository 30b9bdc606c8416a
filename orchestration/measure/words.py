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
    return _signed(row, value)


def _is_rate(row: Mapping[str, Any]) -> bool:
    return _unit(row)[1] != "yuan"


def _interval(row: Mapping[str, Any]) -> str:
    return f"[{_per(row, 'model_increment_low')}, {_per(row, 'model_increment_high')}]"


def _points(row: Mapping[str, Any]) -> tuple[str, str]:
    """The unit behind a difference: percentage points of a rate, or money."""
    return (" 个百分点", " pp") if _is_rate(row) else (" 元", "")


def reason(row: Mapping[str, Any], numbers: Mapping[str, Any]) -> tuple[str, str] | None:
    """(zh, en): which interval led to the verdict and where it lies; None where no interval did."""
    state, found = str(row["verdict"]), numbers.get("final") or numbers.get("sequence")
    if found is None or state not in _PLACES:
        return None
    low, high, mde = (_signed(row, value) for value in (*found, numbers["mde"]))
    place_zh, place_en = _PLACES["unpaid" if state == "undecided" and found[0] > 0 else state]
    zh, en = _points(row)
    kind_zh, kind_en = ("到期", "final") if "final" in numbers else ("任一天有效的", "any-day")
    return (f"{kind_zh}区间 [{low}, {high}]{zh}{place_zh.format(mde=mde + zh)}",
            f"the {kind_en} interval [{low}, {high}]{en} {place_en.format(mde=mde + en)}")


_PLACES = {
    "win": ("全在 0 以上", "lies above 0"), "harm": ("全在 0 以下", "lies below 0"),
    "futile": ("低于值得做的最小增量 {mde}", "lies below the smallest increment worth having, {mde}"),
    "unpaid": ("全在 0 以上，但模型多带来的利润没有大于 0", "lies above 0, but the profit that the model added does not"),
    "undecided": ("既含 0 也含值得做的最小增量 {mde}", "holds both 0 and the smallest increment worth having, {mde}"),
}


def _signed(row: Mapping[str, Any], value: float) -> str:
    return f"{value * 100 if _is_rate(row) else value:+.2f}".replace("-", "−")


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
    zh, en = _points(row)
    is_selection = (row["selection_bias"] or 0) > abs(row["model_increment"] or 0)
    tail_zh, tail_en = ("主要是选择偏差", "is mostly selection") if is_selection else ("不能归功于模型", "is not the model's doing")
    return (f"模型没有带来值得做的增量：{_per(row, 'model_increment')}{zh}；报表差额 {_per(row, 'naive_gap')}{zh}{tail_zh}",
            f"The model adds nothing worth having: {_per(row, 'model_increment')}{en}; "
            f"the reported gap of {_per(row, 'naive_gap')}{en} {tail_en}")


def _undecided(row: Mapping[str, Any]) -> tuple[str, str]:
    zh, en = _points(row)
    low, high = row["model_increment_low"], row["model_increment_high"]
    if low is not None and (low > 0 or high < 0):
        (noun_zh, noun_en), (base_zh, base_en) = _unit(row), _base(row)
        return (f"{base_zh}，模型多带来 {_amount(row)} {noun_zh}，但是否赚钱还不能判断",
                f"{base_en}, the model brings {_amount(row)} more {noun_en}; whether that pays is not decided")
    return (f"还不能判断模型是否带来增量：{_per(row, 'model_increment')}{zh}，区间 {_interval(row)}；报表差额为 {_per(row, 'naive_gap')}{zh}",
            f"Whether the model adds anything is not decided: {_per(row, 'model_increment')}{en}, interval {_interval(row)}; "
            f"the reported gap is {_per(row, 'naive_gap')}{en}")


def _collecting(row: Mapping[str, Any]) -> tuple[str, str]:
    done = row["matured_share_rate"]
    share = f"{done:.0%}" if done is not None else "–"
    return f"数据积累中：{share} 的名单客户观察窗口已满", f"Collecting: {share} of list members have a complete window"


def _invalid(row: Mapping[str, Any]) -> tuple[str, str]:
    return "有效性检查未通过，结论不可用", "A validity check failed: the numbers are not decision-ready"


_WORDS = {"win": _win, "harm": _harm, "futile": _futile, "undecided": _undecided, "collecting": _collecting,
          "invalid": _invalid}
