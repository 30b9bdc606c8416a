"""What a strategy's words refer to: saved audiences and segments, by what they meant on the day of approval."""

from collections.abc import Iterator, Mapping
from datetime import date

from features import selection
from features.audience import References, parse
from features.audience.tree import InAudience, Reference, leaves
from features.errors import KehuError
from features.settings import Settings
from features.state import State
from features.warehouse import Connection
from orchestration.segments import curated, intervals
from orchestration.strategy.contract import Pins, SegmentPin, Strategy

RELATION = "segment_now"


def pinned(settings: Settings, strategy: Strategy) -> Strategy:
    """The strategy with its references looked up in the build in service; as it is where it has none, or has them already."""
    if strategy.pins is not None or not any(_referred(text) for text in strategy.texts()):
        return strategy
    with selection.snapshot(settings) as found:
        for text in strategy.texts():
            found.compiled(text)  # says which name is unknown, and where
        known = _known_segments(found.connection)
        saved = found.references.audiences
    audiences, segments = {}, {}
    for leaf in _all(strategy.texts(), saved):
        if isinstance(leaf, InAudience):
            audiences[leaf.name] = saved[leaf.name]
        elif leaf.name in known:
            segments[leaf.name] = known[leaf.name]
        else:
            raise KehuError(f"{strategy.id}: segment '{leaf.name}' is not in force any more", "kehu segments list")
    return strategy.model_copy(update={"pins": Pins(audiences=audiences, segments=segments)})


def _referred(text: str) -> list[Reference]:
    return [leaf for leaf in leaves(parse(text)) if isinstance(leaf, Reference)]


def _all(texts: list[str], saved: Mapping[str, str]) -> Iterator[Reference]:
    """References of the texts and of the audiences that they name; `compiled` has refused circles."""
    for text in texts:
        for leaf in _referred(text):
            yield leaf
            if isinstance(leaf, InAudience):
                yield from _all([saved[leaf.name]], saved)


def of(strategy: Strategy) -> References:
    """For compiling the strategy's words: nothing but what was approved can be named."""
    pins = strategy.pins or Pins()
    return References(pins.audiences, frozenset(pins.segments), RELATION)


def show(connection: Connection, strategy: Strategy, night: date) -> None:
    """Temp table `segment_now` (segment, customer_id) of the pinned segments' members on a night, in the approved version."""
    connection.execute(f"create or replace temp table {RELATION} (segment varchar, customer_id varchar)")
    for name, pin in (strategy.pins or Pins()).segments.items():
        connection.execute(
            f"insert into {RELATION} select ?, customer_id from segments.membership where segment_set || '/' || segment_id = ?"
            f" and version = ? and (is_primary or not ?) and {intervals.members_on('?::date')}",
            [name, name, pin.version, pin.is_exclusive, night, night])


def demand_current(connection: Connection, state: State, strategy: Strategy, night: date) -> None:
    """Raises KehuError where a pinned segment has expired, is gone or is another version by now."""
    segments = (strategy.pins or Pins()).segments
    if not segments:
        return
    lists = {f"{curated.SET}/{row['segment_id']}": str(row["version"]) for row in curated.lists_on(state, night)}
    known = {name: pin.version for name, pin in _known_segments(connection).items() if not name.startswith(f"{curated.SET}/")} | lists
    for name, pin in segments.items():
        if known.get(name) != pin.version:
            now = f"version {known[name]} is in force" if name in known else "it has expired or is gone"
            raise KehuError(f"{strategy.id}: segment '{name}' was approved as version {pin.version}, on {night} {now}",
                            "approve a new version of the strategy, or stop it")


def _known_segments(connection: Connection) -> dict[str, SegmentPin]:
    """The segments in force by name; a model's set has no rules, so each customer is in one of its segments."""
    rows = connection.execute(
        "select segment_set || '/' || segment_id, version, coalesce(bool_and(is_exclusive) over (partition by segment_set), true)"
        " from segments.definition").fetchall()
    return {name: SegmentPin(version=version, is_exclusive=is_exclusive) for name, version, is_exclusive in rows}
