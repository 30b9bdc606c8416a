"""The output tags of champion models that a strategy's words name, joined to the night's own tags."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date

from features import scores
from features.audience import catalogue_of, compile_expression
from features.errors import KehuError
from features.settings import Settings
from features.state import State
from features.warehouse import Connection
from orchestration.strategy import references
from orchestration.strategy.contract import Strategy


@dataclass(frozen=True)
class ModelTag:
    """One champion's column; `value_type` is number (the score) or text (the label)."""

    tag_id: str
    model_id: str
    value_type: str


def catalogue(connection: Connection) -> dict[str, str]:
    """Tag ids and types of the build's tag table."""
    rows = connection.execute(
        "select column_name, data_type from duckdb_columns() where schema_name = 'tags'"
        " and table_name = 'customer_tags_all' and column_name not in ('customer_id', 'as_of_date')"
    ).fetchall()
    if not rows:
        raise KehuError("the build has no tags yet", "kehu nightly")
    return catalogue_of(rows)


def named(
    settings: Settings, connection: Connection, state: State, strategy: Strategy
) -> tuple[ModelTag, ...]:
    """Champions whose tag the audience, an exclusion or the usual order names. Raises KehuError on unknown tags."""
    own = catalogue(connection)
    known = {
        found["tag_id"]: ModelTag(found["tag_id"], found["model_id"], found["value_type"])
        for found in scores.champions(settings, state)
        if found["tag_id"] not in own
    }
    wide = widened(own, known.values())
    names = {key.tag for key in strategy.bau_rank}
    for text in strategy.texts():
        names |= compile_expression(text, wide, references.of(strategy)).names
    return tuple(known[name] for name in sorted(names & set(known)))


def widened(own: Mapping[str, str], model_tags: Iterable[ModelTag]) -> dict[str, str]:
    """The catalogue with the models' columns in it."""
    return {**own, **{tag.tag_id: tag.value_type for tag in model_tags}}


def relation(model_tags: Sequence[ModelTag]) -> str:
    """Table expression of the tags of all dates with the models' columns of the same date."""
    return f"({scores.tags_sql([asdict(tag) for tag in model_tags])})" if model_tags else "tags.customer_tags_all"


def unscored(connection: Connection, model_tags: Sequence[ModelTag], night: date) -> str:
    """Why the tags are not there on a night, or nothing."""
    for tag in model_tags:
        if not has_scores(connection, tag.model_id, night):
            return f"names {tag.tag_id}, but its model {tag.model_id} has no scores of {night}"
    return ""


def has_scores(connection: Connection, model_id: str, night: date) -> bool:
    """True where the model scored anybody for that night."""
    sql = "select 1 from state.model_score where as_of_date = ? and model_id = ? limit 1"
    return bool(connection.execute(sql, [night, model_id]).fetchall())


def written(model_tags: Sequence[ModelTag]) -> str:
    """As kept in a list file."""
    return json.dumps([asdict(tag) for tag in model_tags])


def read(text: str) -> tuple[ModelTag, ...]:
    """As kept in a list file; lists made before models could be named keep nothing."""
    return tuple(ModelTag(**row) for row in json.loads(text or "[]"))
