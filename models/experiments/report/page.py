"""Fills the report's page from a measurement answer."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from models.experiments.four_cell import CONTRASTS
from models.experiments.report import ground, plots
from models.experiments.report.words import Language, words

Words = Mapping[str, str]

TEMPLATE = Path(__file__).with_name("page.html")
FORMS = ("adjusted", "capped", "complier")
GLYPHS = {"win": "▲", "harm": "▼", "invalid": "✕", "futile": "=", "undecided": "?", "collecting": "◔"}


def html(answer: Mapping[str, Any], language: Language = "zh") -> str:
    """The answer of `kehu measure`, on files or on a strategy, as one standalone page."""
    from jinja2 import Environment

    text, answer = words(language), _complete(answer)
    answer = _named(answer, text) if answer["design"] == "four_cell" else answer
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters["number"] = plots.number
    template = environment.from_string(TEMPLATE.read_text(encoding="utf-8"))
    return template.render(
        answer=answer, t=text, language=language, glyph=GLYPHS[answer["verdict"]],
        reasons=answer["reasons_zh"] if language == "zh" else answer["reasons"],
        checks=ground.checks(answer, language, text), money=ground.money(answer, text),
        metrics=[_metric(name, found, answer, text) for name, found in _primary_first(answer)],
    )


def _complete(answer: Mapping[str, Any]) -> dict[str, Any]:
    """A strategy's answer has no placebo, warnings or plan hash, and its own names for day and sentence."""
    full = {
        "placebo": {"status": "not_tested", "p_value": None}, "warnings": {}, "warnings_zh": {}, "plan_hash": "", "alpha": 0.05, "notes": [],
        "reasons_zh": answer["reasons"], "primary_metric": next(iter(answer["metrics"]), ""), "strategy_id": "",
        "sentence_zh": "", "sentence_en": "", "as_of": str(answer.get("as_of_date", "")), **answer,
    }
    return {**full, "srm": {"note": "", **full["srm"]}, "advice": full["advice"] or "keep"}


def _named(answer: dict[str, Any], text: Words) -> dict[str, Any]:
    """The four cells and the effects of contact by their words; arms of other designs have the names that users gave them."""
    metrics = {}
    for name, found in answer["metrics"].items():
        effects = [{**effect, "contrast": text[f"{effect['treatment'].split('_')[0]}_effect"]} for effect in found["effects"]]
        metrics[name] = {**found, "effects": effects}
    told = {key: {name: [_reworded(line, mark, text) for line in lines] for name, lines in answer[key].items()}
            for key, mark in (("warnings", ":"), ("warnings_zh", "："))}  # fmt: skip
    return {**answer, **told, "metrics": metrics, "units": {text[cell]: n for cell, n in answer["units"].items()}}


def _reworded(line: str, mark: str, text: Words) -> str:
    """A warning that begins with a cell's name."""
    cell, sign, rest = line.partition(mark)
    return f"{text.get(cell, cell)}{sign}{rest}"


def _primary_first(answer: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    return sorted(answer["metrics"].items(), key=lambda item: item[0] != answer["primary_metric"])


def _metric(name: str, found: Mapping[str, Any], answer: Mapping[str, Any], text: Words) -> dict[str, Any]:
    is_four = answer["design"] == "four_cell"
    return {
        "name": name,
        "is_primary": name == answer["primary_metric"],
        "arms": {text[arm] if is_four else arm: cell for arm, cell in found["arms"].items()},
        "rows": _rows(found, text),
        "forest": plots.intervals(_forest(found, text), f"{name}: {text['effects']}"),
        "four": _four(found, text) if is_four else None,
        "sequences": _sequences(name, found, text),
        "is_sequence_waiting": _is_sequence_waiting(found),
        "warnings": answer["warnings_zh" if text["language"] == "zh" else "warnings"].get(name, []),
    }


def _forest(found: Mapping[str, Any], text: Words) -> list[plots.Line]:
    lines = []
    for effect in found["effects"]:
        lines += _forms(effect["contrast"], effect, text)
    if "model_increment" in found:
        lines += _forms(text["model_increment"], found["model_increment"], text)
        if found["policy_value"] is not None:
            lines += _forms(text["policy_value"], found["policy_value"], text)
    return lines


def _forms(label: str, effect: Mapping[str, Any], text: Words) -> list[plots.Line]:
    lines = [_line(f"{label}", effect, "raw")]
    lines += [_line(f"{label} · {text[form]}", effect[form], form) for form in FORMS if effect.get(form)]
    return [line for line in lines if line is not None]


def _line(label: str, effect: Mapping[str, Any], tone: str) -> plots.Line | None:
    if effect["ci"] is None or None in effect["ci"]:
        return None
    return plots.Line(label, effect["estimate"], effect["ci"][0], effect["ci"][1], tone)


def _four(found: Mapping[str, Any], text: Words) -> dict[str, Any]:
    names = [*CONTRASTS, *(["policy_value"] if found["policy_value"] is not None else [])]
    bars = [_line(text[n], found[n], n) for n in ("naive_gap", "selection_bias", "model_increment")]
    known = [bar for bar in bars if bar is not None]
    return {
        "rows": [(text[name], found[name]) for name in names],
        "cells": found["arms"],
        "plot": plots.decomposition(known[0], known[1], known[2], text["identity"]) if len(known) == 3 else "",
        "effects": {name: found[name] for name in CONTRASTS},
    }


def _rows(found: Mapping[str, Any], text: Words) -> list[tuple[str, Mapping[str, Any]]]:
    """Every effect with its other forms below; of the four cells, whose effects have their own table, the forms alone."""
    if "model_increment" in found:
        named = [*((effect["contrast"], effect) for effect in found["effects"]), (text["model_increment"], found["model_increment"])]
        return [row for label, effect in named for row in _other_forms(effect, text, f"{label} · ")]
    return [row for effect in found["effects"] for row in ((effect["contrast"], effect), *_other_forms(effect, text))]


def _other_forms(effect: Mapping[str, Any], text: Words, before: str = "· ") -> list[tuple[str, Mapping[str, Any]]]:
    return [(f"{before}{text[form]}", effect[form]) for form in FORMS if effect.get(form)]


def _sequences(name: str, found: Mapping[str, Any], text: Words) -> list[tuple[str, str]]:
    """(words, picture) of every sequence that has begun: of the adjusted effect where there is one, since it decides."""
    entries = [(effect["contrast"], effect["sequence"]) for effect in found["effects"]]
    if "model_increment" in found:
        entries.append((text["model_increment"], found["model_increment"].get("sequence")))
    drawn = []
    for label, looks in [(label, told["looks"]) for label, told in entries if told and told.get("looks")]:
        form = "adjusted_" if any(look.get("adjusted_ci") for look in looks) else ""
        label = f"{label} · {text['adjusted']}" if form else label
        drawn.append((label, plots.sequence(looks, f"{name}: {label}", form)))
    return [(label, plot) for label, plot in drawn if plot]


def _is_sequence_waiting(found: Mapping[str, Any]) -> bool:
    """Were there looks, and none late enough for a band?"""
    looks = ((found.get("model_increment") or {}).get("sequence") or {}).get("looks") or []
    return bool(looks) and all(look["ci"] is None for look in looks)
