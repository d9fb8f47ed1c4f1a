import re
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azure_mlplatform.foundation.built_in_roles import Role, role_definition_id, role_name
from azure_mlplatform.foundation.custom_roles import (
    CUSTOM_ROLES,
    CustomRole,
    custom_role_guid,
    custom_role_id,
    custom_role_of,
    own_custom_role_guid,
    own_custom_role_id,
)
from azure_mlplatform.foundation.operation_patterns import matches
from azure_mlplatform.settings import Environment

SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
TENANT = "00000000-0000-0000-0000-000000000002"
ACTION = re.compile(r"\*/read|Microsoft\.[A-Za-z]+(/[A-Za-z*]+)+/(read|write|delete|action)")


def test_each_role_has_a_row():
    assert set(CUSTOM_ROLES) == set(CustomRole)
    assert len({each.name for each in CUSTOM_ROLES.values()}) == len(CUSTOM_ROLES)


@pytest.mark.parametrize("role", CustomRole)
def test_a_role_names_operations_once_and_says_where_it_was_read(role):
    row = CUSTOM_ROLES[role]
    actions = [each.lower() for each in row.actions]
    assert len(set(actions)) == len(actions)
    assert all(ACTION.fullmatch(each) for each in (*row.actions, *row.not_actions))
    assert "Docs" in row.source or "Learn" in row.source or row.source.startswith("as the role")


@pytest.mark.parametrize("role", [CustomRole.RELEASE, CustomRole.BATCH_CALLER, CustomRole.READER])
def test_no_role_of_prod_deletes_what_has_to_stay(role):
    deleted = {each.rpartition("workspaces/")[2] for each in CUSTOM_ROLES[role].actions if each.endswith("/delete")}
    kept = {"batchEndpoints/deployments/delete", "onlineEndpoints/deployments/delete"}
    assert deleted == (kept if role is CustomRole.RELEASE else set())


@pytest.mark.parametrize("role", CustomRole)
def test_no_role_gives_rights_or_keys(role):
    for each in CUSTOM_ROLES[role].actions:
        assert not re.search(r"authorization|listkeys|listaccountkeys|sharedkeys", each, re.IGNORECASE)
        assert each.count("*") == 0 or each.endswith("*/read")


@pytest.mark.parametrize("role", [CustomRole.RELEASE, CustomRole.RELEASE_DEV])
def test_a_release_can_move_traffic_and_see_what_comes_of_it_and_reads_no_other_log(role):
    def allowed(operation):
        return any(matches(each, operation) for each in CUSTOM_ROLES[role].actions)

    endpoints = "Microsoft.MachineLearningServices/workspaces/onlineEndpoints"
    for needed in (
        f"{endpoints}/read",
        f"{endpoints}/write",
        f"{endpoints}/deployments/read",
        f"{endpoints}/score/action",
        "Microsoft.Insights/logs/AmlOnlineEndpointTrafficLog/read",
        "Microsoft.Insights/metrics/read",
    ):
        assert allowed(needed), needed
    assert not allowed("Microsoft.Insights/logs/AmlOnlineEndpointConsoleLog/read")
    assert not allowed("Microsoft.OperationalInsights/workspaces/query/read")


def test_ids_tell_tenants_tiers_groups_and_roles_apart_and_not_case():
    ids = {
        custom_role_guid(tenant, environment, role)
        for tenant in (TENANT, SUBSCRIPTION)
        for environment in Environment
        for role in CustomRole
    }
    assert len(ids) == 2 * 2 * len(CustomRole)
    own = {own_custom_role_guid(SUBSCRIPTION, group, role) for group in ("a", "b") for role in CustomRole}
    assert len(own) == 2 * len(CustomRole)
    assert not own & ids
    assert own_custom_role_guid(SUBSCRIPTION, "RG", CustomRole.READER) == own_custom_role_guid(
        SUBSCRIPTION, "rg", CustomRole.READER
    )


def test_nonprod_shares_one_definition_and_prod_has_another():
    release = {each: custom_role_guid(TENANT, each, CustomRole.RELEASE) for each in Environment}
    assert release[Environment.DEV] == release[Environment.TEST] != release[Environment.PROD]


def test_a_released_id_does_not_move():
    # Another GUID would replace every assignment of the role.
    assert custom_role_guid(TENANT, Environment.PROD, CustomRole.RELEASE) == "a1852ece-f2b7-545b-8e05-bfd128420525"


@given(st.uuids(), st.text(min_size=1, max_size=90), st.sampled_from(CustomRole))
def test_an_id_says_its_role(tenant, group, role):
    for id_ in (
        custom_role_id(SUBSCRIPTION, str(tenant), Environment.DEV, role),
        own_custom_role_id(SUBSCRIPTION, group, role),
    ):
        assert custom_role_of(id_) is role
        assert role_name(id_) == CUSTOM_ROLES[role].name
        guid = id_.rpartition("/")[2]
        assert str(uuid.UUID(guid)) == guid


@pytest.mark.parametrize("role", Role)
def test_no_built_in_role_is_taken_for_one_of_them(role):
    assert custom_role_of(role_definition_id(SUBSCRIPTION, role)) is None
