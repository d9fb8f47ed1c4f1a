"""Arguments that a component refuses, and two components that would make the same resources."""

import pulumi
import pulumi_azure_native as native
import pytest

from azure_mlplatform.ai.ai_service import AIService, AIServiceArgs
from azure_mlplatform.environment.data_product_rg import DataProductRG, DataProductRGArgs
from azure_mlplatform.inference.online_endpoint import OnlineEndpoint
from azure_mlplatform.parts.arguments import RefusedError
from azure_mlplatform.spark.synapse.synapse_workspace import SynapseWorkspace
from azure_mlplatform.testing import example_settings, record
from azure_mlplatform.workspace.ml_workspace import MLWorkspace
from support.programs import DOCUMENTS, MANAGED, SYNAPSE, TODAY, attachable, networked

SPEECH = {"name": "speech", "kind": "SpeechServices"}


def twice(*given, component=AIService, preview=False):
    """The plan of a program with several components."""
    return record(lambda: [component(f"c{number}", each) for number, each in enumerate(given)], preview=preview)


@pytest.mark.parametrize("preview", [False, True])
@pytest.mark.parametrize(
    ("component", "rest"),
    [
        (AIService, {"settings": DOCUMENTS}),
        (MLWorkspace, {"settings": MANAGED}),
        (OnlineEndpoint, {"settings": {"name": "scoring"}, "workspace": attachable()}),
        (SynapseWorkspace, {"settings": SYNAPSE}),
    ],
)
def test_a_second_one_with_equal_azure_names_is_refused(component, rest, preview):
    given = {**networked(), **rest}
    with pytest.raises(RefusedError) as refused:
        twice(given, given, component=component, preview=preview)
    assert str(refused.value).startswith(
        f"c1: would make the same resources as c0: the {component.__name__} of churn in dev"
    )


@pytest.mark.parametrize(
    "other",
    [
        {**networked(), "settings": SPEECH},
        {**networked(project="claims"), "settings": DOCUMENTS},
        {**networked("test"), "settings": DOCUMENTS},
        {**networked(resource_group_name="rg-other"), "settings": DOCUMENTS},
        {**networked(subscription_id="00000000-0000-0000-0000-0000000000aa"), "settings": DOCUMENTS},
    ],
)
def test_one_with_another_name_or_place_is_not(other):
    assert len(twice({**networked(), "settings": DOCUMENTS}, other).of_type("Account")) == 2


def test_groups_are_compared_once_their_names_are_known():
    """Upper and lower case are one name to Azure."""

    def program(other):
        groups = [native.resources.ResourceGroup(f"g{name}", resource_group_name=name) for name in ("rg-a", other)]
        for number, group in enumerate(groups):
            AIService(f"c{number}", {**networked(resource_group_name=group.name), "settings": DOCUMENTS})

    assert len(record(lambda: program("rg-b")).of_type("Account")) == 2
    with pytest.raises(RefusedError, match="c1: would make the same resources as c0"):
        record(lambda: program("RG-A"))
    # Nobody knows in a first preview, and nothing is lost there.
    assert len(record(lambda: program("RG-A"), preview=True).of_type("Account")) == 2


def test_programs_do_not_know_of_each_other():
    for _ in range(2):
        assert twice({**networked(), "settings": DOCUMENTS}).of_type("Account")


def test_two_data_products_of_one_environment_are_refused():
    settings = example_settings()

    def program():
        for name in ("a", "b"):
            DataProductRG(name, DataProductRGArgs(settings=settings, today=TODAY))

    with pytest.raises(RefusedError, match="b: would make the same resources as a"):
        record(program)


def test_arguments_one_by_one_are_answered_with_how_to_pass_them():
    with pytest.raises(RefusedError) as refused:
        record(lambda: AIService("docs", settings=DOCUMENTS, placement=networked()["placement"]))  # type: ignore[call-arg]
    assert str(refused.value) == (
        "AIService: settings, placement cannot be passed one by one\n"
        "    Pass the arguments as one object: AIService(name, AIServiceArgs(settings=…, placement=…))"
    )


@pytest.mark.parametrize(("given", "what"), [(None, "nothing is given"), ("docs", "a str is given")])
def test_what_are_no_arguments_is_answered_with_what_to_pass(given, what):
    with pytest.raises(RefusedError) as refused:
        record(lambda: AIService("docs", given))
    assert str(refused.value) == f"AIServiceArgs: {what}\n    Pass AIServiceArgs(…), or a dict of its fields"


@pytest.mark.parametrize("inside", [lambda group: group, lambda group: {"subnet_id": group}])
def test_a_resource_in_place_of_its_id_is_answered_with_what_to_pass(inside):
    def program():
        group = native.resources.ResourceGroup("g", resource_group_name="rg-a")
        AIServiceArgs.model_validate(networked(private_network=inside(group)) | {"settings": DOCUMENTS})

    with pytest.raises(RefusedError) as refused:
        record(program)
    assert "a ResourceGroup is given, but a value is expected" in str(refused.value)
    assert "such as `.id` for an id" in str(refused.value)


def test_the_constructor_and_model_validate_refuse_alike():
    with pytest.raises(RefusedError) as by_constructor:
        AIServiceArgs(settings={"name": "documents", "kind": "Form"}, **networked())
    with pytest.raises(RefusedError) as by_dict:
        AIServiceArgs.model_validate({"settings": {"name": "documents", "kind": "Form"}, **networked()})
    assert str(by_constructor.value) == str(by_dict.value)
    assert str(by_dict.value).startswith("AIServiceArgs: settings.kind: ")


def test_pulumi_shows_a_refusal_without_a_traceback():
    assert issubclass(RefusedError, pulumi.RunError)
