"""The ingest gate: a bank's files become immutable raw Parquet, a ledger and typed raw views."""

from orchestration.ingest.run import IngestResult, check_source, refuse_unreached, run
from orchestration.ingest.views import ledger_table, make_views

__all__ = ["IngestResult", "check_source", "ledger_table", "make_views", "refuse_unreached", "run"]
