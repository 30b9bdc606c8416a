"""Do the 95 % intervals of the model increment cover the truth? One simulated bank, many seeded assignments.

    python bench/coverage.py [--replications 200] [--customers 50000] [--seed 7]

Customers, outcomes with and without contact and both rankings stay as they are; only the salts of the policy and the
contact level move. Lists come from the product's own assignment and ranking, estimates from its four cells. Writes
docs/increment-coverage.md; exit 1 where the increment's coverage leaves 91-98 % with realistic effects, or, with any
effects, the band around the coverage that the customers' known outcomes predict.
"""

import argparse
import math
import statistics
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from increment_lists import Assigner, Audience, audience, strategy_of
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from models.experiments import four_cell
from models.experiments.moments import CellMoments
from orchestration.strategy import precision, sizing

PAGE = Path(__file__).resolve().parents[1] / "docs/increment-coverage.md"
CALIBRATIONS = ("realistic", "demo")
PLANNED_EFFECT = {"realistic": {"bau": 0.004, "model": 0.008}}
"""What an owner expects where effects are realistic (simulator: +0.4 points for a customer reached); else the file says."""
JUDGED = ("model_increment", "model_effect", "bau_effect")
LOW, HIGH = 0.91, 0.98
FORESEEN_LISTS = 25
LEAST_ERROR = 0.93
"""Least reported standard error as a share of the true one; leaving out a list's cells gives 0.8 or less."""
TITLE = "# Do the intervals of the model increment cover the truth?"
MEANING = (
    "One simulated bank; per replication only the salts of policy and contact move. The product's assignment and ranking",
    "make both lists, the simulator knows every customer's outcome with and without contact, and the product's four cells",
    "give the estimates. The truth is that of the very lists drawn: mean effect of contact over the model list less that",
    "over the BAU list. The model ranks by the simulator's observable wealth index, BAU by money held.",
    "",
    "*Predicted* is the coverage that the known outcomes of all customers foretell, before any assignment is judged, on lists",
    "drawn by other salts. An interval's standard error estimates S1²/n1 + S0²/n0, of outcomes with and without contact;",
    "the true one is smaller by S²(effect)/n, the spread of the individual effects, which no bank sees because no customer",
    "is both contacted and not (Neyman). So right intervals cover Φ(1.96 ratio) - Φ(-1.96 ratio), with ratio² the quotient",
    "of the two. Realistic effects are small and hardly spread: there 95 % are 95 %. The demo bank's effects are large and",
    "very unequal, so its intervals must cover more, as *predicted*. Judged is whether the coverage lies within 3.3",
    "Monte-Carlo standard errors of the predicted one; with realistic effects also within 91-98 %.",
    "",
    "The plan takes both lists' rates without contact from history and adds the effect of a contact that the strategy's",
    "owner expects (realistic: 0.4 points on the usual list and as much again by the model; demo: as the file says).",
)
Answer = dict[str, Any]
Estimator = Callable[[Mapping[str, CellMoments]], Answer]


@dataclass(frozen=True)
class Replication:
    """One assignment: the product's answer, the truth of its lists and the true standard errors (`JUDGED` only)."""

    answer: Answer
    truth: dict[str, float]
    true_se: dict[str, float]

    def covers(self, name: str) -> bool:
        low, high = self.answer[name]["ci"]
        return bool(low <= self.truth[name] <= high)

    def half_width(self, name: str) -> float:
        low, high = self.answer[name]["ci"]
        return float(high - low) / 2


def replicate(people: Audience, cells: Mapping[str, NDArray[np.int64]], estimate: Estimator) -> Replication:
    """What the product says of one assignment, and what is true of its lists."""
    moments = {name: CellMoments.from_values((people.contacted if name.endswith("contacted") else people.untouched)[rows])
               for name, rows in cells.items()}
    lists = {p: np.concatenate([cells[f"{p}_contacted"], cells[f"{p}_held"]]) for p in ("model", "bau")}
    tau = {p: float((people.contacted[rows] - people.untouched[rows]).mean()) for p, rows in lists.items()}
    bias = float(people.untouched[lists["model"]].mean() - people.untouched[lists["bau"]].mean())
    increment = tau["model"] - tau["bau"]
    truth = {"model_effect": tau["model"], "bau_effect": tau["bau"], "model_increment": increment,
             "selection_bias": bias, "naive_gap": increment + bias}
    error = {p: neyman(people, cells[f"{p}_contacted"], cells[f"{p}_held"])[1] for p in ("model", "bau")}
    true_se = {"model_effect": error["model"] ** 0.5, "bau_effect": error["bau"] ** 0.5,
               "model_increment": (error["model"] + error["bau"]) ** 0.5}
    return Replication(estimate(moments), truth, true_se)


def neyman(people: Audience, contacted: NDArray[np.int64], held: NDArray[np.int64]) -> tuple[float, float]:
    """Variance of a list's effect over its contact draws: as an interval can know it, and the true one.

    The true one is less by the spread of the effects themselves, which takes both outcomes of everybody on the list.
    """
    rows = np.concatenate([contacted, held])
    lift = people.contacted[rows] - people.untouched[rows]
    spread = [float(values.var(ddof=1)) for values in (people.contacted[rows], people.untouched[rows], lift)]
    seen = spread[0] / len(contacted) + spread[1] / len(held)
    return seen, seen - spread[2] / len(rows)


def run(assigner: Assigner, replications: int, seed: int, estimate: Estimator = four_cell.from_cells) -> list[Replication]:
    """Replications whose salts follow from `seed` alone."""
    return [replicate(assigner.people, assigner.draw(f"coverage_{seed}_{number}"), estimate) for number in range(replications)]


def coverage(found: Sequence[Replication], name: str = "model_increment") -> float:
    return statistics.fmean(each.covers(name) for each in found)


@dataclass(frozen=True)
class Foresight:
    """What the outcomes of everybody foretell of right intervals, by contrast: coverage, standard error over the true one."""

    coverage: dict[str, float]
    error_ratio: dict[str, float]


def foresee(assigner: Assigner, seed: int, lists: int = FORESEEN_LISTS, alpha: float = 0.05) -> Foresight:
    """From both outcomes of all customers on lists of other salts; no estimate is looked at."""
    z = float(ndtri(1 - alpha / 2))
    drawn = [assigner.draw(f"foresight_{seed}_{number}") for number in range(lists)]
    pairs = [{p: neyman(assigner.people, cells[f"{p}_contacted"], cells[f"{p}_held"]) for p in ("model", "bau")} for cells in drawn]
    covers, ratios = {}, {}
    for name, policies in (("model_effect", ("model",)), ("bau_effect", ("bau",)), ("model_increment", ("model", "bau"))):
        seen, true = (np.array([sum(pair[p][i] for p in policies) for pair in pairs]) for i in (0, 1))
        covers[name] = float(np.mean(2 * ndtr(z * np.sqrt(seen / true)) - 1))
        ratios[name] = float(np.sqrt(seen.mean() / true.mean()))
    return Foresight(covers, ratios)


def band(replications: int, nominal: float = 0.95, width: float = 3.3) -> tuple[float, float]:
    """Where the coverage of right intervals lies: `width` Monte-Carlo standard errors around nominal."""
    error = width * math.sqrt(nominal * (1 - nominal) / replications)
    return nominal - error, nominal + error


def planned(assigner: Assigner, effects: str) -> dict[str, float]:
    """`{mde, half_width}` before launch, as the product plans: rates without contact of both policies' best, and the
    effects that the owner expects."""
    people, strategy = assigner.people, assigner.strategy
    expected = PLANNED_EFFECT.get(effects) or sizing.expected_effect(strategy)
    outlook = {}
    for policy, key in (("model", people.score), ("bau", people.wealth)):
        best = people.untouched[np.argsort(-key, kind="stable")[: 2 * assigner.size]]
        outlook[policy] = precision.Outlook(assigner.size, float(best.mean()), float(best.std(ddof=1)), expected[policy])
    found = precision.precision(outlook["model"], outlook["bau"], strategy.hold_share, True, strategy.mde)
    return {"mde": found["planned_mde"], "half_width": found["planned_half_width"]}


def error_ratio(found: Sequence[Replication], name: str = "model_increment") -> float:
    """Reported over true standard error, root mean squares: below 1 the intervals are too narrow."""
    reported = statistics.fmean(each.answer[name]["se"] ** 2 for each in found)
    return math.sqrt(reported / statistics.fmean(each.true_se[name] ** 2 for each in found))


def problems(found: Sequence[Replication], low: float, high: float) -> list[str]:
    """Why the intervals of the increment are wrong; empty where they are right."""
    share, ratio = coverage(found), error_ratio(found)
    told = [] if low <= share <= high else [f"the intervals cover the truth in {share:.1%}, wanted {low:.1%} to {high:.1%}"]
    return told if ratio >= LEAST_ERROR else [*told, f"the standard error is {ratio:.2f} of the true one"]


def limits(calibration: str, foresight: Foresight, replications: int) -> tuple[float, float]:
    """Where the increment's coverage must lie."""
    low, high = band(replications, foresight.coverage["model_increment"])
    return (max(low, LOW), min(high, HIGH)) if calibration == "realistic" else (low, min(high, 1.0))


def rows(found: Sequence[Replication], foresight: Foresight) -> list[str]:
    """One line of the table for each contrast of the four cells."""
    return [_row(found, foresight, name) for name in ("model_increment", "model_effect", "bau_effect", "selection_bias", "naive_gap")]


def _row(found: Sequence[Replication], foresight: Foresight, name: str) -> str:
    truth = statistics.fmean(each.truth[name] for each in found)
    gaps = [each.answer[name]["estimate"] - each.truth[name] for each in found]
    noise = statistics.stdev(gaps) / math.sqrt(len(gaps))
    cells = [f"{truth:+.3%}", f"{truth + statistics.fmean(gaps):+.3%}", f"{statistics.fmean(gaps):+.3%} ± {noise:.3%}"]
    if name in JUDGED:
        widths = [each.half_width(name) for each in found]
        cells += [f"{coverage(found, name):.1%}", f"{foresight.coverage[name]:.1%}", f"{error_ratio(found, name):.2f}",
                  f"{foresight.error_ratio[name]:.2f}",
                  f"{statistics.fmean(widths):.3%}", f"{statistics.median(widths):.3%}"]
    return " | ".join([f"| {name}", *cells, *["–"] * (10 - 1 - len(cells))]) + " |"


def section(calibration: str, assigner: Assigner, found: Sequence[Replication], foresight: Foresight) -> str:
    """The table of one calibration with its sizes and what was planned."""
    plan, hold = planned(assigner, calibration), assigner.strategy.hold_share
    middle = statistics.median(each.half_width("model_increment") for each in found)
    low, high = limits(calibration, foresight, len(found))
    return "\n".join([
        f"## Effects: {calibration}", "",
        f"{len(assigner.people.customer_id):,} eligible customers, {assigner.size:,} on each list, {hold:.0%} of it held. "
        f"Planned minimal detectable effect (80 % power) {plan['mde']:.3%}, which plans a half-width of "
        f"{plan['half_width']:.3%}; median half-width got: {middle:.3%}, {middle / plan['half_width']:.2f} of it.", "",
        f"Coverage of the increment must lie in {low:.1%} to {high:.1%}.", "",
        "| contrast | truth | estimate | bias ± its error | covered | predicted | SE / true SE | predicted | mean half-width | median |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|", *rows(found, foresight), ""])


def page(sections: Sequence[str], options: argparse.Namespace) -> str:
    return "\n".join([TITLE, "", f"Generated by `python bench/coverage.py --replications {options.replications} --customers "
                      f"{options.customers} --seed {options.seed}`; do not edit.", "", *MEANING, "", *sections])


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints and writes the page; 1 where the judged intervals are wrong."""
    parser = argparse.ArgumentParser(prog="python bench/coverage.py", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--replications", type=int, default=200)
    parser.add_argument("--customers", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--out", type=Path, default=PAGE)
    options = parser.parse_args(arguments)
    strategy, sections, wrong = strategy_of(), [], []
    for calibration in CALIBRATIONS:
        assigner = Assigner(audience(strategy, options.customers, options.seed, calibration), strategy)
        foresight = foresee(assigner, options.seed)
        found = run(assigner, options.replications, options.seed)
        sections.append(section(calibration, assigner, found, foresight))
        wrong += [f"{calibration}: {text}" for text in problems(found, *limits(calibration, foresight, len(found)))]
    text = page(sections, options)
    options.out.write_text(text, encoding="utf-8")
    print(text, *wrong, sep="\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
