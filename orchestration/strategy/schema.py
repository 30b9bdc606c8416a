"""Writes docs/strategy.schema.json, which editors use; `--check` fails when it is stale."""

import json
import sys
from pathlib import Path

from features.settings import ROOT
from orchestration.strategy.contract import Strategy

TARGET = ROOT / "docs" / "strategy.schema.json"


def text() -> str:
    """The schema as stored."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **Strategy.model_json_schema()}
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def main(arguments: list[str], target: Path = TARGET) -> int:
    """0 when written or fresh, 1 when `--check` finds it stale."""
    if arguments == ["--check"]:
        is_fresh = target.is_file() and target.read_text(encoding="utf-8") == text()
        print(f"{target.name} is {'fresh' if is_fresh else 'stale: python -m orchestration.strategy.schema'}")
        return 0 if is_fresh else 1
    target.write_text(text(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
