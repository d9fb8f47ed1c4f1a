"""A Synapse workspace for discovery: Spark in a network that Azure runs for it, and a lake of its own.

It does not manage what is inside: notebooks, pipelines, linked services, managed private endpoints, and the roles of
Synapse RBAC, which ARM does not know. It has no dedicated SQL pool and no Studio hub, which is one for all workspaces.
"""

from collections.abc import Iterator
from ipaddress import IPv4Network
from typing import Any, Optional

import pulumi
import pulumi_azure_native as native

from ._component import Component, In, child, gated_by, immutable_violations, known_value_of, without_none
from .authorization import assign_role, refuse_individuals
from .catalogue.private_link import PrivateService
from .compute import AttachableWorkspace, spark_compute
from .diagnostics import send_diagnostics
from .encryption import EncryptionKey
from .foundation.model import check
from .foundation.naming import Kind
from .foundation.roles import PrincipalType, Role
from .foundation.violations import Violation, prefixed
from .network import NetworkedArgs, private_endpoints, with_endpoints_and_diagnostics
from .settings.synapse import SparkPoolSettings, SynapseSettings
from .storage import storage_account

FILE_SYSTEM = "workspace"
"""The container of the lake that the workspace keeps its tables, logs and files in."""


class SynapseWorkspaceArgs(NetworkedArgs):
    """What a SynapseWorkspace is made of."""

    settings: SynapseSettings
    """The Spark pools, and what the workspace lets out."""

    tenant_id: str
    """The Entra tenant of the workspaces, the only one that is reached with data exfiltration protection."""

    diagnostics: In[str]
    """The Log Analytics workspace, by id, that logs and metrics go to."""

    workspace: Optional[AttachableWorkspace] = None
    """The machine-learning workspace of the group that the pools are attached to. Left out, they are to none."""

    encryption: Optional[EncryptionKey] = None
    """The key that encrypts what the workspace and its lake store. Left out, Microsoft's do."""

    zone_redundant: bool = True
    """Whether the lake is spread over availability zones. Left out, it is."""

    @check
    def _pools_can_be_attached(self) -> Iterator[Violation]:
        if self.workspace is not None:
            yield from prefixed(("settings",), self.settings.attach_violations())


_IMMUTABLE = [
    "cspWorkspaceAdminProperties",
    "defaultDataLakeStorage",
    "managedVirtualNetworkSettings.preventDataExfiltration",
]
"""What a workspace keeps for its life (hashicorp/terraform-provider-azurerm replaces it for the last two)."""


class SynapseWorkspace(Component):
    """A workspace that knows no password, with its lake and its Spark pools."""

    name: pulumi.Output[str]
    """The workspace's name."""

    resource_id: pulumi.Output[str]
    """The workspace's id."""

    principal_id: pulumi.Output[str]
    """The principal of the workspace's own identity, for grants on data and on what pipelines call."""

    lake_id: pulumi.Output[str]
    """The lake, a storage account, by id."""

    development_endpoint: pulumi.Output[str]
    """The address that notebooks, jobs and pipelines are sent to."""

    spark_pools: pulumi.Output[list[str]]
    """The Spark pools, by name; an attached one is the machine-learning workspace's compute of the same name."""

    def __init__(self, name: str, args: SynapseWorkspaceArgs, opts: Optional[pulumi.ResourceOptions] = None) -> None:
        args = SynapseWorkspaceArgs.model_validate(args)
        super().__init__(name, args, opts)
        self._args = args
        lake, self._container = self._lake(args)
        workspace = self._workspace(args, lake)
        self._workspace_name = self._while_unchanged(args, workspace)
        principal_id: pulumi.Output[Any] = workspace.identity.apply(lambda each: each.principal_id if each else None)
        self._let_write("lake", principal_id)
        self._around(args, workspace)
        pools = {each.name: self._pool(args, each) for each in args.settings.pools}
        if args.workspace is not None:
            self._attach(args, args.workspace, pools)
        self._finish(
            {
                "name": self._workspace_name,
                "resource_id": workspace.id,
                "principal_id": principal_id,
                "lake_id": lake.id,
                "development_endpoint": workspace.connectivity_endpoints.apply(lambda each: each["dev"]),
                "spark_pools": [known_value_of(pool, each) for each, pool in pools.items()],
            }
        )

    def grant_data_scientist(self, group_id: str) -> None:
        """Lets a group read and write the workspace's files: Storage Blob Data Contributor, without which a session
        of Spark does not start. What it may do in Synapse itself, a role of Synapse RBAC says.

        Raises RefusedError in an environment where no individual has access.
        """
        refuse_individuals(self._args, "Do the work in pipelines, which sign in by themselves")
        self._let_write(f"lake-{group_id}", group_id, PrincipalType.GROUP)

    def _lake(self, args: SynapseWorkspaceArgs) -> "tuple[native.storage.StorageAccount, native.storage.BlobContainer]":
        """The lake, and the container in it that is the workspace's."""
        name = f"{self._name_in_program}-lake"
        storage = storage_account(
            name, zone_redundant=args.zone_redundant, encryption=args.encryption, args=args, parent=self, lake=True
        )
        shared: dict[str, Any] = {"args": args, "diagnostics": args.diagnostics, "parent": self}
        with_endpoints_and_diagnostics(name, storage.account, PrivateService.LAKE, part="lake", logs=False, **shared)
        for label, service_id in storage.services.items():
            send_diagnostics(f"{name}-{label}-diagnostics", service_id, args.diagnostics, parent=self)
        container = native.storage.BlobContainer(
            f"{name}-container",
            container_name=FILE_SYSTEM,
            account_name=known_value_of(storage.account, args.name_of(Kind.LAKE)),
            resource_group_name=args.resource_group_name,
            public_access=native.storage.PublicAccess.NONE,
            opts=child(self, protect=args.lock),
        )
        return storage.account, container

    def _workspace(
        self, args: SynapseWorkspaceArgs, lake: "native.storage.StorageAccount"
    ) -> "native.synapse.Workspace":
        settings = args.settings
        account = known_value_of(lake, args.name_of(Kind.LAKE))
        protected = settings.data_exfiltration_protection
        administrators = without_none(initial_workspace_admin_object_id=settings.administrators_group_id)
        return native.synapse.Workspace(
            f"{self._name_in_program}-workspace",
            workspace_name=args.name_of(Kind.SYNAPSE_WORKSPACE),
            resource_group_name=args.resource_group_name,
            location=args.location,
            identity=_identity(args.encryption),
            default_data_lake_storage={
                "account_url": pulumi.Output.concat("https://", account, ".dfs.core.windows.net"),
                "filesystem": known_value_of(self._container, FILE_SYSTEM),
                "resource_id": lake.id,
                # Its firewall lets Spark in by a private endpoint only, which the lake's owner approves.
                "create_managed_private_endpoint": protected or args.default_action == "Deny",
            },
            managed_virtual_network="default",
            managed_virtual_network_settings=without_none(
                prevent_data_exfiltration=protected,
                allowed_aad_tenant_ids_for_linking=[args.tenant_id] if protected else None,
            ),
            # No login and no password: SQL takes Entra sign-in alone.
            azure_ad_only_authentication=True,
            csp_workspace_admin_properties=administrators or None,
            encryption=_encryption(args.encryption),
            public_network_access=args.public_network_access,
            # What calls Synapse here has a private endpoint.
            trusted_service_bypass_enabled=False,
            tags=args.tags,
            opts=child(self, protect=args.lock, ignore_changes=_IMMUTABLE),
        )

    def _while_unchanged(
        self, args: SynapseWorkspaceArgs, workspace: "native.synapse.Workspace"
    ) -> "pulumi.Output[str]":
        """The workspace's name, unless the settings now ask for what it was not made with and cannot become."""
        settings = args.settings
        network = workspace.managed_virtual_network_settings.apply(
            lambda each: getattr(each, "prevent_data_exfiltration", None)
        )
        protection = settings.data_exfiltration_protection
        violations = [immutable_violations(("synapse", "data_exfiltration_protection"), network, protection)]
        if settings.administrators_group_id is not None:
            first = workspace.csp_workspace_admin_properties.apply(
                lambda each: getattr(each, "initial_workspace_admin_object_id", None)
            )
            at = ("synapse", "administrators_group_id")
            fix = "Set it back or leave it out, and change roles by `az synapse role assignment create`"
            violations.append(immutable_violations(at, first, settings.administrators_group_id, fix))
        return gated_by(violations, known_value_of(workspace, args.name_of(Kind.SYNAPSE_WORKSPACE)))

    def _around(self, args: SynapseWorkspaceArgs, workspace: "native.synapse.Workspace") -> None:
        """Gives the workspace its diagnostics, its endpoints, and the addresses that may call it beside them. It is
        never locked, since a lock keeps its pools from being deleted."""
        name = self._name_in_program
        send_diagnostics(f"{name}-diagnostics", workspace.id, args.diagnostics, parent=self)
        private_endpoints(name, workspace, PrivateService.SYNAPSE, part="synapse", args=args, parent=self)
        open_to = args.allowed_ip_ranges or ([] if args.private_network is not None else ["0.0.0.0/0"])
        for each in map(IPv4Network, open_to):
            label = "all" if each.prefixlen == 0 else str(each).replace(".", "-").replace("/", "-")
            native.synapse.IpFirewallRule(
                f"{name}-firewall-{label}",
                rule_name=f"allow-{label}",
                workspace_name=self._workspace_name,
                resource_group_name=args.resource_group_name,
                start_ip_address=str(each[0]),
                end_ip_address=str(each[-1]),
                opts=child(self),
            )

    def _pool(self, args: SynapseWorkspaceArgs, pool: SparkPoolSettings) -> "native.synapse.BigDataPool":
        name = f"{self._name_in_program}-pool-{pool.name}"
        made = native.synapse.BigDataPool(
            name,
            big_data_pool_name=pool.name,
            workspace_name=self._workspace_name,
            resource_group_name=args.resource_group_name,
            location=args.location,
            spark_version=pool.spark_version,
            node_size=pool.node_size.value,
            node_size_family="MemoryOptimized",
            auto_scale={"enabled": True, "min_node_count": pool.min_nodes, "max_node_count": pool.max_nodes},
            auto_pause={"enabled": True, "delay_in_minutes": pool.pause_minutes},
            tags=args.tags,
            # Azure says how many nodes there happen to be.
            opts=child(self, ignore_changes=["nodeCount"]),
        )
        send_diagnostics(f"{name}-diagnostics", made.id, args.diagnostics, parent=self)
        return made

    def _attach(
        self, args: SynapseWorkspaceArgs, workspace: AttachableWorkspace, pools: "dict[str, native.synapse.BigDataPool]"
    ) -> None:
        """Makes the pools computes of the machine-learning workspace, whose jobs write to the lake as its computes."""
        attached = [each.name for each in args.settings.pools if each.attach]
        if not attached:
            return
        self._let_write("lake-computes", workspace.compute_principal_id)
        for each in attached:
            spark_compute(
                f"{self._name_in_program}-pool-{each}",
                each,
                pool_id=pools[each].id,
                args=args,
                tenant_id=args.tenant_id,
                workspace=workspace,
                parent=self,
            )

    def _let_write(
        self, label: str, principal_id: In[str], principal_type: PrincipalType = PrincipalType.SERVICE_PRINCIPAL
    ) -> None:
        assign_role(
            f"{self._name_in_program}-{label}-writer",
            Role.STORAGE_BLOB_DATA_CONTRIBUTOR,
            principal_id=principal_id,
            principal_type=principal_type,
            scope=self._container.id,
            args=self._args,
            parent=self,
        )


def _identity(key: Optional[EncryptionKey]) -> Any:
    """The workspace's own identity, which it cannot do without, and the one that may read the customer's key."""
    if key is None:
        return {"type": "SystemAssigned"}
    return {"type": "SystemAssigned,UserAssigned", "user_assigned_identities": [key.identity_id]}


def _encryption(key: Optional[EncryptionKey]) -> Any:
    """With an identity that may read the key already, the workspace needs no activation ("Encryption for Azure Synapse
    Analytics workspaces")."""
    if key is None:
        return None
    return {
        "cmk": {
            "key": {"name": key.key.key_name, "key_vault_url": f"{key.key.vault_uri}keys/{key.key.key_name}"},
            "kek_identity": {"user_assigned_identity": key.identity_id, "use_system_assigned_identity": False},
        }
    }
