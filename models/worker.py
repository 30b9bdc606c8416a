"""The process in which plug-in code runs: reads one JSON request a line, answers one JSON line (started by runner)."""

import importlib.util
import json
import os
import resource
import sys
import traceback
from pathlib import Path
from types import ModuleType
from typing import Any, cast

import numpy as np

from features.errors import KehuError
from features.frame import Frame
from models import artefacts
from models.contracts import ModelCode

CHUNK_ROWS = 131_072


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
        part = frame.take(np.arange(start, min(start + CHUNK_ROWS, len(frame))))
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


def main() -> None:
    """Serves until stdin closes; what plug-ins print goes to stderr, never into the answers."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    for line in sys.stdin:
        answers.write(json.dumps(answer(json.loads(line))) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
