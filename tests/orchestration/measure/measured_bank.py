"""A hand-made bank just before the measure stage: lists, contacts and outcomes of one strategy, with a seed."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pyarrow as pa

from features import files, warehouse
from features.state import State
from orchestration.measure import strategies
from orchestration.strategy import freeze, pinned

FIRST = date(2026, 1, 5)
WINDOW, HELD, WAVES = 30, 0.4, 8
SALE = {"strategy_id": "sale", "version": 1, "name_zh": "甲", "name_en": "Sale", "primary_metric": "purchase_wealth",
        "window_days": WINDOW, "mde": 0.03, "direction": "increase", "status": "running", "hold_share": HELD,
        "control_policy": "silent", "product_family": "wealth", "planned_mde": 0.04, "is_powered": True,
        "model_id": "propensity", "horizon_date": FIRST + timedelta(days=7 * (WAVES - 1) + WINDOW)}  # fmt: skip
TABLES = {
    "campaign.list_version": "list_id varchar, strategy_id varchar, strategy_version integer, as_of_date date,"
    " model_version varchar, expires_date date, content_hash varchar",
    "campaign.list_member": "list_id varchar, strategy_id varchar, strategy_version integer, as_of_date date,"
    " customer_id varchar, policy varchar, arm varchar, cell varchar, product_id varchar",
    "campaign.assignment": "experiment_id varchar, strategy_id varchar, customer_id varchar, policy varchar,"
    " policy_probability double, contact integer, cell varchar, list_id varchar, assigned_date date,"
    " is_global_holdout boolean",
    "campaign.execution": "list_id varchar, customer_id varchar, is_dispatched boolean, is_delivered boolean,"
    " cost_amount decimal(18,2)",
    "campaign.outcome_panel": "strategy_id varchar, customer_id varchar, metric_id varchar, list_id varchar, cell varchar,"
    " listed_date date, matured_date date, value double, covariate double, segment varchar",
    "customer.fct_contact": "contact_id varchar, customer_id varchar, strategy_id varchar, contact_date date,"
    " message_class varchar, row_sign tinyint",
    "customer.fct_purchase": "contract_no varchar, customer_id varchar, product_family varchar, purchase_date date,"
    " amount decimal(18,2), row_sign tinyint, known_at date",
    "customer.fct_balance_change": "customer_id varchar, product_family varchar, balance_date date,"
    " delta_amount decimal(18,2), known_at date",
    "customer.fct_transaction_measure": "customer_id varchar, txn_date date, initiated_count integer,"
    " external_credit_amount decimal(18,2), external_debit_amount decimal(18,2), known_at date",
    "customer.dim_product": "product_id varchar, margin_bp double, term_day_count integer",
    "customer.dim_card_version": "customer_id varchar, first_txn_date date, known_at date",
    "vocabulary.product_family": "product_family varchar, is_aum boolean",
}  # fmt: skip
CELLS = ("model_contacted", "model_held", "bau_contacted", "bau_held")


class Bank:
    """A home whose build database stands where the measure stage begins."""

    def __init__(self, settings, seed=1, people=500, rates=(0.16, 0.08, 0.09, 0.07), strategy=SALE, waves=WAVES):
        self.settings, self.state = settings, State(settings)
        self._opened = warehouse.build(settings)
        self.connection = self._opened.__enter__()
        self.last = None
        self.strategy, self.rng, self.people, self.rates = strategy, np.random.default_rng(seed), people, rates
        self._schema()
        for wave in range(waves):
            self._wave(wave)
        self.connection.execute("insert into customer.dim_product values ('W1', 100, 180)")
        self.connection.execute("insert into vocabulary.product_family values ('wealth', true), ('demand', true)")

    def close(self):
        self.state.close()
        self._opened.__exit__(None, None, None)

    def night(self, day, load_from=None):
        """Measures one night, with the rows known since the one before; the rows of the primary metric."""
        load_from = load_from or (self.last + timedelta(days=1) if self.last and self.last < day else day)
        self.last = day
        self.connection.execute("update control.build_range set load_from_date = ?, from_date = ?, to_date = ?",
                                [load_from, day, day])
        rows = strategies.run(self.connection, self.state, [day])
        return [row for row in rows if row["is_primary"]]

    def checks(self, day):
        rows = self.connection.execute("select stage, status from measure.srm where as_of_date = ?", [day]).fetchall()
        return dict(rows)

    def insert(self, table, frame):
        names = [column.split()[0] for column in TABLES[table].split(", ")]
        self.connection.register("frame_given", frame)
        self.connection.execute(f"insert into {table} ({', '.join(names)}) select {', '.join(names)} from frame_given")
        self.connection.unregister("frame_given")

    def _schema(self):
        for schema in ("control", "state", "campaign", "customer", "vocabulary"):
            self.connection.execute(f"create schema if not exists {schema}")
        for table, columns in TABLES.items():
            self.connection.execute(f"create table {table} ({columns})")
        self.connection.execute("create table control.build_range as select date '2026-01-01' as load_from_date,"
                                " date '2026-01-01' as from_date, date '2026-01-01' as to_date, 'CNY' as reporting_currency")
        for table, columns in (("assignment", pinned.ASSIGNMENT), ("strategy", pinned.STRATEGY)):
            pinned.create(self.connection, table, columns)
        self._strategy(self.strategy)

    def _strategy(self, row):
        names = list(pinned.STRATEGY)
        self.connection.execute(f"insert into state.strategy values ({', '.join('?' * len(names))})",
                                [row.get(name) for name in names])

    def _wave(self, number):
        """One list: policy arms of equal size, held by lot, everybody with an outcome."""
        day, n, rng = FIRST + timedelta(days=7 * number), self.people, self.rng
        strategy, version = self.strategy["strategy_id"], self.strategy["version"]
        name = f"{strategy}-v{version}-{day:%Y%m%d}"
        frame = pd.DataFrame({"customer_id": [f"c{number:02d}{i:05d}" for i in range(n)],
                              "policy": np.where(rng.random(n) < 0.5, "model", "bau"),
                              "arm": np.where(rng.random(n) < HELD, "hold", "contact")})
        frame["cell"] = frame.policy + "_" + np.where(frame.arm == "hold", "held", "contacted")
        is_contacted = (frame.arm == "contact").to_numpy()
        frame = frame.assign(
            list_id=name, strategy_id=strategy, strategy_version=version, as_of_date=day, product_id="W1",
            experiment_id=f"{strategy}.v{version}", policy_probability=0.5, contact=is_contacted.astype(int),
            list_as_of=day, assigned_date=day, is_global_holdout=False, model_version="v1", content_hash="h",
            expires_date=day + timedelta(days=14), listed_date=day, matured_date=day + timedelta(days=WINDOW),
            is_dispatched=is_contacted & (rng.random(n) < 0.95), cost_amount=np.where(is_contacted, 10.0, 0.0),
            covariate=rng.lognormal(10, 1, n), segment=np.where(rng.random(n) < 0.5, "t1", "t2"))
        frame["is_delivered"] = frame.is_dispatched & (rng.random(n) < 0.97)
        self.insert("campaign.list_version", frame.head(1))
        for table in ("campaign.list_member", "campaign.assignment", "campaign.execution"):
            self.insert(table, frame)
        self._outcomes(frame)
        self._files(frame, name, day)

    def _outcomes(self, frame):
        rate = frame.cell.map(dict(zip(CELLS, self.rates, strict=True)))
        bought = (self.rng.random(len(frame)) < rate).astype(float)
        amount = bought * self.rng.lognormal(9, 1.5, len(frame))
        change = 0.8 * frame.covariate - 20_000 + self.rng.normal(0, 9_000, len(frame)) + 3_000 * bought
        for metric, value in (("purchase_wealth", bought), ("purchase_amount_wealth", amount), ("aum_change", change),
                              ("net_new_money", change)):  # fmt: skip
            self.insert("campaign.outcome_panel", frame.assign(metric_id=metric, value=value))

    def _files(self, frame, name, day):
        """The list and its log as frozen files with their digests in state."""
        listed = pa.Table.from_pandas(frame[["list_id", "customer_id", "arm", "cell"]], preserve_index=False)
        path = self.settings.state / "lists" / f"{name}.parquet"
        log = self.settings.state / "assignments" / f"{day}_{frame.experiment_id[0]}.parquet"
        freeze.write(listed, path, {})
        freeze.write(listed, log, {})
        self.state.insert("list_version", {
            "list_id": name, "strategy_id": frame.strategy_id[0], "strategy_version": int(frame.strategy_version[0]),
            "as_of_date": day, "row_count": len(frame), "contact_count": 0, "hold_count": 0, "rule_hash": "r",
            "content_hash": freeze.content_hash(listed), "status": "frozen", "expires_date": day, "recorded_at": "now",
            "path": path.relative_to(self.settings.home).as_posix()})  # fmt: skip
        self.state.insert("assignment_file", {
            "path": log.relative_to(self.settings.home).as_posix(), "experiment_id": frame.experiment_id[0],
            "as_of_date": day, "row_count": len(frame), "sha256": files.sha256(log), "recorded_at": "now"})


def nights(last, first=FIRST, every=7):
    """Weekly business dates up to `last`."""
    found = [first]
    while found[-1] + timedelta(days=every) <= last:
        found.append(found[-1] + timedelta(days=every))
    return found


HORIZON = SALE["horizon_date"]
