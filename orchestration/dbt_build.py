"""Runs the dbt project inside this process, on one home's build database, with the parsed manifest kept."""

import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from features import clock
from features.errors import KehuError
from features.files import write_text
from features.settings import Settings

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
    """The project parsed for one home; `build` may be called many times."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._manifest: Any = None

    @property
    def manifest(self) -> Any:
        """The parsed manifest, read from the home's cache while the project is unchanged."""
        if self._manifest is None:
            self._manifest = self._cached() or self._parse()
        return self._manifest

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
        if outcome.exception is not None:
            raise KehuError(f"dbt stopped: {outcome.exception}", f"see {self.settings.logs / 'dbt.log'}")
        return _result(outcome.result or [], clock.monotonic() - started)

    def _parse(self) -> Any:
        from dbt.cli.main import dbtRunner

        with self._environment():
            outcome = dbtRunner().invoke(["parse", *self._arguments()])
        if not outcome.success:
            raise KehuError(f"the dbt project does not parse: {outcome.exception}", "dbt parse shows the place")
        self._store(outcome.result)
        return outcome.result

    def _cached(self) -> Any:
        from dbt.contracts.graph.manifest import Manifest
        from dbt.parser.manifest import extended_mashumuro_decoder

        path = self._cache_path()
        if not path.is_file():
            return None
        manifest = Manifest.from_msgpack(path.read_bytes(), decoder=extended_mashumuro_decoder)
        manifest.build_flat_graph()
        return manifest

    def _store(self, manifest: Any) -> None:
        from dbt.parser.manifest import extended_mashumaro_encoder

        from features.files import atomic

        for old in self._cache_path().parent.glob("manifest-*.msgpack"):
            old.unlink()
        with atomic(self._cache_path()) as temporary:
            temporary.write_bytes(manifest.to_msgpack(extended_mashumaro_encoder))

    def _cache_path(self) -> Path:
        return self.settings.tmp / f"manifest-{project_hash(self.settings.dbt_project)[:16]}.msgpack"

    def _arguments(self) -> Sequence[str]:
        folder = str(self.settings.dbt_project)
        return ("--project-dir", folder, "--profiles-dir", folder, "--log-path", str(self.settings.logs),
                "--target-path", str(self.settings.tmp / "dbt_target"), "--log-level", "none", "--log-level-file", "info")

    @contextmanager
    def _environment(self) -> Iterator[None]:
        wanted = {
            "KEHU_BUILD_DB": str(self.settings.build_db),
            "KEHU_DBT_THREADS": str(self.settings.threads),
            "KEHU_MEMORY": self.settings.memory_limit,
            "DO_NOT_TRACK": "1",
        }
        before = {name: os.environ.get(name) for name in wanted}
        os.environ.update(wanted)
        try:
            yield
        finally:
            for name, value in before.items():
                if value is None:
                    os.environ.pop(name)
                else:
                    os.environ[name] = value


def _release() -> None:
    """Closes the database that dbt's adapter keeps open in this process, so that another process may open it."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager

    environment = DuckDBConnectionManager._ENV
    if environment is not None:
        environment.close()
        DuckDBConnectionManager.close_all_connections()


def project_hash(folder: Path) -> str:
    """Digest over the project's files and dbt's version: the key of the parsed manifest."""
    from dbt.version import __version__

    digest = hashlib.sha256(__version__.encode())
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix in {".sql", ".yml", ".csv", ".md"} and "target" not in path.parts:
            digest.update(str(path.relative_to(folder)).encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def ensure_manifest_json() -> Path:
    """dbt_project/target/manifest.json for tools that read it (Dagster), parsed again when the project changed."""
    from dbt.cli.main import dbtRunner

    from features.settings import ROOT

    project, target = ROOT / "dbt_project", ROOT / "dbt_project" / "target"
    mark = target / "project_hash.txt"
    if (target / "manifest.json").is_file() and mark.is_file() and mark.read_text() == project_hash(project):
        return target / "manifest.json"
    outcome = dbtRunner().invoke(["parse", "--project-dir", str(project), "--profiles-dir", str(project),
                                  "--target-path", str(target), "--log-level", "none", "--log-path", str(target)])
    if not outcome.success:
        raise KehuError(f"the dbt project does not parse: {outcome.exception}")
    write_text(mark, project_hash(project))
    return target / "manifest.json"


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


if __name__ == "__main__":
    print(ensure_manifest_json())
