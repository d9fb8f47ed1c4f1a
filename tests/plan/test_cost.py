"""What a plan costs: the floor, the ceiling, what has no price, and what depends on use."""

import datetime
from decimal import Decimal

import pytest

from azure_mlplatform.catalogue.meters import GLOBAL
from azure_mlplatform.catalogue.prices import Price, PriceTable
from azure_mlplatform.plan.cost import bound, cost_of, cost_table, meters_of, money
from azure_mlplatform.plan.resource import Plan, PlannedResource
from support.stacks import ROOT, plan_of

DAY = datetime.date(2026, 11, 28)


def row(sku, price, *, service="Virtual Machines", meter="a meter", region="westeurope", unit="1 Hour"):
    return Price(region, service, sku, meter, Decimal(price), "EUR", unit, "a test", DAY)


def table(*rows):
    return PriceTable(rows, "EUR", "prices.csv")


def resource(type_, name="x", **inputs):
    return PlannedResource(
        f"urn::{type_}::{name}", type_, name, "", True, inputs, (), {}, False, id=inputs.pop("id", f"/{name}")
    )


GROUP = resource("azure-native:resources:ResourceGroup", "rg", location="westeurope")


def plan(*resources):
    return Plan("lending", "dev", (GROUP, *resources))


def cluster(least, most, size="Standard_D4ds_v5", priority="Dedicated", name="cpu"):
    return resource(
        "azure-native:machinelearningservices:Compute",
        name,
        location="westeurope",
        properties={
            "computeType": "AmlCompute",
            "properties": {
                "vmSize": size,
                "vmPriority": priority,
                "scaleSettings": {"minNodeCount": least, "maxNodeCount": most},
            },
        },
    )


def test_floor_and_ceiling_of_machines():
    found = cost_of(plan(cluster(1, 4)), table(row("Standard_D4ds_v5", "0.5")))
    [line] = found.lines
    assert (line.floor, line.ceiling) == (Decimal(365), Decimal(1460))
    assert (found.floor, found.ceiling, found.without_price) == (365, 1460, [])
    assert line.price is not None
    assert line.price.day == DAY


def test_what_has_no_row_is_named_and_in_no_sum():
    other = row("Standard_D4ds_v5", "0.5", region="northeurope")
    found = cost_of(
        plan(cluster(1, 4), cluster(1, 2, "Standard_D8ds_v5", name="big")), table(other, row("Standard_D8ds_v5", "1"))
    )
    assert (found.floor, found.ceiling) == (730, 1460)
    assert [each.name for each in found.without_price] == ["cpu"]
    assert found.lines[0].floor is None
    assert bound(found) == "730.00 EUR + 1 without a price"
    assert "    compute cluster cpu: Virtual Machines Standard_D4ds_v5" in cost_table(found)


def test_without_any_price_there_is_no_sum():
    found = cost_of(plan(cluster(1, 4)), PriceTable((), "", "prices.csv"))
    assert bound(found) == "no price (1 without a price)"
    assert "0.00" not in "\n".join(cost_table(found)).partition("floor")[2]


def test_a_cluster_that_goes_down_to_none_costs_nothing_at_least_with_or_without_a_price():
    found = cost_of(plan(cluster(0, 4)), table())
    assert (found.lines[0].floor, found.lines[0].ceiling) == (Decimal(0), None)
    assert found.floor_lacks == []
    assert [each.name for each in found.without_price] == ["cpu"]


def test_low_priority_machines_have_another_price():
    dear = row("Standard_D4ds_v5", "0.5", meter="D4ds v5")
    cheap = row("Standard_D4ds_v5", "0.1", meter="D4ds v5 Low Priority")
    found = cost_of(plan(cluster(1, 1), cluster(1, 1, priority="LowPriority", name="low")), table(dear, cheap))
    assert [each.floor for each in found.lines] == [365, 73]


def test_a_machine_of_a_person_stops_when_it_is_idle():
    def instance(**settings):
        return resource(
            "azure-native:machinelearningservices:Compute",
            location="westeurope",
            properties={"computeType": "ComputeInstance", "properties": {"vmSize": "Standard_D4ds_v5", **settings}},
        )

    prices = table(row("Standard_D4ds_v5", "1"))
    assert [each.floor for each in cost_of(plan(instance()), prices).lines] == [730]
    [stops] = cost_of(plan(instance(idleTimeBeforeShutdown="PT60M")), prices).lines
    assert (stops.floor, stops.ceiling) == (0, 730)


def test_a_pool_is_in_the_region_of_its_cluster():
    aks = resource(
        "azure-native:containerservice:ManagedCluster", "aks", id="/g/aks", location="northeurope", sku={"tier": "Free"}
    )
    pool = resource(
        "azure-native:containerservice:AgentPool",
        "cpu",
        id="/g/aks/agentPools/cpu",
        vmSize="Standard_D4ds_v5",
        count=2,
        enableAutoScaling=False,
        minCount=0,
        maxCount=9,
    )
    found = cost_of(plan(aks, pool), table(row("Standard_D4ds_v5", "1", region="northeurope")))
    [line] = found.lines
    assert (line.region, line.floor, line.ceiling) == ("northeurope", 1460, 1460)


def test_units_other_than_hours():
    registry = resource("azure-native:containerregistry:Registry", location="westeurope", sku={"name": "Premium"})
    price = row("Premium", "3", service="Container Registry", meter="Premium Registry Unit", unit="1/Day")
    assert cost_of(plan(registry), table(price)).floor.quantize(Decimal("0.01")) == Decimal("91.25")
    exact = cost_of(plan(registry, budget(91.25)), table(price))
    assert not list(exact.problems(""))


def test_a_type_that_nobody_looked_up_is_named():
    found = cost_of(plan(resource("azure-native:compute:VirtualMachine", location="westeurope")), table())
    assert [each.charge for each in found.without_price] == ["a type that nobody has looked up"]
    assert meters_of([plan(resource("azure-native:compute:VirtualMachine", location="westeurope"))]) == []


def budget(amount):
    return resource("azure-native:consumption:Budget", amount=amount)


@pytest.mark.parametrize(("amount", "refused"), [(364, True), (365, False), (10000, False)])
def test_a_budget_below_the_floor_is_refused(amount, refused):
    found = cost_of(plan(cluster(1, 4), budget(amount)), table(row("Standard_D4ds_v5", "0.5")))
    problems = list(found.problems("Pulumi.dev.yaml"))
    assert bool(problems) is refused
    if refused:
        assert problems[0].what.startswith("a budget of 364.00 is below the floor: 365.00 EUR a month")
        assert problems[0].fix.startswith("Give at least 365, ")


def test_a_floor_that_lacks_prices_still_refuses_what_is_below_it():
    found = cost_of(
        plan(cluster(1, 4), cluster(1, 1, "Standard_D8ds_v5"), budget(100)), table(row("Standard_D4ds_v5", "0.5"))
    )
    assert list(found.problems(""))
    assert not list(cost_of(plan(cluster(1, 4), budget(100)), table()).problems(""))


def test_the_reference_project_names_all_that_it_uses_once():
    found = meters_of([plan_of(ROOT, "dev"), plan_of(ROOT, "prod")])
    assert len(found) == len(set(found))
    regions = {region for region, _ in found}
    assert regions == {GLOBAL, "westeurope"}
    texts = [str(meter) for _, meter in found]
    assert "Virtual Machines Standard_D4ds_v5" in texts
    assert "Container Registry Premium Registry Unit" in texts


def test_every_line_of_the_reference_project_has_a_region_and_equal_ones_share_a_line():
    cost = cost_of(plan_of(ROOT, "prod"), table())
    assert {each.region for each in cost.lines} == {"westeurope", "global"}
    text = cost_table(cost)
    assert any("private endpoint (10): Virtual Network Standard Private Endpoint" in each for each in text)
    assert "    10 private endpoints: GB" in text
    assert cost.budget == 9000


def test_money_is_rounded_to_cents_for_people():
    assert money(Decimal("1234.565"), "EUR") == "1,234.57 EUR"
    assert money(None) == "no price"
