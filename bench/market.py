"""Truths planted in the simulated bank, found again by the measurement engine over repeated assignments.

    python bench/market.py [--customers 40000] [--salts 200] [--lives 1000] [--seed 7]

Four plants: a campaign that only moves deposits, two campaigns that displace each other's sales, a dispatcher that
loses lines, a strategy without effect looked at every night. The market is replayed under every way of contacting, so
each customer's outcomes are known; per salt only the assignment moves. Writes docs/market-truths.md; exit 1 where a
plant is not found.
"""

import argparse
import math
import statistics
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from null_lives import NIGHTS, life, null_bank
from plants import MONTE_CARLO_ERRORS, Contrast, assigned, bank, campaign, covered, dispatched, gap, least_cover, overlap

from orchestration.simulator.world import World

PAGE = Path(__file__).resolve().parents[1] / "docs/market-truths.md"
ALPHA = 0.05
INTRO = (
    "One simulated bank with demonstration effects. Its market is replayed under every way of contacting, so that each",
    "customer's outcomes with and without contact are known; per salt only the product's hash assigns anew, and the",
    "product's engine measures. *Truth* is the realised effect on these very customers. Intervals may cover more than",
    "95 %: no bank sees both outcomes of a customer, so the spread of individual effects stays in every interval.",
)
Section = tuple[list[str], list[str]]


def deposits(world: World, salts: int) -> Section:
    """Sales that are only moved deposits, beside a campaign that brings money."""
    lines, wrong = ["## Sales that bring no money", "",
                    "`planted_switching` is paid from the customer's own deposits (source share 1), `honeymoon_second_product`",
                    "mostly from other banks. Per contact, half of the list held; *assets* is what a customer holds a month later",
                    "less what he held, in yuan. What little of it is true comes from customers who refill their account.", "",
                    "| campaign | metric | truth | mean estimate ± its error | mean standard error | covered | interval above 0 |",
                    "|---|---|---:|---:|---:|---:|---:|"], []
    for strategy in ("planted_switching", "honeymoon_second_product"):
        metrics = campaign(world, strategy)
        found = [assigned(metrics, f"{strategy}_{number}") for number in range(salts)]
        for name, both in metrics.items():
            each = [answer[name] for answer in found]
            lines.append(f"| {strategy} | {name} | {_row(each, both.truth, '.2%' if name == 'buyers' else ',.0f')} |")
            wrong += _uncovered(f"{strategy}, {name}", covered(each, both.truth), salts)
        if strategy == "planted_switching" and metrics["assets"].truth > 0.1 * metrics["sales"].truth:
            wrong.append("planted_switching brings money")
    return [*lines, ""], wrong


def _row(each: Sequence[Contrast], truth: float, form: str) -> str:
    mean, noise = _mean([answer["estimate"] for answer in each])
    above = statistics.fmean(answer["ci"][0] > 0 for answer in each)
    error = statistics.fmean(answer["se"] for answer in each)
    return " | ".join([f"{truth:{form}}", f"{mean:{form}} ± {noise:{form}}", f"{error:{form}}", f"{covered(each, truth):.1%}", f"{above:.0%}"])


def _mean(values: Sequence[float]) -> tuple[float, float]:
    return statistics.fmean(values), statistics.stdev(values) / math.sqrt(len(values))


def _uncovered(name: str, share: float, count: int) -> list[str]:
    return [] if share >= least_cover(count) else [f"{name}: intervals cover the truth in {share:.1%}"]


def double_count(world: World, salts: int) -> Section:
    """Sum of campaign lifts less the lift of all marketing."""
    found = overlap(world)
    lines, wrong = ["## Lifts that do not add up", "",
                    "Two campaigns of one family, a week apart, 40 % of the customers on both lists: one purchase in 30 days, and",
                    "the earlier contact owns it. The gap is the sum of both campaigns' lifts less what the global holdout shows,",
                    "in purchases. Measured against their own holds, campaigns lose the sales that either would have made alone;",
                    "measured against the global holdout, both claim them.", "",
                    "| lifts measured against | planted gap | measured ± its error | mean standard error | true error | covered | excludes 0 |",
                    "|---|---:|---:|---:|---:|---:|---:|"], []
    for name, by_holdout in (("the campaign's own held", False), ("the global holdout", True)):
        gaps = [gap(found, f"overlap_{number}", by_holdout) for number in range(salts)]
        mean, noise = _mean([each.measured["estimate"] for each in gaps])
        true_error = statistics.stdev(each.measured["estimate"] - each.planted for each in gaps)
        share, seen = (statistics.fmean(values) for values in zip(*(
            (each.covers(), each.measured["ci"][0] * each.measured["ci"][1] > 0) for each in gaps), strict=True))
        lines.append(f"| {name} | {statistics.fmean(each.planted for each in gaps):+,.0f} | {mean:+,.0f} ± {noise:,.0f} | "
                     f"{statistics.fmean(each.measured['se'] for each in gaps):,.0f} | {true_error:,.0f} | {share:.1%} | {seen:.0%} |")
        wrong += _uncovered(f"double-count gap against {name}", share, salts)
    return [*lines, "", "Errors of campaigns and holdout are added as if independent; the same customers stand in both sums, so the",
            "intervals are wide.", ""], wrong


def dispatcher(world: World, salts: int) -> Section:
    """Where the sample ratio breaks."""
    lines, wrong = ["## A dispatcher that loses lines", "",
                    "5,000 customers on a list, 20 % held; three in ten lines of one arm are lost after the list was frozen.", "",
                    "| fault | no alarm | alarm at dispatch | alarm anywhere else |", "|---|---:|---:|---:|"], []
    for kind, name in ((None, "none"), ("drops_held", "held vanish"), ("drops_contacted", "poorest contacted vanish")):
        stages = Counter(dispatched(world, kind, f"dispatch_{number}")["fault_stage"] for number in range(salts))
        elsewhere = salts - stages[None] - stages["dispatch"]
        lines.append(f"| {name} | {stages[None]} | {stages['dispatch']} | {elsewhere} |")
        right = stages[None if kind is None else "dispatch"]
        if salts - right > 1 + 0.01 * salts:
            wrong.append(f"dispatch fault '{name}' seen rightly in {right} of {salts}")
    return [*lines, ""], wrong


def lives(world: World, count: int) -> Section:
    """Verdicts on nothing."""
    null = null_bank(world)
    seen = Counter(state for number in range(count) for state in life(null, f"null_{number}"))
    rates = {state: seen[state] / count for state in ("win", "harm")}
    limit = ALPHA + MONTE_CARLO_ERRORS * math.sqrt(ALPHA * (1 - ALPHA) / count)
    lines = ["## A strategy without effect", "",
             f"{count:,} lives of `planted_null`: four cells, listed on each of {NIGHTS + 1} days, judged on each of {NIGHTS} nights and",
             f"at the registered date; alpha {ALPHA:.0%}, a fifth of it for the nights. {null.bought.mean():.2%} buy anyway.", "",
             "| verdict ever reached | share of lives |", "|---|---:|",
             *(f"| {state} | {rate:.2%} |" for state, rate in rates.items()), ""]
    return lines, [f"a strategy without effect is a {state} in {rate:.1%}" for state, rate in rates.items() if rate > limit]


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints and writes the page; 1 where a plant is not found."""
    parser = argparse.ArgumentParser(prog="python bench/market.py", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("customers", 40_000), ("salts", 200), ("lives", 1_000), ("seed", 7)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--out", type=Path, default=PAGE)
    options = parser.parse_args(arguments)
    world = bank(options.customers, options.seed)
    sections = [deposits(world, options.salts), double_count(world, options.salts), dispatcher(world, options.salts),
                lives(world, options.lives)]
    text = "\n".join(["# Planted truths, measured", "", f"Generated by `python bench/market.py --customers {options.customers} --salts "
                      f"{options.salts} --lives {options.lives} --seed {options.seed}`; do not edit.", "", *INTRO, "",
                      *(line for lines, _ in sections for line in lines)])
    wrong = [text for _, problems in sections for text in problems]
    options.out.write_text(text, encoding="utf-8")
    print(text, *wrong, sep="\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
