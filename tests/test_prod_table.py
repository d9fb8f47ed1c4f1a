"""The prod table of azure-facts.md: each row is met in prod, and breaking the setting is seen."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from typing import Any, NamedTuple

import pytest

from azure_mlplatform.testing import Plan, PlannedResource
from programs import GROUP, whole

DIAGNOSED = {"Account"}


class Row(NamedTuple):
    """A setting that every resource of a type must have."""

    type: str
    path: str
    met: Callable[[Any], bool]
    broken: Any


def equals(value: Any) -> Callable[[Any], bool]:
    return lambda actual: actual == value


ACCOUNT = "azure-native:cognitiveservices:Account"
ROWS = [
    Row(ACCOUNT, "properties.customSubDomainName", bool, None),
    Row(ACCOUNT, "properties.disableLocalAuth", equals(True), False),
    Row(ACCOUNT, "properties.restrictOutboundNetworkAccess", equals(True), False),
    Row(ACCOUNT, "properties.publicNetworkAccess", equals("Disabled"), "Enabled"),
    Row(ACCOUNT, "properties.networkAcls.defaultAction", equals("Deny"), "Allow"),
    Row(ACCOUNT, "identity.type", lambda value: "SystemAssigned" in str(value), "None"),
    Row("azure-native:operationalinsights:Workspace", "features.disableLocalAuth", equals(True), False),
    Row("azure-native:operationalinsights:Workspace", "retentionInDays", lambda days: days >= 365, 30),
    Row(
        "azure-native:authorization:RoleAssignment",
        "principalType",
        lambda value: value in ("Group", "ServicePrincipal"),
        "User",
    ),
    Row("azure-native:authorization:RoleAssignment", "roleAssignmentName", lambda value: len(str(value)) == 36, None),
    Row("azure-native:network:VirtualNetwork", "subnets.0.defaultOutboundAccess", equals(False), True),
    Row("azure-native:network:VirtualNetwork", "subnets.0.networkSecurityGroup.id", bool, None),
    Row("azure-native:monitor:DiagnosticSetting", "logs.0.categoryGroup", equals("allLogs"), "audit"),
    Row("azure-native:monitor:DiagnosticSetting", "metrics.0.category", equals("AllMetrics"), None),
]


def failing(plan: Plan, row: Row) -> list[str]:
    """The resources that do not meet a row."""
    return [each.name for each in plan.of_type(row.type) if not row.met(each.input(row.path))]


def undiagnosed(plan: Plan) -> list[str]:
    """Resources that report to nobody."""
    reported = {each.input("resourceUri") for each in plan.of_type("DiagnosticSetting") if each.input("workspaceId")}
    return [each.name for each in plan.azure_resources if each.kind in DIAGNOSED and each.id not in reported]


def without_endpoint(plan: Plan) -> list[str]:
    """Resources that no private endpoint leads to."""
    reached = {
        each.input("privateLinkServiceConnections.0.privateLinkServiceId") for each in plan.of_type("PrivateEndpoint")
    }
    return [each.name for each in plan.of_type(ACCOUNT) if each.id not in reached]


def changed(plan: Plan, victim: PlannedResource, path: str, value: Any) -> Plan:
    """The plan with one input of one resource set to another value."""
    inputs = deepcopy(dict(victim.inputs))
    *parents, last = path.split(".")
    inner: Any = inputs
    for part in parents:
        inner = inner[int(part)] if part.isdecimal() else inner[part]
    inner[last] = value
    resources = tuple(replace(each, inputs=inputs) if each is victim else each for each in plan.resources)
    return replace(plan, resources=resources)


@pytest.fixture(scope="module")
def prod():
    return whole("prod", access={"readers": [GROUP]})


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.type.rsplit(':', 1)[-1]}.{row.path}")
def test_prod_has_what_it_must(prod, row):
    assert prod.of_type(row.type)
    assert failing(prod, row) == []
    for victim in prod.of_type(row.type):
        assert failing(changed(prod, victim, row.path, row.broken), row) == [victim.name]


def test_everything_in_prod_reports(prod):
    assert undiagnosed(prod) == []
    for victim in prod.of_type("DiagnosticSetting"):
        assert len(undiagnosed(changed(prod, victim, "workspaceId", None))) == 1


def test_everything_in_prod_is_reached_privately(prod):
    assert without_endpoint(prod) == []
    for victim in prod.of_type("PrivateEndpoint"):
        assert len(without_endpoint(changed(prod, victim, "privateLinkServiceConnections", []))) == 1


def test_all_environments_but_a_sandbox_meet_the_table_too():
    for environment in ("dev", "test"):
        plan = whole(environment)
        assert [row.path for row in ROWS if failing(plan, row)] == ["retentionInDays"]
