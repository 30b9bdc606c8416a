"""The four packages are this repository's own, files stay small, and only one module opens DuckDB or reads the clock."""

import ast
import importlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("features", "models", "orchestration", "dashboards")
SOURCES = [p for package in PACKAGES for p in (ROOT / package).rglob("*.py") if "__pycache__" not in p.parts]


@pytest.mark.parametrize("name", PACKAGES)
def test_packages_come_from_this_repository(name: str) -> None:
    module = importlib.import_module(name)
    found = Path(next(iter(module.__path__)))
    assert found.resolve() == (ROOT / name).resolve()


def _imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
    return found


def test_only_the_warehouse_imports_duckdb() -> None:
    users = [str(p.relative_to(ROOT)) for p in SOURCES if "duckdb" in _imports(p)]
    assert users == ["features/warehouse.py"]


def test_only_the_clock_reads_the_wall_clock() -> None:
    pattern = re.compile(r"datetime\.now\(|date\.today\(|time\.time\(|utcnow\(|time\.monotonic\(|perf_counter\(")
    readers = [str(p.relative_to(ROOT)) for p in SOURCES if pattern.search(p.read_text(encoding="utf-8"))]
    assert readers == ["features/clock.py"]


def test_no_pickle_is_loaded() -> None:
    users = [str(p.relative_to(ROOT)) for p in SOURCES if _imports(p) & {"pickle", "joblib", "cloudpickle", "dill"}]
    assert users == []


def test_module_names_say_a_job() -> None:
    vague = {"utils.py", "helpers.py", "common.py", "misc.py", "manager.py", "util.py"}
    assert [str(p.relative_to(ROOT)) for p in SOURCES if p.name in vague] == []


def test_every_module_says_what_it_is_for() -> None:
    silent = [str(p.relative_to(ROOT)) for p in SOURCES
              if p.read_text(encoding="utf-8").strip() and not ast.get_docstring(ast.parse(p.read_text(encoding="utf-8")))]
    assert silent == []
