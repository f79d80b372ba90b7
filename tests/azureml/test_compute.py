"""Compute targets."""

from __future__ import annotations

from typing import Any

import pytest

from azureml.core import ComputeTarget as FromCore
from azureml.core import Workspace
from azureml.core.compute import (
    AdlaCompute,
    AksCompute,
    AmlCompute,
    BatchAiCompute,
    BatchCompute,
    ComputeInstance,
    ComputeTarget,
    DatabricksCompute,
    DataFactoryCompute,
    DsvmCompute,
    HDInsightCompute,
    KubernetesCompute,
    KustoCompute,
    RemoteCompute,
    SynapseCompute,
)
from azureml.core.compute import compute as module
from azureml.core.compute.aks import AksProvisioningConfiguration
from azureml.core.compute.amlcompute import AmlComputeProvisioningConfiguration
from azureml.core.compute_target import ComputeTargetException, LocalTarget
from azureml.exceptions import UserErrorException


def _cluster(ws: Workspace, name: str, **said: Any) -> AmlCompute:
    asked = AmlCompute.provisioning_configuration(**{"vm_size": "STANDARD_D2_V2", "max_nodes": 2, **said})
    made = ComputeTarget.create(workspace=ws, name=name, provisioning_configuration=asked)
    assert isinstance(made, AmlCompute)
    return made


def test_a_cluster_is_made_where_there_is_none(ws: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ComputeTargetException, match="Message: ComputeTargetNotFound") as caught:
        ComputeTarget(workspace=ws, name="cpu-cluster")
    assert caught.value.message.startswith("ComputeTargetNotFound: Compute Target with name cpu-cluster not found")
    made = _cluster(ws, "cpu-cluster", min_nodes=0, idle_seconds_before_scaledown=2400)
    made.wait_for_completion(show_output=True, min_node_count=None, timeout_in_minutes=20)
    assert "Minimum number of nodes requested have been provisioned" in capsys.readouterr().out
    made.wait_for_completion(True, 1)  # a node comes with a job alone, and nobody waits 25 minutes for none
    assert "It has 0 nodes" in capsys.readouterr().out
    found = FromCore(workspace=ws, name="CPU-cluster")
    assert type(found) is AmlCompute and (found.name, found.type) == ("cpu-cluster", "AmlCompute")
    assert (found.vm_size.lower(), found.vm_priority) == ("standard_d2_v2", "Dedicated")
    assert found.provisioning_state == "Succeeded" and found.provisioning_errors == []
    assert "cpu-cluster" in ws.compute_targets and ws.compute_targets["cpu-cluster"].type == "AmlCompute"
    with pytest.raises(ComputeTargetException, match="is no ComputeInstance"):
        ComputeInstance(ws, "cpu-cluster")
    with pytest.raises(ComputeTargetException, match="Detach is not supported"):
        found.detach()
    found.delete()
    assert found.provisioning_state == "Deleting"
    found.wait_for_completion(is_delete_operation=True)
    with pytest.raises(ComputeTargetException):
        found.refresh_state()


def test_how_a_cluster_stands(ws: Workspace) -> None:
    kept = _cluster(ws, "kept", min_nodes=1, tags={"a": "b"}, description="for trees")
    kept.wait_for_completion(show_output=False, min_node_count=1)
    status = kept.get_status()
    assert (status.provisioning_state, status.allocation_state) == ("Succeeded", "Steady")
    assert (status.current_node_count, status.target_node_count, status.errors) == (1, 1, [])
    assert status.vm_size and status.vm_priority == "Dedicated" and status.node_state_counts["idleNodeCount"] == 1
    said = kept.status.serialize()
    assert (said["currentNodeCount"], said["scaleSettings"]["maxNodeCount"]) == (1, 2)
    assert said["vmSize"].lower() == "standard_d2_v2" and said["errors"] == []
    assert (kept.tags, kept.description, kept.location) == ({"a": "b"}, "for trees", ws.location)
    assert kept.serialize()["id"] == kept.id and "kept" in repr(kept)
    (node,) = kept.list_nodes()
    assert node["nodeState"] == "idle" and node["nodeId"] and list(kept.get_active_runs()) == []


def test_a_cluster_changes(ws: Workspace) -> None:
    made = _cluster(ws, "changing", vm_priority="lowpriority", tags={"a": "b"}, description="for trees")
    made.update(min_nodes=1, max_nodes=3, idle_seconds_before_scaledown=7200)
    found = ComputeTarget(ws, "changing")
    assert isinstance(found, AmlCompute) and found.vm_priority == "LowPriority"
    assert (found.tags, found.description) == ({"a": "b"}, "for trees")
    scale = found.scale_settings
    assert (scale.minimum_node_count, scale.maximum_node_count, scale.idle_seconds_before_scaledown) == (1, 3, 7200)
    found.update(max_nodes=4)
    assert (found.scale_settings.minimum_node_count, found.scale_settings.maximum_node_count) == (1, 4)
    assert found.scale_settings.idle_seconds_before_scaledown == 7200
    with pytest.raises(ComputeTargetException, match="max_instances"):
        found.update(min_nodes=9)
    found.add_identity("UserAssigned", ["/subscriptions/s/a", "/subscriptions/s/b"])
    found.remove_identity(["/subscriptions/s/a"])
    assert (found.identity_type, found.identity_id) == ("UserAssigned", ["/subscriptions/s/b"])
    found.remove_identity()
    assert found.identity_id == [] and found.scale_settings.maximum_node_count == 4


def test_what_is_said_of_nodes_is_kept(ws: Workspace) -> None:
    asked = AmlCompute.provisioning_configuration(
        max_nodes=1,
        admin_username="ann",
        admin_user_ssh_key="ssh-rsa AAAA",
        remote_login_port_public_access="Enabled",
        identity_type="SystemAssigned",
        location="westeurope",
        enable_node_public_ip=False,
    )
    assert isinstance(asked, AmlComputeProvisioningConfiguration)
    asked.vnet_resourcegroup_name, asked.vnet_name, asked.subnet_name = ws.resource_group, "garden", "beds"
    assert (asked.admin_username, asked.admin_user_ssh_key, asked.identity_id) == ("ann", "ssh-rsa AAAA", None)
    assert asked.identity_type == "SystemAssigned"
    asked.admin_user_password = "Gieskanne"
    made = ComputeTarget.create(ws, "open", asked)
    assert isinstance(made, AmlCompute)
    assert (made.admin_username, made.identity_type, made.location) == ("ann", "SystemAssigned", "westeurope")
    assert made.subnet_id and made.subnet_id.endswith("/virtualNetworks/garden/subnets/beds")
    said = made.status.serialize()
    assert (said["remoteLoginPortPublicAccess"], said["enableNodePublicIp"]) == ("Enabled", False)
    assert "Gieskanne" not in str(made.serialize())


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"max_nodes": None}, "max_nodes"),
        ({"min_nodes": 3}, "above max_nodes"),
        ({"vm_priority": "urgent"}, "'dedicated' or 'lowpriority'"),
        ({"remote_login_port_public_access": "Maybe"}, "NotSpecified"),
        ({"admin_username": "ann"}, "admin_user_ssh_key"),
        ({"identity_type": "Borrowed"}, "SystemAssigned"),
        ({"identity_type": "UserAssigned"}, "identity_id"),
        ({"vnet_name": "garden"}, "subnet_name"),
        ({"vm_size": "STANDARD_D2_V22"}, "Near to it: Standard_D2_v2"),
    ],
)
def test_a_cluster_that_cannot_be(ws: Workspace, said: dict[str, Any], told: str) -> None:
    with pytest.raises(ComputeTargetException, match=told):
        _cluster(ws, "never", **said)
    with pytest.raises(TypeError):
        AmlCompute.provisioning_configuration(vm_sise="STANDARD_D2_V2")  # type: ignore[call-arg]


def test_the_sizes(ws: Workspace) -> None:
    sizes = {each["name"].lower(): each for each in AmlCompute.supported_vmsizes(workspace=ws)}
    assert sizes["standard_nc6"]["gpus"] == 1 and sizes["standard_d2_v2"]["vCPUs"] == 2
    assert set(sizes["standard_ds12_v2"]) == {"name", "vCPUs", "gpus", "memoryGB", "maxResourceVolumeMB"}
    assert {each["name"].lower() for each in ComputeInstance.supported_vmsizes(workspace=ws, location="x")} == {*sizes}


def test_an_instance(ws: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ComputeInstance.provisioning_configuration(
        vm_size="STANDARD_D2_V2", ssh_public_access=True, admin_user_ssh_public_key="ssh-rsa AAAA", tags={"a": "b"}
    )
    ComputeTarget.create(ws, "desk", asked).wait_for_completion(show_output=True)
    assert 'Provisioning operation finished, operation "Succeeded"' in capsys.readouterr().out
    desk = ComputeInstance(workspace=ws, name="desk")
    assert (desk.vm_size.lower(), desk.ssh_public_access, desk.tags) == ("standard_d2_v2", True, {"a": "b"})
    assert desk.get_status().state == "Running" and desk.applications == [] and not list(desk.get_active_runs())
    desk.stop(wait_for_completion=True, show_output=True)
    assert "desk: stop finished, it is Stopped" in capsys.readouterr().out and desk.status.state == "Stopped"
    desk.start(wait_for_completion=True, show_output=True)
    desk.restart(wait_for_completion=True, show_output=True)
    assert desk.get_status().serialize()["state"] == "Running"
    with pytest.raises(ComputeTargetException, match="given together"):
        ComputeInstance.provisioning_configuration(assigned_user_object_id="me")
    desk.delete()
    desk.wait_for_completion(is_delete_operation=True)
    assert "desk" not in ws.compute_targets


def test_a_target_for_services(ws: Workspace) -> None:
    with pytest.raises(ComputeTargetException, match="ComputeTargetNotFound"):
        AksCompute(workspace=ws, name="aks")
    asked = AksCompute.provisioning_configuration(
        vm_size="Standard_D3_v2",
        agent_count=2,
        location="eastus2",
        cluster_purpose=AksCompute.ClusterPurpose.DEV_TEST,
        service_cidr="10.0.0.0/16",
        dns_service_ip="10.0.0.10",
        docker_bridge_cidr="172.17.0.1/16",
    )
    assert isinstance(asked, AksProvisioningConfiguration)
    asked.vnet_resourcegroup_name, asked.vnet_name, asked.subnet_name = ws.resource_group, "garden", "beds"
    assert (asked.service_cidr, asked.dns_service_ip, asked.docker_bridge_cidr) == (
        "10.0.0.0/16",
        "10.0.0.10",
        "172.17.0.1/16",
    )
    assert (asked.cluster_purpose, asked.load_balancer_type, asked.load_balancer_subnet) == ("DevTest", None, None)
    assert (asked.ssl_cname, asked.ssl_cert_pem_file, asked.ssl_key_pem_file) == (None, None, None)
    made = ComputeTarget.create(workspace=ws, name="aks", provisioning_configuration=asked)
    made.wait_for_completion(show_output=True)
    found = AksCompute(ws, "aks")
    assert found.provisioning_state == "Succeeded" and not found.provisioning_errors and found.type == "AKS"
    assert (found.agent_count, found.cluster_purpose, found.tags) == (2, "DevTest", {})
    assert found.agent_vm_size.lower() == "standard_d3_v2"
    assert type(ws.compute_targets["aks"]) is AksCompute and found.cluster_resource_id is None
    with pytest.raises(ComputeTargetException, match="is no AmlCompute"):
        AmlCompute(ws, "aks")
    with pytest.raises(UserErrorException, match="--kubernetes"):
        found.get_credentials()
    found.delete()
    found.wait_for_completion(is_delete_operation=True)


def test_a_target_for_services_that_is_elsewhere(ws: Workspace) -> None:
    there = AksCompute.attach_configuration(resource_group="beds", cluster_name="trees", cluster_purpose="FastProd")
    made = ComputeTarget.attach(workspace=ws, name="trees", attach_configuration=there)
    made.wait_for_completion(show_output=False, is_delete_operation=False)
    assert isinstance(made, AksCompute) and made.cluster_resource_id
    assert made.cluster_resource_id.endswith(
        "/resourceGroups/beds/providers/Microsoft.ContainerService/managedClusters/trees"
    )
    made.detach()
    made.wait_for_completion(is_delete_operation=True)
    with pytest.raises(ComputeTargetException, match="resource_id"):
        AksCompute.attach_configuration(cluster_name="trees")
    with pytest.raises(ComputeTargetException, match="'Fun', and may be FastProd"):
        AksCompute.provisioning_configuration(cluster_purpose="Fun")
    with pytest.raises(ComputeTargetException, match="1 or more"):
        AksCompute.provisioning_configuration(agent_count=0)
    with pytest.raises(ComputeTargetException, match="the server's own address"):
        AksCompute.provisioning_configuration(ssl_cname="trees.example.com")
    with pytest.raises(ComputeTargetException, match="the server's own address"):
        AksCompute.provisioning_configuration().enable_ssl(leaf_domain_label="trees", overwrite_existing_domain=True)


@pytest.mark.parametrize(
    "asked",
    [
        AdlaCompute.attach_configuration(resource_group="beds", account_name="trees"),
        BatchCompute.attach_configuration(resource_group="beds", account_name="trees"),
        DatabricksCompute.attach_configuration(resource_group="beds", workspace_name="trees", access_token="t"),
        DataFactoryCompute.attach_configuration(resource_group="beds", factory_name="trees"),
        DataFactoryCompute.provisioning_configuration(location="x"),
        HDInsightCompute.attach_configuration(username="ann", address="x", ssh_port=22, password="p"),
        KubernetesCompute.attach_configuration(resource_id="x", namespace="y"),
        KustoCompute.attach_configuration(resource_group="beds", workspace_name="trees"),
        RemoteCompute.attach_configuration(username="ann", address="x", ssh_port=22, private_key_file="~/.ssh/id"),
        SynapseCompute.attach_configuration(linked_service=None, type="SynapseSpark", pool_name="trees"),
        DsvmCompute.provisioning_configuration(vm_size="Standard_D2_v2"),
        BatchAiCompute.provisioning_configuration("Standard_D2_v2", True, cluster_min_nodes=0, cluster_max_nodes=4),
    ],
    ids=lambda asked: asked._kind.__name__,
)
def test_what_is_not_reached_says_so(ws: Workspace, asked: module.ComputeTargetAttachConfiguration) -> None:
    with pytest.raises(ComputeTargetException, match="ComputeTargetNotFound"):
        asked._kind(workspace=ws, name="far")  # type: ignore[attr-defined]
    with pytest.raises(UserErrorException, match=r"is not available on Lazuli\. .*(cluster|client)"):
        ComputeTarget.attach(ws, "far", asked)
    with pytest.raises(UserErrorException, match="is not available"):
        ComputeTarget.create(ws, "far", asked)


def test_a_machine_elsewhere_is_not_attached_the_old_way(ws: Workspace) -> None:
    for kind in (RemoteCompute, HDInsightCompute):
        with pytest.raises(UserErrorException, match="is not available on Lazuli"):
            kind.attach(workspace=ws, name="far", username="ann", address="x", ssh_port=22, password="p")
    assert LocalTarget().name == LocalTarget().type == "local"
