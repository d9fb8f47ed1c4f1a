"""The arguments of a component used alone are judged as the settings of an environment are."""

import itertools

import pytest

import azure_mlplatform
from azure_mlplatform.ai.ai_service import AIServiceArgs
from azure_mlplatform.batch.batch_scoring import BatchScoringArgs
from azure_mlplatform.foundation.problems import dotted
from azure_mlplatform.inference.aks.arguments import AKSInferenceArgs
from azure_mlplatform.inference.container import ContainerHostArgs
from azure_mlplatform.inference.online_endpoint import OnlineEndpointArgs
from azure_mlplatform.inference.settings.inference import InferenceSettings
from azure_mlplatform.network.network import NetworkArgs
from azure_mlplatform.parts.placement import NetworkedArgs, PlacedArgs, Placement
from azure_mlplatform.settings import PROFILES, Environment
from azure_mlplatform.spark.databricks.databricks_workspace import DatabricksWorkspaceArgs
from azure_mlplatform.spark.synapse.synapse_workspace import SynapseWorkspaceArgs
from azure_mlplatform.workspace.ml_workspace import MLWorkspaceArgs
from support.programs import (
    DOCUMENTS,
    GROUP,
    HTTPS,
    MANAGED,
    NIGHTLY,
    OTHER_TARGETS,
    OWN,
    STORE,
    SUBNETS,
    SYNAPSE,
    ZONES,
    attachable,
    networked,
    placed,
    served,
)
from support.violations import problems, refused

for name in azure_mlplatform.__all__:
    getattr(azure_mlplatform, name)  # Imports its module, so that every Args is known.

BRICK_SUBNETS = {"host_subnet_id": f"{SUBNETS}/host", "container_subnet_id": f"{SUBNETS}/container"}
LEAST = {
    AIServiceArgs: {"settings": DOCUMENTS},
    AKSInferenceArgs: {"settings": {"https": HTTPS}, "subnet_id": f"{SUBNETS}/aks"},
    BatchScoringArgs: {
        "settings": {"compute": "cpu", "jobs": [NIGHTLY]},
        "workspace": attachable(),
        "datastores": [{**STORE, "folders": []}],
    },
    DatabricksWorkspaceArgs: {"settings": {}, **BRICK_SUBNETS},
    MLWorkspaceArgs: {"settings": MANAGED},
    OnlineEndpointArgs: {"settings": {"name": "scoring"}, "workspace": attachable()},
    SynapseWorkspaceArgs: {"settings": SYNAPSE},
    **{
        args: {"settings": block}
        for each in OTHER_TARGETS.values()
        for block in InferenceSettings.model_validate(each).blocks.values()
        for args in ContainerHostArgs.__subclasses__()
        if args.model_fields["settings"].annotation is type(block)
    },
}
"""What each component that others call takes beside its placement, at least."""

PUBLIC = {"ip_ranges": ["203.0.113.0/24"], "reason": "Office access, NET-123"}
ALICE = {"name": "alice", "vm_size": "Standard_D4ds_v4", "assigned_user": GROUP}
REASON = "a proof of concept, ML-321"
NETWORK = {"subnet_id": f"{SUBNETS}/endpoints", "zone_ids": dict(ZONES)}


def subclasses(of):
    return {of, *itertools.chain.from_iterable(map(subclasses, of.__subclasses__()))}


def test_every_component_that_others_call_is_judged_here():
    assert {each for each in subclasses(NetworkedArgs) if not each.__subclasses__()} == set(LEAST)
    assert subclasses(PlacedArgs) - subclasses(NetworkedArgs) == {PlacedArgs, NetworkArgs}


@pytest.mark.parametrize(
    ("args", "environment"),
    [
        (args, environment)
        for args in LEAST
        for environment in Environment
        if args is not AKSInferenceArgs or PROFILES[environment].is_promoted
    ],
)
def test_what_is_left_out_makes_nothing_public_or_unlogged(args, environment):
    given = {**served(args, environment=environment, private_network=None, diagnostics=None), **LEAST[args]}
    assert sorted(refused(args, given)) == ["placement.diagnostics", "placement.private_network"]
    whole = {**served(args, environment=environment), **LEAST[args]}
    assert not problems(args, whole)


@pytest.mark.parametrize("environment", Environment)
@pytest.mark.parametrize("private_network", [None, NETWORK])
@pytest.mark.parametrize("public_access", [None, PUBLIC])
@pytest.mark.parametrize("open_reason", [None, REASON])
def test_openness_is_said_and_allowed_or_refused(environment, private_network, public_access, open_reason):
    profile = PROFILES[environment]
    given = placed(
        environment, private_network=private_network, public_access=public_access, open_reason=open_reason
    ) | {"settings": DOCUMENTS}
    taken = not problems(AIServiceArgs, given)
    said = bool(public_access or open_reason)
    assert taken == (
        (profile.may_be_public or not public_access)
        and (private_network is not None or not profile.needs_network)
        and (open_reason is None or (private_network is None and not profile.needs_network))
        and (private_network is not None or said)
    )
    if taken:
        placement = AIServiceArgs.model_validate(given).placement
        assert (placement.public_network_access == "Enabled") == said
        assert (placement.default_action == "Allow") == (open_reason is not None and not public_access)


@pytest.mark.parametrize("reason", ["", "because"])
def test_a_reason_is_a_sentence(reason):
    assert refused(Placement, placed("sandbox", private_network=None, open_reason=reason)["placement"]) == [
        "open_reason"
    ]


@pytest.mark.parametrize(
    ("args", "settings", "environment", "path"),
    [
        (
            MLWorkspaceArgs,
            {
                **MANAGED,
                "instances": [ALICE],
            },
            "prod",
            "settings.instances",
        ),
        (MLWorkspaceArgs, {**MANAGED, "managed_network": {"isolation": "AllowInternetOutbound"}}, "prod", "settings"),
        (
            AKSInferenceArgs,
            {"insecure_reason": "the gateway ends TLS, ML-321"},
            "prod",
            "settings.insecure_reason",
        ),
    ],
)
def test_what_a_profile_forbids_is_forbidden_here(args, settings, environment, path):
    given = {**served(args, environment=environment), **LEAST[args], "settings": settings}
    assert any(each.startswith(path) for each in refused(args, given))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("project", "a" * 40),
        ("project", "Churn"),
        ("lock", "perhaps"),
        ("location", "middleearth"),
        ("subscription_id", "mine"),
        ("tenant_id", "contoso.onmicrosoft.com"),
        ("resource_group_name", "rg churn"),
        ("suffix", "ABC"),
        ("suffix", "abc-12"),
        ("diagnostics", "log"),
        ("private_network", {"subnet_id": "snet"}),
        ("private_network", {"subnet_id": f"{SUBNETS}/endpoints", "zone_ids": {"privatelink.x": "zone"}}),
        ("public_access", {"ip_ranges": ["0.0.0.0/0"], "reason": REASON}),
    ],
)
def test_a_value_is_of_the_same_type_as_in_settings(field, value):
    found = problems(AIServiceArgs, networked("dev", **{field: value}) | {"settings": DOCUMENTS})
    assert found
    assert all(dotted(each.path).startswith(f"placement.{field}") for each in found)
    assert all(each.fix for each in found)


def test_all_problems_come_at_once():
    given = networked("prod", suffix="ABC", diagnostics="log", tenant_id="contoso") | {
        "settings": {**DOCUMENTS, "kind": "Formrecogniser"}
    }
    assert sorted(refused(AIServiceArgs, given)) == [
        "placement.diagnostics",
        "placement.suffix",
        "placement.tenant_id",
        "settings.kind",
    ]


def test_a_workspace_in_a_network_of_its_own_needs_the_subnet_of_its_computes():
    given = {**networked(), "settings": OWN}
    assert refused(MLWorkspaceArgs, given) == ["training_subnet_id"]
    assert not problems(MLWorkspaceArgs, {**given, "training_subnet_id": f"{SUBNETS}/training"})
    assert refused(MLWorkspaceArgs, {**given, "training_subnet_id": "snet-training"}) == ["training_subnet_id"]


@pytest.mark.parametrize("args", [each for each in LEAST if each not in (OnlineEndpointArgs, AKSInferenceArgs)])
def test_a_zone_that_an_endpoint_needs_is_missed_before_anything_is_made(args):
    network = {"subnet_id": f"{SUBNETS}/endpoints", "zone_ids": {}}
    given = {**served(args, private_network=network), **LEAST[args]}
    [problem] = problems(args, given)
    assert dotted(problem.path) == "placement.private_network.zone_ids"
    assert "privatelink." in problem.what
    by_policy = {**network, "zone_ids": None}
    assert not problems(args, {**served(args, private_network=by_policy), **LEAST[args]})


@pytest.mark.parametrize("environment", Environment)
@pytest.mark.parametrize("lock", [False, True])
@pytest.mark.parametrize("retire", [None, {"reason": "The project ended, ticket ML-321"}])
def test_what_holds_data_is_protected_unless_it_retires(environment, lock, retire):
    placement = Placement.model_validate(networked(environment, lock=lock, retire=retire)["placement"])
    assert placement.protected == ((PROFILES[environment].protect or lock) and retire is None)


def test_text_and_dicts_become_what_the_fields_hold():
    args = AIServiceArgs.model_validate(networked("prod") | {"settings": DOCUMENTS})
    assert args.placement.environment is Environment.PROD
    assert args.settings.name == "documents"
    assert args.placement.private_network is not None
    assert str(args.placement.private_network.subnet_id) == f"{SUBNETS}/endpoints"
    [given] = networked().values()
    assert refused(Placement, {**given, "environment": "production"}) == ["environment"]
