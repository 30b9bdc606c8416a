"""The bank without marketing: campaign lifts added up against what the global holdout shows."""

import math
from collections.abc import Mapping
from typing import Any

from models.experiments.inference import Effect, effect


def double_count_gap(
    campaigns: Mapping[str, tuple[Effect, int]], global_effect: Effect, customers: int, alpha: float = 0.05
) -> dict[str, Any]:
    """Sum of campaign lifts minus the effect of all marketing, in units of the metric over all customers.

    `campaigns` maps a strategy to (effect per contact, contacts made); `global_effect` is marketed minus held out per
    customer of `customers` marketed ones. A positive gap is counted twice (overlap, cannibalisation, winner's curse).
    Campaign and holdout samples overlap little, so their errors are added as independent.
    """
    claimed = sum(found["estimate"] * contacts for found, contacts in campaigns.values())
    claimed_variance = sum((found["se"] * contacts) ** 2 for found, contacts in campaigns.values())
    shown = global_effect["estimate"] * customers
    shown_variance = (global_effect["se"] * customers) ** 2
    return {
        "claimed": effect(claimed, claimed_variance, math.inf, alpha),
        "shown": effect(shown, shown_variance, math.inf, alpha),
        "gap": effect(claimed - shown, claimed_variance + shown_variance, math.inf, alpha),
    }
