"""One environment of one project: the composition of the components, from settings alone."""

import datetime
from collections.abc import Iterator
from typing import Any, Optional

import pulumi
from pydantic import Field

from ._component import Component, In, child
from .aks_inference import AKSInference, AKSInferenceArgs
from .app_service_inference import AppServiceInference, AppServiceInferenceArgs
from .batch_scoring import BatchScoring, BatchScoringArgs
from .catalogue.private_link import PrivateService, zones
from .container_app_inference import ContainerAppInference, ContainerAppInferenceArgs
from .data_product_rg import DataProductRG, DataProductRGArgs
from .databricks_workspace import DatabricksWorkspace, DatabricksWorkspaceArgs
from .environment.checks.spark import token_attaches_databricks
from .foundation.model import check
from .foundation.violations import Violation
from .ml_workspace import ConnectedService, MLWorkspace, MLWorkspaceArgs
from .online_endpoint import OnlineEndpoint, OnlineEndpointArgs
from .settings.batch import Orchestrator
from .settings.endpoints import OnlineEndpointSettings
from .settings.environment import EnvironmentSettings
from .settings.inference import InferenceSettings
from .settings.network import DnsMode, EgressKind, SubnetRole
from .synapse_workspace import SynapseWorkspace, SynapseWorkspaceArgs


class ProjectEnvironmentArgs(DataProductRGArgs):
    """What a ProjectEnvironment is made of."""

    databricks_token: Optional[In[str]] = Field(default=None, repr=False)
    """A personal access token of the Databricks workspace, with which it is attached to the machine-learning workspace.
    A secret. Left out, it is not attached."""

    @check
    def _token_attaches_something(self) -> Iterator[Violation]:
        if self.databricks_token is not None:
            yield from token_attaches_databricks(self.settings.databricks, self.settings.workspace)


class ProjectEnvironment(Component):
    """Everything that a project has in one environment. A component joins when its settings are present."""

    name: pulumi.Output[str]
    """The resource group's name."""

    resource_id: pulumi.Output[str]
    """The resource group's id."""

    principal_id: pulumi.Output[str]
    """The object id of the workload identity."""

    def __init__(self, name: str, args: ProjectEnvironmentArgs, opts: Optional[pulumi.ResourceOptions] = None) -> None:
        args = ProjectEnvironmentArgs.model_validate(args)
        super().__init__(name, args, opts)
        self.data_product = DataProductRG(
            f"{name}-data-product", DataProductRGArgs(settings=args.settings, today=args.today), child(self)
        )
        self.workspace = self._workspace(args.settings)
        self.databricks = self._databricks(args)
        self.aks: Optional[AKSInference] = None
        self.app_service: Optional[AppServiceInference] = None
        self.container_app: Optional[ContainerAppInference] = None
        self.endpoints: dict[str, OnlineEndpoint] = {}
        if args.settings.inference is not None:
            self._inference(args.settings, args.settings.inference)
        self.synapse = self._synapse(args.settings)
        self.batch = self._batch(args.settings)
        for notice in args.settings.notices_on(datetime.date.fromisoformat(args.today)):
            pulumi.log.warn(notice)
        self._finish(
            {
                "name": self.data_product.name,
                "resource_id": self.data_product.resource_id,
                "principal_id": self.data_product.principal_id,
            }
        )

    def _workspace(self, settings: EnvironmentSettings) -> Optional[MLWorkspace]:
        if settings.workspace is None:
            return None
        group = self.data_product
        workspace = MLWorkspace(
            f"{self._name_in_program}-ml",
            MLWorkspaceArgs(
                **group.reached(settings),
                settings=settings.workspace.model_copy(update={"clusters": settings.clusters}),
                tenant_id=settings.tenant_id,
                diagnostics=group.log_analytics_workspace_id,
                ai_services=[
                    ConnectedService(
                        name=each.name,
                        kind=each.kind,
                        resource_id=group.ai_services[each.name].resource_id,
                        endpoint=group.ai_services[each.name].endpoint,
                    )
                    for each in settings.ai_services
                ],
                encryption=group.encryption,
                training_subnet_id=group.network.subnet_id(SubnetRole.TRAINING) if group.network else None,
                zone_redundant=settings.profile.zone_redundant,
                vault_retention_days=settings.profile.vault_retention_days,
            ),
            child(self),
        )
        group.grant_user(workspace.compute_principal_id, grantee="compute")
        for each in settings.access.data_scientists:
            workspace.grant_data_scientist(each)
        return workspace

    def _databricks(self, args: ProjectEnvironmentArgs) -> Optional[DatabricksWorkspace]:
        settings, group = args.settings, self.data_product
        if settings.databricks is None or group.network is None:
            return None
        subnets: dict[str, Any] = {
            "host_subnet_id": group.network.subnet_id(SubnetRole.DATABRICKS_HOST),
            "container_subnet_id": group.network.subnet_id(SubnetRole.DATABRICKS_CONTAINER),
        }
        return DatabricksWorkspace(
            f"{self._name_in_program}-databricks",
            DatabricksWorkspaceArgs(
                **group.reached(settings),
                **subnets,
                settings=settings.databricks,
                tenant_id=settings.tenant_id,
                diagnostics=group.log_analytics_workspace_id,
                datastores=settings.workspace.datastores if settings.workspace else [],
                workspace=self.workspace.attachable if self.workspace else None,
                token=args.databricks_token,
                zone_redundant=settings.profile.zone_redundant,
            ),
            child(self),
        )

    def _synapse(self, settings: EnvironmentSettings) -> Optional[SynapseWorkspace]:
        if settings.synapse is None:
            return None
        group = self.data_product
        synapse = SynapseWorkspace(
            f"{self._name_in_program}-synapse",
            SynapseWorkspaceArgs(
                **group.reached(settings),
                settings=settings.synapse,
                tenant_id=settings.tenant_id,
                diagnostics=group.log_analytics_workspace_id,
                workspace=self.workspace.attachable if self.workspace else None,
                encryption=group.encryption,
                zone_redundant=settings.profile.zone_redundant,
            ),
            child(self),
        )
        for each in settings.access.data_scientists:
            synapse.grant_data_scientist(each)
        return synapse

    def _batch(self, settings: EnvironmentSettings) -> Optional[BatchScoring]:
        if settings.batch is None or settings.workspace is None or self.workspace is None:
            return None
        orchestrator: dict[str, Any] = {}
        if settings.batch.orchestrator is Orchestrator.SYNAPSE and self.synapse is not None:
            orchestrator = {"synapse_id": self.synapse.resource_id, "synapse_principal_id": self.synapse.principal_id}
        return BatchScoring(
            f"{self._name_in_program}-batch",
            BatchScoringArgs(
                **self.data_product.reached(settings),
                **orchestrator,
                settings=settings.batch,
                workspace_name=self.workspace.reached_name,
                workspace_id=self.workspace.resource_id,
                storage_account_id=self.workspace.storage_account_id,
                encryption=self.data_product.encryption,
                datastores=settings.workspace.datastores,
                tenant_id=settings.tenant_id,
                diagnostics=self.data_product.log_analytics_workspace_id,
            ),
            child(self),
        )

    def _inference(self, settings: EnvironmentSettings, inference: InferenceSettings) -> None:
        """Where models are served, and the endpoints they are called by."""
        group, name = self.data_product, self._name_in_program
        shared = group.reached(settings)
        watched: dict[str, Any] = {"diagnostics": group.log_analytics_workspace_id, "tenant_id": settings.tenant_id}
        available: dict[str, Any] = {
            "highly_available": settings.profile.highly_available,
            "zone_redundant": settings.profile.zone_redundant,
        }
        if inference.aks is not None:
            self.aks = AKSInference(
                f"{name}-aks",
                AKSInferenceArgs(
                    **shared,
                    **watched,
                    **available,
                    settings=inference.aks,
                    subnet_id=group.network.subnet_id(SubnetRole.AKS) if group.network else None,
                    egress=inference.aks.egress or _egress(settings),
                    private_dns_zone_id=_aks_zone_id(settings),
                    workspace=self.workspace.attachable if self.workspace else None,
                ),
                child(self),
            )
        containers: dict[str, Any] = {**shared, **watched, **available, "registry_id": self._registry_id(inference)}
        if group.network is not None:
            containers["subnet_id"] = group.network.subnet_id(SubnetRole.CONTAINERS)
        if inference.app_service is not None:
            self.app_service = AppServiceInference(
                f"{name}-app-service",
                AppServiceInferenceArgs(**containers, settings=inference.app_service),
                child(self),
            )
        if inference.container_app is not None:
            self.container_app = ContainerAppInference(
                f"{name}-container-app",
                ContainerAppInferenceArgs(**containers, settings=inference.container_app),
                child(self),
            )
        if self.workspace is not None:
            for endpoint in inference.endpoints:
                self.endpoints[endpoint.name] = self._endpoint(shared, endpoint, self.workspace)

    def _endpoint(
        self, shared: dict[str, Any], endpoint: OnlineEndpointSettings, workspace: MLWorkspace
    ) -> OnlineEndpoint:
        compute_id: Any = self.aks.compute_id if self.aks else None
        made = OnlineEndpoint(
            f"{self._name_in_program}-endpoint-{endpoint.name}",
            OnlineEndpointArgs(
                **shared,
                settings=endpoint,
                workspace_name=workspace.name,
                workspace_id=workspace.resource_id,
                registry_id=workspace.container_registry_id,
                storage_account_id=workspace.storage_account_id,
                compute_id=compute_id,
            ),
            child(self),
        )
        # A model calls the data product's AI services as its endpoint does.
        self.data_product.grant_user(made.principal_id, grantee=f"endpoint-{endpoint.name}")
        return made

    def _registry_id(self, inference: InferenceSettings) -> In[str]:
        if inference.registry_id is not None:
            return inference.registry_id
        return self.workspace.container_registry_id if self.workspace else ""

    @property
    def outputs(self) -> dict[str, pulumi.Output]:
        """What people and pipelines need to work with the environment, by the names a stack exports."""
        group = self.data_product
        outputs: dict[str, pulumi.Output] = {
            "resource_group_name": group.name,
            "resource_group_id": group.resource_id,
            "log_analytics_workspace_id": group.log_analytics_workspace_id,
            "workload_identity_id": group.workload_identity_id,
            "workload_identity_client_id": group.client_id,
            "ai_service_endpoints": group.ai_service_endpoints,
        }
        if group.network is not None:
            outputs["subnet_ids"] = group.network.subnet_ids
        if self.workspace is not None:
            outputs |= {
                "workspace_name": self.workspace.name,
                "workspace_id": self.workspace.resource_id,
                "workspace_storage_account_id": self.workspace.storage_account_id,
                "key_vault_id": self.workspace.key_vault_id,
                "application_insights_id": self.workspace.application_insights_id,
                "container_registry_id": self.workspace.container_registry_id,
                "clusters": self.workspace.clusters,
                "instances": self.workspace.instances,
                "data_assets": self.workspace.data_assets,
                "compute_client_id": self.workspace.compute_client_id,
                "compute_principal_id": self.workspace.compute_principal_id,
                "mlflow_tracking_uri": self.workspace.mlflow_tracking_uri,
                "studio_url": self.workspace.studio_url,
            }
        if self.databricks is not None:
            outputs |= {
                "databricks_workspace_id": self.databricks.resource_id,
                "databricks_url": self.databricks.url,
                "databricks_access_connector_id": self.databricks.access_connector_id,
                "databricks_principal_id": self.databricks.principal_id,
            }
        if self.synapse is not None:
            outputs |= {
                "synapse_workspace_id": self.synapse.resource_id,
                "synapse_workspace_name": self.synapse.name,
                "synapse_development_endpoint": self.synapse.development_endpoint,
                "synapse_principal_id": self.synapse.principal_id,
                "synapse_lake_id": self.synapse.lake_id,
                "spark_pools": self.synapse.spark_pools,
            }
        if self.batch is not None:
            outputs |= {
                "data_factory_id": self.batch.data_factory_id,
                "data_factory_principal_id": self.batch.principal_id,
                "batch_pipelines": self.batch.pipelines,
                "batch_endpoints": self.batch.endpoints,
                "batch_scoring_uris": self.batch.scoring_uris,
                "batch_compute": self.batch.compute,
            }
        return outputs | self._inference_outputs()

    def _inference_outputs(self) -> dict[str, pulumi.Output]:
        outputs: dict[str, pulumi.Output] = {}
        if self.aks is not None:
            outputs |= {
                "kubernetes_cluster_id": self.aks.resource_id,
                "kubernetes_namespace": self.aks.namespace,
                "instance_types": self.aks.instance_types,
            }
        for apps in (self.app_service, self.container_app):
            if apps is not None:
                outputs |= {"model_hosts": apps.hosts, "model_apps": apps.app_names}
        if self.endpoints:
            outputs |= {
                "endpoints": pulumi.Output.all(**{each: made.name for each, made in self.endpoints.items()}),
                "scoring_uris": pulumi.Output.all(**{each: made.scoring_uri for each, made in self.endpoints.items()}),
                "endpoint_client_ids": pulumi.Output.all(
                    **{each: made.client_id for each, made in self.endpoints.items()}
                ),
            }
        return outputs


def _egress(settings: EnvironmentSettings) -> EgressKind:
    """How the nodes' subnet leads out; an adopted one by a route, as subnets of a landing zone do."""
    if settings.network is None or settings.network.adopted:
        return EgressKind.HUB_ROUTES
    return settings.network.egress.kind


def _aks_zone_id(settings: EnvironmentSettings) -> Optional[str]:
    """The adopted zone that names the API server. Where zones are made, or a policy registers names, AKS makes one:
    it writes the record itself."""
    [zone] = zones(PrivateService.KUBERNETES, settings.location)
    if settings.network is None or settings.network.dns.mode is not DnsMode.ADOPT:
        return None
    return settings.network.dns.zone_id(zone)
