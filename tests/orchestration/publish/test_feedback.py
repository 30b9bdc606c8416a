"""Words on tags are attached to the version in force when they came, and keep it when the tag moves on."""

from datetime import date, datetime
from pathlib import Path

import duckdb
import pytest

from features import settings as kehu_settings
from features import tag_reader
from features.settings import Settings
from orchestration.publish import feedback

SAID = [
    # feedback_id, object_type, object_id, object_version, verdict, row_sign
    ("f1", "tag", "is_parent", None, "disagree", 1),
    ("f2", "tag", "is_parent", None, "agree", 1),
    ("f3", "tag", "TAG-A01", "7", "disagree", 1),
    ("f4", "tag", "no_such_tag", None, "disagree", 1),
    ("f5", "segment", "wealth/w01", None, "disagree", 1),
    ("f6", "tag", "is_parent", None, "disagree", 1),
    ("f6", "tag", "is_parent", None, "disagree", -1),
]
CATALOGUE = [{"id": "is_parent", "code": "TAG-D08", "version": 1}, {"id": "aum_cny", "code": "TAG-A01", "version": 1},
             {"id": "aum_end_cny", "code": "TAG-A01", "version": 1}]


@pytest.fixture
def home(tmp_path: Path) -> Settings:
    found = kehu_settings.init(tmp_path / "home")
    with duckdb.connect(str(found.build_db)) as connection:
        connection.execute("create schema customer")
        connection.execute("create table customer.fct_feedback (feedback_id varchar, object_type varchar, object_id varchar,"
                           " object_version varchar, verdict varchar, employee_id varchar, customer_id varchar,"
                           " feedback_text varchar, given_at timestamp, row_sign tinyint, known_at date)")
        _say(connection, SAID)
    return found


def _say(connection: duckdb.DuckDBPyConnection, rows: list[tuple[str, str, str, str | None, str, int]]) -> None:
    for feedback_id, kind, object_id, version, verdict, sign in rows:
        connection.execute("insert into customer.fct_feedback values (?, ?, ?, ?, ?, 'e1', null, 'a word', ?, ?, ?)",
                           [feedback_id, kind, object_id, version, verdict, datetime(2026, 4, 1, 9), sign, date(2026, 4, 1)])


def _rows(store: Path) -> list[tuple[str, str, int]]:
    with duckdb.connect(str(store), read_only=True) as connection:
        return connection.execute("select feedback_id, tag_id, tag_version from tags.feedback order by all").fetchall()


def test_words_find_their_tag_by_id_or_code_and_keep_its_version(home: Settings, tmp_path: Path) -> None:
    first, second = tmp_path / "first.duckdb", tmp_path / "second.duckdb"
    assert feedback.write(home, first, CATALOGUE, None) == 4
    assert _rows(first) == [("f1", "is_parent", 1), ("f2", "is_parent", 1), ("f3", "aum_cny", 7), ("f3", "aum_end_cny", 7)]
    with duckdb.connect(str(home.build_db)) as connection:
        _say(connection, [("f7", "tag", "is_parent", None, "agree", 1)])
    feedback.write(home, second, [{**tag, "version": 2} for tag in CATALOGUE], first)
    assert _rows(second) == [("f1", "is_parent", 1), ("f2", "is_parent", 1), ("f3", "aum_cny", 7), ("f3", "aum_end_cny", 7),
                             ("f7", "is_parent", 2)]


def test_a_build_without_feedback_has_the_empty_table(tmp_path: Path) -> None:
    bare = kehu_settings.init(tmp_path / "home")
    assert feedback.write(bare, tmp_path / "store.duckdb", CATALOGUE, None) == 0
    assert _rows(tmp_path / "store.duckdb") == []


def test_the_catalogue_shows_the_disagree_rate_of_the_version_in_force(home: Settings) -> None:
    folder = home.published / "b20260401-01"
    folder.mkdir()
    (home.published / "CURRENT").write_text("b20260401-01\n")
    feedback.write(home, folder / "store.duckdb", CATALOGUE, None)
    with duckdb.connect(str(folder / "store.duckdb")) as connection:
        connection.execute("create table tags.catalogue (id varchar, code varchar, version integer, value_type varchar,"
                           " \"window\" varchar default '90d', null_rule varchar default 'false', owner varchar default 'balances')")
        connection.executemany("insert into tags.catalogue (id, code, version, value_type) values (?, ?, ?, 'boolean')", [list(tag.values()) for tag in CATALOGUE])
        connection.execute("create table tags.customer_tags as select 'c1' as customer_id, true as is_parent")
    rows = {row["id"]: row for row in tag_reader.find(home)}
    assert (rows["is_parent"]["feedback_count"], rows["is_parent"]["disagree_rate"]) == (2, 0.5)
    assert rows["aum_cny"]["feedback_count"] == 0, "what was said of version 7 says nothing of version 1"
    shown = tag_reader.show(home, "is_parent")["feedback"]
    assert [(word["verdict"], word["tag_version"]) for word in shown] == [("disagree", 1), ("agree", 1)]
