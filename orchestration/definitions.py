"""All Dagster definitions of kehu: the asset graph in the order of the data flow."""

import dagster as dg

from orchestration.defs import dbt_stages, decide, graph, ingest, jobs, publish, quality, training
from orchestration.resources import HomeResource

defs = dg.Definitions(
    assets=[*graph.vocabulary_specs(), ingest.ingest, dbt_stages.store, training.trained_model, decide.score, quality.quality,
            decide.segments, decide.strategies, dbt_stages.campaign, decide.measure, dbt_stages.board, publish.publish],
    jobs=[jobs.nightly, jobs.train],
    schedules=[jobs.at_two],
    sensors=[jobs.say_what_to_do],
    resources={"home": HomeResource()},
)
