"""What the front line says of tags is imported like any feedback; a tag nobody knows is refused by name."""

import csv
from pathlib import Path

import duckdb

from features import settings as kehu_settings
from orchestration.delivery import feedback

HEADER = "feedback_id,employee_id,ts,object_type,object_id,verdict,customer_id,text"
LINES = [
    "f1,e1,2026-03-03 10:00:00,tag,is_parent,disagree,c1,她没有孩子",
    "f2,e1,2026-03-03 10:05:00,tag,TAG-D08,agree,c2,",
    "f3,e2,2026-03-03 11:00:00,tag,is_parents,disagree,c3,typed wrong",
    "f4,e2,2026-03-03 11:00:00,segment,wealth/w03,disagree,,",
    "f5,e2,2026-03-03 11:00:00,tag,is_parent,perhaps,,",
]


def test_words_on_tags_are_taken_and_unknown_tags_refused(tmp_path: Path) -> None:
    home = kehu_settings.init(tmp_path / "home")
    folder = home.published / "b20260302-01"
    folder.mkdir()
    (home.published / "CURRENT").write_text("b20260302-01\n")
    with duckdb.connect(str(folder / "store.duckdb")) as connection:
        connection.execute("create schema tags")
        connection.execute("create table tags.catalogue as select 'is_parent' as id, 'TAG-D08' as code, 1 as version")
    path = tmp_path / "feedback_march.csv"
    path.write_text("\n".join([HEADER, *LINES]) + "\n", encoding="utf-8")
    answer = feedback.import_file(home, path)
    assert (answer["entity"], answer["read"], answer["loaded"], answer["rejected"]) == ("feedback", 5, 3, 2)
    with open(answer["rejects_file"], encoding="utf-8", newline="") as stream:
        reasons = [row["reason"] for row in csv.DictReader(stream)]
    assert "no tag 'is_parents' in the catalogue" in reasons[0]
    assert "'perhaps' is not one of agree, disagree" in reasons[1]
    taken = Path(answer["file"]).read_text(encoding="utf-8")
    assert "她没有孩子" in taken and "wealth/w03" in taken
