"""Who goes on a list: policy reasons, arms, ranks, capacity, priorities, and the same bytes every time."""

import hashlib
from collections import Counter

import pytest

from features.errors import KehuError
from orchestration.strategy import freeze, replay


def files_of(bank):
    folders = ("lists", "assignments", "candidates")
    paths = [path for folder in folders for path in (bank.settings.state / folder).glob("*.parquet")]
    return {f"{path.parent.name}/{path.name}": hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def test_a_night_lists_both_policies_and_holds_some(bank, crowd):
    bank.customers(crowd(400))
    bank.run_strategy()
    [outcome] = bank.decide()
    assert outcome["status"] == "frozen" and outcome["row_count"] == 40
    members = bank.members()
    assert Counter(m["policy"] for m in members) == {"model": 20, "bau": 20}
    assert {m["arm"] for m in members} == {"contact", "hold"}
    assert all(m["cell"] == f"{m['policy']}_{'contacted' if m['arm'] == 'contact' else 'held'}" for m in members)
    assert [m["customer_id"] for m in members] == sorted(m["customer_id"] for m in members)
    assert outcome["contact_count"] + outcome["hold_count"] == 40
    assert outcome["reasons"]["capacity"] + outcome["reasons"]["global_holdout"] + 40 == len(bank.reasons())


def test_each_policy_takes_its_best(bank, crowd):
    people = crowd(300)
    bank.customers(people)
    bank.run_strategy()
    bank.decide()
    arms = {a["unit_id"]: a["arm"] for a in bank.assigned() if a["level"] == 1}
    for policy, key in (("model", "score"), ("bau", "aum_month_avg_cny")):
        pool = sorted((c for c, arm in arms.items() if arm == policy), key=lambda c: (-people[c][key], c))
        listed = [m for m in bank.members() if m["policy"] == policy]
        assert [m["customer_id"] for m in sorted(listed, key=lambda m: m["rank"])] == pool[:20]
        other = "aum_month_avg_cny" if policy == "model" else "score"
        best = set(sorted(pool, key=lambda c: (-people[c][other], c))[:20])
        assert {m["customer_id"] for m in listed if m["policy_source"] == "both"} == best & set(pool[:20])


@pytest.mark.parametrize(("change", "reason"), [
    ({"is_deceased": True}, "deceased"), ({"is_aml_frozen": True}, "aml"), ({"is_minor": True}, "minor"),
    ({"is_minor": None}, "minor"), ({"is_staff": True}, "staff"), ({"is_do_not_contact": True}, "do_not_contact"),
    ({"has_recent_complaint": True}, "complaint"), ({"has_consent_rm_phone": False}, "not_consented"),
    ({"has_consent_rm_phone": None}, "not_consented"), ({"is_profiling_opted_out": True}, "not_consented"),
    ({"max_suitable_risk_level": "R1"}, "unsuitable"), ({"max_suitable_risk_level": None}, "unsuitable"),
    ({"score": None}, "no_score"),
])  # fmt: skip
def test_policy_gives_one_reason(bank, crowd, change, reason):
    people = crowd(60)
    people["c00007"] = {**people["c00007"], **change}
    bank.customers(people)
    bank.run_strategy(capacity_per_wave=50, global_holdout_share=0)
    bank.decide()
    assert bank.reasons()["c00007"] == reason
    assert {r for c, r in bank.reasons().items() if c != "c00007"} == {None}
    assert "c00007" not in {m["customer_id"] for m in bank.members()}
    assert "c00007" not in {a["unit_id"] for a in bank.assigned()}


def test_the_banks_own_product_table_can_only_tighten_suitability(bank, crowd):
    bank.connection.execute("update customer.dim_product set risk_level = 'R4'")
    bank.customers(crowd(30))
    bank.run_strategy()
    bank.decide()
    assert set(bank.reasons().values()) == {"unsuitable"}


def test_exclusions_leave_the_audience(bank, crowd):
    people = crowd(60)
    people["c00001"]["is_honeymoon"] = True
    people["c00002"]["is_honeymoon"] = None
    bank.customers(people)
    bank.run_strategy(exclusions=["is_honeymoon"])
    bank.decide()
    assert "c00001" not in bank.reasons() and "c00002" in bank.reasons()


def test_contacts_of_all_strategies_cap_a_customer(bank, crowd, day):
    bank.customers(crowd(60))
    rows = [("c00001", 0, 1), ("c00001", -29, 1), ("c00002", -30, 1), ("c00002", -1, 1), ("c00003", -1, 1),
            ("c00003", -2, 1), ("c00003", -2, -1), ("c00004", 1, 1), ("c00004", -1, 1)]  # fmt: skip
    bank.insert("customer.fct_contact", [{
        "contact_id": f"k{c}{d}", "list_id": "other", "customer_id": c, "contact_date": day(d),
        "message_class": "marketing", "row_sign": sign, "known_at": day(max(d, 0))} for c, d, sign in rows])  # fmt: skip
    bank.insert("customer.fct_contact", [{
        "contact_id": f"s{n}", "customer_id": "c00005", "contact_date": day(-1), "message_class": "service",
        "row_sign": 1, "known_at": day(-1)} for n in range(3)])  # fmt: skip
    bank.run_strategy(capacity_per_wave=50, global_holdout_share=0)
    bank.decide()
    assert {c for c, reason in bank.reasons().items() if reason == "capped"} == {"c00001"}


def test_a_list_not_yet_reported_counts_as_a_contact(bank, crowd, day):
    people = crowd(40)
    bank.customers(people)
    bank.customers(people, day(7))
    bank.run_strategy(control_policy="release", hold_share=0.2, global_holdout_share=0, capacity_per_wave=40)
    bank.decide()
    contacted = {m["customer_id"] for m in bank.members() if m["arm"] == "contact"}
    second = bank.run_strategy(id="second", salt="second_salt", priority=2, caps={"contacts_30d": 1})
    bank.decide(day(7))
    mine = dict(bank.connection.execute(
        "select customer_id, block_reason from state.candidate where strategy_id = ?", [second.id]).fetchall())
    assert {c for c, reason in mine.items() if reason == "capped"} == contacted


def test_priority_decides_who_gets_a_customer(bank, crowd):
    bank.customers(crowd(200))
    bank.run_strategy(id="weak", salt="weak_salt", priority=2, capacity_per_wave=60)
    bank.run_strategy(id="strong", salt="strong_salt", priority=1, capacity_per_wave=30)
    outcomes = bank.decide()
    assert [o["strategy_id"] for o in outcomes] == ["strong", "weak"]
    by = {s: {m["customer_id"] for m in bank.members() if m["strategy_id"] == s} for s in ("strong", "weak")}
    assert len(by["strong"]) == 60 and not by["strong"] & by["weak"]
    assert outcomes[1]["reasons"]["displaced"] == 60 - sum(
        1 for a in bank.assigned() if a["level"] == 0 and a["arm"] == "holdout" and a["unit_id"] in by["strong"])


def test_released_controls_fall_to_the_next_strategy_silent_ones_do_not(bank, crowd, day):
    people = crowd(60)
    for night in (day(0), day(7), day(31)):
        bank.customers(people, night)
    bank.run_strategy(id="open", salt="open_salt", control_policy="release", capacity_per_wave=40,
                      global_holdout_share=0, caps={"contacts_30d": 9})  # fmt: skip
    [outcome] = bank.decide(day(0))
    held = {m["customer_id"] for m in bank.members() if m["arm"] == "hold"}
    assert len(held) == outcome["hold_count"] > 5
    bank.run_strategy(id="next", salt="next_salt", priority=2, capacity_per_wave=40, global_holdout_share=0,
                      control_policy="silent", caps={"contacts_30d": 9})  # fmt: skip
    bank.decide(day(7))
    listed = {m["customer_id"] for m in bank.members() if m["strategy_id"] == "next"}
    assert held <= listed
    bank.run_strategy(id="last", salt="last_salt", priority=3, capacity_per_wave=40, global_holdout_share=0,
                      caps={"contacts_30d": 9})  # fmt: skip
    outcomes = bank.decide(day(8), day(31))
    assert [(o["strategy_id"], o["status"]) for o in outcomes[:3]] == [
        ("open", "not_due"), ("next", "not_due"), ("last", "no_tags")]
    assert outcomes[-1]["reasons"] == {"reserved": len(listed)}


def test_the_global_holdout_is_one_for_all_strategies(bank, crowd, day):
    people = crowd(500)
    bank.customers(people)
    bank.run_strategy(global_holdout_share=0.1)
    bank.run_strategy(id="second", salt="second_salt", priority=2, global_holdout_share=0.1, audience="age > 30")
    bank.decide()
    by = {}
    for row in bank.assigned():
        if row["level"] == 0:
            by.setdefault(row["strategy_id"], {})[row["unit_id"]] = row["arm"]
    assert 25 < sum(arm == "holdout" for arm in by["first"].values()) < 80
    assert all(by["second"][c] == arm for c, arm in by["first"].items())
    holdouts = {c for c, arm in by["second"].items() if arm == "holdout"}
    assert not holdouts & {m["customer_id"] for m in bank.members()}


def test_arms_stick_when_shares_and_hash_would_say_otherwise(bank, crowd, day):
    people = crowd(300)
    bank.customers(people)
    bank.customers(crowd(400), day(7))
    bank.run_strategy()
    bank.decide()
    before = {(a["unit_id"], a["level"]): a for a in bank.assigned()}
    flipped = next(a for a in before.values() if a["level"] == 1 and a["arm"] == "bau")
    path = bank.settings.state / "assignments" / f"{day(0)}_first.v1.parquet"
    bank.connection.execute(f"create table log as select * from '{path}'")
    bank.connection.execute("update log set arm = 'model' where unit_id = ? and level = 1", [flipped["unit_id"]])
    bank.connection.execute(f"copy (select * from log order by level, unit_id) to '{path}'")
    bank.decide(day(7))
    rows = [a for a in bank.assigned() if a["unit_id"] == flipped["unit_id"] and a["level"] == 1]
    assert [(r["arm"], r["assigned_date"]) for r in rows] == [("model", day(0))]
    policy = dict(bank.connection.execute(
        "select customer_id, policy from state.candidate where run_date = ?", [day(7)]).fetchall())
    assert policy[flipped["unit_id"]] in ("model", None)
    fresh = {a["unit_id"] for a in bank.assigned() if a["assigned_date"] == day(7) and a["level"] == 1}
    assert fresh and not fresh & {unit for unit, _ in before}


def test_nobody_is_listed_twice_and_waves_keep_their_distance(bank, crowd, day):
    people = crowd(300)
    for night in (day(0), day(6), day(7), day(14)):
        bank.customers(people, night)
    bank.run_strategy()
    statuses = [o["status"] for o in bank.decide(day(0), day(6), day(7), day(14))]
    assert statuses == ["frozen", "not_due", "frozen", "frozen"]
    names = [m["customer_id"] for m in bank.members()]
    assert len(names) == 120 and len(set(names)) == 120


def test_a_channel_without_room_shortens_both_policies_alike(bank, crowd):
    bank.connection.execute("update customer.dim_channel set daily_capacity_count = 15")
    bank.customers(crowd(300))
    bank.run_strategy()
    bank.run_strategy(id="second", salt="second_salt", priority=2)
    first, second = bank.decide()
    assert first["contact_count"] + second["contact_count"] <= 15 and first["contact_count"] >= 13
    ranks = {p: max(m["rank"] for m in bank.members() if m["policy"] == p) for p in ("model", "bau")}
    assert ranks["model"] == ranks["bau"]


def test_the_same_night_again_gives_the_same_bytes(bank, crowd, day, monkeypatch):
    people = crowd(400)
    bank.customers(people)
    bank.customers(people, day(7))
    bank.run_strategy()
    bank.run_strategy(id="second", salt="second_salt", priority=2)
    monkeypatch.setattr(freeze, "show", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        bank.decide()
    monkeypatch.undo()
    half = files_of(bank)
    bank.decide()
    once = files_of(bank)
    assert half.items() <= once.items() and len(once) == 6
    bank.decide(day(0), day(7))
    both = files_of(bank)
    assert once.items() <= both.items()
    bank.decide(day(0), day(7))
    assert files_of(bank) == both


def test_nights_one_by_one_equal_their_range(tmp_path, bank, crowd, day):
    people = crowd(300)
    for night in (day(0), day(7), day(14)):
        bank.customers(people, night)
    bank.run_strategy()
    bank.run_strategy(id="second", salt="second_salt", priority=2)
    bank.decide(day(0), day(7), day(14))
    together = files_of(bank)
    for table in ("list_version", "assignment_file"):
        with bank.state.transaction() as connection:
            connection.execute(f"delete from {table}")
    for path in bank.settings.state.rglob("*.parquet"):
        path.unlink()
    for night in (day(0), day(7), day(14)):
        bank.decide(night)
    assert files_of(bank) == together


def test_a_published_list_is_kept_though_the_data_changed(bank, crowd):
    bank.customers(crowd(300))
    bank.run_strategy()
    [first] = bank.decide()
    before = files_of(bank)
    bank.connection.execute("update state.model_score set score = 1 - score")
    [unpublished] = bank.decide()
    assert unpublished["status"] == "frozen" and unpublished["content_hash"] != first["content_hash"]
    bank.connection.execute("update state.model_score set score = 1 - score")
    bank.decide()
    bank.state.insert("build", {"build_id": "b", "as_of_date": "2026-03-02", "published_at": "now",
                                "checksum": "c", "sequence": 1})  # fmt: skip
    bank.connection.execute("update state.model_score set score = 1 - score")
    [again] = bank.decide()
    assert again["status"] == "kept" and again["content_hash"] == first["content_hash"]
    assert files_of(bank) == before


def test_a_changed_list_file_stops_the_night(bank, crowd):
    bank.customers(crowd(100))
    bank.run_strategy()
    [first] = bank.decide()
    bank.state.insert("build", {"build_id": "b", "as_of_date": "2026-03-02", "published_at": "now",
                                "checksum": "c", "sequence": 1})  # fmt: skip
    path = bank.settings.state / "lists" / f"{first['list_id']}.parquet"
    bank.connection.execute(f"create table l as select * from '{path}' limit 10")
    bank.connection.execute(f"copy l to '{path}'")
    with pytest.raises(Exception, match="was changed or is missing"):
        bank.decide()


def test_replay_rebuilds_a_list_from_history(bank, crowd, day):
    people = crowd(300)
    for night in (day(0), day(7), day(14)):
        bank.customers(people, night)
    bank.run_strategy()
    bank.run_strategy(id="second", salt="second_salt", priority=2)
    bank.insert("customer.fct_contact", [{
        "contact_id": f"k{c}", "list_id": "other", "customer_id": c, "contact_date": day(5), "row_sign": 1,
        "message_class": "marketing", "known_at": known} for c, known in (("c00001", day(6)), ("c00002", day(20)))])  # fmt: skip
    people["c00003"]["is_deceased"] = True
    bank.customers(people, day(21))
    bank.decide(day(0), day(7), day(14))
    with pytest.raises(KehuError, match="the night of 2026-03-16 is not published"):
        replay(bank.settings, bank.state, "first-v1-20260302")
    bank.publish(day(14))
    bank.connection.execute("update tags.customer_tags_all set age = 41")
    bank.publish(day(21))
    for name in ("first-v1-20260302", "second-v1-20260309", "first-v1-20260316"):
        answer = replay(bank.settings, bank.state, name)
        assert answer["is_identical"] and answer["is_same_bytes"], answer
    bank.connection.execute("update state.model_score set score = 1 - score where as_of_date = ?", [day(7)])
    bank.write_scores()
    assert not replay(bank.settings, bank.state, "first-v1-20260309")["is_identical"]
    assert replay(bank.settings, bank.state, "first-v1-20260302")["is_identical"]


def test_a_strategy_that_fails_leaves_the_others_alone(bank, crowd):
    bank.customers(crowd(100))
    bank.run_strategy(id="broken", salt="broken_salt", audience="a_tag_that_left > 1")
    bank.run_strategy(priority=2)
    broken, fine = bank.decide()
    assert broken["status"] == "failed" and "unknown tag 'a_tag_that_left'" in broken["detail"]
    assert fine["status"] == "frozen"


def test_without_scores_there_is_no_list(bank, crowd):
    bank.customers(crowd(50, score=None))
    bank.run_strategy()
    [outcome] = bank.decide()
    assert outcome["status"] == "no_scores" and not bank.members()


def test_the_hash_is_of_rows_not_of_bytes(bank, crowd, day):
    bank.customers(crowd(100))
    strategy = bank.run_strategy()
    [outcome] = bank.decide()
    table = freeze.members(bank.connection, strategy, day(0))
    assert freeze.content_hash(table) == outcome["content_hash"]
    assert freeze.content_hash(table.slice(1)) != outcome["content_hash"]
