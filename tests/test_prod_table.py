"""The prod table of azure-facts.md: each row is met in prod, and breaking the setting is seen."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from typing import Any, NamedTuple

import pytest

from azure_mlplatform.roles import Role, role_name
from azure_mlplatform.settings import SubnetRole
from azure_mlplatform.testing import Plan, PlannedResource
from programs import GROUP, WORKSPACE, whole

DIAGNOSED = {
    "azure-native:network:NetworkSecurityGroup",
    "azure-native:network:PublicIPAddress",
    "azure-native:network:VirtualNetwork",
    "azure-native:operationalinsights:Workspace",
    "azure-native:cognitiveservices:Account",
    "azure-native:containerregistry:Registry",
    "azure-native:keyvault:Vault",
    "azure-native:machinelearningservices:Workspace",
    "azure-native:storage:BlobServiceProperties",
    "azure-native:storage:FileServiceProperties",
    "azure-native:storage:StorageAccount",
}
REACHED = {
    each
    for each in DIAGNOSED
    if "ServiceProperties" not in each and each.split(":")[1] not in ("network", "operationalinsights")
}


class Row(NamedTuple):
    """A setting that every resource of a type must have."""

    type: str
    path: str
    met: Callable[[Any], bool]
    broken: Any


def equals(value: Any) -> Callable[[Any], bool]:
    return lambda actual: actual == value


ACCOUNT = "azure-native:cognitiveservices:Account"
ML = "azure-native:machinelearningservices:Workspace"
COMPUTE = "azure-native:machinelearningservices:Compute"
STORAGE = "azure-native:storage:StorageAccount"
VAULT = "azure-native:keyvault:Vault"
REGISTRY = "azure-native:containerregistry:Registry"
ROWS = [
    Row(ML, "publicNetworkAccess", equals("Disabled"), "Enabled"),
    Row(ML, "systemDatastoresAuthMode", equals("Identity"), "AccessKey"),
    Row(ML, "identity.type", equals("UserAssigned"), "SystemAssigned"),
    Row(ML, "primaryUserAssignedIdentity", bool, None),
    Row(ML, "v1LegacyMode", equals(False), True),
    Row(ML, "imageBuildCompute", bool, None),
    Row(ML, "managedNetwork.isolationMode", equals("Disabled"), None),
    Row(ML, "serverlessComputeSettings.serverlessComputeNoPublicIP", equals(True), False),
    Row(COMPUTE, "properties.computeType", equals("AmlCompute"), "ComputeInstance"),
    Row(
        "azure-native:machinelearningservices:Datastore",
        "properties.credentials.credentialsType",
        equals("None"),
        "Sas",
    ),
    Row("azure-native:machinelearningservices:WorkspaceConnection", "properties.authType", equals("AAD"), "ApiKey"),
    Row(COMPUTE, "properties.disableLocalAuth", equals(True), False),
    Row(COMPUTE, "properties.properties.enableNodePublicIp", equals(False), True),
    Row(COMPUTE, "properties.properties.remoteLoginPortPublicAccess", equals("Disabled"), "Enabled"),
    Row(COMPUTE, "properties.properties.subnet.id", bool, None),
    Row(COMPUTE, "properties.properties.scaleSettings.minNodeCount", equals(0), 1),
    Row(COMPUTE, "properties.properties.scaleSettings.maxNodeCount", equals(4), 100),
    Row(COMPUTE, "properties.properties.scaleSettings.nodeIdleTimeBeforeScaleDown", equals("PT120S"), "PT1H"),
    Row(STORAGE, "enableHttpsTrafficOnly", equals(True), False),
    Row(STORAGE, "minimumTlsVersion", equals("TLS1_2"), "TLS1_0"),
    Row(STORAGE, "allowBlobPublicAccess", equals(False), True),
    Row(STORAGE, "allowSharedKeyAccess", equals(False), True),
    Row(STORAGE, "allowCrossTenantReplication", equals(False), True),
    Row(STORAGE, "networkRuleSet.defaultAction", equals("Deny"), "Allow"),
    Row(STORAGE, "networkRuleSet.bypass", equals("AzureServices"), "None"),
    Row(STORAGE, "publicNetworkAccess", equals("Disabled"), "Enabled"),
    Row(STORAGE, "encryption.requireInfrastructureEncryption", equals(True), False),
    Row(STORAGE, "sku.name", equals("Standard_ZRS"), "Standard_LRS"),
    Row("azure-native:storage:BlobServiceProperties", "isVersioningEnabled", equals(True), False),
    Row("azure-native:storage:BlobServiceProperties", "deleteRetentionPolicy.enabled", equals(True), False),
    Row(VAULT, "properties.enableRbacAuthorization", equals(True), False),
    Row(VAULT, "properties.softDeleteRetentionInDays", equals(90), 7),
    Row(VAULT, "properties.enablePurgeProtection", equals(True), None),
    Row(VAULT, "properties.networkAcls.defaultAction", equals("Deny"), "Allow"),
    Row(VAULT, "properties.networkAcls.bypass", equals("AzureServices"), "None"),
    Row(VAULT, "properties.publicNetworkAccess", equals("Disabled"), "Enabled"),
    Row(VAULT, "properties.enabledForDeployment", equals(False), True),
    Row(VAULT, "properties.enabledForDiskEncryption", equals(False), True),
    Row(VAULT, "properties.enabledForTemplateDeployment", equals(False), True),
    Row(REGISTRY, "sku.name", equals("Premium"), "Basic"),
    Row(REGISTRY, "adminUserEnabled", equals(False), True),
    Row(REGISTRY, "anonymousPullEnabled", equals(False), True),
    Row(REGISTRY, "networkRuleBypassOptions", equals("AzureServices"), "None"),
    Row(REGISTRY, "zoneRedundancy", equals("Enabled"), "Disabled"),
    Row(REGISTRY, "policies.exportPolicy.status", equals("disabled"), "enabled"),
    Row(REGISTRY, "policies.retentionPolicy.status", equals("enabled"), "disabled"),
    Row(REGISTRY, "publicNetworkAccess", equals("Disabled"), "Enabled"),
    Row("azure-native:applicationinsights:Component", "workspaceResourceId", bool, None),
    Row(ACCOUNT, "properties.customSubDomainName", bool, None),
    Row(ACCOUNT, "properties.disableLocalAuth", equals(True), False),
    Row(ACCOUNT, "properties.restrictOutboundNetworkAccess", equals(True), False),
    Row(ACCOUNT, "properties.publicNetworkAccess", equals("Disabled"), "Enabled"),
    Row(ACCOUNT, "properties.networkAcls.defaultAction", equals("Deny"), "Allow"),
    Row(ACCOUNT, "identity.type", lambda value: "SystemAssigned" in str(value), "None"),
    Row("azure-native:operationalinsights:Workspace", "features.disableLocalAuth", equals(True), False),
    Row("azure-native:operationalinsights:Workspace", "retentionInDays", lambda days: days >= 365, 30),
    Row(
        "azure-native:authorization:RoleAssignment",
        "principalType",
        lambda value: value in ("Group", "ServicePrincipal"),
        "User",
    ),
    Row("azure-native:authorization:RoleAssignment", "roleAssignmentName", lambda value: len(str(value)) == 36, None),
    *(
        Row("azure-native:network:VirtualNetwork", f"subnets.{number}.{path}", met, broken)
        for number in range(len(SubnetRole))
        for path, met, broken in (
            ("defaultOutboundAccess", equals(False), True),
            ("networkSecurityGroup.id", bool, None),
        )
    ),
]


def failing(plan: Plan, row: Row) -> list[str]:
    """The resources that do not meet a row."""
    return [each.name for each in plan.of_type(row.type) if not row.met(each.input(row.path))]


def undiagnosed(plan: Plan) -> list[str]:
    """Resources that report to nobody."""
    reported = {each.input("resourceUri") for each in plan.of_type("DiagnosticSetting") if each.input("workspaceId")}
    return [each.name for each in plan.azure_resources if each.type in DIAGNOSED and each.id not in reported]


def without_endpoint(plan: Plan) -> list[str]:
    """Resources that no private endpoint leads to."""
    reached = {
        each.input("privateLinkServiceConnections.0.privateLinkServiceId") for each in plan.of_type("PrivateEndpoint")
    }
    return [each.name for each in plan.azure_resources if each.type in REACHED and each.id not in reached]


def changed(plan: Plan, victim: PlannedResource, path: str, value: Any) -> Plan:
    """The plan with one input of one resource set to another value."""
    inputs = deepcopy(dict(victim.inputs))
    *parents, last = path.split(".")
    inner: Any = inputs
    for part in parents:
        inner = inner[int(part)] if part.isdecimal() else inner[part]
    inner[last] = value
    resources = tuple(replace(each, inputs=inputs) if each is victim else each for each in plan.resources)
    return replace(plan, resources=resources)


@pytest.fixture(scope="module")
def prod():
    return whole("prod", access={"readers": [GROUP]})


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.type.rsplit(':', 1)[-1]}.{row.path}")
def test_prod_has_what_it_must(prod, row):
    assert prod.of_type(row.type)
    assert failing(prod, row) == []
    for victim in prod.of_type(row.type):
        assert failing(changed(prod, victim, row.path, row.broken), row) == [victim.name]


def test_everything_in_prod_reports(prod):
    assert undiagnosed(prod) == []
    within = ("storage-queues", "storage-tables")  # Services that are no resources of their own.
    for victim in prod.of_type("DiagnosticSetting"):
        alone = not any(each in victim.name for each in within)
        assert len(undiagnosed(changed(prod, victim, "workspaceId", None))) == alone
    storage = prod.of_type(STORAGE)[0].id
    reported = {each.input("resourceUri") for each in prod.of_type("DiagnosticSetting")}
    assert {f"{storage}/{each}Services/default" for each in ("blob", "file", "queue", "table")} < reported


def test_everything_in_prod_is_reached_privately(prod):
    assert without_endpoint(prod) == []
    targets = [
        each.input("privateLinkServiceConnections.0.privateLinkServiceId") for each in prod.of_type("PrivateEndpoint")
    ]
    for victim, target in zip(prod.of_type("PrivateEndpoint"), targets, strict=True):
        alone = targets.count(target) == 1
        assert len(without_endpoint(changed(prod, victim, "privateLinkServiceConnections", []))) == alone


def beyond_reading(plan: Plan) -> list[str]:
    """Grants to people that let them do more than read the resources."""
    return [
        each.name
        for each in plan.of_type("RoleAssignment")
        if each.input("principalType") != "ServicePrincipal"
        and role_name(each.input("roleDefinitionId")) != Role.READER
    ]


def test_prod_grants_people_nothing_beyond_reading(prod):
    grants = [each for each in prod.of_type("RoleAssignment") if each.input("principalType") == "Group"]
    assert [each.input("principalId") for each in grants] == [GROUP]
    assert beyond_reading(prod) == []
    for victim in prod.of_type("RoleAssignment"):
        reads = role_name(victim.input("roleDefinitionId")) == Role.READER
        wider = changed(prod, victim, "principalType", "Group")
        assert beyond_reading(wider) == ([] if reads else [victim.name])


def test_a_managed_network_in_prod_lets_out_only_what_is_approved():
    plan = whole("prod", workspace={**WORKSPACE, "network_mode": "managed"})
    own_only = ("managedNetwork.isolationMode", "serverlessComputeSettings.serverlessComputeNoPublicIP")
    rows = [each for each in ROWS if each.path not in (*own_only, "properties.properties.subnet.id")]
    rows.append(Row(ML, "managedNetwork.isolationMode", equals("AllowOnlyApprovedOutbound"), "AllowInternetOutbound"))
    for row in rows:
        assert failing(plan, row) == [], row.path
    [made] = plan.of_type(ML)
    assert failing(changed(plan, made, rows[-1].path, rows[-1].broken), rows[-1]) == [made.name]


def test_all_environments_but_a_sandbox_meet_the_table_too():
    for environment in ("dev", "test"):
        plan = whole(environment)
        assert [row.path for row in ROWS if failing(plan, row)] == [
            "sku.name",
            "properties.softDeleteRetentionInDays",
            "zoneRedundancy",
            "retentionInDays",
        ]
