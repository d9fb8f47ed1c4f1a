"""A new AKS cluster: private, without local accounts, upgraded in a maintenance window, and monitored."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple, Optional

import pulumi
import pulumi_azure_native as native

from ...catalogue.changes import SET_BACK, Change, compared, kept, way_out
from ...foundation.built_in_roles import Role
from ...foundation.naming import Kind
from ...foundation.problems import Problem
from ...network.settings import EgressKind
from ...parts.arguments import In
from ...parts.authorization import assign_role, user_assigned_identity
from ...parts.component import Component, child, is_hosted, without_none
from ...parts.diagnostics import send_diagnostics
from ...parts.in_turn import InTurn
from ...parts.outputs import gated_by, immutable_violations, known_value_of
from .agent_pool import agent_pool, nodes_of
from .arguments import AKSInferenceArgs
from .cluster import Cluster
from .container_insights import container_insights
from .settings.aks import AKSSettings, MaintenanceWindow, PodNetwork

MANAGED_CLUSTER = "azure-native:containerservice:ManagedCluster"

SYSTEM = "system"
"""The name of the pool for Kubernetes' own pods."""


def managed_cluster(parent: Component, args: AKSInferenceArgs) -> Cluster:
    """Makes a cluster with its identity, its diagnostics and the pool that the extension runs on. For what nobody waits
    for, see maintenance and pools_for_models."""
    placement, subnet_id = parent.placement, args.subnet_id or ""
    zone = _own_zone(parent, args, subnet_id)
    identity = user_assigned_identity(parent, "identity", "aks")
    # AKS writes to its subnet and its DNS zone while the cluster is made.
    roles = _grant_identity(parent, zone, subnet_id, identity.principal_id)
    cluster, violations = _cluster(parent, args, zone, subnet_id, identity.id, roles)
    cluster_name = placement.name_of(Kind.KUBERNETES_CLUSTER)
    send_diagnostics(parent, "cluster", cluster.id)
    container_insights(parent, cluster.id)
    name = gated_by(violations, known_value_of(cluster, cluster_name))
    cpu, least, most = args.settings.service_pools(highly_available=placement.profile.highly_available)["cpu"]
    writes = InTurn()
    # The extension's pods can run on this pool only.
    agent_pool(parent, "cpu", cpu, (least, most), cluster_name=name, subnet_id=subnet_id, writes=writes)
    return Cluster(
        id=cluster.id,
        name=name,
        group=placement.resource_group_name,
        writes=writes,
        principal_id=identity.principal_id,
        made=cluster,
    )


def maintenance(parent: Component, args: AKSInferenceArgs, cluster: Cluster) -> None:
    """Keeps the size of the system pool, and sets the windows for upgrades."""
    _keep_system_pool(parent, args, cluster)
    _upgrade_windows(parent, args, cluster)


def pools_for_models(parent: Component, args: AKSInferenceArgs, cluster: Cluster) -> None:
    """Makes the pools for models."""
    for each in args.settings.pools:
        nodes, subnet_id = (each.least, each.most), args.subnet_id or ""
        agent_pool(
            parent, each.name, each, nodes, cluster_name=cluster.name, subnet_id=subnet_id, writes=cluster.writes
        )


class _Zone(NamedTuple):
    """The private DNS zone of the API server."""

    id: In[str]

    linked_id: In[str]
    """Its id, once it is linked: a link of AKS to the same network would be refused beside ours, so ours come first."""

    known_id: In[str]
    """Its id, also before it is made."""


def _own_zone(parent: Component, args: AKSInferenceArgs, subnet_id: In[str]) -> Optional[_Zone]:
    """The zone of the API server: an adopted one, or one that is made. None: AKS makes it.

    AKS takes `<subzone>.privatelink.<region>.azmk8s.io`, with a label of up to 32 characters ("Create a private AKS
    cluster", read 2026-11-28; the length: Azure CLI's check), and a zone that is linked already (Azure/AKS#4841).
    """
    if args.private_dns_zone_id is not None:
        return _Zone(args.private_dns_zone_id, args.private_dns_zone_id, args.private_dns_zone_id)
    if args.zone_below is None:
        return None
    placement = parent.placement
    name = f"{placement.project}-{placement.environment}.{args.zone_below}"
    zone = native.privatedns.PrivateZone(
        parent.logical_name("api-zone"),
        private_zone_name=name,
        resource_group_name=placement.resource_group_name,
        location="global",
        tags=placement.tags,
        opts=child(parent),
    )
    networks = [_network_of(subnet_id), *args.zone_networks]
    links: list[pulumi.Resource] = [
        native.privatedns.VirtualNetworkLink(
            parent.logical_name(f"api-zone-link-{number}" if number else "api-zone-link"),
            virtual_network_link_name=placement.name_of(Kind.VIRTUAL_NETWORK, f"{number}" if number else ""),
            private_zone_name=known_value_of(zone, name),
            resource_group_name=placement.resource_group_name,
            location="global",
            registration_enabled=False,
            virtual_network={"id": network},
            tags=placement.tags,
            opts=child(parent),
        )
        for number, network in enumerate(networks)
    ]
    linked = pulumi.Output.all(zone.id, *(each.urn for each in links)).apply(lambda known: known[0])
    return _Zone(zone.id, linked, placement.id_of("Microsoft.Network/privateDnsZones", name))


def _network_of(subnet_id: In[str]) -> "pulumi.Output[str]":
    return pulumi.Output.from_input(subnet_id).apply(lambda each: each.rsplit("/subnets/", 1)[0])


def _grant_identity(
    parent: Component, zone: Optional[_Zone], subnet_id: In[str], principal_id: In[str]
) -> list[pulumi.Resource]:
    """Assigns the roles that the cluster's identity needs before the cluster is made."""
    if zone is None:
        wanted = [("subnet-contributor", Role.NETWORK_CONTRIBUTOR, subnet_id)]
    else:
        # AKS links the zone to the network itself, even if the zone is in a hub ("Create a private AKS cluster").
        wanted = [
            ("network-contributor", Role.NETWORK_CONTRIBUTOR, _network_of(subnet_id)),
            ("zone-contributor", Role.PRIVATE_DNS_ZONE_CONTRIBUTOR, zone.id),
        ]
    return [assign_role(parent, label, role, principal_id=principal_id, scope=scope) for label, role, scope in wanted]


def _cluster(
    parent: Component,
    args: AKSInferenceArgs,
    zone: Optional[_Zone],
    subnet_id: In[str],
    identity_id: In[str],
    roles: list[pulumi.Resource],
) -> "tuple[native.containerservice.ManagedCluster, list[pulumi.Output[list[Problem]]]]":
    """Makes the cluster with its system pool. Also returns a problem for each immutable property that was deployed with
    a different value. Other pools are separate resources."""
    placement, settings = parent.placement, args.settings
    highly_available = placement.profile.highly_available
    cluster_name, system = placement.name_of(Kind.KUBERNETES_CLUSTER), _system_profile(args, subnet_id)
    user_assigned = native.containerservice.ResourceIdentityType.USER_ASSIGNED
    cluster = native.containerservice.ManagedCluster(
        parent.logical_name("cluster"),
        resource_name_=cluster_name,
        resource_group_name=placement.resource_group_name,
        location=placement.location,
        node_resource_group=placement.name_of(Kind.RESOURCE_GROUP, "aks-nodes"),
        # A cluster with its own zone needs a subdomain, every other a prefix.
        dns_prefix=cluster_name if zone is None else None,
        fqdn_subdomain=None if zone is None else cluster_name,
        kubernetes_version=settings.kubernetes_version,
        sku={"name": "Base", "tier": "Standard" if highly_available else "Free"},
        identity={"type": user_assigned, "user_assigned_identities": [identity_id]},
        enable_rbac=True,
        disable_local_accounts=settings.local_accounts_reason is None,
        aad_profile={"managed": True, "enable_azure_rbac": True, "tenant_id": placement.tenant_id},
        api_server_access_profile={
            "enable_private_cluster": True,
            "enable_private_cluster_public_fqdn": False,
            "private_dns_zone": "system" if zone is None else zone.linked_id,
            "disable_run_command": True,
        },
        network_profile=_network_profile(settings, args.egress),
        agent_pool_profiles=[system],
        addon_profiles={
            "azurepolicy": {"enabled": True},
            "azureKeyvaultSecretsProvider": {"enabled": True, "config": {"enableSecretRotation": "true"}},
            "omsagent": {
                "enabled": True,
                "config": {"logAnalyticsWorkspaceResourceID": placement.log_analytics_id, "useAADAuth": "true"},
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
                "log_analytics_workspace_resource_id": placement.log_analytics_id,
                "security_monitoring": {"enabled": True},
            },
        },
        tags={**placement.tags, **args.claim_tags},
        opts=child(
            parent,
            protect=placement.protected,
            depends_on=[*roles, *placement.peerings],
            ignore_changes=[
                # AKS cannot change these, and azure-native would replace the cluster for most. `_violations` reports a
                # change before anything is sent. Among them is the list of pools: AKS puts every pool there, in its
                # own order. SystemPool changes the system pool by its name.
                *kept(MANAGED_CLUSTER),
                # The upgrade channel changes it.
                "kubernetesVersion",
            ],
        ),
    )
    return cluster, _violations(cluster, args, zone, system)


def _system_profile(args: AKSInferenceArgs, subnet_id: In[str]) -> Any:
    placement = args.placement
    pools = args.settings.service_pools(highly_available=placement.profile.highly_available)
    pool, least, most = pools["system"]
    return {
        "name": SYSTEM,
        "mode": "System",
        "node_taints": ["CriticalAddonsOnly=true:NoSchedule"],
        **nodes_of(placement, pool, least, most, subnet_id),
    }


def _keep_system_pool(parent: Component, args: AKSInferenceArgs, cluster: Cluster) -> None:
    if is_hosted():  # The advice of docs/inference.md is what remains.
        return
    from ...dynamic.system_pool import SystemPool

    system = _system_profile(args, args.subnet_id or "")
    kept = SystemPool(
        parent.logical_name("pool-system"),
        cluster_id=cluster.id,
        pool=SYSTEM,
        properties={"minCount": system["min_count"], "maxCount": system["max_count"]},
        tenant_id=parent.placement.tenant_id,
        opts=child(parent, depends_on=cluster.writes.before),
    )
    cluster.writes.then(kept)


def _upgrade_windows(parent: Component, args: AKSInferenceArgs, cluster: Cluster) -> None:
    for label, config in (("upgrades", "aksManagedAutoUpgradeSchedule"), ("images", "aksManagedNodeOSUpgradeSchedule")):
        window = native.containerservice.MaintenanceConfiguration(
            parent.logical_name(f"cluster-{label}"),
            config_name=config,
            resource_name_=cluster.name,
            resource_group_name=parent.placement.resource_group_name,
            maintenance_window=_window(args.settings.maintenance),
            opts=child(parent, depends_on=cluster.writes.before),
        )
        cluster.writes.then(window)


def _violations(
    cluster: "native.containerservice.ManagedCluster",
    args: AKSInferenceArgs,
    zone: Optional[_Zone],
    system: dict[str, Any],
) -> "list[pulumi.Output[list[Problem]]]":
    """A problem for each immutable property that was deployed with a different value than the settings ask for."""
    settings = args.settings
    network, nodes = cluster.network_profile, cluster.agent_pool_profiles
    mode = network.apply(lambda each: PodNetwork.OVERLAY if _of(each, "network_plugin_mode") else PodNetwork.SUBNET)
    made_in = cluster.api_server_access_profile.apply(lambda each: _of(each, "private_dns_zone"))
    wanted_of: list[tuple[str, pulumi.Output[Any], In[Any]]] = [
        ("inference.aks.pod_network", mode, settings.pod_network),
        ("inference.aks.service_cidr", network.apply(lambda each: _of(each, "service_cidr")), settings.service_cidr),
        *(
            (
                row.setting.removesuffix("[]"),
                nodes.apply(lambda each, field=field: _of(_system(each), field)),
                # Without zones, the property is left out.
                system.get(field, "none"),
            )
            for row, field in _compared_of_nodes()
        ),
    ]
    outbound = network.apply(lambda each: _of(each, "outbound_type"))
    wanted = _outbound_type(args.egress)
    way = way_out("inference.aks.egress").replace("TYPE", wanted)
    egress = "network.egress.kind" if settings.egress is None else "inference.aks.egress"
    violations = [
        immutable_violations(tuple(egress.split(".")), outbound, wanted, way),
        _zone_violations(args, zone, made_in),
    ]
    if settings.pod_network is PodNetwork.OVERLAY:
        pods = network.apply(lambda each: _of(each, "pod_cidr"))
        wanted_of.append(("inference.aks.pod_cidr", pods, settings.pod_cidr))
    return violations + [
        immutable_violations(tuple(setting.split(".")), made, wanted) for setting, made, wanted in wanted_of
    ]


def _zone_violations(
    args: AKSInferenceArgs, zone: Optional[_Zone], made_in: "pulumi.Output[Any]"
) -> "pulumi.Output[list[Problem]]":
    """A problem if the API server is in another zone than the settings ask for. A cluster cannot change its zone."""
    wanted, below = "system" if zone is None else zone.known_id, f"privatelink.{args.placement.location}.azmk8s.io"

    def compare(both: list[Any]) -> list[Problem]:
        deployed, asked = (str(each).lower() for each in both)
        if both[0] is None or deployed == asked:
            return []
        what = f"immutable: deployed as '{both[0]}', cannot become '{both[1]}'"
        if deployed.endswith(f"/{below}") is not asked.endswith(f"/{below}") and "system" not in (deployed, asked):
            setting = "inference.aks.shared_zone_reason"
            return [Problem(tuple(setting.split(".")), what, way_out(setting))]
        return [Problem(("network", "dns"), what, SET_BACK)]

    return pulumi.Output.all(made_in, wanted).apply(compare)


def _compared_of_nodes() -> Iterator[tuple[Change, str]]:
    """The refused changes of the system pool's nodes, and the property of each by its name in the SDK."""
    for row, path in compared(MANAGED_CLUSTER):
        head, item, field = path.partition("agentPoolProfiles[].")
        if item and not head:
            yield row, re.sub(r"(?<=[a-z])(?=[A-Z])", "_", field).lower()


def _outbound_type(egress: EgressKind) -> str:
    return "userAssignedNATGateway" if egress is EgressKind.NAT_GATEWAY else "userDefinedRouting"


def _system(pools: Any) -> Any:
    """The system pool in the provider's answer, whose order is AKS' own."""
    return next((each for each in pools or [] if _of(each, "name") == SYSTEM), None)


def _network_profile(settings: AKSSettings, egress: EgressKind) -> Any:
    services = settings.service_cidr.split("/")[0].rsplit(".", 1)
    overlay = settings.pod_network is PodNetwork.OVERLAY
    # Cilium enforces network policies in an overlay, Calico for pods with addresses of the subnet.
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
        outbound_type=_outbound_type(egress),
    )


def _window(window: MaintenanceWindow) -> Any:
    return {
        "schedule": {"weekly": {"day_of_week": window.day, "interval_weeks": 1}},
        "duration_hours": window.hours,
        "start_time": f"{window.start_hour:02}:00",
        "utc_offset": "+00:00",
    }


def _of(answer: Any, field: str) -> Any:
    """A field of the provider's answer, which is an object of the SDK, or a dict if it has no type."""
    return answer.get(field) if isinstance(answer, dict) else getattr(answer, field, None)
