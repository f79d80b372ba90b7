"""Batch deployments: a model with its script, or a pipeline, that answers much at once; and what is asked of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Self

from pydantic import AfterValidator, Field, model_validator

from lazuli.resources.deployment import Deployment
from lazuli.resources.inout import GivenLater, Output
from lazuli.resources.job import Resources
from lazuli.schema.document import Dialect, Document, Slip, Text
from lazuli.schema.identity import Scope
from lazuli.schema.problems import InvalidInput
from lazuli.schema.reference import ComponentRef, ComputeRef
from lazuli.schema.words import Seconds, Word
from lazuli.schema.yaml import written

__all__ = ["ROWS", "BatchDeployment", "BatchJob", "BatchRetrySettings", "BatchSettings", "BatchType", "OutputAction"]


ROWS = "predictions.csv"
"""What the file of rows is called where nothing is said."""


def _a_name(value: str) -> str:
    if not re.fullmatch(r"\w[\w .-]{0,199}", value):
        raise ValueError("it is the name of a file: letters, digits, '_', '-', '.' and spaces, and no path")
    return value


FileName = Annotated[str, AfterValidator(_a_name)]
"""The name of a file: no path."""


class OutputAction(Word):
    """What becomes of what a batch returns."""

    APPEND_ROW = "append_row", "AppendRow"
    SUMMARY_ONLY = "summary_only", "SummaryOnly"


class BatchLoggingLevel(Word):
    """How much is logged."""

    INFO = "info", "Info"
    WARNING = "warning", "Warning"
    DEBUG = "debug", "Debug"
    ERROR = "error", "Error"


class BatchRetrySettings(Document):
    """What happens to a batch that fails."""

    max_retries: int | None = Field(default=None, ge=0)
    """How often it is tried again."""
    timeout: Seconds | None = Field(default=None, ge=1)
    """Seconds after which one try is given up."""


class BatchSettings(Document):
    """How a batch is shared out, or how a pipeline runs."""

    outside_properties: ClassVar[frozenset[str]] = frozenset()

    max_concurrency_per_instance: int | None = Field(default=None, ge=1)
    """How many processes a node has."""
    mini_batch_size: int | None = Field(default=None, ge=1)
    """How many files are given to the script at a time."""
    output_action: OutputAction | None = None
    """`append_row`: rows go to one file; `summary_only`: the script writes what it likes."""
    output_file_name: FileName | None = None
    """The name of that file."""
    retry_settings: BatchRetrySettings | None = None
    """What happens to a batch that fails."""
    error_threshold: int | None = Field(default=None, ge=-1)
    """How many files may fail; -1 for all."""
    logging_level: BatchLoggingLevel | None = None
    """How much is logged."""
    environment_variables: dict[str, Text] = Field(default_factory=dict)
    """Variables for the processes."""
    default_compute: ComputeRef | None = None
    """A pipeline's compute."""
    default_datastore: str | None = None
    """Where a pipeline's outputs are kept."""
    continue_on_step_failure: bool | None = None
    """Whether a pipeline's other steps go on after one has failed."""
    force_rerun: bool | None = None
    """Whether a pipeline's steps run again that would give the same as before."""


class BatchType(Word):
    """What answers a batch."""

    MODEL = "model", "Model"
    PIPELINE = "pipeline", "PipelineComponent"


_OF_PIPELINES = ("default_compute", "default_datastore", "continue_on_step_failure", "force_rerun")
_OF_MODELS = tuple(name for name in BatchSettings.model_fields if name not in _OF_PIPELINES)
_SAID_BY_MODELS = ("model", "code_configuration", "environment")
_SAID_BY_PIPELINES = ("component", "job_definition")
_PREFIX = "ComponentDeployment.Settings."
"""What Microsoft's client may write before a setting of a pipeline."""
_CONFIGURATION = "deploymentConfiguration"


class BatchDeployment(Deployment):
    """A model with its script, or a pipeline, that answers many inputs at once."""

    type: BatchType = BatchType.MODEL
    """`model` or `pipeline`."""
    compute: ComputeRef | None = None
    """Where it runs."""
    resources: Resources | None = None
    """How many nodes, of which size."""
    settings: BatchSettings | None = None
    """How a batch is shared out, or how a pipeline runs."""
    component: ComponentRef | None = None
    """`pipeline`: the component that answers: a reference, or a file."""
    job_definition: str | None = None
    """`pipeline`: a job whose pipeline answers: `azureml:name`."""

    @model_validator(mode="before")
    @classmethod
    def _beside(cls, data: Any) -> Any:
        """Settings may stand at the root, where they stood before there was a `type`."""
        if not isinstance(data, dict) or data.keys().isdisjoint(_OF_MODELS):
            return data
        settings = data.get("settings") or {}
        if not isinstance(settings, dict):
            return data
        rest = {key: value for key, value in data.items() if key not in _OF_MODELS}
        return {**rest, "settings": {**{key: data[key] for key in data if key in _OF_MODELS}, **settings}}

    @model_validator(mode="after")
    def _complete(self) -> Self:
        is_model = self.type is BatchType.MODEL
        if not is_model and self.component is None and self.job_definition is None:
            raise ValueError("a pipeline deployment needs 'component' or 'job_definition'")
        for word in _SAID_BY_PIPELINES if is_model else _SAID_BY_MODELS:
            if getattr(self, word) is not None:
                raise Slip(f"a deployment of 'type: {self.type}' has no '{word}'", word)
        for word in _OF_PIPELINES if is_model else _OF_MODELS:
            if getattr(self.settings, word, None):
                raise Slip(f"a deployment of 'type: {self.type}' has no setting '{word}'", "settings", word)
        settings = self.settings or BatchSettings()
        named = settings.output_file_name not in (None, ROWS)
        if settings.output_action is OutputAction.SUMMARY_ONLY and named:
            raise Slip(
                "with 'output_action: summary_only' there is no file of rows; leave it out",
                *("settings", "output_file_name"),
            )
        return self

    @classmethod
    def from_rest(cls, properties: Mapping[str, Any], scope: Scope | None = None) -> Self:
        """The deployment that REST says, where what YAML has below ``settings`` stands at the root."""
        said = {word: value for word, value in properties.items() if value is not None}
        settings = {alias: said.pop(alias) for alias in _aliases(_OF_MODELS) if alias in said}
        configuration = said.pop(_CONFIGURATION, None)
        if isinstance(configuration, Mapping):
            component = configuration.get("componentId")
            settings = _plain(configuration.get("settings"))
            said |= {"type": BatchType.PIPELINE.rest, "component": _asset_id(component, "componentId")}
        if (model := said.get("model")) is not None:
            said["model"] = _asset_id(model, "model")
        return super().from_rest({**said, **({"settings": settings} if settings else {})}, scope)

    def to_rest(self, scope: Scope | None = None) -> dict[str, Any]:
        """The deployment as REST says it."""
        said = super().to_rest(scope)
        said.pop("type")
        settings = said.pop("settings", {})
        if self.type is BatchType.MODEL:
            model = {"model": {"referenceType": "Id", "assetId": said["model"]}} if "model" in said else {}
            return {**said, **{word: value for word, value in settings.items() if value != {}}, **model}
        told = (self.settings or BatchSettings()).model_dump(mode="json", exclude_none=True, include={*_OF_PIPELINES})
        said[_CONFIGURATION] = {
            "deploymentConfigurationType": BatchType.PIPELINE.rest,
            "settings": {word: str(value) for word, value in told.items()},
        }
        if component := said.pop("component", None):
            said[_CONFIGURATION]["componentId"] = {"referenceType": "Id", "assetId": component}
        return said

    @classmethod
    def json_schema(cls, dialect: Dialect) -> dict[str, Any]:
        """The JSON Schema of the deployment in either dialect."""
        schema = super().json_schema(dialect)
        if dialect == "yaml":
            return schema
        inside = BatchSettings.json_schema("rest")["properties"]
        own = {word: value for word, value in schema["properties"].items() if word not in _ONLY_YAML}
        settings = {alias: inside[alias] for alias in _aliases(_OF_MODELS)}
        asset = {"type": "object", "properties": {word: {"type": "string"} for word in ("referenceType", "assetId")}}
        configuration = {
            "type": "object",
            "properties": {
                "deploymentConfigurationType": {"enum": [BatchType.PIPELINE.rest]},
                "componentId": asset,
                "settings": {"type": "object"},
            },
        }
        return {**schema, "properties": {**own, **settings, "model": asset, _CONFIGURATION: configuration}}


_ONLY_YAML = frozenset({"type", "settings", "component", "jobDefinition"})


def _aliases(names: tuple[str, ...]) -> list[str]:
    return [str(BatchSettings.model_fields[name].alias) for name in names]


def _plain(settings: Any) -> dict[str, Any]:
    """The settings of a pipeline as they are aliased here: REST has them as YAML spells them."""
    said = settings if isinstance(settings, Mapping) else {}
    words = {name: str(BatchSettings.model_fields[name].alias) for name in _OF_PIPELINES}
    found = {str(key).removeprefix(_PREFIX).lower(): value for key, value in said.items()}
    return {alias: found[name] for name, alias in words.items() if found.get(name) not in (None, "")}


def _asset_id(said: Any, word: str) -> Any:
    """The id of an asset that REST refers to."""
    if not isinstance(said, Mapping):
        return said
    if said.get("referenceType", "Id") != "Id":
        raise InvalidInput(
            f"'{word}' refers to something by its {said['referenceType']}.",
            target=word,
            mend="Keep it as an asset, and refer to that: {referenceType: Id, assetId: …}.",
        )
    return said.get("assetId")


class BatchInput(GivenLater):
    """What a batch endpoint is given: files by their path, or a value."""

    @model_validator(mode="before")
    @classmethod
    def _typed(cls, data: Any) -> Any:
        """A value may be written with its type, as `{type: string, default: append}`."""
        if isinstance(data, dict) and str(data.get("type")) in ("string", "number", "integer", "boolean"):
            value = data.get("value", data.get("default"))
            return {"type": "literal", "value": value if value is None else written(value)}
        return data


class BatchCompute(Document):
    """Where a job runs, and on how many nodes."""

    target: ComputeRef | None = None
    """The compute."""
    instance_count: int | None = Field(default=None, ge=1, le=1000)
    """How many nodes."""


class BatchPlace(Document):
    """A folder on a datastore."""

    datastore_id: str | None = None
    """The datastore."""
    path: str | None = None
    """The folder."""


class BatchJob(Document):
    """What is asked of a batch endpoint; the answer is a job."""

    outside_properties: ClassVar[frozenset[str]] = frozenset({"endpoint", "deployment"})

    endpoint: str = ""
    """The endpoint that is asked."""
    deployment: str = ""
    """The deployment that answers; the endpoint's default where left out."""
    job_name: str = Field(default="", alias="name")
    """The name of the job; one is made up where left out."""
    experiment_name: str | None = Field(default=None, alias="properties.experimentName")
    """The experiment of the job; named after the endpoint where left out."""
    inputs: dict[str, BatchInput] = Field(default_factory=dict, alias="inputData")
    """What it is given, by name; a model takes one."""
    outputs: dict[str, Output] = Field(default_factory=dict, alias="outputData")
    """Where what it makes is kept, by name; of a model it is `score`."""
    output_file_name: FileName | None = None
    """The name of the file of rows, for this once."""
    mini_batch_size: int | None = Field(default=None, ge=1)
    """How many files are given to the script at a time, for this once."""
    compute: BatchCompute | None = None
    """Where it runs, for this once."""
    error_threshold: int | None = Field(default=None, ge=-1)
    """How many files may fail, for this once; -1 for all."""
    retry_settings: BatchRetrySettings | None = None
    """What happens to a batch that fails, for this once."""
    output_dataset: BatchPlace | None = None
    """Where what a model makes is kept, as `outputs` says it as well."""
