"""What a plug-in must declare (manifest.yml) and offer (model.py); the only shape the rest of kehu knows of a model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

if TYPE_CHECKING:
    import numpy as np

    from features.frame import Frame

Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=63)]
Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]


class ModelCode(Protocol):
    """model.py: two functions; they see a Frame and never a customer id, a file or a database."""

    def train(self, frame: Frame, target: np.ndarray | None, seed: int) -> Any:
        """A fitted scikit-learn estimator (target is None for a segmentation)."""

    def score(self, estimator: Any, frame: Frame) -> np.ndarray:
        """One finite number per row: a probability, or the position of a segment in `segments`."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class EligibleRule(_Part):
    """One column filter over tags; a customer that fails one gets no score."""

    column: Identifier
    operator: Literal["=", "!=", "<", "<=", ">", ">=", "in", "is_null", "not_null"]
    value: Any = None

    @model_validator(mode="after")
    def _value_fits(self) -> EligibleRule:
        if self.operator == "in" and not (isinstance(self.value, list) and self.value):
            raise ValueError("the operator in needs a list of values")
        if self.operator in ("is_null", "not_null") and self.value is not None:
            raise ValueError(f"the operator {self.operator} takes no value")
        return self


class TrainDates(_Part):
    """The newest snapshot dates to learn from (for a propensity: whose target windows have closed)."""

    last: int = Field(ge=1, le=120)


class TrainRows(_Part):
    """How many rows training needs, and may use at most (positives are all kept, negatives sampled)."""

    minimum: int = Field(ge=1)
    minimum_positives: int = Field(default=0, ge=0)
    maximum: int = Field(default=200_000, ge=1_000)


class Limits(_Part):
    """A plug-in that needs more is ended and counts as failed."""

    train_seconds: float = Field(default=600, gt=0)
    score_seconds: float = Field(default=300, gt=0)
    memory_mb: int = Field(default=2048, ge=256)


class Segment(_Part):
    """One cluster, in the order of score()'s positions."""

    id: Identifier
    name_zh: Text
    name_en: Text


class OutputTag(_Part):
    """The tag that the model adds to the catalogue: the same metadata as `config.meta.tag` of a dbt column."""

    code: Annotated[str, StringConstraints(pattern=r"^TAG-[A-Z]\d{2}$")]
    id: Identifier
    name_zh: Text
    name_en: Text
    domain: Identifier
    kind: Literal["model"]
    use: Literal["evaluation", "scene", "feedback"]
    stage: Literal["cognition", "motive", "prediction", "lifecycle"]
    value_type: Literal["number", "text"]
    allowed_values: list[str] | None = None
    null_rule: Text
    window: Text
    definition_zh: Text
    definition_en: Text
    inputs: list[Identifier] = Field(min_length=1)
    owner: Text
    sensitivity: Literal["public", "internal", "confidential", "restricted"]
    valid_days: int = Field(ge=1)
    status: Literal["draft", "published", "deprecated"]
    version: int = Field(ge=1)


class Manifest(_Part):
    """manifest.yml of a plug-in."""

    model_id: Identifier
    kind: Literal["segmentation", "propensity"]
    name_zh: Text
    name_en: Text
    version_scheme: Literal["train_date_hash"] = "train_date_hash"
    entity: Literal["customer"]
    algorithm: Text
    requirements: list[Text] = []
    feature_views: list[Identifier] = Field(min_length=1)
    features: Literal["all"] | list[Identifier] = "all"
    target: Identifier | None = None
    horizon_days: int | None = Field(default=None, ge=1)
    train_dates: TrainDates
    train_rows: TrainRows
    eligible: list[EligibleRule] = []
    seed: int = Field(ge=0, lt=2**32)
    limits: Limits = Limits()
    segments: list[Segment] = []
    output_tag: OutputTag

    @model_validator(mode="after")
    def _kind_fits(self) -> Manifest:
        if self.kind == "propensity":
            if not self.target or not self.horizon_days:
                raise ValueError("a propensity needs target and horizon_days")
            if self.segments or self.output_tag.value_type != "number":
                raise ValueError("a propensity has no segments and an output_tag of value_type number")
        elif self.target or self.horizon_days:
            raise ValueError("a segmentation has no target and no horizon_days")
        elif self.output_tag.allowed_values != [segment.id for segment in self.segments] or not self.segments:
            raise ValueError("output_tag.allowed_values must list the ids of segments, in order")
        elif self.output_tag.value_type != "text":
            raise ValueError("the output_tag of a segmentation has value_type text")
        return self

    @property
    def wanted_features(self) -> list[str] | None:
        """Names of the features, or None for every numeric column of the views."""
        return None if self.features == "all" else list(self.features)
