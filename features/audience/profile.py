"""In which tags an audience differs from the bank: index 100 = the bank, with n, small groups hidden."""

from datetime import date
from typing import Any

from features import disclosure
from features.audience import Compiled
from features.disclosure import SMALL_CELL, is_small
from features.selection import Snapshot, snapshot
from features.settings import Settings

LARGEST_CATEGORY_COUNT = 30
"""Text tags with more values (branches, employers) say nothing in a profile."""
Row = dict[str, Any]


def profile(settings: Settings, expression: str, limit: int = 20, as_of: date | None = None,
            known_at: date | None = None, purpose: str = "", build_id: str | None = None) -> dict[str, Any]:
    """`{items, count, size, bank_size, hidden_count, as_of_date, build_id}`, the most different tag values first.

    Items `{tag, value, n, audience_rate, bank_rate, index}` for booleans and categories, `{tag, value: 'mean', n,
    audience_mean, bank_mean, index}` for numbers; n counts the audience's customers behind the figure. Values seen in
    fewer than SMALL_CELL customers, in the audience or outside it, are hidden, and so is the next smallest value where the
    others would give one away; restricted tags need a purpose.
    """
    with snapshot(settings, as_of, known_at, build_id) as found:
        compiled = found.compiled(expression)
        disclosure.demand_purpose(compiled.names, found.sensitivities, purpose)
        kinds = {tag: kind for tag, kind in found.catalogue().items() if tag in found.sensitivities
                 and (purpose.strip() or found.sensitivities[tag] != disclosure.RESTRICTED)}
        size, bank_size = _member_table(found, compiled)
        rows, hidden = _rows(found, kinds, size) if size >= SMALL_CELL else ([], 0)
    rows.sort(key=lambda row: (-abs(row["index"] - 100), row["tag"], str(row["value"])))
    shown = rows[:limit]
    return {"items": shown, "count": len(shown), "size": size, "bank_size": bank_size, "hidden_count": hidden,
            "as_of_date": found.as_of_date, "build_id": found.build_id}


def _member_table(found: Snapshot, compiled: Compiled) -> tuple[int, int]:
    """Temp table `member_now`: every customer that may be shown, marked; the sizes of audience and bank."""
    found.connection.execute(
        f"create or replace temp table member_now as select *, coalesce({compiled.where}, false) as is_member__"
        f" from {found.relation} where {found.permitted()}", compiled.parameters)
    row = found.connection.execute("select count(*) filter (where is_member__), count(*) from member_now").fetchone()
    return (int(row[0]), int(row[1])) if row else (0, 0)


def _rows(found: Snapshot, kinds: dict[str, str], size: int) -> tuple[list[Row], int]:
    means, hidden = _means(found, [tag for tag, kind in kinds.items() if kind == "number"])
    rows = list(means)
    for tag in [tag for tag, kind in kinds.items() if kind in ("text", "boolean")]:
        shares, unseen = _shares(found, tag)
        rows += shares
        hidden += unseen
    return rows, hidden


def _means(found: Snapshot, tags: list[str]) -> tuple[list[Row], int]:
    """One pass over the table for all numbers."""
    if not tags:
        return [], 0
    parts = [f'count("{t}") filter (where is_member__), count("{t}"), avg("{t}") filter (where is_member__), avg("{t}")' for t in tags]
    values = found.connection.execute(f"select {', '.join(parts)} from member_now").fetchone() or ()
    rows, hidden = [], 0
    for place, tag in enumerate(tags):
        n, whole, inside, bank = values[4 * place:4 * place + 4]
        if not n or bank <= 0 or inside < 0:
            continue  # an index of amounts that may be negative says nothing
        if is_small(n) or is_small(whole - n):
            hidden += 1
            continue
        rows.append({"tag": tag, "value": "mean", "n": n, "audience_mean": float(inside), "bank_mean": float(bank),
                     "index": 100 * float(inside) / float(bank)})
    return rows, hidden


def _shares(found: Snapshot, tag: str) -> tuple[list[Row], int]:
    groups = found.connection.execute(
        f'select "{tag}", count(*) filter (where is_member__), count(*) from member_now where "{tag}" is not null'
        f" group by 1 limit {LARGEST_CATEGORY_COUNT + 1}").fetchall()
    if len(groups) > LARGEST_CATEGORY_COUNT:
        return [], 0
    size, total = sum(g[1] for g in groups), sum(g[2] for g in groups)
    unseen = _unseen({value: (inside, whole - inside) for value, inside, whole in groups})
    shown = [g for g in groups if g[1] and g[0] not in unseen]
    hidden = len([g for g in groups if g[1]]) - len(shown)
    rows = [{"tag": tag, "value": value, "n": inside, "audience_rate": inside / size, "bank_rate": whole / total,
             "index": 100 * (inside / size) / (whole / total)} for value, inside, whole in shown]
    return rows, hidden


def _unseen(pairs: dict[Any, tuple[int, int]]) -> set[Any]:
    """Values whose customers inside or outside the audience may not be shown; audience, rest and bank are known totals."""
    counts = {(value, side): pair[side] for value, pair in pairs.items() for side in (0, 1)}
    totals = [[(value, side) for value in pairs] for side in (0, 1)] + [[(value, 0), (value, 1)] for value in pairs]
    return {value for value, _ in disclosure.hidden_cells(counts, totals)}
