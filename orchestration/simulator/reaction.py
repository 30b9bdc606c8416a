"""The market's answer to list lines: who is reached, who buys because of it, who is put off."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orchestration.simulator.buying import buy_cents
from orchestration.simulator.catalogue import PRODUCT_FAMILY
from orchestration.simulator.effects import (
    DELAY_MEDIAN_DAYS,
    DELAY_SPREAD,
    DISPLACEMENT_DAYS,
    FATIGUE,
    FATIGUE_DAYS,
    LONG_DAYS,
    SHORT_DAYS,
    Effect,
    effect_of,
    induce_of,
    reach_of,
)
from orchestration.simulator.lines import Lines
from orchestration.simulator.portfolio import choose_product
from orchestration.simulator.streams import Floats
from orchestration.simulator.timeline import Timeline
from orchestration.simulator.world import World

Ints = NDArray[np.int64]
NOTHING, INDUCED, ADVANCED, SUPPRESSED = range(4)


@dataclass
class Answers:
    """One entry per line. `position` is the base contract that was moved or lost, -1 without one."""

    contact_day: Ints
    contact_second: Ints
    is_reached: NDArray[np.bool_]
    kind: Ints
    buy_day: Ints
    product: Ints
    cents: Ints
    own_share: Floats
    position: Ints

    def kind_buys(self) -> NDArray[np.bool_]:
        """Lines that lead to a purchase of their own."""
        return np.asarray((self.kind == INDUCED) | (self.kind == ADVANCED))


def no_answers(count: int) -> Answers:
    ints = [np.zeros(count, np.int64) for _ in range(6)]
    return Answers(ints[0], ints[1], np.zeros(count, bool), ints[2], ints[3], ints[4], ints[5], np.zeros(count),
                   np.full(count, -1))


class Market:
    """Plays lines in their order; an earlier contact tires, an earlier purchase displaces."""

    def __init__(self, world: World, lines: Lines) -> None:
        self._world, self._lines = world, lines
        self._calibration, self._interactions = world.spec.effects, world.spec.interactions
        self.answers = no_answers(len(lines))
        self.timeline = Timeline(world.book, world.people.count)
        self._key = lines.draw_key()

    def play(self) -> Answers:
        """Answers of all lines; needs a world that is 90 days ahead of the last contact."""
        lines = self._lines
        change = np.flatnonzero((np.diff(lines.as_of) != 0) | (np.diff(lines.strategy) != 0)) + 1
        for batch in np.split(np.arange(len(lines)), change):
            if len(batch):
                self._batch(batch)
        return self.answers

    def _batch(self, batch: Ints) -> None:
        lines, answers, streams = self._lines, self.answers, self._world.streams
        cust, key = lines.cust[batch], self._key[batch]
        sold = int(PRODUCT_FAMILY[lines.product[batch[0]]]) if lines.product[batch[0]] >= 0 else None
        effect = effect_of(lines.strategy_ids[lines.strategy[batch[0]]], self._calibration, sold)
        day = lines.as_of[batch] + 1 + (streams.sparse("contact_day", cust, key) < 0.3)
        answers.contact_day[batch] = day
        answers.contact_second[batch] = 9 * 3600 + (10 * 3600 * streams.sparse("contact_second", cust, key)).astype(np.int64)
        reach = reach_of(self._world.people, cust, lines.channel[batch])
        answers.is_reached[batch] = streams.sparse("contact_reach", cust, key) < reach
        self._effect(batch, effect, day)

    def _effect(self, batch: Ints, effect: Effect, day: Ints) -> None:
        lines, answers, world = self._lines, self.answers, self._world
        cust, key = lines.cust[batch], self._key[batch]
        facts = world.facts_known(int(lines.as_of[batch[0]]))
        g = induce_of(effect, world.people, world.streams, facts, cust, lines.channel[batch]) * self._fatigue(batch, day)
        position, first = self.timeline.next_purchase(effect.family, cust, day)
        wait, u = first - day, world.streams.sparse("contact_effect", cust, key)
        reached = answers.is_reached[batch]
        resents, open_minded = world.people.resents[cust], world.people.persuadable[cust] > 0
        kind = np.select(
            [reached & resents & (wait <= LONG_DAYS) & (u < effect.suppress),
             reached & ~resents & (wait > LONG_DAYS) & (u < g),
             reached & ~resents & open_minded & (wait > SHORT_DAYS) & (wait <= LONG_DAYS) & (u < effect.advance)],
            [SUPPRESSED, INDUCED, ADVANCED], NOTHING)
        delay = DELAY_MEDIAN_DAYS * np.exp(DELAY_SPREAD * world.streams.sparse_normal("contact_delay", cust, key))
        buy_day = day + np.minimum(delay, 60).astype(np.int64)
        if self._interactions:
            taken = self.timeline.has_extra_near(effect.family, cust, buy_day, DISPLACEMENT_DAYS)
            kind = np.where(taken & (kind != SUPPRESSED), NOTHING, kind)
        answers.kind[batch], answers.buy_day[batch] = kind, buy_day
        answers.position[batch] = np.where(kind >= ADVANCED, position, -1)
        self._price(batch, effect)
        self.timeline.record(effect.family, cust, kind, position, buy_day, ADVANCED)

    def _price(self, batch: Ints, effect: Effect) -> None:
        """Product, amount and the part from own deposits, drawn whether or not a purchase comes of it."""
        lines, answers, world = self._lines, self.answers, self._world
        cust, key, book = lines.cust[batch], self._key[batch], world.book
        facts = world.facts_known(int(lines.as_of[batch[0]]))
        cents = buy_cents(world.streams.sparse("contact_amount", cust, key), facts, cust)
        if effect.own_share >= 1:  # nothing may come from elsewhere: no more than the account can spare
            cents = np.clip((0.4 * facts.demand[cust] / 100).astype(np.int64) * 10000, 10000, cents)
        wanted = lines.product[batch]
        fits = (wanted >= 0) & (PRODUCT_FAMILY[wanted] == effect.family)
        other = choose_product(world.streams.sparse("contact_product", cust, key), effect.family, cents)
        moved = answers.kind[batch] == ADVANCED
        at = np.maximum(answers.position[batch], 0)
        answers.product[batch] = np.where(moved, book.product[at], np.where(fits, wanted, other))
        answers.cents[batch] = np.where(moved, book.cents[at], cents)
        noise = world.streams.sparse("source_share", cust, key)
        answers.own_share[batch] = np.clip(effect.own_share + 0.5 * (noise - 0.5) * (effect.own_share < 1), 0, 1)

    def _fatigue(self, batch: Ints, day: Ints) -> Floats:
        """0.75 for each contact of the customer in the two weeks before."""
        if not self._interactions or batch[0] == 0:
            return np.ones(len(batch))
        lines, before = self._lines, slice(0, int(batch[0]))
        recent = self.answers.contact_day[before] > day.min() - FATIGUE_DAYS - 2
        others = lines.cust[before][recent], self.answers.contact_day[before][recent]
        count = np.zeros(len(batch))
        spot = {int(who): i for i, who in enumerate(lines.cust[batch])}
        for who, when in zip(*others, strict=True):
            i = spot.get(int(who), -1)
            if i >= 0 and day[i] - FATIGUE_DAYS <= when < day[i]:
                count[i] += 1
        return np.asarray(FATIGUE ** count)
