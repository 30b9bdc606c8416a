"""Commands of measurement: measure a strategy or anybody's experiment files, and power before launch."""

from pathlib import Path
from typing import Annotated, Any

import typer

from features.errors import KehuError
from orchestration.cli import measured
from orchestration.cli.answer import Home, Json, give, say


def register(app: typer.Typer) -> None:
    app.command()(measure)
    app.command()(power)


def measure(
    strategy_id: Annotated[str | None, typer.Argument(help="A strategy of this home.")] = None,
    home: Home = None, json: Json = False,
    assignments: Annotated[Path | None, typer.Option(help="One row per unit: unit_id and arm, or policy and contact.")] = None,
    outcomes: Annotated[Path | None, typer.Option(help="unit_id and one numeric column per metric.")] = None,
    design: Annotated[str, typer.Option(help="ab or four_cell.")] = "ab",
    control: Annotated[str | None, typer.Option(help="The control arm (ab).")] = None,
    metric: Annotated[list[str] | None, typer.Option(help="Metrics (default: all numeric columns).")] = None,
    covariate: Annotated[str | None, typer.Option(help="Pre-period column for CUPED.")] = None,
    ratio: Annotated[str | None, typer.Option(help="NUM/DEN.")] = None,
    cluster: Annotated[str | None, typer.Option(help="Column of clusters.")] = None,
    reached: Annotated[str | None, typer.Option(help="0/1 column of who was really reached: adds the effect on them.")] = None,
    shares: Annotated[str | None, typer.Option(help="Planned shares: arm=0.5,arm=0.5.")] = None,
    time: Annotated[str | None, typer.Option(help="Date column: adds the sequence over looks.")] = None,
    mde: Annotated[float | None, typer.Option(help="Least effect worth having.")] = None,
    horizon: Annotated[str | None, typer.Option(help="Date of the final look.")] = None,
    alpha: Annotated[float, typer.Option()] = 0.05,
    report: Annotated[Path | None, typer.Option(help="Write a standalone HTML report.")] = None,
    language: Annotated[str, typer.Option(help="Of the report: zh or en.")] = "zh",
) -> None:
    """What the model added: a strategy of this home, or two files of anybody's experiment."""
    if language not in ("zh", "en"):
        raise KehuError(f"--language {language}", "zh or en")
    if strategy_id is not None and (assignments or outcomes):
        raise KehuError("name a strategy or files, not both", "kehu measure --help")
    if strategy_id is None and not (assignments and outcomes):
        raise KehuError("name a strategy, or --assignments FILE and --outcomes FILE", "kehu measure --help")
    if report is not None and not report.absolute().parent.is_dir():
        raise KehuError(f"--report {report}: there is no folder {report.parent}", "make the folder, or name another file")
    if strategy_id is not None:
        from features import measurement, settings

        document = measurement.strategy(settings.load(home), strategy_id)
    else:
        from orchestration.measure.files import measure_files

        if design not in ("ab", "four_cell"):
            raise KehuError(f"--design {design}", "ab or four_cell")
        document = measure_files(
            assignments, outcomes, design, control=control, metrics=tuple(metric or ()),  # type: ignore[arg-type]
            covariate=covariate, ratio=ratio, cluster=cluster, shares=_shares(shares), time=time, mde=mde, horizon=horizon,
            alpha=alpha, reached=reached)
    if report is not None:
        from models.experiments import report as writer

        report.write_text(writer.html(document, "en" if language == "en" else "zh"), encoding="utf-8")
        say(f"report: {report}")
    if json:
        give(document, True)
    else:
        measured.show(document)


def _shares(text: str | None) -> dict[str, float] | None:
    """{arm: share} of "a=0.5,b=0.5"."""
    if text is None:
        return None
    found = {}
    for part in text.split(","):
        arm, _, share = part.partition("=")
        try:
            found[arm.strip()] = float(share)
        except ValueError as wrong:
            raise KehuError(f"--shares '{part}' is not arm=number", "write --shares model=0.5,bau=0.5") from wrong
    return found


def power(
    design: Annotated[str, typer.Option(help="ab, four_cell, cluster or global_holdout.")] = "ab",
    base_rate: Annotated[float | None, typer.Option(help="Rate of a 0/1 metric without contact.")] = None,
    sd: Annotated[float | None, typer.Option(help="Standard deviation of a continuous metric.")] = None,
    hold: Annotated[float, typer.Option(help="Share held back (control).")] = 0.5,
    rho: Annotated[float | None, typer.Option(help="Correlation with the covariate.")] = None,
    cluster_size: Annotated[float | None, typer.Option(help="Units in a cluster.")] = None,
    icc: Annotated[float | None, typer.Option(help="Intra-cluster correlation.")] = None,
    n: Annotated[int | None, typer.Option(help="Units per arm, to get the effect.")] = None,
    mde: Annotated[float | None, typer.Option(help="Least effect (absolute), to get the size.")] = None,
    wanted: Annotated[float, typer.Option("--power", help="Chance of finding it.")] = 0.8,
    alpha: Annotated[float, typer.Option()] = 0.05,
    metric: Annotated[str | None, typer.Option(help="Read spread and rho of this metric off the home's history.")] = None,
    window: Annotated[int, typer.Option(help="Outcome window of --metric in days.")] = 30,
    audience: Annotated[str | None, typer.Option(help="Of these customers only: an expression over tags.")] = None,
    cluster: Annotated[str | None, typer.Option(help="Tag that names the cluster (home_branch_id): reads icc too.")] = None,
    home: Home = None, json: Json = False,
) -> None:
    """Sizes and minimal detectable effects before launch, from numbers given or from the bank's own history."""
    from models.experiments import power as engine

    past = _past(home, metric, window, audience, cluster, base_rate, sd)
    known = _setting(past) | {name: value for name, value in (("base_rate", base_rate), ("sd", sd), ("rho", rho),
                              ("cluster_size", cluster_size), ("icc", icc)) if value is not None}
    found = engine.plan(design, engine.Setting(hold=hold, alpha=alpha, **known), n, mde, wanted)  # type: ignore[arg-type]
    give(found | ({"history": past} if past else {}), json)


def _past(
    home: Path | None, metric: str | None, window: int, audience: str | None, cluster: str | None,
    base_rate: float | None, sd: float | None,
) -> dict[str, Any] | None:
    """What history says of the metric; None where numbers were given instead."""
    if metric is None:
        if audience or cluster:
            raise KehuError("--audience and --cluster read history", "name the metric with --metric")
        return None
    if base_rate is not None or sd is not None:
        raise KehuError("--metric reads what --base-rate and --sd say", "give one or the other")
    from features import settings as homes
    from features.state import State
    from orchestration.strategy import history

    settings = homes.load(home)
    return history.read(settings, State(settings), metric, window, audience, cluster)


def _setting(past: dict[str, Any] | None) -> dict[str, Any]:
    from orchestration.strategy.base_rates import is_rate

    if past is None:
        return {}
    spread = {"base_rate": past["mean"]} if is_rate(past["metric"]) else {"sd": past["sd"]}
    return {**spread, "rho": past["rho"], **{name: past[name] for name in ("cluster_size", "icc") if name in past}}
