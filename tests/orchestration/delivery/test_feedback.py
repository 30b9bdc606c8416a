"""What a CRM sends back: taken rows reach the gate in contract form, refused rows keep their reason."""

import csv
import json
from pathlib import Path

import openpyxl
import pytest

from features.errors import KehuError
from orchestration import ingest
from orchestration.delivery import feedback

NAME = "first-v1-20260302"
HEADER = "contact_id,list_id,customer_id,channel_id,ts,delivered,connected,disposition,cost_cny"


@pytest.fixture
def listed(bank, crowd):
    bank.customers(crowd(200))
    bank.run_strategy()
    bank.decide()
    bank.publish()
    return bank


def line(bank, number, list_id=NAME, customer=None, ts="2026-03-03 10:00:00", rest="1,1,interested,10.00"):
    customer = customer or bank.members()[number]["customer_id"]
    return f"k{number},{list_id},{customer},rm_phone,{ts},{rest}"


def write(tmp_path, lines, name="contact_march.csv", encoding="utf-8", header=HEADER):
    path = tmp_path / name
    path.write_text("\n".join([header, *lines]) + "\n", encoding=encoding)
    return path


def rejects(answer):
    with open(answer["rejects_file"], encoding="utf-8", newline="") as stream:
        return {int(row["line"]): row["reason"] for row in csv.DictReader(stream)}


@pytest.mark.parametrize("folder", ["home", "elsewhere"])
def test_good_rows_land_in_contract_form_and_the_gate_loads_them(listed, tmp_path, day, folder):
    landing = listed.settings.landing if folder == "home" else tmp_path / "elsewhere"
    landing.mkdir(exist_ok=True)
    answer = feedback.import_file(listed.settings, write(tmp_path, [line(listed, n) for n in range(5)]))
    assert (answer["read"], answer["loaded"], answer["rejected"]) == (5, 5, 0)
    found = ingest.run(listed.settings, "core", landing, day(1), day(1), listed.connection)
    assert found.rows["contact"] == {"read": 5, "loaded": 5, "rejected": 0} and not found.quarantined
    ingest.make_views(listed.settings, listed.connection, day(1), day(1))
    rows = listed.connection.execute(
        "select list_id, strategy_id, message_class, disposition, cost_cny::varchar, known_at from raw.core_contact").fetchall()
    assert rows == [(NAME, "first", "marketing", "interested", "10.00", day(1))] * 5


def test_the_same_file_again_changes_nothing_and_another_adds_to_it(listed, tmp_path, day):
    first = feedback.import_file(listed.settings, write(tmp_path, [line(listed, n) for n in range(3)]))
    again = feedback.import_file(listed.settings, write(tmp_path, [line(listed, n) for n in (2, 0, 1)], "contact_x.csv"))
    assert again["file"] == first["file"]
    ingest.run(listed.settings, "core", listed.settings.landing, day(1), day(1), listed.connection)
    more = feedback.import_file(listed.settings, write(tmp_path, [line(listed, n) for n in range(3, 7)]))
    assert more["file"] != first["file"]
    ingest.run(listed.settings, "core", listed.settings.landing, day(2), day(2), listed.connection)
    ingest.make_views(listed.settings, listed.connection, day(0), day(2))
    counted = listed.connection.execute("select count(*), sum(row_sign), count(distinct contact_id) from raw.core_contact")
    assert counted.fetchall() == [(7, 7, 7)]


def test_each_bad_row_is_refused_with_its_line_and_reason(listed, tmp_path):
    lines = [line(listed, 0), line(listed, 0), line(listed, 2, list_id="nope"), line(listed, 3, customer="stranger"),
             line(listed, 4, ts="2026-03-01 09:00:00"), line(listed, 5, ts="03/03/2026"),
             line(listed, 6, rest="yes,1,interested,10"), line(listed, 7, rest="1,1,sold,10"),
             line(listed, 8, rest="1,1,refused,10.123"), "too,few", line(listed, 9, ts="2062-03-03 10:00:00"),
             f",{NAME},x,rm_phone,2026-03-03 10:00:00,1,1,,"]  # fmt: skip
    answer = feedback.import_file(listed.settings, write(tmp_path, lines))
    assert (answer["read"], answer["loaded"], answer["rejected"]) == (12, 1, 11)
    assert [reason.split(":")[0] for _, reason in sorted(rejects(answer).items())] == [
        "key", "list_id", "customer_id", "ts", "ts", "delivered", "disposition", "cost_cny",
        "another number of fields than the header", "ts", "contact_id"]
    assert sorted(rejects(answer)) == list(range(3, 14))


def test_a_contact_with_a_held_customer_is_a_fact_and_is_taken(listed, tmp_path):
    held = next(m["customer_id"] for m in listed.members() if m["arm"] == "hold")
    answer = feedback.import_file(listed.settings, write(tmp_path, [line(listed, 1, customer=held)]))
    assert answer["loaded"] == 1


def test_encodings_excel_and_column_order_do_not_matter(listed, tmp_path):
    header = "ts,customer_id,contact_id,channel_id,employee_id"
    body = [f"2026-03-03 10:00:00,{listed.members()[0]['customer_id']},k1,rm_phone,员工七"]
    texts = set()
    for name, encoding in (("contact_a.csv", "utf-8-sig"), ("contact_b.csv", "gb18030")):
        answer = feedback.import_file(listed.settings, write(tmp_path, body, name, encoding, header))
        texts.add(Path(answer["file"]).read_text(encoding="utf-8"))
    book = openpyxl.Workbook()
    for row in (header.split(","), body[0].split(",")):
        book.active.append(row)
    book.save(tmp_path / "contact_c.xlsx")
    answer = feedback.import_file(listed.settings, tmp_path / "contact_c.xlsx")
    texts.add(Path(answer["file"]).read_text(encoding="utf-8"))
    assert len(texts) == 1 and "员工七" in texts.pop()


@pytest.mark.parametrize(("name", "text", "message"), [
    ("calls.csv", HEADER, "is it contacts or responses"),
    ("contact.csv", "", "is empty"),
    ("contact.csv", "contact_id,customerid,channel_id,ts\n", "unknown column 'customerid' -> did you mean customer_id"),
    ("contact.csv", "contact_id,customer_id,ts\n", "the columns channel_id are missing"),
    ("contact.csv", "contact_id,customer_id,channel_id,ts,ts\n", "a column is there twice"),
    ("contact.csv", HEADER + '\nk1,"open', "line"),
    ("contact.doc", HEADER, "is none of .csv, .xlsx, .parquet"),
    ("contact.xlsx", HEADER, "cannot be read as Excel"),
    ("contact.parquet", HEADER, "cannot be read as Parquet"),
])  # fmt: skip
def test_a_file_that_cannot_be_read_is_one_clear_line(listed, tmp_path, name, text, message):
    (tmp_path / name).write_text(text)
    with pytest.raises(KehuError) as refused:
        feedback.import_file(listed.settings, tmp_path / name)
    assert message in refused.value.line()
    assert not list(listed.settings.landing.rglob("*.csv"))


def test_responses_come_back_too(listed, tmp_path):
    lines = ["r1,c00001,first,2026-03-04 10:00:00,purchase,5000.00", "r2,c00001,unknown,2026-03-04 10:00:00,click,",
             "r3,c00001,first,2026-03-04 10:00:00,bought,"]  # fmt: skip
    path = write(tmp_path, lines, "response.csv", header="response_id,customer_id,strategy_id,ts,response_type,amount_cny")
    answer = feedback.import_file(listed.settings, path)
    assert (answer["entity"], answer["loaded"], answer["rejected"]) == ("response", 1, 2)
    control = json.loads(Path(answer["file"] + ".ctl").read_text(encoding="utf-8"))
    assert control == {"rows": 1}
