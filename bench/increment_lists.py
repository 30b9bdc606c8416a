"""Both outcomes of a strategy's audience in one simulated bank, and the lists that the product draws of it by salt."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import yaml
from numpy.typing import NDArray

from features import warehouse
from orchestration.demo import START
from orchestration.simulator.catalogue import PRODUCT_FAMILY, PRODUCT_IDS
from orchestration.simulator.effects import effect_of
from orchestration.simulator.facts import WEALTH_INDEX, Facts, index_value
from orchestration.simulator.potential import Campaign, Replay
from orchestration.simulator.spec import LOOK_AHEAD_DAYS, BankSpec, to_date
from orchestration.simulator.world import World
from orchestration.strategy import pinned, ranking
from orchestration.strategy.contract import Strategy

STRATEGY = Path(__file__).resolve().parents[1] / "dbt_project/strategies/mature/maturing_deposit_wealth.yml"
LIST_SHARE = 0.2
"""Listed part of each policy arm: large enough for a normal approximation, small enough for two different lists."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Audience:
    """One entry per eligible customer: ranks' keys and whether he buys in the window, with and without contact."""

    customer_id: list[str]
    score: Floats
    wealth: Floats
    contacted: Floats
    untouched: Floats


def strategy_of(path: Path = STRATEGY) -> Strategy:
    return Strategy.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))


def audience(strategy: Strategy, customers: int, seed: int, effects: str) -> Audience:
    """The strategy's customers on the eve of the first night of a new bank, and both outcomes of each."""
    spec = BankSpec(seed, customers, START, history_months=6, dirt=False, effects=effects)
    world, day = World(spec), spec.start_day - 1
    world.catch_up(spec.block_of(day + LOOK_AHEAD_DAYS), spec.block_of(spec.start_day))
    facts = world.facts_known(day)
    cust = np.flatnonzero(_is_eligible(world, facts))
    sold = int(PRODUCT_FAMILY[PRODUCT_IDS.index(strategy.product_id)])
    family = effect_of(strategy.id, spec.effects, sold).family
    everybody = Campaign(strategy.id, cust, day, strategy.channel_id, strategy.product_id)
    contacted, untouched = (Replay(world, played).bought(cust, family, day, strategy.window_days) for played in ([everybody], []))
    return Audience([f"c{number:08d}" for number in cust], index_value(WEALTH_INDEX, facts, world.people)[cust],
                    facts.aum[cust], contacted, untouched)


def _is_eligible(world: World, facts: Facts) -> NDArray[np.bool_]:
    """The audience of the strategy file in the simulator's own facts."""
    people = world.people
    has_means = (facts.maturing > 0) | (facts.aum >= 1000)
    return np.asarray(has_means & ~facts.invests & (facts.tenure >= 365) & (people.age >= 18) & ~people.is_staff)


class Assigner:
    """Makes lists of one audience with the product's own assignment and ranking; the log is empty every time."""

    def __init__(self, people: Audience, strategy: Strategy) -> None:
        arm = len(people.customer_id) * (1 - strategy.global_holdout_share) * strategy.policy_shares.model
        self.people, self.size = people, int(LIST_SHARE * arm)
        self.strategy = strategy.model_copy(update={"capacity_per_wave": self.size})
        self._connection = warehouse.memory()
        self._connection.execute("create schema state")
        columns = ", ".join(f"{name} {kind}" for name, kind in pinned.ASSIGNMENT.items())
        self._connection.execute(f"create table state.assignment ({columns})")
        self._connection.register("given", pa.table({
            "customer_id": people.customer_id, "position": np.arange(len(people.customer_id)), "score": people.score,
            "bau_1": people.wealth}))
        self._connection.execute("create temp table eligible_now as select *, null::varchar as static_reason,"
                                 " null::varchar as dynamic_reason from given")

    def draw(self, salt: str) -> dict[str, NDArray[np.int64]]:
        """Positions in the audience of the members of each of the four cells."""
        salted = self.strategy.model_copy(update={"salt": salt})
        ranking.choose(self._connection, salted, to_date(0), None)
        rows = self._connection.execute(
            "select e.position, m.policy, m.arm from member_now as m inner join eligible_now as e using (customer_id)"
            " order by e.position").fetchnumpy()
        position = np.asarray(rows["position"], dtype=np.int64)
        return {f"{policy}_{cell}": position[(rows["policy"] == policy) & (rows["arm"] == arm)]
                for policy in ("model", "bau") for cell, arm in (("contacted", "contact"), ("held", "hold"))}
