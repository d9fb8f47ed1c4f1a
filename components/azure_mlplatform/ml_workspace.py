"""The machine-learning workspace of an environment, with what it needs, computes on and reads.

It does not manage what is inside a workspace: jobs, models, environments, notebooks. Adopted parts keep
their own network rules, diagnostics and locks; only the roles on them are given.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, Optional

import pulumi
import pulumi_azure_native as native
from pydantic import Field

from ._component import (
    Component,
    ComponentArgs,
    In,
    RefusedError,
    after_check,
    child,
    gated_by,
    immutable_violations,
    known_value_of,
)
from .authorization import assign_role, refuse_individuals, user_assigned_identity
from .catalogue.ai_kinds import AI_KINDS, AIServiceKind
from .catalogue.private_link import PrivateService, private_link
from .compute import AttachableWorkspace, compute_cluster, compute_instance
from .container_registry import container_registry
from .datastore import container_roles, data_asset, datastore
from .diagnostics import send_diagnostics
from .encryption import EncryptionKey
from .foundation.model import check
from .foundation.naming import Kind
from .foundation.problems import Problem
from .foundation.roles import PrincipalType, Role
from .foundation.values import same_id
from .foundation.violations import Violation, prefixed
from .key_vault import key_vault
from .network import Endpoints, NetworkedArgs, private_endpoints, with_endpoints_and_diagnostics
from .settings.workspace import NetworkMode, RegistrySku, WorkspaceSettings
from .storage import storage_account
from .workspace_network import isolation_mode, managed_network, refuse_change


class ConnectedService(ComponentArgs):
    """An AI service that a workspace has a connection to."""

    name: str
    """What the connection is named."""

    kind: AIServiceKind
    """What the service does."""

    resource_id: In[str]
    """The account, by id."""

    endpoint: In[str]
    """The account's address."""


class MLWorkspaceArgs(NetworkedArgs):
    """What an MLWorkspace is made of."""

    settings: WorkspaceSettings
    """The network mode, the parts, the computes and the data."""

    tenant_id: str
    """The Entra tenant of the vault."""

    diagnostics: In[str]
    """The Log Analytics workspace, by id, that logs and metrics go to and Application Insights stands on."""

    training_subnet_id: Optional[In[str]] = None
    """Where computes go, with `network_mode: own`."""

    ai_services: list[ConnectedService] = Field(default_factory=list)
    """AI services that jobs find by a connection and call with Entra sign-in. Left out, there are none."""

    encryption: Optional[EncryptionKey] = None
    """The key that encrypts what workspace, storage and registry store. Left out, Microsoft's do."""

    zone_redundant: bool = True
    """Whether storage and registry are spread over availability zones. Left out, they are."""

    vault_retention_days: int = Field(default=90, ge=7, le=90)
    """For how long deleted secrets can be brought back. Left out: 90 days."""

    @check
    def _works_privately(self) -> Iterator[Violation]:
        if self.private_network is not None:
            yield from prefixed(("settings",), self.settings.private_violations())


class _Part(NamedTuple):
    """What a workspace stands on: an adopted part is read, to find what would not work before anything is made."""

    setting: str
    """The setting that adopts it."""

    resource: Callable[[], Any]
    """Its class."""

    fact: Callable[[Any], "pulumi.Output[Any]"]
    """What is read of it."""

    works: Callable[[Any, MLWorkspaceArgs], bool]
    """Whether a workspace can stand on it."""

    refusal: tuple[str, str] = ("", "")
    """What is wrong with it where it cannot, and what to do."""

    identity_roles: tuple[Role, ...] = (Role.CONTRIBUTOR,)
    """What the workspace's identity needs on it ("Set up authentication between Azure Machine Learning and other
    services")."""

    compute_roles: tuple[Role, ...] = ()
    """What the clusters' identity needs on it to run a job."""

    endpoint: bool = True
    """Whether it is reached from a managed network by a private endpoint, which its identity approves."""


_PARTS: dict[str, _Part] = {
    "key-vault": _Part(
        "key_vault_id",
        lambda: native.keyvault.Vault,
        lambda vault: vault.properties,
        lambda properties, _: properties.enable_rbac_authorization is not False,
        (
            "the vault uses access policies, so the roles of the workspace's identity have no effect",
            "Switch it to role-based access, or leave key_vault_id out",
        ),
        (Role.CONTRIBUTOR, Role.KEY_VAULT_ADMINISTRATOR),
    ),
    "storage": _Part(
        "storage_account_id",
        lambda: native.storage.StorageAccount,
        lambda account: account.is_hns_enabled,
        lambda hierarchical, _: not hierarchical,
        (
            "the account has a hierarchical namespace, and a workspace cannot stand on such a one",
            "Adopt an account without, or leave storage_account_id out; a lake can be a datastore",
        ),
        (Role.CONTRIBUTOR, Role.STORAGE_BLOB_DATA_CONTRIBUTOR, Role.STORAGE_FILE_DATA_PRIVILEGED_CONTRIBUTOR),
        (
            Role.STORAGE_BLOB_DATA_CONTRIBUTOR,
            # Parallel run steps keep their state there.
            Role.STORAGE_QUEUE_DATA_CONTRIBUTOR,
            Role.STORAGE_TABLE_DATA_CONTRIBUTOR,
        ),
    ),
    "registry": _Part(
        "container_registry_id",
        lambda: native.containerregistry.Registry,
        lambda registry: registry.sku,
        lambda sku, args: args.private_network is None or sku.name == RegistrySku.PREMIUM.value,
        (
            "the registry is not Premium, and only such a one takes the private endpoints of a private workspace",
            "Make it Premium, or leave container_registry_id out",
        ),
        compute_roles=(Role.ACR_PULL,),
    ),
    "insights": _Part(
        "application_insights_id",
        lambda: native.applicationinsights.Component,
        lambda insights: insights.workspace_resource_id,
        lambda workspace_id, _: bool(workspace_id),
        (
            "it is classic Application Insights, which Azure has retired",
            "Move it to a Log Analytics workspace, or leave application_insights_id out",
        ),
        endpoint=False,
    ),
}


_IMMUTABLE = ["hbiWorkspace", "keyVault", "managedNetwork.isolationMode", "storageAccount"]
"""What a workspace keeps for its life ("Workspaces - Create Or Update"); of the isolation, see refuse_change."""


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
    """Instance, by the name the settings give it → its name in Azure."""

    data_assets: pulumi.Output[dict[str, str]]
    """Data asset → how jobs refer to it, such as `azureml:transactions:5f3a01c2`."""

    mlflow_tracking_uri: pulumi.Output[str]
    """Where MLflow tracks."""

    studio_url: pulumi.Output[str]
    """The workspace in the studio."""

    def __init__(self, name: str, args: MLWorkspaceArgs, opts: Optional[pulumi.ResourceOptions] = None) -> None:
        args = MLWorkspaceArgs.model_validate(args)
        super().__init__(name, args, opts)
        self._args = args
        self._storage_endpoints: list[native.network.PrivateEndpoint] = []
        self._parts = self._made_or_adopted(args)
        identity = user_assigned_identity(f"{name}-identity", "workspace", args=args, parent=self)
        self._identity = identity
        self._compute_identity = user_assigned_identity(f"{name}-compute-identity", "compute", args=args, parent=self)
        roles = self._grant_identity(args, identity)
        self._grant_compute(args)
        workspace = self._workspace(args, identity, roles)
        self._workspace_id = workspace.id
        self._workspace_name = self._while_unchanged(args, workspace)
        self._endpoints = self._around(args, workspace, identity)
        for service in args.ai_services:
            self._connection(args, service)
        self._finish(
            {
                "name": self._workspace_name,
                "resource_id": workspace.id,
                "principal_id": identity.principal_id,
                "compute_principal_id": self._compute_identity.principal_id,
                "compute_client_id": self._compute_identity.client_id,
                "key_vault_id": self._parts["key-vault"],
                "storage_account_id": self._parts["storage"],
                "container_registry_id": self._parts["registry"],
                "application_insights_id": self._parts["insights"],
                **self._computes(args),
                "data_assets": self._data(args),
                "mlflow_tracking_uri": workspace.id.apply(
                    lambda each: f"azureml://{args.location}.api.azureml.ms/mlflow/v1.0{each}"
                ),
                "studio_url": workspace.id.apply(
                    lambda each: f"https://ml.azure.com/?wsid={each}&tid={args.tenant_id}"
                ),
            }
        )

    def grant_data_scientist(self, group_id: str) -> None:
        """Lets a group work: AzureML Data Scientist, the storage roles without which a workspace that takes no
        keys is unusable, and the datastores' containers to read.

        Raises RefusedError in an environment where no individual has access.
        """
        refuse_individuals(self._args, "Grant reading with grant_reader, and do the work in pipelines")
        storage = self._parts["storage"]
        for label, role, scope in (
            ("data-scientist", Role.AZUREML_DATA_SCIENTIST, self._workspace_id),
            ("blobs", Role.STORAGE_BLOB_DATA_CONTRIBUTOR, storage),
            ("files", Role.STORAGE_FILE_DATA_PRIVILEGED_CONTRIBUTOR, storage),
            *((label, Role.STORAGE_BLOB_DATA_READER, scope) for label, scope in self._containers()),
        ):
            self._assign(f"{label}-{group_id}", role, group_id, scope, PrincipalType.GROUP)

    def grant_reader(self, group_id: str) -> None:
        """Lets a group see the workspace, its jobs and their metrics, but no data: Reader."""
        self._assign(f"reader-{group_id}", Role.READER, group_id, self._workspace_id, PrincipalType.GROUP)

    @property
    def reached_name(self) -> "pulumi.Output[str]":
        """The workspace's name, known once its private endpoints are there. Batch endpoints keep for their life the
        network that a workspace has when they are made ("Network isolation in batch endpoints")."""
        name: pulumi.Output[str] = self._workspace_name
        for endpoint in self._endpoints.endpoints:
            name = known_value_of(endpoint, name)
        return name

    @property
    def attachable(self) -> AttachableWorkspace:
        """What AKSInference, DatabricksWorkspace and SynapseWorkspace take as their `workspace`."""
        return AttachableWorkspace(
            workspace_id=self._args.id_of(
                "Microsoft.MachineLearningServices/workspaces", self._args.name_of(Kind.ML_WORKSPACE)
            ),
            name=self._workspace_name,
            resource_id=self._workspace_id,
            principal_id=self._identity.principal_id,
            compute_identity_id=self._compute_identity.id,
            compute_principal_id=self._compute_identity.principal_id,
            managed_network=self._args.settings.network_mode is NetworkMode.MANAGED,
        )

    def _made_or_adopted(self, args: MLWorkspaceArgs) -> dict[str, Any]:
        """Part → its id. What is adopted is read first, and refused where a workspace cannot stand on it."""
        make = {
            "key-vault": self._key_vault,
            "storage": self._storage,
            "registry": self._registry,
            "insights": self._insights,
        }
        return {
            label: make[label](args)
            if (adopted := getattr(args.settings, part.setting)) is None
            else self._adopted(f"{self._name_in_program}-adopted-{label}", part, adopted)
            for label, part in _PARTS.items()
        }

    def _adopted(self, name: str, part: _Part, id_: str) -> "pulumi.Output[str]":
        def must_work(fact: Any) -> None:
            if not part.works(fact, self._args):
                what, fix = part.refusal
                raise RefusedError([Problem(("workspace", part.setting), f"'{id_}': {what}", fix)])

        read = part.resource().get(name, id_, opts=child(self))
        return after_check(part.fact(read).apply(must_work), id_)

    def _key_vault(self, args: MLWorkspaceArgs) -> "pulumi.Output[str]":
        vault = key_vault(
            f"{self._name_in_program}-vault",
            tenant_id=args.tenant_id,
            retention_days=args.vault_retention_days,
            args=args,
            parent=self,
        )
        self._reached(PrivateService.KEY_VAULT, vault, "vault")
        return vault.id

    def _storage(self, args: MLWorkspaceArgs) -> "pulumi.Output[str]":
        name = f"{self._name_in_program}-storage"
        storage = storage_account(
            name, zone_redundant=args.zone_redundant, encryption=args.encryption, args=args, parent=self
        )
        self._storage_endpoints = self._reached(
            PrivateService.WORKSPACE_STORAGE, storage.account, "storage", logs=False
        ).endpoints
        for label, service_id in storage.services.items():
            send_diagnostics(f"{name}-{label}-diagnostics", service_id, args.diagnostics, parent=self)
        return storage.account.id

    def _registry(self, args: MLWorkspaceArgs) -> "pulumi.Output[str]":
        registry = container_registry(
            f"{self._name_in_program}-registry",
            sku=args.settings.container_registry_sku,
            zone_redundant=args.zone_redundant,
            encryption=args.encryption,
            args=args,
            parent=self,
        )
        self._reached(PrivateService.CONTAINER_REGISTRY, registry, "registry")
        return registry.id

    def _insights(self, args: MLWorkspaceArgs) -> "pulumi.Output[str]":
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
            # Azure ML writes with them, so Entra sign-in cannot be all that is taken. They can write, and read nothing.
            opts=child(self, secret_outputs=["connectionString", "instrumentationKey"]),
        ).id

    def _reached(
        self,
        service: PrivateService,
        resource: pulumi.CustomResource,
        label: str,
        *,
        logs: bool = True,
    ) -> Endpoints:
        """Gives a part what everything has that is reached; returns its endpoints."""
        return with_endpoints_and_diagnostics(
            f"{self._name_in_program}-{label}",
            resource,
            service,
            part=label,
            args=self._args,
            diagnostics=self._args.diagnostics,
            parent=self,
            logs=logs,
        )

    def _grant_identity(
        self, args: MLWorkspaceArgs, identity: "native.managedidentity.UserAssignedIdentity"
    ) -> list[pulumi.Resource]:
        """What the workspace's identity needs before there is a workspace; a managed network connects only to
        what it may approve."""
        wanted = [(label, role, self._parts[label]) for label, part in _PARTS.items() for role in part.identity_roles]
        if args.settings.network_mode is NetworkMode.MANAGED:
            with_endpoints_and_diagnostics: dict[str, Any] = {
                label: self._parts[label] for label, part in _PARTS.items() if part.endpoint
            }
            parts = [getattr(args.settings, part.setting) for part in _PARTS.values()]
            with_endpoints_and_diagnostics |= {
                f"store-{each.account_name.lower()}": each.storage_account_id
                for each in args.settings.datastores
                if not any(same_id(each.storage_account_id, part) for part in parts)
            }
            with_endpoints_and_diagnostics |= {f"ai-{each.name}": each.resource_id for each in args.ai_services}
            wanted += [
                (label, Role.NETWORK_CONNECTION_APPROVER, scope)
                for label, scope in with_endpoints_and_diagnostics.items()
            ]
        return [
            self._assign(f"identity-{label}-{_slug(role)}", role, identity.principal_id, scope)
            for label, role, scope in wanted
        ]

    def _grant_compute(self, args: MLWorkspaceArgs) -> None:
        """What jobs may do: run, and read or write the datastores' containers."""
        wanted = [
            (f"{label}-{_slug(role)}", role, self._parts[label])
            for label, part in _PARTS.items()
            for role in part.compute_roles
        ]
        wanted += container_roles(args.settings.datastores)
        for label, role, scope in wanted:
            self._assign(f"compute-{label}", role, self._compute_identity.principal_id, scope)

    def _containers(self) -> Iterator[tuple[str, str]]:
        """Label and id of each container that the datastores lie in."""
        for label, _, scope in container_roles(self._args.settings.datastores):
            yield label, scope

    def _assign(
        self,
        label: str,
        role: Role,
        principal_id: In[str],
        scope: In[str],
        principal_type: PrincipalType = PrincipalType.SERVICE_PRINCIPAL,
    ) -> pulumi.Resource:
        return assign_role(
            f"{self._name_in_program}-{label}",
            role,
            principal_id=principal_id,
            principal_type=principal_type,
            scope=scope,
            args=self._args,
            parent=self,
        )

    def _workspace(
        self,
        args: MLWorkspaceArgs,
        identity: "native.managedidentity.UserAssignedIdentity",
        roles: list[pulumi.Resource],
    ) -> "native.machinelearningservices.Workspace":
        settings, managed = args.settings, args.settings.network_mode is NetworkMode.MANAGED
        return native.machinelearningservices.Workspace(
            f"{self._name_in_program}-workspace",
            workspace_name=args.name_of(Kind.ML_WORKSPACE),
            resource_group_name=args.resource_group_name,
            location=args.location,
            friendly_name=f"{args.project} {args.environment.value}",
            sku={"name": "Basic", "tier": native.machinelearningservices.SkuTier.BASIC},
            identity=_identities(identity, args.encryption),
            primary_user_assigned_identity=identity.id,
            key_vault=self._parts["key-vault"],
            storage_account=self._parts["storage"],
            container_registry=self._parts["registry"],
            application_insights=self._parts["insights"],
            encryption=_encryption(args.encryption),
            system_datastores_auth_mode="Identity",
            hbi_workspace=settings.high_business_impact,
            v1_legacy_mode=False,
            # Its firewall knows no single addresses, so it is open to all or to none.
            public_network_access="Enabled" if args.private_network is None else "Disabled",
            image_build_compute=settings.image_build if args.private_network else settings.image_build_compute,
            managed_network=managed_network(
                settings, self._parts["storage"], {each.name: each.resource_id for each in args.ai_services}
            ),
            provision_network_now=settings.managed_network.provision_now if managed else None,
            serverless_compute_settings=_serverless(args),
            tags=args.tags,
            opts=child(
                self,
                protect=args.lock,
                # A workspace without its roles on vault, storage and registry is made and does not work.
                depends_on=roles,
                # So that the answer is what the workspace was made with; see _while_unchanged.
                ignore_changes=_IMMUTABLE,
            ),
        )

    def _while_unchanged(
        self, args: MLWorkspaceArgs, workspace: "native.machinelearningservices.Workspace"
    ) -> "pulumi.Output[str]":
        """The workspace's name, unless the settings now ask for what it was not made with and cannot become."""
        settings = args.settings
        # By names that are known, so that the answer does not wait for a part that is only now to be made.
        vault_id = settings.key_vault_id or args.id_of("Microsoft.KeyVault/vaults", args.name_of(Kind.KEY_VAULT))
        storage_id = settings.storage_account_id or args.id_of(
            "Microsoft.Storage/storageAccounts", args.name_of(Kind.STORAGE_ACCOUNT)
        )
        isolation = workspace.managed_network.apply(
            lambda each: list(refuse_change(getattr(each, "isolation_mode", None), isolation_mode(settings)))
        )
        violations = [
            isolation,
            *(
                immutable_violations(("workspace", setting), made, wanted)
                for setting, made, wanted in (
                    ("high_business_impact", workspace.hbi_workspace, settings.high_business_impact),
                    ("key_vault_id", workspace.key_vault, vault_id),
                    ("storage_account_id", workspace.storage_account, storage_id),
                )
            ),
        ]
        return gated_by(violations, known_value_of(workspace, args.name_of(Kind.ML_WORKSPACE)))

    def _around(
        self,
        args: MLWorkspaceArgs,
        workspace: pulumi.CustomResource,
        identity: "native.managedidentity.UserAssignedIdentity",
    ) -> Endpoints:
        """Gives the workspace its diagnostics, its identities' other roles and its endpoints; returns the last."""
        send_diagnostics(f"{self._name_in_program}-diagnostics", workspace.id, args.diagnostics, parent=self)
        self._on_workspace = self._assign(
            "identity-workspace-contributor", Role.CONTRIBUTOR, identity.principal_id, workspace.id
        )
        # Jobs find the address of an AI service by its connection.
        self._assign("compute-workspace-reader", Role.READER, self._compute_identity.principal_id, workspace.id)
        groups = private_link(PrivateService.WORKSPACE_STORAGE, args.location)
        for group, endpoint in zip(groups, self._storage_endpoints, strict=False):
            # Without it the studio takes the storage for one that it cannot reach ("Use Azure Machine Learning studio
            # in an Azure virtual network").
            self._assign(f"identity-endpoint-{group}", Role.READER, identity.principal_id, endpoint.id)
        for label, scope in self._containers():
            # The studio shows a datastore's files as the workspace.
            self._assign(f"identity-{label}", Role.STORAGE_BLOB_DATA_READER, identity.principal_id, scope)
        return private_endpoints(
            self._name_in_program, workspace, PrivateService.ML_WORKSPACE, part="workspace", args=args, parent=self
        )

    def _computes(self, args: MLWorkspaceArgs) -> dict[str, Any]:
        own = args.settings.network_mode is NetworkMode.OWN
        shared: dict[str, Any] = {
            "args": args,
            "workspace_name": self._workspace_name,
            "subnet_id": args.training_subnet_id if own else None,
            "parent": self,
        }
        # Nodes without public addresses are refused before the workspace has its endpoint.
        with_endpoints_and_diagnostics: list[pulumi.Resource] = [*self._endpoints.endpoints]
        if not own:
            # The first compute has Azure make the managed network, which the workspace's identity lets in.
            with_endpoints_and_diagnostics.append(self._on_workspace)
        clusters: list[Any] = []
        for cluster in args.settings.clusters:
            compute = compute_cluster(
                f"{self._name_in_program}-cluster-{cluster.name}",
                cluster,
                identity_id=self._compute_identity.id,
                depends_on=with_endpoints_and_diagnostics,
                **shared,
            )
            clusters.append(known_value_of(compute, cluster.name))
        instances: dict[str, Any] = {}
        for instance in args.settings.instances:
            compute = compute_instance(
                f"{self._name_in_program}-instance-{instance.name}",
                instance,
                tenant_id=args.tenant_id,
                # It starts at once, and looks its workspace up by name.
                depends_on=[*with_endpoints_and_diagnostics, *self._endpoints.zone_groups],
                **shared,
            )
            instances[instance.name] = known_value_of(compute, args.name_of(Kind.COMPUTE_INSTANCE, instance.name))
        return {"clusters": clusters, "instances": instances}

    def _data(self, args: MLWorkspaceArgs) -> dict[str, Any]:
        placed: dict[str, Any] = {"args": args, "workspace_name": self._workspace_name, "parent": self}
        assets: dict[str, Any] = {}
        for number, store in enumerate(args.settings.datastores):
            store_name = datastore(f"{self._name_in_program}-store-{store.name}", number, store, **placed)
            for folder in store.folders:
                assets[folder.name] = data_asset(
                    f"{self._name_in_program}-data-{folder.name}", folder, store, store_name=store_name, **placed
                )
        return assets

    def _connection(self, args: MLWorkspaceArgs, service: ConnectedService) -> None:
        ml, kind = native.machinelearningservices, AI_KINDS[service.kind]
        native.machinelearningservices.WorkspaceConnection(
            f"{self._name_in_program}-connection-{service.name}",
            connection_name=service.name,
            workspace_name=self._workspace_name,
            resource_group_name=args.resource_group_name,
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


def _slug(role: Role) -> str:
    return role.name.lower().replace("_", "-")


def _identities(identity: "native.managedidentity.UserAssignedIdentity", key: Optional[EncryptionKey]) -> Any:
    """The workspace's own identity, and the one that may read the customer's key."""
    return {
        "type": "UserAssigned",
        "user_assigned_identities": [identity.id, *([key.identity_id] if key is not None else [])],
    }


def _encryption(key: Optional[EncryptionKey]) -> Any:
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
    """Where serverless jobs run: in a subnet without public addresses, or in the managed network."""
    subnet_id = args.settings.serverless_subnet_id or args.training_subnet_id
    if args.settings.network_mode is NetworkMode.MANAGED or subnet_id is None:
        return None
    return {"serverless_compute_custom_subnet": subnet_id, "serverless_compute_no_public_ip": True}
