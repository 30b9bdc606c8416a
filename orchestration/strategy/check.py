"""Reads the strategy files and lists every fault with file and line."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from features.audience import References, compile_expression, parse
from features.audience.references import NOTHING
from features.errors import KehuError
from features.settings import Settings
from features.state import State
from orchestration.strategy import located_yaml, vocabulary
from orchestration.strategy.contract import Strategy
from orchestration.strategy.located_yaml import BrokenYaml, Located

Failure = dict[str, str | int]
Found = tuple[tuple[str | int, ...], str]


@dataclass(frozen=True)
class StrategyFile:
    """A file that says a valid strategy."""

    path: Path
    located: Located
    strategy: Strategy


def check(
    settings: Settings, catalogue: Mapping[str, str] | None = None, state: State | None = None, references: References = NOTHING
) -> dict[str, Any]:
    """`{passed, failures: [{file, line, reason}], strategies}`; without a catalogue tags and `references` stay unchecked."""
    files, failures = read_all(settings)
    for file in files:
        failures += _semantic(settings, file, catalogue, references)
        if state is not None:
            failures += _frozen(settings, file, state)
    failures += _together(settings, files)
    failures.sort(key=lambda f: (str(f["file"]), int(f["line"]), str(f["reason"])))
    return {"passed": not failures, "failures": failures, "strategies": len(files)}


def read_all(settings: Settings) -> tuple[list[StrategyFile], list[Failure]]:
    """All strategy files that follow the contract, and the faults of the others."""
    if not settings.strategies.is_dir():
        raise KehuError(
            f"no strategy folder {settings.strategies}", "name one in kehu.json: settings.strategies"
        )
    files, failures = [], []
    for path in sorted(settings.strategies.rglob("*.yml")):
        try:
            located = located_yaml.read(path)
            strategy = Strategy.model_validate(located.value)
            if strategy.pins is not None:
                raise BrokenYaml(located.line(("pins",)), "pins: the approval writes them, a file says none")
            files.append(StrategyFile(path, located, strategy))
        except BrokenYaml as broken:
            failures.append(_failure(settings, path, broken.line, broken.reason))
        except ValidationError as broken:
            failures += [_of_pydantic(settings, path, located, dict(fault)) for fault in broken.errors()]
    return files, failures


def read_strategy(settings: Settings, strategy_id: str) -> Strategy:
    """The strategy of that id. Raises KehuError when its file is missing or broken."""
    files, failures = read_all(settings)
    found = [file.strategy for file in files if file.strategy.id == strategy_id]
    if len(found) == 1:
        return found[0]
    broken = [f for f in failures if Path(str(f["file"])).stem == strategy_id]
    if broken:
        raise KehuError("{file}, line {line}: {reason}".format(**broken[0]), "kehu strategies check")
    known = ", ".join(file.strategy.id for file in files) or "none"
    raise KehuError(
        f"no strategy '{strategy_id}' in {settings.strategies}; there are: {known}", "kehu strategies list"
    )


def _of_pydantic(settings: Settings, path: Path, located: Located, fault: dict[str, object]) -> Failure:
    place = tuple(part for part in fault["loc"] if isinstance(part, (str, int)))  # type: ignore[attr-defined]
    reason = str(fault["msg"]).removeprefix("Value error, ")
    if not place and ":" in reason:
        place = (reason.split(":")[0],)
    elif place:
        reason = f"{'.'.join(map(str, place))}: {reason[0].lower()}{reason[1:]}"
    return _failure(settings, path, located.line(place), reason)


def _failure(settings: Settings, path: Path, line: int, reason: str) -> Failure:
    return {"file": path.relative_to(settings.strategies).as_posix(), "line": line, "reason": reason}


def _semantic(
    settings: Settings, file: StrategyFile, catalogue: Mapping[str, str] | None, references: References
) -> list[Failure]:
    """Faults against file name, vocabulary and catalogue."""
    strategy = file.strategy
    found = faults(settings, strategy, catalogue, references)
    if file.path.stem != strategy.id:
        found.append(_at("id", f"'{strategy.id}' is not the file's name '{file.path.stem}'"))
    if file.path.parent.name != strategy.stage:
        found.append(_at("stage", f"'{strategy.stage}' is not the folder's name '{file.path.parent.name}'"))
    return [_failure(settings, file.path, file.located.line(place), reason) for place, reason in found]


def faults(
    settings: Settings, strategy: Strategy, catalogue: Mapping[str, str] | None, references: References = NOTHING
) -> list[Found]:
    """(place, reason) of every word that vocabulary or catalogue does not know; the contract is met already."""
    return _words(settings, strategy) + _script(settings, strategy) + _tags(strategy, catalogue, references)


def _at(key: str, reason: str, number: int | None = None) -> Found:
    return ((key,) if number is None else (key, number)), f"{key}: {reason}"


def _words(settings: Settings, strategy: Strategy) -> list[Found]:
    found = []
    if strategy.channel_id not in vocabulary.read(settings, "channel"):
        found.append(_at("channel_id", f"'{strategy.channel_id}' is not in vocabulary/channel.csv"))
    offer = vocabulary.read(settings, "product_offer").get(strategy.product_id)
    if offer is None:
        found.append(_at("product_id", f"'{strategy.product_id}' is not in vocabulary/product_offer.csv"))
    elif offer["product_family"] != strategy.product_family:
        found.append(_at("product_family", f"'{strategy.product_id}' is {offer['product_family']}"))
    return found


def _script(settings: Settings, strategy: Strategy) -> list[Found]:
    script = vocabulary.read(settings, "script").get(strategy.script_id)
    if script is None:
        return [_at("script_id", f"'{strategy.script_id}' is not in vocabulary/script.csv")]
    if script["compliance_status"] != "approved":
        return [_at("script_id", f"'{strategy.script_id}' is {script['compliance_status']}, not approved")]
    if script["channel_id"] != strategy.channel_id:
        return [_at("script_id", f"'{strategy.script_id}' is written for channel {script['channel_id']}")]
    return []


def _tags(strategy: Strategy, catalogue: Mapping[str, str] | None, references: References) -> list[Found]:
    found: list[Found] = []
    texts: list[tuple[str, int | None, str]] = [("audience", None, strategy.audience)]
    texts += [("exclusions", number, text) for number, text in enumerate(strategy.exclusions)]
    for key, number, text in texts:
        try:
            parse(text) if catalogue is None else compile_expression(text, catalogue, references)
        except KehuError as wrong:
            found.append(_at(key, wrong.line(), number))
    for number, rank in enumerate(strategy.bau_rank):
        if catalogue is not None and rank.tag not in catalogue:
            found.append(_at("bau_rank", f"unknown tag '{rank.tag}'", number))
    return found


def _frozen(settings: Settings, file: StrategyFile, state: State) -> list[Failure]:
    """A version that was approved may not change under the same number."""
    strategy = file.strategy
    approved = state.one(
        "select file_hash from strategy_event where strategy_id = ? and version = ? and action = 'approved'"
        " order by id desc",
        [strategy.id, strategy.version],
    )
    if approved is None or approved["file_hash"] == strategy.content_hash:
        return []
    reason = f"version: {strategy.version} was approved with other words, a change is {strategy.version + 1}"
    return [_failure(settings, file.path, file.located.line(("version",)), reason)]


def _together(settings: Settings, files: list[StrategyFile]) -> list[Failure]:
    """Faults that only show when the files are seen side by side."""
    found = []
    for key in ("id", "salt"):
        values = Counter(getattr(file.strategy, key) for file in files)
        for file in files:
            if values[getattr(file.strategy, key)] > 1:
                reason = f"{key}: '{getattr(file.strategy, key)}' is used by another strategy too"
                found.append(_failure(settings, file.path, file.located.line((key,)), reason))
    shares = {file.strategy.global_holdout_share for file in files}
    if len(shares) > 1:
        for file in files:
            reason = "global_holdout_share: all strategies share one global holdout, their shares differ"
            found.append(_failure(settings, file.path, file.located.line(("global_holdout_share",)), reason))
    return found
