"""Every fault of a strategy file is named with its file and its true line."""

import csv
import hashlib
import shutil

import pytest

from features import settings as settings_module
from features.errors import KehuError
from features.settings import ROOT
from features.state import opened
from orchestration.strategy import schema
from orchestration.strategy.check import check, read_strategy

NAME = "mature/maturing_deposit_wealth.yml"
CATALOGUE = {
    "maturing_30d_cny": "number", "aum_month_avg_cny": "number", "net_inflow_30d_cny": "number",
    "is_honeymoon": "boolean", "tenure_months": "number", "is_large_inflow": "boolean", "first_wealth_purchase_date": "date",
}  # fmt: skip


@pytest.fixture
def home(tmp_path):
    shutil.copytree(ROOT / "dbt_project" / "strategies", tmp_path / "strategies")
    return settings_module.init(tmp_path / "home", strategies=str(tmp_path / "strategies"))


def edit(home, old, new, name=NAME):
    path = home.strategies / name
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, old
    path.write_text(text.replace(old, new), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


def test_the_shipped_strategies_pass(home):
    assert check(home, CATALOGUE) == {"passed": True, "failures": [], "strategies": 3}


@pytest.mark.parametrize(("old", "new", "reason"), [
    ("hold_share: 0.4", "hold_share: 1.4", "hold_share: input should be less than or equal to 0.9"),
    ("hold_share: 0.4", "hold_share: 0.33333", "hold_share: must be a multiple of 0.0001"),
    ("stage: mature", "stage: maturish", "stage: input should be 'basic', 'honeymoon'"),
    ("goal_family: scale", "goal_family: fee_income", "goal_family: input should be 'scale'"),
    ("primary_metric: purchase_wealth", "primary_metric: clicks", "primary_metric: 'clicks' is none of"),
    ("version: 1", "version: one", "version: input should be a valid integer"),
    ("mde: 0.05", "mdee: 0.05", "mdee: extra inputs are not permitted"),
    ("channel_id: rm_phone", "channel_id: pigeon", "'pigeon' is not in vocabulary/channel.csv"),
    ("script_id: maturing_wealth_call_v1", "script_id: inflow_fund_call_v2", "is draft, not approved"),
    ("product_family: wealth", "product_family: fund", "product_family: 'W090A' is wealth"),
    ("bau: 0.5", "bau: 0.6", "policy_shares: model and bau must sum to 1"),
    ("tag: tenure_months", "tag: tenure_month", "bau_rank: unknown tag 'tenure_month'"),
    ("(maturing_30d_cny > 0 or", "(maturing_31d_cny > 0 or", "did you mean maturing_30d_"),
    ("cny > 0 or", "cny > 0 or or", "'or' does not belong here"),
    ("id: maturing_deposit_wealth\n", "id: maturing\n", "is not the file's name"),
    ("expires_days: 14", "expires_days: 60", "expires_days: a list may not outlive the outcome window"),
    ("priority: 3", "priority: 3\npriority: 4", "priority: there twice"),
    ("salt: maturing_deposit_wealth_2026", "salt: large_inflow_fund_2026", "is used by another strategy too"),
    ("global_holdout_share: 0.02", "global_holdout_share: 0.05", "share one global holdout"),
    ("policy_shares: {model", "policy_shares: {{model", "not valid YAML"),
])  # fmt: skip
def test_a_fault_is_named_with_its_line(home, old, new, reason):
    line = edit(home, old, new)
    found = check(home, CATALOGUE)
    mine = [f for f in found["failures"] if f["file"] == NAME]
    assert not found["passed"]
    assert any(reason in f["reason"] for f in mine), mine
    wanted = line + 1 if "twice" in reason else line
    assert wanted in {f["line"] for f in mine if reason in f["reason"]}, (wanted, mine)


def test_a_missing_key_is_named(home):
    edit(home, "owner: 财富管理部\n", "")
    reasons = [f["reason"] for f in check(home, CATALOGUE)["failures"]]
    assert reasons == ["owner: field required"]


def test_several_faults_of_one_file_come_together(home):
    first, second = edit(home, "window_days: 30", "window_days: 0"), edit(home, "mde: 0.05", "mde: -1")
    assert [f["line"] for f in check(home)["failures"]] == [first, second]


def test_an_approved_version_is_frozen_but_comments_are_free(home):
    strategy = read_strategy(home, "maturing_deposit_wealth")
    with opened(home) as state:
        state.insert("strategy_event", {
            "strategy_id": strategy.id, "version": 1, "action": "approved", "who": "a", "reason": "",
            "file_hash": strategy.content_hash, "body": strategy.body(), "recorded_at": "now",
        })  # fmt: skip
        edit(home, "priority: 3", "priority: 3  # after the honeymoon")
        assert check(home, CATALOGUE, state)["passed"]
        edit(home, "capacity_per_wave: 300", "capacity_per_wave: 400")
        failures = check(home, CATALOGUE, state)["failures"]
        assert [f["reason"] for f in failures] == ["version: 1 was approved with other words, a change is 2"]
        edit(home, "version: 1", "version: 2")
        assert check(home, CATALOGUE, state)["passed"]


def test_reading_one_strategy_says_what_is_wrong(home):
    with pytest.raises(KehuError, match="there are: large_inflow_fund"):
        read_strategy(home, "nobody") if edit(home, "mde: 0.05", "mde: -1") else None
    with pytest.raises(KehuError, match=r"mature/maturing_deposit_wealth.yml, line 13: mde"):
        read_strategy(home, "maturing_deposit_wealth")


def test_the_generated_schema_is_fresh_and_check_sees_when_not(tmp_path, capsys):
    assert schema.main(["--check"]) == 0
    stale = tmp_path / "strategy.schema.json"
    stale.write_text("{}")
    assert schema.main(["--check"], stale) == 1
    assert schema.main([], stale) == 0
    assert schema.main(["--check"], stale) == 0
    assert "stale" in capsys.readouterr().out


def test_the_hash_of_a_script_is_of_its_text(home):
    with (ROOT / "dbt_project/seeds/vocabulary/script.csv").open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            assert row["text_hash"] == hashlib.sha256(row["text_zh"].encode()).hexdigest()[:16], row["script_id"]
