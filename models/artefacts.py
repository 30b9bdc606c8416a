"""Fitted estimators as skops files: a fixed allow-list, a hash, and the same bytes for the same estimator."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

from features import files
from features.errors import KehuError

# The only types beyond skops' own list. Taking the list from the file itself would trust whatever the file asks for.
ALLOWED = (
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.calibration._CalibratedClassifier",
    "sklearn.calibration._SigmoidCalibration",
)
EPOCH = (1980, 1, 1, 0, 0, 0)
SCHEMA = "schema.json"


def save(estimator: Any, path: Path) -> str:
    """Writes the artefact and returns its SHA-256; KehuError when it holds types that may not be loaded again."""
    import skops.io

    raw = skops.io.dumps(estimator)
    refused = sorted(set(skops.io.get_untrusted_types(data=raw)) - set(ALLOWED))
    if refused:
        raise KehuError(f"the estimator holds types that are not on the allow-list: {', '.join(refused)}",
                        "use plain scikit-learn estimators without functions or own classes inside")
    with files.atomic(path) as temporary:
        temporary.write_bytes(canonical(raw))
    return files.sha256(path)


def load(path: Path, sha256: str) -> Any:
    """The estimator, after its bytes have been compared with the registered hash."""
    import skops.io

    if not path.is_file():
        raise KehuError(f"artefact {path.parent.name}/{path.name} is missing", "kehu models train, or kehu restore")
    if files.sha256(path) != sha256:
        raise KehuError(f"artefact {path.parent.name}/{path.name} is not the file that was registered (hash differs)",
                        "kehu models train, or kehu restore")
    return skops.io.load(path, trusted=list(ALLOWED))


def canonical(raw: bytes) -> bytes:
    """The skops archive with memory addresses and times replaced by running numbers, so equal input gives equal bytes."""
    source = zipfile.ZipFile(io.BytesIO(raw))
    names: dict[str, str] = {}
    schema = _renumber(json.loads(source.read(SCHEMA)), {}, names)
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for old, new in names.items():
            archive.writestr(zipfile.ZipInfo(new, EPOCH), source.read(old), zipfile.ZIP_DEFLATED)
        archive.writestr(zipfile.ZipInfo(SCHEMA, EPOCH), json.dumps(schema), zipfile.ZIP_DEFLATED)
    return target.getvalue()


def _renumber(node: Any, ids: dict[int, int], names: dict[str, str]) -> Any:
    if isinstance(node, list):
        return [_renumber(item, ids, names) for item in node]
    if not isinstance(node, dict):
        return node
    result: dict[str, Any] = {}
    for key, value in node.items():
        if key == "__id__":
            result[key] = ids.setdefault(value, len(ids) + 1)
        elif key == "file" and isinstance(value, str):
            result[key] = names.setdefault(value, f"{len(names) + 1}{Path(value).suffix}")
        else:
            result[key] = _renumber(value, ids, names)
    return result
