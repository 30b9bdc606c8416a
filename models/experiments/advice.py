"""What to do after a verdict: the effect says whether the model is better, the money whether contacting pays at all."""

from dataclasses import dataclass
from typing import Literal

State = Literal["invalid", "collecting", "harm", "win", "futile", "undecided"]
DECIDED: tuple[State, ...] = ("win", "harm", "futile")
"""States that settle what the model does; before them no figure is a finding."""
Advice = Literal["scale", "keep", "fix", "stop"]
Ground = Literal["fault", "waiting", "harm", "no_gain", "open", "loss", "unproven", "pays", "no_money"]
"""Why an advice is given; the words for it belong to whoever shows them."""
_WITHOUT_MONEY: dict[State, tuple[Advice, Ground]] = {
    "invalid": ("fix", "fault"), "collecting": ("keep", "waiting"), "harm": ("stop", "harm"), "win": ("scale", "no_money"),
    "futile": ("stop", "no_gain"), "undecided": ("keep", "open"),
}  # fmt: skip


@dataclass(frozen=True)
class Profit:
    """An amount of money with its interval."""

    estimate: float
    low: float
    high: float


def advise(state: State, added: Profit | None = None, campaign: Profit | None = None) -> tuple[Advice, Ground]:
    """`added` is the profit of the model's list over the usual list, `campaign` that of contacting over not contacting.

    A win is scaled only where both are proven, by the lower limits of their intervals. Contacting that loses money is
    mended first (cheaper channel, better offer), however good the list: a win by its estimate, since more of the same
    would be the advice otherwise, an undecided strategy only by proof.
    """
    if state == "undecided" and campaign is not None and campaign.high < 0:
        return "fix", "loss"
    if state != "win" or added is None or campaign is None:
        return _WITHOUT_MONEY[state]
    if campaign.estimate < 0:
        return "fix", "loss"
    return ("scale", "pays") if min(added.low, campaign.low) > 0 else ("keep", "unproven")
