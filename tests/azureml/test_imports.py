"""What public scripts import of the SDK v1 can be imported. ``imports.txt`` lists it: a module, and its names."""

from __future__ import annotations

import importlib
from importlib.util import find_spec
from pathlib import Path

import pytest

from azureml.core import Experiment, Run, Workspace, get_run
from azureml.exceptions import UserErrorException

LINES = (Path(__file__).parent / "imports.txt").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.split()[0])
def test_what_scripts_import(line: str) -> None:
    name, *wanted = line.split()
    module = importlib.import_module(name)
    assert not [each for each in wanted if not hasattr(module, each) and find_spec(f"{name}.{each}") is None]


def test_a_run_of_an_experiment(ws: Workspace) -> None:
    from azureml._restclient.constants import RunStatus

    experiment = Experiment(ws, "imports")
    started = experiment.start_logging()
    assert get_run(experiment=experiment, run_id=started.id, rehydrate=True, clean_up=True) == started
    started.complete()
    assert type(get_run(experiment, started.id, rehydrate=False)) is Run
    assert started.get_status() == RunStatus.COMPLETED


def test_dashboards_and_explainers_are_declined() -> None:
    from azureml.contrib.fairness import download_dashboard_by_upload_id, upload_dashboard_dictionary
    from azureml.interpret.scoring.scoring_explainer import DeepScoringExplainer, TreeScoringExplainer, save

    for use in (
        lambda: upload_dashboard_dictionary(None, {}, dashboard_name="a", dataset_name="b"),
        lambda: download_dashboard_by_upload_id(None, "a"),
        lambda: save(TreeScoringExplainer(None, feature_maps=None), directory="a", exist_ok=True),
        lambda: DeepScoringExplainer(None, serializer=None).explain(),
    ):
        with pytest.raises(UserErrorException, match="not available on Lazuli"):
            use()
