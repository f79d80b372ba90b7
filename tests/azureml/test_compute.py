"""Compute targets."""

from __future__ import annotations

import pytest

from azureml.core import Workspace
from azureml.core.compute import AmlCompute, ComputeInstance, ComputeTarget
from azureml.core.compute_target import ComputeTargetException


def test_a_cluster_is_made_where_there_is_none(ws: Workspace) -> None:
    with pytest.raises(ComputeTargetException, match="Message: ComputeTargetNotFound"):
        ComputeTarget(workspace=ws, name="cpu-cluster")
    with pytest.raises(ComputeTargetException, match="max_nodes"):
        AmlCompute.provisioning_configuration("STANDARD_D2_V2")
    asked = AmlCompute.provisioning_configuration(vm_size="STANDARD_D2_V2", max_nodes=2)
    made = ComputeTarget.create(ws, "cpu-cluster", asked)
    made.wait_for_completion(show_output=True, min_node_count=None, timeout_in_minutes=20)
    found = ComputeTarget(workspace=ws, name="cpu-cluster")
    assert isinstance(found, AmlCompute) and (found.name, found.type) == ("cpu-cluster", "AmlCompute")
    said = found.get_status().serialize()
    assert (said["provisioningState"], said["scaleSettings"]["maxNodeCount"]) == ("Succeeded", 2)
    assert found.status.serialize()["vmSize"].lower() == "standard_d2_v2" and found.serialize()["id"] == found.id
    assert "cpu-cluster" in ws.compute_targets
    with pytest.raises(ComputeTargetException, match="is no ComputeInstance"):
        ComputeInstance(ws, "cpu-cluster")
    found.delete()
    found.wait_for_completion(is_delete_operation=True)


def test_an_instance(ws: Workspace) -> None:
    asked = ComputeInstance.provisioning_configuration(vm_size="STANDARD_D2_V2")
    assert isinstance(ComputeTarget.create(ws, "desk", asked), ComputeInstance)
