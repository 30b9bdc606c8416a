"""Hot unplugging: whatever happens to a plug-in, the night goes on and says what it did."""

import shutil
from datetime import date

import pytest

from features import scores
from models import aliases
from models.conformance import ROWS
from orchestration import scoring

FIRST, SECOND, LATE = date(2026, 1, 31), date(2026, 2, 7), date(2026, 3, 31)


@pytest.fixture
def scored(home, state, bank, plugin_folder):
    """A home in which the plug-in `sample` has scored the first date: (connection, its folder)."""
    connection = bank(customers=1500, dates=5, extra=(SECOND, LATE))
    aliases.plug(home, state, plugin_folder(), "li", "ok")
    assert [row["outcome"] for row in scoring.ensure_trained(home, connection, state, FIRST)] == ["trained"]
    assert [row["outcome"] for row in scoring.score_all(home, connection, state, [FIRST])] == ["scored"]
    return connection, home.home / "plugins" / "sample"


def sabotage(home, state, folder, failure):
    """New code with a person's blessing: it passes the kit and does not survive the bank's own number of customers."""
    code = (folder / "model.py").read_text()
    (folder / "model.py").write_text(
        f"{code}\n\n_score = score\n\n\ndef score(estimator, frame):\n    if len(frame) > {ROWS}:\n        {failure}\n"
        "    return _score(estimator, frame)\n")
    aliases.plug(home, state, folder, "li", "looked fine")


def rows(connection, home, state, day):
    scoring.score_table(connection, home, state)
    return connection.execute("select customer_id, score, version from state.model_score where as_of_date = ? order by 1",
                              [day]).fetchall()


def test_a_crashing_model_leaves_its_former_scores_and_an_alert(home, state, scored):
    connection, folder = scored
    sabotage(home, state, folder, "return 1 / 0")
    found = scoring.score_all(home, connection, state, [SECOND])[0]
    assert (found["outcome"], found["status"]) == ("fell_back", "warned")
    assert "scores of 2026-01-31 stand in" in found["detail"] and "ZeroDivisionError" in found["detail"]
    assert rows(connection, home, state, SECOND) == rows(connection, home, state, FIRST) != []
    assert "ZeroDivisionError" in (home.logs / "models.log").read_text()


def test_too_old_scores_do_not_stand_in(home, state, scored):
    connection, folder = scored
    sabotage(home, state, folder, "raise OSError('no')")
    scoring.score_all(home, connection, state, [SECOND])
    found = scoring.score_all(home, connection, state, [LATE])[0]
    assert (found["outcome"], found["status"], found["rows"]) == ("failed", "warned", 0)
    assert "those of 2026-01-31 are too old" in found["detail"]
    assert rows(connection, home, state, LATE) == []


def test_changed_code_does_not_run(home, state, scored):
    connection, folder = scored
    marker = home.home / "ran"
    (folder / "model.py").write_text(f"open({str(marker)!r}, 'w')\n" + (folder / "model.py").read_text())
    found = scoring.score_all(home, connection, state, [SECOND])[0]
    assert found["outcome"] == "fell_back" and "not the code that was reviewed" in found["detail"]
    assert not marker.exists()


def test_a_deleted_folder_stops_nobody(home, state, scored):
    connection, folder = scored
    shutil.rmtree(folder)
    found = scoring.score_all(home, connection, state, [SECOND])[0]
    assert found["outcome"] == "failed" and "folder is gone" in found["detail"]


def test_a_tampered_artefact_is_not_loaded(home, state, scored):
    connection, _ = scored
    artefact = next(home.artefacts.rglob("model.skops"))
    artefact.write_bytes(artefact.read_bytes()[:-10])
    found = scoring.score_all(home, connection, state, [SECOND])[0]
    assert found["outcome"] == "fell_back" and "not the file that was registered" in found["detail"]


def test_an_unplugged_model_vanishes_from_the_night_that_is_run_again(home, state, scored):
    connection, _ = scored
    aliases.unplug(home, state, "sample", "no longer wanted")
    assert scoring.score_all(home, connection, state, [FIRST]) == []
    assert rows(connection, home, state, FIRST) == [] and scores.champions(home, state) == []
    assert not scores.path_of(home, "sample", FIRST).exists()


def test_a_repaired_model_replaces_the_stand_in(home, state, scored):
    connection, folder = scored
    good = (folder / "model.py").read_text()
    sabotage(home, state, folder, "raise OSError('no')")
    scoring.score_all(home, connection, state, [SECOND])
    stand_in = rows(connection, home, state, SECOND)
    (folder / "model.py").write_text(good)
    aliases.plug(home, state, folder, "li", "mended")
    assert scoring.score_all(home, connection, state, [SECOND])[0]["outcome"] == "scored"
    assert rows(connection, home, state, SECOND) != stand_in
    assert state.one("select count(*) as n from score_file where as_of_date = '2026-02-07'") == {"n": 1}


def test_a_promoted_version_scores_from_the_next_night(home, state, scored):
    connection, _ = scored
    later = scoring.train(home, connection, state, "sample", date(2026, 3, 30))
    assert later["alias"] == "challenger"
    aliases.assign(state, "sample", later["version"], "champion", "better lift", who="li")
    assert {row[2] for row in rows(connection, home, state, FIRST)} != {later["version"]}
    scoring.score_all(home, connection, state, [SECOND])
    assert {row[2] for row in rows(connection, home, state, SECOND)} == {later["version"]}
