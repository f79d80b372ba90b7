"""What a user of Microsoft's client does, from a workspace to a model: run in an environment that holds that client.

It knows nothing of Lazuli but addresses in the environment. Each step prints one line of JSON: its name, and what went
wrong where something did. A step that others need ends the program when it fails.
"""

# pyright: reportMissingImports=false
from __future__ import annotations

import contextlib
import io
import json
import os
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from azure.ai.ml import Input, MLClient, Output, command
from azure.ai.ml.entities import (
    AmlCompute,
    AmlComputeSshSettings,
    ComputeInstance,
    ComputeInstanceSshSettings,
    ComputeSchedules,
    ComputeStartStopSchedule,
    CronTrigger,
    Data,
    Environment,
    IdentityConfiguration,
    Job,
    Model,
    NetworkSettings,
)
from azure.ai.ml.entities._assets import Code
from azure.ai.ml.exceptions import JobException
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.identity import DefaultAzureCredential

HERE = Path(sys.argv[1])
TRAIN = """
import pathlib, sys, time
rows, model, rate = sys.argv[1:]
print("learning with rate", rate, flush=True)
time.sleep(2.5)
pathlib.Path(model, "weights.txt").write_text(pathlib.Path(rows).read_text().upper())
pathlib.Path("outputs").mkdir(exist_ok=True)
pathlib.Path("outputs", "score.txt").write_text("0.9")
print("learned", flush=True)
"""
PLAIN = Environment(image="python:3.11")


class Tour:
    """The steps, in order, and what they hand on."""

    client: MLClient
    job: Job

    def connect(self) -> None:
        words = ("LAZULI_SUBSCRIPTION", "LAZULI_RESOURCE_GROUP", "LAZULI_WORKSPACE")
        self.client = MLClient(DefaultAzureCredential(), *(os.environ[word] for word in words), show_progress=False)

    def show_the_workspace(self) -> None:
        workspace = self.client.workspaces.get(os.environ["LAZULI_WORKSPACE"])
        assert workspace.name == os.environ["LAZULI_WORKSPACE"]
        assert workspace.mlflow_tracking_uri.startswith("https://127.0.0.1:")

    def make_a_cluster(self) -> None:
        wanted = AmlCompute(name="crew", size="Standard_DS3_v2", min_instances=0, max_instances=2)
        made = self.client.compute.begin_create_or_update(wanted).result()
        assert made.provisioning_state == "Succeeded"
        assert self.client.compute.get("crew").max_instances == 2
        assert "crew" in [each.name for each in self.client.compute.list()]

    def miss_a_resource(self) -> None:
        with expected(ResourceNotFoundError):
            self.client.compute.get("nobody")
        with expected(ResourceNotFoundError):
            self.client.jobs.get("nobody")

    def register_data(self) -> None:
        file = str(HERE / "rows.csv")
        first = self.client.data.create_or_update(Data(name="rows", version="1", path=file, type="uri_file"))
        assert first.path.endswith("/rows.csv")
        second = self.client.data.create_or_update(Data(name="rows", path=file, type="uri_file"))
        assert second.version == "2", second.version
        assert self.client.data.get("rows", label="latest").version == "2"
        assert self.client.data.get("rows", version="1").path == first.path

    def register_a_large_file(self) -> None:
        """In blocks, sent side by side."""
        made = self.client.data.create_or_update(
            Data(name="large", version="1", path=str(HERE / "large"), type="uri_file")
        )
        assert made.id.endswith("/data/large/versions/1")

    def submit_a_job(self) -> None:
        wanted = command(
            code=str(HERE / "code"),
            command="python train.py ${{inputs.rows}} ${{outputs.model}} ${{inputs.rate}}",
            inputs={
                "rows": Input(type="uri_file", path="azureml:rows:1"),
                "beside": Input(type="uri_file", path=str(HERE / "rows.csv")),
                "rate": 0.5,
            },
            outputs={"model": Output(type="uri_folder")},
            environment=PLAIN,
            compute="crew",
            experiment_name="tour",
            display_name="a tour",
            environment_variables={"WORD": "said"},
        )
        self.job = self.client.jobs.create_or_update(wanted)
        assert self.job.status in ("Queued", "Preparing", "Running"), self.job.status

    def send_code_once(self) -> None:
        wanted = [Code(path=str(HERE / "code"), name="again", version="1") for _ in range(2)]
        first, second = (self.client._code.create_or_update(each) for each in wanted)
        assert first.id == second.id

    def stream_its_log(self) -> None:
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            self.client.jobs.stream(self.job.name)
        assert "learning with rate 0.5" in said.getvalue() and "learned" in said.getvalue(), said.getvalue()

    def see_it_completed(self) -> None:
        seen = self.client.jobs.get(self.job.name)
        assert (seen.status, seen.experiment_name, seen.display_name) == ("Completed", "tour", "a tour")

    def download_everything(self) -> None:
        self.client.jobs.download(self.job.name, download_path=HERE / "all", all=True)
        assert (HERE / "all/named-outputs/model/weights.txt").read_text() == "A,B\n1,2\n"
        assert (HERE / "all/artifacts/outputs/score.txt").read_text() == "0.9"
        assert "learned" in (HERE / "all/artifacts/user_logs/std_log.txt").read_text()

    def download_one_output(self) -> None:
        self.client.jobs.download(self.job.name, download_path=HERE / "one", output_name="model")
        assert (HERE / "one/named-outputs/model/weights.txt").exists()

    def list_jobs_and_data(self) -> None:
        assert self.job.name in [each.name for each in self.client.jobs.list()]
        assert {"rows", "large"} <= {each.name for each in self.client.data.list()}

    def archive_and_restore_the_job(self) -> None:
        self.client.jobs.archive(self.job.name)
        assert self.job.name not in [each.name for each in self.client.jobs.list()]
        self.client.jobs.restore(self.job.name)
        assert self.job.name in [each.name for each in self.client.jobs.list()]

    def see_a_job_fail(self) -> None:
        doomed = self.client.jobs.create_or_update(
            command(command="sleep 2.5; exit 7", environment=PLAIN, compute="crew")
        )
        with expected(JobException), contextlib.redirect_stdout(io.StringIO()):
            self.client.jobs.stream(doomed.name)
        assert self.client.jobs.get(doomed.name).status == "Failed"

    def cancel_a_job(self) -> None:
        endless = self.client.jobs.create_or_update(command(command="sleep 600", environment=PLAIN, compute="crew"))
        self.client.jobs.begin_cancel(endless.name).result()
        while (status := self.client.jobs.get(endless.name).status) == "CancelRequested":
            time.sleep(0.1)
        assert status == "Canceled", status

    def change_a_cluster_and_see_its_nodes(self) -> None:
        made = AmlCompute(
            name="tide",
            size="STANDARD_DS3_V2",
            tier="low_priority",
            min_instances=1,
            max_instances=2,
            ssh_public_access_enabled=False,
            ssh_settings=AmlComputeSshSettings(admin_username="me", admin_password="Hush-hush-1"),
            network_settings=NetworkSettings(vnet_name="net", subnet="sub"),
            identity=IdentityConfiguration(type="system_assigned"),
        )
        tide = self.client.compute.begin_create_or_update(made).result()
        assert (tide.tier, tide.ssh_public_access_enabled) == ("low_priority", False)
        assert tide.ssh_settings.admin_username == "me" and tide.ssh_settings.admin_password is None
        assert tide.network_settings.subnet.endswith("/virtualNetworks/net/subnets/sub")
        assert tide.identity.type == "system_assigned"
        (node,) = list(self.client.compute.list_nodes("tide"))
        assert node.node_id and node.node_state in ("preparing", "idle"), vars(node)
        tide.max_instances, tide.idle_time_before_scale_down = 3, 60
        self.client.compute.begin_update(tide).result()
        tide = self.client.compute.get("tide")
        assert (tide.max_instances, tide.idle_time_before_scale_down) == (3, 60)
        tide.size = "Standard_D2_v3"
        with expected(HttpResponseError):
            self.client.compute.begin_update(tide).result()
        assert "tide" in [each.name for each in self.client.compute.list(compute_type="amlcompute")]
        self.client.compute.begin_delete("tide").result()
        with expected(ResourceNotFoundError):
            self.client.compute.get("tide")

    def see_sizes_and_usage(self) -> None:
        sizes = {size.name: size for size in self.client.compute.list_sizes()}
        assert (sizes["Standard_DS3_v2"].v_cp_us, sizes["Standard_DS3_v2"].memory_gb) == (4, 14.0)
        assert sizes["Standard_NC24s_v3"].gpus == 4
        assert len(list(self.client.compute.list_sizes(compute_type="ComputeInstance"))) == len(sizes)
        usages = {usage.name["value"]: usage for usage in self.client.compute.list_usage()}
        assert usages["cores"].limit >= 1 and usages["computes"].current_value >= 1
        with expected(HttpResponseError):
            odd = AmlCompute(name="odd", size="Standard_Enormous")
            self.client.compute.begin_create_or_update(odd).result()

    def start_and_stop_an_instance(self) -> None:
        trigger = CronTrigger(expression="0 18 * * *", time_zone="UTC")
        made = ComputeInstance(
            name="desk",
            size="Standard_DS3_v2",
            idle_time_before_shutdown_minutes=30,
            ssh_public_access_enabled=True,
            ssh_settings=ComputeInstanceSshSettings(ssh_key_value="ssh-rsa AAAA"),
            schedules=ComputeSchedules(compute_start_stop=[ComputeStartStopSchedule(trigger=trigger, action="stop")]),
        )
        desk = self.client.compute.begin_create_or_update(made).result()
        assert (desk.type, desk.idle_time_before_shutdown_minutes) == ("computeinstance", 30)
        assert desk.ssh_settings.ssh_key_value == "ssh-rsa AAAA" and desk.ssh_public_access_enabled
        (schedule,) = desk.schedules.compute_start_stop
        assert schedule.trigger.expression == "0 18 * * *"
        self.client.compute.begin_stop("desk").result()
        assert self.client.compute.get("desk").state == "Stopped"
        self.client.compute.begin_start("desk").result()
        assert self.client.compute.get("desk").state == "Running"
        self.client.compute.begin_restart("desk").result()
        desk = self.client.compute.get("desk")
        assert (desk.state, desk.last_operation["operationName"]) == ("Running", "Restart"), desk.last_operation
        done = self.client.jobs.create_or_update(command(command="true", environment=PLAIN, compute="desk"))
        while (status := self.client.jobs.get(done.name).status) not in ("Completed", "Failed"):
            time.sleep(0.1)
        assert status == "Completed", status
        self.client.compute.begin_delete("desk").result()

    def register_an_environment(self) -> None:
        conda = str(HERE / "conda.yml")
        made = self.client.environments.create_or_update(
            Environment(name="place", image="python:3.11", conda_file=conda)
        )
        assert self.client.environments.get("place", label="latest").version == made.version

    def register_models(self) -> None:
        folder = Model(name="net", version="1", path=str(HERE / "net"), type="custom_model")
        assert self.client.models.create_or_update(folder).path.startswith("azureml://")
        origin = f"azureml://jobs/{self.job.name}/outputs/model"
        assert self.client.models.create_or_update(Model(name="net", path=origin, type="custom_model")).version == "2"
        assert sorted(each.version for each in self.client.models.list("net")) == ["1", "2"]
        self.client.models.download("net", "1", download_path=str(HERE / "back"))
        assert (HERE / "back/net/net/deep er/ü").read_text() == "weights"

    def archive_and_restore_a_model(self) -> None:
        self.client.models.archive("net", version="1")
        assert [each.version for each in self.client.models.list("net")] == ["2"]
        self.client.models.restore("net", version="1")
        assert len(list(self.client.models.list("net"))) == 2


@contextlib.contextmanager
def expected(kind: type[BaseException]) -> Any:
    """Fails unless the block raises this."""
    try:
        yield
    except kind:
        return
    raise AssertionError(f"no {kind.__name__} was raised")


STEPS: list[Callable[..., Any]] = [step for name, step in vars(Tour).items() if callable(step) and name[0] != "_"]
VITAL = {"connect", "submit_a_job"}


def main() -> None:
    (HERE / "code").mkdir()
    (HERE / "code" / "train.py").write_text(TRAIN)
    (HERE / "rows.csv").write_text("a,b\n1,2\n")
    (HERE / "conda.yml").write_text("dependencies: [python=3.11]\n")
    (HERE / "net" / "deep er").mkdir(parents=True)
    (HERE / "net" / "deep er" / "ü").write_text("weights")
    (HERE / "net" / "empty").touch()
    with (HERE / "large").open("wb") as file:
        for _ in range(66):
            file.write(os.urandom(1 << 20))
    tour = Tour()
    for step in STEPS:
        failure = ""
        try:
            step(tour)
        except Exception:
            failure = traceback.format_exc()
        sys.stdout.write(json.dumps({"step": step.__name__, "failure": failure[-4000:]}) + "\n")
        if failure and step.__name__ in VITAL:
            break


if __name__ == "__main__":
    main()
