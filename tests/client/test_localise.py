from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lazuli.client.localise import ANONYMOUS, ANONYMOUS_COMPONENT, localise
from lazuli.client.snapshot import Snapshot
from lazuli.resources.component import Component
from lazuli.resources.data import Data
from lazuli.resources.deployment import OnlineDeployment
from lazuli.resources.environment import Environment
from lazuli.resources.job import CommandJob
from lazuli.resources.model import Model
from lazuli.resources.node import CommandNode, PipelineNode
from lazuli.resources.pipeline import PipelineJob
from lazuli.resources.schedule import Schedule
from lazuli.resources.sweep import SweepJob
from lazuli.schema import yaml
from lazuli.schema.document import Document
from lazuli.schema.problems import InvalidInput

CONDA = "dependencies:\n  - python=3.11\n  - pip:\n      - numpy\n"
JOB = """\
command: python train.py --data ${{inputs.data}}
code: ./src
environment:
  conda_file: conda.yml
inputs:
  data:
    type: uri_file
    path: ./data.csv
  lr: 0.1
  ready:
    path: azureml:cats@latest
"""


class Kept:
    """A workspace that remembers what it was given."""

    def __init__(self) -> None:
        self.uploads: list[Snapshot] = []
        self.codes: list[Snapshot] = []
        self.environments: list[Environment] = []
        self.components: list[Component] = []
        self.models: list[Model] = []

    def upload(self, snapshot: Snapshot) -> str:
        self.uploads.append(snapshot)
        return f"azureml://datastores/d/paths/{snapshot.name}"

    def upload_code(self, snapshot: Snapshot) -> str:
        self.codes.append(snapshot)
        return "azureml:code:1"

    def keep_environment(self, environment: Environment) -> str:
        self.environments.append(environment.model_copy())
        return f"azureml:{environment.name}:{environment.version}"

    def keep_model(self, model: Model) -> str:
        self.models.append(model)
        return f"azureml:{model.name}:{model.version}"

    def keep_component(self, component: Component) -> str:
        self.components.append(component)
        return f"azureml:{component.name}:{component.version}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "src").mkdir()
    (tmp_path / "src/train.py").write_text("print(1)")
    (tmp_path / "data.csv").write_text("a,b")
    (tmp_path / "conda.yml").write_text(CONDA)
    return tmp_path


def read(kind: type[Document], text: str, folder: Path) -> tuple[Any, yaml.Source]:
    source = yaml.parse(text, name="file.yml", folder=folder)
    return kind.from_yaml(source), source


def run(kind: type[Document], text: str, folder: Path) -> tuple[Any, Kept]:
    document, source = read(kind, text, folder)
    kept = Kept()
    for step in localise(document, source, cwd=folder):
        step(kept)
    return document, kept


def refuse(kind: type[Document], text: str, folder: Path) -> InvalidInput:
    document, source = read(kind, text, folder)
    with pytest.raises(InvalidInput) as told:
        localise(document, source, cwd=folder)
    return told.value


def test_a_job_speaks_of_nothing_local_any_more(folder: Path) -> None:
    job, kept = run(CommandJob, JOB, folder)
    assert job.code == "azureml:code:1"
    assert job.inputs["data"].path == "azureml://datastores/d/paths/data.csv"
    assert job.inputs["lr"].value == "0.1"
    assert job.inputs["ready"].path == "azureml:cats@latest"
    assert [file.relative for file in kept.codes[0].files] == ["train.py"]
    assert job.environment == f"azureml:{ANONYMOUS}:{kept.environments[0].version}"
    assert kept.environments[0].conda_file == CONDA


DEPLOYMENT = """\
name: blue
endpoint_name: e
model: {path: data.csv}
code_configuration: {code: src, scoring_script: train.py}
environment: {conda_file: conda.yml}
"""


def test_a_deployment_brings_its_script_its_environment_and_its_model(folder: Path) -> None:
    deployment, kept = run(OnlineDeployment, DEPLOYMENT, folder)
    assert deployment.code_configuration.code == "azureml:code:1"
    assert deployment.environment == f"azureml:{ANONYMOUS}:{kept.environments[0].version}"
    (model,) = kept.models
    assert (model.path, model.version) == ("azureml://datastores/d/paths/data.csv", "1")
    assert deployment.model == f"azureml:{model.name}:1"
    again, _ = run(OnlineDeployment, DEPLOYMENT, folder)
    assert again.model == deployment.model, "the same files are the same model"


@pytest.mark.parametrize(
    ("said", "target"),
    [
        ("model: {path: none.bin}", "model.path"),
        ("code_configuration: {code: none, scoring_script: s.py}", "code_configuration.code"),
    ],
)
def test_a_deployment_that_names_what_is_not_here_is_refused(folder: Path, said: str, target: str) -> None:
    problem = refuse(OnlineDeployment, f"name: blue\nendpoint_name: e\n{said}\n", folder)
    assert (problem.target, "file.yml:3" in problem.message) == (target, True)


SWEEP = """\
type: sweep
trial:
  command: python train.py --lr ${{search_space.lr}}
  code: ./src
  environment: ./conda.yml
search_space: {lr: {type: uniform, min_value: 0, max_value: 1}}
sampling_algorithm: random
objective: {goal: minimize, primary_metric: loss}
inputs:
  data: {path: ./data.csv}
"""


def test_a_sweep_sends_what_its_trial_runs_with(folder: Path) -> None:
    (folder / "environment.yml").write_text("image: python:3.11\nconda_file: conda.yml\n")
    job, kept = run(SweepJob, SWEEP.replace("./conda.yml", "./environment.yml"), folder)
    assert (job.trial.code, job.trial.environment) == (
        "azureml:code:1",
        f"azureml:{ANONYMOUS}:{kept.environments[0].version}",
    )
    assert (job.inputs["data"].path, job.inputs["data"].type) == ("azureml://datastores/d/paths/data.csv", "uri_file")
    assert job.name and job.experiment_name == folder.name
    told = refuse(SweepJob, SWEEP.replace("./src", "./scr"), folder)
    assert (told.target, told.message.partition(" ")[0]) == ("trial.code", "file.yml:4:")
    assert (
        "file.yml:2: 'trial.environment': it is required"
        in refuse(SweepJob, SWEEP.replace("  environment: ./conda.yml\n", ""), folder).message
    )


def test_nothing_is_sent_before_everything_is_found(folder: Path) -> None:
    told = refuse(CommandJob, JOB.replace("conda.yml", "conda.yaml"), folder)
    assert told.message.startswith("file.yml:4: 'environment.conda_file': 'conda.yaml' does not exist (looked at")
    assert str(folder / "conda.yaml") in told.message
    assert told.mend == "Did you mean 'conda.yml'?"
    assert told.target == "environment.conda_file"


def test_a_missing_input_and_code_are_told_with_their_lines(folder: Path) -> None:
    assert refuse(CommandJob, JOB.replace("./data.csv", "no/way.csv"), folder).message.startswith("file.yml:8: ")
    assert refuse(CommandJob, JOB.replace("./src", "./scr"), folder).mend == "Did you mean 'src'?"


def test_a_job_without_an_environment_is_refused(folder: Path) -> None:
    assert "'environment': it is required" in refuse(CommandJob, "command: echo", folder).message


def test_a_file_where_a_folder_is_meant_and_the_reverse(folder: Path) -> None:
    assert refuse(Data, "name: d\npath: data.csv", folder).mend == "Write 'type: uri_file'."
    assert refuse(Data, "name: d\ntype: uri_file\npath: src", folder).mend == "Write 'type: uri_folder'."
    assert refuse(CommandJob, JOB.replace("./data.csv", "./src"), folder).mend == "Write 'type: uri_folder'."


def test_a_local_output_path_is_refused(folder: Path) -> None:
    told = refuse(CommandJob, JOB + "outputs:\n  o:\n    path: ./here\n", folder)
    assert told.message.startswith("file.yml:14: 'outputs.o.path'")


def test_equal_definitions_are_one_environment_and_others_another(folder: Path) -> None:
    versions = []
    inline = JOB.replace("conda_file: conda.yml", "conda_file: {dependencies: [python=3.11]}")
    for text in (JOB, JOB.replace("lr: 0.1", "lr: 2"), inline):
        _, kept = run(CommandJob, text, folder)
        versions.append(kept.environments[0].version)
    assert versions[0] == versions[1] != versions[2]


def test_an_environment_in_a_file_of_its_own_or_with_a_name(folder: Path) -> None:
    (folder / "env").mkdir()
    (folder / "env/env.yml").write_text("name: sk\nversion: 3\nconda_file: ../conda.yml\n")
    file = JOB.replace("environment:\n  conda_file: conda.yml", "environment: file:./env/env.yml")
    job, kept = run(CommandJob, file, folder)
    assert job.environment == "azureml:sk:3"
    assert kept.environments[0].conda_file == CONDA


def test_a_registered_environment_is_left_alone(folder: Path) -> None:
    text = JOB.replace("environment:\n  conda_file: conda.yml", "environment: azureml:sk@latest")
    job, kept = run(CommandJob, text, folder)
    assert (job.environment, kept.environments) == ("azureml:sk@latest", [])


def test_a_conda_file_that_is_none(folder: Path) -> None:
    (folder / "conda.yml").write_text("numpy\n")
    assert "is no conda specification" in refuse(Environment, "name: e\nconda_file: conda.yml", folder).message


def test_a_build_context_is_uploaded_and_needs_its_dockerfile(folder: Path) -> None:
    text = "name: e\nbuild:\n  path: src\n"
    assert "has no Dockerfile" in refuse(Environment, text, folder).message
    (folder / "src/Dockerfile").write_text("FROM scratch")
    environment, kept = run(Environment, text, folder)
    assert environment.build.path == "azureml://datastores/d/paths/src"
    assert len(kept.uploads) == 1


def test_a_model_is_a_file_or_a_folder_or_lies_elsewhere(folder: Path) -> None:
    assert run(Model, "name: m\npath: data.csv", folder)[0].path.endswith("/data.csv")
    assert run(Model, "name: m\npath: src", folder)[0].path.endswith("/src")
    assert run(Model, "name: m\npath: azureml://jobs/j/outputs/o", folder)[1].uploads == []


def test_the_job_gets_a_name_and_the_experiment_of_its_folder(folder: Path, tmp_path: Path) -> None:
    work = tmp_path / "My Work!"
    work.mkdir()
    job, source = read(CommandJob, JOB, folder)
    localise(job, source, cwd=work)
    assert job.experiment_name == "My-Work"
    assert len(job.name.split("_")) == 3 and len(job.name.split("_")[2]) == 10
    job, source = read(CommandJob, JOB + "experiment_name: mine\nname: j1\n", folder)
    localise(job, source, cwd=work)
    assert (job.experiment_name, job.name) == ("mine", "j1")


SCHEDULE = "name: s\ntrigger: {type: cron, expression: '0 * * * *'}\ncreate_job: "
PIPELINE = "type: pipeline\ninputs: {x: 1, y: 2}\njobs: {a: {component: 'azureml:c:1'}}\n"


def test_a_schedule_takes_the_file_of_a_pipeline(folder: Path) -> None:
    (folder / "pipe.yml").write_text(PIPELINE)
    document, source = read(Schedule, SCHEDULE + "./pipe.yml\n", folder)
    assert localise(document, source) == []
    assert isinstance(document.create_job, PipelineJob) and list(document.create_job.jobs) == ["a"]


def test_a_schedule_says_what_is_different_in_the_file_of_a_job(folder: Path) -> None:
    (folder / "pipe.yml").write_text(PIPELINE)
    other = "{type: pipeline, job: ./pipe.yml, inputs: {x: 3}, settings: {force_rerun: true}, tags: {by: s}}"
    document, source = read(Schedule, SCHEDULE + other, folder)
    localise(document, source)
    job = document.create_job
    assert isinstance(job, PipelineJob) and job.settings
    assert {name: given.value for name, given in job.inputs.items()} == {"x": "3", "y": "2"}
    assert (job.tags, job.settings.force_rerun) == ({"by": "s"}, True)


def test_the_files_of_a_pipeline_are_sent(folder: Path) -> None:
    (folder / "lib").mkdir()
    (folder / "lib" / "more.py").write_text("2")
    (folder / "c.yml").write_text(
        "name: c\ntype: command\ncommand: ls\nenvironment: {image: 'python:3.11'}\n"
        "code: src\nadditional_includes: [lib, one.csv]\n"
    )
    (folder / "inner.yml").write_text("name: i\ntype: pipeline\njobs:\n  again: {component: ./c.yml}\n")
    text = (
        "type: pipeline\njobs:\n  a: {component: ./c.yml}\n  b: {type: pipeline, component: ./inner.yml}\n"
        "  c: {command: ls, environment: 'azureml:e:1', code: src, inputs: {x: {path: one.csv}}}\n"
    )
    (folder / "one.csv").write_text("1")
    document, source = read(PipelineJob, text, folder)
    workspace = Kept()
    for step in localise(document, source):
        step(workspace)
    kept = {each.display_name: each for each in workspace.components}
    assert kept.keys() == {"c", "i"} and all(each.name == ANONYMOUS_COMPONENT for each in kept.values())
    a, b, c = document.jobs.values()
    assert isinstance(a, CommandNode) and isinstance(b, PipelineNode) and isinstance(c, CommandNode)
    assert a.component == f"azureml:{ANONYMOUS_COMPONENT}:{kept['c'].version}"
    assert b.component == f"azureml:{ANONYMOUS_COMPONENT}:{kept['i'].version}"
    assert [file.relative for file in workspace.codes[0].files] == ["lib/more.py", "one.csv", "train.py"]
    assert c.inputs["x"].type == "uri_file" and str(c.inputs["x"].path).startswith("azureml://")
    # The same files make the same version.
    again, source = read(PipelineJob, text, folder)
    for step in localise(again, source):
        step(Kept())
    assert again.jobs["a"] == a


def test_a_file_that_is_there_twice_is_told(folder: Path) -> None:
    (folder / "lib").mkdir()
    (folder / "lib" / "train.py").write_text("2")
    (folder / "c.yml").write_text(
        "name: c\ntype: command\ncommand: ls\nenvironment: azureml:e:1\n"
        "code: src\nadditional_includes: [lib/train.py]\n"
    )
    document, source = read(PipelineJob, "type: pipeline\njobs:\n  a: {component: ./c.yml}\n", folder)
    with pytest.raises(InvalidInput, match=r"'train\.py' is in the code and in what it includes"):
        localise(document, source)


@pytest.mark.parametrize("key", ["create_monitor", "import_data"])
def test_a_schedule_of_something_else_says_what_to_use(folder: Path, key: str) -> None:
    with pytest.raises(InvalidInput, match=f"file.yml:3: '{key}': .* Use 'create_job'"):
        read(Schedule, f"name: s\ntrigger: {{type: cron, expression: '0 * * * *'}}\n{key}: {{}}\n", folder)
