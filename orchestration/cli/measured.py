"""The answer of `kehu measure` for people at a terminal: the verdict, then every form of every effect."""

from collections.abc import Iterator
from typing import Any

from orchestration.cli.answer import table

Answer = dict[str, Any]
BUILT = ("model_increment", "selection_bias", "naive_gap", "policy_value")
"""Of the four cells, beside the effects of contact in each list."""
COLUMNS = ["effect", "estimate", "se", "ci", "p_value"]


def show(document: Answer) -> None:
    """Prints sentence, verdict, what to beware of, and per metric its arms and effects."""
    for line in _head(document):
        print(line)
    primary, has_several = document["primary_metric"], document["design"] == "ab" and len(document["units"]) > 2
    for name in sorted(document["metrics"], key=lambda metric: metric != primary):
        found = document["metrics"][name]
        title = f"{name} (primary metric)" if name == primary and len(document["metrics"]) > 1 else name
        table([{"arm": arm, **_short(values)} for arm, values in found["arms"].items()], ["arm", "n", "mean", "sd"], title)
        table(list(_effects(found)), [*COLUMNS, *(["p_value_holm"] if has_several else [])])


def _head(document: Answer) -> Iterator[str]:
    if document.get("sentence_en"):
        yield f"{document['sentence_en']}\n{document['sentence_zh']}"
    srm = document["srm"]
    p, note = "" if srm["p_value"] is None else f", p = {srm['p_value']:.3g}", f"; {srm['note']}" if srm.get("note") else ""
    yield f"verdict: {document['verdict']}  ({'; '.join(document['reasons'])})   srm: {srm['status']}{p}{note}"
    if document.get("advice_reason_en"):
        yield f"advice: {document['advice']}: {document['advice_reason_en']}\n{document['advice_reason_zh']}"
    if document["missing_outcomes"]:
        yield f"{document['missing_outcomes']} units have no outcome row and count as zero"
    yield from (f"note: {note}" for note in document.get("notes", []))
    yield from (f"warning: {name}: {'; '.join(texts)}" for name, texts in document.get("warnings", {}).items())


def _effects(found: Answer) -> Iterator[Answer]:
    """Differences inside the lists or arms, then what is built of them; below each its other forms."""
    for effect in found["effects"]:
        yield {"effect": effect["contrast"], **_short(effect)}
        yield from _forms(effect)
    for name in BUILT:
        effect = found.get(name)
        if effect:
            yield {"effect": name, **_short(effect)}
            yield from _forms(effect)


def _forms(effect: Answer) -> Iterator[Answer]:
    for form in ("adjusted", "regression", "capped", "complier"):
        told = effect.get(form)
        if told:
            yield {"effect": f"  {_name(form, told)}", **_short(told)}
    sequence = effect.get("sequence") or {}
    for key, name in (("ci", "valid on any day"), ("adjusted_ci", "valid on any day, adjusted")):
        if sequence.get(key):
            yield {"effect": f"  {name}", **_short({"ci": sequence[key]})}


def _name(form: str, told: Answer) -> str:
    if form == "capped":
        return f"capped at {told['cap']:.6g}" if "cap" in told else form
    if form == "complier":
        return "on those reached" if told["reach"] is None else f"on those reached ({told['reach']:.1%})"
    return f"{form} ({told['method']})" if told.get("method") else form


def _short(values: Answer) -> Answer:
    """Six digits: a reader of a terminal wants no more, `--json` has them all."""
    return {key: _digits(value) for key, value in values.items()}


def _digits(value: Any) -> Any:
    if isinstance(value, list):
        return "[" + ", ".join("" if part is None else f"{part:.6g}" for part in value) + "]"
    return float(f"{value:.6g}") if isinstance(value, float) else value
