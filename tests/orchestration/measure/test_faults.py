"""Every way in which a comparison breaks is found at its stage, named in both languages, and leaves the numbers shown."""

from datetime import timedelta

import pytest
from measured_bank import FIRST, HORIZON

from features import warehouse
from orchestration.measure import checks

NIGHT = HORIZON
STAGES = ("assignment", "freeze", "dispatch", "delivery", "outcome")


def sql(text):
    return lambda bank: bank.connection.execute(text)


def edit_list(bank):
    path = sorted((bank.settings.state / "lists").glob("*.parquet"))[-1]
    other = sorted((bank.settings.state / "lists").glob("*.parquet"))[0]
    path.write_bytes(other.read_bytes())


def drop_list(bank):
    sorted((bank.settings.state / "lists").glob("*.parquet"))[-1].unlink()


def edit_log(bank):
    path = sorted((bank.settings.state / "assignments").glob("*.parquet"))[0]
    path.write_bytes(path.read_bytes() + b" ")


def edit_plan(bank):
    bank.night(FIRST + timedelta(days=1))
    path = bank.settings.state / "registrations" / "sale.v1.json"
    path.write_text(path.read_text().replace('"mde": 0.03', '"mde": 0.001'))


def other_contacts(bank):
    bank.connection.execute(
        "insert into customer.fct_contact select 'o' || customer_id, customer_id, 'other', listed_date + 5, 'marketing', 1"
        " from campaign.outcome_panel where metric_id = 'purchase_wealth' and cell = 'model_contacted'"
        " and hash(customer_id) % 4 = 0")


def unequal_arms(bank):
    """People whom the model would not list buy more in its arm than in the other: the arms were no lot."""
    bank.connection.execute(
        "insert into campaign.assignment select 'sale.v1', 'sale', 'u' || i, case when i % 2 = 0 then 'model' else 'bau' end,"
        " 0.5, null, null, null, ?::date, false from range(8000) t(i)", [FIRST])
    bank.connection.execute(
        "insert into customer.fct_purchase select 'k' || i, 'u' || i, 'wealth', ?::date + 3, 10, 1, ?::date + 3"
        " from range(8000) t(i) where i % 2 = 0 and i % 3 = 0", [FIRST, FIRST])


FAULTS = {
    "assignment": (sql("update campaign.assignment set policy_probability = case policy when 'model' then 0.7 else 0.3 end"),
                   "assignment", "分组环节"),
    "freeze": (sql("update state.strategy set hold_share = 0.25"), "freeze", "冻结环节"),
    "held contacted": (sql("update campaign.execution set is_dispatched = true where customer_id in (select customer_id"
                           " from campaign.list_member where arm = 'hold' limit 3)"), "dispatch", "对照客户"),
    "dropped from one list": (sql("update campaign.execution set is_dispatched = false where customer_id in (select"
                                  " customer_id from campaign.list_member where policy = 'model' and hash(customer_id) % 4 = 0)"),
                              "dispatch", "下发"),
    "dropped from both": (sql("update campaign.execution set is_dispatched = false where hash(customer_id) % 10 < 6"),
                          "dispatch", "触达记录"),
    "undelivered": (sql("update campaign.execution set is_delivered = false where customer_id in (select customer_id from"
                        " campaign.list_member where policy = 'model' and hash(customer_id) % 4 = 0)"), "delivery", "送达"),
    "outcomes lost": (sql("delete from campaign.outcome_panel where cell like '%held' and hash(customer_id) % 3 = 0"),
                      "outcome", "结果环节"),
    "differ before": (sql("update campaign.outcome_panel set covariate = covariate * 2 where cell = 'bau_contacted'"),
                      "placebo", "触达前"),
    "other strategies": (other_contacts, "exposure", "其他策略"),
    "list edited": (edit_list, "list_hash", "冻结后被改动"),
    "list missing": (drop_list, "list_hash", "冻结后被改动"),
    "log edited": (edit_log, "assignment_log", "分组日志"),
    "rows changed": (sql("update campaign.list_member set arm = 'contact', cell = policy || '_contacted' where arm = 'hold'"
                         " and hash(customer_id) % 50 = 0"), "assignment_rows", "不符"),
    "plan edited": (edit_plan, "plan", "登记"),
    "arms unequal": (unequal_arms, "agreement", "不一致"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found_where_it_starts(measured, fault):
    bank = measured(people=800, waves=3)
    plant, stage, words = FAULTS[fault]
    plant(bank)
    row = bank.night(NIGHT)[0]
    checks = bank.checks(NIGHT)
    assert row["verdict"] == "invalid" and row["advice"] == "fix"
    assert checks[stage] == "failed" and words in row["reason_zh"], row["reason_zh"]
    assert row["reason_en"] and row["model_increment"] is not None
    failed = [name for name in STAGES if checks.get(name) == "failed"]
    assert not failed or failed[0] == (stage if stage in STAGES else failed[0])


def test_a_sound_strategy_passes_every_check(measured):
    bank = measured(people=800, waves=3)
    bank.connection.execute("update customer.fct_contact set row_sign = 1")
    row = bank.night(NIGHT)[0]
    checks = bank.checks(NIGHT)
    assert set(checks.values()) == {"passed"} and set(STAGES) <= set(checks), checks
    assert row["verdict"] != "invalid" and row["srm_status"] == "passed"


def test_a_released_control_may_meet_other_strategies(measured):
    bank = measured(people=800, waves=3)
    bank.connection.execute("update state.strategy set control_policy = 'release'")
    other_contacts(bank)
    assert bank.night(NIGHT)[0]["verdict"] != "invalid"


def test_what_failed_once_stays_failed(measured):
    """A sample ratio that was impossible on one night is not mended by the weeks after it."""
    bank = measured(people=800, waves=3)
    bank.connection.execute("update state.strategy set hold_share = 0.2")
    assert bank.night(NIGHT)[0]["verdict"] == "invalid"
    bank.connection.execute("update state.strategy set hold_share = 0.4")
    row = bank.night(NIGHT + timedelta(days=7))[0]
    assert row["verdict"] == "invalid" and "list freeze" in row["reason_en"]


def test_the_document_of_a_strategy_names_every_fault(measured):
    bank = measured(people=300, waves=2)
    other_contacts(bank)
    bank.night(NIGHT)
    rows = warehouse.records(bank.connection.execute("select reason_zh, reason_en from measure.srm where status = 'failed'"))
    assert all(row["reason_zh"] and row["reason_en"] for row in rows)


def test_a_gap_too_small_to_matter_is_no_alarm_however_certain():
    """Ten million contacts make half a point certain; it is the channel, not the comparison."""
    def delivered(model, bau):
        counts = {f"{policy}_contacted": {"due_dispatched": 10_000_000, "due_delivered": round(10_000_000 * rate)}
                  for policy, rate in (("model", model), ("bau", bau))}  # fmt: skip
        return checks._judged(checks._kept("delivery", counts, "due_dispatched", "due_delivered", checks.DELIVERY_GAP), {})

    assert delivered(0.95, 0.945)["status"] == "passed"
    assert delivered(0.95, 0.95 - checks.DELIVERY_GAP - 0.01)["status"] == "failed"
