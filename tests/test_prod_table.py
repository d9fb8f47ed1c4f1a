"""The settings that production must have (E4, E5): each row is met in prod, and breaking the setting is seen."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from typing import Any, NamedTuple

import pytest

from azure_mlplatform.foundation.built_in_roles import role_name
from azure_mlplatform.foundation.custom_roles import CUSTOM_ROLES, CustomRole
from azure_mlplatform.network.settings import DELEGATIONS
from azure_mlplatform.plan.resource import Plan, PlannedResource
from azure_mlplatform.settings import SubnetRole
from support.programs import BATCH, BRICKS, EVERY_TARGET, GROUP, OTHER_TARGETS, SYNAPSE, WORKSPACE, whole

DIAGNOSED = {
    "azure-native:app:ContainerApp",
    "azure-native:app:ManagedEnvironment",
    "azure-native:containerservice:ManagedCluster",
    "azure-native:databricks:Workspace",
    "azure-native:datafactory:Factory",
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
    "azure-native:synapse:BigDataPool",
    "azure-native:synapse:Workspace",
    "azure-native:web:AppServicePlan",
    "azure-native:web:WebApp",
    "azure-native:web:WebAppSlot",
}
REACHED = {
    "azure-native:app:ManagedEnvironment",
    "azure-native:cognitiveservices:Account",
    "azure-native:containerregistry:Registry",
    "azure-native:databricks:Workspace",
    "azure-native:datafactory:Factory",
    "azure-native:keyvault:Vault",
    "azure-native:machinelearningservices:Workspace",
    "azure-native:storage:StorageAccount",
    "azure-native:synapse:Workspace",
    "azure-native:web:WebApp",
}


class Row(NamedTuple):
    """A setting that every resource of a type must have."""

    type: str
    path: str
    met: Callable[[Any], bool]
    broken: Any
    where: tuple[str, Any] = ("", None)
    """The input, and its value or what is asked of it, of those resources of the type that must have it."""

    def of(self, plan: Plan) -> list[PlannedResource]:
        """The resources that must have the setting."""
        path, value = self.where
        asked = value if callable(value) else equals(value)
        return [each for each in plan.of_type(self.type) if not path or asked(each.input(path))]


def equals(value: Any) -> Callable[[Any], bool]:
    return lambda actual: actual == value


ACCOUNT = "azure-native:cognitiveservices:Account"
ML = "azure-native:machinelearningservices:Workspace"
COMPUTE = "azure-native:machinelearningservices:Compute"
STORAGE = "azure-native:storage:StorageAccount"
VAULT = "azure-native:keyvault:Vault"
REGISTRY = "azure-native:containerregistry:Registry"
CLUSTER = "azure-native:containerservice:ManagedCluster"
POOL = "azure-native:containerservice:AgentPool"
ENDPOINT = "azure-native:machinelearningservices:OnlineEndpoint"
FACTORY = "azure-native:datafactory:Factory"
DATABRICKS = "azure-native:databricks:Workspace"
APPS = "azure-native:app:ManagedEnvironment"
SYNAPSE_WORKSPACE = "azure-native:synapse:Workspace"
NO_LAKE = ("accountName", lambda name: not str(name).startswith("dls"))
"""A lake can have no versions."""

AML_COMPUTE = ("properties.computeType", "AmlCompute")
OF_PROD = ("AmlCompute", "Kubernetes", "SynapseSpark")
SUBNETS = [
    (f"subnets.{number}.delegations.0.serviceName", DELEGATIONS[role]) if role in DELEGATIONS else ("", None)
    for number, role in enumerate(SubnetRole)
]
"""Of each subnet, by its number: which networks have it."""

ROWS = [
    Row(ML, "publicNetworkAccess", equals("Disabled"), "Enabled"),
    Row(ML, "systemDatastoresAuthMode", equals("Identity"), "AccessKey"),
    Row(ML, "identity.type", equals("UserAssigned"), "SystemAssigned"),
    Row(ML, "primaryUserAssignedIdentity", bool, None),
    Row(ML, "v1LegacyMode", equals(False), True),
    Row(ML, "imageBuildCompute", bool, None),
    Row(ML, "managedNetwork.isolationMode", equals("Disabled"), None),
    Row(ML, "serverlessComputeSettings.serverlessComputeNoPublicIP", equals(True), False),
    Row(COMPUTE, "properties.computeType", lambda value: value in OF_PROD, "ComputeInstance"),
    Row(
        "azure-native:machinelearningservices:Datastore",
        "properties.credentials.credentialsType",
        equals("None"),
        "Sas",
    ),
    Row("azure-native:machinelearningservices:WorkspaceConnection", "properties.authType", equals("AAD"), "ApiKey"),
    Row(COMPUTE, "properties.disableLocalAuth", equals(True), False, AML_COMPUTE),
    Row(COMPUTE, "properties.properties.enableNodePublicIp", equals(False), True, AML_COMPUTE),
    Row(COMPUTE, "properties.properties.remoteLoginPortPublicAccess", equals("Disabled"), "Enabled", AML_COMPUTE),
    Row(COMPUTE, "properties.properties.subnet.id", bool, None, AML_COMPUTE),
    Row(COMPUTE, "properties.properties.scaleSettings.minNodeCount", equals(0), 1, AML_COMPUTE),
    Row(COMPUTE, "properties.properties.scaleSettings.maxNodeCount", equals(4), 100, AML_COMPUTE),
    Row(
        COMPUTE,
        "properties.properties.scaleSettings.nodeIdleTimeBeforeScaleDown",
        equals("PT120S"),
        "PT1H",
        AML_COMPUTE,
    ),
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
    Row("azure-native:storage:BlobServiceProperties", "isVersioningEnabled", equals(True), False, NO_LAKE),
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
    Row(ENDPOINT, "properties.authMode", equals("AADToken"), "Key", ("kind", "Managed")),
    Row(ENDPOINT, "properties.publicNetworkAccess", equals("Disabled"), "Enabled", ("kind", "Managed")),
    Row(ENDPOINT, "properties.authMode", equals("AMLToken"), "Key", ("kind", "K8S")),
    Row(CLUSTER, "disableLocalAccounts", equals(True), False),
    Row(CLUSTER, "aadProfile.managed", equals(True), False),
    Row(CLUSTER, "aadProfile.enableAzureRBAC", equals(True), False),
    Row(CLUSTER, "apiServerAccessProfile.enablePrivateCluster", equals(True), False),
    Row(CLUSTER, "apiServerAccessProfile.enablePrivateClusterPublicFQDN", equals(False), True),
    Row(CLUSTER, "apiServerAccessProfile.disableRunCommand", equals(True), False),
    Row(CLUSTER, "networkProfile.networkPolicy", lambda value: value in ("cilium", "calico"), None),
    Row(CLUSTER, "autoUpgradeProfile.upgradeChannel", lambda value: value in ("stable", "patch"), "none"),
    Row(CLUSTER, "autoUpgradeProfile.nodeOSUpgradeChannel", equals("NodeImage"), "None"),
    Row(CLUSTER, "addonProfiles.azurepolicy.enabled", equals(True), False),
    Row(CLUSTER, "addonProfiles.omsagent.enabled", equals(True), False),
    Row(CLUSTER, "securityProfile.defender.securityMonitoring.enabled", equals(True), False),
    Row(CLUSTER, "securityProfile.workloadIdentity.enabled", equals(True), False),
    Row(CLUSTER, "securityProfile.imageCleaner.enabled", equals(True), False),
    Row(CLUSTER, "oidcIssuerProfile.enabled", equals(True), False),
    Row(CLUSTER, "sku.tier", equals("Standard"), "Free"),
    Row(CLUSTER, "agentPoolProfiles.0.minCount", lambda value: value >= 3, 1),
    Row(CLUSTER, "agentPoolProfiles.0.availabilityZones", equals(["1", "2", "3"]), ["1"]),
    Row(CLUSTER, "agentPoolProfiles.0.nodeTaints", equals(["CriticalAddonsOnly=true:NoSchedule"]), []),
    Row(CLUSTER, "agentPoolProfiles.0.maxPods", lambda value: value >= 50, 30),
    Row(CLUSTER, "agentPoolProfiles.0.osDiskType", equals("Ephemeral"), "Managed"),
    Row(CLUSTER, "agentPoolProfiles.0.enableEncryptionAtHost", equals(True), False),
    Row(POOL, "enableEncryptionAtHost", equals(True), False),
    Row(POOL, "enableNodePublicIP", equals(False), True),
    Row(POOL, "availabilityZones", equals(["1", "2", "3"]), ["1"]),
    Row(POOL, "vnetSubnetID", bool, None),
    Row("azure-native:web:AppServicePlan", "zoneRedundant", equals(True), False),
    *(
        Row(f"azure-native:web:{kind}", path, met, broken)
        for kind in ("WebApp", "WebAppSlot")
        for path, met, broken in (
            ("httpsOnly", equals(True), False),
            ("publicNetworkAccess", equals("Disabled"), "Enabled"),
            ("virtualNetworkSubnetId", bool, None),
            ("identity.type", equals("UserAssigned"), "None"),
            ("siteConfig.acrUseManagedIdentityCreds", equals(True), False),
            ("siteConfig.alwaysOn", equals(True), False),
            ("siteConfig.ftpsState", equals("Disabled"), "AllAllowed"),
            ("siteConfig.healthCheckPath", bool, None),
            ("siteConfig.minTlsVersion", equals("1.2"), "1.0"),
        )
    ),
    *(
        Row(f"azure-native:web:WebApp{each}", "allow", equals(False), True)
        for each in ("ScmAllowed", "ScmAllowedSlot", "FtpAllowed", "FtpAllowedSlot")
    ),
    Row(APPS, "vnetConfiguration.internal", equals(True), False),
    Row(APPS, "publicNetworkAccess", equals("Disabled"), "Enabled"),
    Row(APPS, "zoneRedundant", equals(True), False),
    Row(APPS, "peerTrafficConfiguration.encryption.enabled", equals(True), False),
    Row("azure-native:app:ContainerApp", "configuration.ingress.allowInsecure", equals(False), True),
    Row("azure-native:app:ContainerApp", "template.scale.minReplicas", lambda value: value >= 1, 0),
    Row(DATABRICKS, "computeMode", equals("Hybrid"), "Serverless"),
    Row(DATABRICKS, "sku.name", equals("premium"), "standard"),
    Row(DATABRICKS, "publicNetworkAccess", equals("Disabled"), "Enabled"),
    Row(DATABRICKS, "requiredNsgRules", equals("NoAzureDatabricksRules"), "AllRules"),
    Row(DATABRICKS, "defaultStorageFirewall", equals("Enabled"), "Disabled"),
    Row(DATABRICKS, "accessConnector.id", bool, None),
    Row(DATABRICKS, "parameters.enableNoPublicIp.value", equals(True), False),
    Row(DATABRICKS, "parameters.customVirtualNetworkId.value", bool, None),
    Row(DATABRICKS, "parameters.requireInfrastructureEncryption.value", equals(True), False),
    Row(DATABRICKS, "parameters.storageAccountSkuName.value", equals("Standard_ZRS"), "Standard_LRS"),
    Row(SYNAPSE_WORKSPACE, "azureADOnlyAuthentication", equals(True), False),
    Row(SYNAPSE_WORKSPACE, "managedVirtualNetwork", equals("default"), None),
    Row(SYNAPSE_WORKSPACE, "publicNetworkAccess", equals("Disabled"), "Enabled"),
    Row(SYNAPSE_WORKSPACE, "trustedServiceBypassEnabled", equals(False), True),
    Row(SYNAPSE_WORKSPACE, "identity.type", lambda value: "SystemAssigned" in str(value), "None"),
    Row(SYNAPSE_WORKSPACE, "sqlAdministratorLoginPassword", equals(None), "x"),
    Row("azure-native:synapse:BigDataPool", "autoPause.enabled", equals(True), False),
    Row("azure-native:synapse:BigDataPool", "autoScale.enabled", equals(True), False),
    Row(FACTORY, "publicNetworkAccess", equals("Disabled"), "Enabled"),
    Row(FACTORY, "identity.type", equals("SystemAssigned"), "UserAssigned"),
    Row("azure-native:datafactory:IntegrationRuntime", "properties.managedVirtualNetwork.referenceName", bool, None),
    Row(
        "azure-native:datafactory:LinkedService",
        "properties.authentication",
        equals("MSI"),
        "ServicePrincipal",
        ("properties.type", "AzureMLService"),
    ),
    Row("azure-native:machinelearningservices:BatchEndpoint", "properties.authMode", equals("AADToken"), "Key"),
    Row("azure-native:storage:BlobContainer", "publicAccess", equals("None"), "Blob"),
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
        Row("azure-native:network:VirtualNetwork", f"subnets.{number}.{path}", met, broken, where)
        for number, where in enumerate(SUBNETS)
        for path, met, broken in (
            ("defaultOutboundAccess", equals(False), True),
            ("networkSecurityGroup.id", bool, None),
        )
    ),
]


def failing(plan: Plan, row: Row) -> list[str]:
    """The resources that do not meet a row."""
    return [each.name for each in row.of(plan) if not row.met(each.input(row.path))]


def undiagnosed(plan: Plan) -> list[str]:
    """Resources that report to nobody."""
    reported = {each.input("resourceUri") for each in plan.of_type("DiagnosticSetting") if each.input("workspaceId")}
    # An endpoint on a cluster has the cluster's logs.
    on_machines = {each.id for each in plan.of_type("OnlineEndpoint") if each.input("kind") == "Managed"}
    logs = [each for each in plan.azure_resources if each.type in DIAGNOSED or each.id in on_machines]
    return [each.name for each in logs if each.id not in reported]


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


@pytest.fixture(scope="module")
def prods(prod):
    """Prod with each of the targets that models are served from, with Databricks and Synapse, and with batches."""
    return [prod, *others("prod")]


def others(environment):
    """The plans of an environment beside that with AKS."""
    targets = [whole(environment, inference=each) for each in OTHER_TARGETS.values()]
    beside = [{"synapse": SYNAPSE, **BRICKS}, {"batch": BATCH}]
    return [
        *targets,
        *(whole(environment, inference=None, **each) for each in beside),
        whole(environment, **EVERY_TARGET),
    ]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.type.rsplit(':', 1)[-1]}.{row.path}")
def test_prod_has_what_it_must(prods, row):
    concerned = [each for each in prods if row.of(each)]
    assert concerned
    for plan in concerned:
        assert failing(plan, row) == []
    for victim in row.of(concerned[0]):
        assert failing(changed(concerned[0], victim, row.path, row.broken), row) == [victim.name]


def test_everything_in_prod_reports(prods):
    within = (
        "storage-queues",
        "storage-tables",
        "lake-queues",
        "lake-tables",
    )  # Services that are no resources of their own.
    for plan in prods:
        assert undiagnosed(plan) == []
        for victim in plan.of_type("DiagnosticSetting"):
            alone = not any(each in victim.name for each in within)
            assert len(undiagnosed(changed(plan, victim, "workspaceId", None))) == alone
        reported = {each.input("resourceUri") for each in plan.of_type("DiagnosticSetting")}
        for storage in plan.of_type(STORAGE):
            assert {f"{storage.id}/{each}Services/default" for each in ("blob", "file", "queue", "table")} < reported


def test_everything_in_prod_is_reached_privately(prods):
    for plan in prods:
        assert without_endpoint(plan) == []
        endpoints = plan.of_type("PrivateEndpoint")
        targets = [each.input("privateLinkServiceConnections.0.privateLinkServiceId") for each in endpoints]
        for victim, target in zip(endpoints, targets, strict=True):
            alone = targets.count(target) == 1
            assert len(without_endpoint(changed(plan, victim, "privateLinkServiceConnections", []))) == alone


def beyond_reading(plan: Plan) -> list[str]:
    """Grants to people that let them do more than read the resources."""
    return [
        each.name
        for each in plan.of_type("RoleAssignment")
        if each.input("principalType") != "ServicePrincipal"
        and role_name(each.input("roleDefinitionId")) != CUSTOM_ROLES[CustomRole.READER].name
    ]


def test_prod_grants_people_nothing_beyond_reading(prod):
    grants = [each for each in prod.of_type("RoleAssignment") if each.input("principalType") == "Group"]
    assert [each.input("principalId") for each in grants] == [GROUP]
    assert beyond_reading(prod) == []
    for victim in prod.of_type("RoleAssignment"):
        reads = role_name(victim.input("roleDefinitionId")) == CUSTOM_ROLES[CustomRole.READER].name
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


SCALED_DOWN = {
    "StorageAccount.sku.name",
    "Vault.properties.softDeleteRetentionInDays",
    "Registry.zoneRedundancy",
    "Workspace.retentionInDays",
    "ManagedCluster.sku.tier",
    "ManagedCluster.agentPoolProfiles.0.minCount",
    "ManagedCluster.agentPoolProfiles.0.availabilityZones",
    "AgentPool.availabilityZones",
    "AppServicePlan.zoneRedundant",
    "ManagedEnvironment.zoneRedundant",
    "ContainerApp.template.scale.minReplicas",
    "Workspace.parameters.storageAccountSkuName.value",
}
"""What an environment below prod may have less of: copies, zones and days, and no safety."""


@pytest.mark.parametrize("environment", ["dev", "test"])
def test_all_environments_but_a_sandbox_meet_the_table_too(environment):
    plans = [whole(environment), *others(environment)]
    unmet = {f"{row.type.rsplit(':', 1)[1]}.{row.path}" for plan in plans for row in ROWS if failing(plan, row)}
    assert unmet == SCALED_DOWN
