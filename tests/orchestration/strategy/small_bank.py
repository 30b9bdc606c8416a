"""A small hand-made bank in a build database: what the strategy stage reads, with a seed."""

import json
import random
from datetime import date, timedelta

import pyarrow as pa

from features import scores, warehouse
from features.state import State
from orchestration import strategy as strategies
from orchestration.strategy import life
from orchestration.strategy.contract import Strategy

NIGHT = date(2026, 3, 2)
MODEL = "propensity_wealth_first_buy"
TAGS = {
    "age": "integer", "gender": "varchar", "lifecycle_stage": "varchar", "is_minor": "boolean",
    "is_staff": "boolean", "is_aml_frozen": "boolean", "is_do_not_contact": "boolean",
    "has_recent_complaint": "boolean", "is_profiling_opted_out": "boolean", "max_suitable_risk_level": "varchar",
    "has_consent_rm_phone": "boolean", "has_consent_sms": "boolean", "aum_month_avg_cny": "decimal(18,2)",
    "tenure_months": "integer", "maturing_30d_cny": "decimal(18,2)", "is_honeymoon": "boolean", "first_wealth_purchase_date": "date",
    "is_large_inflow": "boolean", "net_inflow_30d_cny": "decimal(18,2)", "contact_count_30d": "integer",
    "aum_cny": "decimal(18,2)", "days_since_txn": "integer",
}  # fmt: skip
TABLES = {
    "tags.customer_tags_all": {"customer_id": "varchar", "as_of_date": "date", **TAGS},
    "customer.customer_as_of": {"customer_id": "varchar", "as_of_date": "date", "is_deceased": "boolean"},
    "customer.fct_contact": {
        "contact_id": "varchar", "list_id": "varchar", "customer_id": "varchar", "contact_date": "date",
        "message_class": "varchar", "row_sign": "tinyint", "known_at": "date"},
    "customer.dim_channel": {
        "channel_id": "varchar", "daily_capacity_count": "integer", "is_consent_needed": "boolean"},
    "customer.dim_product": {"product_id": "varchar", "risk_level": "varchar"},
    "customer.fct_purchase": {
        "contract_no": "varchar", "customer_id": "varchar", "product_family": "varchar", "purchase_date": "date",
        "amount": "decimal(18,2)", "row_sign": "tinyint", "known_at": "date"},
    "state.model_score": {
        "model_id": "varchar", "version": "varchar", "customer_id": "varchar", "as_of_date": "date",
        "score": "double", "decile": "integer", "label": "varchar"},
    "customer.dim_customer_version": {
        "customer_id": "varchar", "changed_date": "date", "known_at": "date", "is_late": "boolean",
        "is_deceased": "boolean"},
    "customer.fct_card": {"customer_id": "varchar", "first_txn_date": "date"},
    "control.snapshot_date": {"as_of_date": "date", "kind": "varchar"},
}  # fmt: skip
USUAL = {
    "age": 40, "gender": "F", "lifecycle_stage": "mature", "is_minor": False, "is_staff": False,
    "is_aml_frozen": False, "is_do_not_contact": False, "has_recent_complaint": False,
    "is_profiling_opted_out": False, "max_suitable_risk_level": "R3", "has_consent_rm_phone": True,
    "has_consent_sms": True, "tenure_months": 24, "maturing_30d_cny": 0, "is_honeymoon": False, "first_wealth_purchase_date": None,
    "is_large_inflow": False, "net_inflow_30d_cny": 0, "is_deceased": False,
    "contact_count_30d": 0,
}  # fmt: skip
SPEC = {
    "id": "first", "version": 1, "name_zh": "甲", "name_en": "First", "stage": "mature", "segment": "mature",
    "scenario_type": "product", "goal_family": "scale", "primary_metric": "purchase_wealth",
    "direction": "increase", "window_days": 30, "mde": 0.05, "owner": "wealth", "author": "an author",
    "audience": "aum_month_avg_cny >= 1000", "product_id": "W180A", "product_family": "wealth",
    "channel_id": "rm_phone", "script_id": "maturing_wealth_call_v1", "model_id": MODEL,
    "bau_rank": [{"tag": "aum_month_avg_cny", "direction": "desc"}], "capacity_per_wave": 20, "planned_waves": 8,
    "hold_share": 0.4, "global_holdout_share": 0.02, "control_policy": "silent", "priority": 1,
    "end_date": "2027-12-31", "expires_days": 14, "salt": "first_salt",
}  # fmt: skip


class Bank:
    """A home with an open build database and state, and short ways to fill them."""

    def __init__(self, home):
        self.settings = home
        self.state = State(home)
        self._opened = warehouse.build(home)
        self.connection = self._opened.__enter__()
        for table, columns in TABLES.items():
            self.connection.execute(f"create schema if not exists {table.split('.')[0]}")
            typed = ", ".join(f"{name} {kind}" for name, kind in columns.items())
            self.connection.execute(f"create table {table} ({typed})")
        self.insert("customer.dim_channel", [{"channel_id": "rm_phone", "daily_capacity_count": 3000,
                                              "is_consent_needed": True}])  # fmt: skip
        self.insert("customer.dim_product", [{"product_id": "W180A", "risk_level": "R2"}])

    def reopen(self):
        """The build database again, after something else had it."""
        self.connection.close()
        self._opened = warehouse.build(self.settings)
        self.connection = self._opened.__enter__()

    def close(self):
        self.state.close()
        self._opened.__exit__(None, None, None)

    def insert(self, table, rows):
        columns = TABLES[table]
        values = {name: pa.array([row.get(name) for row in rows]) for name in columns}
        self.connection.register("rows_given", pa.table(values))
        typed = ", ".join(f"{name}::{kind}" for name, kind in columns.items())
        self.connection.execute(f"insert into {table} select {typed} from rows_given")
        self.connection.unregister("rows_given")

    def customers(self, people, night=NIGHT):
        """`people`: {customer_id: overrides, with aum_month_avg_cny and score}; tags, person and score of a night."""
        rows = [{**USUAL, "customer_id": name, "as_of_date": night, "model_id": MODEL, "version": "v1", **person}
                for name, person in people.items()]  # fmt: skip
        for table in ("tags.customer_tags_all", "customer.customer_as_of"):
            self.insert(table, rows)
        self.insert("customer.dim_customer_version", [
            {**row, "changed_date": night, "known_at": night, "is_late": False} for row in rows])  # fmt: skip
        self.insert("state.model_score", [row for row in rows if row.get("score") is not None])
        self.insert("control.snapshot_date", [{"as_of_date": night, "kind": "decision"}])

    def clear(self):
        """An empty bank again, for the next example of a property."""
        for table in TABLES:
            if table not in ("customer.dim_channel", "customer.dim_product"):
                self.connection.execute(f"delete from {table}")
        with self.state.transaction() as connection:
            for table in ("strategy_event", "list_version", "assignment_file", "build", "night", "export_log", "score_file"):
                connection.execute(f"delete from {table}")
        for path in self.settings.state.rglob("*.parquet"):
            path.unlink()

    def run_strategy(self, **changes):
        """Approves a strategy without a file, as state would hold it."""
        strategy = Strategy.model_validate({**SPEC, **changes})
        life.record(self.state, strategy, "approved", "a reviewer", "")
        return strategy

    def decide(self, *nights):
        strategies.pin(self.settings, self.connection, self.state)
        nights = list(nights or [NIGHT])
        return strategies.decide(self.settings, self.connection, self.state, nights, f"r{max(nights):%Y%m%d}")

    def members(self):
        return self._dicts("select * from state.list_member order by list_id, customer_id")

    def reasons(self):
        return dict(self.connection.execute("select customer_id, block_reason from state.candidate").fetchall())

    def assigned(self):
        return self._dicts("select * from state.assignment order by experiment_id, level, unit_id")

    def publish(self, night=NIGHT):
        """A store in service with the tags of one night and all scores and snapshots, as the publish stage leaves it."""
        build_id = f"b{night:%Y%m%d}-01"
        folder = self.settings.published / build_id
        folder.mkdir(parents=True)
        self.connection.execute(f"attach '{folder / 'store.duckdb'}' as store")
        self.connection.execute("create schema store.tags; create schema store.customer")
        self.connection.execute("create table store.tags.customer_tags as select * from tags.customer_tags_all"
                                " where as_of_date = ?", [night])  # fmt: skip
        self.connection.execute("create table store.customer.dim_customer as select customer_id, is_deceased"
                                " from customer.customer_as_of where as_of_date = ?", [night])  # fmt: skip
        self.connection.execute("create table store.tags.catalogue as select column_name as id, 'internal' as sensitivity"
                                " from duckdb_columns() where table_name = 'customer_tags_all'")  # fmt: skip
        for table in TABLES:
            if table.startswith("customer.") and table != "customer.customer_as_of":
                self.connection.execute(f"create table store.{table} as select * from {table}")
        self.connection.execute("create schema store.segments")
        for (table,) in self.connection.execute("select table_name from duckdb_tables() where database_name = current_database()"
                                                " and schema_name = 'segments'").fetchall():
            self.connection.execute(f"create table store.segments.{table} as select * from segments.{table}")
        self.connection.execute("detach store")
        record = {"as_of_date": night.isoformat(), "history": self.snapshots(night, build_id)}
        (folder / "build.json").write_text(json.dumps(record))
        (self.settings.published / "CURRENT").write_text(build_id)
        self.state.insert("build", {"build_id": build_id, "as_of_date": night, "published_at": "now",
                                    "checksum": "c", "sequence": 1}, replace=True)  # fmt: skip
        self.state.insert("night", {"to_date": night, "from_date": night, "load_from_date": night,
                                    "decision_dates": [], "status": "published", "updated_at": "now"}, replace=True)  # fmt: skip
        return build_id

    def snapshots(self, night, build_id):
        """Tag snapshots that are not kept yet, and all score files; the snapshots by date."""
        history = self.settings.history
        for (day,) in self.connection.execute(
                "select distinct as_of_date from tags.customer_tags_all where as_of_date <= ?", [night]).fetchall():
            folder = history / "tags" / day.isoformat()
            if not folder.is_dir():
                folder.mkdir(parents=True)
                self.connection.execute(f"copy (select * from tags.customer_tags_all where as_of_date = date '{day}'"
                                        f" order by customer_id) to '{folder / build_id}.parquet'")  # fmt: skip
        self.write_scores()
        return {path.parent.name: path.relative_to(history).as_posix() for path in sorted(history.rglob("*.parquet"))}

    def write_scores(self):
        """The scores of the build as the files that the score stage writes."""
        for model_id, version, day in self.connection.execute(
                "select distinct model_id, version, as_of_date from state.model_score").fetchall():
            rows = self.connection.sql(
                "select * from state.model_score where model_id = ? and as_of_date = ? order by customer_id",
                params=[model_id, day]).to_arrow_table()  # fmt: skip
            scores.write(self.settings, self.state, rows, model_id, version, day, day)

    def _dicts(self, sql):
        found = self.connection.execute(sql)
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def people(count, seed=1, **overrides):
    """A crowd of usual customers with random wealth and scores."""
    chance = random.Random(seed)
    return {f"c{n:05d}": {"aum_month_avg_cny": round(chance.lognormvariate(10, 1.5), 2), "score": chance.random(),
                          **overrides} for n in range(count)}  # fmt: skip


def after(days, start=NIGHT):
    return start + timedelta(days=days)
