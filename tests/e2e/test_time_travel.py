"""A past audience comes back byte for byte, and with today's knowledge differs by exactly the corrected rows."""

import csv
import json
from datetime import date
from pathlib import Path

import pytest

from tests.e2e.conftest import fresh
from tests.e2e.homes import kehu, nightly

START, ASKED, MENDED = date(2026, 3, 3), date(2026, 3, 4), date(2026, 3, 5)
AUDIENCE = "txn_amount_90d_cny > 0 and age >= 18"
FORMS = ("csv", "parquet", "xlsx")


def _correct(landing: Path) -> set[str]:
    """Delivers 4 March's transactions anew on 5 March: three customers spent more."""
    with (landing / "2026-03-04" / "transaction_20260304.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    found: set[str] = set()
    for row in rows:
        if row["txn_code"] == "consume" and row["customer_id"] not in found and len(found) < 3:
            found.add(row["customer_id"])
            row["amount_cny"] = f"{float(row['amount_cny']) + 7777:.2f}"
    target = landing / "2026-03-05" / "transaction_20260304.v2.csv"
    with target.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    target.with_name(target.name + ".ctl").write_text(json.dumps({"rows": len(rows)}))
    return found


def _export(home: Path, folder: Path, *arguments: object) -> dict[str, bytes]:
    """The bytes of the audience of 4 March in every form."""
    folder.mkdir()
    for form in FORMS:
        kehu("audience", "export", AUDIENCE, "--home", home, "--as-of", ASKED, *arguments, "--out", folder / f"a.{form}",
             "--purpose", "time travel")
    return {form: (folder / f"a.{form}").read_bytes() for form in FORMS}


def _rows(exported: dict[str, bytes]) -> set[str]:
    return set(exported["csv"].decode("utf-8-sig").splitlines()[1:])


@pytest.mark.slow
def test_the_past_is_kept_and_can_be_told_anew(tmp_path: Path) -> None:
    landing, home = tmp_path / "landing", fresh(tmp_path / "home")
    kehu("generate", "--out", landing, "--customers", 400, "--start", ASKED, "--days", 2, "--seed", 5, "--history-months", 2, "--no-dirt")
    nightly(home, landing, START)
    nightly(home, landing, ASKED)
    frozen = _export(home, tmp_path / "then")
    corrected = _correct(landing)
    nightly(home, landing, MENDED)
    assert _export(home, tmp_path / "later") == frozen, "a night rewrote the past"

    planned = kehu("restate", "--home", home, "--from", START, "--dry-run", "--json").document
    assert [item["status"] for item in planned["items"]] == ["unchanged", "restated"]
    assert not (home / "history" / "restated").exists()
    done = kehu("restate", "--home", home, "--from", START, "--reason", "corrected transactions", "--json").document
    assert done["items"][0]["tags"] == [] and done["items"][1]["former_build_id"] == "b20260304-01"
    told = {row["tag_id"]: row for row in done["items"][1]["tags"]}
    assert told["txn_amount_90d_cny"] == {"tag_id": "txn_amount_90d_cny", "changed_count": None, "is_hidden": True,
                                          "reasons": ["rows: core.transaction"]}
    assert json.loads((home / "history" / "restated" / done["restatement_id"] / "restatement.json").read_text())["reason"]

    assert _export(home, tmp_path / "known", "--known-at", MENDED) == frozen
    now = _rows(_export(home, tmp_path / "now"))
    assert {line.split(",")[0] for line in now ^ _rows(frozen)} == corrected
    one = sorted(corrected)[0]
    values = [kehu("tags", "get", one, "--home", home, "--as-of", ASKED, *known, "--json").document for known in
              ((), ("--known-at", ASKED))]
    amounts = [float(found["tags"]["txn_amount_90d_cny"]["value"]) for found in values]
    assert amounts[0] - amounts[1] == pytest.approx(7777)
    again = kehu("restate", "--home", home, "--from", START, "--json").document
    assert {item["status"] for item in again["items"]} == {"unchanged"}, "the same knowledge gives the same bytes"
