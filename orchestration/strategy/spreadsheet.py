"""Strategies as one table: out with the seven decisions first, in from the sheet a bank keeps today."""

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from features import files
from features.audience import References
from features.audience.export import ENDINGS, write_frame
from features.audience.references import NOTHING
from features.errors import KehuError
from features.settings import Settings
from features.state import State
from orchestration.delivery import feedback_rows
from orchestration.strategy import check, graph
from orchestration.strategy.contract import Strategy

DECISIONS = ("goal_family", "segment", "scenario_type", "product_id", "channel_id", "script_id", "audience")
"""The seven decisions of a strategy: goal, customers, scenario, product, channel, script, list."""
CHINESE = {"编号": "id", "名称": "name_zh", "英文名称": "name_en", "阶段": "stage", "目标": "goal_family", "客群": "segment",
           "场景": "scenario_type", "产品": "product_id", "渠道": "channel_id", "话术": "script_id", "名单": "audience",
           "指标": "primary_metric", "负责人": "owner", "作者": "author", "模型": "model_id", "产品类别": "product_family",
           "最小效应": "mde", "每波容量": "capacity_per_wave", "优先级": "priority", "结束日期": "end_date"}  # fmt: skip
USUAL = {"version": "1", "direction": "increase", "window_days": "30", "bau_rank": "aum_month_avg_cny desc",
         "wave_interval_days": "7", "planned_waves": "8", "hold_share": "0.2", "global_holdout_share": "0.02",
         "control_policy": "silent", "expires_days": "14", "priority": "100"}  # fmt: skip
"""What a sheet made for people leaves out; the answer of an import says which rows got it."""
Row = dict[str, str]


def export(settings: Settings, state: State, out: Path) -> dict[str, Any]:
    """Writes every strategy that is not stopped, the seven decisions first; an import of the file gives the same ones."""
    import pandas as pd

    if out.suffix.lower() not in ENDINGS:
        raise KehuError(f"{out.name} is none of {', '.join(ENDINGS)}", "name the file by the format you want")
    settings.refuse_own(out, settings.exports)
    rows = [_flat(strategy) for strategy in graph.living(settings, state)]
    first = ["id", "name_zh", *DECISIONS]
    columns = first + sorted({name for row in rows for name in row} - set(first))
    frame = pd.DataFrame([[row.get(name, "") for name in columns] for row in rows], columns=columns)
    with files.atomic(out.absolute()) as temporary:
        write_frame(frame, temporary, out.suffix.lower(), date(2000, 1, 1))  # a fixed date: the same rows, the same bytes
    return {"file": str(out), "count": len(rows), "sha256": files.sha256(out)}


def _flat(strategy: Strategy) -> Row:
    body = strategy.said()
    shares: Any = body.pop("policy_shares")
    ranks: Any = body.pop("bau_rank")
    caps: Any = body.pop("caps")
    return {
        **{name: "; ".join(value) if isinstance(value, list) else str(value) for name, value in body.items()},
        "bau_rank": "; ".join(f"{key['tag']} {key['direction']}" for key in ranks),
        "model_share": str(shares["model"]), "contacts_30d": str(caps["contacts_30d"]),
    }  # fmt: skip


def load(
    settings: Settings, state: State, file: Path, catalogue: Mapping[str, str] | None = None, references: References = NOTHING
) -> dict[str, Any]:
    """Makes one strategy file of every good row; nothing is approved by it.

    `{read, loaded, rejected, files, rejects: [{row, reason}], defaults: [{row, keys}], duplicates: [{key, strategies}],
    gaps: [{stage, goal_family}]}`; duplicates share segment, product and channel with another strategy.
    """
    header, rows = feedback_rows.read(file)
    unknown = [name for name in header if CHINESE.get(name, name) not in _known()]
    if unknown:
        raise KehuError(f"{file.name}: unknown column '{unknown[0]}'", f"columns: {', '.join(sorted(_known()))}")
    taken, rejects, defaults = [], [], []
    ids = {strategy.id for strategy in graph.living(settings, state)}
    for line, cells in rows:
        found = _strategy(settings, cells, catalogue, references, ids)
        if isinstance(found, str):
            rejects.append({"row": line, "reason": found})
            continue
        ids.add(found.id)
        taken.append(found)
        missing = [name for name in USUAL if not _named(cells or {}).get(name)]
        defaults += [{"row": line, "keys": missing}] if missing else []
    written = [_write(settings, strategy) for strategy in taken]
    everyone = graph.living(settings, state)
    return {"read": len(rows), "loaded": len(taken), "rejected": len(rejects), "files": written, "rejects": rejects,
            "defaults": defaults, "duplicates": duplicates(everyone),
            "gaps": [{"stage": c["stage"], "goal_family": c["goal_family"]}
                     for c in graph.coverage(settings, state) if c["is_gap"]]}  # fmt: skip


def _known() -> set[str]:
    nested = {"policy_shares", "caps", "pins"}
    return set(Strategy.model_fields) - nested | {"model_share", "contacts_30d"}


def _named(cells: Mapping[str, str]) -> Row:
    return {CHINESE.get(name, name): value for name, value in cells.items()}


def _strategy(
    settings: Settings, cells: Mapping[str, str] | None, catalogue: Mapping[str, str] | None, references: References, ids: set[str]
) -> Strategy | str:
    """The strategy of a row, or in one line why it is none."""
    if cells is None:
        return "another number of fields than the header"
    try:
        strategy = Strategy.model_validate(_nested(_named(cells)))
    except ValidationError as broken:
        fault = broken.errors()[0]
        place = ".".join(map(str, fault["loc"]))
        return f"{place}: {fault['msg']}".removeprefix(": ").replace("Value error, ", "")
    if strategy.id in ids:
        return f"id: '{strategy.id}' is there already"
    if _path(settings, strategy).exists():
        return f"id: a file of that name is there, which says no valid strategy '{strategy.id}'"
    return next((reason for _, reason in check.faults(settings, strategy, catalogue, references)), strategy)


def _nested(row: Row) -> dict[str, Any]:
    """A row of text in the shape of the contract; empty cells are left out."""
    full: dict[str, Any] = {**USUAL, **{name: text for name, text in row.items() if text}}
    full.setdefault("salt", f"{full.get('id', '')}_salt_1")
    full["exclusions"] = _parts(full.get("exclusions", ""))
    ranks = (part.split() for part in _parts(full["bau_rank"]))
    full["bau_rank"] = [{"tag": words[0], "direction": words[-1] if len(words) > 1 else "desc"} for words in ranks]
    share = full.pop("model_share", None)
    if share is not None:
        full["policy_shares"] = {"model": share, "bau": round(1 - float(share), 4) if _is_number(share) else share}
    contacts = full.pop("contacts_30d", None)
    return full | ({"caps": {"contacts_30d": contacts}} if contacts is not None else {})


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).isdigit()


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(";") if part.strip()]


def _path(settings: Settings, strategy: Strategy) -> Path:
    return settings.strategies / strategy.stage / f"{strategy.id}.yml"


def _write(settings: Settings, strategy: Strategy) -> str:
    path = _path(settings, strategy)
    files.write_text(path, yaml.safe_dump(strategy.body(), allow_unicode=True, sort_keys=False, width=110))
    return path.relative_to(settings.strategies).as_posix()


def duplicates(strategies: Iterable[Strategy]) -> list[dict[str, Any]]:
    """Strategies that offer the same product to the same segment through the same channel."""
    seen: dict[tuple[str, str, str], list[str]] = {}
    for strategy in strategies:
        seen.setdefault((strategy.segment, strategy.product_id, strategy.channel_id), []).append(strategy.id)
    return [{"key": " × ".join(key), "strategies": names} for key, names in sorted(seen.items()) if len(names) > 1]
