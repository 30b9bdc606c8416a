"""Deep links: the URL is the truth, the session remembers across pages, the value is an id and never a translated label."""

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st


def current(key: str, allowed: Sequence[str], default: str, is_kept: bool = True) -> str:
    """The value in the URL, else the one last used in this session; written back so that the address can be shared."""
    kept = st.session_state.get(f"link_{key}") if is_kept else None
    value: str = st.query_params.get(key) or kept or default
    value = value if value in allowed else default
    # A default is not a choice: it is not remembered, so it moves with the next build.
    st.session_state[f"link_{key}"] = None if value == default else value
    if value != default:
        st.query_params[key] = value
    elif key in st.query_params:
        del st.query_params[key]
    return value


def picker(
    widget: Callable[..., Any], label: str, allowed: Sequence[str], key: str, default: str, is_kept: bool = True,
    **options: Any,
) -> str:
    """A selectbox or segmented control whose value is a deep link."""
    slot = f"pick_{key}"

    def chosen() -> None:
        st.session_state[f"link_{key}"] = None
        st.query_params[key] = st.session_state[slot] or default

    st.session_state[slot] = current(key, allowed, default, is_kept)
    widget(label, allowed, key=slot, on_change=chosen, **options)
    return str(st.session_state[slot])


def open_page(name: str, **params: str) -> None:
    """Goes to a page of the navigation, with its query."""
    st.switch_page(st.session_state.pages[name], query_params=params)
