"""The dbt project, parsed once for every home and every tool: kept beside the project under a digest of its files."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from filelock import FileLock

from features.errors import KehuError
from features.files import atomic
from features.settings import ROOT

PROJECT = ROOT / "dbt_project"
DATABASE = "build.duckdb"
"""Every home's build database has this name, and the manifest names relations by it."""


@contextmanager
def environment(**wanted: str) -> Iterator[None]:
    """Environment variables for a while; afterwards as before."""
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


def project_hash(folder: Path) -> str:
    """Digest over the project's files and dbt's version: the key of the parsed manifest."""
    from dbt.version import __version__

    digest = hashlib.sha256(__version__.encode())
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix in {".sql", ".yml", ".csv", ".md"} and "target" not in path.parts:
            digest.update(str(path.relative_to(folder)).encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def manifest(project: Path = PROJECT) -> Any:
    """dbt's manifest of the project as it stands, ready for `dbtRunner(manifest=...)`; nothing in it belongs to one home."""
    return _manifest(project, project_hash(project))


def ensure_manifest_json() -> Path:
    """dbt_project/target/manifest.json for tools that read it (Dagster), parsed again when the project changed."""
    target = PROJECT / "target"
    _parsed(PROJECT, project_hash(PROJECT))
    return target / "manifest.json"


@cache
def _manifest(project: Path, digest: str) -> Any:
    from dbt.contracts.graph.manifest import Manifest
    from dbt.parser.manifest import extended_mashumuro_decoder

    found = Manifest.from_msgpack(_parsed(project, digest).read_bytes(), decoder=extended_mashumuro_decoder)
    found.build_flat_graph()
    return found


def _parsed(project: Path, digest: str) -> Path:
    """The kept manifest of this digest; one process parses while others wait."""
    target = project / "target"
    path = target / f"manifest-{digest[:16]}.msgpack"
    target.mkdir(exist_ok=True)
    with FileLock(target / "manifest.lock"):
        if not path.is_file() or not (target / "manifest.json").is_file():
            found = _parse(project, target)
            for old in target.glob("manifest-*.msgpack"):
                old.unlink()
            with atomic(path) as temporary:
                temporary.write_bytes(found)
    return path


def _parse(project: Path, target: Path) -> bytes:
    from dbt.cli.main import dbtRunner
    from dbt.parser.manifest import extended_mashumaro_encoder

    with environment(KEHU_BUILD_DB=str(target / DATABASE), DO_NOT_TRACK="1"):
        outcome = dbtRunner().invoke(["parse", "--project-dir", str(project), "--profiles-dir", str(project), "--target-path",
                                      str(target), "--log-path", str(target), "--log-level", "none", "--no-partial-parse"])
    if not outcome.success:
        raise KehuError(f"the dbt project does not parse: {outcome.exception}", "dbt parse shows the place")
    found: Any = outcome.result
    packed: bytes = found.to_msgpack(extended_mashumaro_encoder)
    return packed


if __name__ == "__main__":
    print(ensure_manifest_json())
