"""A Databricks workspace in the network, with an identity that reads data. Its nodes have no public addresses.

The component does not manage the content of the workspace: clusters and their policies, jobs, notebooks, groups, Unity
Catalog. docs/databricks.md has a policy to start from.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Optional

import pulumi
import pulumi_azure_native as native
from pydantic import Field

from ...catalogue.changes import kept
from ...catalogue.private_link import PrivateService
from ...foundation.model import NAMESPACE, check
from ...foundation.naming import Kind
from ...foundation.problems import Problem
from ...foundation.rules import field_rule
from ...foundation.values import arm_id, name_of
from ...foundation.violations import Path, Violation
from ...parts.arguments import LEFT_OUT, NONE_GIVEN, ArgsOrDict, In, ModelOrDict, ModelsOrDicts
from ...parts.authorization import assign_role, lock
from ...parts.component import Component, child
from ...parts.diagnostics import send_diagnostics
from ...parts.in_turn import InTurn
from ...parts.outputs import gated_by, immutable_violations, known_value_of
from ...parts.placement import NetworkedArgs
from ...parts.private_endpoint import private_endpoints
from ...workspace.attached_compute import attached_compute
from ...workspace.datastore import container_roles
from ...workspace.reference import WorkspaceReference
from ...workspace.settings.datastores import DatastoreSettings
from .settings import TOKEN_KEY, DatabricksSettings


class DatabricksWorkspaceArgs(NetworkedArgs):
    """The arguments of a DatabricksWorkspace."""

    settings: ModelOrDict[DatabricksSettings]
    """The settings of the Databricks workspace."""

    host_subnet_id: In[str]
    """The subnet of the nodes' outgoing addresses, by id, delegated to Microsoft.Databricks/workspaces."""

    container_subnet_id: In[str]
    """The subnet of the nodes' containers, by id, in the same network and with the same delegation."""

    datastores: ModelsOrDicts[DatastoreSettings] = NONE_GIVEN
    """The containers that it may read or write through its access connector. Default: none."""

    workspace: ModelOrDict[Optional[WorkspaceReference]] = LEFT_OUT
    """The machine-learning workspace for the attachment, in the same resource group. Default: none."""

    token: Optional[In[str]] = Field(default=None, repr=False)
    """A personal access token of the Databricks workspace, used to attach it. A secret.
    Default: it is not attached."""

    _subnets = field_rule(arm_id("Microsoft.Network/virtualNetworks/subnets"), "host_subnet_id", "container_subnet_id")

    @check
    def _token_attaches_to_something(self) -> Iterator[Violation]:
        if self.token is not None and self.workspace is None:
            yield Violation(
                ("token",),
                None,
                "a token is given, but no machine-learning workspace to attach Databricks to",
                "Add workspace, or leave token out",
            )


_COMPARED: dict[str, Path] = {
    "custom_virtual_network_id": ("network",),
    "custom_public_subnet_name": ("network", "subnet_ids", "databricks_host"),
    "custom_private_subnet_name": ("network", "subnet_ids", "databricks_container"),
}
"""Parameter that cannot change in Azure, by its name in the SDK → the setting."""


class DatabricksWorkspace(Component):
    """A premium Databricks workspace with its access connector. It is attached if there is a token."""

    name: pulumi.Output[str]
    """The workspace's name."""

    resource_id: pulumi.Output[str]
    """The workspace's id."""

    url: pulumi.Output[str]
    """The workspace's address, such as `https://adb-1234567890123456.7.azuredatabricks.net`."""

    access_connector_id: pulumi.Output[str]
    """The id of the access connector, for storage credentials of Unity Catalog."""

    principal_id: pulumi.Output[str]
    """The principal id of the connector's identity, for grants on data."""

    compute_id: pulumi.Output[Optional[str]]
    """The id of the compute in the machine-learning workspace. None if Databricks is not attached."""

    def __init__(
        self, name: str, args: ArgsOrDict[DatabricksWorkspaceArgs], opts: Optional[pulumi.ResourceOptions] = None
    ) -> None:
        args = DatabricksWorkspaceArgs.model_validate(args)
        super().__init__(name, args, opts)
        connector = native.databricks.AccessConnector(
            self.logical_name("connector"),
            connector_name=self.placement.name_of(Kind.DATABRICKS_ACCESS_CONNECTOR),
            resource_group_name=self.placement.resource_group_name,
            location=self.placement.location,
            identity={"type": "SystemAssigned"},
            tags=self.placement.tags,
            opts=child(self, protect=self.placement.protected),
        )
        principal_id: Any = connector.identity.apply(lambda each: each and each.principal_id)
        for label, role, scope in container_roles(args.datastores):
            assign_role(self, f"connector-{label}", role, principal_id=principal_id, scope=scope)
        workspace = self._workspace(args, connector.id)
        url = pulumi.Output.concat("https://", workspace.workspace_url)
        self._endpoints_and_lock(args, workspace)
        self._finish(
            {
                "name": gated_by(
                    self._violations(args, workspace),
                    known_value_of(workspace, self.placement.name_of(Kind.DATABRICKS_WORKSPACE)),
                ),
                "resource_id": workspace.id,
                "url": url,
                "access_connector_id": connector.id,
                "principal_id": principal_id,
                "compute_id": self._attached(args, workspace.id, url),
            }
        )

    @property
    def exports(self) -> Mapping[str, "pulumi.Output[Any]"]:
        """The outputs that a stack exports for this component."""
        return {
            "databricks_workspace_id": self.resource_id,
            "databricks_url": self.url,
            "databricks_access_connector_id": self.access_connector_id,
            "databricks_principal_id": self.principal_id,
        }

    def _workspace(self, args: DatabricksWorkspaceArgs, connector_id: In[str]) -> "native.databricks.Workspace":
        public = self.placement.private_network is None
        settings: dict[str, In[Any]] = {
            **self._network(args),
            "enable_no_public_ip": True,
            "require_infrastructure_encryption": True,
            "storage_account_name": self.placement.name_of(Kind.DATABRICKS_STORAGE),
            "storage_account_sku_name": "Standard_ZRS" if self.placement.profile.zone_redundant else "Standard_LRS",
        }
        parameters: Any = {key: {"value": value} for key, value in settings.items()}
        return native.databricks.Workspace(
            self.logical_name("workspace"),
            workspace_name=self.placement.name_of(Kind.DATABRICKS_WORKSPACE),
            resource_group_name=self.placement.resource_group_name,
            location=self.placement.location,
            # Other SKUs have no private endpoints, no firewall and no diagnostics.
            sku={"name": "premium"},
            compute_mode="Hybrid",
            managed_resource_group_id=self._managed_group_id,
            parameters=parameters,
            # The IP access list is inside Databricks. In Azure, the workspace is open to all or to none.
            public_network_access="Enabled" if public else "Disabled",
            required_nsg_rules="AllRules" if public else "NoAzureDatabricksRules",
            access_connector={"id": connector_id, "identity_type": "SystemAssigned"},
            default_storage_firewall="Disabled" if public else "Enabled",
            tags=self.placement.tags,
            opts=child(
                self,
                protect=self.placement.protected,
                # Keeps the deployed values in the outputs, for the check in _violations.
                ignore_changes=kept("azure-native:databricks:Workspace"),
            ),
        )

    @staticmethod
    def _network(args: DatabricksWorkspaceArgs) -> dict[str, In[str]]:
        """The parameters of Databricks for the network: its id, and the names of the subnets."""
        host, container = map(pulumi.Output.from_input, (args.host_subnet_id, args.container_subnet_id))
        return {
            "custom_virtual_network_id": host.apply(lambda each: each.rsplit("/subnets/", 1)[0]),
            "custom_public_subnet_name": host.apply(name_of),
            "custom_private_subnet_name": container.apply(name_of),
        }

    @property
    def _managed_group_id(self) -> str:
        """The id of the resource group that Databricks makes for its nodes and storage. Nobody else can change it."""
        group = self.placement.known_name(Kind.RESOURCE_GROUP, "dbw-nodes")
        return f"/subscriptions/{self.placement.subscription_id}/resourceGroups/{group}"

    def _violations(
        self, args: DatabricksWorkspaceArgs, workspace: "native.databricks.Workspace"
    ) -> "Iterator[pulumi.Output[list[Problem]]]":
        """The problems where the settings change an immutable property of the deployed workspace."""
        wanted = self._network(args)
        for name, setting in _COMPARED.items():
            made = workspace.parameters.apply(
                lambda each, name=name: getattr(each and getattr(each, name), "value", None)
            )
            yield immutable_violations(setting, made, wanted[name])

    def _endpoints_and_lock(self, args: DatabricksWorkspaceArgs, workspace: "native.databricks.Workspace") -> None:
        """Adds diagnostics and private endpoints, and a lock if the workspace is protected."""
        reported = send_diagnostics(self, "", workspace.id, metrics=False)
        writes = InTurn()
        endpoints = private_endpoints(
            self, "", workspace.id, PrivateService.DATABRICKS, part="databricks", writes=writes
        ).endpoints
        if args.settings.browser_authentication:
            endpoints += private_endpoints(
                self,
                "",
                workspace.id,
                PrivateService.DATABRICKS_SIGN_IN,
                part="databricks-sign-in",
                writes=writes,
            ).endpoints
        account_id = pulumi.Output.concat(
            self._managed_group_id,
            "/providers/Microsoft.Storage/storageAccounts/",
            self.placement.name_of(Kind.DATABRICKS_STORAGE),
        )
        private_endpoints(
            self,
            "storage",
            known_value_of(workspace, account_id),
            PrivateService.DATABRICKS_STORAGE,
            part="databricks-storage",
        )
        if self.placement.locked:
            lock(self, "lock", workspace, guards=[reported, *endpoints])

    def _attached(self, args: DatabricksWorkspaceArgs, workspace_id: In[str], url: In[str]) -> Optional[In[str]]:
        """Attaches Databricks if there is a token, and warns in both cases. Returns the id of the compute, or None."""
        ml, compute_name = native.machinelearningservices, args.settings.compute_name
        if args.workspace is None:
            return None
        if args.token is None:
            pulumi.log.warn(
                "databricks is not attached to the machine-learning workspace, because no token is set. Make one in "
                f"Databricks, then run `pulumi config set --secret {NAMESPACE}:{TOKEN_KEY}`",
                self,
            )
            return None
        pulumi.log.warn(
            f"databricks is attached as {compute_name} with a personal access token: the machine-learning workspace "
            "acts as the token's owner until the token expires. Only pipelines of SDK v1, whose support has ended, run "
            "there",
            self,
        )
        attached = attached_compute(
            self,
            "",
            workspace=args.workspace,
            compute_name=compute_name,
            properties=ml.DatabricksArgs(
                compute_type="Databricks",
                compute_location=self.placement.location,
                resource_id=workspace_id,
                properties=ml.DatabricksPropertiesArgs(
                    databricks_access_token=pulumi.Output.secret(args.token), workspace_url=url
                ),
            ),
            thing="Databricks",
            # It acts as the owner of the token. A new token updates the same compute.
            signs_in=False,
            replace_on_changes=["location", "properties.resourceId", "properties.properties.workspaceUrl"],
            # Azure's answer contains the token.
            secret_outputs=["properties"],
        )
        return known_value_of(attached.first_to_go, attached.compute.id)
