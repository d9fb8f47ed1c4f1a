"""One environment of one project: the composition of the components, from settings alone."""

import datetime
from typing import Optional

import pulumi

from ._component import Component, child
from .data_product_rg import DataProductRG, DataProductRGArgs
from .ml_workspace import ConnectedService, MLWorkspace, MLWorkspaceArgs
from .settings.environment import EnvironmentSettings
from .settings.network import SubnetRole


class ProjectEnvironmentArgs(DataProductRGArgs):
    """What a ProjectEnvironment is made of."""


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
        public = settings.network.public_access if settings.network else None
        workspace = MLWorkspace(
            f"{self._name_in_program}-ml",
            MLWorkspaceArgs(
                **dict(group.placed),
                settings=settings.workspace,
                tenant_id=settings.tenant_id,
                diagnostics=group.log_analytics_workspace_id,
                private_network=group.network.private_network if group.network else None,
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
                allowed_ip_ranges=public.ip_ranges if public else [],
                zone_redundant=settings.profile.zone_redundant,
                vault_retention_days=settings.profile.vault_retention_days,
                lock=settings.protected,
            ),
            child(self),
        )
        group.grant_user(workspace.compute_principal_id, grantee="compute")
        for each in settings.access.data_scientists:
            workspace.grant_data_scientist(each)
        return workspace

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
        return outputs
