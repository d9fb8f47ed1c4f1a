"""What a change of each setting does to an environment that exists.

Components read here which changes the engine ignores, which replace a resource, and what the way out of a refusal is.
docs/changes.md and the JSON Schemas show it. The tests change each setting on an emulated Azure, whose own tables must
say the same.

A new setting gets its full name here, in the block of its part: below `_in_place` if azure-native updates it and Azure
takes it, else as a row of its own. A row that Azure decides names the property in azure-native's inputs, with a source
and the day on which it was read. `assumed`: no source states it.

A new item of a list is made, and one that is taken out is deleted with what it holds: no row says so again. The name of
an item is what tells it from others, so another name is another item.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, NamedTuple

DAY = "2026-11-28"
"""The day on which the sources were read, unless a row names another."""


class Outcome(StrEnum):
    """What a change of a setting does."""

    IN_PLACE = "in place"
    """Resources are updated, and small ones such as role assignments may come and go."""

    REPLACED = "replaced"
    """A resource is deleted and made again, or another one takes its place."""

    REFUSED = "refused"
    """Nothing happens: the program, or Pulumi's protection, says what to do."""

    NOTHING = "nothing in Azure"
    """Only checks and messages read it, or only what is made later."""


class Judge(StrEnum):
    """What a refused setting is compared with."""

    DEPLOYED = "what Azure has"
    """The engine ignores changes of the property, so Azure answers with the deployed value."""

    FIRST = "what the stack keeps"
    """A stash of the engine keeps the value of the first deployment of a part (environment/identity.py)."""

    PROTECTION = "protection"
    """The resource is protected in Pulumi, in each kind of environment."""


class Property(NamedTuple):
    """A property that decides, in azure-native's inputs. `[]` stands for any item of a list."""

    type: str
    path: str
    identifies: bool = False
    """Whether it is part of the resource's id, so that azure-native replaces it without being asked."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """One setting, and what a change of it does."""

    setting: str
    """The full name, such as `workspace.clusters[].vm_size`."""

    outcome: Outcome
    when: str = ""
    """The case, if the outcome depends on one. Without: every other case."""

    what: str = ""
    """What is replaced, or what should be known, in words."""

    way: str = ""
    """The way out of what is refused."""

    judge: Judge = Judge.DEPLOYED
    """What a refused one is compared with."""

    because: tuple[Property, ...] = ()
    """The properties that Azure or azure-native does not change in place."""

    goes: tuple[str, ...] = ()
    """The resource types that are deleted because the program drops them, or makes them elsewhere."""

    source: str = ""
    """Where the outcome was read, or which decision of the library it follows."""

    day: str = DAY
    """The day on which it was read."""

    assumed: bool = False
    """Whether no source states what Azure does."""

    @property
    def key(self) -> str:
        """The setting and the case."""
        return f"{self.setting} ({self.when})" if self.when else self.setting


_NATIVE = "azure-native:"
_ACCOUNT = f"{_NATIVE}cognitiveservices:Account"
_MODEL = f"{_NATIVE}cognitiveservices:Deployment"
_ADDRESS = f"{_NATIVE}network:PublicIPAddress"
_AGENT_POOL = f"{_NATIVE}containerservice:AgentPool"
_BATCH_ENDPOINT = f"{_NATIVE}machinelearningservices:BatchEndpoint"
_BUDGET = f"{_NATIVE}consumption:Budget"
_CLUSTER = f"{_NATIVE}containerservice:ManagedCluster"
_COMPUTE = f"{_NATIVE}machinelearningservices:Compute"
_CONTAINER_APP = f"{_NATIVE}app:ContainerApp"
_CREDENTIAL = f"{_NATIVE}managedidentity:FederatedIdentityCredential"
_DATABRICKS = f"{_NATIVE}databricks:Workspace"
_DATASTORE = f"{_NATIVE}machinelearningservices:Datastore"
_ENDPOINT = f"{_NATIVE}machinelearningservices:OnlineEndpoint"
_ENVIRONMENT = f"{_NATIVE}app:ManagedEnvironment"
_FACTORY = f"{_NATIVE}datafactory:Factory"
_FLUX = f"{_NATIVE}kubernetesconfiguration:FluxConfiguration"
_GROUP = f"{_NATIVE}resources:ResourceGroup"
_INSIGHTS = f"{_NATIVE}applicationinsights:Component"
_LINK = f"{_NATIVE}privatedns:VirtualNetworkLink"
_LOCK = f"{_NATIVE}authorization:ManagementLockByScope"
_LOG = f"{_NATIVE}operationalinsights:Workspace"
_MODEL_REGISTRY = f"{_NATIVE}machinelearningservices:Registry"
_NAMESPACE = f"{_NATIVE}containerservice:ManagedNamespace"
_NAT = f"{_NATIVE}network:NatGateway"
_NETWORK = f"{_NATIVE}network:VirtualNetwork"
_PEERING = f"{_NATIVE}network:VirtualNetworkPeering"
_PIPELINE = f"{_NATIVE}datafactory:Pipeline"
_POLICY = f"{_NATIVE}authorization:PolicyAssignment"
_PRIVATE_ENDPOINT = f"{_NATIVE}network:PrivateEndpoint"
_REGISTRY = f"{_NATIVE}containerregistry:Registry"
_ROLE = f"{_NATIVE}authorization:RoleAssignment"
_ROLE_DEFINITION = f"{_NATIVE}authorization:RoleDefinition"
_SPARK_POOL = f"{_NATIVE}synapse:BigDataPool"
_SYNAPSE = f"{_NATIVE}synapse:Workspace"
_TEMPLATE = f"{_NATIVE}resources:Deployment"
_TRIGGER = f"{_NATIVE}datafactory:Trigger"
_WEB_APP = f"{_NATIVE}web:WebApp"
_WORKSPACE = f"{_NATIVE}machinelearningservices:Workspace"
_ZONE = f"{_NATIVE}privatedns:PrivateZone"
_ZONE_GROUP = f"{_NATIVE}network:PrivateDnsZoneGroup"

SET_BACK = "Set it back, or make a new environment and move the work"
"""The way out if Azure has none."""

_MOVES = "An environment cannot move. Set it back, or make a new stack, move the work there, and retire this one"
_AN_ITEM = "the name tells it from other items of the list"
_LIBRARY = "this library: the program makes it elsewhere, or no longer"
_POOLS = "pulumi-azure-native gen/replacement.go; docstrings of pulumi-azure 6.40.1; 'Manage node pools in AKS'"
_INSTANCES = "azurerm: compute_instance replaces on each; this library replaces on any change of properties"
_COMPUTES = "azurerm: compute_cluster; ClusterUpdateParameters has scale settings only"
_CREATED = "pulumi-azure-native: a name or a parent is part of the id"


def _id(type_: str, path: str) -> Property:
    return Property(type_, path, identifies=True)


def _names(text: str) -> Iterator[str]:
    return (line.strip() for line in text.strip().splitlines())


def _in_place(settings: str, **more: Any) -> tuple[Change, ...]:
    return tuple(Change(setting=each, outcome=Outcome.IN_PLACE, **more) for each in _names(settings))


def _nothing(settings: str, what: str, **more: Any) -> tuple[Change, ...]:
    return tuple(Change(setting=each, outcome=Outcome.NOTHING, what=what, **more) for each in _names(settings))


def _replaced(setting: str, what: str, source: str, *because: Property, **more: Any) -> Change:
    return Change(setting=setting, outcome=Outcome.REPLACED, what=what, source=source, because=because, **more)


def _refused(setting: str, way: str, source: str, *because: Property, **more: Any) -> Change:
    return Change(setting=setting, outcome=Outcome.REFUSED, way=way, source=source, because=because, **more)


def _first(setting: str, way: str, source: str, *because: Property, **more: Any) -> Change:
    return replace(_refused(setting, way, source, *because, **more), judge=Judge.FIRST)


def _renamed(setting: str, what: str, *goes: str) -> Change:
    return _replaced(setting, f"{what} ({_AN_ITEM})", _LIBRARY, goes=goes)


_ENVIRONMENT_ITSELF: tuple[Change, ...] = (
    _first("project.name", _MOVES, _CREATED, _id(_GROUP, "resourceGroupName")),
    _first("project.data_product", _MOVES, _CREATED, _id(_GROUP, "resourceGroupName")),
    _first("environment", _MOVES, _CREATED, _id(_GROUP, "resourceGroupName")),
    _first(
        "location",
        _MOVES,
        "pulumi-azure-native gen/replacement.go: forceNewMap, location",
        Property(_GROUP, "location"),
    ),
    _first("subscription_id", _MOVES, _CREATED, _id(_ROLE, "roleAssignmentName")),
    _first("tenant_id", _MOVES, "no source: a subscription and its identities are of one tenant", assumed=True),
    _first("resource_group_id", _MOVES, _CREATED, _id(_NETWORK, "resourceGroupName"), goes=(_GROUP,)),
    _first("suffix", _MOVES, _CREATED, _id(_LOG, "workspaceName")),
    _first(
        "no_zones_reason",
        "Azure changes the zones of no address, storage account or registry. Set it back, or make a new stack, move "
        "the work there, and retire this one",
        "azurerm: zones of a public address; Azure's management library for Java: the code for a zone added or removed",
        Property(_ADDRESS, "zones"),
        when="where an environment is spread over zones",
    ),
    *_nothing("stack_name_reason", "only checks read it"),
    *_nothing(
        """
        shares[].environment
        shares[].project
        shares[].reason
        shares[].resource_id
        """,
        "only `mlplatform check` reads it",
    ),
    *_nothing("no_zones_reason", "no other environment is spread over zones"),
    *_in_place("""
        project.owner_team
        project.owner_email
        project.cost_center
        project.cost_code
        project.tags{}
        tags{}
        expires_on
    """),
    *_in_place("retire.reason", what="protection and locks go; the next `pulumi destroy` works", goes=(_LOCK,)),
    *_nothing("expiry_grace_days", "the day on which `mlplatform expire` retires it moves"),
    *_nothing("lift_locks.reason", "the locks go when lift_locks comes, and come back when it goes"),
    *_nothing("lift_locks.until", "from the day after it, each update is refused until lift_locks is gone"),
    *_nothing("break_glass.reason", "only `pulumi up` reads it"),
    *_nothing("break_glass.until", "from the day after it, each update is refused until break_glass is gone"),
    *_in_place("stress_tests[]", what="the cluster gets the pools of these projects' prod, and loses others"),
)

_ACCESS: tuple[Change, ...] = (
    *_in_place(
        """
        access.admins[]
        access.data_scientists[]
        access.readers[]
        """,
        what="the roles of the former group go",
        goes=(_ROLE,),
    ),
    *_in_place("access.release_identity_id", what="its roles move to the other identity", goes=(_ROLE,)),
    *_in_place(
        "access.custom_roles",
        what="what has one of the library's own roles loses it for a moment: the assignment is made again",
        goes=(_ROLE, _ROLE_DEFINITION),
    ),
    *_nothing(
        """
        workload_identity.other_owner_reason
        workload_identity.federated_credentials[].other_issuer_reason
        """,
        "only checks read it",
    ),
    *_in_place("""
        budget.action_group_ids[]
        budget.actual_percent[]
        budget.amount
        budget.contact_emails[]
        budget.forecast_percent[]
    """),
    *_in_place("""
        diagnostics.daily_cap_gb
        diagnostics.retention_days
    """),
    Change(
        setting="diagnostics.log_analytics_workspace_id",
        outcome=Outcome.REFUSED,
        what="the environment's own workspace would go with its logs",
        way="Run `pulumi state unprotect URN` for the workspace that `pulumi preview` names, and then `pulumi up`. "
        "Azure keeps it for 14 days",
        judge=Judge.PROTECTION,
        goes=(_LOG,),
        source=_LIBRARY,
    ),
    *_in_place(
        "diagnostics.log_analytics_workspace_id",
        when="from one that others run to another",
        what="logs go to the new one from then on",
    ),
    *_in_place("""
        workload_identity.github_ids.names_too
        workload_identity.github_ids.owner
        workload_identity.github_ids.repository
        workload_identity.github_repository
        workload_identity.federated_credentials[].audience
    """),
    *(
        _first(
            f"workload_identity.federated_credentials[].{each}",
            "Give the credential another name as well: the new one is made before the old one goes",
            _LIBRARY,
            goes=(_CREDENTIAL,),
        )
        for each in ("issuer", "subject")
    ),
    _replaced(
        "workload_identity.federated_credentials[].name",
        "the credential: the old one goes first",
        _CREATED,
        _id(_CREDENTIAL, "federatedIdentityCredentialResourceName"),
    ),
    _first(
        "customer_managed_key.key_vault_id",
        f"{SET_BACK}. A key of the same vault may change",
        "azurerm: encryption of a workspace; PATCH: not in WorkspaceUpdateParameters",
        Property(_WORKSPACE, "encryption.keyVaultProperties.keyVaultArmId"),
        when="with a workspace",
    ),
    *_in_place(
        "customer_managed_key.key_vault_id",
        what="the role on the former vault goes",
        goes=(_ROLE,),
    ),
    *_in_place("customer_managed_key.key_id"),
)

_AI_SERVICES: tuple[Change, ...] = (
    *_in_place("""
        ai_services[].allowed_fqdns[]
        ai_services[].restore
        ai_services[].sku
        ai_services[].deployments[].capacity
        ai_services[].deployments[].content_filter
        ai_services[].deployments[].version
        ai_services[].deployments[].version_upgrade
    """),
    _refused(
        "ai_services[].kind",
        "Set it back, or give the service another name. Only an OpenAI account can become AIServices: upgrade it in "
        "Azure AI Foundry first",
        "azurerm: kind, except from OpenAI to AIServices and back",
        Property(_ACCOUNT, "kind"),
    ),
    _renamed("ai_services[].name", "the account goes with what it holds, and another one is made", _ACCOUNT),
    _renamed("ai_services[].deployments[].name", "the deployment", _MODEL),
    _replaced(
        "ai_services[].deployments[].format",
        "the deployment: callers get no answer for some minutes",
        "azurerm: model name and format; azure-search-openai-demo#1330",
        Property(_MODEL, "properties.model.format"),
    ),
    _replaced(
        "ai_services[].deployments[].model",
        "the deployment: callers get no answer for some minutes",
        "azurerm: model name and format; azure-search-openai-demo#1330",
        Property(_MODEL, "properties.model.name"),
    ),
    _replaced(
        "ai_services[].deployments[].sku",
        "the deployment: callers get no answer for some minutes",
        "azurerm: sku name",
        Property(_MODEL, "sku.name"),
    ),
)

_OTHER_SUBNET = (
    "Set it back, or take Container Apps out of inference, run `pulumi up`, and add it again: releases deploy anew"
)
_OF_ENVIRONMENT = (
    "Microsoft.App 2025-02-02-preview: create, read; azure-powershell#19329; pulumi-azure-native#2577: ignored"
)

_NETWORKS: tuple[Change, ...] = (
    *_in_place("network.address_space[]"),
    _first(
        "network.address_space[]",
        "Subnets are shares of it, and Azure moves none that is in use. Set it back, add a second range, and put the "
        "subnet that needs more into it, such as subnets.training",
        "azurerm#11211",
        when="the first range, if a subnet is a share of it",
        assumed=True,
    ),
    _first(
        "network.subnet_ids.endpoints",
        _MOVES,
        _LIBRARY,
        when="from an own network to adopted subnets, or back",
        goes=(_NETWORK,),
    ),
    *_in_place(
        """
        network.subnets.aks
        network.subnets.app_service
        network.subnets.containers
        network.subnets.databricks_container
        network.subnets.databricks_host
        network.subnets.endpoints
        network.subnets.runners
        network.subnets.training
        """,
        what="Azure refuses it while anything is in the subnet",
        source="azurerm#11211",
        assumed=True,
    ),
    _refused(
        "network.subnets.container_app",
        _OTHER_SUBNET,
        _OF_ENVIRONMENT,
        Property(_ENVIRONMENT, "vnetConfiguration.infrastructureSubnetId"),
        assumed=True,
    ),
    *_nothing("network.subnet_ids.runners", "the owner of the runners moves them"),
    _refused(
        "network.subnet_ids.aks",
        SET_BACK,
        "azurerm: default_node_pool vnet_subnet_id",
        Property(_CLUSTER, "agentPoolProfiles[].vnetSubnetID"),
    ),
    *(
        _refused(
            f"network.subnet_ids.{setting}",
            _OTHER_SUBNET,
            _OF_ENVIRONMENT,
            Property(_ENVIRONMENT, "vnetConfiguration.infrastructureSubnetId"),
            assumed=True,
        )
        for setting in ("container_app", "containers")
    ),
    *_in_place("network.subnet_ids.app_service"),
    *_in_place("network.subnet_ids.containers", when="with App Service"),
    *(
        _refused(
            f"network.subnet_ids.{setting}",
            SET_BACK,
            "'Deploy Azure Databricks in your Azure virtual network': you can't replace the VNet; azurerm",
            Property(_DATABRICKS, f"parameters.{path}"),
        )
        for setting, path in (
            ("databricks_container", "customPrivateSubnetName"),
            ("databricks_host", "customPublicSubnetName"),
        )
    ),
    _refused(
        "network.subnet_ids.databricks_host",
        SET_BACK,
        "'Deploy Azure Databricks in your Azure virtual network': you can't replace the VNet; azure-docs#111122",
        Property(_DATABRICKS, "parameters.customVirtualNetworkId"),
        when="of another network",
    ),
    _replaced(
        "network.subnet_ids.endpoints",
        "every private endpoint: callers get no answer until the DNS record is new",
        "pulumi-azure-native gen/replacement.go: forceNewMap, #3883",
        Property(_PRIVATE_ENDPOINT, "subnet"),
    ),
    _replaced(
        "network.subnet_ids.training",
        "clusters and instances, with the jobs and files on them",
        _COMPUTES,
        Property(_COMPUTE, "properties.properties.subnet"),
    ),
    _replaced(
        "network.egress.kind",
        "the NAT gateway with its address, or the routes",
        _LIBRARY,
        goes=(_NAT,),
    ),
    _first(
        "network.egress.kind",
        _MOVES,
        "pulumi-azure-native gen/replacement.go: forceNewMap, PR #4771",
        Property(_CLUSTER, "networkProfile.outboundType"),
        when="with an own cluster",
    ),
    *_in_place("network.egress.firewall_ip"),
    *_in_place("network.hub.use_gateway"),
    *_nothing("network.hub.address_space[]", "only checks read it"),
    _replaced(
        "network.hub.vnet_id",
        "the peering: nothing reaches the hub meanwhile",
        "azurerm: remote_virtual_network_id",
        Property(_PEERING, "remoteVirtualNetwork"),
    ),
    *_in_place(
        "network.dns.servers[]",
        what="machines keep the old servers: virtual machines until their lease ends or they restart, nodes of AKS "
        "until an upgrade of their image, compute clusters until they scale to 0",
    ),
    _replaced("network.dns.mode", "the zones, or the zone groups of the endpoints", _LIBRARY, goes=(_ZONE_GROUP,)),
    *(
        _replaced(
            f"network.dns.{each}",
            "the zone groups of the endpoints: their names do not resolve meanwhile",
            "terraform-provider-azurerm#27559",
            Property(_ZONE_GROUP, "privateDnsZoneConfigs[].privateDnsZoneId"),
        )
        for each in ("resource_group_id", "zone_ids{}")
    ),
    *(
        _refused(
            f"network.dns.{each}",
            SET_BACK,
            "azurerm: private_dns_zone_id of a cluster",
            *(
                Property(_CLUSTER, path)
                for path in ("apiServerAccessProfile.privateDNSZone", "dnsPrefix", "fqdnSubdomain")
            ),
            when="with an own cluster, if its zone changes",
        )
        for each in ("mode", "resource_group_id", "zone_ids{}")
    ),
    *_in_place("network.public_access.ip_ranges[]"),
    *_nothing("network.public_access.reason", "reviewers read it"),
)

_WORKSPACES: tuple[Change, ...] = (
    _refused(
        "workspace.high_business_impact",
        SET_BACK,
        "azurerm: high_business_impact; 'Workspaces - Create Or Update'",
        Property(_WORKSPACE, "hbiWorkspace"),
    ),
    _refused(
        "workspace.key_vault_id",
        SET_BACK,
        "docstring of pulumi_azure_native 3.29.0: cannot be changed",
        Property(_WORKSPACE, "keyVault"),
    ),
    _refused(
        "workspace.storage_account_id",
        SET_BACK,
        "docstring of pulumi_azure_native 3.29.0: cannot be changed",
        Property(_WORKSPACE, "storageAccount"),
    ),
    *(
        _refused(
            setting,
            way,
            "'Workspace managed virtual network isolation', limitations",
            Property(_WORKSPACE, "managedNetwork.isolationMode"),
            when=when,
        )
        for setting, when, way in (
            (
                "workspace.network_mode",
                "from own to managed",
                (
                    "Delete every compute, run `az ml workspace update --managed-network` and then `pulumi refresh`. "
                    "Or set it back, or make a new environment and move the work"
                ),
            ),
            (
                "workspace.network_mode",
                "from managed to own",
                "Azure cannot remove a managed network: set it back, or make a new environment and move the work",
            ),
            (
                "workspace.managed_network.isolation",
                "to AllowOnlyApprovedOutbound",
                (
                    "Run `az ml workspace update --managed-network allow_only_approved_outbound` and then `pulumi "
                    "refresh`. Or set it back, or make a new environment and move the work"
                ),
            ),
            (
                "workspace.managed_network.isolation",
                "to AllowInternetOutbound",
                (
                    "Azure cannot loosen it to AllowInternetOutbound: set it back, or make a new environment and move "
                    "the work"
                ),
            ),
        )
    ),
    Change(
        setting="workspace.container_registry_id",
        outcome=Outcome.REFUSED,
        what="the own registry would go with its images",
        way="First deploy with workspace.discard_registry_reason alone, and then with container_registry_id alone",
        judge=Judge.PROTECTION,
        goes=(_REGISTRY,),
        source=_LIBRARY,
    ),
    *_nothing("workspace.discard_registry_reason", "protection and lock of the own registry go"),
    _replaced("workspace.application_insights_id", "the own one goes", _LIBRARY, goes=(_INSIGHTS,)),
    *_in_place("""
        workspace.container_registry_sku
        workspace.image_build_compute
        workspace.serverless_subnet_id
        workspace.managed_network.provision_now
        workspace.managed_network.fqdns[].fqdn
        workspace.managed_network.fqdns[].name
        workspace.managed_network.private_endpoints[].group_id
        workspace.managed_network.private_endpoints[].name
        workspace.managed_network.private_endpoints[].resource_id
        workspace.managed_network.service_tags[].name
        workspace.managed_network.service_tags[].port_ranges
        workspace.managed_network.service_tags[].protocol
        workspace.managed_network.service_tags[].service_tag
    """),
)


def _cluster_settings(part: str) -> tuple[Change, ...]:
    return (
        *_in_place(f"""
            {part}.idle_seconds
            {part}.max_nodes
            {part}.min_nodes
        """),
        _renamed(f"{part}.name", "the cluster: its jobs end", _COMPUTE),
        *(
            _replaced(
                f"{part}.{setting}",
                "the cluster: its jobs end",
                _COMPUTES,
                Property(_COMPUTE, f"properties.properties.{path}"),
            )
            for setting, path in (("priority", "vmPriority"), ("vm_size", "vmSize"))
        ),
        *_nothing(f"{part}.unlisted_size_reason", "only checks read it"),
    )


_COMPUTES_AND_DATA: tuple[Change, ...] = (
    *_cluster_settings("workspace.clusters[]"),
    _renamed("workspace.instances[].name", "the machine goes with the files on it", _COMPUTE),
    *(
        _replaced(
            f"workspace.instances[].{setting}",
            "the machine goes with the files on it",
            _INSTANCES,
            Property(_COMPUTE, f"properties.properties.{path}"),
            assumed=assumed,
        )
        for setting, path, assumed in (
            ("assigned_user", "personalComputeInstanceSettings", False),
            ("idle_shutdown_minutes", "idleTimeBeforeShutdown", True),
            ("schedule.days[]", "schedules", True),
            ("schedule.start", "schedules", True),
            ("schedule.stop", "schedules", True),
            ("schedule.time_zone", "schedules", True),
            ("setup_script.arguments", "setupScripts", True),
            ("setup_script.text", "setupScripts", True),
            ("setup_script.timeout_minutes", "setupScripts", True),
            ("vm_size", "vmSize", False),
        )
    ),
    *_in_place("workspace.vm_family_quotas{}", what="a family that is taken out gets back what the subscription has"),
    *_in_place("workspace.instances[].stopped", what="each update stops it; its files stay"),
    *_nothing("workspace.instances[].unlisted_size_reason", "only checks read it"),
    _replaced(
        "workspace.datastores[].access",
        "the role of the computes on the container: jobs that run may lose access for some minutes",
        "no source for the role; the error read names tenant, application, principal and scope only",
        Property(_ROLE, "roleDefinitionId"),
        assumed=True,
    ),
    _renamed("workspace.datastores[].name", "the datastore; the data stays", _DATASTORE),
    *(
        _refused(
            f"workspace.datastores[].{setting}",
            way,
            "azurerm names the container of blob and Data Lake stores, but also tags, as it has no update",
            *(Property(_DATASTORE, f"properties.{each}") for each in paths),
            assumed=True,
        )
        for setting, way, paths in (
            ("container", SET_BACK, ("containerName", "filesystem")),
            ("storage_account_id", SET_BACK, ("accountName",)),
            (
                "as_blobs",
                "Set it back, and add a datastore with another name on the same container",
                ("datastoreType",),
            ),
            (
                "hierarchical",
                "Set it back, and add a datastore with another name on the same container",
                ("datastoreType",),
            ),
        )
    ),
    *(
        _replaced(
            f"workspace.datastores[].folders[].{each}",
            "the template of the data asset; a new version is made, and the old one stays",
            _LIBRARY,
            _id(_TEMPLATE, "deploymentName"),
        )
        for each in ("generation", "path")
    ),
    _renamed(
        "workspace.datastores[].folders[].name",
        "the template of the data asset; the asset with the old name stays",
        _TEMPLATE,
    ),
)

_ANEW = "Set it back, or take the endpoints out, run `pulumi up`, and add them again: releases deploy anew"
_ANOTHER_MODEL = (
    "Set it back, or give it another name on the other target: callers move to that one before the former one goes"
)
_ON_ANOTHER = "the deployments on the endpoints would go"

_INFERENCE: tuple[Change, ...] = (
    _first(
        "inference.target",
        "Set it back. For another target beside it, name both in inference.targets, in place of target; for another "
        "one in its place, move the callers then, and take the former one out of inference.targets",
        _LIBRARY,
        goes=(_WEB_APP,),
        what="everything of the former target would go, and names of the two would collide",
    ),
    *_in_place("inference.targets[]", what="what the other targets have stays as it is"),
    _first(
        "inference.endpoints[].target",
        _ANOTHER_MODEL,
        "assumed: PATCH has tags and identity only; the spec does not mark it",
        Property(_ENDPOINT, "properties.compute"),
        assumed=True,
    ),
    *_in_place("inference.endpoints[].description"),
    _renamed("inference.endpoints[].name", "the endpoint goes with its deployments; another one is made", _ENDPOINT),
)

_APPS: tuple[Change, ...] = (
    *_in_place("""
        inference.app_service.instances
        inference.app_service.sku
        inference.app_service.apps[].environment_variables{}
        inference.app_service.apps[].health_check_path
        inference.app_service.apps[].port
        inference.app_service.apps[].sign_in.audiences[]
        inference.app_service.apps[].sign_in.callers[]
        inference.app_service.apps[].sign_in.client_id
        inference.app_service.apps[].start_seconds
        inference.container_app.max_nodes
        inference.container_app.min_nodes
        inference.container_app.apps[].concurrent_requests
        inference.container_app.apps[].cpu
        inference.container_app.apps[].environment_variables{}
        inference.container_app.apps[].health_check_path
        inference.container_app.apps[].max_replicas
        inference.container_app.apps[].memory_gib
        inference.container_app.apps[].min_replicas
        inference.container_app.apps[].port
        inference.container_app.apps[].sign_in.audiences[]
        inference.container_app.apps[].sign_in.callers[]
        inference.container_app.apps[].sign_in.client_id
    """),
    *_in_place(
        "inference.container_app.workload_profile",
        what="no source says whether Azure removes a profile that an app still uses",
        assumed=True,
    ),
    *_in_place(
        "inference.app_service.apps[].open_reason",
        what="with it, anybody in the network may call: the check of tokens goes",
        goes=(
            f"{_NATIVE}web:WebAppAuthSettingsV2WithoutSecrets",
            f"{_NATIVE}web:WebAppAuthSettingsV2WithoutSecretsSlot",
        ),
    ),
    *_in_place(
        "inference.container_app.apps[].open_reason",
        what="with it, anybody in the network may call: the check of tokens goes",
        goes=(f"{_NATIVE}app:ContainerAppsAuthConfig",),
    ),
    *_nothing(
        """
        inference.app_service.apps[].image
        inference.container_app.apps[].image
        """,
        "a new app starts with it; releases change the image of one that exists",
    ),
    *(
        _replaced(
            f"inference.{each}.registry_id",
            "the role on the registry: an app that starts meanwhile cannot pull its image",
            _CREATED,
            _id(_ROLE, "scope"),
        )
        for each in ("app_service", "container_app")
    ),
    *(
        _first(
            f"inference.{target}.apps[].name",
            _ANOTHER_MODEL,
            _LIBRARY,
            goes=(type_,),
            when="the name of an app of another target",
            what="the identities of the two have one name in Azure, and the new one comes before the former one goes",
        )
        for target, type_ in (("app_service", _CONTAINER_APP), ("container_app", _WEB_APP))
    ),
    _renamed(
        "inference.app_service.apps[].name",
        "the app goes with the image that a release set; another one is made",
        _WEB_APP,
    ),
    _renamed(
        "inference.container_app.apps[].name", "the app goes with its revisions; another one is made", _CONTAINER_APP
    ),
)

_NODES: tuple[tuple[str, str], ...] = (
    ("max_pods", "maxPods"),
    ("os_disk", "osDiskType"),
    ("os_disk_gib", "osDiskSizeGB"),
    ("unencrypted_host_reason", "enableEncryptionAtHost"),
    ("vm_size", "vmSize"),
    ("zones[]", "availabilityZones"),
)
"""Setting of a pool → its property, for those that AKS cannot change."""

_POOL = "the pool: what runs on it starts again on the new nodes"


def _pool_settings(part: str) -> tuple[Change, ...]:
    return (
        *_in_place(f"""
            {part}.max_nodes
            {part}.min_nodes
        """),
        *_nothing(f"{part}.no_zones_reason", "reviewers read it"),
        *(_replaced(f"{part}.{setting}", _POOL, _POOLS, Property(_AGENT_POOL, path)) for setting, path in _NODES),
    )


_AKS: tuple[Change, ...] = (
    _first(
        "inference.aks.cluster_id",
        _ANEW,
        _CREATED,
        _id(_NAMESPACE, "resourceName"),
        when="with endpoints",
        what=_ON_ANOTHER,
    ),
    _replaced(
        "inference.aks.cluster_id",
        "the own cluster goes with what runs on it; in prod, protection refuses it",
        _LIBRARY,
        goes=(_CLUSTER,),
    ),
    _first(
        "inference.aks.compute_name",
        _ANEW,
        _CREATED,
        _id(_COMPUTE, "computeName"),
        when="with endpoints",
        what=_ON_ANOTHER,
    ),
    _replaced("inference.aks.compute_name", "the attachment to the workspace", _CREATED, _id(_COMPUTE, "computeName")),
    _first(
        "inference.aks.namespace",
        _ANEW,
        _CREATED,
        _id(_NAMESPACE, "managedNamespaceName"),
        when="with endpoints",
        what=_ON_ANOTHER,
    ),
    _replaced(
        "inference.aks.namespace",
        "the namespace with what runs in it, and the attachment",
        _CREATED,
        _id(_NAMESPACE, "managedNamespaceName"),
        Property(_COMPUTE, "properties.properties.namespace"),
        assumed=True,
    ),
    _refused(
        "inference.aks.egress",
        "Set it back, or run `az aks update --outbound-type TYPE` and then `pulumi up`",
        "pulumi-azure-native gen/replacement.go: forceNewMap, PR #4771",
        Property(_CLUSTER, "networkProfile.outboundType"),
    ),
    _refused(
        "inference.aks.pod_cidr",
        SET_BACK,
        "pulumi-azure-native gen/replacement.go: forceNewMap, PR #4771",
        Property(_CLUSTER, "networkProfile.podCidr"),
    ),
    _refused(
        "inference.aks.pod_network",
        SET_BACK,
        "pulumi-azure-native gen/replacement.go: forceNewMap, PR #4771",
        Property(_CLUSTER, "networkProfile.networkDataplane"),
        Property(_CLUSTER, "networkProfile.networkPluginMode"),
        Property(_CLUSTER, "networkProfile.networkPolicy"),
    ),
    _refused(
        "inference.aks.service_cidr",
        SET_BACK,
        "pulumi-azure-native gen/replacement.go: forceNewMap, PR #4771",
        Property(_CLUSTER, "networkProfile.dnsServiceIP"),
        Property(_CLUSTER, "networkProfile.serviceCidr"),
    ),
    _refused(
        "inference.aks.shared_zone_reason",
        "A cluster keeps its zone. Give the reason if the cluster is in the adopted zone, and none if it has a zone of "
        "its own; or make a new environment and move the work",
        "azurerm: private_dns_zone_id of a cluster",
        Property(_CLUSTER, "apiServerAccessProfile.privateDNSZone"),
        goes=(_ZONE,),
    ),
    *_nothing("inference.aks.shared_cluster_reason", "reviewers and `mlplatform check` read it"),
    *_nothing(
        "inference.aks.kubernetes_version", "a new cluster is made with it; upgrade_channel decides later versions"
    ),
    *_in_place("""
        inference.aks.attach
        inference.aks.insecure_reason
        inference.aks.local_accounts_reason
        inference.aks.scheduler_config_map
        inference.aks.training
        inference.aks.upgrade_channel
        inference.aks.https.cname
        inference.aks.https.secret_name
        inference.aks.maintenance.day
        inference.aks.maintenance.hours
        inference.aks.maintenance.start_hour
        inference.aks.quota.cpu
        inference.aks.quota.memory_gib
        inference.aks.gitops.branch
        inference.aks.gitops.commit
        inference.aks.gitops.interval_seconds
        inference.aks.gitops.kustomizations[].name
        inference.aks.gitops.kustomizations[].path
        inference.aks.gitops.tag
        inference.aks.gitops.url
    """),
    *_in_place(
        "inference.aks.trusted_access",
        what="the binding goes, and the workspace's roles change",
        goes=(_ROLE, f"{_NATIVE}containerservice:TrustedAccessRoleBinding"),
    ),
    *_nothing(
        """
        inference.aks.vcpu_quota.regional
        inference.aks.vcpu_quota.series{}
        """,
        "only checks read it",
    ),
    *_in_place("""
        inference.aks.system.max_nodes
        inference.aks.system.min_nodes
    """),
    *_nothing("inference.aks.system.no_zones_reason", "reviewers read it"),
    *(
        _refused(f"inference.aks.system.{setting}", SET_BACK, _POOLS, Property(_CLUSTER, f"agentPoolProfiles[].{path}"))
        for setting, path in _NODES
    ),
    *_pool_settings("inference.aks.cpu"),
    *_pool_settings("inference.aks.pools[]"),
    _renamed("inference.aks.pools[].name", _POOL, _AGENT_POOL),
    _replaced("inference.aks.pools[].accelerator", _POOL, _POOLS, Property(_AGENT_POOL, "gpuProfile")),
    _replaced("inference.aks.pools[].mig_profile", _POOL, _POOLS, Property(_AGENT_POOL, "gpuInstanceProfile")),
    _replaced("inference.aks.pools[].spot", _POOL, _POOLS, Property(_AGENT_POOL, "scaleSetPriority")),
    *_nothing(
        """
        inference.aks.pools[].device_resource
        inference.aks.pools[].instances_per_node
        """,
        "an attached cluster keeps its instance types: change them with kubectl (docs/inference.md)",
    ),
)

_SPARK: tuple[Change, ...] = (
    *_in_place("databricks.browser_authentication"),
    _replaced(
        "databricks.compute_name",
        "the attachment, if there is a token",
        _CREATED,
        _id(_COMPUTE, "computeName"),
    ),
    _refused(
        "synapse.administrators_group_id",
        "Set it back or leave it out, and change roles with `az synapse role assignment create`",
        "no source read: the property has the word initial in its name",
        Property(_SYNAPSE, "cspWorkspaceAdminProperties"),
        assumed=True,
    ),
    _refused(
        "synapse.data_exfiltration_protection",
        SET_BACK,
        "azurerm: data_exfiltration_protection_enabled",
        Property(_SYNAPSE, "managedVirtualNetworkSettings.preventDataExfiltration"),
    ),
    *_in_place("""
        synapse.pools[].max_nodes
        synapse.pools[].min_nodes
        synapse.pools[].node_size
        synapse.pools[].pause_minutes
        synapse.pools[].spark_version
    """),
    _replaced("synapse.pools[].attach", "the attachment to the workspace goes", _LIBRARY, goes=(_COMPUTE,)),
    _renamed("synapse.pools[].name", "the pool, and its attachment", _SPARK_POOL),
)

_OTHER_FACTORY = "Set it back, or take batch out, run `pulumi up`, and add it again: the history of runs goes with it"
_OTHER_JOB = "Set it back, or add a job with another name: the endpoint goes with its deployments"

_BATCH: tuple[Change, ...] = (
    *_cluster_settings("batch.cluster"),
    *_in_place(
        "batch.compute", what="the cluster for batches alone goes, if compute takes its place", goes=(_COMPUTE,)
    ),
    _first("batch.orchestrator", _OTHER_FACTORY, _LIBRARY, goes=(_FACTORY,)),
    _first("batch.data_factory_id", _OTHER_FACTORY, _CREATED, _id(_PIPELINE, "factoryName")),
    _first("batch.jobs[].mode", _OTHER_JOB, _LIBRARY, goes=(_BATCH_ENDPOINT,)),
    _renamed(
        "batch.jobs[].name",
        "the pipelines and triggers, and the endpoint with its deployments",
        _BATCH_ENDPOINT,
        _PIPELINE,
        _TRIGGER,
    ),
    *_in_place("""
        batch.alerts.action_group_ids[]
        batch.alerts.emails[]
        batch.alerts.severity
        batch.approve_connections
        batch.integration_runtime
        batch.start_triggers
        batch.jobs[].concurrency
        batch.jobs[].deployment
        batch.jobs[].poll_seconds
        batch.jobs[].published_pipeline_id
        batch.jobs[].retry_interval_seconds
        batch.jobs[].input.folder
        batch.jobs[].input.store
        batch.jobs[].output.folder
        batch.jobs[].output.store
        batch.jobs[].blob_created.folder
        batch.jobs[].blob_created.ignore_empty
        batch.jobs[].blob_created.suffix
        batch.jobs[].schedule.at[]
        batch.jobs[].schedule.start
        batch.jobs[].schedule.time_zone
    """),
    *_in_place(
        """
        batch.jobs[].active
        batch.jobs[].expected_within_hours
        batch.jobs[].retries
        batch.jobs[].timeout_minutes
        batch.jobs[].schedule.frequency
        batch.jobs[].schedule.interval
        batch.jobs[].schedule.month_days[]
        batch.jobs[].schedule.week_days[]
        """,
        what="the alert on late runs may come or go",
        goes=(f"{_NATIVE}monitor:ScheduledQueryRule",),
    ),
    _replaced(
        "batch.jobs[].blob_created.store",
        "the trigger: blobs that come meanwhile start no run",
        "azurerm: data_factory_trigger_blob_event storage_account_id",
        Property(_TRIGGER, "properties.scope"),
    ),
)


def _of_identity(use: str) -> tuple[Change, ...]:
    """The rows of the trust of a landing's identity."""
    credential = f"{use}.federated_credentials[]"
    return (
        *_in_place(f"""
            {use}.github_ids.names_too
            {use}.github_ids.owner
            {use}.github_ids.repository
            {use}.github_repository
            {credential}.audience
        """),
        *_nothing(
            f"""
            {use}.other_owner_reason
            {credential}.other_issuer_reason
            """,
            "only checks read it",
        ),
        *(
            _first(
                f"{credential}.{each}",
                "Give the credential another name as well: the new one is made before the old one goes",
                _LIBRARY,
                goes=(_CREDENTIAL,),
            )
            for each in ("issuer", "subject")
        ),
        _replaced(
            f"{credential}.name",
            "the credential: the old one goes first",
            _CREATED,
            _id(_CREDENTIAL, "federatedIdentityCredentialResourceName"),
        ),
    )


_LANDINGS: tuple[Change, ...] = (
    *_of_identity("deploy"),
    *_of_identity("release"),
    *_nothing("rights", "what the file says counts, not its name"),
)

_UNPROTECT_SHARED = (
    "Move every environment first. Run `pulumi state unprotect URN` for what `pulumi preview` names, and then `pulumi "
    "up`"
)

_SHARED: tuple[Change, ...] = (
    *_in_place("subscriptions[]", what="policies of the former subscription go", goes=(_POLICY,)),
    *_in_place("hub.offers_gateway"),
    *_in_place("hub.spokes[]", what="the hub's side of the former peering goes", goes=(_PEERING,)),
    _replaced(
        "hub.vnet_id",
        "the hub's peerings and the links of the zones: names do not resolve for some minutes",
        _LIBRARY,
        goes=(_LINK, _PEERING),
    ),
    *_in_place(
        """
        dns.regions[]
        dns.without[]
        """,
        what="zones that are no longer wanted go with their records; in prod, protection refuses it",
        goes=(_LINK, _ZONE),
    ),
    *_in_place("dns.linked_network_ids[]", what="the links of the former network go", goes=(_LINK,)),
    Change(
        setting="model_registry.name",
        outcome=Outcome.REFUSED,
        what="the registry would go with its models",
        way=_UNPROTECT_SHARED,
        judge=Judge.PROTECTION,
        goes=(_MODEL_REGISTRY,),
        source=_CREATED,
    ),
    *_in_place("model_registry.regions[]"),
    _replaced(
        "model_registry.subnet_id",
        "the private endpoint: nobody reaches the registry for some minutes",
        "azurerm: private_endpoint subnet_id",
        Property(_PRIVATE_ENDPOINT, "subnet"),
    ),
    *_in_place(
        """
        model_registry.readers[].principal_id
        model_registry.writers[].principal_id
        """,
        what="the role of the former identity goes",
        goes=(_ROLE,),
    ),
    *_nothing(
        """
        model_registry.readers[].name
        model_registry.writers[].name
        """,
        "only people read it",
    ),
    *_in_place("load_testing.description"),
    *_in_place("policies.allowed_locations[]"),
    *_in_place(
        """
        policies.no_local_accounts
        policies.private_workspaces
        """,
        what="the policy goes",
        goes=(_POLICY,),
    ),
)

CHANGES: tuple[Change, ...] = (
    *_ENVIRONMENT_ITSELF,
    *_ACCESS,
    *_AI_SERVICES,
    *_NETWORKS,
    *_WORKSPACES,
    *_COMPUTES_AND_DATA,
    *_INFERENCE,
    *_APPS,
    *_AKS,
    *_SPARK,
    *_BATCH,
    *_LANDINGS,
    *_SHARED,
)
"""A row for each setting, and for each case that has an outcome of its own."""


def changes_of(setting: str) -> list[Change]:
    """The rows of a setting, given as its full name. Raises KeyError if it has none."""
    if found := [each for each in CHANGES if each.setting == setting]:
        return found
    raise KeyError(setting)


def way_out(setting: str, when: str = "") -> str:
    """The way out of a change that is refused, for a message. `when` is the case, if the setting has several."""
    [found] = [each.way for each in changes_of(setting) if each.outcome is Outcome.REFUSED and each.when == when]
    return found


def compared(type_: str) -> Iterator[tuple[Change, str]]:
    """The refused changes that a component compares with what Azure has of a resource type, and their properties."""
    for row in CHANGES:
        if row.outcome is Outcome.REFUSED and row.judge is Judge.DEPLOYED:
            yield from ((row, each.path) for each in row.because if each.type == type_)


def kept(type_: str) -> list[str]:
    """The properties of a resource type whose changes the engine ignores, because a component compares them.

    A list is ignored as a whole: Azure may sort it in another way.
    """
    return sorted({path.partition("[]")[0] for _, path in compared(type_)})


def replacing(type_: str, *parts: str) -> list[str]:
    """The properties of a resource type whose changes replace it, as the engine writes paths.

    `parts` are the beginnings of the settings that count. Default: all.
    """
    rows = [each for each in CHANGES if each.outcome is Outcome.REPLACED and each.setting.startswith(parts or "")]
    return sorted(
        {
            each.path.replace("[]", "[*]")
            for row in rows
            for each in row.because
            if each.type == type_ and not each.identifies
        }
    )
