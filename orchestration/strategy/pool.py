"""How many list rows a strategy will have until its final look: who is there, who comes, whom others take."""

import math
from dataclasses import dataclass
from datetime import date

from features.errors import KehuError
from features.settings import Settings
from features.state import State
from features.warehouse import Connection
from orchestration.strategy import eligibility, life, model_tags, nightly, references
from orchestration.strategy.contract import Strategy


@dataclass(frozen=True)
class Pool:
    """`eligible` tonight, `entrant_count` who come until the last wave, `taken_rate` on other strategies' lists."""

    eligible: int
    entrant_count: int
    taken_rate: float
    capacity: int
    waves: int

    def rows(self, strategy: Strategy, share: float) -> int:
        """List rows of a policy with this share of the customers: its capacity, or its arm where that is smaller."""
        marketed = (self.eligible + self.entrant_count) * (1 - strategy.global_holdout_share)
        return min(self.capacity * self.waves, int(marketed * (1 - self.taken_rate) * share))


def find(settings: Settings, connection: Connection, state: State, strategy: Strategy, night: date,
         earlier: date | None) -> Pool:  # fmt: skip
    """The pool as of a snapshot; who comes is judged by who was not there on the earlier one."""
    context = nightly.decision_context(settings, connection, state, strategy, night)
    eligible(settings, connection, state, strategy, night, "pool_now")
    waves = wave_count(strategy, night)
    comers = 0
    if earlier is not None:
        eligible(settings, connection, state, strategy, earlier, "pool_before")
        came = _count(connection, "pool_now anti join pool_before using (customer_id)")
        comers = round(came / (night - earlier).days * (waves - 1) * strategy.wave_interval_days)
    taken = _taken_rate(settings, connection, state, strategy, night)
    room = nightly.offer_of(context).channel_room
    return Pool(_count(connection, "pool_now"), comers, taken, _capacity(strategy, room), waves)


def wave_count(strategy: Strategy, night: date) -> int:
    """Planned waves that fit before the end date; each is counted with its whole window at the final look."""
    fitting = (strategy.end_date - night).days // strategy.wave_interval_days + 1
    return max(min(strategy.planned_waves, fitting), 0)


def eligible(settings: Settings, connection: Connection, state: State, strategy: Strategy, night: date,
             target: str) -> None:  # fmt: skip
    """Temp table `target`: `eligible_now` of a snapshot without those whom policy blocks.

    Before the model's first scores nobody has one; from then on who has none is blocked.
    """
    strategy = references.pinned(settings, strategy)
    named = model_tags.named(settings, connection, state, strategy)
    context = nightly.decision_context(settings, connection, state, strategy, night)
    eligibility.find(connection, strategy, nightly.offer_of(context), night, (), named)
    unscored = not model_tags.has_scores(connection, strategy.model_id, night)
    connection.execute(
        f"create or replace temp table {target} as select * from eligible_now"
        f" where static_reason is null or (static_reason = 'no_score' and {unscored})"
    )


def _capacity(strategy: Strategy, room: int | None) -> int:
    """Rows of one policy in a wave: where the channel is smaller, both policies are cut at the same rank."""
    if room is None:
        return strategy.capacity_per_wave
    return min(strategy.capacity_per_wave, int(room / (2 * (1 - strategy.hold_share))))


def _taken_rate(
    settings: Settings, connection: Connection, state: State, strategy: Strategy, night: date
) -> float:
    """Share of the pool that is on another strategy's list or reserved by it at any one time."""
    taken = 0.0
    for other in _others(settings, state, strategy):
        try:
            eligible(settings, connection, state, other, night, "pool_other")
        except KehuError:
            continue  # a strategy that cannot decide lists nobody, and its own plan and night say why
        both, theirs = _count(connection, "pool_now semi join pool_other using (customer_id)"), _count(connection, "pool_other")
        lists = math.ceil(other.window_days / other.wave_interval_days)
        taken += both * min(1.0, 2 * other.capacity_per_wave * lists / theirs) if theirs else 0.0
    whole = _count(connection, "pool_now")
    return min(taken / whole, 1.0) if whole else 0.0


def _others(settings: Settings, state: State, strategy: Strategy) -> list[Strategy]:
    """Strategies that reserve customers: running, approved, or drafted with nothing approved before."""
    found = [s.strategy for s in life.standings(settings, state) if s.status != "stopped"]
    return [other for other in found if other.id != strategy.id and other.control_policy == "silent"]


def _count(connection: Connection, relation: str) -> int:
    return int(connection.execute(f"select count(*) from {relation}").fetchall()[0][0])
