import pulumi
import pytest

from azure_mlplatform.environment.identity import guard, identity_violations
from azure_mlplatform.foundation.problems import dotted
from azure_mlplatform.parts.arguments import RefusedError
from azure_mlplatform.stack import azure_provider
from azure_mlplatform.testing import example_settings, record
from support.programs import BATCH, INFERENCE, SHARED_FACTORY, WORKSPACE, of_targets, whole

FIRST = {
    "project": "churn",
    "data_product": "customer-360",
    "environment": "dev",
    "location": "westeurope",
    "resource_group_id": "",
}


def found(deployed, stash="environment", **changes):
    """The dotted settings that differ from what was deployed first."""
    seen = []

    def program():
        for each in identity_violations(example_settings(**changes)):
            each.apply(seen.extend)

    record(program, existing={stash: {"output": deployed}} if deployed else None)
    return [dotted(each.path) for each in seen]


def test_the_first_deployment_has_nothing_to_differ_from():
    assert found(None) == []


@pytest.mark.parametrize("preview", [False, True])
def test_what_is_kept_is_the_settings_that_make_it_this_environment(preview):
    plan = record(lambda: azure_provider(example_settings()), preview=preview)
    [kept] = plan.of_type("Stash")
    assert kept.name == "environment"
    assert set(kept.input("input")) == {
        *FIRST,
        "subscription_id",
        "tenant_id",
        "suffix",
        "network",
        "cluster_egress",
        "shared_range",
    }
    [provider] = plan.of_type("azure-native")
    assert provider.inputs["subscriptionId"] == example_settings().subscription_id


@pytest.mark.parametrize(
    ("key", "other", "setting"),
    [
        ("project", "fraud", "project.name"),
        ("data_product", "sales", "project.data_product"),
        ("environment", "test", "environment"),
        ("location", "northeurope", "location"),
        ("subscription_id", "00000000-0000-0000-0000-00000000dead", "subscription_id"),
        ("tenant_id", "00000000-0000-0000-0000-00000000dead", "tenant_id"),
        ("resource_group_id", "/subscriptions/s/resourceGroups/other", "resource_group_id"),
    ],
)
def test_each_is_refused_if_it_was_another(key, other, setting):
    assert found({**FIRST, key: other}) == [setting]


@pytest.mark.parametrize(
    ("first", "refused"),
    [("nat_gateway", []), ("firewall", ["network.egress.kind"]), ("", [])],
)
def test_the_egress_below_an_own_cluster_stays(first, refused):
    assert found({"cluster_egress": first}, inference=INFERENCE, workspace=WORKSPACE) == refused
    assert found({"cluster_egress": first}) == []


@pytest.mark.parametrize(
    ("key", "first", "setting"),
    [
        ("suffix", "abc123", "suffix"),
        ("network", "adopted subnets", "network.subnet_ids.endpoints"),
    ],
)
def test_names_and_network_stay(key, first, setting):
    assert found({key: first}) == [setting]


MOVED = {
    **of_targets("aks", "managed"),
    "endpoints": [{"name": "on-aks", "target": "aks"}, {"name": "moved", "target": "managed"}],
}
TRUST = {"name": "ado", "issuer": "https://issuer.example", "subject": "sc://a/b/c"}


@pytest.mark.parametrize(
    ("stash", "first", "changes", "refused"),
    [
        ("inference", {"target": "managed"}, {"inference": INFERENCE}, ["inference.target"]),
        ("endpoint-scoring", {"compute_name": "other"}, {"inference": INFERENCE}, ["inference.aks.compute_name"]),
        ("endpoint-scoring", {"namespace": "other"}, {"inference": INFERENCE}, ["inference.aks.namespace"]),
        ("endpoint-other", {"namespace": "other"}, {"inference": INFERENCE}, []),
        ("inference", {"target": "aks"}, {"inference": of_targets("managed", "app_service")}, []),
        ("inference", {"target": ""}, {"inference": INFERENCE}, []),
        # Before there were several targets, an endpoint on a cluster had a stash without its target.
        ("endpoint-on-aks", {"namespace": "churn-dev"}, {"inference": of_targets("aks", "managed")}, []),
        ("endpoint-moved", {"namespace": "churn-dev"}, {"inference": MOVED}, ["inference.endpoints[1].target"]),
        ("endpoint-on-aks", {"target": "managed"}, {"inference": of_targets("aks")}, ["inference.endpoints[0].target"]),
        ("endpoint-scoring", {"target": "managed"}, {"inference": INFERENCE}, ["inference.endpoints[0].target"]),
        ("endpoint-on-managed", {"target": "managed"}, {"inference": of_targets("aks", "managed")}, []),
        (
            "app-apps",
            {"target": "app_service"},
            {"inference": of_targets("aks", "container_app")},
            ["inference.container_app.apps[0].name"],
        ),
        ("app-web", {"target": "app_service"}, {"inference": of_targets("aks", "app_service")}, []),
        ("workspace", {"key_vault_id": "/subscriptions/s/vaults/kv"}, {}, ["customer_managed_key.key_vault_id"]),
        ("batch", {"orchestrator": "synapse"}, {"batch": BATCH}, ["batch.orchestrator"]),
        ("batch", {"data_factory_id": SHARED_FACTORY}, {"batch": BATCH}, ["batch.data_factory_id"]),
        ("batch-arrived", {"mode": "published_pipeline"}, {"batch": BATCH}, ["batch.jobs[1].mode"]),
        (
            "trust-ado",
            {"issuer": "https://issuer.example", "subject": "sc://a/b/d"},
            {"workload_identity": {"federated_credentials": [TRUST]}},
            ["workload_identity.federated_credentials[0].subject"],
        ),
    ],
)
def test_what_a_part_was_made_with_stays_while_the_part_is_there(stash, first, changes, refused):
    assert found(first, stash, workspace=WORKSPACE, **changes) == refused
    assert found(first, stash) == []


def test_case_does_not_count_and_what_an_older_version_did_not_keep_is_not_compared():
    assert found({"location": "WestEurope"}) == []


def test_nothing_can_be_made_with_the_provider_of_another_environment():
    existing = {"environment": {"output": {**FIRST, "location": "northeurope"}}}
    with pytest.raises(RefusedError) as error:
        record(lambda: azure_provider(example_settings()), existing=existing)
    assert "immutable: deployed as 'northeurope', cannot become 'westeurope'" in str(error.value)
    assert "retire this one" in str(error.value)


@pytest.mark.parametrize("environment", ["dev", "prod"])
@pytest.mark.parametrize("retire", [None, {"reason": "The project ended, ticket ML-321"}])
def test_the_guard_comes_after_everything_and_holds_until_the_environment_is_retired(environment, retire):
    plan = whole(environment, **({"retire": retire} if retire else {}))
    [kept] = [each for each in plan.of_type("Stash") if each.name == "churn-retire-first"]
    assert kept.protect is (retire is None)
    others = {each.urn for each in plan.azure_resources}
    assert others <= set(kept.dependencies)


def test_a_guard_waits_for_what_it_is_given_only():
    def program():
        first = pulumi.Stash("first", input=1)
        pulumi.Stash("second", input=2)
        guard(first, "last", protect=True, after=[first])

    plan = record(program)
    [last] = [each for each in plan.resources if each.name == "last"]
    assert [each.rsplit("::", 1)[1] for each in last.dependencies] == ["first"]


@pytest.mark.parametrize(
    ("deployed", "network", "refused"),
    [
        ("10.20.0.0/22", {"address_space": ["10.20.0.0/21"]}, ["network.address_space[0]"]),
        ("10.20.0.0/22", {"address_space": ["10.20.0.0/22", "10.21.0.0/24"]}, []),
        ("10.20.0.0/22", {"address_space": ["10.21.0.0/24", "10.20.0.0/22"]}, ["network.address_space[0]"]),
        ("", {"address_space": ["10.20.0.0/21"]}, []),
    ],
)
def test_the_range_that_subnets_are_shares_of_stays(deployed, network, refused):
    assert found({"shared_range": deployed}, network=network) == refused


@pytest.mark.parametrize(
    ("first", "environment", "reason", "refused"),
    [
        ("", "prod", None, []),
        ("", "prod", "One zone is enough, ARC-118", ["no_zones_reason"]),
        ("in no zones", "prod", "Another reason for it, ARC-119", []),
        ("in no zones", "prod", None, ["no_zones_reason"]),
        ("", "dev", "One zone is enough, ARC-118", []),
    ],
)
def test_an_environment_that_is_spread_over_zones_stays_so(first, environment, reason, refused):
    deployed = {**FIRST, "environment": environment, "zones": first}
    assert found(deployed, environment=environment, no_zones_reason=reason) == refused
