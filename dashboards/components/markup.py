"""Puts board markup on the page, plain or with rows that lead somewhere."""

from html import escape
from typing import Any

import pandas as pd
import streamlit as st

# Registered once per server; one listener serves every table. isolate_styles=False keeps style.css in force.
JS = """
export default function ({ parentElement, data, setTriggerValue }) {
  const root = parentElement.querySelector('.k-root');
  if (root.innerHTML !== data) root.innerHTML = data;
  root.onclick = (e) => { const hit = e.target.closest('[data-go]'); if (hit) setTriggerValue('go', hit.dataset.go); };
  root.onkeydown = (e) => { if (e.key === 'Enter') e.target.click(); };
}
"""
_links = st.components.v2.component("kehu_links", html="<div class='k-root'></div>", js=JS, isolate_styles=False)


def plain(value: Any) -> str:
    """A value from the store as text for markup: escaped, empty for a null."""
    return "" if pd.isna(value) else escape(str(value))


def show(markup: str) -> None:
    """Markup whose strings from the store are escaped already."""
    st.html(f"<div class='k'>{markup}</div>")


def show_links(markup: str, key: str) -> str | None:
    """Shows markup; returns the data-go of the row just clicked, else None. Nothing sanitises it: escape first."""
    hit: str | None = _links(data=f"<div class='k'>{markup}</div>", key=key, on_go_change=lambda: None).go
    return hit


def card_head(title: str, note: str = "") -> None:
    """Title of a card with its grey note."""
    show(sub_head(title, note))


def sub_head(title: str, note: str = "") -> str:
    """The same as text, for a second heading inside a card."""
    return f"<div class='ct'><b>{title}</b><span>{note}</span></div>"


def page_head(title: str, crumb: str, right: str = "") -> None:
    """Crumb above, title below, freshness on the right."""
    show(f"<div class='head'><div><div class='crumb'>{crumb}</div><div class='t'>{title}</div></div>"
         f"<div class='fresh'>{right}</div></div>")


def empty(glyph: str, title: str, todo: str, command: str = "") -> None:
    """Says what is missing, what to do and the command that does it; plain text in."""
    code = f"<p style='margin-top:8px'><code>{escape(command)}</code></p>" if command else ""
    show(f"<div class='empty'><div class='g'>{glyph}</div><b>{escape(title)}</b>"
         f"<div class='cap'>{escape(todo)}</div>{code}</div>")
