"""Scores, arms and lists, measurement: the Python stages between the dbt ones."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from orchestration.defs import graph, tables
from orchestration.partitions import business_dates
from orchestration.resources import HomeResource
from orchestration.stages import run_stage


def _spec(schema: str, name: str, group: str, owner: str, text: str, deps: list[tuple[str, str]]) -> dg.AssetSpec:
    return dg.AssetSpec(graph.source_key(schema, name), group_name=group, owners=[graph.OWNERS[owner]], description=text,
                        deps=[graph.source_key(*d) for d in deps], partitions_def=business_dates)


FEATURES = [("features", "feat_customer__profile"), ("features", "feat_customer__behaviour")]
SCORES = _spec("state", "model_score", "g6_scores", "models", "Scores of every plugged model's champion, one long table.",
               FEATURES)
SEGMENTS = [
    _spec("segments", name, "g6_segments", "strategy", text, [("tags", "customer_tags_all"), ("state", "model_score")])
    for name, text in (("membership", "Who is in which segment, since when, until when: by rule, model or curated list."),
                       ("definition", "What each segment is: names, rule, proposition, owner, expiry."))
]
DECISIONS = [
    _spec("state", name, "g7_strategies", "strategy", text,
          [("tags", "customer_tags_all"), ("state", "model_score"), ("segments", "membership"), ("customer", "fct_contact")])
    for name, text in (
        ("assignment", "Append-only arms with their probabilities: global holdout, policy, contact or hold."),
        ("list_version", "Frozen, hashed lists."), ("list_member", "Their lines, held customers included."),
        ("candidate", "Why not: one reason for everyone who was left out."), ("strategy", "Strategies and their plans."))
]
SAMPLE_RATIOS = dg.AssetKey(["measure", "srm"])
MEASURED = [
    _spec("measure", name, "g9_measure", "strategy", text, [("campaign", "outcome_panel"), ("campaign", "assignment")])
    for name, text in (
        ("measurement", "Four cells, increment, bias, verdict of every strategy."), ("srm", "Sample ratios by stage."),
        ("money", "What the increment of every strategy is worth, and what it cost."),
        ("holdout", "Lifts that strategies claim, beside what the bank's global holdout shows."),
        ("segment", "Effects of every strategy within segments of its list."))
]


@dg.multi_asset(name="score", specs=[SCORES], pool=graph.POOL)
def score(context: dg.AssetExecutionContext, home: HomeResource) -> Iterator[Any]:
    """A plug-in that fails leaves yesterday's score and a warning; the night goes on."""
    with home.night(context) as night:
        run_stage(night, "score")
        yield from _described(night.settings, [SCORES])


@dg.multi_asset(name="segments", specs=SEGMENTS, pool=graph.POOL)
def segments(context: dg.AssetExecutionContext, home: HomeResource) -> Iterator[Any]:
    """Rules, models' labels and curated lists become memberships; faulty rule files stop the night."""
    with home.night(context) as night:
        run_stage(night, "segments")
        if night.failed():
            raise dg.Failure(f"segment files are at fault: {', '.join(night.failed())}")
        yield from _described(night.settings, SEGMENTS)


@dg.multi_asset(name="strategies", specs=DECISIONS, pool=graph.POOL)
def strategies(context: dg.AssetExecutionContext, home: HomeResource) -> Iterator[Any]:
    """Audience, policy, arms, lists; sticky and append-only."""
    with home.night(context) as night:
        run_stage(night, "strategies")
        yield from _described(night.settings, DECISIONS)


@dg.multi_asset(
    name="measure", specs=MEASURED, pool=graph.POOL,
    check_specs=[dg.AssetCheckSpec("sample_ratios", asset=SAMPLE_RATIOS,
                                   description="A mismatch makes the strategy's verdict invalid.")])
def measure(context: dg.AssetExecutionContext, home: HomeResource) -> Iterator[Any]:
    """Effects of every strategy and its sample ratios."""
    with home.night(context) as night:
        run_stage(night, "measure")
        yield from _described(night.settings, MEASURED)
        yield _sample_ratios(night.settings, str(night.built.to_date))


def _described(settings: Any, specs: list[dg.AssetSpec]) -> Iterator[dg.MaterializeResult]:
    found = tables.describe(settings, [".".join(s.key.path) for s in specs])
    for spec in specs:
        yield dg.MaterializeResult(asset_key=spec.key, metadata=found.get(".".join(spec.key.path), {}))


def _sample_ratios(settings: Any, night: str) -> dg.AssetCheckResult:
    from features import warehouse

    with warehouse.build(settings) as connection:
        failed = connection.execute("select strategy_id || ' at ' || stage from measure.srm where as_of_date = ?::date"
                                    " and status = 'failed' order by 1", [night]).fetchall()
    return dg.AssetCheckResult(asset_key=SAMPLE_RATIOS, check_name="sample_ratios", passed=not failed,
                               severity=dg.AssetCheckSeverity.WARN, metadata={"failed": ", ".join(r[0] for r in failed)})
