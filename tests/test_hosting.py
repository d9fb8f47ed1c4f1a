"""Whether Pulumi's host for other languages can read every component (its own analyzer is the judge)."""

import pytest
from pulumi.provider.experimental.analyzer import Analyzer
from pydantic import BaseModel

import azure_mlplatform
from azure_mlplatform.environment.data_product_rg import DataProductRG
from azure_mlplatform.settings import EnvironmentSettings

COMPONENTS = [
    (getattr(azure_mlplatform, name.removesuffix("Args")), getattr(azure_mlplatform, name))
    for name in azure_mlplatform.__all__
    if name.endswith("Args")
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
    assert str(settings["subscriptionId"].description).startswith("The subscription of all resources.")
    assert all(each.description for each in settings.values())
