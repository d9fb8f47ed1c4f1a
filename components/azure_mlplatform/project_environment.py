"""Composes the components of one environment of one project, from settings alone."""

import datetime
from collections.abc import Iterator
from typing import Any, Optional

import pulumi
import pulumi_azure_native as native
from pydantic import Field

from .batch.batch_scoring import BatchScoring, BatchScoringArgs
from .batch.settings.batch import BatchSettings, Orchestrator
from .catalogue.private_link import PrivateService, zones
from .environment.checks.spark import token_attaches_databricks
from .environment.data_product_rg import DataProductRG, DataProductRGArgs
from .environment.identity import guard
from .environment.settings.environment import EnvironmentSettings
from .foundation.model import check
from .foundation.violations import Violation
from .inference.aks.aks_inference import AKSInference
from .inference.aks.arguments import AKSInferenceArgs
from .inference.aks.settings.aks import AKSSettings
from .inference.app_service.app_service_inference import AppServiceInference, AppServiceInferenceArgs
from .inference.app_service.settings import AppServiceSettings
from .inference.container_app.container_app_inference import ContainerAppInference, ContainerAppInferenceArgs
from .inference.container_app.settings import ContainerAppsSettings
from .inference.online_endpoint import OnlineEndpoint, OnlineEndpointArgs
from .inference.settings.endpoints import OnlineEndpointSettings
from .inference.settings.inference import InferenceSettings
from .inference.settings.target import InferenceTarget
from .network.settings import DnsMode, EgressKind, SubnetRole
from .parts.arguments import ArgsOrDict, In
from .parts.component import Component, child
from .spark.databricks.databricks_workspace import DatabricksWorkspace, DatabricksWorkspaceArgs
from .spark.databricks.settings import DatabricksSettings
from .spark.synapse.settings import SynapseSettings
from .spark.synapse.synapse_workspace import SynapseWorkspace, SynapseWorkspaceArgs
from .workspace.ml_workspace import MLWorkspace, MLWorkspaceArgs
from .workspace.reference import WorkspaceReference
from .workspace.settings.workspace import WorkspaceSettings


class ProjectEnvironmentArgs(DataProductRGArgs):
    """The arguments of a ProjectEnvironment."""

    databricks_token: Optional[In[str]] = Field(default=None, repr=False)
    """A personal access token that attaches the Databricks workspace to the machine-learning workspace. A secret.
    Default: the Databricks workspace is not attached."""

    @check
    def _token_attaches_something(self) -> Iterator[Violation]:
        if self.databricks_token is not None:
            yield from token_attaches_databricks(self.settings.databricks, self.settings.workspace)


class ProjectEnvironment(Component):
    """All components of a project in one environment. A component is made if its settings are present."""

    name: pulumi.Output[str]
    """The resource group's name."""

    resource_id: pulumi.Output[str]
    """The resource group's id."""

    principal_id: pulumi.Output[str]
    """The object id of the workload identity."""

    def __init__(
        self, name: str, args: ArgsOrDict[ProjectEnvironmentArgs], opts: Optional[pulumi.ResourceOptions] = None
    ) -> None:
        args = ProjectEnvironmentArgs.model_validate(args)
        super().__init__(name, args, opts)
        # Once it has expired, an update stops what it can.
        settings = args.settings.as_of(datetime.date.fromisoformat(args.today))
        self.data_product = DataProductRG(
            self.logical_name("data-product"), DataProductRGArgs(settings=settings, today=args.today), child(self)
        )
        self.placement = self.data_product.placement
        self.workspace = self._workspace(settings, settings.workspace) if settings.workspace else None
        self._workspace_reference = self.workspace.reference() if self.workspace else None
        self.databricks = self._databricks(args, settings.databricks) if settings.databricks else None
        self.aks: Optional[AKSInference] = None
        self.app_service: Optional[AppServiceInference] = None
        self.container_app: Optional[ContainerAppInference] = None
        self.endpoints: dict[str, OnlineEndpoint] = {}
        self._models = settings.inference.models() if settings.inference else {}
        if settings.inference is not None:
            self._inference(settings, settings.inference)
        self.synapse = self._synapse(settings, settings.synapse) if settings.synapse else None
        self.batch = self._batch(settings, settings.batch) if settings.batch else None
        for notice in settings.notices_on(datetime.date.fromisoformat(args.today)):
            pulumi.log.warn(notice)
        made = (self.data_product, *self._parts(), *self.endpoints.values())
        guard(
            self,
            self.logical_name("retire-first"),
            protect=settings.retire is None,
            after=[each for each in made if each],
        )
        self._finish(
            {
                "name": self.data_product.name,
                "resource_id": self.data_product.resource_id,
                "principal_id": self.data_product.principal_id,
            }
        )

    def _workspace(self, settings: EnvironmentSettings, workspace: WorkspaceSettings) -> MLWorkspace:
        group = self.data_product
        made = MLWorkspace(
            self.logical_name("ml"),
            MLWorkspaceArgs(
                placement=group.placement,
                settings=workspace.model_copy(update={"clusters": settings.clusters}),
                ai_services=[each.reference() for each in group.ai_services.values()],
                training_subnet_id=self._subnet_id(SubnetRole.TRAINING),
            ),
            child(self),
        )
        group.grant_user(made.compute_principal_id, grantee="compute")
        for each in settings.access.data_scientists:
            made.grant_data_scientist(each)
        for each in settings.access.admins:
            made.grant_admin(each)
        if settings.access.release_identity_id is not None:
            releases = native.managedidentity.UserAssignedIdentity.get(
                self.logical_name("release-identity"), settings.access.release_identity_id, child(self)
            )
            made.grant_release(releases.principal_id)
        return made

    def _databricks(self, args: ProjectEnvironmentArgs, databricks: DatabricksSettings) -> DatabricksWorkspace:
        workspace = args.settings.workspace
        return DatabricksWorkspace(
            self.logical_name("databricks"),
            DatabricksWorkspaceArgs(
                placement=self.placement,
                settings=databricks,
                host_subnet_id=self._subnet_id(SubnetRole.DATABRICKS_HOST) or "",
                container_subnet_id=self._subnet_id(SubnetRole.DATABRICKS_CONTAINER) or "",
                datastores=workspace.datastores if workspace else [],
                workspace=self._workspace_reference,
                token=args.databricks_token,
            ),
            child(self),
        )

    def _synapse(self, settings: EnvironmentSettings, synapse: SynapseSettings) -> SynapseWorkspace:
        made = SynapseWorkspace(
            self.logical_name("synapse"),
            SynapseWorkspaceArgs(placement=self.placement, settings=synapse, workspace=self._workspace_reference),
            child(self),
        )
        for each in settings.access.workers:
            made.grant_data_scientist(each)
        return made

    def _batch(self, settings: EnvironmentSettings, batch: BatchSettings) -> Optional[BatchScoring]:
        workspace, synapse = self._workspace_reference, None
        if workspace is None:
            return None
        if batch.orchestrator is Orchestrator.SYNAPSE and self.synapse is not None:
            synapse = self.synapse.reference()
        return BatchScoring(
            self.logical_name("batch"),
            BatchScoringArgs(
                placement=self.placement,
                settings=batch,
                workspace=workspace,
                datastores=settings.workspace.datastores if settings.workspace else [],
                synapse=synapse,
            ),
            child(self),
        )

    def _inference(self, settings: EnvironmentSettings, inference: InferenceSettings) -> None:
        """Makes the services that serve models, and the online endpoints."""
        if inference.aks is not None:
            self.aks = self._aks(settings, inference.aks)
        if inference.app_service is not None:
            self.app_service = self._app_service(settings, inference, inference.app_service)
        if inference.container_app is not None:
            self.container_app = self._container_app(settings, inference, inference.container_app)
        workspace = self._workspace_reference
        if workspace is not None:
            for endpoint in inference.endpoints:
                on_cluster = inference.target_of(endpoint) is InferenceTarget.AKS
                self.endpoints[endpoint.name] = self._endpoint(endpoint, workspace, self.aks if on_cluster else None)

    def _aks(self, settings: EnvironmentSettings, aks: AKSSettings) -> AKSInference:
        return AKSInference(
            self.logical_name("aks"),
            AKSInferenceArgs(
                placement=self.placement,
                settings=aks,
                subnet_id=self._subnet_id(SubnetRole.AKS),
                egress=aks.egress or _egress(settings),
                private_dns_zone_id=_aks_zone_id(settings),
                zone_below=_aks_zone_below(settings),
                zone_networks=_aks_zone_networks(settings),
                workspace=self._workspace_reference,
            ),
            child(self),
        )

    def _app_service(
        self, settings: EnvironmentSettings, inference: InferenceSettings, app_service: AppServiceSettings
    ) -> AppServiceInference:
        role = inference.subnet_role(InferenceTarget.APP_SERVICE, settings.network)
        return AppServiceInference(
            self.logical_name("app-service"),
            AppServiceInferenceArgs(
                placement=self.placement,
                settings=app_service,
                registry_id=self._registry_id(app_service.registry_id),
                subnet_id=self._subnet_id(role) if role else None,
            ),
            child(self),
        )

    def _container_app(
        self, settings: EnvironmentSettings, inference: InferenceSettings, apps: ContainerAppsSettings
    ) -> ContainerAppInference:
        role = inference.subnet_role(InferenceTarget.CONTAINER_APP, settings.network) or SubnetRole.CONTAINERS
        adopted = settings.network is not None and settings.network.adopted
        return ContainerAppInference(
            self.logical_name("container-app"),
            ContainerAppInferenceArgs(
                placement=self.placement,
                settings=apps,
                registry_id=self._registry_id(apps.registry_id),
                subnet_id=self._subnet_id(role) or "",
                # In an own network, it moves if it gets or loses a subnet of its own.
                subnet_setting=f"network.subnet_ids.{role}" if adopted else "network.subnets.container_app",
            ),
            child(self),
        )

    def _endpoint(
        self, endpoint: OnlineEndpointSettings, workspace: WorkspaceReference, cluster: Optional[AKSInference]
    ) -> OnlineEndpoint:
        compute_id = cluster.compute_id if cluster else None
        made = OnlineEndpoint(
            self.logical_name(f"endpoint-{endpoint.name}"),
            OnlineEndpointArgs(placement=self.placement, settings=endpoint, workspace=workspace, compute_id=compute_id),
            child(self),
        )
        # A model calls the data product's AI services with its endpoint's identity.
        self.data_product.grant_user(made.principal_id, grantee=f"endpoint-{endpoint.name}")
        return made

    def _subnet_id(self, role: SubnetRole) -> Optional[In[str]]:
        network = self.data_product.network
        return network.subnet_id(role) if network else None

    def _registry_id(self, given: Optional[str]) -> In[str]:
        """The registry of container images: from the settings of a target, or else the workspace's."""
        if given is not None:
            return given
        return self.workspace.container_registry_id if self.workspace else ""

    def _parts(self) -> list[Optional[Component]]:
        """The components beside the data product and the endpoints."""
        return [
            self.workspace,
            self.databricks,
            self.synapse,
            self.batch,
            self.aks,
            self.app_service,
            self.container_app,
        ]

    @property
    def outputs(self) -> dict[str, pulumi.Output]:
        """The outputs that people and pipelines need, by the names that a stack exports."""
        components = [self.data_product, *self._parts()]
        outputs: dict[str, pulumi.Output] = {}
        for name, value in (pair for each in components if each for pair in each.exports.items()):
            # Two targets with apps say the same of their apps, whose names differ.
            outputs[name] = _together(outputs[name], value) if name in outputs else value
        if len(self._models) > 1:
            outputs["inference_targets"] = pulumi.Output.from_input(self._models)
        if self.endpoints:
            outputs |= {
                "endpoints": pulumi.Output.all(**{each: made.name for each, made in self.endpoints.items()}),
                "scoring_uris": pulumi.Output.all(**{each: made.scoring_uri for each, made in self.endpoints.items()}),
                "endpoint_client_ids": pulumi.Output.all(
                    **{each: made.client_id for each, made in self.endpoints.items()}
                ),
            }
        return outputs


def _together(first: "pulumi.Output[Any]", second: "pulumi.Output[Any]") -> "pulumi.Output[dict[str, Any]]":
    """Two mappings as one."""
    return pulumi.Output.all(first, second).apply(lambda both: {**both[0], **both[1]})


def _egress(settings: EnvironmentSettings) -> EgressKind:
    """The egress of the nodes' subnet. An adopted subnet uses the hub's routes, as in a landing zone."""
    if settings.network is None or settings.network.adopted:
        return EgressKind.HUB_ROUTES
    return settings.network.egress.kind


def _aks_zone_id(settings: EnvironmentSettings) -> Optional[str]:
    """The adopted DNS zone of the API server, if the settings share it. Otherwise None."""
    aks = settings.inference.aks if settings.inference else None
    if settings.network is None or settings.network.dns.mode is not DnsMode.ADOPT or aks is None:
        return None
    [zone] = zones(PrivateService.KUBERNETES, settings.location)
    return settings.network.dns.zone_id(zone) if aks.shared_zone_reason else None


def _aks_zone_below(settings: EnvironmentSettings) -> Optional[str]:
    """The zone below which the API server gets its own. AKS writes the record and links the zone itself, so in an
    adopted zone, the clusters of all environments could write each other's. None if AKS makes a zone."""
    aks = settings.inference.aks if settings.inference else None
    if settings.network is None or settings.network.dns.mode is not DnsMode.ADOPT or aks is None:
        return None
    [zone] = zones(PrivateService.KUBERNETES, settings.location)
    return None if aks.shared_zone_reason or aks.adopted else zone


def _aks_zone_networks(settings: EnvironmentSettings) -> list[In[str]]:
    """The hub, where what resolves names for the environment is linked."""
    hub = settings.network.hub if settings.network else None
    return [hub.vnet_id] if hub and _aks_zone_below(settings) else []
