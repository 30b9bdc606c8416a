"""Runs plug-ins outside this process with limits on time and memory, so that a crash is an answer."""

import atexit
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from features.errors import KehuError
from features.frame import Frame
from features.settings import ROOT
from models.contracts import Limits
from models.registry import Plugin


class PluginFailed(KehuError):
    """A plug-in did not do its work; `trace` is for the log."""

    def __init__(self, model_id: str, reason: str, trace: str = "") -> None:
        super().__init__(f"model {model_id}: {reason}", f"kehu models check {model_id}")
        self.reason, self.trace = reason, trace


class Runner:
    """The client of one worker process, which starts with the first request and forks for each."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def train(self, plugin: Plugin, frame: Frame, target: np.ndarray | None, artefact: Path,
              is_evaluated: bool = True, scratch: Path | None = None) -> dict[str, Any]:
        """{metrics, artefact_hash}; the artefact lies at `artefact`. Raises PluginFailed."""
        manifest = plugin.manifest
        with _exchange(scratch) as folder:
            frame.save(folder)
            if target is not None:
                np.save(folder / "target.npy", target)
            return self._ask(plugin.model_id, manifest.limits, manifest.limits.train_seconds, {
                "action": "train", "plugin": str(plugin.folder.resolve()), "frame": str(folder), "seed": manifest.seed,
                "target": None if target is None else str(folder / "target.npy"), "artefact": str(artefact),
                "evaluate": is_evaluated, "horizon_days": manifest.horizon_days,
                "segments": [segment.id for segment in manifest.segments]})

    def score(self, plugin: Plugin, frame: Frame, artefact: Path, artefact_hash: str,
              scratch: Path | None = None) -> np.ndarray:
        """One finite float64 per row of the frame. Raises PluginFailed."""
        limits = plugin.manifest.limits
        with _exchange(scratch) as folder:
            frame.save(folder)
            self._ask(plugin.model_id, limits, limits.score_seconds, {
                "action": "score", "plugin": str(plugin.folder.resolve()), "frame": str(folder),
                "artefact": str(artefact), "artefact_hash": artefact_hash, "result": str(folder / "result.npy")})
            return np.load(folder / "result.npy")

    def close(self) -> None:
        """Ends the worker; the next request starts another."""
        if self._process is None:
            return
        process, self._process = self._process, None
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe:
                pipe.close()

    def _ask(self, model_id: str, limits: Limits, seconds: float, request: dict[str, Any]) -> dict[str, Any]:
        process = self._started()
        assert process.stdin is not None and process.stdout is not None
        try:
            process.stdin.write(json.dumps({**request, "seconds": seconds, "memory_mb": limits.memory_mb}).encode() + b"\n")
            process.stdin.flush()
        except BrokenPipeError as gone:
            self.close()
            raise PluginFailed(model_id, "the worker process had ended") from gone
        line = process.stdout.readline()
        if not line:
            self.close()
            raise PluginFailed(model_id, "the worker process had ended")
        found: dict[str, Any] = json.loads(line)
        if not found.pop("ok"):
            raise PluginFailed(model_id, found["reason"], found["trace"])
        return found

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self.close()
            self._process = subprocess.Popen(
                [sys.executable, "-m", "models.worker"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL, start_new_session=True)
        return self._process


def require_range(plugin: Plugin, scores: np.ndarray) -> None:
    """Probabilities lie in 0..1, segments are positions in the manifest's list; else PluginFailed."""
    segments = len(plugin.manifest.segments)
    if segments and not (np.isin(scores, np.arange(segments)).all()):
        raise PluginFailed(plugin.model_id, f"score() returned a segment outside 0..{segments - 1}")
    if not segments and len(scores) and not (scores.min() >= 0 and scores.max() <= 1):
        raise PluginFailed(plugin.model_id, f"score() returned {scores.min():g}..{scores.max():g}, not probabilities")


@contextmanager
def _exchange(scratch: Path | None) -> Iterator[Path]:
    """A temporary folder for one request's arrays."""
    folder = Path(tempfile.mkdtemp(prefix="model-", dir=scratch)).resolve()
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


_shared = Runner()
atexit.register(_shared.close)


def shared() -> Runner:
    """The one worker of this process: nights played together import scikit-learn once."""
    return _shared
