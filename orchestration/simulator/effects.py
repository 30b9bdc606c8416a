"""What a contact does, by strategy: the parameters of every true effect in the simulated bank."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from orchestration.simulator.catalogue import CHANNELS, FUND, WEALTH
from orchestration.simulator.facts import FUND_INDEX, WEALTH_INDEX, Facts, index_value
from orchestration.simulator.people import People
from orchestration.simulator.streams import Floats, Streams

Ints = NDArray[np.int64]
ADVANCE = 0.10
SUPPRESS = 0.5
ZERO_SHARE = 0.47
DELAY_MEDIAN_DAYS = 5.0
DELAY_SPREAD = 0.8
FATIGUE = 0.75
FATIGUE_DAYS = 14
DISPLACEMENT_DAYS = 30
LONG_DAYS = 90
SHORT_DAYS = 30


@dataclass(frozen=True)
class Effect:
    """`floor` is the chance to induce anybody; `rise` is what the observable index (less `aum_slope` a decade) adds, logistic."""

    family: int = WEALTH
    floor: float = 0.0
    rise: float = 0.0
    slope: float = 2.0
    centre: float = 1.0
    persuasion: float = 0.0
    has_zero_share: bool = False
    suppress: float = SUPPRESS
    advance: float = ADVANCE
    own_share: float = 0.6
    aum_slope: float = 0.0


# simulator.md section 4: nobody has published a randomised lift of a Chinese bank; +0.4 pp for a reached customer is ours.
REALISTIC = Effect(persuasion=0.04, has_zero_share=True)
# The demonstration bank. Effects of this size are NOT claimed to occur in a real bank: with the realistic 0.4 pp a bank of
# 50,000 customers cannot prove anything in thirteen weeks, and a demonstration must show all three answers. So:
# one strategy whose effect rises steeply with facts that the model can learn (provable), one whose effect is the same for
# everybody (the model adds nothing, however splendid its list looks), one small one (undecided at this size).
DEMO = {
    "maturing_deposit_wealth": Effect(rise=0.75, slope=2.5, centre=1.4, own_share=0.75, aum_slope=-0.5),
    "honeymoon_second_product": Effect(floor=0.03, own_share=0.3),
    "large_inflow_fund": Effect(family=FUND, floor=0.01, rise=0.04, slope=1.5, centre=1.0, own_share=0.8),
    # 5 % of those reached, 2 pp of those called, every yuan of it from the customer's own deposits
    "planted_switching": Effect(floor=0.05, own_share=1.0),
    # strong on purpose: two campaigns of one family on overlapping lists must displace enough sales to be measured
    "planted_overlap_first": Effect(floor=0.6, suppress=0.0, advance=0.0),
    "planted_overlap_second": Effect(floor=0.6, suppress=0.0, advance=0.0),
    "planted_null": Effect(advance=0.0, suppress=0.0),
    "planted_harmful": Effect(advance=0.0),
    "past_wealth_call": Effect(rise=0.50, slope=2.5, centre=1.4, aum_slope=-0.5),
}
FAMILY_OF_STRATEGY = {"large_inflow_fund": FUND}


def effect_of(strategy_id: str, calibration: str, family: int | None) -> Effect:
    """A strategy's effect; unknown strategies and `realistic` banks get the default one for the family they sell."""
    base = "past_wealth_call" if strategy_id.startswith("past_wealth_call") else strategy_id
    if calibration == "demo" and base in DEMO:
        return DEMO[base]
    sold = FAMILY_OF_STRATEGY.get(base, WEALTH if family is None else family)
    return Effect(family=sold, persuasion=REALISTIC.persuasion, has_zero_share=True)


def reach_of(people: People, cust: Ints, channel: Ints) -> Floats:
    """Chance that a contact reaches its customer."""
    base = np.asarray([row[5] for row in CHANNELS])[channel]
    return np.asarray(1 / (1 + np.exp(-np.log(base / (1 - base)) - 0.5 * people.reach[cust])))


def induce_of(effect: Effect, people: People, streams: Streams, facts: Facts, cust: Ints, channel: Ints) -> Floats:
    """g: chance that a reached customer who would not have bought within 90 days buys."""
    index, is_fund = (FUND_INDEX, True) if effect.family == FUND else (WEALTH_INDEX, False)
    observed = index_value(index, facts, people, is_fund)[cust] - index.aum * np.clip(np.log10(facts.aum[cust] + 1) - 4.5, -2, 2)
    observed = observed + effect.aum_slope * np.clip(np.log10(facts.aum[cust] + 1) - 4.5, -2, 2)
    g = effect.floor + effect.rise / (1 + np.exp(-effect.slope * (observed - effect.centre)))
    g = g + effect.persuasion * ndtr(people.persuadable[cust])
    if effect.has_zero_share:
        g = np.where(streams.dense("zero_effect", people.count)[cust] < ZERO_SHARE, 0.0, g)
    strength = np.asarray([row[6] for row in CHANNELS])[channel]
    return np.asarray(np.where(people.resents[cust], 0.0, np.minimum(g, 0.95) * strength))
