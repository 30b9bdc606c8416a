"""A kept snapshot has the columns of the published tags, a champion's included, and is shared while nothing changes."""

from datetime import date
from pathlib import Path

import duckdb

from features import settings as kehu_settings
from orchestration.publish import history

DAYS = [date(2026, 3, 31), date(2026, 4, 1)]
CHAMPIONS = [{"model_id": "m1", "version": "1", "tag_id": "value_segment", "value_type": "text"}]


def test_snapshots_hold_the_champions_columns_and_are_shared(tmp_path: Path) -> None:
    home = kehu_settings.init(tmp_path / "home")
    with duckdb.connect(str(home.build_db)) as connection:
        connection.execute("create schema tags")
        connection.execute("create schema state")
        connection.execute("create table tags.customer_tags_all as select 'c' || i as customer_id, i as age, d::date as as_of_date"
                           " from range(3) t(i), (values ('2026-03-31'), ('2026-04-01')) v(d)")
        connection.execute("create table state.model_score as select 'm1' as model_id, 'c1' as customer_id, date '2026-04-01' as"
                           " as_of_date, 0.5 as score, 'high' as label")
    first = history.write(home, DAYS, "b20260401-01", {}, CHAMPIONS)
    with duckdb.connect() as connection:
        kept = connection.execute(f"select * from '{home.history / first['2026-04-01']}' order by customer_id").fetchall()
    assert kept == [("c0", 0, DAYS[1], None), ("c1", 1, DAYS[1], "high"), ("c2", 2, DAYS[1], None)]
    assert history.write(home, DAYS, "b20260401-02", first, CHAMPIONS) == first
    with duckdb.connect(str(home.build_db)) as connection:
        connection.execute("update tags.customer_tags_all set age = 9 where customer_id = 'c2' and as_of_date = '2026-03-31'")
    later = history.write(home, DAYS, "b20260402-01", first, CHAMPIONS)
    assert later == {**first, "2026-03-31": "tags/2026-03-31/b20260402-01.parquet"}
    assert (home.history / first["2026-03-31"]).is_file(), "the former version stays"
