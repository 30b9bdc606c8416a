"""One comparison made by clicking: controls that fit the tag's type, and the words of the language that they stand for."""

from datetime import date
from typing import Any

import streamlit as st

from dashboards import tag_values
from dashboards.wording import t

JOINS = ("and", "or", "and not")
ORDERS = (">=", ">", "=", "!=", "<", "<=")


def quoted(text: str) -> str:
    """A text value of the language."""
    return "'" + text.replace("'", "''") + "'"


def joined(expression: str, join: str, term: str) -> str:
    """The expression with one more term; what stands before is kept together."""
    if not expression.strip():
        return f"not {term}" if join == "and not" else term
    before = expression.strip()
    is_mixed = (" or " in f" {before} ") != (join == "or") and (" or " in f" {before} " or " and " in f" {before} ")
    return f"({before}) {join} {term}" if is_mixed else f"{before} {join} {term}"


def controls(tag: dict[str, Any]) -> str:
    """Draws the controls; the comparison they say, empty while nothing is chosen."""
    kind, tag_id = tag["value_type"], str(tag["id"])
    if kind == "boolean":
        words = {"yes": t("是", "yes"), "no": t("否", "no")}
        answer = st.segmented_control(tag_id, list(words), default="yes", required=True, key=f"term_{tag_id}",
                                      format_func=lambda word: words[word], label_visibility="collapsed")
        return tag_id if answer == "yes" else f"not {tag_id}"
    if kind == "text":
        values = list(tag["allowed_values"]) or [str(e["value"]) for e in tag["distribution"] if e.get("value") is not None]
        chosen = st.multiselect(tag_id, values, key=f"term_{tag_id}", label_visibility="collapsed",
                                format_func=lambda value: tag_values.choice(tag_id, value),
                                placeholder=t("选择取值", "choose values"))
        return f"{tag_id} in ({', '.join(quoted(value) for value in chosen)})" if chosen else ""
    return _ordered(tag, tag_id)


def _ordered(tag: dict[str, Any], tag_id: str) -> str:
    left, right = st.columns([1, 1.6], gap="small")
    operator = left.selectbox(t("比较", "compare"), ORDERS, key=f"order_{tag_id}", label_visibility="collapsed")
    middle = next((e["value"] for e in tag["distribution"] if e.get("quantile") == 0.5), None)
    if tag["value_type"] == "date":
        day = right.date_input(tag_id, middle if isinstance(middle, date) else date(2026, 1, 1), key=f"term_{tag_id}",
                               label_visibility="collapsed")
        return f"{tag_id} {operator} date '{day}'"
    start = float(middle) if middle is not None else 0.0
    number = right.number_input(tag_id, value=start, key=f"term_{tag_id}", label_visibility="collapsed")
    return f"{tag_id} {operator} {number:.4f}".rstrip("0").rstrip(".")
