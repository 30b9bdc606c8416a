"""Runs one page of the board in this process and reads the words it shows."""

import html
import json
import re
from pathlib import Path
from typing import Any

from streamlit.testing.v1 import AppTest

from features.settings import ROOT

PAGES = ("overview", "insight", "review", "tag_catalogue", "health")


def run(home: Path, page: str, monkeypatch: Any, lang: str = "zh", **query: str) -> AppTest:
    """The page after it has settled."""
    monkeypatch.setenv("KEHU_HOME", str(home))
    app = AppTest.from_file(str(ROOT / "dashboards" / "app.py"), default_timeout=30)
    app.query_params["lang"] = lang
    for key, value in query.items():
        app.query_params[key] = value
    app.run()
    if page != "overview":
        app.switch_page(f"app_pages/{page}.py").run()
        if query:
            app.run()
    return app


def markup(app: AppTest) -> str:
    """All markup of the page, that of clickable tables included; the style sheet is left out."""
    found = [element.proto.body for element in app.get("html") if not element.proto.body.startswith("<style>")]
    return "\n".join(found + [json.loads(element.proto.json) for element in app.get("bidi_component")])


def text(app: AppTest) -> str:
    """The words and figures a reader sees, one blank between elements."""
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", markup(app))))
