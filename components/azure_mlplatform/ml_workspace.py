"""The machine-learning workspace of an environment, with what it needs and its compute clusters.

It does not manage what is inside a workspace: jobs, models, environments, notebooks. Adopted parts keep
their own network rules, diagnostics and locks; only the roles on them are given.
"""

from typing import Any, Optional

import pulumi
import pulumi_azure_native as native
from pydantic import Field

from ._component import Component, In, PlacedArgs, child, given, known_after
from .authorization import assign_role, user_assigned_identity
from .authorization import lock as lock_resource
from .container_registry import container_registry
from .diagnostics import send_diagnostics
from .key_vault import key_vault
from .naming import Kind
from .network import PrivateNetwork, private_endpoints
from .roles import PrincipalType, Role
from .settings.private_link import PrivateService
from .settings.workspace import ClusterSettings, NetworkMode, WorkspaceSettings
from .storage import storage_account


class MLWorkspaceArgs(PlacedArgs):
    """What an MLWorkspace is made of."""

    settings: WorkspaceSettings
    """The network mode, the parts and the clusters."""

    tenant_id: str
    """The Entra tenant of the vault."""

    diagnostics: In[str]
    """The Log Analytics workspace, by id, that logs and metrics go to and Application Insights stands on."""

    private_network: Optional[PrivateNetwork] = None
    """Where private endpoints go. Left out, there are none and everything has a public address."""

    training_subnet_id: Optional[In[str]] = None
    """Where computes go, with `network_mode: own`."""

    allowed_ip_ranges: list[str] = Field(default_factory=list)
    """Public addresses that may connect beside the private endpoints. Left out, none may."""

    zone_redundant: bool = True
    """Whether storage and registry are spread over availability zones. Left out, they are."""

    vault_retention_days: int = Field(default=90, ge=7, le=90)
    """For how long deleted secrets can be brought back. Left out: 90 days."""

    lock: bool = False
    """Whether workspace, vault, storage and registry are protected, and the last three locked. Left out, not."""


class _Parts:
    """The ids of what a workspace stands on: those that are adopted, until the others are made."""

    def __init__(self, settings: WorkspaceSettings) -> None:
        self.key_vault: Any = settings.key_vault_id
        self.storage: Any = settings.storage_account_id
        self.registry: Any = settings.container_registry_id
        self.insights: Any = settings.application_insights_id


_IDENTITY_ROLES: dict[str, tuple[Role, ...]] = {
    "key_vault": (Role.CONTRIBUTOR, Role.KEY_VAULT_ADMINISTRATOR),
    "storage": (
        Role.CONTRIBUTOR,
        Role.STORAGE_BLOB_DATA_CONTRIBUTOR,
        Role.STORAGE_FILE_DATA_PRIVILEGED_CONTRIBUTOR,
    ),
    "registry": (Role.CONTRIBUTOR,),
    "insights": (Role.CONTRIBUTOR,),
}
"""What a workspace's user-assigned identity needs on each part ("Set up authentication between Azure Machine
Learning and other services")."""

_MANAGED_NETWORK_ROLES: dict[str, tuple[Role, ...]] = dict.fromkeys(
    ("key_vault", "storage", "registry"), (Role.NETWORK_CONNECTION_APPROVER,)
)
"""What the same identity needs to reach its parts from a managed network ("Workspace managed virtual network
isolation")."""

_COMPUTE_ROLES: dict[str, tuple[Role, ...]] = {
    "storage": (Role.STORAGE_BLOB_DATA_CONTRIBUTOR,),
    "registry": (Role.ACR_PULL,),
}
"""What the clusters' identity needs on each part to run a job."""


class MLWorkspace(Component):
    """A workspace that a team can work in, without a key anywhere."""

    name: pulumi.Output[str]
    """The workspace's name."""

    resource_id: pulumi.Output[str]
    """The workspace's id."""

    principal_id: pulumi.Output[str]
    """The principal of the workspace's identity."""

    compute_principal_id: pulumi.Output[str]
    """The principal of the clusters' identity, for grants on data."""

    compute_client_id: pulumi.Output[str]
    """The client id of the clusters' identity, which jobs sign in with."""

    storage_account_id: pulumi.Output[str]
    """The workspace's own storage account, by id."""

    container_registry_id: pulumi.Output[str]
    """The registry, by id."""

    mlflow_tracking_uri: pulumi.Output[str]
    """Where MLflow tracks."""

    studio_url: pulumi.Output[str]
    """The workspace in the studio."""

    def __init__(self, name: str, args: MLWorkspaceArgs, opts: Optional[pulumi.ResourceOptions] = None) -> None:
        args = MLWorkspaceArgs.model_validate(args)
        super().__init__(name, args, opts)
        self._args = args
        self._public = args.private_network is None or bool(args.allowed_ip_ranges)
        parts = self._parts(args)
        self._storage_id = parts.storage
        identity = user_assigned_identity(f"{name}-identity", "workspace", args=args, parent=self)
        compute_identity = user_assigned_identity(f"{name}-compute-identity", "compute", args=args, parent=self)
        roles = self._assign("identity", identity, _IDENTITY_ROLES, parts)
        if args.settings.network_mode is NetworkMode.MANAGED:
            roles += self._assign("identity", identity, _MANAGED_NETWORK_ROLES, parts)
        self._assign("compute", compute_identity, _COMPUTE_ROLES, parts)
        workspace = self._workspace(args, parts, identity, roles)
        self._workspace_id = workspace.id
        endpoints = self._around(args, workspace, identity)
        for cluster in args.settings.clusters:
            self._cluster(args, cluster, workspace, compute_identity, endpoints)
        self._finish(
            {
                "name": known_after(workspace, args.name_of(Kind.ML_WORKSPACE)),
                "resource_id": workspace.id,
                "principal_id": identity.principal_id,
                "compute_principal_id": compute_identity.principal_id,
                "compute_client_id": compute_identity.client_id,
                "storage_account_id": parts.storage,
                "container_registry_id": parts.registry,
                "mlflow_tracking_uri": workspace.id.apply(
                    lambda each: f"azureml://{args.location}.api.azureml.ms/mlflow/v1.0{each}"
                ),
                "studio_url": workspace.id.apply(
                    lambda each: f"https://ml.azure.com/?wsid={each}&tid={args.tenant_id}"
                ),
            }
        )

    def grant_data_scientist(self, group_id: str) -> None:
        """Lets a group work: AzureML Data Scientist, and the storage roles without which a workspace that
        takes no keys is unusable."""
        for label, role, scope in (
            ("data-scientist", Role.AZUREML_DATA_SCIENTIST, self._workspace_id),
            ("blobs", Role.STORAGE_BLOB_DATA_CONTRIBUTOR, self._storage_id),
            ("files", Role.STORAGE_FILE_DATA_PRIVILEGED_CONTRIBUTOR, self._storage_id),
        ):
            assign_role(
                f"{self._name_in_program}-{label}-{group_id}",
                role,
                principal_id=group_id,
                principal_type=PrincipalType.GROUP,
                scope=scope,
                args=self._args,
                parent=self,
            )

    def _parts(self, args: MLWorkspaceArgs) -> _Parts:
        parts, name = _Parts(args.settings), self._name_in_program
        access: dict[str, Any] = {
            "args": args,
            "public": self._public,
            "allowed_ip_ranges": args.allowed_ip_ranges,
            "protect": args.lock,
            "parent": self,
        }
        if parts.key_vault is None:
            vault = key_vault(
                f"{name}-vault", tenant_id=args.tenant_id, retention_days=args.vault_retention_days, **access
            )
            self._reached(PrivateService.KEY_VAULT, vault, "vault")
            parts.key_vault = vault.id
        if parts.storage is None:
            storage = storage_account(f"{name}-storage", zone_redundant=args.zone_redundant, **access)
            self._reached(PrivateService.WORKSPACE_STORAGE, storage.account, "storage", logs=False)
            for label, service in (("blobs", storage.blobs), ("files", storage.files)):
                send_diagnostics(f"{name}-storage-{label}-diagnostics", service, args.diagnostics, parent=self)
            parts.storage = storage.account.id
        if parts.registry is None:
            registry = container_registry(f"{name}-registry", zone_redundant=args.zone_redundant, **access)
            self._reached(PrivateService.CONTAINER_REGISTRY, registry, "registry")
            parts.registry = registry.id
        if parts.insights is None:
            parts.insights = self._insights(args).id
        return parts

    def _reached(
        self,
        service: PrivateService,
        resource: pulumi.CustomResource,
        label: str,
        *,
        logs: bool = True,
    ) -> None:
        """Gives a part its private endpoints, its diagnostics and, where it is protected, its lock."""
        name = f"{self._name_in_program}-{label}"
        guarded: list[pulumi.Resource] = [
            send_diagnostics(f"{name}-diagnostics", resource, self._args.diagnostics, parent=self, logs=logs)
        ]
        if self._args.private_network is not None:
            guarded += private_endpoints(
                name,
                resource,
                service,
                part=label,
                private_network=self._args.private_network,
                args=self._args,
                parent=self,
            )
        if self._args.lock:
            lock_resource(f"{name}-lock", resource, parent=self, guards=guarded)

    def _insights(self, args: MLWorkspaceArgs) -> "native.applicationinsights.Component":
        # It stands on Log Analytics itself: a diagnostic setting would write everything there twice.
        return native.applicationinsights.Component(
            f"{self._name_in_program}-insights",
            resource_name_=args.name_of(Kind.APPLICATION_INSIGHTS),
            resource_group_name=args.resource_group_name,
            location=args.location,
            kind="web",
            application_type="web",
            workspace_resource_id=args.diagnostics,
            ingestion_mode="LogAnalytics",
            disable_ip_masking=False,
            tags=args.tags,
            opts=child(self),
        )

    def _assign(
        self,
        label: str,
        identity: "native.managedidentity.UserAssignedIdentity",
        wanted: dict[str, tuple[Role, ...]],
        parts: _Parts,
    ) -> list[pulumi.Resource]:
        return [
            assign_role(
                f"{self._name_in_program}-{label}-{part.replace('_', '-')}-{role.name.lower().replace('_', '-')}",
                role,
                principal_id=identity.principal_id,
                principal_type=PrincipalType.SERVICE_PRINCIPAL,
                scope=getattr(parts, part),
                args=self._args,
                parent=self,
            )
            for part, roles in wanted.items()
            for role in roles
        ]

    def _workspace(
        self,
        args: MLWorkspaceArgs,
        parts: _Parts,
        identity: "native.managedidentity.UserAssignedIdentity",
        roles: list[pulumi.Resource],
    ) -> "native.machinelearningservices.Workspace":
        managed = args.settings.network_mode is NetworkMode.MANAGED
        return native.machinelearningservices.Workspace(
            f"{self._name_in_program}-workspace",
            workspace_name=args.name_of(Kind.ML_WORKSPACE),
            resource_group_name=args.resource_group_name,
            location=args.location,
            friendly_name=f"{args.project} {args.environment.value}",
            sku={"name": "Basic", "tier": native.machinelearningservices.SkuTier.BASIC},
            identity={"type": "UserAssigned", "user_assigned_identities": [identity.id]},
            primary_user_assigned_identity=identity.id,
            key_vault=parts.key_vault,
            storage_account=parts.storage,
            container_registry=parts.registry,
            application_insights=parts.insights,
            system_datastores_auth_mode="Identity",
            hbi_workspace=args.settings.high_business_impact,
            v1_legacy_mode=False,
            public_network_access="Enabled" if self._public else "Disabled",
            image_build_compute=args.settings.image_build,
            managed_network=_managed_network(args.settings) if managed else {"isolation_mode": "Disabled"},
            provision_network_now=args.settings.managed_network.provision_now if managed else None,
            serverless_compute_settings=given(
                serverless_compute_custom_subnet=args.training_subnet_id, serverless_compute_no_public_ip=True
            )
            if not managed and args.training_subnet_id is not None
            else None,
            tags=args.tags,
            # A workspace without its roles on vault, storage and registry is made and does not work.
            opts=child(self, protect=args.lock, depends_on=roles),
        )

    def _around(
        self,
        args: MLWorkspaceArgs,
        workspace: pulumi.CustomResource,
        identity: "native.managedidentity.UserAssignedIdentity",
    ) -> list[pulumi.Resource]:
        """Gives the workspace its diagnostics, its identity's role and its endpoints; returns the last."""
        send_diagnostics(f"{self._name_in_program}-diagnostics", workspace, args.diagnostics, parent=self)
        assign_role(
            f"{self._name_in_program}-identity-workspace-contributor",
            Role.CONTRIBUTOR,
            principal_id=identity.principal_id,
            principal_type=PrincipalType.SERVICE_PRINCIPAL,
            scope=workspace.id,
            args=args,
            parent=self,
        )
        if args.private_network is None:
            return []
        return [
            *private_endpoints(
                self._name_in_program,
                workspace,
                PrivateService.ML_WORKSPACE,
                part="workspace",
                private_network=args.private_network,
                args=args,
                parent=self,
            )
        ]

    def _cluster(
        self,
        args: MLWorkspaceArgs,
        cluster: ClusterSettings,
        workspace: pulumi.CustomResource,
        identity: "native.managedidentity.UserAssignedIdentity",
        endpoints: list[pulumi.Resource],
    ) -> None:
        ml = native.machinelearningservices
        native.machinelearningservices.Compute(
            f"{self._name_in_program}-{cluster.name}",
            compute_name=cluster.name,
            workspace_name=known_after(workspace, args.name_of(Kind.ML_WORKSPACE)),
            resource_group_name=args.resource_group_name,
            location=args.location,
            identity={"type": "UserAssigned", "user_assigned_identities": [identity.id]},
            properties=ml.AmlComputeArgs(
                compute_type="AmlCompute",
                compute_location=args.location,
                disable_local_auth=True,
                properties=ml.AmlComputePropertiesArgs(
                    vm_size=cluster.vm_size,
                    vm_priority=cluster.priority.value,
                    os_type="Linux",
                    enable_node_public_ip=False,
                    remote_login_port_public_access="Disabled",
                    scale_settings=ml.ScaleSettingsArgs(
                        min_node_count=cluster.min_nodes,
                        max_node_count=cluster.max_nodes,
                        node_idle_time_before_scale_down=f"PT{cluster.idle_seconds}S",
                    ),
                    subnet=ml.ResourceIdArgs(id=args.training_subnet_id)
                    if args.settings.network_mode is NetworkMode.OWN and args.training_subnet_id is not None
                    else None,
                ),
            ),
            tags=args.tags,
            opts=pulumi.ResourceOptions.merge(
                # Nodes without public addresses are refused before the workspace has its endpoint.
                child(self, delete_before_replace=True, depends_on=endpoints),
                # Azure changes neither in place.
                pulumi.ResourceOptions(
                    replace_on_changes=["properties.properties.vmSize", "properties.properties.vmPriority"]
                ),
            ),
        )


def _managed_network(settings: WorkspaceSettings) -> Any:
    ml, network = native.machinelearningservices, settings.managed_network
    rules: dict[str, Any] = {
        rule.name: ml.PrivateEndpointOutboundRuleArgs(
            type="PrivateEndpoint",
            category="UserDefined",
            destination=ml.PrivateEndpointDestinationArgs(
                service_resource_id=rule.resource_id, subresource_target=rule.group_id, spark_enabled=False
            ),
        )
        for rule in network.private_endpoints
    }
    rules |= {
        rule.name: ml.ServiceTagOutboundRuleArgs(
            type="ServiceTag",
            category="UserDefined",
            destination=ml.ServiceTagDestinationArgs(
                service_tag=rule.service_tag, protocol=rule.protocol, port_ranges=rule.port_ranges
            ),
        )
        for rule in network.service_tags
    }
    rules |= {
        rule.name: ml.FqdnOutboundRuleArgs(type="FQDN", category="UserDefined", destination=rule.fqdn)
        for rule in network.fqdns
    }
    return given(isolation_mode=network.isolation.value, outbound_rules=rules or None)
