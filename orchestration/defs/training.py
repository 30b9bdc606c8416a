"""Model training as an asset partitioned by model id: retrain one model, leave the others alone."""

from datetime import date

import dagster as dg

from features import warehouse
from features.state import opened
from orchestration.defs import graph
from orchestration.resources import HomeResource


def _model_ids() -> list[str]:
    from features.settings import ROOT
    from models import registry

    return sorted(m.model_id for m in registry.discover(ROOT / "models" / "plugins"))


models = dg.StaticPartitionsDefinition(_model_ids())


@dg.asset(key=["models", "trained_model"], partitions_def=models, group_name="g6_scores", pool=graph.POOL,
          owners=[graph.OWNERS["models"]],
          deps=[dg.AssetDep(graph.source_key(*name), partition_mapping=dg.LastPartitionMapping()) for name in (
        ("features", "feat_customer__profile"), ("targets", "tgt_wealth_first_buy__30d"))],
          op_tags={"dagster/max_runtime": "7200"})
def trained_model(context: dg.AssetExecutionContext, home: HomeResource) -> dg.MaterializeResult:
    """A new version of one plugged model on all matured history; it becomes champion only by `kehu models alias`,
    except the first."""
    from features.store import build_json
    from orchestration import scoring

    found = home.settings()
    as_of = date.fromisoformat(build_json(found)["as_of_date"])
    with warehouse.writer_lock(found, 600), opened(found) as state, warehouse.build(found) as connection:
        row = scoring.train(found, connection, state, context.partition_key, as_of)
        artefact = state.one("select artefact_hash from model_version where model_id = ? and version = ?",
                             [row["model_id"], row["version"]])
        assert artefact is not None, row
    return dg.MaterializeResult(metadata={**{k: str(v) for k, v in row.items()}, "dagster/row_count": row["rows"],
                                          "checksum": str(artefact["artefact_hash"])})
