"""A cluster of AKS as this library makes them: private, without local accounts, upgraded in a window, and watched."""

from typing import Any, Optional

import pulumi
import pulumi_azure_native as native

from ._component import In, PlacedArgs, child, immutable_violations, known_value_of, without_none
from .catalogue.vm_sizes import Accelerator
from .diagnostics import send_diagnostics
from .foundation.naming import Kind
from .foundation.problems import Problem
from .settings.aks import AKSSettings, MaintenanceWindow, PodNetwork
from .settings.network import EgressKind
from .settings.node_pools import NodePoolSettings, OsDisk, ServicePoolSettings

ALL_ZONES = ["1", "2", "3"]

TAINT = "ml.azure.com/amlarc=true:NoSchedule"
"""Keeps everything off a pool but Azure ML: its workloads, and its system pods, of which the device plugin has to run
there ("Deploy Azure Machine Learning extension", recommended taints)."""

ACCELERATOR_LABEL = "ml.azure.com/accelerator"
"""The label that says what nodes have, for the selectors of device plugins."""


def managed_cluster(
    name: str,
    settings: AKSSettings,
    *,
    args: PlacedArgs,
    tenant_id: str,
    subnet_id: In[str],
    egress: EgressKind,
    identity_id: In[str],
    private_dns_zone_id: Optional[In[str]],
    diagnostics: In[str],
    tags: dict[str, In[str]],
    highly_available: bool,
    zone_redundant: bool,
    protect: bool,
    parent: pulumi.Resource,
    depends_on: list[pulumi.Resource],
) -> "tuple[native.containerservice.ManagedCluster, list[pulumi.Output[list[Problem]]]]":
    """A cluster with its system pool, and what is wrong where it was made otherwise in what lasts for its life. Other
    pools are resources of their own."""
    cluster_name = args.name_of(Kind.KUBERNETES_CLUSTER)
    pool, least, most = settings.service_pools(highly_available=highly_available)["system"]
    system: Any = {
        "name": "system",
        "mode": "System",
        "node_taints": ["CriticalAddonsOnly=true:NoSchedule"],
        **_nodes(pool, least, most, subnet_id=subnet_id, zone_redundant=zone_redundant),
    }
    user_assigned = native.containerservice.ResourceIdentityType.USER_ASSIGNED
    cluster = native.containerservice.ManagedCluster(
        name,
        resource_name_=cluster_name,
        resource_group_name=args.resource_group_name,
        location=args.location,
        node_resource_group=args.name_of(Kind.RESOURCE_GROUP, "aks-nodes"),
        # A zone of one's own takes a subdomain, every other a prefix.
        dns_prefix=cluster_name if private_dns_zone_id is None else None,
        fqdn_subdomain=None if private_dns_zone_id is None else cluster_name,
        kubernetes_version=settings.kubernetes_version,
        sku={"name": "Base", "tier": "Standard" if highly_available else "Free"},
        identity={"type": user_assigned, "user_assigned_identities": [identity_id]},
        enable_rbac=True,
        disable_local_accounts=settings.local_accounts_reason is None,
        aad_profile={"managed": True, "enable_azure_rbac": True, "tenant_id": tenant_id},
        api_server_access_profile={
            "enable_private_cluster": True,
            "enable_private_cluster_public_fqdn": False,
            "private_dns_zone": "system" if private_dns_zone_id is None else private_dns_zone_id,
            "disable_run_command": True,
        },
        network_profile=_network_profile(settings, egress),
        agent_pool_profiles=[system],
        addon_profiles={
            "azurepolicy": {"enabled": True},
            "azureKeyvaultSecretsProvider": {"enabled": True, "config": {"enableSecretRotation": "true"}},
            "omsagent": {
                "enabled": True,
                "config": {"logAnalyticsWorkspaceResourceID": diagnostics, "useAADAuth": "true"},
            },
        },
        auto_upgrade_profile={
            "upgrade_channel": settings.upgrade_channel.value,
            "node_os_upgrade_channel": "NodeImage",
        },
        oidc_issuer_profile={"enabled": True},
        security_profile={
            "workload_identity": {"enabled": True},
            "image_cleaner": {"enabled": True, "interval_hours": 168},
            "defender": {
                "log_analytics_workspace_resource_id": diagnostics,
                "security_monitoring": {"enabled": True},
            },
        },
        tags=tags,
        opts=child(
            parent,
            protect=protect,
            depends_on=depends_on,
            ignore_changes=[
                # The autoscaler and the upgrade channel change them.
                "agentPoolProfiles[0].count",
                "agentPoolProfiles[0].orchestratorVersion",
                "kubernetesVersion",
                # AKS refuses to change them; `_otherwise_made` says so before anything is sent.
                *(f"agentPoolProfiles[0].{each}" for each in _IMMUTABLE_OF_NODES.values()),
                "apiServerAccessProfile.privateDNSZone",
                "networkProfile.networkDataplane",
                "networkProfile.networkPluginMode",
                "networkProfile.networkPolicy",
                "networkProfile.podCidr",
                "networkProfile.serviceCidr",
            ],
        ),
    )
    send_diagnostics(f"{name}-diagnostics", cluster.id, diagnostics, parent=parent)
    for label, config in (("upgrades", "aksManagedAutoUpgradeSchedule"), ("images", "aksManagedNodeOSUpgradeSchedule")):
        native.containerservice.MaintenanceConfiguration(
            f"{name}-{label}",
            config_name=config,
            resource_name_=known_value_of(cluster, cluster_name),
            resource_group_name=args.resource_group_name,
            maintenance_window=_window(settings.maintenance),
            opts=child(parent),
        )
    return cluster, _otherwise_made(cluster, settings, system, private_dns_zone_id)


_IMMUTABLE_OF_NODES = {
    "availability_zones": "availabilityZones",
    "enable_encryption_at_host": "enableEncryptionAtHost",
    "max_pods": "maxPods",
    "os_disk_size_gb": "osDiskSizeGB",
    "os_disk_type": "osDiskType",
    "vm_size": "vmSize",
    "vnet_subnet_id": "vnetSubnetID",
}
"""What AKS refuses to change of a pool, as the SDK and as Azure name it ("Manage node pools in AKS")."""

_SETTING_OF = {
    "availability_zones": "zones",
    "enable_encryption_at_host": "unencrypted_host_reason",
    "os_disk_size_gb": "os_disk_gib",
    "os_disk_type": "os_disk",
}


def _otherwise_made(
    cluster: "native.containerservice.ManagedCluster",
    settings: AKSSettings,
    system: dict[str, Any],
    private_dns_zone_id: Optional[In[str]],
) -> "list[pulumi.Output[list[Problem]]]":
    network, nodes = cluster.network_profile, cluster.agent_pool_profiles
    mode = network.apply(lambda each: PodNetwork.OVERLAY if _of(each, "network_plugin_mode") else PodNetwork.SUBNET)
    zone = cluster.api_server_access_profile.apply(lambda each: _of(each, "private_dns_zone"))
    compared: list[tuple[str, pulumi.Output[Any], In[Any]]] = [
        ("pod_network", mode, settings.pod_network),
        ("service_cidr", network.apply(lambda each: _of(each, "service_cidr")), settings.service_cidr),
        ("private_dns_zone", zone, "system" if private_dns_zone_id is None else private_dns_zone_id),
        *(
            (
                f"system.{_SETTING_OF.get(field, field)}",
                nodes.apply(lambda each, field=field: _of(each[0], field) if each else None),
                system[field],
            )
            for field in _IMMUTABLE_OF_NODES
        ),
    ]
    if settings.pod_network is PodNetwork.OVERLAY:
        compared.append(("pod_cidr", network.apply(lambda each: _of(each, "pod_cidr")), settings.pod_cidr))
    return [
        immutable_violations(("inference", "aks", *setting.split(".")), made, wanted)
        for setting, made, wanted in compared
    ]


def agent_pool(
    name: str,
    pool: ServicePoolSettings | NodePoolSettings,
    *,
    args: PlacedArgs,
    cluster_name: In[str],
    subnet_id: In[str],
    label: str,
    nodes: tuple[int, int],
    zone_redundant: bool,
    parent: pulumi.Resource,
) -> "native.containerservice.AgentPool":
    """A pool for models, or for the extension. What can be changed in place is; all else replaces it."""
    accelerated = isinstance(pool, NodePoolSettings)
    accelerator = pool.accelerator if accelerated else Accelerator.NONE
    return native.containerservice.AgentPool(
        name,
        agent_pool_name=label,
        resource_name_=cluster_name,
        resource_group_name=args.resource_group_name,
        mode="User",
        node_labels={ACCELERATOR_LABEL: accelerator.value},
        node_taints=[TAINT] if accelerated else None,
        **_nodes(pool, *nodes, subnet_id=subnet_id, zone_redundant=zone_redundant),
        **(_typed(pool) if isinstance(pool, NodePoolSettings) else {}),
        tags=args.tags,
        opts=child(
            parent,
            delete_before_replace=True,
            ignore_changes=["count", "orchestratorVersion"],
            replace_on_changes=[
                *_IMMUTABLE_OF_NODES.values(),
                "gpuInstanceProfile",
                "gpuProfile",
                "osSKU",
                "scaleSetPriority",
            ],
        ),
    )


def _nodes(
    pool: ServicePoolSettings | NodePoolSettings, least: int, most: int, *, subnet_id: In[str], zone_redundant: bool
) -> dict[str, Any]:
    """What the nodes of every pool have."""
    accelerated = pool.size is not None and pool.size.accelerator is not Accelerator.NONE
    return {
        "type": "VirtualMachineScaleSets",
        "vm_size": pool.vm_size,
        "count": least,
        "min_count": least,
        "max_count": most,
        "enable_auto_scaling": True,
        "availability_zones": pool.zones or (ALL_ZONES if zone_redundant else ALL_ZONES[:1]),
        "max_pods": pool.max_pods,
        "os_type": "Linux",
        # FPGAs' runtime is known on older versions only, so the newest is no default for them.
        "os_sku": "Ubuntu2204" if pool.size and pool.size.accelerator is Accelerator.FPGA else "Ubuntu",
        "os_disk_type": "Ephemeral" if pool.disk is OsDisk.EPHEMERAL else "Managed",
        "os_disk_size_gb": pool.disk_gib,
        "vnet_subnet_id": subnet_id,
        "enable_node_public_ip": False,
        "enable_encryption_at_host": pool.unencrypted_host_reason is None,
        # Quota for a further node with accelerators is seldom there.
        "upgrade_settings": ({"max_surge": "0", "max_unavailable": "1"} if accelerated else {"max_surge": "10%"}),
    }


def _typed(pool: NodePoolSettings) -> dict[str, Any]:
    """What follows from the accelerator, and from being a spot pool."""
    return without_none(
        gpu_profile={"driver": "Install"} if pool.accelerator is Accelerator.GPU else None,
        gpu_instance_profile=pool.mig_profile.value if pool.mig_profile else None,
        scale_set_priority="Spot" if pool.spot else None,
        scale_set_eviction_policy="Delete" if pool.spot else None,
        spot_max_price=-1 if pool.spot else None,
    )


def _network_profile(settings: AKSSettings, egress: EgressKind) -> Any:
    services = settings.service_cidr.split("/")[0].rsplit(".", 1)
    overlay = settings.pod_network is PodNetwork.OVERLAY
    # Cilium enforces policies for pods with addresses of their own, Calico for those with the subnet's.
    engine = "cilium" if overlay else "calico"
    return without_none(
        network_plugin="azure",
        network_plugin_mode="overlay" if overlay else None,
        network_dataplane="cilium" if overlay else "azure",
        network_policy=engine,
        pod_cidr=settings.pod_cidr if overlay else None,
        service_cidr=settings.service_cidr,
        dns_service_ip=f"{services[0]}.{int(services[1]) + 10}",
        load_balancer_sku="standard",
        outbound_type="userAssignedNATGateway" if egress is EgressKind.NAT_GATEWAY else "userDefinedRouting",
    )


def _window(window: MaintenanceWindow) -> Any:
    return {
        "schedule": {"weekly": {"day_of_week": window.day, "interval_weeks": 1}},
        "duration_hours": window.hours,
        "start_time": f"{window.start_hour:02}:00",
        "utc_offset": "+00:00",
    }


def container_insights(
    name: str,
    cluster_id: In[str],
    diagnostics: In[str],
    *,
    args: PlacedArgs,
    parent: pulumi.Resource,
) -> None:
    """Sends the containers' logs and inventory to Log Analytics: the add-on alone sends nothing."""
    streams = ["Microsoft-ContainerInsights-Group-Default"]
    rule = native.monitor.DataCollectionRule(
        f"{name}-rule",
        data_collection_rule_name=args.name_of(Kind.DATA_COLLECTION_RULE, "aks"),
        resource_group_name=args.resource_group_name,
        location=args.location,
        kind="Linux",
        data_sources={
            "extensions": [
                {
                    "name": "ContainerInsightsExtension",
                    "extension_name": "ContainerInsights",
                    "streams": streams,
                    "extension_settings": {
                        "dataCollectionSettings": {
                            "interval": "1m",
                            "namespaceFilteringMode": "Off",
                            "enableContainerLogV2": True,
                        }
                    },
                }
            ]
        },
        destinations={"log_analytics": [{"name": "log", "workspace_resource_id": diagnostics}]},
        data_flows=[{"streams": streams, "destinations": ["log"]}],
        tags=args.tags,
        opts=child(parent),
    )
    native.monitor.DataCollectionRuleAssociation(
        f"{name}-association",
        # The add-on looks for this name.
        association_name="ContainerInsightsExtension",
        resource_uri=cluster_id,
        data_collection_rule_id=rule.id,
        opts=child(parent),
    )


def _of(answer: Any, field: str) -> Any:
    """A field of what the provider answers: an object of the SDK, or a dict where it is not typed."""
    return answer.get(field) if isinstance(answer, dict) else getattr(answer, field, None)
