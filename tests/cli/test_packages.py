"""``lazuli model package`` of models that a server has."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Run
from tests.endpoints.onnx_models import times
from tests.jobs.place import PYTHON


def test_a_registered_model_lies_where_deployments_have_it(lazuli: Run, workspace: str) -> None:
    times(2.0, Path("times.onnx"))
    Path("weights/deep").mkdir(parents=True)
    Path("weights/deep/w.txt").write_text("7")
    Path("src").mkdir()
    Path("src/score.py").write_text("def run(data): return data\n")
    Path("environment.yml").write_text(f"image: {PYTHON}\n")
    Path("package.yml").write_text(
        "base_environment_source: {resource_id: environment.yml}\n"
        "inferencing_server: {code_configuration: {code: src, scoring_script: score.py}}\n"
    )
    lazuli("model", "create", "--name", "times-pkg", "--version", "3", "--path", "times.onnx")
    lazuli("model", "create", "--name", "weights-pkg", "--version", "2", "--path", "weights")
    models = Path("root/var/azureml-app/azureml-models")
    for number, words in enumerate((["times-pkg:3"], ["-n", "times-pkg"], ["times-pkg:3", "-f", "package.yml"])):
        lazuli("model", "package", *words, "-p", f"to-{number}")
        assert (f"to-{number}" / models / "times-pkg/3/times.onnx").is_file()
    lazuli("model", "package", "weights-pkg@latest", "-f", "package.yml", "-p", "to")
    assert ("to" / models / "weights-pkg/2/weights/deep/w.txt").read_text() == "7"
