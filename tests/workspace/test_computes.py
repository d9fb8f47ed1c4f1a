import base64

import pytest

from azure_mlplatform.testing import TENANT
from support.programs import CPU, GROUP, MANAGED, OWN, SUBNETS, ml_workspace, one

ALICE = {"name": "alice", "vm_size": "Standard_D4ds_v4", "assigned_user": GROUP}


def identity_of(plan):
    return next(each for each in plan.of_type("UserAssignedIdentity") if each.name == "ml-compute-identity")


def test_a_workspace_gets_the_quotas_that_its_settings_name_and_no_others():
    families = {"Standard_DSv2_Family_Cluster_Dedicated_vCPUs": 16, "Standard_D_Family_Cluster_Dedicated_vCPUs": 0}
    plan = ml_workspace({**OWN, "vm_family_quotas": families})
    workspace, quota = one(plan, "Workspace"), one(plan, "WorkspaceQuota")
    assert {key: value for key, value in quota.inputs.items() if key != "__provider"} == {
        "workspace_id": workspace.id,
        "subscription": workspace.id.split("/resourceGroups")[0],
        "location": "westeurope",
        "limits": families,
        "tenant_id": TENANT,
    }
    assert ml_workspace(OWN).of_type("WorkspaceQuota") == []


def test_a_cluster_has_no_public_address_and_no_password():
    plan = ml_workspace(
        {**OWN, "clusters": [{**CPU, "min_nodes": 1, "max_nodes": 9, "idle_seconds": 300, "priority": "LowPriority"}]}
    )
    cluster = one(plan, "Compute")
    assert cluster.inputs == {
        "computeName": "cpu",
        "identity": {"type": "UserAssigned", "userAssignedIdentities": [identity_of(plan).id]},
        "location": "westeurope",
        "properties": {
            "computeLocation": "westeurope",
            "computeType": "AmlCompute",
            "disableLocalAuth": True,
            "properties": {
                "enableNodePublicIp": False,
                "osType": "Linux",
                "remoteLoginPortPublicAccess": "Disabled",
                "scaleSettings": {"maxNodeCount": 9, "minNodeCount": 1, "nodeIdleTimeBeforeScaleDown": "PT300S"},
                "subnet": {"id": f"{SUBNETS}/training"},
                "vmPriority": "LowPriority",
                "vmSize": "Standard_D4ds_v4",
            },
        },
        "resourceGroupName": "rg-test",
        "tags": {"project": "churn"},
        "workspaceName": "mlw-churn-dev-abc123",
    }
    assert cluster.delete_before_replace


def test_an_instance_is_one_persons_and_stops_by_itself():
    plan = ml_workspace({**OWN, "instances": [ALICE]})
    instance = one(plan, "Compute", "ml-instance-")
    assert instance.inputs == {
        "computeName": "cichurnalicedevabc123",
        "location": "westeurope",
        "properties": {
            "computeLocation": "westeurope",
            "computeType": "ComputeInstance",
            "disableLocalAuth": True,
            "properties": {
                "applicationSharingPolicy": "Personal",
                "computeInstanceAuthorizationType": "personal",
                "enableNodePublicIp": False,
                "enableSSO": True,
                "idleTimeBeforeShutdown": "PT60M",
                "personalComputeInstanceSettings": {"assignedUser": {"objectId": GROUP, "tenantId": TENANT}},
                "sshSettings": {"sshPublicAccess": "Disabled"},
                "subnet": {"id": f"{SUBNETS}/training"},
                "vmSize": "Standard_D4ds_v4",
            },
        },
        "resourceGroupName": "rg-test",
        "tags": {"project": "churn"},
        "workspaceName": "mlw-churn-dev-abc123",
    }
    endpoint = next(each for each in plan.of_type("PrivateEndpoint") if each.name == "ml-endpoint-amlworkspace")
    assert endpoint.urn in instance.dependencies


def test_an_instance_starts_and_stops_when_its_schedule_says():
    schedule = {"time_zone": "W. Europe Standard Time", "start": "07:05", "stop": "18:30", "days": ["monday", "Friday"]}
    instance = one(ml_workspace({**OWN, "instances": [{**ALICE, "schedule": schedule}]}), "Compute", "ml-instance-")

    def at(action, hour, minute):
        return {
            "action": action,
            "recurrence": {
                "frequency": "Week",
                "interval": 1,
                "schedule": {"hours": [hour], "minutes": [minute], "weekDays": ["Monday", "Friday"]},
                "timeZone": "W. Europe Standard Time",
            },
            "status": "Enabled",
            "triggerType": "Recurrence",
        }

    assert instance.input("properties.properties.schedules") == {
        "computeStartStop": [at("Start", 7, 5), at("Stop", 18, 30)]
    }


def test_a_schedule_that_only_stops_starts_nothing():
    schedule = {"time_zone": "UTC", "stop": "18:30"}
    instance = one(ml_workspace({**OWN, "instances": [{**ALICE, "schedule": schedule}]}), "Compute", "ml-instance-")
    [stop] = instance.input("properties.properties.schedules.computeStartStop")
    assert stop["action"] == "Stop"
    assert stop["recurrence"]["schedule"]["weekDays"] == ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"]


def test_a_setup_script_is_handed_over_with_the_instance():
    script = {"text": "#!/bin/bash\npip install ruff\n", "arguments": "--all", "timeout_minutes": 10}
    instance = one(ml_workspace({**OWN, "instances": [{**ALICE, "setup_script": script}]}), "Compute", "ml-instance-")
    given = instance.input("properties.properties.setupScripts.scripts.creationScript")
    assert base64.b64decode(given.pop("scriptData")).decode() == script["text"]
    assert given == {"scriptArguments": "--all", "scriptSource": "inline", "timeout": "10m"}


def test_what_azure_does_not_change_in_place_makes_a_new_one():
    plan = ml_workspace({**OWN, "instances": [ALICE]})
    cluster, instance = (one(plan, "Compute", f"ml-{each}-") for each in ("cluster", "instance"))
    assert set(cluster.replace_on_changes) == {
        "properties.disableLocalAuth",
        "properties.properties.subnet",
        "properties.properties.vmPriority",
        "properties.properties.vmSize",
    }
    assert instance.replace_on_changes == ("properties",)
    assert (cluster.ignore_changes, instance.ignore_changes) == ((), ("tags",))
    assert all(each.delete_before_replace for each in (cluster, instance))


@pytest.mark.parametrize("name", ["ml-cluster-cpu", "ml-instance-"])
def test_in_a_managed_network_computes_are_in_no_subnet(name):
    plan = ml_workspace({**MANAGED, "instances": [ALICE]})
    assert one(plan, "Compute", name).input("properties.properties.subnet") is None
    assert one(plan, "Compute", name).input("properties.properties.enableNodePublicIp") is False


def test_it_says_whether_its_network_reaches_a_cluster_of_kubernetes():
    found = []
    for settings in (MANAGED, OWN):
        ml_workspace(settings, then=lambda made: found.append(made.reference()))
    assert [each.managed_network for each in found] == [True, False]
