"""Reads the segment files and lists every fault with file and line."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from features.audience import parse
from features.errors import KehuError
from features.settings import Settings
from orchestration.segments.contract import PARAMETER, RuleSet
from orchestration.strategy import located_yaml
from orchestration.strategy.located_yaml import BrokenYaml, Located

Failure = dict[str, str | int]


def paths(settings: Settings) -> list[Path]:
    """The segment files of a home."""
    if not settings.segments.is_dir():
        raise KehuError(f"no segment folder {settings.segments}", "name one in kehu.json: settings.segments")
    return sorted(settings.segments.glob("*.yml"))


def check(files: list[Path], catalogue: Mapping[str, str] | None = None) -> dict[str, Any]:
    """`{passed, failures: [{file, line, reason}], sets, disabled}`; without a catalogue tags stay unchecked."""
    sets, failures = read_all(files, catalogue)
    disabled = [f"{found.id}/{rule.id}" for found in sets for rule in found.rules if not rule.is_enabled]
    return {"passed": not failures, "failures": failures, "sets": [found.id for found in sets], "disabled": disabled}


def read_all(files: list[Path], catalogue: Mapping[str, str] | None = None) -> tuple[list[RuleSet], list[Failure]]:
    """The sets without a fault, and the faults of the others."""
    sets, failures = [], []
    for path in files:
        try:
            located = located_yaml.read(path)
            found = RuleSet.model_validate(located.value)
            faults = _semantic(path, located, found, catalogue)
        except BrokenYaml as broken:
            faults = [_failure(path, broken.line, broken.reason)]
        except ValidationError as broken:
            faults = [_of_pydantic(path, located, dict(fault)) for fault in broken.errors()]
        failures += faults
        if not faults:
            sets.append(found)
    return sets, sorted(failures, key=lambda f: (str(f["file"]), int(f["line"]), str(f["reason"])))


def read(path: Path, catalogue: Mapping[str, str] | None = None) -> RuleSet:
    """One file. Raises KehuError at its first fault."""
    if not path.is_file():
        raise KehuError(f"there is no file {path}", "name a segment file")
    sets, failures = read_all([path], catalogue)
    if failures:
        raise KehuError("{file}, line {line}: {reason}".format(**failures[0]), f"kehu segments check {path}")
    return sets[0]


def _failure(path: Path, line: int, reason: str) -> Failure:
    return {"file": path.name, "line": line, "reason": reason}


def _of_pydantic(path: Path, located: Located, fault: dict[str, Any]) -> Failure:
    place = tuple(part for part in fault["loc"] if isinstance(part, (str, int)))
    reason = str(fault["msg"]).removeprefix("Value error, ")
    if not place:
        return _failure(path, located.line((reason.split(":")[0],)), reason)
    return _failure(path, located.line(place), f"{'.'.join(map(str, place))}: {reason[0].lower()}{reason[1:]}")


def _semantic(path: Path, located: Located, found: RuleSet, catalogue: Mapping[str, str] | None) -> list[Failure]:
    """Faults against the file's name, the audience language and the tags; a rule that waits is parsed only."""
    faults = []
    if path.stem != found.id:
        faults.append(_failure(path, located.line(("id",)), f"id: '{found.id}' is not the file's name '{path.stem}'"))
    places: list[tuple[tuple[str | int, ...], str, bool]] = [(("base",), found.base, True)]
    places += [(("rules", n, "rule"), rule.rule, rule.is_enabled) for n, rule in enumerate(found.rules)]
    for place, text, is_enabled in places:
        reason = _wrong(found, text, catalogue if is_enabled else None)
        if reason:
            faults.append(_failure(path, located.line(place), f"{'.'.join(map(str, place))}: {reason}"))
    return faults


def _wrong(found: RuleSet, text: str, catalogue: Mapping[str, str] | None) -> str | None:
    if "" in [name for part in PARAMETER.finditer(text) if part[0].startswith("[") for name in [part[1]]]:
        return "an empty parameter []"
    try:
        if catalogue is None:
            parse(found.filled(text))
        else:
            found.compiled(text, catalogue)
    except KehuError as wrong:
        return wrong.line()
    return None
