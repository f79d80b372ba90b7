"""Published notebooks and scripts of the SDK v1, unchanged but for what they tell the reader to fill in.

``make cases NOTEBOOKS=<a checkout of Azure/MachineLearningNotebooks> DP100=<one of MicrosoftLearning/mslearn-dp100>``
runs them; the directory of a bare clone does as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cases.conftest import Checkout, checkout, opened_lab
from tests.cases.desk import Desk, furnished

HOW = "how-to-use-azureml"
HEAD = "f1aff553"
DAY1 = "441a5b01"
LOCAL = "f0442166"
COURSE = "d82038dd"


@pytest.fixture(scope="module")
def notebooks() -> Checkout:
    return checkout("NOTEBOOKS", "Azure/MachineLearningNotebooks")


@pytest.fixture(scope="module")
def course() -> Checkout:
    return checkout("DP100", "MicrosoftLearning/mslearn-dp100")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with opened_lab(tmp_path_factory.mktemp("desk")) as lab:
        yield furnished(lab)


def prepared(desk: Desk, checkout: Checkout, commit: str, folder: str, target: Path) -> Path:
    """A folder of a checkout, with the file beside it that names the workspace."""
    found = checkout.at(commit, folder, target)
    desk.lab.lazuli("workspace", "write-config", "-w", "lab", "-p", found)
    return found


def test_k01_configuration(notebooks: Checkout, desk: Desk, tmp_path: Path) -> None:
    found = notebooks.at(HEAD, "configuration.ipynb", tmp_path)
    filled = {"SUBSCRIPTION_ID": "garden", "RESOURCE_GROUP": "beds", "WORKSPACE_NAME": "roses"}
    said = "".join(desk.notebook(found, **filled))
    assert "Creating new cpu-cluster" in said and "Creating new gpu-cluster" in said
    assert '"workspace_name": "roses"' in (tmp_path / ".azureml" / "config.json").read_text()
    assert "Found existing cpu-cluster" in "".join(desk.notebook(found, **filled))


def test_k02_hello_of_the_first_day(notebooks: Checkout, desk: Desk, tmp_path: Path) -> None:
    found = notebooks.at(DAY1, "tutorials/get-started-day1/IDE-users", tmp_path)
    first = found / "01-create-workspace.py"
    filled = {"my_workspace_name": "day1", "azure-subscription-id": "garden", "myresourcegroup": "beds"}
    text = first.read_text().replace("<NAME_OF_REGION>", "westeurope")
    for word, value in filled.items():
        text = text.replace(f"<{word}>", value)
    first.write_text(text)
    for name in ("01-create-workspace.py", "02-create-compute.py", "03-run-hello.py"):
        said = desk.script(found / name, where=found)
    assert said.startswith("http")


def test_k03_train_on_local(notebooks: Checkout, desk: Desk, tmp_path: Path) -> None:
    found = prepared(desk, notebooks, HEAD, f"{HOW}/training/train-on-local", tmp_path)
    said = desk.notebook(found / "train-on-local.ipynb")
    assert any("When alpha is 0.40" in cell for cell in said)
    assert "Name: best_ridge_model" in said[-1]


def test_k04_logging_api(notebooks: Checkout, desk: Desk, tmp_path: Path) -> None:
    found = prepared(desk, notebooks, HEAD, f"{HOW}/track-and-monitor-experiments/logging-api", tmp_path)
    said = desk.notebook(found / "logging-api.ipynb")
    assert "'Competition Rank': '1'" in said[-1]
    assert (found / "files" / "myfile.txt").exists()


def test_k05_manage_runs(notebooks: Checkout, desk: Desk, tmp_path: Path) -> None:
    found = prepared(desk, notebooks, HEAD, f"{HOW}/track-and-monitor-experiments/manage-runs", tmp_path)
    said = "".join(desk.notebook(found / "manage-runs.ipynb"))
    assert "'quality': 'fantastic run'" in said and "author" in said
    assert list((found / "snapshots").rglob("*"))


def test_k06_hyperdrive_with_scikit_learn(notebooks: Checkout, desk: Desk, tmp_path: Path) -> None:
    folder = f"{HOW}/ml-frameworks/scikit-learn/train-hyperparameter-tune-deploy-with-sklearn"
    found = prepared(desk, notebooks, HEAD, folder, tmp_path)
    said = desk.notebook(found / "train-hyperparameter-tune-deploy-with-sklearn.ipynb")
    assert any("outputs/model.joblib" in cell for cell in said)


def test_k07_data_in_and_out(notebooks: Checkout, desk: Desk, tmp_path: Path) -> None:
    folder = f"{HOW}/work-with-data/datasets-tutorial/scriptrun-with-data-input-output"
    found = prepared(desk, notebooks, HEAD, folder, tmp_path)
    said = desk.notebook(found / "how-to-use-scriptrun.ipynb")
    assert "Hello Azure ML!" in said[-1]


def test_k08_train_with_datasets(notebooks: Checkout, desk: Desk, tmp_path: Path) -> None:
    folder = f"{HOW}/work-with-data/datasets-tutorial/train-with-datasets"
    found = prepared(desk, notebooks, HEAD, folder, tmp_path)
    said = desk.notebook(found / "train-with-datasets.ipynb")
    assert any("min MSE" in cell for cell in said)


def test_k09_run_experiments(course: Checkout, desk: Desk, tmp_path: Path) -> None:
    found = prepared(desk, course, COURSE, "", tmp_path)
    said = desk.notebook(found / "04 - Run Experiments.ipynb")
    assert "observations 10000" in said[-1]


def test_k10_work_with_data(course: Checkout, desk: Desk, tmp_path: Path) -> None:
    found = prepared(desk, course, COURSE, "", tmp_path)
    said = desk.notebook(found / "06 - Work with Data.ipynb")
    assert "Training context : File dataset" in said[-1]


def test_k11_a_pipeline(course: Checkout, desk: Desk, tmp_path: Path) -> None:
    found = prepared(desk, course, COURSE, "", tmp_path)
    said = "".join(desk.notebook(found / "08 - Create a Pipeline.ipynb"))
    assert "Training context : Pipeline" in said and "Pipeline scheduled." in said


def test_k12_real_time_service(course: Checkout, desk: Desk, tmp_path: Path) -> None:
    found = prepared(desk, course, COURSE, "", tmp_path)
    said = desk.notebook(found / "09 - Create a Real-time Inferencing Service.ipynb")
    assert said[-1] == "Service deleted.\n"


def test_k13_tune_hyperparameters(course: Checkout, desk: Desk, tmp_path: Path) -> None:
    found = prepared(desk, course, COURSE, "", tmp_path)
    said = desk.notebook(found / "11 - Tune Hyperparameters.ipynb")
    assert "Training context : Hyperdrive" in said[-1]


def test_k15_a_service_on_this_machine(notebooks: Checkout, desk: Desk, tmp_path: Path) -> None:
    found = prepared(desk, notebooks, LOCAL, f"{HOW}/deployment/deploy-to-local", tmp_path)
    said = desk.notebook(found / "register-model-deploy-local.ipynb")
    assert any("Hello from the updated score.py" in cell for cell in said)
