"""The typed contract of a strategy file: what a strategy must say before anybody may approve it."""

import hashlib
import json
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.json_schema import SkipJsonSchema

from models.experiments.assignment import BUCKET_COUNT

PURCHASE_FAMILIES = ("time", "wealth", "fund", "insurance", "gold", "trust", "pension")
METRICS = (
    *(f"purchase_{family}" for family in PURCHASE_FAMILIES),
    *(f"purchase_amount_{family}" for family in PURCHASE_FAMILIES),
    "aum_change", "card_first_swipe", "active_txn",
)  # fmt: skip
STAGES = ("basic", "honeymoon", "growing", "mature", "declining", "dormant", "lost", "win_back")
Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]
Share = Annotated[float, Field(gt=0, lt=1)]
Words = Annotated[str, Field(min_length=1, max_length=200)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class RankBy(_Strict):
    """One key of the BAU order: what the bank would sort by without a model."""

    tag: Identifier
    direction: Literal["asc", "desc"] = "desc"


class PolicyShares(_Strict):
    """How eligible customers are divided between the list-making policies."""

    model: Share = 0.5
    bau: Share = 0.5


class Caps(_Strict):
    """Limits on contacts that a customer may get from all strategies together."""

    contacts_30d: Annotated[int, Field(ge=1, le=30)] = 2


class SegmentPin(_Strict):
    """The version of a segment set, and whether its members are the primary ones only."""

    version: str
    is_exclusive: bool


class Pins(_Strict):
    """What the saved audiences {name: expression} and segments {set/id: pin} that a strategy names were when it was approved."""

    audiences: dict[str, str] = {}
    segments: dict[str, SegmentPin] = {}


class Strategy(_Strict):
    """One strategy, one version. A running version is frozen: a change is a new version."""

    id: Identifier
    version: Annotated[int, Field(ge=1, le=9999)]
    name_zh: Words
    name_en: Words
    stage: Literal["basic", "honeymoon", "growing", "mature", "declining", "dormant", "lost", "win_back"]
    segment: Identifier
    scenario_type: Literal["lifecycle", "product", "event"]
    goal_family: Literal["scale", "customer", "fee"]
    primary_metric: Annotated[str, Field(json_schema_extra={"enum": list(METRICS)})]
    direction: Literal["increase", "decrease"]
    window_days: Annotated[int, Field(ge=1, le=365)]
    mde: Annotated[
        float, Field(gt=0, description="smallest model increment worth having, in the metric's unit")
    ]
    expected_effect: Annotated[
        float | None,
        Field(ge=0, description="what a contact adds on the usual list, for planning; as much as mde where not said"),
    ] = None
    owner: Words
    author: Words
    audience: Annotated[str, Field(min_length=1)]
    exclusions: list[str] = []
    product_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_]+$", max_length=60)]
    product_family: Literal["time", "wealth", "fund", "insurance", "gold", "trust", "pension", "card", "loan"]
    channel_id: Identifier
    script_id: Identifier
    model_id: Identifier
    bau_rank: Annotated[list[RankBy], Field(min_length=1)]
    capacity_per_wave: Annotated[int, Field(ge=1, description="list rows of each policy in one wave")]
    wave_interval_days: Annotated[int, Field(ge=1, le=365)] = 7
    planned_waves: Annotated[int, Field(ge=1, le=500, description="waves until the final look")]
    hold_share: Annotated[float, Field(gt=0, le=0.9)]
    policy_shares: PolicyShares = PolicyShares()
    global_holdout_share: Annotated[float, Field(ge=0, le=0.5)]
    control_policy: Literal["silent", "release"]
    priority: Annotated[int, Field(ge=1, le=999, description="1 goes first")]
    caps: Caps = Caps()
    end_date: date
    expires_days: Annotated[int, Field(ge=1, le=90)]
    salt: Annotated[str, Field(min_length=4, max_length=80)]
    pins: SkipJsonSchema[Pins | None] = None
    """Written by the approval; no part of the file, nor of its hash."""

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.primary_metric not in METRICS:
            raise ValueError(f"primary_metric: '{self.primary_metric}' is none of {', '.join(METRICS)}")
        if abs(self.policy_shares.model + self.policy_shares.bau - 1) > 1e-9:
            raise ValueError("policy_shares: model and bau must sum to 1")
        for name in ("hold_share", "global_holdout_share"):
            share = getattr(self, name) * BUCKET_COUNT
            if abs(share - round(share)) > 1e-6:
                raise ValueError(f"{name}: must be a multiple of 0.0001, the width of a bucket")
        if self.expires_days > self.window_days:
            raise ValueError("expires_days: a list may not outlive the outcome window")
        return self

    def texts(self) -> list[str]:
        """The audience and every exclusion."""
        return [self.audience, *self.exclusions]

    @property
    def planned_days(self) -> int:
        """Days from the first list to the final look: all planned waves, each with its whole window."""
        return (self.planned_waves - 1) * self.wave_interval_days + self.window_days

    @property
    def experiment_id(self) -> str:
        """One experiment per strategy version."""
        return f"{self.id}.v{self.version}"

    def salt_of(self, level: Literal["policy", "contact"]) -> str:
        """One salt per level and per experiment."""
        return f"{self.salt}:{level}"

    def body(self) -> dict[str, object]:
        """Plain values, as kept in state when somebody approves."""
        return self.model_dump(mode="json", exclude_none=True)

    def said(self) -> dict[str, object]:
        """The body without what the approval added: what a file says."""
        return {name: value for name, value in self.body().items() if name != "pins"}

    @property
    def content_hash(self) -> str:
        """Digest of what the file says; comments and layout may change under it."""
        text = json.dumps(self.said(), ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()
