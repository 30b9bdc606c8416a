"""Property: whatever the bank, nobody who is held, opted out, under age, complained, capped or unsuited is exported."""

import csv
import shutil
from datetime import date, timedelta

import small_bank
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestration.delivery import lists

NIGHT = small_bank.NIGHT
FLAGS = ("is_do_not_contact", "has_recent_complaint", "is_minor", "is_aml_frozen", "is_staff", "is_profiling_opted_out",
         "is_deceased")  # fmt: skip
OFFERS = {"W090A": "R1", "W180A": "R2", "W365A": "R3"}
SUITED_TO = {"C1": "R1", "C2": "R2", "C3": "R3", "C4": "R4", None: None}
RARE = st.integers(0, 39).map(lambda n: {23: True, 31: None}.get(n, False))


@st.composite
def customers(draw):
    """Flags of one customer, with unknowns; `then` is what changes between the list and its export."""
    person = {flag: draw(RARE) for flag in FLAGS}
    person["is_staff"], person["is_deceased"] = bool(person["is_staff"]), bool(person["is_deceased"])
    person["has_consent_rm_phone"] = draw(st.sampled_from([True] * 10 + [False, None]))
    person["risk_class"] = draw(st.sampled_from(["C1", "C2", "C3", "C4", None]))
    person["aum_month_avg_cny"] = draw(st.integers(0, 500_000))
    person["score"] = draw(st.sampled_from([0.1, 0.5, 0.9] * 4 + [None]))
    person["contacts"] = draw(st.sampled_from([[], [], [], [-35], [-3], [-3, -29], [-30, -1], [0, -1, -2]]))
    person["then"] = draw(st.sampled_from([None] * 8 + [*FLAGS, "has_consent_rm_phone"]))
    return person


@st.composite
def banks(draw):
    return {
        "people": draw(st.lists(customers(), min_size=20, max_size=60)),
        "offers": draw(st.lists(st.sampled_from(sorted(OFFERS)), min_size=2, max_size=2)),
        "holds": draw(st.lists(st.sampled_from([0.1, 0.3, 0.6]), min_size=2, max_size=2)),
        "policies": draw(st.lists(st.sampled_from(["silent", "release"]), min_size=2, max_size=2)),
        "holdout": draw(st.sampled_from([0.0, 0.02, 0.2])), "capacity": draw(st.sampled_from([30, 15, 5])),
        "cap": draw(st.integers(1, 3)), "waves": draw(st.integers(1, 2)),
    }  # fmt: skip


def tags(person):
    most = SUITED_TO[person["risk_class"]]
    return {**{k: person[k] for k in (*FLAGS, "has_consent_rm_phone", "aum_month_avg_cny", "score")},
            "max_suitable_risk_level": most}  # fmt: skip


def changed(person):
    """The tags after the list was made: one flag raised, or consent withdrawn."""
    what = person["then"]
    return tags(person) | ({} if what is None else {what: what != "has_consent_rm_phone"})


def fill(bank, drawn, night):
    people = {f"c{n:03d}": tags(p) for n, p in enumerate(drawn["people"])}
    bank.customers(people, night)


def start(bank, drawn):
    for n, (offer, hold, policy) in enumerate(zip(drawn["offers"], drawn["holds"], drawn["policies"], strict=True)):
        bank.run_strategy(
            id=f"s{n}", salt=f"salt_{n}", priority=n + 1, product_id=offer, hold_share=hold, control_policy=policy,
            global_holdout_share=drawn["holdout"], capacity_per_wave=drawn["capacity"],
            caps={"contacts_30d": drawn["cap"]}, audience="aum_month_avg_cny >= 0",
        )  # fmt: skip
    rows = [{"contact_id": f"k{n}_{i}", "customer_id": f"c{n:03d}", "contact_date": NIGHT + timedelta(days=days),
             "message_class": "marketing", "row_sign": 1, "known_at": NIGHT}
            for n, p in enumerate(drawn["people"]) for i, days in enumerate(p["contacts"])]  # fmt: skip
    if rows:
        bank.insert("customer.fct_contact", rows)


def exported(bank, tmp):
    """{list_id: ids} of all lists that may leave the house."""
    found = {}
    for item in lists.listing(bank.settings):
        if item["status"] != "expired":
            target = tmp / f"{item['list_id']}.csv"
            lists.export(bank.settings, str(item["list_id"]), target)
            with target.open(encoding="utf-8-sig", newline="") as stream:
                found[item["list_id"]] = [row["customer_id"] for row in csv.DictReader(stream)]
    return found


def judge(bank, drawn, found):
    """Every rule again, from the drawn people and the frozen rows alone."""
    members = {(m["list_id"], m["customer_id"]): m for m in bank.members()}
    holdout = {a["unit_id"] for a in bank.assigned() if a["level"] == 0 and a["arm"] == "holdout"}
    touches = {}
    for list_id, ids in found.items():
        risk = OFFERS[drawn["offers"][int(list_id[1])]]
        for customer_id in ids:
            person = drawn["people"][int(customer_id[1:])]
            now, member = changed(person), members[list_id, customer_id]
            assert member["arm"] == "contact" and customer_id not in holdout
            assert not any(now[flag] for flag in FLAGS), (now, customer_id)
            assert not any(now[flag] is None for flag in FLAGS if flag not in ("is_staff",)), now
            assert now["has_consent_rm_phone"] is True
            assert risk == "R1" or (now["max_suitable_risk_level"] or "R0") >= risk, (risk, now)
            before = [d for d in person["contacts"] if NIGHT + timedelta(days=d) > member["as_of_date"] - timedelta(30)]
            touches.setdefault(customer_id, []).append(member["as_of_date"])
            assert len(before) + len(touches[customer_id]) <= drawn["cap"], (before, touches[customer_id])
    nobody_twice = [(list_id[:2], customer_id) for list_id, ids in found.items() for customer_id in ids]
    assert len(nobody_twice) == len(set(nobody_twice))


def test_nobody_who_may_not_be_contacted_is_ever_exported(bank, tmp_path):
    exports = []

    @settings(max_examples=40, deadline=None, derandomize=True,
              suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])  # fmt: skip
    @given(drawn=banks())
    def holds(drawn):
        bank.clear()
        nights = [NIGHT + timedelta(days=7 * n) for n in range(drawn["waves"])]
        start(bank, drawn)
        for night in nights:
            fill(bank, drawn, night)
        bank.decide(*nights)
        publish_changed(bank, drawn, nights[-1])
        found = exported(bank, tmp_path)
        judge(bank, drawn, found)
        exports.append(sum(len(ids) for ids in found.values()))

    holds()
    assert sum(exports) > 150 and sum(count > 0 for count in exports) > 20, exports


def publish_changed(bank, drawn, night: date):
    """The next night's tags, after the flags changed, in service."""
    shutil.rmtree(bank.settings.published)
    later = night + timedelta(days=1)
    bank.customers({f"c{n:03d}": changed(p) for n, p in enumerate(drawn["people"])}, later)
    bank.publish(later)
