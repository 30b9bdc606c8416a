"""A small hand-made bank: the tables that the board's dbt models read, every figure chosen, every identity exact."""

from dataclasses import dataclass
from datetime import date, timedelta
from math import erfc, sqrt

import duckdb
import numpy as np
import pandas as pd

from orchestration.measure.tables import create

TO_DATE = date(2026, 11, 22)
NIGHTS = tuple(TO_DATE - timedelta(days=7 * back) for back in range(8, -1, -1))
Z = 1.959963984540054
EFFECTS = {
    "model_effect": (1, -1, 0, 0), "bau_effect": (0, 0, 1, -1), "model_increment": (1, -1, -1, 1),
    "selection_bias": (0, 1, 0, -1), "naive_gap": (1, 0, -1, 0),
}
CELLS = ("model_contacted", "model_held", "bau_contacted", "bau_held")


@dataclass(frozen=True)
class Strategy:
    """One strategy: people per cell, mean per cell (contacted and held; model, then BAU) and what was concluded."""

    strategy_id: str
    name_zh: str
    name_en: str
    metric_id: str
    people: tuple[int, int, int, int]
    means: tuple[float, float, float, float]
    verdict: str
    mde: float = 0.01
    sd: float = 0.0
    matured: float = 1.0
    status: str = "running"


STRATEGIES = (
    Strategy("maturing_deposit_wealth", "到期资金承接", "Maturing deposits", "purchase_wealth",
             (2400, 1600, 2400, 1600), (0.118, 0.061, 0.052, 0.034), "win"),
    Strategy("sms_wakeup", "睡眠户短信唤醒", "Dormant wake-up by SMS", "active_txn",
             (3000, 2000, 3000, 2000), (0.020, 0.018, 0.062, 0.020), "harm"),
    Strategy("large_inflow_fund", "大额流入基金推介", "Large inflow to fund", "purchase_fund",
             (2000, 1000, 2000, 1000), (0.142, 0.121, 0.061, 0.040), "futile", 0.05),
    Strategy("honeymoon_second_product", "新户第二产品", "New customers' second product", "purchase_wealth",
             (420, 180, 420, 180), (0.095, 0.061, 0.055, 0.033), "undecided", 0.05),
    Strategy("card_first_swipe", "信用卡首刷", "Card first swipe", "card_first_swipe",
             (160, 70, 160, 70), (0.212, 0.171, 0.169, 0.157), "collecting", 0.03, matured=0.42),
    Strategy("affluent_upgrade", "财富客户提升 <A&B>", "Upgrade to affluent <A&B>", "purchase_wealth",
             (1800, 700, 1800, 900), (0.066, 0.051, 0.049, 0.040), "invalid"),
    Strategy("aum_keeper", "高净值资产留存", "High-value asset keeper", "aum_change",
             (900, 600, 900, 600), (8200.0, 2100.0, 1900.0, 1500.0), "win", 2000.0, 21000.0),
)
FRESH = ("rural_credit", "整村授信", "Rural village credit")
WORDS = {
    "win": ("每触达 100 人，模型比常规做法多带来 {x} 个客户", "Per 100 people contacted, the model brings {x} more customers than business as usual", "scale"),
    "harm": ("每触达 100 人，模型名单比常规做法少 {x} 个客户", "Per 100 people contacted, the model list brings {x} fewer customers than business as usual", "stop"),
    "futile": ("模型没有多带来客户", "The model brings no more customers than business as usual", "fix"),
    "undecided": ("还不能说模型是否多带来了客户", "It cannot be said yet whether the model adds anything", "keep"),
    "collecting": ("客户还在成熟，现在不下结论", "Customers are still maturing, no verdict yet", "keep"),
    "invalid": ("本策略的数字现在不能用于决策", "This result is not decision-ready", "fix"),
}
REASONS = {
    "win": ("95% 区间整体在 0 以上", "95% interval above 0"),
    "harm": ("95% 区间整体在 0 以下", "95% interval below 0"),
    "futile": ("区间上限低于计划能测出的最小增量", "the interval's top is below the smallest planned increment"),
    "undecided": ("95% 区间包含 0，到期未分胜负", "95% interval contains 0 at the planned end"),
    "collecting": ("已成熟 42%，到期后下结论", "42% matured, the verdict comes at the end"),
    "invalid": ("下发环节样本比例失配，p < 0.001", "sample ratio mismatch at dispatch, p < 0.001"),
}


def measurement(s: Strategy, night: date, share: float, verdict: str) -> dict[str, object]:
    """One row of measure.measurement from counts and means."""
    people = [int(n * share) for n in s.people]
    means = s.means if s.sd else [round(m * n) / n for m, n in zip(s.means, people, strict=True)]
    variances = [s.sd**2 if s.sd else m * (1 - m) for m in means]
    row: dict[str, object] = {"strategy_id": s.strategy_id, "as_of_date": night, "metric_id": s.metric_id, "is_primary": True}
    for cell, n, mean, variance in zip(CELLS, people, means, variances, strict=True):
        row |= {f"n_{cell}": n, f"mean_{cell}": mean, f"var_{cell}": variance}
    for name, weights in EFFECTS.items():
        value = sum(w * m for w, m in zip(weights, means, strict=True))
        se = sqrt(sum(w * w * v / n for w, v, n in zip(weights, variances, people, strict=True)))
        row |= {name: value, f"{name}_se": se, f"{name}_low": value - Z * se, f"{name}_high": value + Z * se,
                f"{name}_p": erfc(abs(value) / se / sqrt(2))}
    wide = 1.55 * Z * float(row["model_increment_se"])  # type: ignore[arg-type]
    centre = float(row["model_increment"])  # type: ignore[arg-type]
    zh, en, advice = WORDS[verdict]
    shown = f"{abs(centre) * 100:.2f}"
    return row | {
        "sequence_low": centre - wide, "sequence_high": centre + wide,
        "srm_status": "failed" if verdict == "invalid" else "passed", "srm_p_value": 0.00002 if verdict == "invalid" else 0.62,
        "verdict": verdict, "reason_zh": REASONS[verdict][0], "reason_en": REASONS[verdict][1], "advice": advice,
        "sentence_zh": zh.format(x=shown), "sentence_en": en.format(x=shown), "planned_mde": s.mde,
        "is_powered": verdict != "undecided", "matured_share_rate": s.matured * share, "strategy_version": 1,
        "strategy_status": s.status, "model_version": "2026-08-31-ab12cd34" if night < NIGHTS[7] else "2026-11-15-99aa",
        "plan_hash": "0f1e2d3c4b5a69788796a5b4c3d2e1f0", "registered_date": NIGHTS[0], "estimator": "raw",
        "alpha_monitor": 0.01, "alpha_final": 0.04, "judged_increment": centre, "judged_se": row["model_increment_se"],
        "ever_low": centre - wide, "ever_high": centre + wide, "p_adjusted": row["model_increment_p"],
        "is_discovery": verdict == "win", "model_increment_shrunken": 0.9 * centre,
        **_more(row, night >= NIGHTS[6] and verdict not in ("collecting", "invalid")),
    }


def _more(row: dict[str, object], is_final: bool) -> dict[str, object]:
    """Adjusted form beside the raw one; on the final night and after it the one final look and the whole arms."""
    centre, se = float(row["model_increment"]), float(row["model_increment_se"])  # type: ignore[arg-type]
    narrow = 0.6 * se
    found: dict[str, object] = {
        "model_increment_adjusted": centre * 0.98, "model_increment_adjusted_se": narrow,
        "model_increment_adjusted_low": centre * 0.98 - Z * narrow, "model_increment_adjusted_high": centre * 0.98 + Z * narrow,
        "variance_reduction_rate": 0.64}
    if is_final:
        found |= {"final_date": NIGHTS[6], "final_low": centre - 2.05 * se, "final_high": centre + 2.05 * se,
                  "policy_value": centre / 20, "policy_value_low": centre / 20 - se / 20,
                  "policy_value_high": centre / 20 + se / 20, "policy_value_se": se / 20 / Z, "arm_model_count": 41_200,
                  "arm_bau_count": 40_980, "agreement_z": 0.7}
    return found


def money() -> pd.DataFrame:
    """What the first strategy earned; the others sell nothing with a margin."""
    s = STRATEGIES[0]
    row = {"strategy_id": s.strategy_id, "strategy_version": 1, "as_of_date": TO_DATE, "currency": "CNY", "product_id": "W180A",
           "margin_rate": 0.0022, "contacted_count": 2400, "held_count": 1600, "contact_cost": 22_800.0, "cost_difference": 400.0,
           "gross_amount": 21_840_000.0}
    for name, value, half in (("increment_income", 14_080.0, 6_100.0), ("increment_profit", 13_680.0, 6_100.0),
                              ("campaign_income", 22_700.0, 7_000.0), ("campaign_profit", -100.0, 7_000.0),
                              ("hold_cost", -70.0, 4_600.0), ("net_new_money", 1_900_000.0, 900_000.0)):
        row |= {name: value, f"{name}_low": value - half, f"{name}_high": value + half}
    return pd.DataFrame([row])


def segments() -> pd.DataFrame:
    """The increment of the first strategy by tier of assets."""
    rows = [("t2_10k_50k", 5100, 0.051, 0.012, 0.043), ("t3_50k_200k", 2900, 0.018, 0.016, 0.029)]
    return pd.DataFrame([{
        "strategy_id": STRATEGIES[0].strategy_id, "strategy_version": 1, "as_of_date": TO_DATE, "metric_id": "purchase_wealth",
        "segment": name, "people_count": n, "increment": value, "increment_se": se, "increment_low": value - Z * se,
        "increment_high": value + Z * se, "shrunken": shrunken} for name, n, value, se, shrunken in rows])


def holdout() -> pd.DataFrame:
    """Nine nights on which the strategies claim more purchases than the whole bank shows."""
    rows = []
    for number, night in enumerate(NIGHTS, start=1):
        row = {"as_of_date": night, "window_days": 90, "status": "measured", "marketed_count": 86_000, "held_count": 1_750,
               "marketed_mean": 0.091, "held_mean": 0.0885, "strategy_count": 7, "discovery_count": 2,
               "curse_claimed": 0.091, "curse_shrunken": 0.074}
        for name, value, half in (("claimed", 60.0 * number, 12.0 * number), ("shown", 24.0 * number, 30.0 * number),
                                  ("gap", 36.0 * number, 32.0 * number)):
            row |= {name: value, f"{name}_low": value - half, f"{name}_high": value + half}
        rows.append(row)
    return pd.DataFrame(rows)


def measurements() -> pd.DataFrame:
    """Nine nights of every strategy; a secondary metric for the first one."""
    rows = []
    for s in STRATEGIES:
        for number, night in enumerate(NIGHTS, start=1):
            early = number < 7 and s.verdict not in ("invalid",)
            rows.append(measurement(s, night, number / len(NIGHTS), "collecting" if early else s.verdict))
    money = Strategy("maturing_deposit_wealth", "", "", "purchase_amount_wealth", STRATEGIES[0].people,
                     (9100.0, 4800.0, 4200.0, 2500.0), "win", 500.0, 30000.0)
    rows.append(measurement(money, TO_DATE, 1.0, "win") | {"is_primary": False})
    return pd.DataFrame(rows)


def srm() -> pd.DataFrame:
    """Five stages, balance and integrity per strategy; the invalid one breaks at dispatch."""
    stages = ("assignment", "freeze", "dispatch", "delivery", "outcome")
    rows = []
    for s in STRATEGIES:
        for position, stage in enumerate((*stages, "placebo", "exposure", "list_hash", "assignment_log", "plan")):
            broken = s.verdict == "invalid" and stage in stages[2:]
            kind = "ratio" if stage in stages else "balance" if stage in ("placebo", "exposure") else "integrity"
            p = None if kind == "integrity" else 0.00002 if broken else 0.71 - position / 100
            rows.append({
                "strategy_id": s.strategy_id, "as_of_date": TO_DATE, "stage": stage, "planned": '{"contact": 0.6, "hold": 0.4}',
                "observed": '{"contact": 2400, "hold": 1600}', "p_value": p, "sequence_p_value": p,
                "status": "failed" if broken else "passed", "strategy_version": 1, "kind": kind,
                "wrong_count": 0 if kind == "integrity" else None, "base_count": 2 if kind == "integrity" else None,
                "reason_zh": "下发环节：两张名单的下发比例不同" if broken else None,
                "reason_en": "dispatch: one list lost more of its customers" if broken else None})
    return pd.DataFrame(rows)


def strategies() -> pd.DataFrame:
    """state.strategy: the measured ones, one that has just started and one draft."""
    rows = [(s.strategy_id, s.name_zh, s.name_en, s.metric_id, s.mde, s.status, s.verdict != "undecided") for s in STRATEGIES]
    rows += [(*FRESH, "purchase_wealth", 0.02, "running", None), ("draft_one", "草稿", "Draft", "purchase_fund", 0.02, "draft", True)]
    frame = pd.DataFrame(rows, columns=["strategy_id", "name_zh", "name_en", "primary_metric", "mde", "status", "is_powered"])
    return frame.assign(
        version=1, stage="mature", scenario_type="product", goal_family="scale", window_days=30, direction="up",
        owner="wang.li", started_date=NIGHTS[0], horizon_date=NIGHTS[6], file_hash="5f2c", capacity=300, hold_share=0.4, global_holdout_share=0.02,
        control_policy="silent", product_family="wealth", channel_id="rm_phone",
        model_id="propensity_wealth_first_buy", planned_n=4000,
        planned_mde=frame.mde.where(frame.is_powered.notna()))


def lists() -> pd.DataFrame:
    """Two waves per measured strategy, the second one still without feedback."""
    rows = []
    for s in STRATEGIES:
        contacted, held = s.people[0] + s.people[2], s.people[1] + s.people[3]
        for wave, (night, share) in enumerate(((NIGHTS[0], 0.8), (NIGHTS[-1], 0.2)), start=1):
            contact, hold = round(contacted * share), round(held * share)
            rows.append((f"{s.strategy_id}-{night:%Y%m%d}", s.strategy_id, night, contact + hold, contact, hold,
                         f"{wave}f3a9c1e0b7d2", "exported" if wave == 1 else "frozen", night + timedelta(days=21)))
    frame = pd.DataFrame(rows, columns=["list_id", "strategy_id", "as_of_date", "row_count", "contact_count", "hold_count",
                                        "content_hash", "status", "expires_date"])
    return frame.assign(strategy_version=1, model_version="2026-08-31-ab12cd34")


def members(listed: pd.DataFrame) -> pd.DataFrame:
    """list_member and, for the first wave, execution: who was dispatched, delivered, connected, responded."""
    frames = []
    for number, row in enumerate(listed.itertuples()):
        n = int(row.row_count)
        frame = pd.DataFrame({"list_id": row.list_id, "strategy_id": row.strategy_id,
                              "customer_id": [f"c{number:02d}{i:06d}" for i in range(n)],
                              "arm": np.where(np.arange(n) < row.contact_count, "contact", "hold"),
                              "policy": np.where(np.arange(n) % 2 == 0, "model", "bau"), "as_of_date": row.as_of_date})
        frames.append(frame)
    return pd.concat(frames, ignore_index=True)


def execution(member: pd.DataFrame) -> pd.DataFrame:
    """One line per member; 40 held customers of the invalid strategy were called all the same."""
    order = member.groupby("list_id").cumcount()
    is_first = member.as_of_date == NIGHTS[0]
    called = is_first & (member.arm == "contact") & (order % 50 != 0)
    leaked = is_first & (member.arm == "hold") & (member.strategy_id == "affluent_upgrade") & (
        member.groupby(["list_id", "arm"]).cumcount() < 40)
    dispatched = called | leaked
    return member[["list_id", "customer_id", "arm", "policy"]].assign(
        is_dispatched=dispatched, is_delivered=dispatched & (order % 20 != 1), is_connected=dispatched & (order % 3 != 0),
        contact_count=dispatched.astype(int), cost_amount=0.0, first_contact_date=NIGHTS[1], disposition="neutral",
        has_responded=dispatched & (order % 7 == 2))


def tags() -> pd.DataFrame:
    """customer_tags_all at twelve month-ends and the newest night: 240 customers, one tag always empty."""
    dates = [d.date() for d in pd.date_range("2025-11-30", periods=12, freq="ME")] + [TO_DATE]
    rows = []
    for month, day in enumerate(dates):
        for i in range(200 + 3 * month):
            rows.append((day, f"k{i:05d}", round(18000 + 90 * i + 260 * month, 2), (i + month // 2) % 6, (i % 5) / 10,
                         None if i % 4 else "t2_10k_50k", None, "CNY"))
    return pd.DataFrame(rows, columns=["as_of_date", "customer_id", "aum_cny", "txn_count_90d", "investment_share_rate",
                                       "aum_tier", "rfm_segment", "currency"]).astype({"rfm_segment": "str"}).assign(rfm_segment=None)


def ledger() -> pd.DataFrame:
    """The ingest ledger: loaded, one quarantined, one duplicate, one with a rejected row."""
    rows = []
    for entity, count, rejected in (("customer", 5200, 0), ("account", 8100, 2), ("transaction", 181_240, 3), ("contact", 420, 0)):
        rows.append(("core", entity, f"{entity}_20261122.csv", f"f-{entity}", TO_DATE, TO_DATE, count, count - rejected, rejected, "loaded", None))
    rows.append(("core", "card", "card_20261122.csv", "f-card", TO_DATE, TO_DATE, 310, 0, 310, "quarantined", "header: column 'card_no' is not in the contract <card>"))
    rows.append(("core", "customer", "customer_copy_20261122.csv", "f-customer", TO_DATE, TO_DATE, 5200, 0, 0, "duplicate", "same content as customer_20261122.csv"))
    frame = pd.DataFrame(rows, columns=["source", "entity", "file_name", "file_id", "business_from", "business_to", "rows_read",
                                        "rows_loaded", "rows_rejected", "status", "reason"])
    return frame.assign(sha256=frame.file_id, delivery_date=TO_DATE, file_version=1, is_history=False, night=TO_DATE)


def upstream(connection: duckdb.DuckDBPyConnection, is_empty: bool = False) -> None:
    """Writes every table that the board models read; `is_empty` leaves the campaign's tables without rows."""
    listed = lists()
    member = members(listed)
    tagged = tags()
    tables = {
        "control.build_range": pd.DataFrame([(NIGHTS[-2] + timedelta(days=1), NIGHTS[-2] + timedelta(days=1), TO_DATE, "r20261122", "CNY")],
                                            columns=["load_from_date", "from_date", "to_date", "run_id", "reporting_currency"]),
        "control.file_ledger": ledger(),
        "state.strategy": strategies(),
        "campaign.list_version": listed,
        "campaign.list_member": member,
        "campaign.execution": execution(member),
        "campaign.assignment": pd.DataFrame({"customer_id": [f"k{i}" for i in range(100)], "is_global_holdout": [i < 5 for i in range(100)]}),
        "customer.fct_balance_month": tagged[tagged.as_of_date < TO_DATE][["as_of_date", "customer_id", "aum_cny"]].set_axis(
            ["month_end_date", "customer_id", "aum_end_amount"], axis=1),
        "tags.customer_tags_all": tagged,
    }
    create(connection)
    if not is_empty:
        for table, made in (("measurement", measurements()), ("srm", srm()), ("money", money()), ("segment", segments()),
                            ("holdout", holdout())):
            connection.register("frame", made)
            connection.execute(f"insert into measure.{table} by name select * from frame")
            connection.unregister("frame")
    for name, frame in tables.items():
        connection.execute(f"create schema if not exists {name.split('.')[0]}")
        connection.register("frame", frame)
        keep = " where false" if is_empty and name.split(".")[0] in ("campaign", "state") else ""
        connection.execute(f"create or replace table {name} as select * from frame{keep}")
        connection.unregister("frame")
