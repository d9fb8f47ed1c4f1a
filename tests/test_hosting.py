"""Whether Pulumi's host for other languages can read every component (its own analyzer is the judge)."""

import pytest
from pulumi.provider.experimental.analyzer import Analyzer
from pydantic import BaseModel

from azure_mlplatform.ai.ai_service import AIService, AIServiceArgs
from azure_mlplatform.batch.batch_scoring import BatchScoring, BatchScoringArgs
from azure_mlplatform.environment.data_product_rg import DataProductRG, DataProductRGArgs
from azure_mlplatform.inference.aks.aks_inference import AKSInference
from azure_mlplatform.inference.aks.arguments import AKSInferenceArgs
from azure_mlplatform.inference.app_service.app_service_inference import AppServiceInference, AppServiceInferenceArgs
from azure_mlplatform.inference.container_app.container_app_inference import (
    ContainerAppInference,
    ContainerAppInferenceArgs,
)
from azure_mlplatform.inference.online_endpoint import OnlineEndpoint, OnlineEndpointArgs
from azure_mlplatform.network.network import Network, NetworkArgs
from azure_mlplatform.project_environment import ProjectEnvironment, ProjectEnvironmentArgs
from azure_mlplatform.settings import EnvironmentSettings
from azure_mlplatform.spark.databricks.databricks_workspace import DatabricksWorkspace, DatabricksWorkspaceArgs
from azure_mlplatform.spark.synapse.synapse_workspace import SynapseWorkspace, SynapseWorkspaceArgs
from azure_mlplatform.workspace.ml_workspace import MLWorkspace, MLWorkspaceArgs

COMPONENTS = [
    (AIService, AIServiceArgs),
    (AKSInference, AKSInferenceArgs),
    (AppServiceInference, AppServiceInferenceArgs),
    (BatchScoring, BatchScoringArgs),
    (ContainerAppInference, ContainerAppInferenceArgs),
    (DataProductRG, DataProductRGArgs),
    (DatabricksWorkspace, DatabricksWorkspaceArgs),
    (MLWorkspace, MLWorkspaceArgs),
    (Network, NetworkArgs),
    (OnlineEndpoint, OnlineEndpointArgs),
    (ProjectEnvironment, ProjectEnvironmentArgs),
    (SynapseWorkspace, SynapseWorkspaceArgs),
]


class Host(Analyzer):
    """Reads pydantic's fields: leaves out what its own base class annotates, and what has a default is optional."""

    def analyze_type(self, typ, *, is_component_output):
        inputs, mapping = super().analyze_type(typ, is_component_output=is_component_output)
        if not issubclass(typ, BaseModel):
            return inputs, mapping
        for schema, name in mapping.items():
            if name in typ.model_fields and not typ.model_fields[name].is_required():
                inputs[schema].optional = True
        ours = {schema for schema, name in mapping.items() if name in typ.model_fields}
        return {k: v for k, v in inputs.items() if k in ours}, {k: v for k, v in mapping.items() if k in ours}


def test_the_host_reads_every_component():
    result = Host("azure-mlplatform").analyze([component for component, _ in COMPONENTS])
    assert set(result["component_definitions"]) == {component.__name__ for component, _ in COMPONENTS}


@pytest.mark.parametrize(("component", "args"), COMPONENTS)
def test_the_host_sees_every_argument(component, args):
    definition = Host("azure-mlplatform").analyze([component])["component_definitions"][component.__name__]
    assert set(definition.inputs_mapping.values()) == set(args.model_fields)
    required = {definition.inputs_mapping[key] for key, value in definition.inputs.items() if not value.optional}
    assert required == {name for name, field in args.model_fields.items() if field.is_required()}
    ours = [each for each in component.__mro__ if each.__module__.startswith("azure_mlplatform.")]
    outputs = {name for each in ours for name in each.__annotations__ if not name.startswith("_")}
    assert set(definition.outputs_mapping.values()) == outputs


def test_the_host_knows_what_a_setting_means():
    types = Host("azure-mlplatform").analyze([DataProductRG])["type_definitions"]
    settings = types[EnvironmentSettings.__name__].properties
    assert str(settings["subscriptionId"].description).startswith("The subscription that everything is in.")
    assert all(each.description for each in settings.values())
