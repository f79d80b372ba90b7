"""Sweeps, pipelines, AutoML and endpoints: said in YAML, in REST as Microsoft's client says it, and back."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lazuli.resources.kinds import AnyJob, check_runs
from lazuli.resources.pipeline import PipelineJob, needed_by
from lazuli.resources.table import LATER, noun
from lazuli.schema.document import Document
from lazuli.schema.identity import Scope
from lazuli.schema.problems import InvalidInput, Unsupported
from lazuli.schema.yaml import parse

SCOPE = Scope("s", "g", "w")
WORKSPACE = "/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w"

SWEEP = """
type: sweep
trial: {command: 'echo ${{search_space.lr}} ${{inputs.d}}', environment: 'azureml:e:1', code: 'azureml:c:1'}
inputs: {d: 3}
outputs: {o: }
sampling_algorithm: {type: random, seed: 3, rule: sobol}
search_space:
  lr: {type: loguniform, min_value: -1, max_value: 0}
  model: {type: choice, values: [1, a, {depth: {type: quniform, min_value: 1, max_value: 5, q: 2}}]}
  noise: {type: qnormal, mu: 1, sigma: 2, q: 0.5}
  units: {type: RandInt, upper: 5}
  fixed: 7
objective: {goal: Minimize, primary_metric: loss}
limits: {max_total_trials: 4, max_concurrent_trials: 2, timeout: 100}
early_termination: {type: bandit, slack_factor: 0.1, evaluation_interval: 2}
"""
PIPELINE = """
type: pipeline
inputs: {a: 3, data: {type: uri_file, path: 'https://x.org/a.csv', mode: download}, none: }
outputs: {o: {mode: upload}}
settings: {default_compute: 'azureml:cpu', continue_on_step_failure: false}
jobs:
  train:
    component: azureml:train:1
    compute: azureml:gpu
    inputs:
      x: ${{parent.inputs.a}}
      none: ${{parent.inputs.none}}
      y: {path: '${{parent.inputs.data}}', mode: download}
      z: {type: uri_file, path: 'https://x/y'}
    outputs: {m: '${{parent.outputs.o}}', n: }
    limits: {timeout: 70}
    resources: {instance_count: '${{parent.inputs.a}}'}
    identity: {type: user_identity}
  tune:
    type: sweep
    trial: azureml:train:1
    inputs: {x: '${{parent.jobs.train.outputs.m}}'}
    sampling_algorithm: grid
    search_space: {b: {type: choice, values: [1, 2]}}
    objective: {goal: minimize, primary_metric: m}
  score:
    type: parallel
    task: {type: run_function, code: 'azureml:c:1', entry_script: s.py, environment: 'azureml:e:1'}
    inputs: {i: '${{parent.jobs.tune.outputs.m}}'}
    input_data: ${{inputs.i}}
    mini_batch_size: 10kb
    retry_settings: {max_retries: 2, timeout: 60}
  inner:
    type: pipeline
    component: azureml:pp@latest
  learn:
    type: automl
    task: classification
    primary_metric: AUCWeighted
    target_column_name: y
    training_data: ${{parent.inputs.data}}
    limits: {max_trials: 3, timeout_minutes: 10}
"""
IN_PLACE = """
type: pipeline
name: whole
jobs:
  say: {command: 'echo ${{inputs.x}}', environment: 'azureml:e:1', code: 'azureml:c:1', inputs: {x: 3}}
  inside: {component: {type: command, command: 'true', environment: 'azureml:e:1'}}
  tune:
    type: sweep
    trial: {type: command, command: 'echo ${{inputs.b}}', environment: 'azureml:e:1', inputs: {b: {type: integer}}}
    sampling_algorithm: grid
    search_space: {b: {type: choice, values: [1, 2]}}
    objective: {goal: minimize, primary_metric: m}
  score:
    type: parallel
    task: {type: run_function, code: 'azureml:c:1', entry_script: s.py, environment: 'azureml:e:1'}
    inputs: {i: {path: 'https://x/y'}}
    input_data: ${{inputs.i}}
"""
AUTOML = """
type: automl
task: forecasting
primary_metric: r2_score
target_column_name: y
training_data: {path: 'https://x.org/t', type: mltable}
n_cross_validations: auto
limits: {timeout_minutes: 10, exit_score: 0.9}
featurization: {mode: off}
forecasting: {time_column_name: t, forecast_horizon: 5, target_lags: [1, 2], seasonality: auto}
training: {allowed_training_algorithms: [TCNForecaster, xg_boost_regressor]}
"""
IMAGES = """
type: automl
task: image_object_detection
target_column_name: y
training_data: {path: 'https://x.org/t', type: mltable}
sweep: {sampling_algorithm: random}
search_space: [{model_name: {type: choice, values: [yolov5]}, rate: {type: uniform, min_value: 0.1, max_value: 1}}]
"""
ONLINE = """
name: blue
endpoint_name: e
model: {path: ./model, name: m}
code_configuration: {code: ./src, scoring_script: score.py}
environment: azureml:e:1
request_settings: {request_timeout_ms: 3500}
liveness_probe: {initial_delay: 20}
data_collector: {collections: {model_inputs: {enabled: 'True'}}}
"""
BATCH = "{model: 'azureml:m:1', compute: 'azureml:c', mini_batch_size: 5, settings: {output_action: summary_only}}"


def there_and_back(cls: Any, text: str) -> dict[str, Any]:
    """What REST says of a document, which is read back the same from REST, from YAML and from the store."""
    document: Document = cls.from_yaml(replace(parse(text), strict=True))
    rest = json.loads(json.dumps(document.to_rest(SCOPE)))
    fields = type(document).model_fields
    outside = {fields[word].alias or word: getattr(document, word) for word in document.outside_properties}
    assert type(document).from_rest({**rest, **outside}, SCOPE).to_yaml() == document.to_yaml()
    assert cls.load(json.loads(json.dumps(document.dump()))).to_yaml() == document.to_yaml()
    again = {key: value for key, value in document.to_yaml().items() if key not in document.read_only_fields()}
    assert cls.from_yaml(replace(parse(json.dumps(again)), strict=True)).to_rest(SCOPE).keys() == rest.keys()
    return rest


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("job", SWEEP),
        ("job", PIPELINE),
        ("job", IN_PLACE),
        ("job", AUTOML),
        ("job", IMAGES),
        ("online-endpoint", "{name: my-ep, auth_mode: Key, traffic: {blue: 90, green: 10}, mirror_traffic: {c: 10}}"),
        ("online-deployment", ONLINE),
        ("batch-endpoint", "{name: my-ep, defaults: {deployment_name: d}}"),
        ("batch-deployment", BATCH),
        ("batch-deployment", "{name: b, type: pipeline, component: 'azureml:p:1', settings: {force_rerun: true}}"),
    ],
)
def test_both_dialects_say_the_same(word: str, text: str) -> None:
    there_and_back(noun(word).document, text)


def test_a_sweep_in_the_words_of_microsofts_client() -> None:
    rest = there_and_back(AnyJob, SWEEP)
    assert rest["jobType"] == "Sweep"
    assert rest["searchSpace"]["lr"] == ["loguniform", [-1, 0]]
    assert rest["searchSpace"]["model"] == ["choice", [[1, "a", {"depth": ["quniform", [1, 5, 2]]}]]]
    assert rest["samplingAlgorithm"] == {"samplingAlgorithmType": "Random", "seed": 3, "rule": "sobol"}
    assert rest["earlyTermination"]["policyType"] == "Bandit"
    assert rest["limits"]["timeout"] == "PT100S"
    assert rest["trial"]["environmentId"] == f"{WORKSPACE}/environments/e/versions/1"


def test_a_sweep_in_words_beyond_azure() -> None:
    own = SWEEP.replace("{type: random, seed: 3, rule: sobol}", "{type: cma_es, seed: 3}")
    rest = there_and_back(AnyJob, own.replace("bandit, slack_factor: 0.1", "hyperband, max_resource: 81, brackets: 2"))
    assert rest["samplingAlgorithm"] == {"samplingAlgorithmType": "CmaEs", "seed": 3}
    assert rest["earlyTermination"]["policyType"] == "Hyperband"
    assert rest["earlyTermination"]["maxResource"] == 81


def test_a_pipeline_in_the_words_of_microsofts_client() -> None:
    rest = there_and_back(AnyJob, PIPELINE)
    train = rest["jobs"]["train"]
    assert train["componentId"] == f"{WORKSPACE}/components/train/versions/1"
    assert train["inputs"]["x"] == {"job_input_type": "literal", "value": "${{parent.inputs.a}}"}
    assert train["inputs"]["y"]["value"] == "${{parent.inputs.data}}"
    assert train["inputs"]["z"] == {"job_input_type": "uri_file", "uri": "https://x/y"}
    assert train["outputs"]["m"] == {"type": "literal", "value": "${{parent.outputs.o}}"}
    assert train["limits"] == {"timeout": "PT70S", "job_limits_type": "Command"}
    assert train["identity"] == {"identity_type": "UserIdentity"}
    assert rest["jobs"]["tune"]["trial"] == {"componentId": f"{WORKSPACE}/components/train/versions/1"}
    assert rest["settings"]["default_compute"] == f"{WORKSPACE}/computes/cpu"


def test_steps_that_say_what_they_run_are_known_by_components() -> None:
    rest = there_and_back(AnyJob, IN_PLACE)
    known = f"{WORKSPACE}/components/azureml_anonymous/versions/whole"
    told = {name: step.get("componentId") or step["trial"]["componentId"] for name, step in rest["jobs"].items()}
    assert told == {name: f"{known}.{name}" for name in ("say", "inside", "tune", "score")}
    assert not any(word in rest["jobs"]["say"] for word in ("command", "component"))
    nameless = there_and_back(AnyJob, IN_PLACE.replace("name: whole", ""))
    assert nameless["jobs"]["say"]["componentId"] is None


def test_automl_in_the_words_of_microsofts_client() -> None:
    details = there_and_back(AnyJob, AUTOML)["taskDetails"]
    assert details["taskType"] == "Forecasting"
    assert details["nCrossValidations"] == {"mode": "Auto"}
    assert details["forecastingSettings"]["targetLags"] == {"mode": "Custom", "values": [1, 2]}
    assert details["trainingSettings"]["allowedTrainingAlgorithms"] == ["TCNForecaster", "XGBoostRegressor"]
    assert details["featurizationSettings"] == {"mode": "Off"}  # which YAML 1.1 takes for false
    assert details["limitSettings"]["timeout"] == "PT10M"
    images = there_and_back(AnyJob, IMAGES)["taskDetails"]
    assert images["searchSpace"] == [{"modelName": "choice('yolov5')", "rate": "uniform(0.1,1)"}]


def test_deployments_spell_their_times_and_settings() -> None:
    rest = there_and_back(noun("online-deployment").document, ONLINE)
    assert rest["requestSettings"]["requestTimeout"] == "PT3.5S"
    assert rest["livenessProbe"]["initialDelay"] == "PT20S"
    rest = there_and_back(noun("batch-deployment").document, BATCH)
    assert (rest["miniBatchSize"], rest["outputAction"]) == (5, "SummaryOnly")
    assert rest["model"]["assetId"].endswith("/models/m/versions/1")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{name: b, type: pipeline}", "needs 'component' or 'job_definition'"),
        ("{name: b, type: pipeline, component: c.yml, model: 'azureml:m:1'}", "has no 'model'"),
        ("{name: b, model: 'azureml:m:1', settings: {default_compute: c}}", "has no setting 'default_compute'"),
        ("{name: b, type: pipeline, component: c.yml, mini_batch_size: 2}", "has no setting 'mini_batch_size'"),
        ("{name: b, model: 'azureml:m:1', settings: {output_action: summary_only, output_file_name: f}}", "no file"),
    ],
)
def test_a_batch_deployment_says_what_its_kind_says(text: str, told: str) -> None:
    with pytest.raises(InvalidInput, match=told):
        noun("batch-deployment").document.from_yaml(parse(text))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            SWEEP.replace("loguniform, min_value: -1", "loguniform, min_value: 1"),
            "job.yml:8: 'search_space.lr': min_value",
        ),
        (SWEEP.replace("loguniform", "logunifrm"), "'type' is how it is drawn: one of choice"),
        (SWEEP.replace("{type: random, seed: 3, rule: sobol}", "grid"), "'lr' is no 'choice'"),
        (SWEEP.replace("{type: random, seed: 3, rule: sobol}", "bayesian"), "'lr' is loguniform"),
        (SWEEP.replace("search_space.lr", "search_space.lrr"), "no search_space 'lrr'. Did you mean 'lr'?"),
        (SWEEP.replace("slack_factor: 0.1", "truncation_percentage: 5"), "is for 'truncation_selection'"),
        (SWEEP.replace("slack_factor: 0.1", "slack_amount: 1, brackets: 2"), "'brackets' is for 'hyperband', not for"),
        (SWEEP.replace("bandit, slack_factor: 0.1", "hyperband"), "needs 'max_resource'"),
        (SWEEP.replace("rule: sobol", "logbase: 1"), "a base is a positive number other than 1"),
        (SWEEP.replace("type: random", "type: tpe"), "'rule' is for random sampling"),
        (SWEEP.replace("loguniform, min_value: -1", "uniform, min_value: 0"), "are both 0; say that value itself"),
        (SWEEP.replace("depth:", "lr:"), "'lr' stands among the values of 'model' and elsewhere"),
        (
            PIPELINE.replace("parent.inputs.a}}\n      n", "parent.inputs.b}}\n      n"),
            "job.yml:11: 'inputs.x' of 'train'",
        ),
        (
            PIPELINE.replace("parent.jobs.train.", "parent.jobs.trian."),
            "there is no step 'trian'. Did you mean 'train'?",
        ),
        (
            PIPELINE.replace("z: {type: uri_file, path: 'https://x/y'}", "z: '${{parent.jobs.tune.outputs.m}}'"),
            "wait for each",
        ),
        (PIPELINE.replace("type: parallel", "type: spark"), "job.yml:27: 'jobs.score.type' is 'spark'"),
        (PIPELINE.replace("    component: azureml:train:1\n", ""), "one of 'component' and 'command'"),
        (PIPELINE.replace("grid", "gird"), "job.yml:23: 'jobs.tune.sampling_algorithm.type' is 'gird'"),
        ("type: pipeline", "it needs one of 'jobs'"),
        (AUTOML.replace("r2_score", "accuracy"), "no primary metric of forecasting"),
        (AUTOML.replace("time_column_name: t, ", ""), "needs 'forecasting.time_column_name'"),
        (AUTOML.replace("xg_boost_regressor", "svm"), "no algorithm for forecasting"),
        (AUTOML + "resources: instance_type=x\n", "'resources' is 'instance_type=x': a mapping is expected"),
        ("{type: finetuning, task: x}", "foundation models"),
    ],
)
def test_slips_are_told_with_their_line_and_mend(text: str, told: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        AnyJob.from_yaml(parse(text, name="job.yml"))
    assert told in str(caught.value)


def test_steps_come_after_what_they_wait_for() -> None:
    job = AnyJob.from_yaml(parse(PIPELINE))
    assert isinstance(job, PipelineJob)
    waits = {name: needs for name, node in job.jobs.items() if (needs := needed_by(node))}
    assert waits == {"tune": {"train"}, "score": {"tune"}}


@pytest.mark.parametrize("text", [AUTOML])
def test_what_does_not_run_yet_says_so(text: str) -> None:
    with pytest.raises(Unsupported, match="is understood, but this version does not run it yet"):
        check_runs(AnyJob.from_yaml(parse(text)))


@pytest.mark.parametrize("row", LATER, ids=lambda row: row.word)
def test_what_comes_later_is_described_in_both_dialects(row: Any) -> None:
    for dialect in ("yaml", "rest"):
        assert row.document.for_type(None).json_schema(dialect)["description"]


STRANGE = st.sampled_from(
    [None, True, -1, 1.5, float("inf"), "", "x", "${{parent.inputs.q}}", "P", [], {}, [[]], ["uniform", [1]], {"": 1},
     {"type": "choice"}, {"type": None}, {"mode": "Auto"}, {"x": {}}, 10**30]
)  # fmt: skip


def places(said: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inside = said.items() if isinstance(said, dict) else enumerate(said) if isinstance(said, list) else ()
    return [*([at] if at else []), *(place for key, part in inside for place in places(part, (*at, key)))]


def replaced(said: Any, at: tuple[Any, ...], value: Any) -> Any:
    if not at:
        return value
    copy = dict(said) if isinstance(said, dict) else list(said)
    copy[at[0]] = replaced(said[at[0]], at[1:], value)
    return copy


@settings(max_examples=20, deadline=None)
@given(st.data())
@pytest.mark.parametrize(
    ("word", "text"),
    [("job", SWEEP), ("job", PIPELINE), ("job", AUTOML), ("job", IMAGES), ("online-deployment", ONLINE),
     ("batch-deployment", BATCH)],
)  # fmt: skip
def test_whatever_stands_somewhere_is_read_or_told(word: str, text: str, data: st.DataObject) -> None:
    cls = noun(word).document
    yaml = parse(text).data
    rest = json.loads(json.dumps(cls.from_yaml(parse(text)).to_rest(SCOPE)))
    for dialect, said in (("yaml", yaml), ("rest", rest)):
        wrong = replaced(said, data.draw(st.sampled_from(places(said))), data.draw(STRANGE))
        try:
            found = (
                cls.from_yaml(replace(parse("{}"), data=wrong)) if dialect == "yaml" else cls.from_rest(wrong, SCOPE)
            )
        except InvalidInput:
            continue
        found.to_rest(SCOPE)
        cls.load(json.loads(json.dumps(found.dump())))
