"""The report stands alone, speaks both languages, escapes what users wrote, and draws what the answer says."""

import re
from datetime import date
from html.parser import HTMLParser

import numpy as np
import pytest

from models.experiments import report
from models.experiments.analyse import Context, analyse
from models.experiments.four_cell import CELLS, OFF_LIST
from models.experiments.frame import Frame
from models.experiments.plan import Plan
from models.experiments.report.ground import AMOUNTS
from models.experiments.report.plots import number, sequence


class Balanced(HTMLParser):
    """Every opened tag is closed in order."""

    VOID = {"meta", "line", "circle", "rect", "polygon", "polyline", "br"}

    def __init__(self):
        super().__init__()
        self.open = []

    def handle_starttag(self, tag, attrs):
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in self.VOID:
            assert self.open.pop() == tag


@pytest.fixture(scope="module")
def answers():
    rng = np.random.default_rng(7)
    n = 6_000
    data = {
        "cell": rng.choice(np.array([*CELLS, *OFF_LIST], dtype=object), n), "<b>bought": (rng.random(n) < 0.2).astype(float),
        "x": rng.normal(size=n), "day": rng.choice(np.array(["2026-01-01", "2026-01-02"], dtype=object), n),
    }
    plan = Plan(design="four_cell", metrics=("<b>bought",), covariate="x", time="day", mde=0.05, horizon=date(2026, 1, 2))
    four = analyse(Frame(data), plan, Context(date(2026, 1, 2)))
    arms = {**data, "cell": np.where(np.arange(n) % 2, "<script>", "control").astype(object)}
    pair = analyse(Frame(arms), Plan(metrics=("<b>bought",), control="control"), Context(date(2026, 1, 2), invalid=("list hash",)))
    return {"four_cell": four, "ab": pair}


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("design", ["four_cell", "ab"])
def test_page_is_whole_and_needs_no_network(answers, design, language):
    page = report.html(answers[design], language)
    parser = Balanced()
    parser.feed(page)
    assert parser.open == []
    assert not re.search(r"(src|href)\s*=|https?://|@import|url\(", page)
    assert "<script" not in page
    assert "<b>bought" not in page
    assert report.html(answers[design], language) == page
    assert "nan" not in re.sub(r"<style>.*?</style>", "", page, flags=re.S).lower().replace("finance", "")


def test_figures_of_the_answer_are_on_the_page(answers):
    page = report.html(answers["four_cell"], "en")
    found = answers["four_cell"]["metrics"]["<b>bought"]
    for name in ("model_increment", "naive_gap", "selection_bias", "policy_value"):
        assert number(found[name]["estimate"]) in page
    assert page.count('class="band"') == 3
    assert page.count('class="bar ') == 3


def test_the_band_is_that_of_the_effect_that_decides(answers):
    """A verdict by the adjusted effect beside a band of the raw one would contradict it."""
    found = answers["four_cell"]["metrics"]["<b>bought"]
    looks = found["model_increment"]["sequence"]["looks"]
    page = report.html(answers["four_cell"], "en")
    assert sequence(looks, "<b>bought: Model increment · adjusted", "adjusted_") in page
    assert sequence(looks, "<b>bought: Model increment") not in page
    assert looks[-1]["adjusted_estimate"] == pytest.approx(found["model_increment"]["adjusted"]["estimate"])


def test_every_form_of_an_effect_has_its_line():
    data = {"cell": np.resize(np.array(["control", "a"], dtype=object), 400), "y": np.arange(400.0), "got": np.resize([0.0, 1.0], 400)}
    found = analyse(Frame(data), Plan(metrics=("y",), control="control", reached="got"), Context(date(2026, 1, 2)))
    page = report.html(found, "zh")
    assert "· 截尾" in page and "· 实际触达者" in page and "区间的实际覆盖率可能偏低" in page


def test_cells_are_named_in_the_readers_language(answers):
    page = report.html(answers["four_cell"], "zh")
    assert "模型名单，触达" in page and "常规组，未上名单" in page
    assert "model_contacted" not in page


def test_invalid_is_said_and_shown(answers):
    page = report.html(answers["ab"], "zh")
    assert "不可用" in page
    assert "list hash" in page
    assert "is-invalid" in page


def test_a_strategy_of_the_store_with_fewer_fields_is_drawn_too(answers):
    kept = ("design", "units", "missing_outcomes", "metrics", "verdict", "reasons", "advice")
    answer = {key: answers["four_cell"][key] for key in kept} | {"srm": {"status": "passed", "p_value": 0.4}}
    page = report.html({**answer, "strategy_id": "fund_first_buy", "sentence_en": "Per 100 contacts.", "as_of_date": date(2026, 1, 2)}, "en")
    assert all(text in page for text in ("fund_first_buy", "Per 100 contacts.", "2026-01-02"))


@pytest.mark.parametrize(("value", "text"), [(None, "–"), (0.0, "0.0000"), (-0.01234, "−0.0123"), (1234.5, "1,234"), (1e-9, "1.000e-09"), (21_840_000.0, "21,840,000")])
def test_numbers_read_well(value, text):
    assert number(value) == text


def strategy_answer(four, verdict):
    """A strategy's document as `kehu measure ID` makes it: checks and money beside what files give."""
    checks = [{"stage": stage, "kind": "ratio", "status": status, "p_value": 0.5, "sequence_p_value": 0.25, "reason_zh": zh,
               "reason_en": en} for stage, status, zh, en in (("plan", "passed", None, None),
                                                              ("dispatch", "failed", "下发环节丢人", "dispatch lost <people>"))]
    money = dict.fromkeys((*AMOUNTS, "campaign_profit_low", "campaign_profit_high"), 1234.5) | {"currency": "CNY"}
    return {**four, "strategy_id": "sale", "verdict": verdict, "checks": checks, "money": money,
            "advice_reason_zh": "先降低触达成本", "advice_reason_en": "cheaper contact first",
            "srm": {**four["srm"], "planned": {"dispatch": {"model": 0.5}}, "observed": {"dispatch": {"model": 1200}}}}


def test_a_strategy_shows_its_checks_in_the_order_of_the_road(answers):
    page = report.html(strategy_answer(answers["four_cell"], "win"), "en")
    assert page.index("Dispatch") < page.index("Registered plan (hash)") and "dispatch lost &lt;people&gt;" in page
    assert "model 0.5" in page and "model 1,200" in page and "cheaper contact first" in page
    assert page.count(">not tested<") >= 10  # a check that was not made is said to be so


@pytest.mark.parametrize(("verdict", "is_claimed"), [("win", True), ("futile", True), ("undecided", False), ("invalid", False)])
def test_money_is_claimed_only_under_a_verdict(answers, verdict, is_claimed):
    page = report.html(strategy_answer(answers["four_cell"], verdict), "zh")
    assert ("整个触达的利润" in page) == ("1,234" in page) == is_claimed
    assert ("不计金额" in page) != is_claimed


def test_a_sequence_that_may_not_start_says_so(answers):
    four = strategy_answer(answers["four_cell"], "win")
    (name, found), = four["metrics"].items()
    looks = [{"date": "2026-01-01", "n": 9, "estimate": 0.1, "ci": None, "adjusted_ci": None}]
    waiting = {**found, "model_increment": {**found["model_increment"], "sequence": {"ci": None, "ever": None, "looks": looks}}}
    assert "has not started" in report.html({**four, "metrics": {name: waiting}}, "en")
    assert "has not started" not in report.html(four, "en")
