"""The engine's steps in this process, on small programs. tests/engine compares them with a real engine's."""

import datetime

import pulumi
import pulumi_azure_native as native
import pulumi_random as random
import pytest
from pulumi import ResourceOptions
from pulumi.dynamic import CreateResult, DiffResult, ResourceProvider

from azure_mlplatform.foundation.problems import Problem
from azure_mlplatform.parts.arguments import refuse_deployed
from azure_mlplatform.plan.update import By, Operation
from azure_mlplatform.testing import change

DAY = datetime.date(2026, 11, 28)


def group():
    return native.resources.ResourceGroup("group", resource_group_name="rg", location="westeurope")


def network(name="net", opts=None, **more):
    given = {"location": "westeurope", "address_space": {"address_prefixes": ["10.0.0.0/16"]}, **more}
    return native.network.VirtualNetwork(
        name, resource_group_name=group().name, virtual_network_name="vnet", opts=opts, **given
    )


def account(opts=None, **more):
    given = {"kind": "TextAnalytics", "location": "westeurope", "sku": {"name": "S"}, **more}
    return native.cognitiveservices.Account(
        "ai", resource_group_name=group().name, account_name="cog-ai", properties={}, opts=opts, **given
    )


def steps(before, after):
    found = change(before, after, today=DAY)
    return {each.name: each for each in found.steps}


def only(before, after):
    [step] = steps(before, after).values()
    return step


@pytest.mark.parametrize("program", [network, account])
def test_the_same_program_changes_nothing(program):
    found = change(program, program, today=DAY)
    assert (found.steps, found.same, found.refused) == ((), 2, False)


def test_a_change_in_place_says_what_changes():
    step = only(network, lambda: network(tags={"a": "1"}))
    assert step.operation is Operation.UPDATE
    assert [(each.path, each.before, each.after, each.replaces) for each in step.changes] == [
        ("tags", None, {"a": "1"}, False)
    ]


def test_what_azure_native_replaces():
    step = steps(network, lambda: network(location="northeurope"))["net"]
    assert step.operation is Operation.REPLACE
    assert [each.path for each in step.changes if each.replaces] == ["location"]


def test_another_spelling_of_a_region_is_no_change():
    assert not steps(network, lambda: network(location="West Europe"))


def test_what_the_program_asks_to_replace():
    opts = ResourceOptions(replace_on_changes=["tags.a"])
    found = only(lambda: network(tags={"a": "1"}), lambda: network(opts=opts, tags={"a": "2"}))
    assert found.operation is Operation.REPLACE
    found = only(lambda: network(tags={"a": "1", "b": "1"}), lambda: network(opts=opts, tags={"a": "1", "b": "2"}))
    assert found.operation is Operation.UPDATE


def test_an_ignored_change_is_none():
    opts = ResourceOptions(ignore_changes=["kind"])
    assert not steps(account, lambda: account(opts=opts, kind="Face"))


def test_a_program_reads_the_deployed_value_of_what_it_ignores():
    def program(kind):
        def compare(deployed):
            if deployed != kind:
                refuse_deployed([Problem(("kind",), f"deployed as {deployed}", "Set it back")])

        account(opts=ResourceOptions(ignore_changes=["kind"]), kind=kind).kind.apply(compare)

    found = change(lambda: program("TextAnalytics"), lambda: program("Face"), today=DAY)
    assert [str(each) for each in found.problems] == [
        "Pulumi.dev.yaml: kind: deployed as TextAnalytics\n    Set it back"
    ]
    assert found.refused
    assert not found.steps


def test_what_azure_refuses():
    step = only(account, lambda: account(kind="Face"))
    assert step.operation is Operation.UPDATE
    [refusal] = step.refusals
    assert refusal.by is By.AZURE
    assert "Face" in refusal.text


def test_all_refusals_show_at_once():
    def both(location, kind):
        account(kind=kind)
        native.machinelearningservices.Compute(
            "pool",
            resource_group_name="rg-other",
            workspace_name="ml",
            compute_name="cpu",
            location=location,
            properties=native.machinelearningservices.AmlComputeArgs(compute_type="AmlCompute"),
        )

    found = steps(lambda: both("westeurope", "TextAnalytics"), lambda: both("northeurope", "Face"))
    assert found["pool"].refusals
    assert found["ai"].refusals


def test_a_service_that_goes_says_until_when_its_name_is_held():
    step = steps(account, group)["ai"]
    assert step.operation is Operation.DELETE
    assert step.held_until == "2026-11-30"


def test_a_new_service_says_for_how_long_its_name_may_be_held():
    assert steps(group, account)["ai"].may_be_held == 2
    assert steps(group, network)["net"].may_be_held == 0


def test_a_lock_refuses_what_goes():
    def program(lock=True, net=True):
        held = network() if net else group()
        if lock:
            native.authorization.ManagementLockByScope(
                "lock",
                lock_name="keep",
                level="CanNotDelete",
                scope="/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg",
            )
        return held

    step = steps(program, lambda: program(net=False))["net"]
    assert [each.by for each in step.refusals] == [By.LOCK]


def test_protection_refuses_what_goes_and_what_is_replaced():
    protected = ResourceOptions(protect=True)
    step = steps(lambda: network(opts=protected), group)["net"]
    assert [each.by for each in step.refusals] == [By.PROTECTION]
    opts = ResourceOptions(protect=True, replace_on_changes=["tags"])
    step = only(lambda: network(opts=protected), lambda: network(opts=opts, tags={"a": "1"}))
    assert [each.by for each in step.refusals] == [By.PROTECTION]


def test_what_the_program_and_protection_refuse_shows_at_once():
    def program(kind, net=True):
        def compare(deployed):
            if deployed != kind:
                refuse_deployed([Problem(("kind",), f"deployed as {deployed}", "Set it back")])

        account(opts=ResourceOptions(ignore_changes=["kind"]), kind=kind).kind.apply(compare)
        if net:
            native.network.RouteTable(
                "routes", resource_group_name="rg", route_table_name="rt", opts=ResourceOptions(protect=True)
            )

    found = change(lambda: program("TextAnalytics"), lambda: program("Face", net=False), today=DAY)
    assert [each.what for each in found.problems] == ["deployed as TextAnalytics"]
    assert {each.name: [refusal.by for refusal in each.refusals] for each in found.steps} == {"routes": [By.PROTECTION]}


def test_what_is_encrypted_is_said_to_be_not_compared():
    def program(value):
        account(tags={"key": pulumi.Output.secret(value)})

    found = change(lambda: program("one"), lambda: program("two"), today=DAY)
    assert not found.steps
    assert ("info", "encrypted in the state, so not compared: inputs of ai") in found.messages
    assert "one" not in repr(found)


def test_protection_that_goes_with_the_change_refuses_no_replacement():
    opts = ResourceOptions(replace_on_changes=["tags"])
    step = only(lambda: network(opts=ResourceOptions(protect=True)), lambda: network(opts=opts, tags={"a": "1"}))
    assert (step.operation, step.refusals) == (Operation.REPLACE, [])


def test_what_a_program_lets_go_may_stay_in_azure():
    step = steps(lambda: network(opts=ResourceOptions(retain_on_delete=True)), group)["net"]
    assert step.stays


def test_a_former_name_keeps_a_resource():
    assert not steps(network, lambda: network("other", opts=ResourceOptions(aliases=[pulumi.Alias(name="net")])))


class Box(pulumi.ComponentResource):
    """A component with a child that has its name."""

    def __init__(self, name, opts=None):
        super().__init__("test:index:Box", name, None, opts)
        network(f"{name}-net", ResourceOptions(parent=self))


def test_children_follow_the_former_name_of_their_parent():
    assert not steps(lambda: Box("old"), lambda: Box("new", ResourceOptions(aliases=[pulumi.Alias(name="old")])))
    found = steps(lambda: Box("old"), lambda: Box("new"))
    assert {each.operation for each in found.values()} == {Operation.CREATE, Operation.DELETE}


def test_a_new_name_without_the_former_one_meets_its_own_resource():
    found = steps(network, lambda: network("other"))
    assert found["net"].operation is Operation.DELETE
    assert [each.by for each in found["other"].refusals] == [By.PROVIDER]
    assert "already existing" in found["other"].refusals[0].text


def test_what_is_made_of_a_replaced_resource_goes_first_and_comes_back():
    def program(name):
        net = native.network.VirtualNetwork(
            "net", resource_group_name=group().name, virtual_network_name=name, location="westeurope"
        )
        native.network.VirtualNetworkPeering(
            "peering", resource_group_name="rg", virtual_network_name=net.name, virtual_network_peering_name="hub"
        )

    found = steps(lambda: program("vnet-a"), lambda: program("vnet-b"))
    assert found["net"].operation is found["peering"].operation is Operation.REPLACE
    assert found["peering"].because_of == found["net"].urn


def test_what_only_waits_for_a_replaced_resource_stays():
    def program(name):
        net = native.network.VirtualNetwork(
            "net", resource_group_name=group().name, virtual_network_name=name, location="westeurope"
        )
        native.network.RouteTable(
            "routes", resource_group_name="rg", route_table_name="rt", opts=ResourceOptions(depends_on=[net])
        )

    assert set(steps(lambda: program("vnet-a"), lambda: program("vnet-b"))) == {"net"}


def test_a_random_value_comes_anew_with_any_of_its_inputs():
    def suffix(length):
        random.RandomString("suffix", length=length)

    assert only(lambda: suffix(5), lambda: suffix(6)).operation is Operation.REPLACE


class Picky(ResourceProvider):
    serialize_as_secret_always = False

    def create(self, props):
        return CreateResult("id", props)

    def diff(self, _id, olds, news):
        return DiffResult(changes=olds["a"] != news["a"], replaces=["b"] if olds["b"] != news["b"] else [])


class Chosen(pulumi.dynamic.Resource, module="test", name="Chosen"):
    """A dynamic resource of the test's own."""


def test_a_dynamic_resource_is_asked_itself():
    def program(a, b):
        Chosen(Picky(), "picky", {"a": a, "b": b})

    assert only(lambda: program(1, 1), lambda: program(2, 1)).operation is Operation.UPDATE
    assert only(lambda: program(1, 1), lambda: program(2, 2)).operation is Operation.REPLACE
    assert not steps(lambda: program(1, 1), lambda: program(1, 2))


def test_of_a_type_that_is_not_known_only_the_change_is_said():
    def cache(sku):
        native.redis.Redis(
            "cache", resource_group_name="rg", name="redis", sku={"name": sku, "family": "C", "capacity": 1}
        )

    found = change(lambda: cache("Basic"), lambda: cache("Premium"), today=DAY)
    [step] = found.steps
    assert (step.operation, step.checked) == (Operation.UPDATE, False)
    assert any("Redis" in text for _, text in found.messages)
