"""What customers are beside their money: children, titles, villages, contracts; drawn once per customer number."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orchestration.simulator.people import People, county_flags
from orchestration.simulator.streams import Floats, Streams, pick

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]
TITLES = ("director", "executive", "shareholder")
VILLAGE_STAGES = ("listed", "visited", "granted", "drawn")
VILLAGE_COUNT = 24
PAYERS = ("transactor", "revolver", "minimum", "instalment")


@dataclass
class Traits:
    """One entry per customer number; positions in lists are -1 where there is none."""

    has_child: Mask
    title: Ints
    is_legal_rep: Mask
    village: Ints
    village_stage: Ints
    is_mobile: Mask
    has_sms_alert: Mask
    has_push_token: Mask
    push_odds: Floats
    is_cross_border: Mask
    payer: Ints
    benefit_taste: Floats
    has_custody: Mask
    has_pension_account: Mask
    invests_monthly: Mask


def draw_traits(people: People, streams: Streams, trades: Mask) -> Traits:
    """Traits of the whole pool, custody for whoever trades; entry i depends on seed, start and i alone."""
    n = people.count
    u = {name: streams.dense(name, n) for name in ("child", "title", "legal_rep", "village", "village_stage", "mobile", "sms_alert",
                                                   "push", "abroad", "card_payer", "benefit_taste",
                                                   "second_account")}
    working, awake = (people.age >= 30) & (people.age < 65), ~people.starts_dormant
    titled = (people.aum >= 1e6) & working & awake & (u["title"] < 0.15)
    rural = county_flags(people) & (people.age >= 18) & (u["village"] < 0.5)
    stage = pick(u["village_stage"], [0.45, 0.2, 0.2, 0.15])
    abroad = (people.digital > 0.3) & (people.wealth > 0.3) & (people.age >= 18) & awake & (u["abroad"] < 0.15)
    return Traits(
        has_child=(people.age >= 28) & (people.age < 50) & awake & (u["child"] < 0.45),
        title=np.where(titled, (u["title"] / 0.15 * len(TITLES)).astype(np.int64), -1),
        is_legal_rep=(people.occupation == 3) & (people.age >= 22) & (u["legal_rep"] < 0.3),
        village=np.where(rural, (2 * VILLAGE_COUNT * u["village"]).astype(np.int64), -1), village_stage=np.where(rural, stage, -1),
        is_mobile=people.is_app_user | ((people.age >= 18) & (u["mobile"] < 0.2)), has_sms_alert=(people.age >= 18) & (u["sms_alert"] < 0.55),
        has_push_token=people.is_app_user & (u["push"] < 0.85), push_odds=np.where(people.is_app_user, 0.7, 0.0),
        is_cross_border=abroad, payer=pick(u["card_payer"], [0.62, 0.20, 0.08, 0.10]), benefit_taste=u["benefit_taste"] ** 1.5,
        has_custody=trades | (awake & (people.age >= 20) & (people.aum >= 1e4) & (u["second_account"] < 0.15)),
        has_pension_account=people.is_payroll & (u["second_account"] > 0.85), invests_monthly=awake & (u["abroad"] > 0.7))
