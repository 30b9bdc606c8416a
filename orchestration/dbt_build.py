"""Runs the dbt project inside this process, on one home's build database."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from features import clock
from features.errors import KehuError
from features.settings import Settings
from orchestration.dbt_manifest import environment, manifest

NOT_AT_NIGHT = ("unit_test",)  # unit tests check code, not data: they run in `make check`


@dataclass(frozen=True)
class DbtResult:
    """What one invocation did; `failed` holds {check, detail} of errors, `warned` of warnings."""

    is_success: bool
    seconds: float
    failed: list[dict[str, str]] = field(default_factory=list)
    warned: list[dict[str, str]] = field(default_factory=list)
    passed_tests: list[str] = field(default_factory=list)
    models: dict[str, float] = field(default_factory=dict)


class Dbt:
    """The project as it stood at the first `build`, run for one home; `build` may be called many times."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @cached_property
    def manifest(self) -> Any:
        return manifest(self.settings.dbt_project)

    def build(self, select: str, command: str = "build", exclude: str = "") -> DbtResult:
        """Builds and tests what `select` names without what `exclude` names, in dependency order."""
        from dbt.cli.main import dbtRunner

        started = clock.monotonic()
        arguments = [command, "--no-write-json", "--select", *select.split(), *self._arguments()]
        if exclude:
            arguments += ["--exclude", *exclude.split()]
        if command == "build":
            for kind in NOT_AT_NIGHT:
                arguments += ["--exclude-resource-type", kind]
        with self._environment():
            outcome = dbtRunner(manifest=self.manifest).invoke(arguments)
        _release()
        if isinstance(outcome.exception, KeyboardInterrupt):
            raise outcome.exception  # somebody stopped the night: dbt has nothing to explain
        if outcome.exception is not None:
            raise KehuError(f"dbt stopped: {outcome.exception}", f"see {self.settings.logs / 'dbt.log'}")
        return _result(outcome.result or [], clock.monotonic() - started)

    def _arguments(self) -> Sequence[str]:
        folder = str(self.settings.dbt_project)
        return ("--project-dir", folder, "--profiles-dir", folder, "--log-path", str(self.settings.logs),
                "--target-path", str(self.settings.tmp / "dbt_target"), "--log-level", "none", "--log-level-file", "info")

    def _environment(self) -> AbstractContextManager[None]:
        return environment(KEHU_BUILD_DB=str(self.settings.build_db), KEHU_DBT_THREADS=str(self.settings.threads),
                           KEHU_MEMORY=self.settings.memory_limit, DO_NOT_TRACK="1")


def _release() -> None:
    """Closes the database that dbt's adapter keeps open in this process, so that another process may open it."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager

    environment = DuckDBConnectionManager._ENV
    if environment is not None:
        environment.close()
        DuckDBConnectionManager.close_all_connections()


def _result(results: Any, seconds: float) -> DbtResult:
    failed, warned, passed, models = [], [], [], {}
    for item in results:
        status, name = str(item.status), item.node.name
        detail = {"check": name, "detail": _detail(item)}
        if status in ("fail", "error", "runtime error"):
            failed.append(detail)
        elif status == "warn":
            warned.append(detail)
        elif item.node.resource_type == "test" and status == "pass":
            passed.append(name)
        elif item.node.resource_type == "model":
            models[name] = round(item.execution_time, 3)
    return DbtResult(not failed, seconds, failed, warned, passed, models)


def _detail(item: Any) -> str:
    text = (item.message or "").strip().replace("\n", " ")
    if item.node.resource_type == "test" and item.failures:
        return f"{item.failures} row(s) fail: {text}"
    return text[:400]
