"""Strategies side by side: gaps, overlaps and whom a strategy lost; in from a sheet and out to one."""

import csv
import shutil

import openpyxl
import pytest

from features import settings as settings_module
from features.errors import KehuError
from features.settings import ROOT
from features.state import opened
from orchestration.strategy import graph, spreadsheet
from orchestration.strategy.check import check, read_all, read_strategy

ROW = {"编号": "payroll_fund", "名称": "代发客户配基金", "name_en": "Funds for payroll clients", "阶段": "growing",
       "目标": "fee", "客群": "payroll", "场景": "lifecycle", "指标": "purchase_fund", "最小效应": "0.02", "负责人": "财富管理部",
       "作者": "陈静", "名单": "is_payroll; nothing", "产品": "F002", "产品类别": "fund", "渠道": "rm_phone",
       "话术": "inflow_fund_call_v1", "模型": "propensity_wealth_first_buy", "每波容量": "80", "结束日期": "2027-12-31"}  # fmt: skip


@pytest.fixture
def home(tmp_path):
    shutil.copytree(ROOT / "dbt_project" / "strategies", tmp_path / "strategies")
    return settings_module.init(tmp_path / "home", strategies=str(tmp_path / "strategies"))


def sheet(path, rows):
    with path.open("w", encoding="gb18030", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def test_a_sheet_becomes_files_and_every_bad_row_says_why(home, tmp_path):
    good = {**ROW, "名单": "is_payroll"}
    rows = [good, {**good, "编号": "payroll_fund"}, {**good, "编号": "x", "渠道": "pigeon"}, {**good, "编号": "y", "最小效应": "0"},
            {**good, "编号": "z", "名单": "is_payroll and"}, {**good, "编号": "again", "客群": "inflow"}]  # fmt: skip
    with opened(home) as state:
        answer = spreadsheet.load(home, state, sheet(tmp_path / "s.csv", rows))
        assert (answer["read"], answer["loaded"], answer["rejected"]) == (6, 2, 4)
        reasons = {reject["row"]: reject["reason"] for reject in answer["rejects"]}
        assert reasons[3] == "id: 'payroll_fund' is there already"
        assert "'pigeon' is not in vocabulary" in reasons[4] and reasons[5].startswith("mde: ")
        assert reasons[6].startswith("audience: ") and all("\n" not in reason for reason in reasons.values())
        assert answer["files"] == ["growing/payroll_fund.yml", "growing/again.yml"]
        assert answer["duplicates"] == [{"key": "inflow × F002 × rm_phone", "strategies": ["again", "large_inflow_fund"]}]
        assert {"stage": "lost", "goal_family": "scale"} in answer["gaps"]
        assert {"stage": "growing", "goal_family": "fee"} not in answer["gaps"]
        assert answer["defaults"][0]["keys"][:2] == ["version", "direction"]
    assert check(home)["passed"] and read_strategy(home, "payroll_fund").hold_share == 0.2
    with pytest.raises(KehuError, match="unknown column '心情'"), opened(home) as state:
        spreadsheet.load(home, state, sheet(tmp_path / "t.csv", [{**good, "心情": "good"}]))


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_out_and_in_again_gives_the_same_strategies(home, tmp_path, ending):
    before = {file.strategy.id: file.strategy.content_hash for file in read_all(home)[0]}
    out = tmp_path / f"all.{ending}"
    with opened(home) as state:
        first = spreadsheet.export(home, state, out)["sha256"]
        assert spreadsheet.export(home, state, out)["sha256"] == first
        shutil.rmtree(home.strategies)
        home.strategies.mkdir()
        answer = spreadsheet.load(home, state, out)
    assert answer["rejects"] == [] and answer["loaded"] == 3
    assert {file.strategy.id: file.strategy.content_hash for file in read_all(home)[0]} == before
    if ending == "xlsx":
        header = [cell.value for cell in openpyxl.load_workbook(out).worksheets[0][1]]
        assert tuple(header[2:9]) == spreadsheet.DECISIONS


def test_coverage_names_the_cells_that_nobody_works_on(home):
    with opened(home) as state:
        rows = graph.coverage(home, state)
    assert len(rows) == 24 and {row["customer_count"] for row in rows} == {None}
    covered = {(row["stage"], row["goal_family"]): row["strategies"] for row in rows if not row["is_gap"]}
    assert covered == {("growing", "fee"): ["large_inflow_fund"], ("honeymoon", "customer"): ["honeymoon_second_product"],
                       ("mature", "scale"): ["maturing_deposit_wealth"]}  # fmt: skip


def test_overlap_counts_shared_customers_and_the_displaced(bank, crowd):
    people = crowd(200)
    bank.customers(people)
    bank.run_strategy(id="strong", salt="strong_salt", priority=1, global_holdout_share=0)
    bank.run_strategy(id="weak", salt="weak_salt", priority=2, audience="aum_month_avg_cny >= 20000", global_holdout_share=0)
    bank.decide()
    bank.publish()
    rows = {(row["strategy_id"], row["other_id"]): row for row in graph.overlap(bank.settings, bank.state)}
    weak = {c for c, p in people.items() if p["aum_month_avg_cny"] >= 20000}
    strong = {c for c, p in people.items() if p["aum_month_avg_cny"] >= 1000}
    assert rows["strong", None]["eligible_count"] == len(strong) and rows["weak", None]["eligible_count"] == len(weak)
    assert rows["strong", "weak"]["eligible_count"] == len(strong & weak)
    listed = {m["customer_id"] for m in bank.members() if m["strategy_id"] == "strong"}
    assert rows["weak", None]["displaced_count"] == len(listed & weak) > 0
    assert rows["strong", None]["displaced_count"] == 0
    counted = {row["stage"]: row["customer_count"] for row in graph.coverage(bank.settings, bank.state)}
    assert counted["mature"] == 200 and counted["lost"] == 0
