"""How a sweep searches: the space, the order in which it is tried, what counts as better, and when a trial is given up.

REST says an expression as a list: ``{type: uniform, min_value: 0, max_value: 1}`` is ``["uniform", [0, 1]]`` there.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite
from typing import Annotated, Any, ClassVar, Self

from pydantic import (
    ConfigDict,
    Discriminator,
    Field,
    SerializationInfo,
    SerializerFunctionWrapHandler,
    Tag,
    ValidationInfo,
    field_validator,
    model_serializer,
    model_validator,
)

from lazuli.schema.document import REST_ONLY, Document
from lazuli.schema.words import Seconds, Word

__all__ = [
    "Choice",
    "Distribution",
    "EarlyTermination",
    "Expression",
    "Goal",
    "Normal",
    "Objective",
    "QNormal",
    "QUniform",
    "RandInt",
    "Sampling",
    "SamplingType",
    "SearchSpace",
    "SweepLimits",
    "Uniform",
    "check_search",
]


class Distribution(Word):
    """How a hyperparameter is drawn."""

    CHOICE = "choice"
    RANDINT = "randint"
    UNIFORM = "uniform"
    QUNIFORM = "quniform"
    LOGUNIFORM = "loguniform"
    QLOGUNIFORM = "qloguniform"
    NORMAL = "normal"
    QNORMAL = "qnormal"
    LOGNORMAL = "lognormal"
    QLOGNORMAL = "qlognormal"


Number = int | Annotated[float, Field(allow_inf_nan=False)]


def _drawn(*kinds: Distribution) -> Any:
    words: dict[str, Any] = {"enum": [kind.value for kind in kinds]}
    return Field(json_schema_extra={**words, "x-rest": words})


class _Drawn(Document):
    """One hyperparameter."""

    arguments: ClassVar[tuple[str, ...]] = ()
    """The fields, in the order in which REST lists them."""

    type: Distribution
    """How it is drawn."""

    @model_validator(mode="before")
    @classmethod
    def _listed(cls, data: Any, info: ValidationInfo) -> Any:
        if not (info.context or {}).get("rest") or not isinstance(data, list):
            return data
        kind, values = data[0], data[1] if len(data) > 1 else []
        if not isinstance(values, list) or len(values) != len(cls.arguments):
            raise ValueError(f"'{kind}' takes {len(cls.arguments)} values")
        names = [cls.model_fields[name].alias or name for name in cls.arguments]
        return {"type": kind, **dict(zip(names, values, strict=True))}

    @model_serializer(mode="wrap")
    def _list(self, handler: SerializerFunctionWrapHandler, info: SerializationInfo) -> Any:
        said = handler(self)
        if not info.by_alias:
            return {key: value for key, value in said.items() if key in type(self).model_fields}
        names = [type(self).model_fields[name].alias or name for name in self.arguments]
        return [self.type.value, [said[name] for name in names]]


class Choice(_Drawn):
    """One of a list, each as likely as another."""

    arguments = ("values",)

    type: Distribution = _drawn(Distribution.CHOICE)
    """`choice`."""
    values: list[Any] = Field(min_length=1)
    """What to choose from: numbers, words, or maps with a search space of their own."""

    @field_validator("values")
    @classmethod
    def _spaces(cls, values: list[Any], info: ValidationInfo) -> list[Any]:
        """A map among the values is a search space that counts where it is chosen."""
        for value in values:
            if value is None or isinstance(value, list) or (isinstance(value, float) and not isfinite(value)):
                raise ValueError("a value is a number, a word, true or false, or a map of hyperparameters")
        return [_space(value, info) if isinstance(value, dict) else value for value in values]


class RandInt(_Drawn):
    """A whole number from 0 up to, but not including, `upper`."""

    arguments = ("upper",)

    type: Distribution = _drawn(Distribution.RANDINT)
    """`randint`."""
    upper: int = Field(gt=0)
    """The end, which is not drawn itself."""


class Uniform(_Drawn):
    """A number between two others; for `loguniform` these are the logarithms of the ends."""

    arguments = ("min_value", "max_value")

    type: Distribution = _drawn(Distribution.UNIFORM, Distribution.LOGUNIFORM)
    """`uniform` or `loguniform`."""
    min_value: Number
    """The least value, or its logarithm."""
    max_value: Number
    """The greatest value, or its logarithm."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.min_value > self.max_value:
            raise ValueError(f"min_value ({self.min_value}) is above max_value ({self.max_value}); swap them")
        if self.min_value == self.max_value and self.type in (Distribution.UNIFORM, Distribution.QUNIFORM):
            raise ValueError(f"min_value and max_value are both {self.min_value}; say that value itself")
        return self


class QUniform(Uniform):
    """The same in steps of `q`."""

    arguments = ("min_value", "max_value", "q")

    type: Distribution = _drawn(Distribution.QUNIFORM, Distribution.QLOGUNIFORM)
    """`quniform` or `qloguniform`."""
    q: Number = Field(gt=0)
    """The step."""


class Normal(_Drawn):
    """A number near `mu`; for `lognormal` it is the logarithm that is."""

    arguments = ("mu", "sigma")

    type: Distribution = _drawn(Distribution.NORMAL, Distribution.LOGNORMAL)
    """`normal` or `lognormal`."""
    mu: Number
    """The mean."""
    sigma: Number = Field(ge=0)
    """The standard deviation."""


class QNormal(Normal):
    """The same in steps of `q`."""

    arguments = ("mu", "sigma", "q")

    type: Distribution = _drawn(Distribution.QNORMAL, Distribution.QLOGNORMAL)
    """`qnormal` or `qlognormal`."""
    q: Number = Field(gt=0)
    """The step."""


_CLASSES: dict[Distribution, type[_Drawn]] = {
    Distribution.CHOICE: Choice,
    Distribution.RANDINT: RandInt,
    Distribution.UNIFORM: Uniform,
    Distribution.LOGUNIFORM: Uniform,
    Distribution.QUNIFORM: QUniform,
    Distribution.QLOGUNIFORM: QUniform,
    Distribution.NORMAL: Normal,
    Distribution.LOGNORMAL: Normal,
    Distribution.QNORMAL: QNormal,
    Distribution.QLOGNORMAL: QNormal,
}


def _tag(value: Any) -> str:
    if isinstance(value, _Drawn):
        return type(value).__name__
    kind = value.get("type") if isinstance(value, dict) else value[0] if isinstance(value, list) and value else None
    if kind is None and not isinstance(value, dict | list):
        return "fixed"
    try:
        return _CLASSES[Distribution.read(kind)].__name__
    except ValueError:
        return ""


Expression = Annotated[
    Annotated[Choice, Tag("Choice")]
    | Annotated[RandInt, Tag("RandInt")]
    | Annotated[Uniform, Tag("Uniform")]
    | Annotated[QUniform, Tag("QUniform")]
    | Annotated[Normal, Tag("Normal")]
    | Annotated[QNormal, Tag("QNormal")]
    | Annotated[bool | Number | str, Tag("fixed")],
    Discriminator(
        _tag, "distribution", f"its 'type' is how it is drawn: one of {', '.join(kind.value for kind in Distribution)}"
    ),
]
"""How one hyperparameter is drawn; a plain value is the same in every trial."""

SearchSpace = dict[str, Expression]


def _space(values: dict[str, Any], info: ValidationInfo) -> dict[str, Any]:
    kinds = {name: _CLASSES.get(_kind(value)) for name, value in values.items()}
    rest = bool((info.context or {}).get("rest"))
    return {
        name: kind.model_validate(values[name], by_name=not rest, by_alias=rest, context=info.context)
        if kind
        else values[name]
        for name, kind in kinds.items()
    }


def _kind(value: Any) -> Any:
    said = value.get("type") if isinstance(value, dict) else value[0] if isinstance(value, list) and value else None
    try:
        return Distribution.read(said) if said is not None else None
    except ValueError:
        return None


class SamplingType(Word):
    """In which order the space is tried: Azure's three words, then those that Lazuli adds."""

    RANDOM = "random", "Random"
    GRID = "grid", "Grid"
    BAYESIAN = "bayesian", "Bayesian"
    TPE = "tpe", "Tpe"
    GP = "gp", "Gp"
    CMA_ES = "cma_es", "CmaEs"
    NSGA_II = "nsga_ii", "NsgaII"
    QMC = "qmc", "Qmc"


class SamplingRule(Word):
    """How random points are spread."""

    RANDOM = "random"
    SOBOL = "sobol"


class Sampling(Document):
    """In which order the space is tried: a word, or a mapping with its settings."""

    model_config = ConfigDict(json_schema_extra={"x-yaml-types": ["string"]})

    type: SamplingType = Field(alias="samplingAlgorithmType")
    """`random`, `grid` (every combination of choices) or `bayesian` (learns from the trials before).

    Beyond Azure ML: `tpe`, `gp` (needs PyTorch), `cma_es` and `nsga_ii` learn as well, from any distribution; `qmc`
    spreads the points evenly.
    """
    seed: int | None = None
    """The same seed draws the same trials; one is chosen where none is said."""
    rule: SamplingRule | None = None
    """`random`: `sobol` spreads the points evenly."""
    logbase: float | str | None = None
    """The base of logarithmic distributions, a number or `e`."""
    warm_start: list[str] | None = None
    """Earlier sweeps, `azureml:<name>`, to learn from and to judge beside. Azure ML has no such field."""

    @field_validator("warm_start")
    @classmethod
    def _names(cls, value: list[str] | None) -> list[str] | None:
        return value and [name.removeprefix("azureml:").rstrip("/").rpartition("/")[2] for name in value]

    @model_validator(mode="before")
    @classmethod
    def _word(cls, data: Any, info: ValidationInfo) -> Any:
        word = "samplingAlgorithmType" if (info.context or {}).get("rest") else "type"
        return {word: data} if isinstance(data, str) else data

    @field_validator("logbase")
    @classmethod
    def _base(cls, value: float | str | None) -> float | str | None:
        if value is None or value == "e":
            return value
        try:
            base = float(value)
        except ValueError:
            base = 0.0
        if not isfinite(base) or base <= 0 or base == 1:
            raise ValueError("a base is a positive number other than 1, or 'e'")
        return value

    @model_serializer(mode="wrap")
    def _short(self, handler: SerializerFunctionWrapHandler, info: SerializationInfo) -> Any:
        said = handler(self)
        plain = all(said.get(key) is None for key in ("seed", "rule", "logbase", "warm_start", "warmStart"))
        return self.type.value if plain and not info.by_alias else said


class Goal(Word):
    """Which way is better."""

    MINIMIZE = "minimize"
    MAXIMIZE = "maximize"


class Objective(Document):
    """What counts as better."""

    goal: Goal
    """`minimize` or `maximize`."""
    primary_metric: str = Field(min_length=1)
    """The metric that trials log."""


class PolicyType(Word):
    """By which rule a trial is given up: Azure's three words, then those that Lazuli adds."""

    BANDIT = "bandit", "Bandit"
    MEDIAN_STOPPING = "median_stopping", "MedianStopping"
    TRUNCATION_SELECTION = "truncation_selection", "TruncationSelection"
    ASHA = "asha", "Asha"
    HYPERBAND = "hyperband", "Hyperband"


_OWN = {
    PolicyType.BANDIT: {"slack_factor", "slack_amount"},
    PolicyType.MEDIAN_STOPPING: set[str](),
    PolicyType.TRUNCATION_SELECTION: {"truncation_percentage", "exclude_finished_jobs"},
    PolicyType.ASHA: {"min_resource", "reduction_factor", "max_resource"},
    PolicyType.HYPERBAND: {"min_resource", "reduction_factor", "max_resource", "brackets"},
}
"""The fields that not every policy has, by the policies that have them."""


class EarlyTermination(Document):
    """When a trial that does badly is given up."""

    type: PolicyType = Field(alias="policyType")
    """`bandit` (worse than the best by some slack), `median_stopping`, or `truncation_selection` (the worst).

    Beyond Azure ML: `asha` and `hyperband` let only the best part of the trials go on at every rung.
    """
    evaluation_interval: int = Field(default=1, ge=0)
    """Judge at every so many logs of the metric; 0 never."""
    delay_evaluation: int = Field(default=0, ge=0)
    """Judge no earlier than this log of the metric."""
    slack_factor: float | None = Field(default=None, ge=0)
    """`bandit`: how much worse than the best, as a ratio."""
    slack_amount: float | None = Field(default=None, ge=0)
    """`bandit`: how much worse than the best, in the metric's own measure."""
    truncation_percentage: int | None = Field(default=None, ge=1, le=99)
    """`truncation_selection`: how many of a hundred trials are given up each time."""
    exclude_finished_jobs: bool | None = None
    """`truncation_selection`: whether to judge only those that still run."""
    min_resource: int | None = Field(default=None, ge=1)
    """`asha`, `hyperband`: the log of the metric at which the first rung is; 1 where not said."""
    reduction_factor: int | None = Field(default=None, ge=2)
    """`asha`, `hyperband`: one of how many goes on at a rung, and how much later the next is; 4, 3 where not said."""
    max_resource: int | None = Field(default=None, ge=1)
    """`asha`, `hyperband`: how often a trial logs the metric to its end; there is no rung from there on."""
    brackets: int | None = Field(default=None, ge=1)
    """`hyperband`: how many halvings run beside each other; as many as rungs fit where not said."""

    _earlier = model_validator(mode="before")(
        lambda data: (
            {"type": data["policy_type"], **{k: v for k, v in data.items() if k != "policy_type"}}
            if isinstance(data, dict) and "policy_type" in data
            else data
        )
    )

    @model_validator(mode="after")
    def _fitting(self, info: ValidationInfo) -> Self:
        if not (info.context or {}).get("yaml"):
            return self
        for field in sorted(set().union(*_OWN.values()) & self.model_fields_set - _OWN[self.type]):
            kinds = " and ".join(f"'{kind.value}'" for kind, fields in _OWN.items() if field in fields)
            raise ValueError(f"'{field}' is for {kinds}, not for '{self.type.value}'; remove it")
        if self.type is PolicyType.BANDIT and (self.slack_factor is None) == (self.slack_amount is None):
            raise ValueError("a bandit policy needs one of 'slack_factor' and 'slack_amount'")
        if self.type is PolicyType.TRUNCATION_SELECTION and self.truncation_percentage is None:
            raise ValueError("a truncation selection policy needs 'truncation_percentage', from 1 to 99")
        if self.type is PolicyType.HYPERBAND and self.max_resource is None:
            raise ValueError("a hyperband policy needs 'max_resource': how often a trial logs the metric to its end")
        return self


class SweepLimits(Document):
    """How many trials, and for how long."""

    job_limits_type: str = Field(default="Sweep", json_schema_extra=REST_ONLY)
    """REST's name for these limits."""
    max_total_trials: int | None = Field(default=None, ge=1, le=10_000)
    """How many trials there are in all."""
    max_concurrent_trials: int | None = Field(default=None, ge=1, le=1000)
    """How many run at once."""
    timeout: Seconds | None = Field(default=None, ge=1)
    """Seconds after which the whole sweep is canceled."""
    trial_timeout: Seconds | None = Field(default=None, ge=1)
    """Seconds after which one trial is canceled."""


def check_search(space: SearchSpace, sampling: Sampling, policy: EarlyTermination | None) -> None:
    """Raise ValueError where the space cannot be searched in this order."""
    _check_names(space)
    if sampling.rule is not None and sampling.type is not SamplingType.RANDOM:
        raise ValueError(f"'rule' is for random sampling, not for '{sampling.type.value}'; remove it")
    if sampling.type is SamplingType.GRID:
        for name, each in _all_drawn(space):
            if not isinstance(each, Choice):
                raise ValueError(f"grid sampling tries every combination of choices, and '{name}' is no 'choice'")
    if sampling.type is SamplingType.BAYESIAN:
        for name, each in _all_drawn(space):
            if each.type not in (Distribution.CHOICE, Distribution.UNIFORM, Distribution.QUNIFORM):
                raise ValueError(
                    f"bayesian sampling knows choice, uniform and quniform, and '{name}' is {each.type}; "
                    "'tpe' learns as well, from any distribution"
                )
        if policy is not None:
            raise ValueError(
                "bayesian sampling learns from whole trials: leave 'early_termination' out, or sample by 'tpe'"
            )


def _all_drawn(space: SearchSpace) -> Iterator[tuple[str, _Drawn]]:
    """What is drawn, also in the spaces that stand among the values of a choice."""
    for name, each in space.items():
        if isinstance(each, _Drawn):
            yield name, each
        for value in each.values if isinstance(each, Choice) else []:
            if isinstance(value, dict):
                yield from _all_drawn(value)


def _check_names(space: SearchSpace) -> set[str]:
    """The names that a trial may have. Raises ValueError where two values of one trial would have the same."""
    seen = set(space)
    for name, each in space.items():
        inner: set[str] = set()
        for value in each.values if isinstance(each, Choice) else []:
            if isinstance(value, dict):
                inner |= _check_names(value)
        if twice := sorted(inner & seen - {name}):
            raise ValueError(f"'{twice[0]}' stands among the values of '{name}' and elsewhere; give one another name")
        seen |= inner
    return seen
