"""What a strategy's report rests on: its checks in the order of a list's road, and its money under a verdict."""

from collections.abc import Mapping
from typing import Any

from models.experiments.advice import DECIDED

STAGES = ("assignment", "freeze", "dispatch", "delivery", "outcome", "placebo", "exposure", "agreement", "list_hash",
          "assignment_log", "assignment_rows", "plan")  # fmt: skip
NOT_MADE = {"status": "not_tested", "p_value": None, "sequence_p_value": None}
AMOUNTS = ("increment_income", "cost_difference", "increment_profit", "campaign_profit", "hold_cost", "net_new_money",
           "gross_amount")  # fmt: skip

Words = Mapping[str, str]


def checks(answer: Mapping[str, Any], language: str, text: Words) -> list[dict[str, Any]]:
    """One row per check, made or not; none for an answer on files, whose checks stand above."""
    if not answer.get("checks"):
        return []
    found = {check["stage"]: check for check in answer["checks"]}
    planned, observed = (answer["srm"].get(name) or {} for name in ("planned", "observed"))
    return [{**NOT_MADE, **found.get(stage, {}), "name": text[f"stage_{stage}"],
             "reason": found.get(stage, {}).get(f"reason_{language}"),
             "planned": _cells(planned.get(stage)), "observed": _cells(observed.get(stage))} for stage in STAGES]


def _cells(told: Any) -> str:
    """{"bau": 0.5} as "bau 0.5"."""
    return ", ".join(f"{name} {value:,}" for name, value in (told or {}).items())


def money(answer: Mapping[str, Any], text: Words) -> list[tuple[str, float, float | None, float | None]]:
    """(words, amount, low, high); nothing without a verdict, or where the metric has no amount."""
    told = answer.get("money")
    if not told or answer["verdict"] not in DECIDED or told["increment_profit"] is None:
        return []
    return [(text[name], told[name], told.get(f"{name}_low"), told.get(f"{name}_high")) for name in AMOUNTS
            if told[name] is not None]
