import itertools
import json
from typing import Any

import pytest

from azure_mlplatform.emulation.answers import SUBSCRIPTION
from azure_mlplatform.foundation.built_in_roles import ROLE_IDS, Role
from azure_mlplatform.foundation.cluster_sharing import CLUSTER_CLAIM
from azure_mlplatform.inference.aks import adopted_cluster
from azure_mlplatform.inference.aks.aks_inference import AKSInference
from azure_mlplatform.inference.aks.arguments import AKSInferenceArgs
from azure_mlplatform.parts.arguments import RefusedError
from azure_mlplatform.plan.recorder import Recorder
from azure_mlplatform.plan.resource import UNKNOWN
from azure_mlplatform.testing import TENANT, children, record
from azure_mlplatform.workspace import attached_compute
from support.programs import (
    CENTRAL,
    GPU_POOL,
    HTTPS,
    HUB,
    IDENTITIES,
    LOG,
    SUBNETS,
    WORKSPACES,
    attachable,
    one,
    served,
    serving,
)

FPGA_POOL = {"name": "fpga", "vm_size": "Standard_NP10s", "accelerator": "fpga", "max_nodes": 1}
SOURCE = {
    "url": "https://git.example.com/config",
    "tag": "v1",
    "kustomizations": [{"name": "plugins", "path": "./plugins"}],
}
OWN = {"https": HTTPS}
CLUSTER = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-central/providers/Microsoft.ContainerService/managedClusters/"
    "aks-central"
)
SHARED = {
    "cluster_id": CLUSTER,
    "attach": "shared",
    "quota": {"cpu": 64, "memory_gib": 512},
    "pools": [GPU_POOL],
    "shared_cluster_reason": "All teams on it agreed, ARC-77",
}
MINE = f"{WORKSPACES}/mlw-churn"
CLUSTER_NAME = "aks-churn-prod-abc123"


def aks(settings=OWN, *, workspace: Any = True, **changes):
    if workspace is not None:
        changes["workspace"] = attachable() if workspace is True else workspace
    return serving(AKSInference, AKSInferenceArgs, settings, **changes)


CLUSTER_CHILDREN = [
    ("AgentPool", "serve-pool-cpu"),
    ("DataCollectionRule", "serve-insights-rule"),
    ("DataCollectionRuleAssociation", "serve-insights-association"),
    ("DiagnosticSetting", "serve-cluster-diagnostics"),
    ("Extension", "serve-extension"),
    ("MaintenanceConfiguration", "serve-cluster-images"),
    ("MaintenanceConfiguration", "serve-cluster-upgrades"),
    ("ManagedCluster", "serve-cluster"),
    ("RoleAssignment", "serve-subnet-contributor"),
    ("SystemPool", "serve-pool-system"),
    ("UserAssignedIdentity", "serve-identity"),
]
ATTACHED = [
    ("Compute", "serve-compute"),
    ("KubernetesDetach", "serve-detach"),
    ("ManagedNamespace", "serve-namespace"),
    ("RoleAssignment", "serve-workspace-contributor"),
    ("TrustedAccessRoleBinding", "serve-trusted-access"),
]
WITHOUT_TRUST = [
    ("RoleAssignment", f"serve-workspace-{each}") for each in ("cluster-admin", "extension-contributor", "reader")
]


@pytest.mark.parametrize("preview", [False, True])
@pytest.mark.parametrize(
    ("settings", "changes", "made"),
    [
        (OWN, {}, [*CLUSTER_CHILDREN, *ATTACHED]),
        (OWN, {"workspace": None}, CLUSTER_CHILDREN),
        ({**OWN, "pools": [GPU_POOL]}, {}, [*CLUSTER_CHILDREN, *ATTACHED, ("AgentPool", "serve-pool-gpu")]),
        (
            {**OWN, "gitops": SOURCE},
            {},
            [
                *CLUSTER_CHILDREN,
                *ATTACHED,
                ("Extension", "serve-flux"),
                ("FluxConfiguration", "serve-gitops"),
            ],
        ),
        (
            {**OWN, "trusted_access": False},
            {},
            [
                *CLUSTER_CHILDREN,
                *[each for each in ATTACHED if "trust" not in each[1] and each[0] != "RoleAssignment"],
                *WITHOUT_TRUST,
            ],
        ),
        (
            OWN,
            {"private_dns_zone_id": f"{CENTRAL}/Microsoft.Network/privateDnsZones/z"},
            [
                *[each for each in CLUSTER_CHILDREN if each[0] != "RoleAssignment"],
                ("RoleAssignment", "serve-network-contributor"),
                ("RoleAssignment", "serve-zone-contributor"),
                *ATTACHED,
            ],
        ),
        (
            OWN,
            {"zone_below": "privatelink.westeurope.azmk8s.io", "zone_networks": [HUB]},
            [
                *[each for each in CLUSTER_CHILDREN if each[0] != "RoleAssignment"],
                ("RoleAssignment", "serve-network-contributor"),
                ("RoleAssignment", "serve-zone-contributor"),
                ("PrivateZone", "serve-api-zone"),
                ("VirtualNetworkLink", "serve-api-zone-link"),
                ("VirtualNetworkLink", "serve-api-zone-link-1"),
                *ATTACHED,
            ],
        ),
        (SHARED, {}, ATTACHED),
        (
            {"cluster_id": CLUSTER, **OWN},
            {},
            [*ATTACHED, ("ClusterClaim", "serve-claim"), ("Extension", "serve-extension")],
        ),
    ],
)
def test_children(settings, changes, made, preview):
    plan = aks(settings, preview=preview, **changes)
    assert children(plan, "serve") == sorted(made)


def test_the_cluster_is_hardened():
    plan = aks({**OWN, "kubernetes_version": "1.33"})
    cluster, identity = one(plan, "ManagedCluster", "serve-"), one(plan, "UserAssignedIdentity", "serve-")
    assert cluster.inputs == {
        "aadProfile": {"enableAzureRBAC": True, "managed": True, "tenantID": TENANT},
        "addonProfiles": {
            "azureKeyvaultSecretsProvider": {"config": {"enableSecretRotation": "true"}, "enabled": True},
            "azurepolicy": {"enabled": True},
            "omsagent": {
                "config": {"logAnalyticsWorkspaceResourceID": LOG, "useAADAuth": "true"},
                "enabled": True,
            },
        },
        "agentPoolProfiles": [
            {
                "availabilityZones": ["1", "2", "3"],
                "count": 3,
                "enableAutoScaling": True,
                "enableEncryptionAtHost": True,
                "enableNodePublicIP": False,
                "maxCount": 6,
                "maxPods": 50,
                "minCount": 3,
                "mode": "System",
                "name": "system",
                "nodeTaints": ["CriticalAddonsOnly=true:NoSchedule"],
                "osDiskSizeGB": 128,
                "osDiskType": "Ephemeral",
                "osSKU": "Ubuntu",
                "osType": "Linux",
                "type": "VirtualMachineScaleSets",
                "upgradeSettings": {"maxSurge": "10%"},
                "vmSize": "Standard_D4ds_v5",
                "vnetSubnetID": f"{SUBNETS}/nodes",
            }
        ],
        "apiServerAccessProfile": {
            "disableRunCommand": True,
            "enablePrivateCluster": True,
            "enablePrivateClusterPublicFQDN": False,
            "privateDNSZone": "system",
        },
        "autoUpgradeProfile": {"nodeOSUpgradeChannel": "NodeImage", "upgradeChannel": "stable"},
        "disableLocalAccounts": True,
        "dnsPrefix": CLUSTER_NAME,
        "enableRBAC": True,
        "identity": {"type": "UserAssigned", "userAssignedIdentities": [identity.id]},
        "kubernetesVersion": "1.33",
        "location": "westeurope",
        "networkProfile": {
            "dnsServiceIP": "172.16.0.10",
            "loadBalancerSku": "standard",
            "networkDataplane": "cilium",
            "networkPlugin": "azure",
            "networkPluginMode": "overlay",
            "networkPolicy": "cilium",
            "outboundType": "userAssignedNATGateway",
            "podCidr": "100.64.0.0/16",
            "serviceCidr": "172.16.0.0/16",
        },
        "nodeResourceGroup": "rg-churn-aks-nodes-prod",
        "oidcIssuerProfile": {"enabled": True},
        "resourceGroupName": "rg-test",
        "resourceName": CLUSTER_NAME,
        "securityProfile": {
            "defender": {"logAnalyticsWorkspaceResourceId": LOG, "securityMonitoring": {"enabled": True}},
            "imageCleaner": {"enabled": True, "intervalHours": 168},
            "workloadIdentity": {"enabled": True},
        },
        "sku": {"name": "Base", "tier": "Standard"},
        "tags": {"project": "churn", CLUSTER_CLAIM: MINE},
    }
    assert set(cluster.ignore_changes) == {
        "agentPoolProfiles",
        "apiServerAccessProfile.privateDNSZone",
        "dnsPrefix",
        "fqdnSubdomain",
        "kubernetesVersion",
        *(
            f"networkProfile.{each}"
            for each in (
                "dnsServiceIP",
                "networkDataplane",
                "networkPluginMode",
                "networkPolicy",
                "outboundType",
                "podCidr",
                "serviceCidr",
            )
        ),
    }
    assert not cluster.protect
    assert one(aks(lock=True), "ManagedCluster", "serve-").protect


@pytest.mark.parametrize(
    ("system", "environment", "kept"),
    [
        ({}, "dev", {"minCount": 1, "maxCount": 4}),
        ({}, "prod", {"minCount": 3, "maxCount": 6}),
        ({"min_nodes": 4, "max_nodes": 9}, "prod", {"minCount": 4, "maxCount": 9}),
    ],
)
def test_the_system_pool_is_kept_by_its_name(system, environment, kept):
    """AKS sorts the pools and adds those that are made apart, so no place in its list is the system pool's."""
    plan = aks({**OWN, "system": system}, environment=environment)
    pool, cluster = one(plan, "SystemPool", "serve-"), one(plan, "ManagedCluster", "serve-")
    assert (pool.input("cluster_id"), pool.input("pool")) == (cluster.id, "system")
    assert pool.input("properties") == kept
    [made] = cluster.input("agentPoolProfiles")
    assert {key: made[key] for key in kept} == kept
    assert made["name"] == pool.input("pool")


def test_dev_is_the_same_scaled_down():
    small = {"environment": "dev"}
    plan = aks({"insecure_reason": "no certificate yet"}, **small)
    cluster = one(plan, "ManagedCluster", "serve-")
    assert cluster.input("sku.tier") == "Free"
    [system] = cluster.input("agentPoolProfiles")
    pool = one(plan, "AgentPool", "serve-pool-cpu")
    for nodes in (system, pool.inputs):
        assert (nodes["minCount"], nodes["maxCount"], nodes["availabilityZones"]) == (1, 4, ["1"])
    prod = aks()
    assert {each.kind for each in plan.resources} == {each.kind for each in prod.resources}
    assert one(plan, "Extension", "serve-").input("configurationSettings.inferenceRouterHA") == "False"


@pytest.mark.parametrize(
    ("egress", "outbound"),
    [
        ("nat_gateway", "userAssignedNATGateway"),
        ("firewall", "userDefinedRouting"),
        ("hub_routes", "userDefinedRouting"),
    ],
)
def test_nodes_leave_as_their_subnet_does(egress, outbound):
    cluster = one(aks(egress=egress), "ManagedCluster", "serve-")
    assert cluster.input("networkProfile.outboundType") == outbound


def test_pods_can_have_addresses_of_the_subnet():
    profile = one(aks({**OWN, "pod_network": "subnet"}), "ManagedCluster", "serve-").input("networkProfile")
    assert profile["networkPolicy"] == "calico"
    assert not {"podCidr", "networkPluginMode"} & set(profile)


def test_a_zone_that_others_run_names_the_api_server():
    zone = f"{CENTRAL}/Microsoft.Network/privateDnsZones/privatelink.westeurope.azmk8s.io"
    plan = aks(private_dns_zone_id=zone)
    cluster = one(plan, "ManagedCluster", "serve-")
    assert cluster.input("apiServerAccessProfile.privateDNSZone") == zone
    assert (cluster.input("fqdnSubdomain"), cluster.input("dnsPrefix")) == (CLUSTER_NAME, None)
    network = one(plan, "RoleAssignment", "serve-network-contributor")
    assert network.input("scope") == SUBNETS.removesuffix("/subnets")
    assert one(plan, "RoleAssignment", "serve-zone-contributor").input("scope") == zone


BELOW = {"zone_below": "privatelink.westeurope.azmk8s.io"}
OWN_ZONE = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-test/providers/Microsoft.Network/privateDnsZones/"
    "churn-prod.privatelink.westeurope.azmk8s.io"
)


def test_a_zone_of_its_own_is_below_the_adopted_one_and_linked_before_the_cluster():
    plan = aks(**BELOW, zone_networks=[HUB])
    cluster = one(plan, "ManagedCluster", "serve-")
    assert cluster.input("apiServerAccessProfile.privateDNSZone") == OWN_ZONE
    assert (cluster.input("fqdnSubdomain"), cluster.input("dnsPrefix")) == (CLUSTER_NAME, None)
    assert one(plan, "RoleAssignment", "serve-zone-contributor").input("scope") == OWN_ZONE
    links = {each.urn: each.input("virtualNetwork.id") for each in plan.of_type("VirtualNetworkLink")}
    assert sorted(links.values()) == sorted([SUBNETS.removesuffix("/subnets"), HUB])
    assert set(links) <= set(cluster.dependencies)


@pytest.mark.parametrize(
    ("deployed", "changes", "refused"),
    [
        (OWN_ZONE, BELOW, None),
        (OWN_ZONE, {"private_dns_zone_id": "ZONE"}, "inference.aks.shared_zone_reason: immutable"),
        ("ZONE", {"private_dns_zone_id": "ZONE"}, None),
        ("ZONE", BELOW, "inference.aks.shared_zone_reason: immutable: deployed as"),
        ("system", BELOW, "network.dns: immutable: deployed as 'system'"),
        (OWN_ZONE, {}, "network.dns: immutable: deployed as"),
    ],
)
def test_a_cluster_keeps_its_zone_and_the_message_says_how(deployed, changes, refused):
    def there(value):
        return ZONE if value == "ZONE" else value

    made = {**MADE, "apiServerAccessProfile": {**MADE["apiServerAccessProfile"], "privateDNSZone": there(deployed)}}

    def program():
        return aks(OWN, existing={OWN_CLUSTER: made}, **{key: there(value) for key, value in changes.items()})

    if refused is None:
        assert one(program(), "ManagedCluster", "serve-").input("apiServerAccessProfile.privateDNSZone")
        return
    with pytest.raises(RefusedError) as error:
        program()
    assert refused in str(error.value)


def test_local_accounts_are_a_setting_with_a_reason():
    plan = aks({**OWN, "local_accounts_reason": "attach fails, ticket 1"})
    assert one(plan, "ManagedCluster", "serve-").input("disableLocalAccounts") is False


@pytest.mark.parametrize(
    ("pool", "inputs", "absent"),
    [
        (
            GPU_POOL,
            {
                "agentPoolName": "gpu",
                "gpuProfile": {"driver": "Install"},
                "maxCount": 2,
                "minCount": 0,
                "count": 0,
                "nodeLabels": {"ml.azure.com/accelerator": "gpu"},
                "nodeTaints": ["ml.azure.com/amlarc=true:NoSchedule"],
                "osDiskSizeGB": 256,
                "osDiskType": "Managed",
                "osSKU": "Ubuntu",
                "upgradeSettings": {"maxSurge": "0", "maxUnavailable": "1"},
                "mode": "User",
            },
            {"gpuInstanceProfile", "scaleSetPriority"},
        ),
        ({**GPU_POOL, "mig_profile": "MIG1g"}, {"gpuInstanceProfile": "MIG1g"}, set()),
        (
            {**GPU_POOL, "spot": True, "zones": ["2"]},
            {
                "availabilityZones": ["2"],
                "scaleSetEvictionPolicy": "Delete",
                "scaleSetPriority": "Spot",
                "spotMaxPrice": -1,
            },
            set(),
        ),
        (
            FPGA_POOL,
            {"nodeLabels": {"ml.azure.com/accelerator": "fpga"}, "osSKU": "Ubuntu2204"},
            {"gpuProfile", "gpuInstanceProfile"},
        ),
        (
            {**FPGA_POOL, "unencrypted_host_reason": "the size cannot"},
            {"enableEncryptionAtHost": False},
            set(),
        ),
    ],
)
def test_a_pool_is_what_its_accelerator_asks_for(pool, inputs, absent):
    made = one(aks({**OWN, "pools": [pool]}), "AgentPool", f"serve-pool-{pool['name']}")
    assert {key: made.inputs.get(key) for key in inputs} == inputs
    assert not absent & set(made.inputs)
    assert (made.delete_before_replace, made.ignore_changes) == (True, ("count", "orchestratorVersion"))
    assert set(made.replace_on_changes) == {
        "availabilityZones",
        "enableEncryptionAtHost",
        "gpuInstanceProfile",
        "gpuProfile",
        "maxPods",
        "osDiskSizeGB",
        "osDiskType",
        "osSKU",
        "scaleSetPriority",
        "vmSize",
        "vnetSubnetID",
    }


def test_the_extensions_pool_takes_everything():
    made = one(aks(), "AgentPool", "serve-pool-cpu")
    assert "nodeTaints" not in made.inputs
    assert made.input("nodeLabels") == {"ml.azure.com/accelerator": "none"}


DERIVED = {
    "cluster_name_friendly": CLUSTER_NAME,
    "clusterPurpose": "FastProd",
    "domain": "westeurope.cloudapp.azure.com",
    "enableInference": "True",
    "enableTraining": "False",
    "allowInsecureConnections": "False",
    "inferenceRouterHA": "True",
    "inferenceRouterServiceType": "LoadBalancer",
    "installDcgmExporter": "False",
    "installNvidiaDevicePlugin": "False",
    "installPromOp": "True",
    "installVolcano": "False",
    "internalLoadBalancerProvider": "azure",
    "jobSchedulerLocation": "westeurope",
    "location": "westeurope",
    "nginxIngress.enabled": "true",
    "relayserver.enabled": "false",
    "scoringFe.serviceType.internalLoadBalancer": "True",
    "scoringFe.sslSecret": "scoring-tls",
    "servicebus.enabled": "false",
    "sslCname": "scoring.ml.example.com",
}


@pytest.mark.parametrize(
    ("settings", "changed"),
    [
        (OWN, {}),
        ({**OWN, "pools": [GPU_POOL]}, {"installDcgmExporter": "True", "installNvidiaDevicePlugin": "True"}),
        ({**OWN, "pools": [GPU_POOL, {**GPU_POOL, "name": "mig", "mig_profile": "MIG1g"}]}, {}),
        ({**OWN, "pools": [FPGA_POOL]}, {}),
        ({**OWN, "training": True}, {"enableTraining": "True", "installVolcano": "True"}),
        (
            {**OWN, "training": True, "scheduler_config_map": "volcano"},
            {
                "amloperator.skipResourceValidation": "true",
                "enableTraining": "True",
                "installVolcano": "True",
                "volcanoScheduler.schedulerConfigMap": "volcano",
            },
        ),
        (
            {**OWN, "pools": [{"name": "spot", "vm_size": "Standard_D8ds_v5", "spot": True}]},
            {
                "workLoadToleration[0].effect": "NoSchedule",
                "workLoadToleration[0].key": "kubernetes.azure.com/scalesetpriority",
                "workLoadToleration[0].operator": "Equal",
                "workLoadToleration[0].value": "spot",
            },
        ),
    ],
)
def test_the_extension_is_told_what_the_cli_would_tell_it(settings, changed):
    plan = aks(settings)
    extension, cluster = one(plan, "Extension", "serve-extension"), one(plan, "ManagedCluster", "serve-")
    expected = {
        **DERIVED,
        **changed,
        **dict.fromkeys(
            ("cluster_name", "clusterId", "prometheus.prometheusSpec.externalLabels.cluster_name"), cluster.id
        ),
    }
    assert extension.input("configurationSettings") == expected
    rest = {key: value for key, value in extension.inputs.items() if key != "configurationSettings"}
    assert rest == {
        "autoUpgradeMinorVersion": True,
        "clusterName": CLUSTER_NAME,
        "clusterResourceName": "managedClusters",
        "clusterRp": "Microsoft.ContainerService",
        "extensionName": "azureml",
        "extensionType": "Microsoft.AzureML.Kubernetes",
        "identity": {"type": "SystemAssigned"},
        "releaseTrain": "stable",
        "resourceGroupName": "rg-test",
        "scope": {"cluster": {"releaseNamespace": "azureml"}},
    }
    assert "configurationProtectedSettings" not in extension.inputs


def test_scoring_without_a_certificate_is_what_the_extension_is_told():
    told = one(aks({"insecure_reason": "none yet, ML-1"}, environment="dev"), "Extension", "serve-extension").input(
        "configurationSettings"
    )
    assert told["allowInsecureConnections"] == "True"
    assert not [key for key in told if "ssl" in key.lower()]


@pytest.mark.parametrize("preview", [False, True])
def test_the_compute_is_the_cluster_in_one_namespace(preview):
    plan = aks({**OWN, "pools": [GPU_POOL]}, preview=preview)
    attached, cluster = one(plan, "Compute", "serve-"), one(plan, "ManagedCluster", "serve-")
    extension = one(plan, "Extension", "serve-extension")
    principal = UNKNOWN if preview else extension.outputs["aksAssignedIdentity"]["principalId"]
    assert attached.inputs == {
        "computeName": "aks",
        "identity": {"type": "UserAssigned", "userAssignedIdentities": [f"{IDENTITIES}/id-compute"]},
        "location": "westeurope",
        "properties": {
            "computeLocation": "westeurope",
            "computeType": "Kubernetes",
            "properties": {
                "defaultInstanceType": "cpu",
                "extensionPrincipalId": principal,
                "instanceTypes": {
                    "cpu": {
                        "nodeSelector": {"kubernetes.azure.com/agentpool": "cpu"},
                        "resources": {
                            "limits": {"cpu": "930m", "memory": "5423Mi"},
                            "requests": {"cpu": "930m", "memory": "5423Mi"},
                        },
                    },
                    "gpu": {
                        "nodeSelector": {"kubernetes.azure.com/agentpool": "gpu"},
                        "resources": {
                            "limits": {"cpu": "22960m", "memory": "206832Mi", "nvidia.com/gpu": "1"},
                            "requests": {"cpu": "22960m", "memory": "206832Mi"},
                        },
                    },
                },
                "namespace": "churn-prod",
            },
            "resourceId": cluster.id,
        },
        "resourceGroupName": "rg-test",
        "tags": {"mlplatform-attach": "exclusive", "project": "churn"},
        "workspaceName": "mlw-churn",
    }
    assert (attached.delete_before_replace, attached.retain_on_delete) == (True, False)
    assert set(attached.replace_on_changes) == {"identity", "location", "properties"}
    assert set(attached.ignore_changes) == {
        "properties.properties.defaultInstanceType",
        "properties.properties.instanceTypes",
        "tags",
    }
    assert one(plan, "KubernetesDetach", "serve-").inputs["compute_id"] == attached.id


@pytest.mark.parametrize("preview", [False, True])
def test_all_is_in_the_order_that_azure_needs_and_in_none_slower(preview):
    plan = aks({**OWN, "pools": [GPU_POOL]}, preview=preview)
    by_name = {each.name: each for each in plan.azure_resources}
    names = {each.urn: each.name for each in plan.azure_resources}

    def before(name):
        return {names[urn] for urn in by_name[name].dependencies}

    assert before("serve-cluster") == {"serve-identity", "serve-subnet-contributor"}
    # AKS takes one write on a cluster at a time, and nothing else waits for the last ones.
    turns = (
        "pool-cpu",
        "extension",
        "namespace",
        "trusted-access",
        "pool-system",
        "cluster-upgrades",
        "cluster-images",
    )
    for first, then in itertools.pairwise(("cluster", *turns, "pool-gpu")):
        assert before(f"serve-{then}") == {"serve-cluster", f"serve-{first}"}
    assert before("serve-workspace-contributor") == {"serve-cluster"}
    assert before("serve-compute") == {
        "serve-cluster",
        "serve-extension",
        "serve-namespace",
        "serve-trusted-access",
        "serve-workspace-contributor",
    }
    # What is deleted first is what depends on all: the cluster is detached before anything of it goes.
    assert before("serve-detach") == {"serve-compute"}


@pytest.mark.parametrize("https", [HTTPS, None])
def test_a_git_source_comes_before_the_extension_whose_certificate_it_may_bring(https):
    other = {"https": https} if https else {"https": None, "insecure_reason": "A test in a closed network, ML-321"}
    plan = aks({**OWN, **other, "pools": [GPU_POOL], "gitops": SOURCE}, environment="dev")
    names = {each.urn: each.name.removeprefix("serve-") for each in plan.azure_resources}

    def waits(later):
        [found] = [each for each in plan.azure_resources if each.name == f"serve-{later}"]
        return {names[urn] for urn in found.dependencies}

    assert "flux" in waits("gitops")
    if https:
        assert waits("flux") == {"cluster", "pool-cpu"}
        assert waits("extension") == {"cluster", "gitops"}
    else:
        assert waits("extension") == {"cluster", "pool-cpu"}
        assert waits("flux") == {"cluster", "cluster-images"}
        assert "gitops" in waits("pool-gpu")


def test_a_git_source_is_applied_by_flux():
    plan = aks({**OWN, "gitops": SOURCE})
    assert one(plan, "Extension", "serve-flux").input("extensionType") == "microsoft.flux"
    source = one(plan, "FluxConfiguration", "serve-")
    assert source.input("gitRepository") == {
        "repositoryRef": {"tag": "v1"},
        "syncIntervalInSeconds": 600,
        "url": "https://git.example.com/config",
    }
    assert source.input("kustomizations") == {
        "plugins": {"path": "./plugins", "prune": True, "syncIntervalInSeconds": 600}
    }
    assert source.input("scope") == "cluster"


@pytest.mark.parametrize(
    ("trusted", "roles"),
    [
        (True, {Role.CONTRIBUTOR}),
        (False, {Role.READER, Role.KUBERNETES_EXTENSION_CONTRIBUTOR, Role.AKS_CLUSTER_ADMIN}),
    ],
)
def test_the_workspace_reaches_the_cluster_and_nothing_else(trusted, roles):
    plan = aks({**OWN, "trusted_access": trusted})
    granted = [each for each in plan.of_type("RoleAssignment") if each.name.startswith("serve-workspace-")]
    cluster = one(plan, "ManagedCluster", "serve-")
    names = {guid: role for role, guid in ROLE_IDS.items()}
    assert {names[each.input("roleDefinitionId").rsplit("/", 1)[1]] for each in granted} == roles
    assert {each.input("scope") for each in granted} == {cluster.id}


def test_trust_is_the_workspaces():
    binding = one(aks(), "TrustedAccessRoleBinding", "serve-")
    assert binding.input("roles") == ["Microsoft.MachineLearningServices/workspaces/mlworkload"]
    assert binding.input("sourceResourceId") == MINE
    assert binding.input("trustedAccessRoleBindingName") == "ta-churn-prod-abc123"


def test_adopting_makes_no_cluster_and_no_pool():
    plan = aks(SHARED)
    kinds = {each.kind for each in plan.azure_resources}
    assert not {"ManagedCluster", "AgentPool", "Extension"} & kinds
    attached, namespace = one(plan, "Compute", "serve-"), one(plan, "ManagedNamespace", "serve-")
    assert attached.input("properties.resourceId") == CLUSTER
    assert list(attached.input("properties.properties.instanceTypes")) == ["churn-prod-gpu"]
    assert attached.input("tags.mlplatform-attach") == "shared"
    assert (namespace.input("resourceName"), namespace.input("resourceGroupName")) == ("aks-central", "rg-central")
    assert namespace.input("properties.defaultResourceQuota") == {
        "cpuLimit": "64",
        "cpuRequest": "64",
        "memoryLimit": "512Gi",
        "memoryRequest": "512Gi",
    }
    assert plan.of_type("AKSInference")[0].outputs["resource_id"] == CLUSTER


@pytest.mark.parametrize(("lock", "policy"), [(False, "Delete"), (True, "Keep")])
def test_every_pod_of_the_cluster_may_call_since_the_router_stands_elsewhere(lock, policy):
    assert one(aks(lock=lock), "ManagedNamespace", "serve-").input("properties") == {
        "adoptionPolicy": "IfIdentical",
        "defaultNetworkPolicy": {"egress": "AllowAll", "ingress": "AllowAll"},
        "deletePolicy": policy,
    }


OTHER = f"{WORKSPACES}/mlw-fraud"
RBAC = {"managed": True, "enableAzureRBAC": True}


@pytest.mark.parametrize(
    ("settings", "found", "texts"),
    [
        ({"cluster_id": CLUSTER, **OWN}, {}, []),
        ({"cluster_id": CLUSTER, **OWN}, {"tags": {}, "location": "westeurope", "aadProfile": RBAC}, []),
        ({"cluster_id": CLUSTER, **OWN}, {"tags": {CLUSTER_CLAIM: MINE.upper()}}, []),
        ({"cluster_id": CLUSTER, **OWN}, {"tags": {CLUSTER_CLAIM: OTHER}}, [f"belongs to {OTHER} alone, and {MINE}"]),
        (
            {"cluster_id": CLUSTER, **OWN},
            {"tags": {CLUSTER_CLAIM: "shared"}},
            [f"is shared by several workspaces, but {MINE}"],
        ),
        (SHARED, {"tags": {CLUSTER_CLAIM: "shared"}}, []),
        (SHARED, {"tags": {CLUSTER_CLAIM: OTHER}}, [f"belongs to {OTHER} alone, and {MINE}"]),
        (SHARED, {"tags": {}}, ["has no tag that marks it as shared"]),
        (SHARED, {"tags": {CLUSTER_CLAIM: "shared"}, "location": "West Europe"}, []),
        (SHARED, {"tags": {CLUSTER_CLAIM: "shared"}, "aadProfile": {"managed": True}}, ["does not use Azure RBAC"]),
        (
            SHARED,
            {
                "tags": {CLUSTER_CLAIM: "shared"},
                "location": "northeurope",
                "aadProfile": {"managed": True, "enableAzureRBAC": False},
            },
            ["is in northeurope, but the workspace is in westeurope", "does not use Azure RBAC"],
        ),
    ],
)
def test_what_is_adopted_is_read_and_refused_where_it_is_anothers(settings, found, texts):
    # In a plan, what Azure does not say stays unknown, so all three facts are given.
    existing = {CLUSTER: {"tags": {}, "location": "westeurope", "aadProfile": RBAC, **found}} if found else None
    if not texts:
        assert aks(settings, existing=existing).of_type("Compute")
        return
    with pytest.raises(RefusedError) as refused:
        aks(settings, existing=existing)
    assert len(refused.value.problems) == len(texts)
    for problem, text in zip(refused.value.problems, texts, strict=True):
        assert problem.path == ("inference", "aks", "cluster_id")
        assert text in problem.what


def test_a_claim_is_made_before_the_cluster_is_attached():
    plan = aks({"cluster_id": CLUSTER, **OWN})
    claim = one(plan, "ClusterClaim", "serve-")
    assert {key: value for key, value in claim.inputs.items() if key != "__provider"} == {
        "cluster_id": CLUSTER,
        "tenant_id": TENANT,
        "workspace_id": MINE,
    }
    extension = one(plan, "Extension", "serve-extension")
    assert claim.urn in extension.dependencies
    assert extension.urn in one(plan, "Compute", "serve-").dependencies


def test_what_is_refused_is_not_claimed(monkeypatch):
    registered = []
    register = Recorder.RegisterResource

    def watch(self, request):
        registered.append(request.name)
        return register(self, request)

    monkeypatch.setattr(Recorder, "RegisterResource", watch)
    facts = {"location": "westeurope", "aadProfile": RBAC}
    with pytest.raises(RefusedError):
        aks(EXCLUSIVE, existing={CLUSTER: {**facts, "tags": {CLUSTER_CLAIM: OTHER}}})
    assert "serve" in registered
    assert "serve-claim" not in registered
    aks(EXCLUSIVE, existing={CLUSTER: {**facts, "tags": {}}})
    assert "serve-claim" in registered


def attached_with(*names):
    """What Azure says of a compute that was attached with some instance types."""
    return {f"{MINE}/computes/aks": {"properties": {"properties": {"instanceTypes": {each: {} for each in names}}}}}


def test_a_pool_that_came_later_says_what_to_apply():
    plan = aks({**OWN, "pools": [GPU_POOL]}, existing=attached_with("cpu"))
    [warning] = [text for severity, text in plan.messages if severity == "warning"]
    assert "aks was attached without the instance type gpu" in warning
    manifest = json.loads(warning.split("(`kubectl apply -f`): ")[1])
    made = one(aks({**OWN, "pools": [GPU_POOL]}), "Compute", "serve-").input("properties.properties.instanceTypes.gpu")
    assert manifest == {
        "apiVersion": "amlarc.azureml.com/v1alpha1",
        "kind": "InstanceType",
        "metadata": {"name": "gpu"},
        "spec": made,
    }
    assert aks({**OWN, "pools": [GPU_POOL]}, existing=attached_with("cpu", "gpu")).messages == ()


@pytest.mark.parametrize(("label", "config"), [("upgrades", "UpgradeSchedule"), ("images", "NodeOSUpgradeSchedule")])
def test_upgrades_come_in_the_window(label, config):
    window = {"day": "Saturday", "start_hour": 22, "hours": 5}
    made = one(aks({**OWN, "maintenance": window}), "MaintenanceConfiguration", f"serve-cluster-{label}")
    assert made.input("configName") == f"aksManaged{'Auto' if label == 'upgrades' else ''}{config}"
    assert made.input("maintenanceWindow") == {
        "durationHours": 5,
        "schedule": {"weekly": {"dayOfWeek": "Saturday", "intervalWeeks": 1}},
        "startTime": "22:00",
        "utcOffset": "+00:00",
    }


def test_logs_go_by_a_rule_that_the_cluster_is_bound_to():
    plan = aks()
    rule, bound = one(plan, "DataCollectionRule", "serve-"), one(plan, "DataCollectionRuleAssociation", "serve-")
    assert bound.input("associationName") == "ContainerInsightsExtension"
    assert bound.input("dataCollectionRuleId") == rule.id
    assert bound.input("resourceUri") == one(plan, "ManagedCluster", "serve-").id


@pytest.mark.parametrize("lock", [False, True])
def test_what_models_are_in_outlives_a_mistake_in_prod(lock):
    plan = aks(lock=lock)
    assert one(plan, "ManagedNamespace", "serve-").protect is lock
    assert one(plan, "TrustedAccessRoleBinding", "serve-").delete_before_replace


def two(first, second):
    """A program that attaches one cluster to the workspaces of two projects."""

    def program():
        for name, settings, project in (("a", first, "churn"), ("b", second, "fraud")):
            args = served(AKSInferenceArgs, project=project, workspace=attachable(f"mlw-{project}"))
            AKSInference(name, {**args, "settings": settings})

    return program


EXCLUSIVE = {"cluster_id": CLUSTER, **OWN}


@pytest.mark.parametrize(("first", "second"), [(EXCLUSIVE, EXCLUSIVE), (EXCLUSIVE, SHARED), (SHARED, EXCLUSIVE)])
def test_a_second_workspace_is_refused_and_both_claims_are_named(first, second):
    with pytest.raises(RefusedError, match="a second workspace breaks the first one's scoring") as refused:
        record(two(first, second))
    text = str(refused.value)
    assert "to mlw-churn by a" in text
    assert "to mlw-fraud by b" in text


def test_several_share_where_all_say_so():
    plan = record(two(SHARED, SHARED))
    assert len(plan.of_type("Compute")) == 2
    # Nothing of one program is left for the next.
    assert record(two(SHARED, SHARED)).of_type("Compute")


def test_two_workspaces_have_two_namespaces():
    with pytest.raises(RefusedError, match="has the namespace 'churn-prod' twice: attached shared to mlw-churn by a"):
        record(two(SHARED, {**SHARED, "namespace": "churn-prod"}))


def test_a_cluster_that_is_made_and_one_that_adopts_it_are_two_attaches():
    made = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-test/providers"
    adopting = {**EXCLUSIVE, "cluster_id": f"{made}/Microsoft.ContainerService/managedClusters/{CLUSTER_NAME}"}
    with pytest.raises(RefusedError, match=f"{CLUSTER_NAME} is attached"):
        record(two(OWN, adopting))


@pytest.mark.parametrize(
    ("settings", "workspace", "claim"),
    [
        (OWN, True, MINE),
        ({**OWN, "attach": "shared"}, True, "shared"),
        ({**OWN, "attach": "shared"}, None, "shared"),
        (OWN, None, None),
    ],
)
def test_a_cluster_says_whose_it_is(settings, workspace, claim):
    cluster = one(aks(settings, workspace=workspace), "ManagedCluster", "serve-")
    assert cluster.input("tags").get(CLUSTER_CLAIM) == claim


def test_without_a_subnet_no_cluster_can_be_made():
    with pytest.raises(RefusedError, match="subnet_id: required for a new cluster"):
        aks(subnet_id=None)


def test_a_managed_network_reaches_no_cluster():
    with pytest.raises(RefusedError, match="no Kubernetes cluster can be attached") as refused:
        aks(workspace=attachable(managed_network=True))
    assert "network_mode: own" in str(refused.value)


def test_hosted_for_another_language_nothing_is_dynamic_and_the_compute_stays(monkeypatch):
    for module in (adopted_cluster, attached_compute):
        monkeypatch.setattr(module, "is_hosted", lambda: True)
    plan = aks({"cluster_id": CLUSTER, **OWN})
    assert not {"KubernetesDetach", "ClusterClaim"} & {each.kind for each in plan.resources}
    assert one(plan, "Compute", "serve-").retain_on_delete
    warnings = [text for severity, text in plan.messages if severity == "warning"]
    assert len(warnings) == 2
    assert any("Set the tag" in each for each in warnings)
    assert any("az ml compute detach" in each for each in warnings)


@pytest.mark.parametrize("preview", [False, True])
def test_outputs(preview):
    plan = aks({**OWN, "pools": [GPU_POOL]}, preview=preview)
    [component] = plan.of_type("AKSInference")
    assert component.outputs == {
        "name": CLUSTER_NAME,
        "resource_id": one(plan, "ManagedCluster", "serve-").id,
        "principal_id": UNKNOWN if preview else one(plan, "UserAssignedIdentity", "serve-").outputs["principalId"],
        "namespace": "churn-prod",
        # Made of names, so that it is known even while the cluster is attached anew.
        "compute_id": f"{MINE}/computes/aks",
        "instance_types": ["cpu", "gpu"],
    }


OWN_CLUSTER = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-test/providers/Microsoft.ContainerService/managedClusters/"
    f"{CLUSTER_NAME}"
)
MADE = {
    "agentPoolProfiles": [
        # AKS sorts the pools and adds those that are made apart.
        {"name": "cpu", "vmSize": "Standard_D64ds_v5", "maxPods": 250},
        {
            "availabilityZones": ["1", "2", "3"],
            "enableEncryptionAtHost": True,
            "maxPods": 50,
            "name": "system",
            "osDiskType": "Ephemeral",
            "vmSize": "Standard_D4ds_v5",
        },
    ],
    "apiServerAccessProfile": {"enablePrivateCluster": True, "privateDNSZone": "system"},
    "networkProfile": {
        "networkPlugin": "azure",
        "networkPluginMode": "overlay",
        "outboundType": "userAssignedNATGateway",
        "podCidr": "100.64.0.0/16",
        "serviceCidr": "172.16.0.0/16",
    },
}
ZONE = f"{CENTRAL}/Microsoft.Network/privateDnsZones/privatelink.westeurope.azmk8s.io"


@pytest.mark.parametrize(
    ("settings", "changes", "refused"),
    [
        ({}, {}, None),
        ({"kubernetes_version": "1.33"}, {}, None),
        ({"pod_cidr": "100.80.0.0/16"}, {}, "pod_cidr: immutable: deployed as '100.64.0.0/16', cannot become"),
        ({"service_cidr": "172.20.0.0/16"}, {}, "service_cidr: immutable: deployed as '172.16.0.0/16'"),
        ({"system": {"vm_size": "Standard_D8ds_v5"}}, {}, "system.vm_size: immutable: deployed as 'Standard_D4ds_v5'"),
        ({"system": {"max_pods": 60}}, {}, "system.max_pods: immutable: deployed as '50', cannot become '60'"),
        ({"system": {"zones": ["1", "2"]}}, {}, "system.zones: immutable: deployed as '['1', '2', '3']'"),
        ({"system": {"os_disk": "managed"}}, {}, "system.os_disk: immutable: deployed as 'Ephemeral'"),
        ({"pod_network": "subnet"}, {}, "pod_network: immutable: deployed as 'overlay', cannot become 'subnet'"),
        ({}, {"private_dns_zone_id": ZONE}, "network.dns: immutable: deployed as 'system'"),
        ({}, {"egress": "firewall"}, "network.egress.kind: immutable: deployed as 'userAssignedNATGateway'"),
    ],
)
def test_what_lasts_for_a_clusters_life_is_refused_another_value(settings, changes, refused):
    def made():
        return aks({**OWN, **settings}, existing={OWN_CLUSTER: MADE}, **changes)

    if refused is None:
        assert made().of_type("Compute")
        return
    with pytest.raises(RefusedError) as error:
        made()
    assert (refused if refused.startswith("network") else f"inference.aks.{refused}") in str(error.value)
    # The first time there is nothing to compare with.
    for preview in (False, True):
        assert aks({**OWN, **settings}, preview=preview, **changes).of_type("Compute")
