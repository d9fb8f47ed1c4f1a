"""Databricks: a workspace in the network whose nodes have no public address, and the identity it reads data as.

It does not manage what is inside the workspace: clusters and their policies, jobs, notebooks, groups, Unity Catalog.
docs/databricks.md has a policy to start from.
"""

from collections.abc import Iterator
from typing import Any, Optional

import pulumi
import pulumi_azure_native as native
from pydantic import Field

from ._component import Component, In, child, gated_by, immutable_violations, known_value_of
from .authorization import assign_role
from .authorization import lock as lock_resource
from .catalogue.private_link import PrivateService
from .compute import AttachableWorkspace, databricks_compute
from .datastore import container_roles
from .diagnostics import send_diagnostics
from .foundation.model import check
from .foundation.naming import Kind
from .foundation.problems import Problem
from .foundation.roles import PrincipalType
from .foundation.values import name_of
from .foundation.violations import Path, Violation
from .network import NetworkedArgs, private_endpoints
from .settings.databricks import TOKEN_KEY, DatabricksSettings
from .settings.datastores import DatastoreSettings
from .settings.files import NAMESPACE


class DatabricksWorkspaceArgs(NetworkedArgs):
    """What a DatabricksWorkspace is made of."""

    settings: DatabricksSettings
    """Its name as a compute, and whether it has the region's endpoint for sign-in."""

    tenant_id: str
    """The Entra tenant of the machine-learning workspace that it is attached to."""

    diagnostics: In[str]
    """The Log Analytics workspace, by id, that logs go to."""

    host_subnet_id: In[str]
    """The subnet of the addresses that nodes call out with, given to Microsoft.Databricks/workspaces."""

    container_subnet_id: In[str]
    """The subnet of the nodes' containers, given to the same and in the same network."""

    datastores: list[DatastoreSettings] = Field(default_factory=list)
    """Containers that it may read, or write, through its access connector. Left out, there are none."""

    workspace: Optional[AttachableWorkspace] = None
    """The machine-learning workspace of the group that it may be attached to. Left out, there is none."""

    token: Optional[In[str]] = Field(default=None, repr=False)
    """A personal access token of the workspace, with which it is attached. A secret. Left out, it is not attached."""

    zone_redundant: bool = True
    """Whether its own storage is spread over availability zones. Left out, it is."""

    @check
    def _token_attaches_to_something(self) -> Iterator[Violation]:
        if self.token is not None and self.workspace is None:
            yield Violation(
                ("token",),
                None,
                "a token is given, and no machine-learning workspace to attach Databricks to",
                "Give workspace, or leave the token out",
            )


_IMMUTABLE: dict[str, tuple[str, Path]] = {
    "customVirtualNetworkId": ("custom_virtual_network_id", ("network",)),
    "customPublicSubnetName": ("custom_public_subnet_name", ("network", "subnet_ids", "databricks_host")),
    "customPrivateSubnetName": ("custom_private_subnet_name", ("network", "subnet_ids", "databricks_container")),
}
"""What a workspace keeps for its life, and another setting could ask for: "you can't replace the VNet" ("Deploy Azure
Databricks in your Azure virtual network")."""


class DatabricksWorkspace(Component):
    """A premium workspace, its access connector, and its attachment where there is a token."""

    name: pulumi.Output[str]
    """The workspace's name."""

    resource_id: pulumi.Output[str]
    """The workspace's id."""

    url: pulumi.Output[str]
    """Its address, such as `https://adb-1234567890123456.7.azuredatabricks.net`."""

    access_connector_id: pulumi.Output[str]
    """The access connector, by id, which storage credentials of Unity Catalog name."""

    principal_id: pulumi.Output[str]
    """The principal of the connector's identity, for grants on data."""

    compute_id: pulumi.Output[Optional[str]]
    """The compute of the machine-learning workspace, by id; None where it is not attached."""

    def __init__(self, name: str, args: DatabricksWorkspaceArgs, opts: Optional[pulumi.ResourceOptions] = None) -> None:
        args = DatabricksWorkspaceArgs.model_validate(args)
        super().__init__(name, args, opts)
        connector = native.databricks.AccessConnector(
            f"{name}-connector",
            connector_name=args.name_of(Kind.DATABRICKS_ACCESS_CONNECTOR),
            resource_group_name=args.resource_group_name,
            location=args.location,
            identity={"type": "SystemAssigned"},
            tags=args.tags,
            opts=child(self, protect=args.lock),
        )
        principal_id: Any = connector.identity.apply(lambda each: each and each.principal_id)
        for label, role, scope in container_roles(args.datastores):
            assign_role(
                f"{name}-connector-{label}",
                role,
                principal_id=principal_id,
                principal_type=PrincipalType.SERVICE_PRINCIPAL,
                scope=scope,
                args=args,
                parent=self,
            )
        workspace = self._workspace(args, connector.id)
        url = pulumi.Output.concat("https://", workspace.workspace_url)
        self._around(args, workspace)
        self._finish(
            {
                "name": gated_by(
                    self._violations(args, workspace),
                    known_value_of(workspace, args.name_of(Kind.DATABRICKS_WORKSPACE)),
                ),
                "resource_id": workspace.id,
                "url": url,
                "access_connector_id": connector.id,
                "principal_id": principal_id,
                "compute_id": self._attached(args, workspace.id, url),
            }
        )

    def _workspace(self, args: DatabricksWorkspaceArgs, connector_id: In[str]) -> "native.databricks.Workspace":
        public = args.private_network is None
        settings: dict[str, In[Any]] = {
            **self._network(args),
            "enable_no_public_ip": True,
            "require_infrastructure_encryption": True,
            "storage_account_name": args.name_of(Kind.DATABRICKS_STORAGE),
            "storage_account_sku_name": "Standard_ZRS" if args.zone_redundant else "Standard_LRS",
        }
        parameters: Any = {key: {"value": value} for key, value in settings.items()}
        return native.databricks.Workspace(
            f"{self._name_in_program}-workspace",
            workspace_name=args.name_of(Kind.DATABRICKS_WORKSPACE),
            resource_group_name=args.resource_group_name,
            location=args.location,
            # The others take no private endpoints, no firewall and no diagnostics.
            sku={"name": "premium"},
            compute_mode="Hybrid",
            managed_resource_group_id=self._managed_group_id(args),
            parameters=parameters,
            # Its firewall is inside it, so that to Azure it is open to all or to none.
            public_network_access="Enabled" if public else "Disabled",
            required_nsg_rules="AllRules" if public else "NoAzureDatabricksRules",
            access_connector={"id": connector_id, "identity_type": "SystemAssigned"},
            default_storage_firewall="Disabled" if public else "Enabled",
            tags=args.tags,
            opts=child(
                self,
                protect=args.lock,
                # So that the answer is what the workspace was made with; see _violations.
                ignore_changes=[f"parameters.{each}" for each in _IMMUTABLE],
            ),
        )

    @staticmethod
    def _network(args: DatabricksWorkspaceArgs) -> dict[str, In[str]]:
        """The network by its id and the subnets by their names, as Databricks takes them."""
        host, container = map(pulumi.Output.from_input, (args.host_subnet_id, args.container_subnet_id))
        return {
            "custom_virtual_network_id": host.apply(lambda each: each.rsplit("/subnets/", 1)[0]),
            "custom_public_subnet_name": host.apply(name_of),
            "custom_private_subnet_name": container.apply(name_of),
        }

    @staticmethod
    def _managed_group_id(args: DatabricksWorkspaceArgs) -> str:
        """The group that Databricks makes for its nodes and its storage, and lets nobody change."""
        return f"/subscriptions/{args.subscription_id}/resourceGroups/{args.name_of(Kind.RESOURCE_GROUP, 'dbw-nodes')}"

    def _violations(
        self, args: DatabricksWorkspaceArgs, workspace: "native.databricks.Workspace"
    ) -> "Iterator[pulumi.Output[list[Problem]]]":
        """What the settings now ask for, and the workspace was not made with and cannot become."""
        wanted = self._network(args)
        for name, setting in _IMMUTABLE.values():
            made = workspace.parameters.apply(
                lambda each, name=name: getattr(each and getattr(each, name), "value", None)
            )
            yield immutable_violations(setting, made, wanted[name])

    def _around(self, args: DatabricksWorkspaceArgs, workspace: "native.databricks.Workspace") -> None:
        """Gives the workspace its diagnostics and its endpoints, and a lock where it is protected."""
        name = self._name_in_program
        shared: dict[str, Any] = {"args": args, "parent": self}
        reported = send_diagnostics(f"{name}-diagnostics", workspace.id, args.diagnostics, parent=self, metrics=False)
        endpoints = private_endpoints(name, workspace, PrivateService.DATABRICKS, part="databricks", **shared).endpoints
        if args.settings.browser_authentication:
            endpoints += private_endpoints(
                name,
                workspace,
                PrivateService.DATABRICKS_SIGN_IN,
                part="databricks-sign-in",
                # Databricks takes one endpoint of a workspace at a time.
                depends_on=[*endpoints],
                **shared,
            ).endpoints
        account_id = pulumi.Output.concat(
            self._managed_group_id(args),
            "/providers/Microsoft.Storage/storageAccounts/",
            args.name_of(Kind.DATABRICKS_STORAGE),
        )
        private_endpoints(
            f"{name}-storage",
            known_value_of(workspace, account_id),
            PrivateService.DATABRICKS_STORAGE,
            part="databricks-storage",
            **shared,
        )
        if args.lock:
            lock_resource(f"{name}-lock", workspace, parent=self, guards=[reported, *endpoints])

    def _attached(self, args: DatabricksWorkspaceArgs, workspace_id: In[str], url: In[str]) -> Optional[In[str]]:
        """Attaches it where there is a token, and says in the preview whether there is one."""
        name, compute_name = self._name_in_program, args.settings.compute_name
        if args.workspace is None:
            return None
        if args.token is None:
            pulumi.log.warn(
                "databricks is not attached to the machine-learning workspace, since no token is set. Make one in "
                f"Databricks, then `pulumi config set --secret {NAMESPACE}:{TOKEN_KEY}`",
                self,
            )
            return None
        pulumi.log.warn(
            f"databricks is attached as {compute_name} with a personal access token: the machine-learning workspace "
            "acts as whoever made it, until it ends. Only pipelines of SDK v1, whose support has ended, run there",
            self,
        )
        attached = databricks_compute(
            name,
            compute_name,
            workspace_id=workspace_id,
            url=url,
            token=args.token,
            args=args,
            tenant_id=args.tenant_id,
            workspace=args.workspace,
            parent=self,
        )
        return known_value_of(attached.first_to_go, attached.compute.id)
