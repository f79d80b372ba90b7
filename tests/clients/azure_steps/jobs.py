"""Command jobs."""

# pyright: reportMissingImports=false
from __future__ import annotations

import contextlib
import io
import time

from azure.ai.ml import Input, Output, PyTorchDistribution, command
from azure.ai.ml.entities import TensorBoardJobService
from azure.ai.ml.entities._assets import Code
from azure.ai.ml.exceptions import JobException

from azure_steps.tour import PLAIN, Tour, expected


def submit_a_job(tour: Tour) -> None:
    """jobs.create_or_update: a command with code, inputs and outputs"""
    wanted = command(
        code=str(tour.here / "code"),
        command="python train.py ${{inputs.rows}} ${{outputs.model}} ${{inputs.rate}}",
        inputs={
            "rows": Input(type="uri_file", path="azureml:rows:1"),
            "beside": Input(type="uri_file", path=str(tour.here / "rows.csv")),
            "rate": 0.5,
        },
        outputs={"model": Output(type="uri_folder")},
        environment=PLAIN,
        compute="crew",
        experiment_name="tour",
        display_name="a tour",
        environment_variables={"WORD": "said"},
    )
    tour.job = tour.client.jobs.create_or_update(wanted)
    assert tour.job.status in ("Queued", "Preparing", "Running"), tour.job.status


def send_code_once(tour: Tour) -> None:
    """code is sent once"""
    wanted = [Code(path=str(tour.here / "code"), name="again", version="1") for _ in range(2)]
    first, second = (tour.client._code.create_or_update(each) for each in wanted)
    assert first.id == second.id


def stream_its_log(tour: Tour) -> None:
    """jobs.stream"""
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        tour.client.jobs.stream(tour.job.name)
    assert "learning with rate 0.5" in said.getvalue() and "learned" in said.getvalue(), said.getvalue()


def see_it_completed(tour: Tour) -> None:
    """jobs.get"""
    seen = tour.client.jobs.get(tour.job.name)
    assert (seen.status, seen.experiment_name, seen.display_name) == ("Completed", "tour", "a tour")


def download_everything(tour: Tour) -> None:
    """jobs.download: everything"""
    tour.client.jobs.download(tour.job.name, download_path=tour.here / "all", all=True)
    assert (tour.here / "all/named-outputs/model/weights.txt").read_text() == "A,B\n1,2\n"
    assert (tour.here / "all/artifacts/outputs/score.txt").read_text() == "0.9"
    assert "learned" in (tour.here / "all/artifacts/user_logs/std_log.txt").read_text()


def download_one_output(tour: Tour) -> None:
    """jobs.download: one output"""
    tour.client.jobs.download(tour.job.name, download_path=tour.here / "one", output_name="model")
    assert (tour.here / "one/named-outputs/model/weights.txt").exists()


def list_jobs_and_data(tour: Tour) -> None:
    """jobs.list"""
    assert tour.job.name in [each.name for each in tour.client.jobs.list()]
    assert {"rows", "large"} <= {each.name for each in tour.client.data.list()}


def archive_and_restore_the_job(tour: Tour) -> None:
    """jobs.archive, restore"""
    tour.client.jobs.archive(tour.job.name)
    assert tour.job.name not in [each.name for each in tour.client.jobs.list()]
    tour.client.jobs.restore(tour.job.name)
    assert tour.job.name in [each.name for each in tour.client.jobs.list()]


def see_a_job_fail(tour: Tour) -> None:
    """jobs.stream raises JobException"""
    doomed = tour.client.jobs.create_or_update(command(command="sleep 2.5; exit 7", environment=PLAIN, compute="crew"))
    with expected(JobException), contextlib.redirect_stdout(io.StringIO()):
        tour.client.jobs.stream(doomed.name)
    assert tour.client.jobs.get(doomed.name).status == "Failed"


def cancel_a_job(tour: Tour) -> None:
    """jobs.begin_cancel"""
    endless = tour.client.jobs.create_or_update(command(command="sleep 600", environment=PLAIN, compute="crew"))
    tour.client.jobs.begin_cancel(endless.name).result()
    while (status := tour.client.jobs.get(endless.name).status) in ("CancelRequested", "Finalizing"):
        time.sleep(0.1)
    assert status == "Canceled", status


def run_on_two_nodes(tour: Tour) -> None:
    """jobs.stream, download: PyTorchDistribution on two nodes"""
    said = """python -c "import os; print('rank', os.environ['RANK'], 'of', os.environ['WORLD_SIZE'], flush=True)" """
    wanted = command(
        command=said.strip(),
        environment=PLAIN,
        compute="crew",
        distribution=PyTorchDistribution(process_count_per_instance=1),
        instance_count=2,
    )
    job = tour.client.jobs.create_or_update(wanted)
    with contextlib.redirect_stdout(io.StringIO()):
        tour.client.jobs.stream(job.name)
    seen = tour.client.jobs.get(job.name)
    assert (seen.status, seen.resources.instance_count, seen.distribution.type) == ("Completed", 2, "pytorch")
    tour.client.jobs.download(job.name, download_path=tour.here / "two", all=True)
    logs = "".join(file.read_text() for file in sorted((tour.here / "two").rglob("std_log*")))
    assert "rank 0 of 2" in logs and "rank 1 of 2" in logs, logs


def see_what_runs_beside_a_job(tour: Tour) -> None:
    """jobs.show_services: a TensorBoard beside a job"""
    wanted = command(
        command="sleep 600",
        environment=PLAIN,
        compute="crew",
        services={"curves": TensorBoardJobService(log_dir="outputs/curves")},
    )
    job = tour.client.jobs.create_or_update(wanted)
    while tour.client.jobs.get(job.name).status in ("Queued", "Preparing"):
        time.sleep(0.1)
    service = tour.client.jobs.show_services(job.name)["curves"]
    assert service.type == "TensorBoard", vars(service)
    assert tour.client.jobs.get(job.name).services["curves"].log_dir == "outputs/curves"
    tour.client.jobs.begin_cancel(job.name).result()
