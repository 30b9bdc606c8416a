"""Every command on bad input: one line, the right exit code, no traceback; every JSON answer one document."""

import json
from pathlib import Path

import pytest
from filelock import FileLock

from tests.e2e.conftest import Played
from tests.e2e.homes import kehu, night_of

USAGE = [
    ["nightly", "--date", "31.3.2026"],
    ["nightly", "--source", "no_such_source", "--date", "2026-03-05"],
    ["nightly", "--landing", "no/such/folder", "--date", "2026-03-05"],
    ["nightly", "--date", "2026-01-01"],
    ["backfill", "--from", "2026-03-09", "--to", "2026-03-05"],
    ["backfill", "--from", "2026-03-09"],
    ["store", "rollback", "b20200101-01"],
    ["store", "rollback", "../../state"],
    ["store", "diff", "b20200101-01", "b20200101-02"],
    ["store", "gc", "--keep", "0"],
    ["restore", "no-such-file.zip"],
    ["tags", "show", "aum_cn"],
    ["tags", "get", "nobody"],
    ["tags", "get", "c00000001", "--as-of", "1999-12-31"],
    ["audience", "count", "aum_cn > 1"],
    ["audience", "count", "aum_cny > 'many'"],
    ["audience", "count", "aum_cny >"],
    ["audience", "count", "age > 1", "--as-of", "soon"],
    ["audience", "export", "age > 1", "--out", "people.exe", "--purpose", "try"],
    ["segments", "show", "no_such_set"],
    ["segments", "preview", "no-such-file.yml"],
    ["segments", "import", "no-such-file.csv", "--id", "golf", "--owner", "me", "--expires", "2030-01-01"],
    ["sql", "drop table customer.dim_customer"],
    ["sql", "select * from nowhere"],
    ["sql", "select * from read_csv('/etc/passwd')"],
    ["sql", "select 1; select 2"],
    ["models", "alias", "no_such_model", "v1", "champion", "--reason", "try"],
    ["models", "train", "no_such_model"],
    ["models", "score", "no_such_model"],
    ["models", "unplug", "no_such_model", "--reason", "try"],
    ["strategies", "plan", "no_such_strategy"],
    ["strategies", "approve", "no_such_strategy", "--reviewer", "me"],
    ["strategies", "stop", "no_such_strategy", "--reason", "try"],
    ["lists", "show", "no_such_list"],
    ["lists", "export", "no_such_list", "--out", "list.csv"],
    ["lists", "replay", "no_such_list"],
    ["feedback", "import", "no-such-file.csv"],
    ["measure", "no_such_strategy"],
    ["measure"],
    ["measure", "--assignments", "no.csv", "--outcomes", "no.csv"],
    ["power", "--design", "ab"],
    ["no_such_command"],
]
ANSWERS = [
    ["store", "versions"], ["store", "verify"], ["tags", "list"], ["tags", "show", "aum_cny"],
    ["audience", "count", "age >= 18"], ["sql", "select 1 as one"], ["models", "list"], ["strategies", "check"],
    ["strategies", "list"], ["lists", "list"], ["segments", "list"], ["segments", "show", "wealth"],
    ["segments", "overlap", "wealth", "key_group"], ["segments", "check"],
]


def _is_one_line(text: str) -> bool:
    return "Traceback" not in text and len([line for line in text.splitlines() if line.startswith("kehu: ")]) == 1


@pytest.mark.parametrize("arguments", USAGE, ids=[" ".join(a) for a in USAGE])
def test_bad_input(bank: Played, arguments: list[str]) -> None:
    before = sorted(p.name for p in (bank.after(1) / "published").iterdir())
    answer = kehu(*arguments, code=None, environment={"KEHU_HOME": str(bank.after(1))})
    assert answer.code == 2, answer
    assert _is_one_line(answer.err) and "unexpected" not in answer.err, answer.err
    assert "->" in answer.err, f"no way out is named: {answer.err}"
    assert answer.out == ""
    assert sorted(p.name for p in (bank.after(1) / "published").iterdir()) == before


@pytest.mark.parametrize("arguments", ANSWERS, ids=[" ".join(a) for a in ANSWERS])
def test_one_json_document(bank: Played, arguments: list[str]) -> None:
    answer = kehu(*arguments, "--json", "--home", bank.after(1))
    assert isinstance(json.loads(answer.out), dict) and answer.out.count("\n") == 1


@pytest.mark.parametrize("arguments", [["nightly"], ["store", "versions"], ["tags", "list"], ["lists", "list"],
                                       ["strategies", "check"], ["board"], ["dagster"], ["backup", "x.zip"]], ids=" ".join)
def test_a_folder_that_is_no_home(tmp_path: Path, arguments: list[str]) -> None:
    answer = kehu(*arguments, "--home", tmp_path, code=2)
    assert _is_one_line(answer.err) and "kehu init" in answer.err
    assert list(tmp_path.iterdir()) == []


def test_the_second_writer_stops_and_state_commands_go_on(bank: Played, tmp_path: Path) -> None:
    home = bank.copy(1, tmp_path.name + "-busy")
    version = next(m for m in kehu("models", "list", "--home", home, "--json").document["items"] if m["version"])
    with FileLock(home / "locks" / "writer.lock"):
        for command in (["nightly", "--date", night_of(2), "--landing", bank.landing], ["backup", tmp_path / "x.zip"]):
            answer = kehu(*command, "--home", home, code=3)
            assert _is_one_line(answer.err)
        kehu("models", "alias", version["model_id"], version["version"], "champion", "--reason", "try", "--home", home)
        kehu("strategies", "stop", "large_inflow_fund", "--reason", "try", "--home", home)
        kehu("tags", "list", "--home", home)
    assert not (tmp_path / "x.zip").exists()
    rows = kehu("strategies", "list", "--home", home, "--json").document["items"]
    assert {r["status"] for r in rows if r["strategy_id"] == "large_inflow_fund"} == {"stopped"}
