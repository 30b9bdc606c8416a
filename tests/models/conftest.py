"""A synthetic bank of feature, tag and target tables with the columns of the architecture, in memory."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
import yaml

from features import settings as homes
from features.settings import Settings
from features.state import State, opened
from features.warehouse import memory
from models import registry
from models.runner import Runner

PROFILE = ("age", "tenure_months", "aum_month_avg_cny", "investment_share_rate", "time_share_rate", "product_count")
BEHAVIOUR = ("txn_count_90d", "txn_amount_90d_cny", "login_days_30d", "browse_wealth_count_30d")
HORIZON = 30


def month_ends(last: date, count: int) -> list[date]:
    """The newest `count` month ends up to a date, oldest first."""
    found, first = [], last.replace(day=1) if (last + timedelta(days=1)).month == last.month else last + timedelta(days=1)
    while len(found) < count:
        found.append(first - timedelta(days=1))
        first = found[-1].replace(day=1)
    return found[::-1]


def build(customers: int = 3000, dates: int = 6, last: date = date(2026, 1, 31), seed: int = 7,
          extra: tuple[date, ...] = ()) -> duckdb.DuckDBPyConnection:
    """Tables for `dates` month ends and `extra` dates; the target follows browsing and money, 2-6 % positive."""
    connection = memory()
    frame = pd.concat([_snapshot(day, customers, seed) for day in sorted({*month_ends(last, dates), *extra})])
    connection.register("everything", frame)
    for schema in ("features", "tags", "targets"):
        connection.execute(f"create schema {schema}")
    keys = "as_of_date::date as as_of_date, customer_id"
    connection.execute(f"create table features.feat_customer__profile as select {keys}, {', '.join(PROFILE)} from everything")
    connection.execute(
        f"create table features.feat_customer__behaviour as select {keys}, {', '.join(BEHAVIOUR)} from everything")
    connection.execute(f"create table tags.customer_tags_all as select {keys}, age < 18 as is_minor, is_profiling_opted_out, "
                       "first_wealth_purchase_date::date as first_wealth_purchase_date from everything")
    connection.execute(f"create table targets.tgt_wealth_first_buy__30d as select {keys}, target::integer as target "
                       f"from everything where first_wealth_purchase_date is null and as_of_date <= '{last}'::date - {HORIZON}")
    connection.unregister("everything")
    return connection


@pytest.fixture
def home(tmp_path: Path) -> Settings:
    """A fresh home."""
    return homes.init(tmp_path / "home")


@pytest.fixture
def state(home: Settings) -> Iterator[State]:
    with opened(home) as found:
        yield found


@pytest.fixture(scope="session")
def bank() -> Callable[..., duckdb.DuckDBPyConnection]:
    """The builder of synthetic banks."""
    return build


def _snapshot(day: date, customers: int, seed: int) -> pd.DataFrame:
    people, month = np.random.default_rng(seed), np.random.default_rng([seed, day.toordinal()])
    money = people.normal(size=customers)
    browsing = month.poisson(np.exp(-0.7 + 0.4 * people.normal(size=customers)))
    probability = 1 / (1 + np.exp(4.6 - 0.8 * browsing - 0.5 * money))
    tenure = people.integers(1, 200, customers).astype(float)
    tenure[people.random(customers) < 0.03] = np.nan
    return pd.DataFrame({
        "as_of_date": pd.Timestamp(day), "customer_id": [f"C{i:07d}" for i in range(customers)],
        "age": people.integers(10, 85, customers), "tenure_months": tenure,
        "aum_month_avg_cny": np.round(np.exp(8 + 2 * money), 2), "investment_share_rate": people.random(customers) ** 3,
        "time_share_rate": people.random(customers), "product_count": people.integers(1, 6, customers),
        "txn_count_90d": month.poisson(18, customers), "txn_amount_90d_cny": np.round(np.exp(month.normal(8, 1, customers)), 2),
        "login_days_30d": month.binomial(30, 0.2, customers), "browse_wealth_count_30d": browsing,
        "is_profiling_opted_out": people.random(customers) < 0.02,
        "first_wealth_purchase_date": np.where(people.random(customers) < 0.1, pd.Timestamp("2024-05-05"), pd.NaT),
        "target": (month.random(customers) < probability).astype(int)})


TEMPLATE = registry.SHIPPED / "_template"


@pytest.fixture(scope="session")
def worker() -> Iterator[Runner]:
    """One worker process for all tests (it imports scikit-learn once)."""
    found = Runner()
    yield found
    found.close()


@pytest.fixture
def plugin_folder(tmp_path: Path) -> Callable[..., Path]:
    """Makes a plug-in of the template: `code` replaces model.py, `changes` are manifest values (None deletes)."""

    def make(model_id: str = "sample", code: str | None = None, root: Path | None = None, **changes: object) -> Path:
        folder = (root or tmp_path / "elsewhere") / model_id
        folder.mkdir(parents=True)
        manifest = yaml.safe_load((TEMPLATE / "manifest.yml").read_text(encoding="utf-8"))
        manifest = {**manifest, "model_id": model_id, **changes}
        manifest = {key: value for key, value in manifest.items() if value is not None}
        (folder / "manifest.yml").write_text(yaml.safe_dump(manifest, allow_unicode=True), encoding="utf-8")
        (folder / "model.py").write_text(code or (TEMPLATE / "model.py").read_text())
        (folder / "README.md").write_text("# Sample\n")
        (folder / f"test_{model_id}.py").write_text('"""Empty."""\n')
        return folder

    return make
