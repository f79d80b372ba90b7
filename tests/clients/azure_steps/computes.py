"""Computes: clusters and instances."""

# pyright: reportMissingImports=false
from __future__ import annotations

import time

from azure.ai.ml import command
from azure.ai.ml.entities import (
    AmlCompute,
    AmlComputeSshSettings,
    ComputeInstance,
    ComputeInstanceSshSettings,
    ComputeSchedules,
    ComputeStartStopSchedule,
    CronTrigger,
    IdentityConfiguration,
    NetworkSettings,
    VirtualMachineCompute,
    VirtualMachineSshSettings,
)
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

from azure_steps.tour import PLAIN, Tour, expected


def make_a_cluster(tour: Tour) -> None:
    """compute.begin_create_or_update, get, list: a cluster"""
    wanted = AmlCompute(name="crew", size="Standard_DS3_v2", min_instances=0, max_instances=2)
    made = tour.client.compute.begin_create_or_update(wanted).result()
    assert made.provisioning_state == "Succeeded"
    assert tour.client.compute.get("crew").max_instances == 2
    assert "crew" in [each.name for each in tour.client.compute.list()]


def change_a_cluster_and_see_its_nodes(tour: Tour) -> None:
    """compute.begin_update, list_nodes, begin_delete"""
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
    tide = tour.client.compute.begin_create_or_update(made).result()
    assert (tide.tier, tide.ssh_public_access_enabled) == ("low_priority", False)
    assert tide.ssh_settings.admin_username == "me" and tide.ssh_settings.admin_password is None
    assert tide.network_settings.subnet.endswith("/virtualNetworks/net/subnets/sub")
    assert tide.identity.type == "system_assigned"
    (node,) = list(tour.client.compute.list_nodes("tide"))
    assert node.node_id and node.node_state in ("preparing", "idle"), vars(node)
    tide.max_instances, tide.idle_time_before_scale_down = 3, 60
    tour.client.compute.begin_update(tide).result()
    tide = tour.client.compute.get("tide")
    assert (tide.max_instances, tide.idle_time_before_scale_down) == (3, 60)
    tide.size = "Standard_D2_v3"
    with expected(HttpResponseError):
        tour.client.compute.begin_update(tide).result()
    assert "tide" in [each.name for each in tour.client.compute.list(compute_type="amlcompute")]
    tour.client.compute.begin_delete("tide").result()
    with expected(ResourceNotFoundError):
        tour.client.compute.get("tide")


def see_sizes_and_usage(tour: Tour) -> None:
    """compute.list_sizes, list_usage"""
    sizes = {size.name: size for size in tour.client.compute.list_sizes()}
    assert (sizes["Standard_DS3_v2"].v_cp_us, sizes["Standard_DS3_v2"].memory_gb) == (4, 14.0)
    assert sizes["Standard_NC24s_v3"].gpus == 4
    assert len(list(tour.client.compute.list_sizes(compute_type="ComputeInstance"))) == len(sizes)
    usages = {usage.name["value"]: usage for usage in tour.client.compute.list_usage()}
    assert usages["cores"].limit >= 1 and usages["computes"].current_value >= 1
    with expected(HttpResponseError):
        odd = AmlCompute(name="odd", size="Standard_Enormous")
        tour.client.compute.begin_create_or_update(odd).result()


def start_and_stop_an_instance(tour: Tour) -> None:
    """compute.begin_start, begin_stop, begin_restart: an instance"""
    trigger = CronTrigger(expression="0 18 * * *", time_zone="UTC")
    made = ComputeInstance(
        name="desk",
        size="Standard_DS3_v2",
        idle_time_before_shutdown_minutes=30,
        ssh_public_access_enabled=True,
        ssh_settings=ComputeInstanceSshSettings(ssh_key_value="ssh-rsa AAAA"),
        schedules=ComputeSchedules(compute_start_stop=[ComputeStartStopSchedule(trigger=trigger, action="stop")]),
    )
    desk = tour.client.compute.begin_create_or_update(made).result()
    assert (desk.type, desk.idle_time_before_shutdown_minutes) == ("computeinstance", 30)
    assert desk.ssh_settings.ssh_key_value == "ssh-rsa AAAA" and desk.ssh_public_access_enabled
    (schedule,) = desk.schedules.compute_start_stop
    assert schedule.trigger.expression == "0 18 * * *"
    tour.client.compute.begin_stop("desk").result()
    assert tour.client.compute.get("desk").state == "Stopped"
    tour.client.compute.begin_start("desk").result()
    assert tour.client.compute.get("desk").state == "Running"
    tour.client.compute.begin_restart("desk").result()
    desk = tour.client.compute.get("desk")
    done = desk.last_operation.get("operationName") or desk.last_operation["operation_name"]  # as before 1.35
    assert (desk.state, done) == ("Running", "Restart"), desk.last_operation
    done = tour.client.jobs.create_or_update(command(command="true", environment=PLAIN, compute="desk"))
    while (status := tour.client.jobs.get(done.name).status) not in ("Completed", "Failed"):
        time.sleep(0.1)
    assert status == "Completed", status
    tour.client.compute.begin_delete("desk").result()


def attach_nothing(tour: Tour) -> None:
    """compute.begin_attach raises HttpResponseError: what to use instead"""
    machine = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/m"
    inside = VirtualMachineSshSettings(admin_username="me", admin_password="Hush-hush-1")
    wanted = VirtualMachineCompute(name="vm", resource_id=machine, ssh_settings=inside)
    with expected(HttpResponseError, "cannot be attached", "amlcompute"):
        tour.client.compute.begin_attach(wanted).result()
    with expected(ResourceNotFoundError):
        tour.client.compute.get("vm")
