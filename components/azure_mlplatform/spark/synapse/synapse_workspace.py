"""A Synapse workspace for discovery, with its own lake. Spark runs in a network that Azure manages.

The component does not manage the content of the workspace: notebooks, pipelines, linked services, managed private
endpoints, and roles of Synapse RBAC, which ARM does not know. It makes no dedicated SQL pool, and no Studio hub because
one hub serves all workspaces.
"""

from collections.abc import Iterator, Mapping
from ipaddress import IPv4Network
from typing import Any, Optional

import pulumi
import pulumi_azure_native as native

from ...catalogue.changes import kept, way_out
from ...catalogue.private_link import PrivateService
from ...foundation.built_in_roles import PrincipalType, Role
from ...foundation.model import check
from ...foundation.naming import Kind
from ...foundation.violations import Violation, prefixed
from ...parts.arguments import LEFT_OUT, ArgsOrDict, In, ModelOrDict
from ...parts.authorization import assign_role, refuse_individuals, system_assigned
from ...parts.component import Component, child, without_none
from ...parts.diagnostics import send_diagnostics
from ...parts.encryption import EncryptionKey
from ...parts.outputs import gated_by, immutable_violations, known_value_of
from ...parts.placement import NetworkedArgs
from ...parts.private_endpoint import private_endpoints
from ...parts.storage import storage_account
from ...workspace.attached_compute import attached_compute
from ...workspace.reference import WorkspaceReference
from .reference import SynapseReference
from .settings import SparkPoolSettings, SynapseSettings

FILE_SYSTEM = "workspace"
"""The lake's container for the tables, logs and files of the workspace."""


class SynapseWorkspaceArgs(NetworkedArgs):
    """The arguments of a SynapseWorkspace."""

    settings: ModelOrDict[SynapseSettings]
    """The settings of the workspace and its Spark pools."""

    workspace: ModelOrDict[Optional[WorkspaceReference]] = LEFT_OUT
    """The machine-learning workspace for the pools, in the same resource group. Default: none."""

    @check
    def _pools_can_be_attached(self) -> Iterator[Violation]:
        if self.workspace is not None:
            yield from prefixed(("settings",), self.settings.attach_violations())


class SynapseWorkspace(Component):
    """A Synapse workspace without passwords, with its lake and its Spark pools."""

    name: pulumi.Output[str]
    """The workspace's name."""

    resource_id: pulumi.Output[str]
    """The workspace's id."""

    principal_id: pulumi.Output[str]
    """The principal id of the workspace's identity. Grant it access to data and to services that pipelines call."""

    lake_id: pulumi.Output[str]
    """The id of the lake, a storage account."""

    development_endpoint: pulumi.Output[str]
    """The address that receives notebooks, jobs and pipelines."""

    spark_pools: pulumi.Output[list[str]]
    """The names of the Spark pools. An attached pool is a compute with the same name in the machine-learning
    workspace."""

    def __init__(
        self, name: str, args: ArgsOrDict[SynapseWorkspaceArgs], opts: Optional[pulumi.ResourceOptions] = None
    ) -> None:
        args = SynapseWorkspaceArgs.model_validate(args)
        super().__init__(name, args, opts)
        lake, self._container = self._lake()
        workspace = self._workspace(args, lake)
        self._workspace_name = self._unless_immutable_changed(args, workspace)
        principal_id: pulumi.Output[Any] = workspace.identity.apply(lambda each: each.principal_id if each else None)
        self._let_write("lake", principal_id)
        self._let_in(workspace)
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
        """Lets a group read and write the workspace's files (Storage Blob Data Contributor). Spark sessions do not
        start without this role. Rights in Synapse itself come from a role of Synapse RBAC.

        Raises RefusedError in an environment where no individual has access.
        """
        refuse_individuals(self.placement, "Do the work in pipelines, which sign in with their own identity")
        self._let_write(f"lake-{group_id}", group_id, PrincipalType.GROUP)

    @property
    def exports(self) -> Mapping[str, "pulumi.Output[Any]"]:
        """The outputs that a stack exports for this component."""
        return {
            "synapse_workspace_id": self.resource_id,
            "synapse_workspace_name": self.name,
            "synapse_development_endpoint": self.development_endpoint,
            "synapse_principal_id": self.principal_id,
            "synapse_lake_id": self.lake_id,
            "spark_pools": self.spark_pools,
        }

    def reference(self) -> SynapseReference:
        """The reference that BatchScoring takes as `synapse`."""
        return SynapseReference(resource_id=self.resource_id, principal_id=self.principal_id)

    def _lake(self) -> "tuple[native.storage.StorageAccount, native.storage.BlobContainer]":
        """Makes the lake and the workspace's container in it."""
        made = storage_account(self, "lake", lake=True, container=FILE_SYSTEM)
        assert made.container is not None  # noqa: S101 - it was asked for
        return made.account, made.container

    def _workspace(
        self, args: SynapseWorkspaceArgs, lake: "native.storage.StorageAccount"
    ) -> "native.synapse.Workspace":
        settings, key = args.settings, self.placement.encryption
        account = known_value_of(lake, self.placement.name_of(Kind.LAKE))
        protected = settings.data_exfiltration_protection
        administrators = without_none(initial_workspace_admin_object_id=settings.administrators_group_id)
        return native.synapse.Workspace(
            self.logical_name("workspace"),
            workspace_name=self.placement.name_of(Kind.SYNAPSE_WORKSPACE),
            resource_group_name=self.placement.resource_group_name,
            location=self.placement.location,
            # The workspace needs its own identity. The other identity may read the customer's key.
            identity=system_assigned(*([key.identity_id] if key else [])),
            default_data_lake_storage={
                "account_url": pulumi.Output.concat("https://", account, ".dfs.core.windows.net"),
                "filesystem": known_value_of(self._container, FILE_SYSTEM),
                "resource_id": lake.id,
                # The lake's firewall admits Spark only through a private endpoint, which the lake's owner approves.
                "create_managed_private_endpoint": protected or self.placement.default_action == "Deny",
            },
            managed_virtual_network="default",
            managed_virtual_network_settings=without_none(
                prevent_data_exfiltration=protected,
                allowed_aad_tenant_ids_for_linking=[self.placement.tenant_id] if protected else None,
            ),
            # SQL accepts only Entra sign-in: no logins, no passwords.
            azure_ad_only_authentication=True,
            csp_workspace_admin_properties=administrators or None,
            encryption=_synapse_encryption(key),
            public_network_access=self.placement.public_network_access,
            # Callers of Synapse use a private endpoint.
            trusted_service_bypass_enabled=False,
            tags=self.placement.tags,
            opts=child(
                self,
                protect=self.placement.protected,
                # Azure cannot change the lake either (azurerm: synapse_workspace), and no setting names it.
                ignore_changes=[*kept("azure-native:synapse:Workspace"), "defaultDataLakeStorage"],
            ),
        )

    def _unless_immutable_changed(
        self, args: SynapseWorkspaceArgs, workspace: "native.synapse.Workspace"
    ) -> "pulumi.Output[str]":
        """The workspace's name, or an error if the settings change an immutable property of the deployed workspace."""
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
            fix = way_out("synapse.administrators_group_id")
            violations.append(immutable_violations(at, first, settings.administrators_group_id, fix))
        return gated_by(violations, known_value_of(workspace, self.placement.name_of(Kind.SYNAPSE_WORKSPACE)))

    def _let_in(self, workspace: "native.synapse.Workspace") -> None:
        """Adds diagnostics, private endpoints, and firewall rules for other addresses that may call the workspace. Adds
        no lock, because a lock would prevent the deletion of pools."""
        send_diagnostics(self, "", workspace.id)
        private_endpoints(self, "", workspace.id, PrivateService.SYNAPSE, part="synapse")
        open_to = self.placement.allowed_ip_ranges or (
            [] if self.placement.private_network is not None else ["0.0.0.0/0"]
        )
        for each in map(IPv4Network, open_to):
            label = "all" if each.prefixlen == 0 else str(each).replace(".", "-").replace("/", "-")
            native.synapse.IpFirewallRule(
                self.logical_name(f"firewall-{label}"),
                rule_name=f"allow-{label}",
                workspace_name=self._workspace_name,
                resource_group_name=self.placement.resource_group_name,
                start_ip_address=str(each[0]),
                end_ip_address=str(each[-1]),
                opts=child(self),
            )

    def _pool(self, args: SynapseWorkspaceArgs, pool: SparkPoolSettings) -> "native.synapse.BigDataPool":
        label = f"pool-{pool.name}"
        made = native.synapse.BigDataPool(
            self.logical_name(label),
            big_data_pool_name=pool.name,
            workspace_name=self._workspace_name,
            resource_group_name=self.placement.resource_group_name,
            location=self.placement.location,
            spark_version=pool.spark_version,
            node_size=pool.node_size.value,
            node_size_family="MemoryOptimized",
            auto_scale={"enabled": True, "min_node_count": pool.min_nodes, "max_node_count": pool.max_nodes},
            auto_pause={"enabled": True, "delay_in_minutes": pool.pause_minutes},
            tags=self.placement.tags,
            # Azure reports the current number of nodes.
            opts=child(self, ignore_changes=["nodeCount"]),
        )
        send_diagnostics(self, label, made.id)
        return made

    def _attach(
        self,
        args: SynapseWorkspaceArgs,
        workspace: WorkspaceReference,
        pools: "dict[str, native.synapse.BigDataPool]",
    ) -> None:
        """Attaches pools to the machine-learning workspace as computes. Its jobs write to the lake with the identity of
        its computes. Azure ML reads a pool's properties itself."""
        attached = [each.name for each in args.settings.pools if each.attach]
        if attached:
            self._let_write("lake-computes", workspace.compute_principal_id)
        for each in attached:
            attached_compute(
                self,
                f"pool-{each}",
                workspace=workspace,
                compute_name=each,
                properties=native.machinelearningservices.SynapseSparkArgs(
                    compute_type="SynapseSpark",
                    compute_location=self.placement.location,
                    resource_id=pools[each].id,
                ),
                thing="the pool",
                replace_on_changes=["identity", "location", "properties.resourceId"],
                # Azure returns the pool's current properties, and a refresh would store them as inputs.
                ignore_changes=["properties.properties"],
            )

    def _let_write(
        self, label: str, principal_id: In[str], principal_type: PrincipalType = PrincipalType.SERVICE_PRINCIPAL
    ) -> None:
        assign_role(
            self,
            f"{label}-writer",
            Role.STORAGE_BLOB_DATA_CONTRIBUTOR,
            principal_id=principal_id,
            scope=self._container.id,
            principal_type=principal_type,
        )


def _synapse_encryption(key: Optional[EncryptionKey]) -> Any:
    """The encryption with the customer's key, if any. Its identity can already read the key, so the workspace needs no
    activation ("Encryption for Azure Synapse Analytics workspaces")."""
    if key is None:
        return None
    return {
        "cmk": {
            "key": {"name": key.key.key_name, "key_vault_url": f"{key.key.vault_uri}keys/{key.key.key_name}"},
            "kek_identity": {"user_assigned_identity": key.identity_id, "use_system_assigned_identity": False},
        }
    }
