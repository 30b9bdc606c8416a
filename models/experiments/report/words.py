"""The report's words in Chinese and English."""

from typing import Literal

Language = Literal["zh", "en"]

_WORDS: dict[str, tuple[str, str]] = {
    "title": ("实验评估报告", "Experiment report"),
    "verdict": ("结论", "Verdict"),
    "advice": ("建议", "Advice"),
    "reasons": ("依据", "Reasons"),
    "marked_invalid": ("有效性检查未通过：以下数字仅供排查，不可用于决策。", "A validity check failed: the numbers below are for finding the fault, not for deciding."),
    "validity": ("有效性", "Validity"),
    "srm": ("样本比例 (SRM)", "Sample ratio (SRM)"),
    "placebo": ("分组前差异", "Difference before assignment"),
    "missing": ("没有结果记录、按 0 计的样本", "Units without an outcome row, counted as zero"),
    "units": ("样本数", "Units"),
    "metric": ("指标", "Metric"),
    "primary": ("主指标", "primary"),
    "effects": ("效果与区间", "Effects with intervals"),
    "arm": ("组", "Arm"),
    "n": ("样本数", "n"),
    "mean": ("均值", "Mean"),
    "sd": ("标准差", "SD"),
    "estimate": ("估计", "Estimate"),
    "interval": ("置信区间", "Interval"),
    "p_value": ("p 值", "p-value"),
    "raw": ("原始", "raw"),
    "adjusted": ("协变量调整", "adjusted"),
    "capped": ("截尾", "capped"),
    "four_cells": ("四格表", "Four cells"),
    "contacted": ("触达", "Contacted"),
    "held": ("留出", "Held"),
    "difference": ("差", "Difference"),
    "model": ("模型名单", "Model list"),
    "bau": ("常规名单", "BAU list"),
    "model_effect": ("模型名单效果", "Model effect"),
    "bau_effect": ("常规名单效果", "BAU effect"),
    "model_increment": ("模型增量", "Model increment"),
    "selection_bias": ("挑选偏差", "Selection bias"),
    "naive_gap": ("表面差距", "Naive gap"),
    "policy_value": ("每位合格客户的策略价值差", "Policy value per eligible unit"),
    "identity": ("表面差距 = 模型增量 + 挑选偏差", "Naive gap = model increment + selection bias"),
    "sequence": ("逐日序贯区间", "Confidence sequence over looks"),
    "sequence_note": ("随时查看都有效；区间不含 0 即可下结论。", "Valid at every look: zero outside the band decides."),
    "warnings": ("提醒", "Warnings"),
    "how": ("如何计算", "How it was computed"),
    "how_text": (
        "估计为处理组均值减对照组均值，方差不等 (Welch)；四格的模型增量 = (模型触达 − 模型留出) − (常规触达 − 常规留出)，"
        "方差为四格 s²/n 之和；调整为 CUPED (θ 由分组前的协变量估计)；截尾值不分组确定。",
        "The estimate is the treatment mean minus the control mean with unequal variances (Welch); the model increment is "
        "(model contacted − model held) − (BAU contacted − BAU held), its variance the sum of s²/n over the four cells; "
        "adjusted is CUPED (theta from the covariate before assignment); the cap is fixed blind to the arms.",
    ),
    "as_of": ("评估日", "As of"),
    "plan_hash": ("方案指纹", "Plan hash"),
    "passed": ("通过", "passed"),
    "failed": ("未通过", "failed"),
    "not_tested": ("未检验", "not tested"),
    "invalid": ("不可用", "invalid"),
    "collecting": ("积累中", "collecting"),
    "harm": ("有害", "harm"),
    "win": ("胜出", "win"),
    "futile": ("无增益", "no gain"),
    "undecided": ("未定", "undecided"),
    "scale": ("推广", "scale"),
    "keep": ("保持", "keep"),
    "fix": ("修复", "fix"),
    "stop": ("停止", "stop"),
    "no_number": ("无法计算", "not defined"),
}


def words(language: Language) -> dict[str, str]:
    """All words of one language."""
    at = 0 if language == "zh" else 1
    return {name: pair[at] for name, pair in _WORDS.items()}
