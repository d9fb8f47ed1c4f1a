import pytest

from azure_mlplatform.foundation.built_in_roles import ROLE_IDS, Role
from azure_mlplatform.inference.container_app.container_app_inference import (
    ContainerAppInference,
    ContainerAppInferenceArgs,
)
from azure_mlplatform.inference.container_app.settings import WorkloadProfile, profile_name
from azure_mlplatform.parts.arguments import RefusedError
from azure_mlplatform.plan.resource import UNKNOWN
from azure_mlplatform.testing import TENANT, children
from support.programs import LOG, MODEL_APP, OPEN_APP, REGISTRY, SIGN_IN, SUBNETS, ZONES, one, serving

NAME = "ca-churn-scoring-prod"
SMALL = {"environment": "dev"}
WITH_GPUS = {"environment": "dev", "location": "westus3"}


def apps(*settings, block=None, **changes):
    given = {"apps": list(settings or [MODEL_APP]), **(block or {})}
    return serving(ContainerAppInference, ContainerAppInferenceArgs, given, **changes)


OF_AN_APP = [
    ("ContainerApp", ""),
    ("ContainerAppsAuthConfig", "sign-in"),
    ("DiagnosticSetting", "diagnostics"),
    ("RoleAssignment", "images"),
    ("UserAssignedIdentity", "identity"),
]
ENVIRONMENT = [
    ("DiagnosticSetting", "serve-diagnostics"),
    ("ManagedEnvironment", "serve-environment"),
    ("PrivateDnsZoneGroup", "serve-endpoint-managedEnvironments-zones"),
    ("PrivateEndpoint", "serve-endpoint-managedEnvironments"),
]


def of(app, without="-"):
    return [(kind, f"serve-{app}-{part}".rstrip("-")) for kind, part in OF_AN_APP if not kind.endswith(without)]


@pytest.mark.parametrize("preview", [False, True])
@pytest.mark.parametrize(
    ("settings", "made"),
    [
        ([MODEL_APP], of("scoring")),
        ([MODEL_APP, {**MODEL_APP, "name": "ranking"}], of("scoring") + of("ranking")),
        ([OPEN_APP], of("scoring", "AuthConfig")),
    ],
)
def test_children(settings, made, preview):
    assert children(apps(*settings, preview=preview), "serve") == sorted(ENVIRONMENT + made)


@pytest.mark.parametrize(
    ("settings", "changes", "profiles", "zones"),
    [
        ({}, {}, [], True),
        ({}, SMALL, [], False),
        (
            {"workload_profile": "D4"},
            {},
            [{"maximumCount": 5, "minimumCount": 3, "name": "D4", "workloadProfileType": "D4"}],
            True,
        ),
        (
            {"workload_profile": "NC24-A100", "min_nodes": 0, "max_nodes": 2},
            WITH_GPUS,
            [{"maximumCount": 2, "minimumCount": 0, "name": "NC24-A100", "workloadProfileType": "NC24-A100"}],
            False,
        ),
        (
            {"workload_profile": "Consumption-GPU-NC24-A100"},
            WITH_GPUS,
            [{"name": "gpu-a100", "workloadProfileType": "Consumption-GPU-NC24-A100"}],
            False,
        ),
    ],
)
def test_the_environment_is_in_the_network_and_answers_nobody_else(settings, changes, profiles, zones):
    plan = apps(block=settings, **changes)
    environment = changes.get("environment", "prod")
    assert one(plan, "ManagedEnvironment", "serve-").inputs == {
        "appLogsConfiguration": {"destination": "azure-monitor"},
        "environmentName": f"cae-churn-{environment}",
        "infrastructureResourceGroup": f"rg-churn-cae-nodes-{environment}",
        "location": changes.get("location", "westeurope"),
        "peerTrafficConfiguration": {"encryption": {"enabled": True}},
        "publicNetworkAccess": "Disabled",
        "resourceGroupName": "rg-test",
        "tags": {"project": "churn"},
        "vnetConfiguration": {"infrastructureSubnetId": f"{SUBNETS}/nodes", "internal": True},
        "workloadProfiles": [{"name": "Consumption", "workloadProfileType": "Consumption"}, *profiles],
        "zoneRedundant": zones,
    }
    [*_, used] = [{"name": "Consumption"}, *profiles]
    assert one(plan, "ContainerApp", "serve-").input("workloadProfileName") == used["name"]
    assert all(len(profile_name(each)) <= 15 for each in WorkloadProfile)


def test_an_app_has_several_revisions_and_pulls_by_identity():
    plan = apps(
        {**MODEL_APP, "port": 5001, "health_check_path": "/ready", "environment_variables": {"LOG_LEVEL": "info"}}
    )
    identity = one(plan, "UserAssignedIdentity", "serve-")
    made = one(plan, "ContainerApp", "serve-")
    answers = {"httpGet": {"path": "/ready", "port": 5001, "scheme": "HTTP"}}
    assert made.inputs == {
        "configuration": {
            "activeRevisionsMode": "Multiple",
            "ingress": {
                "allowInsecure": False,
                "external": True,
                "targetPort": 5001,
                "traffic": [{"latestRevision": True, "weight": 100}],
                "transport": "auto",
            },
            "registries": [{"identity": identity.id, "server": "crmodels.azurecr.io"}],
        },
        "containerAppName": NAME,
        "environmentId": one(plan, "ManagedEnvironment", "serve-").id,
        "identity": {"type": "UserAssigned", "userAssignedIdentities": [identity.id]},
        "location": "westeurope",
        "resourceGroupName": "rg-test",
        "tags": {"project": "churn"},
        "template": {
            "containers": [
                {
                    "env": [
                        {"name": "AZURE_CLIENT_ID", "value": identity.outputs["clientId"]},
                        {"name": "LOG_LEVEL", "value": "info"},
                    ],
                    "image": "mcr.microsoft.com/dotnet/samples:aspnetapp",
                    "name": "model",
                    "probes": [
                        {"failureThreshold": 10, "periodSeconds": 60, "type": "Startup", **answers},
                        {"periodSeconds": 10, "type": "Readiness", **answers},
                        {"periodSeconds": 30, "type": "Liveness", **answers},
                    ],
                    "resources": {"cpu": 1, "memory": "2Gi"},
                }
            ],
            "scale": {
                "maxReplicas": 10,
                "minReplicas": 3,
                "rules": [{"http": {"metadata": {"concurrentRequests": "10"}}, "name": "http"}],
            },
        },
        "workloadProfileName": "Consumption",
    }
    assert set(made.ignore_changes) == {
        "configuration.ingress.traffic",
        "template.containers[0].image",
        "template.revisionSuffix",
    }
    role = one(plan, "RoleAssignment", "serve-")
    assert set(made.dependencies) == {
        role.urn,
        identity.urn,
        one(plan, "ManagedEnvironment", "serve-").urn,
    }
    assert role.input("scope") == REGISTRY
    assert role.input("principalId") == identity.outputs["principalId"]
    assert role.input("roleDefinitionId").endswith(ROLE_IDS[Role.ACR_PULL])


@pytest.mark.parametrize(
    ("app", "changes", "least", "most"),
    [
        ({}, {}, 3, 10),
        ({}, SMALL, 0, 10),
        ({"max_replicas": 2}, {}, 3, 3),
        ({"min_replicas": 1}, {}, 1, 10),
        ({"min_replicas": 0}, SMALL, 0, 10),
        ({"min_replicas": 4, "max_replicas": 40}, SMALL, 4, 40),
    ],
)
def test_replicas_stay_where_the_environment_is_highly_available(app, changes, least, most):
    scale = one(apps({**MODEL_APP, **app}, **changes), "ContainerApp", "serve-").input("template.scale")
    assert (scale["minReplicas"], scale["maxReplicas"]) == (least, most)


def test_replicas_follow_the_requests():
    made = one(apps({**MODEL_APP, "cpu": 0.5, "memory_gib": 1, "concurrent_requests": 25}), "ContainerApp", "serve-")
    [container] = made.input("template.containers")
    assert container["resources"] == {"cpu": 0.5, "memory": "1Gi"}
    [rule] = made.input("template.scale.rules")
    assert rule == {"http": {"metadata": {"concurrentRequests": "25"}}, "name": "http"}


@pytest.mark.parametrize("audiences", [[], ["api://scoring"]])
def test_tokens_are_checked(audiences):
    checked = one(
        apps({**MODEL_APP, "sign_in": {**SIGN_IN, "audiences": audiences}}), "ContainerAppsAuthConfig", "serve-"
    )
    assert checked.inputs == {
        "authConfigName": "current",
        "containerAppName": NAME,
        "globalValidation": {"unauthenticatedClientAction": "Return401"},
        "httpSettings": {"requireHttps": True},
        "identityProviders": {
            "azureActiveDirectory": {
                "enabled": True,
                "registration": {
                    "clientId": SIGN_IN["client_id"],
                    "openIdIssuer": f"https://login.microsoftonline.com/{TENANT}/v2.0",
                },
                "validation": {
                    "allowedAudiences": audiences or [f"api://{SIGN_IN['client_id']}", SIGN_IN["client_id"]],
                    "defaultAuthorizationPolicy": {"allowedPrincipals": {"identities": SIGN_IN["callers"]}},
                },
            }
        },
        "login": {"tokenStore": {"enabled": False}},
        "platform": {"enabled": True},
        "resourceGroupName": "rg-test",
    }


def test_it_is_reached_by_a_private_endpoint_and_logs_without_a_key():
    plan = apps()
    environment, app = one(plan, "ManagedEnvironment", "serve-"), one(plan, "ContainerApp", "serve-")
    endpoint, zone_group = one(plan, "PrivateEndpoint", "serve-"), one(plan, "PrivateDnsZoneGroup", "serve-")
    [connection] = endpoint.input("privateLinkServiceConnections")
    assert (connection["groupIds"], connection["privateLinkServiceId"]) == (["managedEnvironments"], environment.id)
    assert endpoint.input("subnet.id") == f"{SUBNETS}/endpoints"
    zone = "privatelink.westeurope.azurecontainerapps.io"
    assert [each["privateDnsZoneId"] for each in zone_group.input("privateDnsZoneConfigs")] == [ZONES[zone]]
    sent = {each.input("resourceUri"): each for each in plan.of_type("DiagnosticSetting")}
    assert set(sent) == {environment.id, app.id}
    # An app's logs are its environment's.
    assert {uri for uri, each in sent.items() if "logs" in each.inputs} == {environment.id}
    assert {each.input("workspaceId") for each in sent.values()} == {LOG}


@pytest.mark.parametrize("lock", [False, True])
def test_prod_is_protected(lock):
    plan = apps(lock=lock)
    assert {one(plan, kind, "serve-").protect for kind in ("ManagedEnvironment", "ContainerApp")} == {lock}


def test_what_does_not_fit_is_refused():
    with pytest.raises(RefusedError, match="does not fit Consumption, which has 4 vCPUs and 8 GiB"):
        apps({**MODEL_APP, "cpu": 8})


@pytest.mark.parametrize("preview", [False, True])
def test_outputs(preview):
    plan = apps(preview=preview)
    [component] = plan.of_type("ContainerAppInference")
    environment, identity = one(plan, "ManagedEnvironment", "serve-"), one(plan, "UserAssignedIdentity", "serve-")
    host = UNKNOWN if preview else f"{NAME}.{environment.outputs['defaultDomain']}"
    assert component.outputs == {
        "name": "cae-churn-prod",
        "resource_id": environment.id,
        "hosts": {"scoring": host},
        "app_names": {"scoring": NAME},
        "principal_ids": {"scoring": identity.outputs.get("principalId", UNKNOWN)},
    }
