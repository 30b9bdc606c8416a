"""Every word the board shows more than once, in both languages; a missing key fails loudly in tests."""

from html import escape

import streamlit as st

WORDS = {
    "brand": ("客户工厂", "Customer factory"),
    "overview": ("闭环总览", "Overview"),
    "review": ("回检", "Review"),
    "health": ("数据健康", "Health"),
    "insight": ("洞察", "Insight"),
    "tag_catalogue": ("标签目录", "Tag catalogue"),
    "g_manage": ("经营", "Manage"),
    "g_loop": ("闭环", "Loop"),
    "g_factory": ("工厂", "Factory"),
    "win": ("胜出", "Win"),
    "harm": ("有害", "Harm"),
    "futile": ("无增益", "No gain"),
    "undecided": ("未定", "Undecided"),
    "collecting": ("积累中", "Collecting"),
    "invalid": ("不可用", "Invalid"),
    "broken": ("断点", "Broken"),
    "model_list": ("模型名单", "Model list"),
    "bau_list": ("常规名单", "BAU list"),
    "contacted": ("触达", "Contacted"),
    "held": ("对照（不触达）", "Held back"),
    "model_increment": ("模型增量", "Model increment"),
    "selection_bias": ("挑选偏差", "Selection bias"),
    "naive_gap": ("表面差距", "Naive gap"),
    "how": ("如何计算", "How computed"),
    "as_of": ("数据日期", "As of"),
    "language": ("语言", "Language"),
    "strategy": ("策略", "Strategy"),
    "all_strategies": ("全部策略", "All strategies"),
    "verdict": ("结论", "Verdict"),
    "advice": ("建议", "Advice"),
    "added": ("模型多带来", "The model added"),
    "customers_unit": ("户", ""),
    "check": ("检查", "Check"),
    "status": ("状态", "Status"),
    "detail": ("说明", "Detail"),
    "file": ("文件", "File"),
    "read": ("读入", "Read"),
    "loaded": ("装载", "Loaded"),
    "rejected": ("剔除", "Rejected"),
    "reason": ("原因", "Reason"),
    "scale": ("扩大", "Scale"),
    "keep": ("继续", "Keep going"),
    "fix": ("整改", "Fix"),
    "stop": ("停止", "Stop"),
    "scale_note": ("让更多客户走模型名单，保留对照", "more customers on the model list, keep a hold"),
    "keep_note": ("保持现状，等结论", "leave it running until it decides"),
    "fix_note": ("先查清原因再用", "find the cause before using it"),
    "stop_note": ("下一批换回常规名单", "next wave on the BAU list"),
    "passed": ("通过", "Passed"),
    "warned": ("提醒", "Warning"),
    "failed": ("失败", "Failed"),
    "not_tested": ("未检验", "Not tested"),
    "quarantined": ("隔离", "Quarantined"),
    "duplicate": ("重复", "Duplicate"),
    "draft": ("草稿", "draft"),
    "approved": ("已批准", "approved"),
    "running": ("在用", "running"),
    "stopped": ("已停用", "stopped"),
    "silent": ("静默：窗口内不做其他营销", "silent: no other marketing in the window"),
    "release": ("释放：可进入下一策略", "release: free for the next strategy"),
    # tags
    "text": ("文本", "text"),
    "number": ("数值", "number"),
    "boolean": ("是否", "yes/no"),
    "date": ("日期", "date"),
    "fact": ("事实", "fact"),
    "rule": ("规则", "rule"),
    "model": ("模型", "model"),
    "public": ("公开", "public"),
    "internal": ("内部", "internal"),
    "confidential": ("保密", "confidential"),
    "restricted": ("受限", "restricted"),
    "published": ("已发布", "published"),
    "awaiting_model": ("待模型", "awaiting model"),
    "deprecated": ("已停用", "deprecated"),
    "agree": ("认同", "agree"),
    "disagree": ("不认同", "disagree"),
    # dimensions of a segment's one-pager
    "size": ("规模", "Size"),
    "aum": ("资产", "AUM"),
    "product_depth": ("产品深度", "Product depth"),
    "channel": ("渠道", "Channel"),
    "churn": ("流失", "Churn"),
    "potential": ("潜力", "Potential"),
    "value": ("价值", "Value"),
    # stages of the loop
    "insight_stage": ("洞察", "Insight"),
    "strategy_stage": ("策略", "Strategy"),
    "list_stage": ("名单", "Lists"),
    "execution_stage": ("执行", "Execution"),
    "review_stage": ("回检", "Review"),
    # stages of a night
    "ingest": ("接入", "Ingest"),
    "tags": ("标签", "Tags"),
    "score": ("打分", "Scores"),
    "segments": ("客群", "Segments"),
    "strategies": ("策略名单", "Strategies"),
    "campaign": ("闭环数据", "Campaign"),
    "measure": ("度量", "Measure"),
    "board": ("看板", "Board"),
    "publish": ("发布", "Publish"),
    "run": ("跑批", "Run"),
    # checks of a comparison
    "assignment": ("分组", "Assignment"),
    "freeze": ("冻结", "List freeze"),
    "dispatch": ("下发", "Dispatch"),
    "delivery": ("送达", "Delivery"),
    "delivered": ("送达", "Delivery"),
    "outcome": ("结果", "Outcome"),
    "held_untouched": ("对照客户未被触达", "Held customers left alone"),
    "lists_complete": ("名单与冻结时一致", "Lists as they were frozen"),
    # steps of the funnel
    "step_listed": ("名单", "On list"),
    "step_dispatched": ("下发", "Dispatched"),
    "step_delivered": ("送达", "Delivered"),
    "step_connected": ("接通", "Connected"),
    "step_responded": ("响应", "Responded"),
}

FLAGS = {
    "tags_empty": ("{n} 个标签没有数据", "without data: {n}"),
    "tags_filled": ("全部标签有数据", "every tag has data"),
    "none_running": ("没有在用的策略", "none is running"),
    "weak": ("{n} 条样本偏小", "too small to decide: {n}"),
    "all_powered": ("样本都够分出胜负", "all large enough to decide"),
    "no_list": ("还没有名单", "no list yet"),
    "unused": ("{n} 张过期未导出", "expired unused: {n}"),
    "all_used": ("没有过期未用的名单", "none expired unused"),
    "held_touched": ("{n} 名对照客户被触达", "held but contacted: {n}"),
    "silent": ("{n} 张名单超 7 天无回传", "silent over 7 days: {n}"),
    "no_contact": ("还没有回传", "nothing reported yet"),
    "all_reported": ("名单均有回传", "every list reports"),
    "invalid": ("{n} 个不可用", "invalid: {n}"),
    "none_measured": ("还没有结论", "none yet"),
    "all_valid": ("对照全部可信", "every comparison valid"),
}


def lang() -> str:
    """zh or en, as this session chose."""
    return "en" if st.session_state.get("lang") == "en" else "zh"


def w(key: str) -> str:
    """A word by its key."""
    return WORDS[key][lang() == "en"]


def known(key: object) -> str:
    """A word by a key that comes from the store, for markup; what the board does not know is shown as it is."""
    return w(str(key)) if key in WORDS else escape(str(key))


def flag(key: str, number: str) -> str:
    """The flag of a loop stage with its figure."""
    return FLAGS[key][lang() == "en"].format(n=number)


def t(zh: str, en: str) -> str:
    """A sentence used once; figures come in already formatted."""
    return en if lang() == "en" else zh
