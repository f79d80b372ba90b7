"""Further published pipelines, unchanged: each runs to its end, with all of its steps."""

from __future__ import annotations

import re

import pytest
from tests.cases.conftest import Checkout, Lab

BASICS = "cli/jobs/basics/hello-pipeline"
COMPONENTS = "cli/jobs/pipelines-with-components"
FILES = (
    f"{BASICS}.yml",
    f"{BASICS}-serverless.yml",
    f"{BASICS}-settings.yml",
    f"{BASICS}-customize-output-file.yml",
    f"{BASICS}-customize-output-folder.yml",
    f"{BASICS}-default-artifacts.yml",
    f"{COMPONENTS}/basics/2a_basic_component/pipeline.yml",
    f"{COMPONENTS}/basics/2b_component_with_input_output/pipeline.yml",
    f"{COMPONENTS}/basics/3a_basic_pipeline/pipeline.yml",
    f"{COMPONENTS}/basics/4a_local_data_input/pipeline.yml",
    f"{COMPONENTS}/basics/5a_env_public_docker_image/pipeline.yml",
    f"{COMPONENTS}/basics/5b_env_registered/pipeline.yml",
    f"{COMPONENTS}/pipeline_with_pipeline_component/pipeline_with_train_eval_pipeline_component/pipeline.yml",
    "cli/jobs/pipelines/iris-batch-prediction-using-parallel/pipeline.yml",
)


@pytest.mark.parametrize("file", FILES)
def test_it_runs_to_its_end(lab: Lab, examples: Checkout, file: str) -> None:
    name = re.sub(r"\W+", "-", file.removesuffix(".yml").removeprefix("cli/jobs/"))
    lab.run(name, examples.file(file))
    steps = lab.steps(name)
    assert steps and {one["status"] for one in steps.values()} == {"Completed"}
