"""What the SDK v1 was seen to do without a service: here it does the same."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import azureml.core
import azureml.exceptions
from azureml.core import Environment, Model, Run, RunConfiguration, ScriptRunConfig, Workspace
from azureml.core.model import InferenceConfig
from azureml.core.run import _OfflineRun
from azureml.exceptions import (
    AzureMLException,
    ModelNotFoundException,
    RunEnvironmentException,
    ServiceException,
    UserErrorException,
    WebserviceException,
)
from azureml.pipeline.core import PipelineData, ScheduleRecurrence
from azureml.train.hyperdrive import (
    BanditPolicy,
    BayesianParameterSampling,
    GridParameterSampling,
    TruncationSelectionPolicy,
    choice,
    loguniform,
    normal,
    quniform,
    randint,
    uniform,
)
from azureml.train.hyperdrive.exceptions import HyperDriveConfigException


def test_the_version_is_one_of_the_last() -> None:
    assert azureml.core.__version__ == azureml.core.VERSION
    assert azureml.core.VERSION.startswith("1.6")


def test_a_run_outside_of_jobs_only_prints(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run: Any = Run.get_context()
    assert isinstance(run, _OfflineRun) and not isinstance(run, Run)
    assert run.id.startswith("OfflineRun_")
    (tmp_path / "a.txt").write_text("a")
    for say in (
        lambda: run.log("loss", 0.5),
        lambda: run.log_list("losses", [1, 2]),
        lambda: run.log_row("row", a=1),
        lambda: run.upload_file("a.txt", str(tmp_path / "a.txt")),
        lambda: run.tag("good"),
    ):
        assert say() is None
        assert capsys.readouterr().out.startswith("Attempted to ")
    assert run.complete() is None
    assert isinstance(run.child_run(), _OfflineRun)


@pytest.mark.parametrize("word", ["experiment", "parent", "input_datasets", "get_metrics", "get_status"])
def test_a_run_outside_of_jobs_lacks_what_a_service_knows(word: str) -> None:
    assert not hasattr(Run.get_context(), word)


def test_a_run_outside_of_jobs_may_be_refused() -> None:
    with pytest.raises(RunEnvironmentException):
        Run.get_context(allow_offline=False)


def test_exceptions_are_one_family(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    named = [getattr(azureml.exceptions, name) for name in azureml.exceptions.__all__]
    apart = [each for each in named if not issubclass(each, AzureMLException)]
    assert apart in ([], [ServiceException])
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserErrorException) as told:
        Workspace.from_config()
    assert str(told.value).startswith("UserErrorException:\n\tMessage: ")


@pytest.mark.parametrize(
    ("made", "plain"),
    [
        (choice(1, 2, 3), ["choice", [[1, 2, 3]]]),
        (choice(range(3)), ["choice", [[0, 1, 2]]]),
        (uniform(0, 1), ["uniform", [0, 1]]),
        (loguniform(-3, 0), ["loguniform", [-3, 0]]),
        (normal(4, 1), ["normal", [4, 1]]),
        (quniform(1, 9, 2), ["quniform", [1, 9, 2]]),
        (randint(5), ["randint", [5]]),
    ],
)
def test_expressions_are_plain_lists(made: object, plain: list[Any]) -> None:
    assert made == plain


@pytest.mark.parametrize(
    "make",
    [
        lambda: GridParameterSampling({"a": uniform(0, 1)}),
        lambda: BayesianParameterSampling({"a": normal(0, 1)}),
        BanditPolicy,
        lambda: BanditPolicy(slack_factor=0.1, slack_amount=0.2),
        lambda: TruncationSelectionPolicy(truncation_percentage=120),
    ],
)
def test_what_cannot_be_searched_is_refused_at_once(make: Callable[[], Any]) -> None:
    with pytest.raises(HyperDriveConfigException):
        make()


def test_what_can_be_searched() -> None:
    BayesianParameterSampling({"a": quniform(0, 9, 3), "b": choice(1, 2), "c": uniform(0, 1)})
    TruncationSelectionPolicy(truncation_percentage=99)


def test_an_environment_before_anything_is_said() -> None:
    made = Environment("x")
    assert made.version is None
    assert made.docker.enabled is False
    assert made.python.user_managed_dependencies is False
    assert made.python.interpreter_path == "python"
    assert list(made.environment_variables) == ["EXAMPLE_ENV_VAR"]


def test_a_script_is_looked_for_when_it_is_submitted() -> None:
    made = ScriptRunConfig(source_directory="nowhere", script="none.py", arguments="--a 1")
    assert made.arguments == "--a 1"
    settings = made.run_config
    assert (settings.target, settings.framework) == ("local", "Python")
    assert RunConfiguration().target == "local"
    with pytest.raises(TypeError):
        ScriptRunConfig(source_directory=".", enviroment=None)  # type: ignore[call-arg]


def test_models_and_services(tmp_path: Path) -> None:
    with pytest.raises(WebserviceException):
        InferenceConfig(entry_script=str(tmp_path / "none.py"), environment=Environment("x"))
    with pytest.raises(ModelNotFoundException):
        Model.get_model_path("nothing")
    words = ("CUSTOM", "TENSORFLOW", "SCIKITLEARN", "ONNX", "TFKERAS", "PYTORCH", "MULTI")
    said = [getattr(Model.Framework, word) for word in words]
    assert said == ["Custom", "TensorFlow", "ScikitLearn", "Onnx", "TfKeras", "PyTorch", "Multi"]


def test_names_of_pipeline_data() -> None:
    assert str(PipelineData("prepared_1")) == "$AZUREML_DATAREFERENCE_prepared_1"
    with pytest.raises(ValueError):
        PipelineData("not-this")


def test_a_recurrence_takes_any_word_until_it_is_used() -> None:
    assert ScheduleRecurrence(frequency="Sometimes", interval=1).frequency == "Sometimes"
