"""The truth folder: latents, propensities, effects, event times and planted patterns, apart from what a pipeline may read."""

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from orchestration.simulator import columns as c
from orchestration.simulator.cases import BREAK_RATE, Cases
from orchestration.simulator.catalogue import CHANNEL_IDS, FAMILIES, PRODUCT_IDS
from orchestration.simulator.effects import DEMO, effect_of, induce_of, reach_of
from orchestration.simulator.effects_truth import true_effects
from orchestration.simulator.planted import NEVER_CHURNS
from orchestration.simulator.spec import BankSpec
from orchestration.simulator.ties import known_pairs
from orchestration.simulator.traits import PAYERS
from orchestration.simulator.wealth import WEALTH_TYPES
from orchestration.simulator.world import World, world_of

Ints = NDArray[np.int64]
SEGMENTS = ("asleep", "payroll", "investor", "saver", "basic")


def write_truth(spec: BankSpec, out: Path, lists: Path | None = None, frozen: Path | None = None, window_days: int = 30) -> dict[str, int]:
    """Writes the truth into `out`; with `frozen` lists also `effects.json`. Returns rows by file."""
    world = world_of(spec, spec.block_of(spec.start_day))
    world.catch_up(spec.block_of(spec.start_day), spec.block_of(spec.start_day))
    tables = {"customer": _customers(world), "event_time": _event_times(world), "past_campaign": _past(world)}
    tables |= {f"propensity/{name}": rows for name, rows in _propensities(world).items()}
    tables |= {f"planted/{name}": rows for name, rows in _planted(world).items()}
    tables |= {f"effect/{name}": _effects(world, name) for name in DEMO if not name.startswith("past")}
    for name, rows in tables.items():
        path = out / f"{name}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        parquet.write_table(rows, path, compression="zstd")
    settings = {**asdict(spec), "start": spec.start.isoformat(), "demo_effects": {k: asdict(v) for k, v in DEMO.items()}}
    _write_json(out / "settings.json", settings)
    if frozen is not None:
        _write_json(out / "effects.json", true_effects(spec, frozen, lists, window_days))
    return {name: rows.num_rows for name, rows in tables.items()}


def _write_json(path: Path, value: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")


def _customers(world: World) -> pa.Table:
    """Latents and the segment a customer truly belongs to at the start of history."""
    people, n = world.people, world.people.count
    holds = world.habits.holds
    segment = np.select([people.starts_dormant, people.is_payroll, holds[2] | holds[3], holds[1]], [0, 1, 2, 3], 4)
    latents = ("wealth", "digital", "activity", "persuadable", "rate_sensitivity", "reach")
    return pa.table({"customer_id": c.ids("c", np.arange(n), 8), "segment": c.chosen(SEGMENTS, segment), "aum_level_cny": pa.array(people.aum),
                     "resents_contact": c.flags(people.resents), **{name: pa.array(getattr(people, name)) for name in latents}})


def _event_times(world: World) -> pa.Table:
    """Every purchase of the world without marketing that is known so far."""
    book = world.book
    rows = np.flatnonzero(book.start >= world.spec.history_from)
    rows = rows[np.lexsort((book.seq[rows], book.cust[rows]))]
    return pa.table({"customer_id": c.ids("c", book.cust[rows], 8), "family": c.chosen(FAMILIES, book.family[rows]),
                     "product_id": c.chosen(PRODUCT_IDS, book.product[rows]), "purchase_date": c.dates(book.start[rows]),
                     "amount_cny": c.money(book.cents[rows])})


def _past(world: World) -> pa.Table:
    past = world.past
    return pa.table({"strategy_id": c.chosen(past.strategy_ids or [""], past.strategy), "customer_id": c.ids("c", past.cust, 8),
                     "as_of_date": c.dates(past.as_of), "arm": c.chosen(("hold", "contact"), past.policy + 1)})


def _propensities(world: World) -> dict[str, pa.Table]:
    """Index, hidden part and 30-day chance on the first week boundary of each month simulated so far."""
    found = {}
    for family, name in ((2, "wealth"), (3, "fund"), (4, "insurance")):
        parts = []
        for day, logs in world.propensity_log.items():
            who, index, hidden, chance = logs[family]
            parts.append(pa.table({"customer_id": c.ids("c", who, 8), "as_of_date": c.dates(np.full(len(who), day)),
                                   "index": pa.array(index), "hidden": pa.array(hidden), "p0": pa.array(chance)}))
        if parts:
            found[name] = pa.concat_tables(parts)
    return found


def _planted(world: World) -> dict[str, pa.Table]:
    planted, people, traits = world.planted, world.people, world.traits

    def carriers(mask: NDArray[np.bool_], **more: pa.Array) -> pa.Table:
        return pa.table({"customer_id": c.ids("c", np.flatnonzero(mask), 8), **more})

    churns = planted.churn_day < NEVER_CHURNS
    marks = pa.table({"pattern": ["risk_test_fix", "sold_out"], "date": c.dates(np.array([planted.fix_day, planted.sold_out_day]))})
    return {
        "payroll": carriers(people.is_payroll, employer_id=c.ids("emp", people.employer[people.is_payroll], 4)),
        "payroll_decoy_transfer": carriers(planted.transfer_decoy), "payroll_decoy_pension": carriers(people.is_pension),
        "private": carriers(planted.private, is_single_product=c.flags(planted.single_product[planted.private])),
        "single_product_private": carriers(planted.single_product), "tuition": carriers(planted.tuition),
        "payroll_decoy_rent": carriers(planted.rent_decoy), "merchant": carriers(planted.merchant),
        "wealth_type": carriers(planted.wealth_type >= 0, wealth_type=c.chosen(WEALTH_TYPES, planted.wealth_type[planted.wealth_type >= 0])),
        "dormant": carriers(planted.dormant),
        "cross_border": carriers(traits.is_cross_border), "title": carriers(traits.title >= 0),
        "card_payer": _payers(world), "honeymoon": _honeymoons(world), "sleep": _sleeps(world), "last_act": _last_acts(world),
        "household": _households(world), "application_break": _breaks(world),
        "tuition_decoy": carriers(planted.tuition_decoy), "churn": carriers(churns, churn_date=c.dates(planted.churn_day[churns])),
        "marks": marks}


def _payers(world: World) -> pa.Table:
    """How each card holder pays his bills."""
    cust = world.lending.cards.cust
    return pa.table({"customer_id": c.ids("c", cust, 8), "payer": c.chosen(PAYERS, world.traits.payer[cust])})


def _honeymoons(world: World) -> pa.Table:
    """Who opens when, from history's first day on: in the honeymoon to the last date, both included."""
    who = np.flatnonzero(world.people.open_day >= world.spec.history_from)
    opened = world.people.open_day[who]
    return pa.table({"customer_id": c.ids("c", who, 8), "open_date": c.dates(opened), "last_date": c.dates(opened + 90)})


def _sleeps(world: World) -> pa.Table:
    """Every time that somebody fell asleep (a newcomer: the day after he opened) or woke up, so far; asleep: no spending, no login."""
    cust, day = (np.concatenate([entry[part] for entry in world.sleep_log]) for part in (0, 1))
    asleep = np.repeat([entry[2] for entry in world.sleep_log], [len(entry[0]) for entry in world.sleep_log])
    return pa.table({"customer_id": c.ids("c", cust, 8), "date": c.dates(day), "is_asleep": c.flags(asleep)})


def _last_acts(world: World) -> pa.Table:
    """Last day before the first night of a movement of one's own or a login; null: none since history began."""
    day = world.last_act_day.astype(np.int64)
    who = np.flatnonzero(world.people.open_day < world.spec.start_day)
    return pa.table({"customer_id": c.ids("c", who, 8), "last_act_date": c.dates(day[who], day[who] == 0)})


def _households(world: World) -> pa.Table:
    """Groups tied by known, sure ties on the evening before the first night: everybody with the smallest number of his group."""
    pairs, day, n = known_pairs(world.people, world.streams), world.spec.start_day - 1, world.people.count
    sure = (pairs.confidence >= 0.5) & (pairs.since <= day) & (pairs.until > day)
    first, second = pairs.first[sure], pairs.second[sure]
    _, group = connected_components(coo_matrix((np.ones(len(first)), (first, second)), shape=(n, n)), directed=False)
    who = np.unique(np.concatenate([first, second]))
    smallest = np.full(n, n)
    np.minimum.at(smallest, group[who], who)
    return pa.table({"customer_id": c.ids("c", who, 8), "household_id": c.ids("c", smallest[group[who]], 8)})


def _breaks(world: World) -> pa.Table:
    """Applications that stalled on their first day."""
    cases = Cases(world).begun_applications(world.spec.history_from, world.spec.start_day + 90)
    stalled = cases.path < BREAK_RATE
    return pa.table({"application_id": c.ids("ap", cases.number[stalled], 13), "customer_id": c.ids("c", cases.cust[stalled], 8),
                     "started_date": c.dates(cases.day[stalled])})


def _effects(world: World, strategy_id: str) -> pa.Table:
    """What a telephone contact would do to each customer on the evening before the first night."""
    people, who = world.people, np.flatnonzero(world.people.open_day < world.spec.start_day)
    effect = effect_of(strategy_id, world.spec.effects, None)
    channel = np.full(len(who), CHANNEL_IDS.index("rm_phone"))
    g = induce_of(effect, people, world.streams, world.facts_known(world.spec.start_day - 1), who, channel)
    return pa.table({"customer_id": c.ids("c", who, 8), "channel_id": c.constant("rm_phone", len(who)),
                     "reach": pa.array(reach_of(people, who, channel)), "g": pa.array(g),
                     "advance": pa.array(effect.advance * ((people.persuadable[who] > 0) & ~people.resents[who])),
                     "suppress": pa.array(effect.suppress * people.resents[who]), "source_share": c.constant(effect.own_share, len(who), pa.float64())})
