"""All strategies of a night side by side: false discoveries, the winner's curse, and the global holdout as the judge."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from features.warehouse import Connection
from models.experiments import holdout, multiplicity, segments
from models.experiments.inference import contrast, effect
from models.experiments.moments import CellMoments
from orchestration.measure.plan import is_money
from orchestration.measure.tables import HOLDOUT, HOLDOUT_PARTS
from orchestration.measure.waves import NUMBERS

Q = 0.10
"""Share of false finds that the board accepts among its discoveries."""
HOLDOUT_DAYS = 90
"""Lists and purchases of the last so many days are set against each other."""
FEWEST_HELD = 50
DECIDED = ("win", "harm", "futile", "undecided")
FAMILY = "(select distinct product_family from state.strategy where status <> 'draft' and primary_metric = 'purchase_' || product_family)"


def compare(rows: Sequence[dict[str, Any]]) -> None:
    """Fills p_adjusted and is_discovery (Benjamini-Hochberg), the Holm pair of contact effects, the shrunken increment."""
    primary = [row for row in rows if row["is_primary"]]
    for row in primary:
        _holm(row)
    decided = [(row, p) for row in primary if row["verdict"] in DECIDED and (p := _p(row)) is not None]
    if decided:
        adjusted = multiplicity.benjamini_hochberg([p for _, p in decided])
        for (row, _), p in zip(decided, adjusted, strict=True):
            row["p_adjusted"], row["is_discovery"] = float(p), bool(p <= Q)
    for kind in (False, True):
        _shrink([row for row in primary if is_money(row["metric_id"]) == kind and row["model_increment_se"]])


def _p(row: dict[str, Any]) -> float | None:
    """Of the final look where it is over, else the one that is valid on any night: a peek at the other is no test."""
    p: float | None = row["final_p"] if row["final_p"] is not None else row["sequence_p"]
    return p


def _holm(row: dict[str, Any]) -> None:
    names = [name for name in ("model_effect", "bau_effect") if row[f"{name}_p"] is not None]
    for name, p in zip(names, multiplicity.holm([row[f"{name}_p"] for name in names]), strict=True):
        row[f"{name}_p_holm"] = float(p)


def _shrink(rows: list[dict[str, Any]]) -> None:
    """Pulled towards the strategies' common mean; alone, an estimate stays what it is."""
    if len(rows) < 2:
        return
    pulled = multiplicity.shrink([row["model_increment"] for row in rows], [row["model_increment_se"] for row in rows])
    for row, value in zip(rows, pulled, strict=True):
        row["model_increment_shrunken"] = float(value)


def whole_bank(connection: Connection, rows: Sequence[dict[str, Any]], night: date) -> dict[str, Any]:
    """One row of measure.holdout: lifts that the strategies claim against what the global holdout shows, in purchases."""
    row: dict[str, Any] = dict.fromkeys(HOLDOUT)
    row |= {"as_of_date": night, "window_days": HOLDOUT_DAYS, "status": "not_tested"}
    _curse(row, [r for r in rows if r["is_primary"] and not is_money(r["metric_id"]) and r["verdict"] != "invalid"])
    cells = _bank_cells(connection, night)
    marketed, held = (cells.get(arm, CellMoments.empty()) for arm in ("marketed", "holdout"))
    row |= {"marketed_count": marketed.n, "held_count": held.n, "marketed_mean": marketed.average if marketed.n else None,
            "held_mean": held.average if held.n else None}
    claims = _claims(connection, night)
    if held.n < FEWEST_HELD or not claims:
        return row
    shown = contrast([1, -1], [marketed, held])
    if not shown["se"]:
        return row
    return row | _gap(holdout.double_count_gap(claims, shown, marketed.n))


def _gap(found: dict[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {"status": "measured", "gap_p": found["gap"]["p_value"]}
    for name in HOLDOUT_PARTS:
        low, high = found[name]["ci"] or (None, None)
        told |= {name: found[name]["estimate"], f"{name}_low": low, f"{name}_high": high}
    return told


def _curse(row: dict[str, Any], rows: list[dict[str, Any]]) -> None:
    """Among many strategies the best look better than they are; how much the significant ones are likely to lose."""
    row["strategy_count"] = len(rows)
    row["discovery_count"] = sum(bool(r["is_discovery"]) for r in rows)
    known = [r for r in rows if r["model_increment_se"]]
    if len(known) < 2:
        return
    effects = [effect(r["model_increment"], r["model_increment_se"] ** 2) for r in known]
    found = segments.winners_curse(effects)
    row["curse_claimed"], row["curse_shrunken"] = found["claimed"], found["shrunken"]


def _bank_cells(connection: Connection, night: date) -> dict[str, CellMoments]:
    """Purchases (families bought) per customer who may or may not be marketed to, over the last `HOLDOUT_DAYS`."""
    found = connection.execute(
        f"""
        with drawn as (
            select unit_id as customer_id, arg_min(arm, assigned_date) as arm, min(assigned_date) as since
            from state.assignment where level = 0 and assigned_date <= $night group by unit_id
        ),
        bought as (
            select customer_id, product_family, contract_no, purchase_date
            from customer.fct_purchase
            where product_family in {FAMILY} and purchase_date > $night::date - {HOLDOUT_DAYS} and purchase_date <= $night
                and known_at <= $night
            group by customer_id, product_family, contract_no, purchase_date having sum(row_sign) > 0
        ),
        counted as (
            select d.customer_id, d.arm, count(distinct b.product_family) as value
            from drawn as d left join bought as b on b.customer_id = d.customer_id and b.purchase_date > d.since
            group by d.customer_id, d.arm
        )
        select arm, count(*), sum(value), sum(value * value) from counted group by arm order by arm
        """,
        {"night": night},
    ).fetchall()
    return {arm: CellMoments.from_sums(n, [float(total)], [[float(square)]]) for arm, n, total, square in found}


def _claims(connection: Connection, night: date) -> dict[str, tuple[dict[str, Any], int]]:
    """Per strategy and list policy: lift per contact and contacts made, over the lists of the window that matured."""
    at = NUMBERS.index("value")
    rows = connection.execute(
        f"""
        select m.strategy_id, m.cell, sum(m.n), fsum(m.s{at} order by m.list_id), fsum(m.q{at}{at} order by m.list_id)
        from measure.moment as m
        inner join state.strategy as s on s.strategy_id = m.strategy_id and s.version = m.strategy_version
            and s.primary_metric = m.metric_id
        where m.segment is null and m.metric_id = 'purchase_' || s.product_family and m.matured_date <= $night
            and m.listed_date > $night::date - {HOLDOUT_DAYS}
        group by m.strategy_id, m.cell order by m.strategy_id, m.cell
        """,
        {"night": night},
    ).fetchall()
    cells = {(strategy, cell): CellMoments.from_sums(int(n), [s], [[q]]) for strategy, cell, n, s, q in rows}
    claims = {}
    for strategy in sorted({strategy for strategy, _ in cells}):
        for policy in ("model", "bau"):
            pair = [cells.get((strategy, f"{policy}_{arm}"), CellMoments.empty()) for arm in ("contacted", "held")]
            found = contrast([1, -1], pair)
            if found["se"]:
                claims[f"{strategy}/{policy}"] = (found, pair[0].n)
    return claims
