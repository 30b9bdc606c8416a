"""The kit every plug-in passes before a person plugs it: each failure says what was checked, why it failed, how to mend it."""

import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
from packaging.requirements import InvalidRequirement, Requirement

from features.frame import FLOAT, Frame
from models import registry
from models.registry import Plugin
from models.runner import PluginFailed, Runner, require_range

ROWS, DATES = 1200, 4
GENERIC_COLUMNS = tuple(f"feature_{i:02d}" for i in range(1, 9))
TOLERANCE = 1e-6
"""Frames hold single-precision numbers: the same row among other rows may round in its last digit, on some processors."""


@dataclass(frozen=True)
class Failure:
    """One finding of the kit."""

    check: str
    reason: str
    fix: str


@dataclass(frozen=True)
class Trained:
    """What the checks of behaviour look at."""

    plugin: Plugin
    runner: Runner
    frame: Frame
    artefact: Path
    artefact_hash: str
    second_hash: str
    scores: np.ndarray


def answer(folder: Path) -> dict[str, Any]:
    """{passed, failures: [{check, reason, fix}]}, the answer of `kehu models check`."""
    failures = check(folder)
    return {"passed": not failures, "failures": [asdict(failure) for failure in failures]}


def check(folder: Path, runner: Runner | None = None) -> list[Failure]:
    """All failures of one plug-in folder. It runs the folder's code, in a child process, on made-up customers.

    `runner` is a worker to share between checks; without it the check has its own, ended afterwards.
    """
    plugin, faults = registry.read(folder)
    if plugin is None:
        return [Failure(_check_of(fault.reason), fault.reason, "mend manifest.yml; _template shows every field")
                for fault in faults]
    worker = runner or Runner()
    try:
        with tempfile.TemporaryDirectory(prefix="kehu-check-") as scratch:
            return [*_files(plugin), *_requirements(plugin), *_behaviour(plugin, worker, Path(scratch))]
    finally:
        if runner is None:
            worker.close()


def _check_of(reason: str) -> str:
    return "output_tag" if reason.startswith("output_tag") else "manifest"


def _files(plugin: Plugin) -> list[Failure]:
    wanted = {"README.md": "readme", f"test_{plugin.model_id}.py": "test_file"}
    return [Failure(check, f"{name} is missing", f"write {name} beside model.py")
            for name, check in wanted.items() if not (plugin.folder / name).is_file()]


def _requirements(plugin: Plugin) -> list[Failure]:
    reasons = [(text, _unmet(text)) for text in plugin.manifest.requirements]
    return [Failure("requirements", f"{text}: {reason}", "a plug-in uses what kehu has installed; change requirements")
            for text, reason in reasons if reason]


def _unmet(text: str) -> str:
    try:
        requirement = Requirement(text)
        version = metadata.version(requirement.name)
    except InvalidRequirement:
        return "is no requirement like name>=1.0"
    except metadata.PackageNotFoundError:
        return "is not installed"
    return "" if requirement.specifier.contains(version, prereleases=True) else f"{version} is installed"


def _behaviour(plugin: Plugin, runner: Runner, scratch: Path) -> list[Failure]:
    frame, target = made_up(plugin)
    try:
        hashes = [runner.train(plugin, frame, target, scratch / f"{i}.skops", False, scratch)["artefact_hash"] for i in (1, 2)]
    except PluginFailed as failure:
        return [Failure(*_named("train", failure.reason))]
    try:
        scores = runner.score(plugin, frame, scratch / "1.skops", hashes[0], scratch)
    except PluginFailed as failure:
        return [Failure(*_named("score", failure.reason))]
    trained = Trained(plugin, runner, frame, scratch / "1.skops", hashes[0], hashes[1], scores)
    checks: list[Callable[[Trained, Path], list[Failure]]] = [_deterministic, _range, _varies, _order, _missing, _one_row]
    return [failure for run in checks for failure in run(trained, scratch)]


def _named(check: str, reason: str) -> tuple[str, str, str]:
    """Sorts the worker's reasons into the checks that the kit promises."""
    known = {"took longer": ("time", "make it faster or raise limits in the manifest"),
             "MemoryError": ("memory", "use less memory or raise limits.memory_mb in the manifest"),
             "not finite": ("finite", "return a number for every row, also where features are missing"),
             "returned shape": ("length", "return one number per row"),
             "allow-list": ("artefact", "fit plain scikit-learn estimators; keep functions and classes out of them"),
             "read-only": ("input", "copy the frame's values before changing them")}
    for text, (name, fix) in known.items():
        if text in reason:
            return name, reason, fix
    return check, reason, f"run {check}() in the plug-in's own test"


def _deterministic(trained: Trained, _: Path) -> list[Failure]:
    if trained.artefact_hash == trained.second_hash:
        return []
    return [Failure("deterministic", "training twice with one seed gave two different artefacts",
                    "give the seed to every random_state and read neither clock nor environment")]


def _range(trained: Trained, _: Path) -> list[Failure]:
    try:
        require_range(trained.plugin, trained.scores)
    except PluginFailed as failure:
        return [Failure("range", failure.reason, "a propensity returns 0..1, a segmentation positions in segments")]
    return []


def _varies(trained: Trained, _: Path) -> list[Failure]:
    if len(np.unique(trained.scores)) > 1:
        return []
    return [Failure("varies", "every customer of the made-up bank got the same score", "use the features")]


def _order(trained: Trained, scratch: Path) -> list[Failure]:
    shuffled = np.random.default_rng(3).permutation(len(trained.frame))[: ROWS // 2]
    found = _rescored(trained, trained.frame.take(shuffled), scratch)
    if isinstance(found, Failure):
        return [found]
    if np.allclose(found, trained.scores[shuffled], rtol=0, atol=TOLERANCE):
        return []
    return [Failure("order_independent", "a customer's score depends on which other rows are scored, or their order",
                    "score each row by itself: move scaling and ranking into train()")]


def _missing(trained: Trained, scratch: Path) -> list[Failure]:
    empty = Frame(trained.frame.columns, np.full((10, len(trained.frame.columns)), np.nan, FLOAT, order="F"),
                  trained.frame.as_of_dates[:10])
    found = _rescored(trained, empty, scratch)
    return [Failure("missing_values", found.reason, "a row may be NaN in every feature: score it all the same")] \
        if isinstance(found, Failure) else []


def _one_row(trained: Trained, scratch: Path) -> list[Failure]:
    found = _rescored(trained, trained.frame.take(np.arange(1)), scratch)
    return [Failure("one_row", found.reason, "score() must work for a single row")] if isinstance(found, Failure) else []


def _rescored(trained: Trained, frame: Frame, scratch: Path) -> np.ndarray | Failure:
    try:
        return trained.runner.score(trained.plugin, frame, trained.artefact, trained.artefact_hash, scratch)
    except PluginFailed as failure:
        return Failure(*_named("score", failure.reason))


def made_up(plugin: Plugin) -> tuple[Frame, np.ndarray | None]:
    """Customers with heavy-tailed features, 5 % missing; a propensity's target follows the first two features."""
    columns = plugin.manifest.wanted_features or list(GENERIC_COLUMNS)
    random = np.random.default_rng(20260101)
    values = np.asfortranarray(random.lognormal(1.0, 1.0, (ROWS, len(columns))), dtype=FLOAT)
    first, second = (np.log(values[:, i % len(columns)]) for i in (0, 1))
    target = (random.random(ROWS) < 1 / (1 + np.exp(2.5 - first - 0.5 * second))).astype(np.int8)
    values[random.random(values.shape) < 0.05] = np.nan
    months = np.datetime64("2025-09", "M") + np.repeat(np.arange(DATES), ROWS // DATES)
    dates = (months + 1).astype("datetime64[D]") - 1
    return Frame(tuple(columns), values, dates), None if plugin.manifest.kind == "segmentation" else target
