"""Components."""

# pyright: reportMissingImports=false
from __future__ import annotations

import contextlib
import io

from azure.ai.ml import Input, Output, dsl, load_component
from azure.ai.ml.entities import Environment
from azure.ai.ml.parallel import RunFunction, parallel_run_function
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

from azure_steps.tour import Tour, expected, lazuli


def register_components(tour: Tour) -> None:
    """components.create_or_update, get: from YAML with code, next version, same again"""
    components = tour.client.components
    made = components.create_or_update(load_component(tour.examples / "assets/components/longest.yml"))
    assert (made.name, made.version, made.display_name) == ("longest_lines", "1", "The longest lines")
    seen = components.get("longest_lines", version="1")
    assert seen.command == made.command and seen.environment == made.environment and seen.code == made.code
    lines, heading = seen.inputs["lines"], seen.inputs["heading"]
    assert (lines.type, lines.default, lines.min) == ("integer", 3, 1), vars(lines)
    assert heading.optional and seen.outputs["kept"].type == "uri_folder"
    made.display_name, made.version = "Longest", None
    made.command += " "
    assert components.create_or_update(made).version == "2"
    assert components.get("longest_lines").version == "2"
    assert components.get("longest_lines", label="latest").version == "2"
    with expected(ResourceNotFoundError):
        components.get("nothing", version="1")


def list_and_archive_components(tour: Tour) -> None:
    """components.list, archive, restore"""
    components = tour.client.components
    assert "longest_lines" in [each.name for each in components.list()]
    assert [each.version for each in components.list("longest_lines")] == ["2", "1"]
    components.archive("longest_lines", version="2")
    assert [each.version for each in components.list("longest_lines")] == ["1"]
    components.restore("longest_lines", version="2")
    assert len(list(components.list("longest_lines"))) == 2


def see_the_same_component(tour: Tour) -> None:
    """components: lazuli shows what the client made, the client what lazuli made"""
    told, seen = (
        lazuli("component", "show", "-n", "longest_lines", "-v", "1"),
        tour.client.components.get("longest_lines", "1"),
    )
    assert (told["command"], told["display_name"]) == (seen.command, seen.display_name)
    assert {name: port["type"] for name, port in told["inputs"].items()} == {k: v.type for k, v in seen.inputs.items()}
    file = str(tour.examples / "assets/components/longest.yml")
    made = lazuli("component", "create", "-f", file, "--set", "name=by_lazuli")
    seen = tour.client.components.get("by_lazuli", "1")
    assert (seen.command, seen.inputs["lines"].default) == (made["command"], 3)
    with expected(HttpResponseError, "'command'", "A version never changes"):
        seen.command = "true"
        tour.client.components.create_or_update(seen)


def include_files_from_elsewhere(tour: Tour) -> None:
    """components.create_or_update: additional_includes travel with the code"""
    folder = tour.here / "included"
    for name in ("src", "shared"):
        (folder / name).mkdir(parents=True)
    (folder / "src" / "main.py").write_text("import shared.word; print('the word is', shared.word.WORD)\n")
    (folder / "shared" / "word.py").write_text("WORD = 'mum'\n")
    (folder / "it.yml").write_text(
        "type: command\nname: including\nversion: '1'\ncode: ./src\nadditional_includes: [./shared]\n"
        "command: python main.py\nenvironment: {image: 'python:3.11'}\n"
    )
    tour.client.components.create_or_update(load_component(folder / "it.yml"))
    code = lazuli("component", "show", "-n", "including", "-v", "1")["code"]
    (folder / "job.yml").write_text(
        f"command: python main.py\ncode: {code}\nenvironment: {{image: 'python:3.11'}}\ncompute: azureml:crew\n"
    )
    job = lazuli("job", "create", "-f", str(folder / "job.yml"))
    with contextlib.redirect_stdout(io.StringIO()):
        tour.client.jobs.stream(job["name"])  # says nothing of one that has ended already
    tour.client.jobs.download(job["name"], download_path=folder / "left", all=True)
    (log,) = (folder / "left").rglob("std_log.txt")
    assert "the word is mum" in log.read_text()


def run_a_parallel_function(tour: Tour) -> None:
    """components: parallel_run_function over files, in a pipeline; its rows are the pipeline's output"""
    folder = tour.examples / "pipelines" / "parallel"
    measure = parallel_run_function(
        name="measure_files",
        inputs={"flowers": Input(type="uri_folder"), "digits": Input(type="integer", default=1)},
        outputs={"means": Output(type="uri_file")},
        input_data="${{inputs.flowers}}",
        instance_count=1,
        max_concurrency_per_instance=2,
        mini_batch_size="1",
        mini_batch_error_threshold=1,
        retry_settings={"max_retries": 2, "timeout": 60},
        logging_level="DEBUG",
        task=RunFunction(
            code=str(folder / "src"),
            entry_script="measure.py",
            program_arguments="--digits ${{inputs.digits}} --error_threshold 5",
            append_row_to="${{outputs.means}}",
            environment=Environment(image="python:3.11"),
        ),
    )

    @dsl.pipeline(default_compute="crew")
    def measured(flowers):
        return {"means": measure(flowers=flowers).outputs.means}

    job = measured(flowers=Input(type="uri_folder", path=str(folder / "data")))
    job.outputs.means.type = "uri_file"  # pyright: ignore[reportAttributeAccessIssue]
    made = tour.client.jobs.create_or_update(job)
    with contextlib.redirect_stdout(io.StringIO()):
        tour.client.jobs.stream(made.name)
    assert tour.client.jobs.get(made.name).status == "Completed"
    tour.client.jobs.download(made.name, output_name="means", download_path=tour.here / "measured")
    rows = next(file for file in (tour.here / "measured").rglob("*") if file.is_file()).read_text()
    assert [row.split()[0] for row in rows.splitlines()] == ["setosa", "versicolor", "virginica"]


def keep_a_parallel_component(tour: Tour) -> None:
    """components.create_or_update, get: a parallel component with keys"""
    folder = tour.here / "parallel"
    (folder / "src").mkdir(parents=True)
    (folder / "src" / "fit.py").write_text("def run(rows):\n    return []\n")
    (folder / "fit.yml").write_text(
        "$schema: https://azuremlschemas.azureedge.net/latest/parallelComponent.schema.json\n"
        "type: parallel\nname: fit_each\nversion: '1'\ninputs: {rows: {type: mltable}}\n"
        "outputs: {lines: {type: uri_folder}}\ninput_data: ${{inputs.rows}}\npartition_keys: [store, brand]\n"
        "task:\n  type: run_function\n  code: ./src\n  entry_script: fit.py\n"
        "  program_arguments: --lines ${{outputs.lines}}\n  environment: {image: 'python:3.11'}\n"
    )
    made = tour.client.components.create_or_update(load_component(folder / "fit.yml"))
    seen = tour.client.components.get("fit_each", version="1")
    assert seen.partition_keys == ["store", "brand"] and seen.input_data == "${{inputs.rows}}"
    assert seen.task.code == made.task.code and seen.task.environment == made.task.environment
