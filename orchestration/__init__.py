"""The conductor: ingest, build, score, decide, measure, publish; the command and the Dagster definitions."""
