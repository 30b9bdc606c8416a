"""Strategies whose words name a champion's output: seen on the night it was scored, skipped with a reason where not."""

import json

import pytest
from small_bank import MODEL

from orchestration.strategy import replay

SEGMENTS = "segment_value_kmeans"


@pytest.fixture
def champions(bank):
    """Two plugged champions with their output tags, one a number, one a text."""
    for model_id, tag, kind in ((MODEL, "wealth_probability", "number"), (SEGMENTS, "value_segment", "text")):
        bank.state.insert("model_event", {"model_id": model_id, "version": "h", "action": "plugged", "alias": None,
                                          "who": "a reviewer", "reason": "", "recorded_at": "now"})  # fmt: skip
        bank.state.insert("model_alias", {"model_id": model_id, "alias": "champion", "version": "v1", "recorded_at": "now"})
        card = bank.settings.artefacts / model_id / "v1" / "model_version.json"
        card.parent.mkdir(parents=True)
        card.write_text(json.dumps({"manifest": {"output_tag": {"id": tag, "value_type": kind}}}), encoding="utf-8")


def label(bank, labels, night):
    bank.insert("state.model_score", [{"model_id": SEGMENTS, "version": "v1", "customer_id": c, "as_of_date": night,
                                       "score": 0.0, "label": text} for c, text in labels.items()])  # fmt: skip


def test_an_audience_sees_the_champions_columns_of_its_night(bank, champions, crowd, day):
    people = crowd(300)
    bank.customers(people)
    label(bank, {c: "high" if n % 2 else "low" for n, c in enumerate(people)}, day(0))
    bank.run_strategy(audience="wealth_probability >= 0.5 and value_segment = 'high'", global_holdout_share=0,
                      bau_rank=[{"tag": "wealth_probability", "direction": "asc"}])  # fmt: skip
    [outcome] = bank.decide()
    assert outcome["status"] == "frozen"
    wanted = {c for n, (c, p) in enumerate(people.items()) if p["score"] >= 0.5 and n % 2}
    assert set(bank.reasons()) == wanted
    arm = {a["unit_id"] for a in bank.assigned() if a["level"] == 1 and a["arm"] == "bau"}
    usual = {m["customer_id"] for m in bank.members() if m["policy"] == "bau"}
    assert usual == set(sorted(arm, key=lambda c: (people[c]["score"], c))[:20])


def test_without_that_nights_scores_the_strategy_is_skipped_with_a_reason(bank, champions, crowd, day):
    people = crowd(100)
    for night in (day(0), day(7)):
        bank.customers(people, night)
    label(bank, dict.fromkeys(people, "high"), day(7))
    bank.run_strategy(audience="value_segment = 'high'")
    bank.run_strategy(id="second", salt="second_salt", priority=2)
    first, second, later = bank.decide(day(0), day(7))[:3]
    assert first["status"] == "no_scores" and second["status"] == "frozen" and later["status"] == "frozen"
    assert first["detail"] == f"skipped: first names value_segment, but its model {SEGMENTS} has no scores of 2026-03-02"


def test_an_unplugged_models_tag_is_unknown_to_the_night(bank, champions, crowd):
    bank.customers(crowd(100))
    bank.state.insert("model_event", {"model_id": SEGMENTS, "version": "h", "action": "unplugged", "alias": None,
                                      "who": "a reviewer", "reason": "", "recorded_at": "now"})  # fmt: skip
    bank.run_strategy(audience="value_segment = 'high'")
    [outcome] = bank.decide()
    assert outcome["status"] == "failed" and "unknown tag 'value_segment'" in outcome["detail"]


def test_such_a_list_is_rebuilt_though_the_model_has_left(bank, champions, crowd, day):
    people = crowd(200)
    bank.customers(people)
    label(bank, {c: "high" if n % 2 else "low" for n, c in enumerate(people)}, day(0))
    bank.run_strategy(audience="value_segment = 'high'")
    bank.decide()
    bank.publish()
    bank.state.insert("model_event", {"model_id": SEGMENTS, "version": "h", "action": "unplugged", "alias": None,
                                      "who": "a reviewer", "reason": "", "recorded_at": "now"})  # fmt: skip
    assert replay(bank.settings, bank.state, "first-v1-20260302")["is_same_bytes"]
