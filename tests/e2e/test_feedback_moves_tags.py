"""What comes back from customers moves the next night's tags, theirs and nobody else's, and the next lists."""

import csv
import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.e2e.conftest import Played
from tests.e2e.homes import ask, kehu, night_of, nightly

NIGHT = 3
DAY = night_of(NIGHT)
Values = dict[str, Any]

TAGS = "select customer_id from tags.customer_tags where"
LISTED = f"select customer_id from campaign.list_member where as_of_date = '{DAY}' and strategy_id ="
QUIET = f"{TAGS} days_since_contact is null and not is_minor and first_wealth_purchase_date is null and aum_cny between 1000 and 9000"
WHO = {
    "click": QUIET,
    "appointment": QUIET,
    "purchase": QUIET,
    "refusal": f"{LISTED} 'maturing_deposit_wealth' intersect {TAGS} tenure_months >= 24 and days_since_contact is null",
    "optout": f"{LISTED} 'honeymoon_second_product' intersect {TAGS} days_since_contact is null",
    "complaint": f"{LISTED} 'honeymoon_second_product' intersect {TAGS} days_since_contact is null",
}
"""Of whom each kind of feedback comes, asked of the same night without any."""

CONTACTED = {"days_since_contact", "contact_count_30d", "contact_fatigue_rate", "cost_to_serve_90d_cny", "contribution_cost_12m_cny",
             "contribution_12m_cny"}
CALLED = CONTACTED | {"connect_rate_180d"}
HELD = {"aum_cny", "aum_month_avg_cny", "aum_weighted_month_avg_cny", "demand_share_rate", "time_share_rate"}
BOUGHT = HELD | {
    "aum_tier", "aum_tier_change_count", "aum_peak_12m_cny", "aum_attrition_rate", "investment_share_rate", "deposit_share_rate",
    "asset_direction", "product_count", "product_families", "first_wealth_purchase_date", "days_since_purchase", "purchase_count_12m",
    "lifecycle_stage", "is_growing", "is_declining", "stage_start_date", "days_in_stage"}
MOVED = {
    "click": CONTACTED | {"is_responder"},
    "appointment": CALLED | {"is_responder"},
    "purchase": CALLED | BOUGHT,
    "refusal": CALLED,
    "optout": CALLED | {"is_do_not_contact"},
    "complaint": CALLED | {"has_recent_complaint"},
    "maturing": {"maturing_30d_cny"},
    "matured": HELD | {"maturing_30d_cny", "aum_attrition_rate", "investment_share_rate", "fund_share_rate", "deposit_share_rate",
                       "contribution_margin_12m_cny", "contribution_12m_cny"},
}
RANKS = {"value_grade"}
"""A fifth of everybody: whoever passes others on the way moves one of them across the border."""
OF_MODELS = {"wealth_first_buy_probability", "value_segment"}


@dataclass(frozen=True)
class Told:
    """A night with feedback, the same night without, and who said what."""

    home: Path
    without: Path
    who: dict[str, str]

    @cached_property
    def moved(self) -> dict[str, dict[str, tuple[Any, Any]]]:
        """{customer: {tag: (without, with)}} of every customer of whom a tag differs."""
        before, after = _tags(self.without), _tags(self.home)
        assert before.keys() == after.keys()
        gaps = {customer: {tag: (value, after[customer][tag]) for tag, value in tags.items() if value != after[customer][tag]}
                for customer, tags in before.items()}
        return {customer: found for customer, found in gaps.items() if found}

    def decided(self, home: Path, kind: str) -> dict[str, tuple[str | None, bool]]:
        """{strategy: (why not, is on the list)} of the customer of a kind, on the night."""
        rows = ask(home, "select strategy_id, block_reason, is_chosen from campaign.candidate_log"
                         f" where run_date = '{DAY}' and customer_id = '{self.who[kind]}'")
        return {strategy: (reason, is_chosen) for strategy, reason, is_chosen in rows}


def _tags(home: Path) -> dict[str, Values]:
    rows = ask(home, "select t from tags.customer_tags as t")
    return {row[0]["customer_id"]: row[0] for row in rows}


def _file(landing: Path, entity: str) -> Path:
    return landing / f"{DAY}" / f"{entity}_{DAY:%Y%m%d}.csv"


def _add(landing: Path, entity: str, rows: Sequence[Mapping[str, object]]) -> None:
    """More rows at the end of the day's extract, counted and added up in its control file."""
    path = _file(landing, entity)
    with path.open(encoding="utf-8-sig", newline="") as stream:
        names = next(csv.reader(stream))
    with path.open("a", encoding="utf-8", newline="") as stream:
        csv.DictWriter(stream, names).writerows(rows)
    control_path = path.with_name(path.name + ".ctl")
    control = json.loads(control_path.read_text(encoding="utf-8"))
    control["rows"] += len(rows)
    if "amount_total" in control:
        added = sum(Decimal(str(row[control["amount_column"]])) for row in rows)
        control["amount_total"] = str(Decimal(control["amount_total"]) + added)
    control_path.write_text(json.dumps(control), encoding="utf-8")


def _who(without: Path) -> dict[str, str]:
    """One customer for each kind of feedback, everybody another one."""
    found: dict[str, str] = {}
    for kind, sql in WHO.items():
        found[kind] = min({row[0] for row in ask(without, sql)} - set(found.values()))
    return found


def _contact(number: int, customer: str, **more: object) -> Values:
    return {"contact_id": f"x{number}", "customer_id": customer, "channel_id": "rm_phone", "ts": f"{DAY} 10:{number:02}:00",
            "delivered": 1, "connected": 1, "disposition": "neutral", "cost_cny": "8.00", "message_class": "marketing", **more}


def _contacts(who: dict[str, str]) -> list[Values]:
    """Two for those whom an answer shall make responders, one for the others."""
    text = {"channel_id": "sms", "connected": "", "disposition": "", "cost_cny": "0.05"}
    return [_contact(1, who["click"], **text), _contact(2, who["click"], **text),
            _contact(3, who["appointment"]), _contact(4, who["appointment"], disposition="appointment"),
            _contact(5, who["purchase"]), _contact(6, who["purchase"]),
            _contact(7, who["refusal"], disposition="refused"), _contact(8, who["optout"], disposition="refused"),
            _contact(9, who["complaint"])]


def _responses(who: dict[str, str]) -> list[Values]:
    told = (("click", 2), ("appointment", 4), ("purchase", 6), ("refusal", 7), ("optout", 8), ("complaint", 9))
    return [{"response_id": f"y{number}", "customer_id": who[kind], "ts": f"{DAY} 11:00:00", "attributed_contact_id": f"x{number}",
             "response_type": "refuse" if kind == "refusal" else kind} for kind, number in told]


def _holding(contract: str, customer: str, product: str, amount: object, start: date, maturity: date) -> Values:
    return {"contract_no": contract, "dt": DAY, "customer_id": customer, "product_id": product, "market_value_cny": amount,
            "cost_cny": amount, "start_date": start, "maturity_date": maturity, "auto_renew": 0}


SAVES_AND_INVESTS = ("select customer_id from customer.holding_as_of where as_of_date = {day} group by customer_id"
                     " having list_sort(list(distinct product_family)) = ['demand', 'fund', 'time']"
                     " and count(*) filter (where product_family = 'time') >= 2")
"""Of such a customer a deposit that ends moves every share of the assets and no product."""


def _deposit(without: Path, landing: Path, maturity: str, taken: Iterable[str]) -> tuple[str, str, str, Decimal, date, date]:
    """A time deposit that the day's extract says nothing of: contract, customer (none of `taken`), product, value, start, maturity."""
    told = _file(landing, "holding").read_text(encoding="utf-8-sig")
    with duckdb.connect(str(without / "build.duckdb"), read_only=True) as connection:
        rows = connection.execute(
            "select contract_no, customer_id, product_id, market_value_amount, start_date, maturity_date from customer.holding_as_of"
            f" where as_of_date = '{DAY}' and product_family = 'time' and maturity_date {maturity}"
            f" and customer_id in ({SAVES_AND_INVESTS.format(day=repr(str(DAY)))}) order by contract_no").fetchall()
    return next(row for row in rows if f"\n{row[0]}," not in told and row[1] not in taken)


def _extracts(landing: Path, without: Path, who: dict[str, str]) -> dict[str, str]:
    """What the bank's own systems say of the day: a complaint, a purchase, a maturity that comes near and one that is paid out."""
    _add(landing, "complaint", [{"complaint_id": "z1", "dt": DAY, "customer_id": who["complaint"], "ts": f"{DAY} 12:00:00",
                                 "topic": "marketing_call", "severity": 2, "linked_contact_id": "x9"}])
    near = _deposit(without, landing, f"> date '{DAY}' + 30", who.values())
    paid = _deposit(without, landing, f"between date '{DAY}' + 1 and date '{DAY}' + 30", {*who.values(), near[1]})
    _add(landing, "holding", [
        _holding("z2", who["purchase"], "W090A", "60000.00", DAY, DAY + timedelta(days=90)),
        _holding(*near[:5], DAY + timedelta(days=5)), _holding(*paid[:3], "0.00", *paid[4:])])
    return {**who, "maturing": near[1], "matured": paid[1]}


@pytest.fixture(scope="module")
def told(bank: Played, tmp_path_factory: pytest.TempPathFactory) -> Told:
    """One night with feedback of every kind: what a CRM sends by the command, the bank's own in the extracts."""
    folder = tmp_path_factory.mktemp("feedback")
    without, home, landing = bank.after(NIGHT), bank.copy(NIGHT - 1, f"{folder.name}-home"), folder / "landing"
    shutil.copytree(bank.landing, landing)
    who = _extracts(landing, without, _who(without))
    words = [{"feedback_id": "w1", "employee_id": "e0001", "ts": f"{DAY} 09:00:00", "object_type": "tag", "object_id": "is_parent",
              "object_version": "", "verdict": "disagree", "customer_id": who["click"], "text": "他没有孩子"}]
    for entity, rows in (("contact", _contacts(who)), ("response", _responses(who)), ("feedback", words)):
        path = folder / f"{entity}.csv"
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        answer = kehu("feedback", "import", path, "--home", home, "--json").document
        assert answer["loaded"] == len(rows), answer
    nightly(home, landing, DAY)
    return Told(home, without, who)




def test_each_kind_moves_its_tags_and_nobody_elses(told: Told) -> None:
    moved, kinds = told.moved, {customer: kind for kind, customer in told.who.items()}
    assert {kinds[customer]: set(tags) - RANKS - OF_MODELS for customer, tags in moved.items() if customer in kinds} == MOVED
    assert {tag for customer, tags in moved.items() if customer not in kinds for tag in tags} <= RANKS
    assert {kind for kind in MOVED if set(moved[told.who[kind]]) & OF_MODELS} >= {"purchase", "matured"}


def test_the_tags_say_what_happened(told: Told) -> None:
    found = {kind: {tag: after for tag, (_, after) in told.moved[customer].items()} for kind, customer in told.who.items()}
    assert {kind: found[kind]["contact_count_30d"] for kind in WHO} == {
        "click": 2, "appointment": 2, "purchase": 2, "refusal": 1, "optout": 1, "complaint": 1}
    assert {kind: found[kind]["contact_fatigue_rate"] for kind in WHO} == {
        "click": 0.2, "appointment": 0.2, "purchase": 0.2, "refusal": 0.3, "optout": 0.3, "complaint": 0.1}
    assert all(found[kind]["days_since_contact"] == 0 for kind in WHO)
    assert found["click"]["is_responder"] and found["appointment"]["is_responder"]
    assert found["optout"]["is_do_not_contact"] and found["complaint"]["has_recent_complaint"]
    assert found["purchase"]["first_wealth_purchase_date"] == DAY and found["purchase"]["lifecycle_stage"] == "growing"
    before, after = told.moved[told.who["matured"]]["maturing_30d_cny"]
    aum_before, aum_after = told.moved[told.who["matured"]]["aum_cny"]
    assert before - after == aum_before - aum_after > 0


def test_the_next_lists_leave_them_out_and_say_why(told: Told) -> None:
    wanted = {"refusal": ("maturing_deposit_wealth", "capped"), "optout": ("honeymoon_second_product", "do_not_contact"),
              "complaint": ("honeymoon_second_product", "complaint")}
    for kind, (strategy, reason) in wanted.items():
        assert told.decided(told.without, kind)[strategy] == (None, True), f"{kind}: was not on the list, leaving it proves nothing"
        assert told.decided(told.home, kind)[strategy] == (reason, False)
        assert not any(is_chosen for _, is_chosen in told.decided(told.home, kind).values())
    assert {reason for reason, _ in told.decided(told.home, "complaint").values()} == {"complaint"}


def test_others_only_take_the_places_that_are_free(told: Told) -> None:
    log = f"select strategy_id, customer_id, block_reason from campaign.candidate_log where run_date = '{DAY}'"
    without, found = ({row[:2]: row[2] for row in ask(home, log)} for home in (told.without, told.home))
    changed = {key: (reason, found[key]) for key, reason in without.items() if key in found and found[key] != reason}
    others = {pair for (_, customer), pair in changed.items() if customer not in told.who.values()}
    assert others and {reason for pair in others for reason in pair} <= {None, "capacity", "displaced"}
    assert {customer for _, customer in without.keys() ^ found.keys()} <= set(told.who.values())


def test_a_word_on_a_tag_counts_for_its_version(told: Told) -> None:
    without, found = ({row["id"]: (row["version"], row["feedback_count"], row["disagree_rate"]) for row in
                       kehu("tags", "list", "--home", home, "--json").document["items"]} for home in (told.without, told.home))
    version, count, rate = without["is_parent"]
    assert {tag for tag, words in found.items() if words != without[tag]} == {"is_parent"}
    assert found["is_parent"] == (version, count + 1, pytest.approx((count * (rate or 0) + 1) / (count + 1)))
    shown = kehu("tags", "show", "is_parent", "--home", told.home, "--json").document["feedback"][:2]
    assert [row["tag_version"] for row in shown if row["feedback_text"] == "他没有孩子"] == [version]
