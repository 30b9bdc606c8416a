"""YAML with places: plain values and the line of every key, so that an error names its true line."""

from pathlib import Path
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, SequenceNode

Path_ = tuple[str | int, ...]
FAST = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""Ten times as fast; a file that it refuses is read again by the plain loader, whose words name the place better."""


class Located:
    """A parsed file: `value`, and `line(path)` of a key or item."""

    def __init__(self, value: Any, lines: dict[Path_, int]) -> None:
        self.value, self._lines = value, lines

    def line(self, path: Path_) -> int:
        """The line of the longest known part of `path`."""
        while path not in self._lines and path:
            path = path[:-1]
        return self._lines.get(path, 1)


class BrokenYaml(Exception):
    """Text that is no YAML, with the line where reading stopped."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line, self.reason = line, reason


def read(path: Path) -> Located:
    """Parses one file with the safe loader. Raises BrokenYaml, also for a key that is there twice."""
    try:
        text = path.read_text(encoding="utf-8")
        try:
            return _located(text, FAST)
        except yaml.YAMLError:
            return _located(text, yaml.SafeLoader)
    except UnicodeDecodeError as broken:
        raise BrokenYaml(1, f"not UTF-8: {broken.reason}") from broken
    except (yaml.YAMLError, ValueError) as broken:
        raise _broken(broken) from broken


def _located(text: str, loader: Any) -> Located:
    node = yaml.compose(text, Loader=loader)
    lines: dict[Path_, int] = {}
    if node is not None:
        _walk(node, (), lines, depth=0)
    return Located(yaml.load(text, Loader=loader), lines)  # both loaders are safe ones


def _broken(error: Exception) -> BrokenYaml:
    """An open bracket or quote is reported where it opens, anything else where reading stopped."""
    opens = any(word in str(getattr(error, "context", "")) for word in ("flow", "quoted"))
    mark = getattr(error, "context_mark" if opens else "problem_mark", None)
    what = getattr(error, "problem", None) or str(error).splitlines()[0]
    return BrokenYaml(mark.line + 1 if mark else 1, f"not valid YAML: {what}")


def _walk(node: Node, path: Path_, lines: dict[Path_, int], depth: int) -> None:
    if depth > 20:
        raise BrokenYaml(node.start_mark.line + 1, "nested deeper than 20")
    if isinstance(node, MappingNode):
        for key, value in node.value:
            here = (*path, str(key.value))
            if here in lines:
                raise BrokenYaml(
                    key.start_mark.line + 1, f"{key.value}: there twice, first on line {lines[here]}"
                )
            lines[here] = key.start_mark.line + 1
            _walk(value, here, lines, depth + 1)
    elif isinstance(node, SequenceNode):
        for number, value in enumerate(node.value):
            lines[(*path, number)] = value.start_mark.line + 1
            _walk(value, (*path, number), lines, depth + 1)
