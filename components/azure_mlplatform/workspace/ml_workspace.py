"""The machine-learning workspace of an environment, with its parts, computes and data.

It does not manage the content of a workspace: jobs, models, environments, notebooks. Adopted parts keep
their own network rules, diagnostics and locks; only roles on them are assigned.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Optional, Union

import pulumi
import pulumi_azure_native as native

from ..ai.ai_service import ConnectedService
from ..catalogue.ai_kinds import AI_KINDS
from ..catalogue.changes import kept
from ..catalogue.private_link import PrivateService
from ..foundation.built_in_roles import PrincipalType, Role
from ..foundation.custom_roles import CustomRole
from ..foundation.model import check
from ..foundation.naming import Kind
from ..foundation.rules import field_rule
from ..foundation.values import arm_id, same_id, subscription_of
from ..foundation.violations import Violation
from ..parts.arguments import NONE_GIVEN, ArgsOrDict, In, ModelOrDict, ModelsOrDicts
from ..parts.authorization import assign_role, refuse_individuals, user_assigned_identity, user_assigned_only
from ..parts.component import Component, child, is_hosted
from ..parts.custom_roles import custom_role
from ..parts.diagnostics import send_diagnostics
from ..parts.encryption import EncryptionKey
from ..parts.outputs import gated_by, immutable_violations, known_value_of
from ..parts.placement import NetworkedArgs
from ..parts.private_endpoint import private_endpoints
from .associated_resources import make_or_adopt_associated_resources
from .compute_cluster import compute_cluster
from .compute_instance import compute_instance
from .datastore import container_roles, data_asset, datastore
from .managed_network import isolation_mode, isolation_mode_violations, managed_network
from .reference import WorkspaceReference
from .roles import NEEDED_ROLES
from .settings.workspace import NetworkMode, WorkspaceSettings


class MLWorkspaceArgs(NetworkedArgs):
    """The arguments of an MLWorkspace."""

    settings: ModelOrDict[WorkspaceSettings]
    """The network mode, the parts, the computes and the data."""

    training_subnet_id: Optional[In[str]] = None
    """The subnet of computes, by id. Needed with `network_mode: own`."""

    ai_services: ModelsOrDicts[ConnectedService] = NONE_GIVEN
    """AI services, each with a connection by which jobs find it. Jobs call them with Entra sign-in. Default: none."""

    _subnet = field_rule(arm_id("Microsoft.Network/virtualNetworks/subnets"), "training_subnet_id")

    @check
    def _own_computes_have_a_subnet(self) -> Iterator[Violation]:
        if self.settings.network_mode is NetworkMode.OWN and self.training_subnet_id is None:
            yield Violation(
                ("training_subnet_id",),
                None,
                "network_mode is 'own', but there is no subnet for computes",
                "Add training_subnet_id: <the id of a subnet>, or set network_mode: managed",
            )


class MLWorkspace(Component):
    """A workspace for a team. Users and jobs sign in with Entra ID, without keys."""

    name: pulumi.Output[str]
    """The workspace's name."""

    resource_id: pulumi.Output[str]
    """The workspace's id."""

    principal_id: pulumi.Output[str]
    """The principal of the workspace's identity."""

    compute_principal_id: pulumi.Output[str]
    """The principal of the clusters' identity, used to grant access to data."""

    compute_client_id: pulumi.Output[str]
    """The client id of the clusters' identity, used by jobs to sign in."""

    key_vault_id: pulumi.Output[str]
    """The vault, by id."""

    storage_account_id: pulumi.Output[str]
    """The workspace's own storage account, by id."""

    container_registry_id: pulumi.Output[str]
    """The registry, by id."""

    application_insights_id: pulumi.Output[str]
    """Application Insights, by id."""

    clusters: pulumi.Output[list[str]]
    """The clusters, by name."""

    instances: pulumi.Output[dict[str, str]]
    """Instance, by its name in the settings → its name in Azure."""

    data_assets: pulumi.Output[dict[str, str]]
    """Data asset → its reference for jobs, such as `azureml:transactions:5f3a01c2`."""

    mlflow_tracking_uri: pulumi.Output[str]
    """The URI for MLflow tracking."""

    studio_url: pulumi.Output[str]
    """The URL of the workspace in the studio."""

    def __init__(
        self, name: str, args: ArgsOrDict[MLWorkspaceArgs], opts: Optional[pulumi.ResourceOptions] = None
    ) -> None:
        args = MLWorkspaceArgs.model_validate(args)
        super().__init__(name, args, opts)
        self._args = args
        self._associated = make_or_adopt_associated_resources(self, args.settings)
        self._identity = user_assigned_identity(self, "identity", "workspace")
        self._compute_identity = user_assigned_identity(self, "compute-identity", "compute")
        self._grant_computes()
        self._workspace = self._make_workspace(self._grant_identity())
        self._workspace_name = self._unless_immutable_changed()
        send_diagnostics(self, "", self._workspace.id)
        self._endpoints = private_endpoints(self, "", self._workspace.id, PrivateService.ML_WORKSPACE, part="workspace")
        self._set_quotas()
        administrator = self._grant_on_what_is_made()
        for service in args.ai_services:
            self._connect(service)
        associated, location = self._associated, self.placement.location
        self._finish(
            {
                "name": self._workspace_name,
                "resource_id": self._workspace.id,
                "principal_id": self._identity.principal_id,
                "compute_principal_id": self._compute_identity.principal_id,
                "compute_client_id": self._compute_identity.client_id,
                "key_vault_id": associated.key_vault,
                "storage_account_id": associated.storage,
                "container_registry_id": associated.registry,
                "application_insights_id": associated.insights,
                **self._computes(administrator),
                "data_assets": self._data(),
                "mlflow_tracking_uri": self._workspace.id.apply(
                    lambda each: f"azureml://{location}.api.azureml.ms/mlflow/v1.0{each}"
                ),
                "studio_url": self._workspace.id.apply(
                    lambda each: f"https://ml.azure.com/?wsid={each}&tid={self.placement.tenant_id}"
                ),
            }
        )

    @property
    def exports(self) -> Mapping[str, "pulumi.Output[Any]"]:
        """The outputs that a stack exports."""
        return {
            "workspace_name": self.name,
            "workspace_id": self.resource_id,
            "workspace_storage_account_id": self.storage_account_id,
            "key_vault_id": self.key_vault_id,
            "application_insights_id": self.application_insights_id,
            "container_registry_id": self.container_registry_id,
            "clusters": self.clusters,
            "instances": self.instances,
            "data_assets": self.data_assets,
            "compute_client_id": self.compute_client_id,
            "compute_principal_id": self.compute_principal_id,
            "mlflow_tracking_uri": self.mlflow_tracking_uri,
            "studio_url": self.studio_url,
        }

    def reference(self) -> WorkspaceReference:
        """The value for the `workspace` of other components.

        Batch endpoints always keep the network that the workspace has when they are made ("Network isolation in batch
        endpoints"), so `reached_name` waits for its private endpoints.
        """
        reached: pulumi.Output[str] = self._workspace_name
        for endpoint in self._endpoints.endpoints:
            reached = known_value_of(endpoint, reached)
        return WorkspaceReference(
            workspace_id=self.placement.id_of(
                "Microsoft.MachineLearningServices/workspaces", self.placement.name_of(Kind.ML_WORKSPACE)
            ),
            name=self._workspace_name,
            resource_id=self._workspace.id,
            principal_id=self._identity.principal_id,
            compute_identity_id=self._compute_identity.id,
            compute_principal_id=self._compute_identity.principal_id,
            storage_account_id=self.storage_account_id,
            container_registry_id=self.container_registry_id,
            reached_name=reached,
            managed_network=self._args.settings.network_mode is NetworkMode.MANAGED,
        )

    def grant_data_scientist(self, group_id: str) -> None:
        """Lets a group work. Assigns AzureML Data Scientist, the storage roles that a workspace without keys requires,
        and read access to the datastores' containers.

        Raises RefusedError in an environment where no individual has access.
        """
        refuse_individuals(self.placement, "Use grant_reader for read access, and do the work in pipelines")
        storage = self._associated.storage
        for label, role, scope in (
            ("data-scientist", Role.AZUREML_DATA_SCIENTIST, self._workspace.id),
            ("blobs", Role.STORAGE_BLOB_DATA_CONTRIBUTOR, storage),
            ("files", Role.STORAGE_FILE_DATA_PRIVILEGED_CONTRIBUTOR, storage),
            *((label, Role.STORAGE_BLOB_DATA_READER, scope) for label, scope in self._containers()),
        ):
            self._grant_group(f"{label}-{group_id}", role, group_id, scope)

    def grant_admin(self, group_id: str) -> None:
        """Lets a group do what `grant_data_scientist` does, and start, stop and remove computes, by the role AzureML
        Compute Operator.

        Raises RefusedError in an environment where no individual has access.
        """
        self.grant_data_scientist(group_id)
        self._grant_group(f"admin-{group_id}", Role.AZUREML_COMPUTE_OPERATOR, group_id, self._workspace.id)

    def grant_reader(self, group_id: str) -> None:
        """Lets a group see the workspace, its jobs and their metrics, but no data, no logs and no keys."""
        self._grant_group(f"reader-{group_id}", custom_role(self, CustomRole.READER), group_id, self._workspace.id)

    def grant_release(self, principal_id: In[str]) -> None:
        """Lets the identity of a pipeline submit jobs, register and deploy models, and shift traffic.

        It deletes no endpoint, model or job, except where the profile trains in pipelines. It writes the blobs of the
        workspace's storage, where code and models lie."""
        role = CustomRole.RELEASE_DEV if self.placement.profile.trains_in_pipelines else CustomRole.RELEASE
        for label, given, scope in (
            ("release", custom_role(self, role), self._workspace.id),
            ("release-blobs", Role.STORAGE_BLOB_DATA_CONTRIBUTOR, self._associated.storage),
        ):
            assign_role(self, label, given, principal_id=principal_id, scope=scope)

    def _grant_group(self, label: str, role: Union[Role, In[str]], group_id: str, scope: In[str]) -> None:
        assign_role(self, label, role, principal_id=group_id, scope=scope, principal_type=PrincipalType.GROUP)

    def _grant_identity(self) -> list[pulumi.Resource]:
        """Assigns the roles that the workspace's identity needs before the workspace exists. A managed network connects
        only to resources on which that identity may approve connections."""
        wanted = [
            (label, role, id_) for label, id_ in self._associated.ids.items() for role in NEEDED_ROLES[label].workspace
        ]
        if self._args.settings.network_mode is NetworkMode.MANAGED:
            wanted += [(label, Role.NETWORK_CONNECTION_APPROVER, scope) for label, scope in self._reached_privately()]
        return [
            assign_role(
                self,
                f"identity-{label}-{_in_names(role)}",
                role,
                principal_id=self._identity.principal_id,
                scope=scope,
            )
            for label, role, scope in wanted
        ]

    def _reached_privately(self) -> Iterator[tuple[str, In[str]]]:
        """Label and id of each resource that a managed network has private endpoints to."""
        settings = self._args.settings
        adopted = (
            settings.key_vault_id,
            settings.storage_account_id,
            settings.container_registry_id,
            settings.application_insights_id,
        )
        reached: dict[str, In[str]] = {
            label: id_ for label, id_ in self._associated.ids.items() if NEEDED_ROLES[label].approves_connections
        }
        reached |= {
            f"store-{each.account_name.lower()}": each.storage_account_id
            for each in settings.datastores
            if not any(same_id(each.storage_account_id, part) for part in adopted)
        }
        reached |= {f"ai-{each.name}": each.resource_id for each in self._args.ai_services}
        yield from reached.items()

    def _grant_computes(self) -> None:
        """Assigns the roles that jobs need to run and to read or write the datastores' containers."""
        wanted: list[tuple[str, Role, In[str]]] = [
            (f"{label}-{_in_names(role)}", role, id_)
            for label, id_ in self._associated.ids.items()
            for role in NEEDED_ROLES[label].computes
        ]
        wanted += container_roles(self._args.settings.datastores)
        for label, role, scope in wanted:
            principal_id = self._compute_identity.principal_id
            assign_role(self, f"compute-{label}", role, principal_id=principal_id, scope=scope)

    def _containers(self) -> Iterator[tuple[str, str]]:
        """Label and id of each container of the datastores."""
        for label, _, scope in container_roles(self._args.settings.datastores):
            yield label, scope

    def _make_workspace(self, roles: list[pulumi.Resource]) -> "native.machinelearningservices.Workspace":
        settings, placement, associated = self._args.settings, self.placement, self._associated
        managed, key = settings.network_mode is NetworkMode.MANAGED, placement.encryption
        return native.machinelearningservices.Workspace(
            self.logical_name("workspace"),
            workspace_name=placement.name_of(Kind.ML_WORKSPACE),
            resource_group_name=placement.resource_group_name,
            location=placement.location,
            friendly_name=f"{placement.project} {placement.environment.value}",
            sku={"name": "Basic", "tier": native.machinelearningservices.SkuTier.BASIC},
            # Its own identity, and the identity that may read the customer's key.
            identity=user_assigned_only(self._identity.id, *([key.identity_id] if key else [])),
            primary_user_assigned_identity=self._identity.id,
            key_vault=associated.key_vault,
            storage_account=associated.storage,
            container_registry=associated.registry,
            application_insights=associated.insights,
            encryption=_workspace_encryption(key),
            system_datastores_auth_mode="Identity",
            hbi_workspace=settings.high_business_impact,
            v1_legacy_mode=False,
            # Its firewall has no rules for single addresses, so it is open to all or to none.
            public_network_access="Enabled" if placement.private_network is None else "Disabled",
            image_build_compute=settings.image_build if placement.private_network else settings.image_build_compute,
            managed_network=managed_network(
                settings, associated.storage, {each.name: each.resource_id for each in self._args.ai_services}
            ),
            provision_network_now=settings.managed_network.provision_now if managed else None,
            serverless_compute_settings=_serverless(self._args),
            tags=placement.tags,
            opts=child(
                self,
                protect=placement.protected,
                # Without its roles on vault, storage and registry, Azure makes a workspace that does not work.
                depends_on=roles,
                # The outputs then show the deployed values; see _unless_immutable_changed.
                ignore_changes=kept("azure-native:machinelearningservices:Workspace"),
            ),
        )

    def _set_quotas(self) -> None:
        """Limits what the workspace may use. A component hosted for another language cannot, and says so."""
        limits = self._args.settings.vm_family_quotas
        if not limits:
            return
        if is_hosted():
            pulumi.log.warn(
                "vm_family_quotas are not set: that needs a main program in Python. Set them in the studio, in "
                '"Usages + quotas"',
                self,
            )
            return
        from ..dynamic.workspace_quota import WorkspaceQuota

        WorkspaceQuota(
            self.logical_name("quota"),
            workspace_id=self._workspace.id,
            location=self.placement.location,
            limits=limits,
            tenant_id=self.placement.tenant_id,
            opts=child(self),
        )

    def _unless_immutable_changed(self) -> "pulumi.Output[str]":
        """The workspace's name, or an error if the settings change an immutable property of the deployed workspace."""
        settings, placement, deployed = self._args.settings, self.placement, self._workspace
        subscription_id = deployed.id.apply(subscription_of)
        # Built from known names, so that the check does not wait for a part that does not exist yet.
        vault_id = settings.key_vault_id or placement.id_of(
            "Microsoft.KeyVault/vaults", placement.name_of(Kind.KEY_VAULT), subscription_id
        )
        storage_id = settings.storage_account_id or placement.id_of(
            "Microsoft.Storage/storageAccounts", placement.name_of(Kind.STORAGE_ACCOUNT), subscription_id
        )
        isolation = deployed.managed_network.apply(
            lambda each: list(
                isolation_mode_violations(getattr(each, "isolation_mode", None), isolation_mode(settings))
            )
        )
        violations = [
            placement.provider_violations(deployed.id),
            isolation,
            *(
                immutable_violations(("workspace", setting), actual, wanted)
                for setting, actual, wanted in (
                    ("high_business_impact", deployed.hbi_workspace, settings.high_business_impact),
                    ("key_vault_id", deployed.key_vault, vault_id),
                    ("storage_account_id", deployed.storage_account, storage_id),
                )
            ),
        ]
        return gated_by(violations, known_value_of(deployed, placement.name_of(Kind.ML_WORKSPACE)))

    def _grant_on_what_is_made(self) -> pulumi.Resource:
        """Assigns the identities' roles on the workspace itself and for its studio. Returns the first assignment."""
        principal_id, workspace_id = self._identity.principal_id, self._workspace.id
        role = Role.AI_ADMINISTRATOR
        label = f"identity-workspace-{_in_names(role)}"
        administrator = assign_role(self, label, role, principal_id=principal_id, scope=workspace_id)
        # Jobs read the address of an AI service from its connection.
        computes = self._compute_identity.principal_id
        assign_role(self, "compute-workspace-reader", Role.READER, principal_id=computes, scope=workspace_id)
        for group, endpoint in self._associated.storage_endpoints.items():
            # Without it the studio reports that it cannot reach the storage ("Use Azure Machine Learning studio in an
            # Azure virtual network").
            label = f"identity-endpoint-{group}"
            assign_role(self, label, Role.READER, principal_id=principal_id, scope=endpoint.id)
        for label, scope in self._containers():
            # The studio reads a datastore's files as the workspace's identity.
            role = Role.STORAGE_BLOB_DATA_READER
            assign_role(self, f"identity-{label}", role, principal_id=principal_id, scope=scope)
        return administrator

    def _computes(self, administrator: pulumi.Resource) -> dict[str, Any]:
        settings = self._args.settings
        own = settings.network_mode is NetworkMode.OWN
        subnet_id = self._args.training_subnet_id if own else None
        # Azure refuses nodes without public addresses until the workspace has its endpoint.
        reached: list[pulumi.Resource] = [*self._endpoints.endpoints]
        # A machine that starts at once finds its workspace by DNS name, and in the own network storage, vault and
        # registry too. In the managed network Azure makes its own endpoints to them.
        started: list[pulumi.Resource] = [*self._endpoints.zone_groups]
        if own:
            started += [*self._associated.reached, *self.placement.way_out]
        else:
            # The first compute makes Azure create the managed network, which needs the workspace identity's role.
            reached.append(administrator)
        clusters: list[Any] = []
        for cluster in settings.clusters:
            compute = compute_cluster(
                self,
                cluster,
                workspace_name=self._workspace_name,
                identity_id=self._compute_identity.id,
                subnet_id=subnet_id,
                # Without nodes it reads nothing: its first job comes later.
                depends_on=[*reached, *started] if cluster.min_nodes else reached,
            )
            clusters.append(known_value_of(compute, cluster.name))
        instances: dict[str, Any] = {}
        for instance in settings.instances:
            compute = compute_instance(
                self,
                instance,
                workspace_name=self._workspace_name,
                subnet_id=subnet_id,
                depends_on=[*reached, *started],
            )
            azure_name = self.placement.name_of(Kind.COMPUTE_INSTANCE, instance.name)
            instances[instance.name] = known_value_of(compute, azure_name)
        return {"clusters": clusters, "instances": instances}

    def _data(self) -> dict[str, Any]:
        """Makes the datastores and data assets. Returns data asset → its reference for jobs."""
        assets: dict[str, Any] = {}
        for number, store in enumerate(self._args.settings.datastores):
            store_name = datastore(self, number, store, self._workspace_name)
            for folder in store.folders:
                assets[folder.name] = data_asset(
                    self, folder, store, workspace_name=self._workspace_name, store_name=store_name
                )
        return assets

    def _connect(self, service: ConnectedService) -> None:
        ml, kind = native.machinelearningservices, AI_KINDS[service.kind]
        native.machinelearningservices.WorkspaceConnection(
            self.logical_name(f"connection-{service.name}"),
            connection_name=service.name,
            workspace_name=self._workspace_name,
            resource_group_name=self.placement.resource_group_name,
            properties=ml.AADAuthTypeWorkspaceConnectionPropertiesArgs(
                auth_type="AAD",
                category=kind.connection_category,
                target=service.endpoint,
                is_shared_to_all=True,
                metadata={
                    "ApiType": "Azure",
                    "Kind": kind.connection_kind or service.kind.value,
                    "ResourceId": service.resource_id,
                },
            ),
            opts=child(self),
        )


def _in_names(role: Role) -> str:
    """A role as names in the program contain it."""
    return role.name.lower().replace("_", "-")


def _workspace_encryption(key: Optional[EncryptionKey]) -> Any:
    if key is None:
        return None
    return {
        "status": "Enabled",
        "identity": {"user_assigned_identity": key.identity_id},
        "key_vault_properties": {
            "key_identifier": key.key.key_id,
            "key_vault_arm_id": key.key.key_vault_id,
            "identity_client_id": key.identity_client_id,
        },
    }


def _serverless(args: MLWorkspaceArgs) -> Any:
    """The settings of serverless jobs: a subnet, without public addresses. None in the managed network."""
    subnet_id = args.settings.serverless_subnet_id or args.training_subnet_id
    if args.settings.network_mode is NetworkMode.MANAGED or subnet_id is None:
        return None
    return {"serverless_compute_custom_subnet": subnet_id, "serverless_compute_no_public_ip": True}
