"""Measures every strategy of a night: validity, the four cells in all their forms, verdict, money, and the board as a whole."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from features import warehouse
from features.state import State
from features.warehouse import Connection
from models.experiments import four_cell
from orchestration.measure import arms, board, integrity, segments, tables, verdict, waves
from orchestration.measure import checks as validity
from orchestration.measure import money as earnings
from orchestration.measure import plan as planning
from orchestration.measure.plan import Registration
from orchestration.measure.tables import CELLS, EFFECTS, MEASUREMENT, put
from orchestration.measure.waves import Cell

Row = dict[str, Any]


def create_tables(connection: Connection) -> None:
    """The tables of schema `measure`, empty where this home never measured."""
    tables.create(connection)


def run(connection: Connection, state: State, nights: list[date]) -> list[Row]:
    """Replaces what was measured on these nights; returns the rows of measure.measurement.

    Costs by what is new: lists whose outcomes are settled keep the sums that earlier nights made.
    """
    create_tables(connection)
    if not nights:
        return []
    tables.forget(connection, min(nights))
    plans = _registrations(connection, state, sorted(nights))
    load_from = connection.execute("select load_from_date from control.build_range").fetchall()[0][0]
    waves.refresh(connection, load_from, _caps(plans))
    rows = []
    for night in sorted(nights):
        rows += _night(connection, state, night, plans)
    return rows


Plans = dict[tuple[str, int], Registration]


def _registrations(connection: Connection, state: State, nights: list[date]) -> Plans:
    """Plans are written down on the night of the first list, before any outcome is read."""
    plans: Plans = {}
    for night in nights:
        for strategy in _strategies(connection, night):
            key = (strategy["strategy_id"], strategy["version"])
            if key not in plans:
                plans[key] = planning.registration(state.settings, connection, strategy, night)
    return plans


def _caps(plans: Plans) -> list[Row]:
    return [{"strategy_id": strategy, "strategy_version": version, "metric_id": metric, "cap": cap}
            for (strategy, version), found in plans.items() for metric, cap in found.caps.items()]


def _strategies(connection: Connection, night: date) -> list[Row]:
    """Versions with a list: the newest of each strategy, and older ones while outcomes still come in."""
    return warehouse.records(connection.execute(
        f"""
        with listed as (
            select strategy_id, strategy_version as version, max(as_of_date) as last_date,
                max_by(model_version, as_of_date) as model_version,
                strategy_version = max(strategy_version) over (partition by strategy_id) as is_newest
            from campaign.list_version where as_of_date <= $night group by strategy_id, strategy_version
        )
        select s.*, l.model_version, l.is_newest, o.product_id
        from state.strategy as s
        inner join listed as l on l.strategy_id = s.strategy_id and l.version = s.version
        left join (select strategy_id, strategy_version, any_value(product_id) as product_id from campaign.list_member
            group by strategy_id, strategy_version) as o on o.strategy_id = s.strategy_id and o.strategy_version = s.version
        where l.is_newest or l.last_date + s.window_days + {waves.LATE_DAYS} >= $night
        order by s.strategy_id, s.version
        """,
        {"night": night},
    ))


def _night(connection: Connection, state: State, night: date, plans: Plans) -> list[Row]:
    margins, currency = earnings.margins(connection), _currency(connection)
    champions = {str(r["model_id"]): str(r["version"])
                 for r in state.rows("select model_id, version from model_alias where alias = 'champion'")}
    rows: list[Row] = []
    for strategy in _strategies(connection, night):
        plan = plans[strategy["strategy_id"], strategy["version"]]
        strategy["model_version"] = champions.get(str(strategy["model_id"]), strategy["model_version"])
        rows += _Measuring(connection, state, strategy, night, plan).all(margins, currency)
    board.compare([row for row in rows if row["is_newest"]])
    tables.insert(connection, "measurement", rows)
    tables.insert(connection, "holdout", [
        board.whole_bank(connection, [row for row in rows if row["is_newest"]], night)] if rows else [])
    return rows


def _currency(connection: Connection) -> str:
    return str(connection.execute("select reporting_currency from control.build_range").fetchall()[0][0])


class _Measuring:
    """One strategy version on one night."""

    def __init__(self, connection: Connection, state: State, strategy: Row, night: date, plan: Registration) -> None:
        self.connection, self.state, self.strategy, self.night, self.plan = connection, state, strategy, night, plan
        self.id, self.version = strategy["strategy_id"], strategy["version"]
        self.counts = {str(row["cell"]): row for row in waves.counts(connection, self.id, self.version, night)}
        self.metrics = waves.collected(connection, self.id, self.version, night)
        self.former = self._former()

    def all(self, margins: Mapping[str, float], currency: str) -> list[Row]:
        """Writes checks, money and segments; returns the rows of measure.measurement, the primary metric judged."""
        rows = {metric: self._row(metric, cells) for metric, cells in self.metrics.items()}
        if not rows:  # nothing matured yet: the primary metric all the same, so that its checks are shown
            rows = {self.strategy["primary_metric"]: self._row(self.strategy["primary_metric"], {})}
        product = self.strategy["product_id"]
        money = earnings.measure(self.strategy, self.night, rows, self.counts, product, margins.get(product), currency)
        primary = rows.get(self.strategy["primary_metric"])
        if primary is not None:
            self._judge(primary, money)
        tables.insert(self.connection, "money", [money])
        found = waves.segments(self.connection, self.id, self.version, self.night)
        tables.insert(self.connection, "segment", segments.by_segment(self.strategy, self.night, found))
        return list(rows.values())

    def _row(self, metric: str, cells: Mapping[str, Cell]) -> Row:
        """The four cells of one metric, raw, adjusted and capped."""
        row: Row = dict.fromkeys(MEASUREMENT)
        answer = four_cell.from_cells({name: cell.of("value") for name, cell in cells.items()})
        row.update(
            strategy_id=self.id, as_of_date=self.night, metric_id=metric, strategy_version=self.version,
            is_primary=metric == self.strategy["primary_metric"], strategy_status=self.strategy["status"],
            model_version=self.strategy["model_version"], planned_mde=self.strategy["planned_mde"],
            is_powered=self.strategy["is_powered"], plan_hash=self.plan.plan_hash,
            registered_date=self.plan.registered_date, cap=self.plan.caps.get(metric), srm_status="not_tested",
            matured_share_rate=self._matured_share(), is_newest=self.strategy["is_newest"],
        )  # fmt: skip
        for name in CELLS:
            found = cells[name].of("value") if name in cells else None
            row[f"n_{name}"] = found.n if found else 0
            row[f"mean_{name}"] = found.average if found and found.n else None
            row[f"var_{name}"] = found.variance if found and found.n > 1 else None
        for name in EFFECTS:
            put(row, name, answer[name])
        verdict.forms(row, cells, metric in self.plan.caps)
        return row

    def _matured_share(self) -> float:
        matured, listed = (sum(int(row[key]) for row in self.counts.values()) for key in ("matured_listed", "listed"))
        return matured / listed if listed else 0.0

    def _judge(self, row: Row, money: Row) -> None:
        arms.carry(row, self.former)
        if verdict.is_final_due(self.plan, self.night, self.former):
            arms.fill(self.connection, row, self.strategy, self.night)
        checks = self._checks(row)
        tables.insert(self.connection, "srm", [validity.row(c, self.strategy, self.night) for c in checks])
        ratios = [c for c in checks if c["kind"] == "ratio" and c.get("sequence_p_value") is not None]
        row["srm_status"] = "failed" if any(c["status"] == "failed" for c in checks if c["kind"] == "ratio") else \
            "passed" if ratios else "not_tested"
        row["srm_p_value"] = min((c["sequence_p_value"] for c in ratios), default=None)
        verdict.decide(row, self.metrics.get(row["metric_id"], {}), self.plan, validity.first_fault(checks),
                               self.former, money)  # fmt: skip

    def _checks(self, row: Row) -> list[validity.Check]:
        smallest = self._smallest_p()
        cells = self.metrics.get(str(row["metric_id"]), {})
        published = self.former["plan_hash"] if self.former else None
        return [
            *validity.ratios(self.connection, self.strategy, self.night, self.counts, smallest),
            *validity.balance(self.strategy, cells, self.counts, smallest),
            *validity.agreement(row["agreement_z"], row["agreement_p"]),
            *integrity.checks(self.connection, self.state, self.strategy, self.night, self.counts, self.plan, published),
        ]  # fmt: skip

    def _former(self) -> Row | None:
        """The primary metric's row of the last measured night: what it carries makes this night independent of history."""
        found = warehouse.records(self.connection.execute(
            "select * from measure.measurement where strategy_id = ? and strategy_version = ? and is_primary"
            " and as_of_date < ? order by as_of_date desc limit 1", [self.id, self.version, self.night]))
        return found[0] if found else None

    def _smallest_p(self) -> dict[str, float]:
        return dict(self.connection.execute(
            "select stage, sequence_p_value from measure.srm where strategy_id = ? and strategy_version = ?"
            " and sequence_p_value is not null and as_of_date ="
            " (select max(as_of_date) from measure.srm where strategy_id = ? and strategy_version = ? and as_of_date < ?)",
            [self.id, self.version, self.id, self.version, self.night],
        ).fetchall())  # fmt: skip
