"""One environment of one project: the composition of the components, from settings alone."""

from typing import Optional

import pulumi

from ._component import Component, child
from .data_product_rg import DataProductRG, DataProductRGArgs


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
        self._finish(
            {
                "name": self.data_product.name,
                "resource_id": self.data_product.resource_id,
                "principal_id": self.data_product.principal_id,
            }
        )

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
        return outputs
