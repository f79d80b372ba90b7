"""AutoML jobs: a table and the column to predict; which features, which algorithm and which settings are searched for.

In REST everything that belongs to the task lies in ``taskDetails``.
"""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, PlainSerializer, SerializationInfo, WithJsonSchema, model_validator

from lazuli.resources.automl_words import Algorithm, Metric, Task
from lazuli.resources.inout import Input
from lazuli.resources.job import Job, JobType, QueueSettings, Resources, of_kind
from lazuli.resources.search import EarlyTermination, Sampling
from lazuli.resources.search_text import SpaceList
from lazuli.schema.document import Document, Text
from lazuli.schema.words import Minutes, Word

__all__ = ["AutoMLJob", "AutoMLLimits", "AutoMLSettings", "Featurization", "Forecasting", "Training"]


def _read_auto(value: Any) -> Any:
    """REST's ``{mode: Auto}`` and ``{mode: Custom, value: 3}`` as the word and the number."""
    if isinstance(value, dict) and "mode" in value:
        return "auto" if str(value["mode"]).lower() == "auto" else value.get("value", value.get("values"))
    return value.lower() if isinstance(value, str) else value


def _write_auto(value: Any, info: SerializationInfo) -> Any:
    if not info.by_alias or value is None:
        return value
    if value == "auto":
        return {"mode": "Auto"}
    return {"mode": "Custom", ("values" if isinstance(value, list) else "value"): value}


_AUTO: dict[str, Any] = {"type": "string", "enum": ["auto"]}
_WHOLE: dict[str, Any] = {"type": "integer"}
_MODED: dict[str, Any] = {"type": "object", "properties": {"mode": {"type": "string"}}}


def _auto(*more: dict[str, Any]) -> Any:
    """`auto`, a whole number, or what ``more`` allows."""
    said = {"anyOf": [_AUTO, _WHOLE, *more], "x-rest": _MODED}
    return WithJsonSchema(said)


def _check_auto(value: Any) -> Any:
    whole = isinstance(value, int) and not isinstance(value, bool)
    if value == "auto" or whole or (isinstance(value, list) and all(isinstance(item, int) for item in value)):
        return value
    raise ValueError("it must be 'auto' or a whole number")


def _lags(value: Any) -> Any:
    read = _read_auto(value)
    return _check_auto(read)


AutoInt = Annotated[Any, BeforeValidator(_lags), PlainSerializer(_write_auto), _auto()]
"""`auto` or a whole number."""
AutoInts = Annotated[
    Any, BeforeValidator(_lags), PlainSerializer(_write_auto), _auto({"type": "array", "items": _WHOLE})
]
"""`auto`, a whole number or a list of them."""


class AutoMLLimits(Document):
    """How many trials, how many at once, and for how long."""

    timeout_minutes: Minutes | None = Field(default=None, ge=1, alias="timeout")
    """Minutes for everything; 360 when left out."""
    trial_timeout_minutes: Minutes | None = Field(default=None, ge=1, alias="trialTimeout")
    """Minutes for one trial; 30 when left out."""
    max_trials: int | None = Field(default=None, ge=1)
    """How many trials there are at most; 1000 when left out."""
    max_concurrent_trials: int | None = Field(default=None, ge=1)
    """How many run at once; 1 when left out."""
    max_cores_per_trial: int | None = Field(default=None, ge=-1)
    """How many cores a trial may use; -1 for all."""
    max_nodes: int | None = Field(default=None, ge=1)
    """How many nodes a trial may use."""
    enable_early_termination: bool | None = None
    """Whether to stop where nothing gets better; true when left out."""
    exit_score: float | None = None
    """Stop once the primary metric is this good."""


class FeaturizationMode(Word):
    """Whether features are made."""

    AUTO = "auto", "Auto"
    CUSTOM = "custom", "Custom"
    OFF = "off", "Off"

    @classmethod
    def read(cls, value: Any) -> FeaturizationMode:
        """The member; `off`, which YAML takes for false, is itself."""
        return super().read("off" if value is False else value)


class Featurization(Document):
    """How features are made of columns."""

    mode: FeaturizationMode | None = None
    """`auto`, `custom` (what stands here), or `off`."""
    blocked_transformers: list[str] | None = None
    """Transformers that are not used."""
    column_name_and_types: dict[str, str] | None = None
    """What columns are: `Numeric`, `Categorical`, `CategoricalHash`, `DateTime`, `Text` or `Ignore`."""
    transformer_params: dict[str, Any] | None = None
    """Parameters of transformers: `imputer`, `tf_idf`, `hash_one_hot_encoder`."""
    dataset_language: str | None = None
    """The language of text columns, as three letters."""
    enable_dnn_featurization: bool | None = None
    """Whether neural networks make features of text."""


class StackEnsemble(Document):
    """How the models of a stack are put together."""

    stack_meta_learner_type: str | None = None
    """The learner on top."""
    stack_meta_learner_train_percentage: float | None = Field(default=None, gt=0, lt=1)
    """How much of the training data is kept for it."""
    stack_meta_learner_kwargs: dict[str, Any] | None = Field(default=None, alias="stackMetaLearnerKWargs")
    """Its parameters."""


class Training(Document):
    """Which algorithms are tried, and what is made of their models."""

    allowed_training_algorithms: list[Algorithm] | None = None
    """Only these are tried."""
    blocked_training_algorithms: list[Algorithm] | None = None
    """These are not tried."""
    enable_dnn_training: bool | None = None
    """Whether neural networks are tried."""
    enable_model_explainability: bool | None = Field(default=None, alias="enableModelExplainability")
    """Whether the best model is explained; true when left out."""
    enable_onnx_compatible_models: bool | None = None
    """Whether only what ONNX can say is tried."""
    enable_stack_ensemble: bool | None = None
    """Whether the best models are stacked."""
    enable_vote_ensemble: bool | None = None
    """Whether the best models vote."""
    ensemble_model_download_timeout_minutes: Minutes | None = Field(
        default=None, ge=1, alias="ensembleModelDownloadTimeout"
    )
    """Minutes to fetch the models of an ensemble."""
    stack_ensemble_settings: StackEnsemble | None = None
    """How the models of a stack are put together."""
    training_mode: str | None = None
    """`auto`, `distributed` or `non_distributed`."""


def _many(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


class Forecasting(Document):
    """What is forecast: how far, and which series."""

    time_column_name: str | None = None
    """The column with the time."""
    time_series_id_column_names: (
        Annotated[list[str], BeforeValidator(_many), WithJsonSchema({"type": "array", "x-yaml-types": ["string"]})]
        | None
    ) = None
    """The columns that tell one series from another."""
    forecast_horizon: AutoInt | None = None
    """How many steps ahead; 1 when left out."""
    frequency: str | None = None
    """How long a step is, as pandas spells it: `D`, `W`, `MS`."""
    target_lags: AutoInts | None = None
    """How many steps back the target is looked at."""
    target_rolling_window_size: AutoInt | None = None
    """Over how many steps the target is averaged."""
    feature_lags: str | None = None
    """`none` or `auto`: whether features are lagged as well."""
    seasonality: AutoInt | None = None
    """How many steps a season has."""
    use_stl: str | None = None
    """`none`, `season` or `season_trend`: what is taken out first."""
    short_series_handling_config: str | None = None
    """`auto`, `pad`, `drop` or `none`: what is done with short series."""
    target_aggregate_function: str | None = None
    """`sum`, `max`, `min`, `mean` or `none`: how steps are brought together."""
    cv_step_size: int | None = Field(default=None, ge=1)
    """How far apart the folds are."""
    country_or_region_for_holidays: str | None = None
    """Whose holidays are features."""
    features_unknown_at_forecast_time: list[str] | None = None
    """Columns that are not known ahead."""


class AutoMLSweep(Document):
    """How the settings of an image or text model are searched."""

    sampling_algorithm: Sampling | None = None
    """In which order the space is tried."""
    early_termination: EarlyTermination | None = None
    """When a trial that does badly is given up."""


class AutoMLSettings(Document):
    """What an AutoML job or step is about."""

    task: Task = Field(alias="taskDetails.taskType")
    """What to learn: `classification`, `regression`, `forecasting`, or a task on images or text."""
    primary_metric: Metric | None = Field(default=None, alias="taskDetails.primaryMetric")
    """What the best model is best at."""
    target_column_name: str | None = Field(default=None, alias="taskDetails.targetColumnName")
    """The column to predict."""
    training_data: Input | None = Field(default=None, alias="taskDetails.trainingData")
    """The table to learn from."""
    validation_data: Input | None = Field(default=None, alias="taskDetails.validationData")
    """The table to validate with."""
    validation_data_size: float | None = Field(default=None, gt=0, lt=1, alias="taskDetails.validationDataSize")
    """Or how much of the training data is kept for that."""
    test_data: Input | None = Field(default=None, alias="taskDetails.testData")
    """The table to test the best model with."""
    test_data_size: float | None = Field(default=None, gt=0, lt=1, alias="taskDetails.testDataSize")
    """Or how much of the training data is kept for that."""
    n_cross_validations: AutoInt | None = Field(default=None, alias="taskDetails.nCrossValidations")
    """How many folds, or `auto`."""
    cv_split_column_names: list[str] | None = Field(default=None, alias="taskDetails.cvSplitColumnNames")
    """Columns that say what is validated with which."""
    weight_column_name: str | None = Field(default=None, alias="taskDetails.weightColumnName")
    """The column with the weight of a row."""
    positive_label: Text | None = Field(default=None, alias="taskDetails.positiveLabel")
    """The class that counts as positive."""
    limits: AutoMLLimits | None = Field(default=None, alias="taskDetails.limitSettings")
    """How many trials, how many at once, and for how long."""
    featurization: Featurization | None = Field(default=None, alias="taskDetails.featurizationSettings")
    """How features are made of columns."""
    training: Training | None = Field(default=None, alias="taskDetails.trainingSettings")
    """Which algorithms are tried."""
    forecasting: Forecasting | None = Field(default=None, alias="taskDetails.forecastingSettings")
    """What is forecast."""
    training_parameters: dict[str, Any] | None = Field(default=None, alias="taskDetails.modelSettings")
    """Fixed settings of an image or text model."""
    sweep: AutoMLSweep | None = Field(default=None, alias="taskDetails.sweepSettings")
    """How the settings of an image or text model are searched."""
    search_space: SpaceList | None = Field(default=None, alias="taskDetails.searchSpace")
    """The spaces that are searched: a list, each with its `model_name`."""
    log_verbosity: str | None = Field(default=None, alias="taskDetails.logVerbosity")
    """How much is logged: `debug`, `info`, `warning`, `error`."""
    environment_variables: dict[str, Text] = Field(default_factory=dict)
    """Variables for the processes."""
    resources: Resources | None = None
    """How many nodes, of which size."""

    @model_validator(mode="after")
    def _fitting(self) -> Self:
        if self.training_data is None:
            raise ValueError("'training_data' is required; write 'training_data: {type: mltable, path: …}'")
        if self.primary_metric and self.primary_metric not in self.task.metrics:
            raise ValueError(
                f"'{self.primary_metric}' is no primary metric of {self.task}; one of {', '.join(self.task.metrics)}"
            )
        if self.task.is_table and not self.target_column_name:
            raise ValueError("'target_column_name' is required; name the column to predict")
        if self.task is Task.FORECASTING and not (self.forecasting and self.forecasting.time_column_name):
            raise ValueError("forecasting needs 'forecasting.time_column_name'")
        for each in (self.training and self.training.allowed_training_algorithms) or []:
            if self.task.algorithms and each not in self.task.algorithms:
                raise ValueError(f"'{each}' is no algorithm for {self.task}; one of {', '.join(self.task.algorithms)}")
        return self


class AutoMLJob(AutoMLSettings, Job):
    """A search for the best model of a table: features, algorithms and settings are tried, the best is kept."""

    type: JobType = of_kind(JobType.AUTOML)
    """The kind of job: `automl`."""
    queue_settings: QueueSettings | None = None
    """How urgent it is; kept as said."""
