"""Parallel steps of pipelines."""

from __future__ import annotations

from typing import Any

import pytest
from tests.jobs.place import ENVIRONMENT, Place

from lazuli.schema.problems import InvalidInput

SCORE = """
import os, sys
def run(batch):
    return [f"{os.path.basename(file)} {' '.join(sys.argv[1:])}" for file in batch]
"""
WRITE = {
    "type": "command",
    "command": "for x in a b c; do echo $x > ${{outputs.files}}/$x.txt; done",
    "environment": ENVIRONMENT,
    "outputs": {"files": {}},
}


@pytest.fixture(scope="module")
def code(place: Place) -> str:
    return place.code("parallel-step", score__py=SCORE)


def step(code: str, **said: Any) -> dict[str, Any]:
    """A parallel step over what the step 'write' wrote."""
    task = {"code": code, "entry_script": "score.py", "environment": ENVIRONMENT, **said.pop("task", {})}
    return {
        "type": "parallel",
        "inputs": {"data": "${{parent.jobs.write.outputs.files}}", **said.pop("inputs", {})},
        "outputs": {"rows": {"type": "uri_file"}},
        "input_data": "${{inputs.data}}",
        "task": {"append_row_to": "${{outputs.rows}}", **task},
        **said,
    }


def test_a_step_is_shared_by_processes_and_its_rows_go_on(place: Place, code: str) -> None:
    score = step(
        code,
        inputs={"tag": "${{parent.inputs.tag}}"},
        task={"program_arguments": "--tag ${{inputs.tag}}"},
        mini_batch_size="2",
        retry_settings={"max_retries": "${{parent.inputs.tries}}"},
        max_concurrency_per_instance="${{parent.inputs.processes}}",
        resources={"instance_count": "${{parent.inputs.nodes}}"},
        environment_variables={"MINE": "1"},
    )
    count = {
        "type": "command",
        "command": "wc -l < ${{inputs.rows}}",
        "environment": ENVIRONMENT,
        "inputs": {"rows": "${{parent.jobs.score.outputs.rows}}"},
    }
    place.put(
        "job",
        "parallel-steps",
        type="pipeline",
        inputs={"tag": "x", "tries": 1, "processes": 2, "nodes": 2},
        jobs={"write": WRITE, "score": score, "count": count},
    )
    place.until("parallel-steps", "Completed")
    assert place.files("azureml/parallel-steps-score/") == {"rows": "a.txt --tag x\nb.txt --tag x\nc.txt --tag x\n"}
    assert place.log("parallel-steps-count").strip() == "3"
    record = place.get("parallel-steps-score")
    assert (record.parent, record.state["nodes"]) == ("parallel-steps", 2)
    assert "Processes: 4 at most." in place.log("parallel-steps-score")
    again = {"write": WRITE, "score": score, "count": count}
    place.put(
        "job",
        "parallel-again",
        type="pipeline",
        inputs={"tag": "x", "tries": 1, "processes": 2, "nodes": 2},
        jobs=again,
    )
    place.until("parallel-again", "Completed")
    assert place.get("parallel-again-score").state["reused"] == "parallel-steps-score"


def test_a_component_and_what_its_step_says_over_it(place: Place, code: str) -> None:
    place.put(
        "component",
        "parallel_score",
        "1",
        type="parallel",
        inputs={"data": {"type": "uri_folder"}, "tag": {"type": "string", "optional": True}},
        outputs={"rows": {"type": "uri_file"}},
        input_data="${{inputs.data}}",
        mini_batch_size="1",
        resources={"instance_count": 1},
        max_concurrency_per_instance=1,
        task={
            "code": code,
            "entry_script": "score.py",
            "environment": ENVIRONMENT,
            "program_arguments": "$[[--tag ${{inputs.tag}}]] --more",
            "append_row_to": "${{outputs.rows}}",
        },
    )
    score = {
        "type": "parallel",
        "component": "azureml:parallel_score:1",
        "inputs": {"data": "${{parent.jobs.write.outputs.files}}"},
        "mini_batch_size": "3",
    }
    place.put("job", "parallel-component", type="pipeline", jobs={"write": WRITE, "score": score})
    place.until("parallel-component", "Completed")
    assert "1 mini-batches of files. Processes: 1 at most." in place.log("parallel-component-score")
    rows = place.files("azureml/parallel-component-score/")["rows"]
    assert rows == "a.txt --more\nb.txt --more\nc.txt --more\n"


def test_a_step_that_fails_fails_its_pipeline_with_its_word(place: Place, code: str) -> None:
    bad = step(place.code("parallel-failing", score__py="def run(batch):\n    return 1 / 0\n"), error_threshold=0)
    place.put("job", "parallel-fails", type="pipeline", jobs={"write": WRITE, "score": bad})
    record = place.until("parallel-fails", "Failed")
    assert "The step 'score' (job 'parallel-fails-score') failed." in record.state["error"]["message"]
    assert "ZeroDivisionError: division by zero" in place.log("parallel-fails-score")


@pytest.mark.parametrize(
    ("said", "target"),
    [
        ({"input_data": "${{inputs.dada}}"}, "jobs.score.input_data"),
        ({"mini_batch_size": "some"}, "jobs.score.mini_batch_size"),
        ({"task": {"entry_script": None}}, "jobs.score.task.entry_script"),
        ({"task": {"append_row_to": "${{outputs.row}}"}}, "jobs.score.task.append_row_to"),
        ({"retry_settings": {"timeout": 0}}, "jobs.score.retry_settings.timeout"),
    ],
)
def test_what_could_not_run_is_found_when_it_is_submitted(
    place: Place, code: str, said: dict[str, Any], target: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        place.put("job", "parallel-refused", type="pipeline", jobs={"write": WRITE, "score": step(code, **said)})
    assert caught.value.target == target
