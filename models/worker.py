"""Holds scikit-learn ready and runs each JSON request in a fork of itself, so that plug-in code dies alone."""

import importlib
import importlib.util
import json
import os
import resource
import select
import signal
import sys
import traceback
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn, cast

import numpy as np

from features import clock
from features.errors import KehuError
from features.frame import Frame
from models import artefacts
from models.contracts import ModelCode

CHUNK_ROWS = 65_536


def load_code(folder: Path) -> ModelCode:
    """Imports model.py under a private package, so plug-ins share no names and may import their own siblings."""
    package = f"kehu_plugin_{folder.name}"
    for name in [name for name in sys.modules if name == package or name.startswith(f"{package}.")]:
        del sys.modules[name]
    parent = ModuleType(package)
    parent.__path__ = [str(folder)]
    sys.modules[package] = parent
    spec = importlib.util.spec_from_file_location(f"{package}.model", folder / "model.py")
    if spec is None or spec.loader is None:
        raise KehuError(f"{folder}/model.py cannot be imported")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    for function in ("train", "score"):
        if not callable(getattr(module, function, None)):
            raise AttributeError(f"model.py has no function {function}")
    return cast(ModelCode, module)


def train(request: dict[str, Any]) -> dict[str, Any]:
    """Evaluates the recipe (where asked), fits it on everything and saves the artefact."""
    from threadpoolctl import threadpool_limits

    code, frame = load_code(Path(request["plugin"])), Frame.load(Path(request["frame"]))
    target = np.load(request["target"]) if request["target"] else None
    # One thread: parallel float sums depend on the number of cores, and the same input must give the same bytes.
    with threadpool_limits(1):
        metrics = _evaluate(code, frame, target, request)
        estimator = code.train(frame, target, request["seed"])
    return {"metrics": metrics, "artefact_hash": artefacts.save(estimator, Path(request["artefact"]))}


def _evaluate(code: ModelCode, frame: Frame, target: np.ndarray | None, request: dict[str, Any]) -> dict[str, Any]:
    from models.evaluation import propensity, segmentation

    if not request["evaluate"]:
        return {}
    if target is None:
        return segmentation.evaluate(code, frame, request["seed"], request["segments"])
    return propensity.evaluate(code, frame, target, request["seed"], request["horizon_days"])


def score(request: dict[str, Any]) -> dict[str, Any]:
    """Scores a saved frame in chunks (bounded memory) and leaves the result beside it."""
    code, frame = load_code(Path(request["plugin"])), Frame.load(Path(request["frame"]))
    estimator = artefacts.load(Path(request["artefact"]), request["artefact_hash"])
    result = np.empty(len(frame))
    for start in range(0, len(frame), CHUNK_ROWS):
        part = frame.take(slice(start, start + CHUNK_ROWS))
        result[start:start + len(part)] = checked(code.score(estimator, part), len(part))
    np.save(request["result"], result)
    return {"rows": len(result)}


def checked(scores: Any, rows: int) -> np.ndarray:
    """One finite number per row, else ValueError."""
    found = np.asarray(scores, dtype=float)
    if found.shape != (rows,):
        raise ValueError(f"score() returned shape {found.shape} for {rows} rows")
    if not np.isfinite(found).all():
        raise ValueError(f"score() returned {int((~np.isfinite(found)).sum())} scores that are not finite")
    return found


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """The result of one request, or what failed in one line with the trace beside it."""
    try:
        with_limit(request["memory_mb"])
        return {"ok": True, **{"train": train, "score": score}[request["action"]](request)}
    except Exception as failure:  # the boundary to foreign code: the caller gets the reason, nothing is lost
        return {"ok": False, "reason": _reason(failure), "trace": traceback.format_exc()}


def with_limit(memory_mb: int) -> None:
    """Lets this process take `memory_mb` more than it has now (where the system counts it: Linux)."""
    statistics = Path("/proc/self/statm")
    if statistics.exists():
        size = int(statistics.read_text().split()[0]) * resource.getpagesize()
        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        resource.setrlimit(resource.RLIMIT_AS, (size + memory_mb * 2**20, hard))


def _reason(failure: BaseException) -> str:
    text = " ".join(str(failure).split()) or "no message"
    places = [frame for frame in traceback.extract_tb(failure.__traceback__) if Path(frame.filename).name == "model.py"]
    return f"{type(failure).__name__}: {text}" + (f" (model.py line {places[-1].lineno})" if places else "")


def supervise(request: dict[str, Any]) -> dict[str, Any]:
    """The answer of a forked child, or how it ended: too slow, or killed by what it ran."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        _serve(request, writer)
    os.close(writer)
    text, is_late = _collect(reader, request["seconds"])
    if is_late:
        os.kill(child, signal.SIGKILL)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if is_late:
        return {"ok": False, "reason": f"took longer than {request['seconds']:g} s", "trace": ""}
    if status != 0 or not text:
        ending = signal.Signals(-status).name if status < 0 else f"exit code {status}"
        return {"ok": False, "reason": f"ended its process ({ending})", "trace": ""}
    found: dict[str, Any] = json.loads(text)
    return found


def _serve(request: dict[str, Any], writer: int) -> NoReturn:
    """The child: never returns, so that nothing of the parent runs twice."""
    status = 1
    try:
        # What a plug-in prints must not reach the answers.
        os.dup2(2, 1)
        with os.fdopen(writer, "wb") as pipe:
            pipe.write(json.dumps(answer(request)).encode())
        status = 0
    except SystemExit as ending:
        status = ending.code if isinstance(ending.code, int) and ending.code else 1
    finally:
        os._exit(status)


def _collect(reader: int, seconds: float) -> tuple[bytes, bool]:
    """(everything the child wrote, whether time ran out); ends this process when its owner has gone."""
    deadline = clock.monotonic() + seconds
    parts: list[bytes] = []
    while True:
        ready = select.select([reader, 0], [], [], max(0.0, deadline - clock.monotonic()))[0]
        if not ready:
            os.close(reader)
            return b"", True
        if 0 in ready:  # one request at a time is sent: anything here is the end of the owner's pipe
            os.killpg(0, signal.SIGKILL)
        part = os.read(reader, 1 << 16)
        if not part:
            os.close(reader)
            return b"".join(parts), False
        parts.append(part)


def main() -> None:
    """Serves until stdin closes. Importing is all that may happen before a fork: threads do not survive one."""
    for name in ("sklearn.ensemble", "sklearn.cluster", "sklearn.calibration", "sklearn.pipeline",
                 "sklearn.linear_model", "sklearn.preprocessing", "skops.io"):
        importlib.import_module(name)
    while line := sys.stdin.buffer.readline():
        sys.stdout.write(json.dumps(supervise(json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
