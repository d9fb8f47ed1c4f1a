import json
import uuid
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azure_mlplatform.foundation.built_in_roles import (
    ROLE_IDS,
    PrincipalType,
    Role,
    assignment_name,
    role_definition_id,
)

PUBLISHED = json.loads((Path(__file__).parents[1] / "data" / "built_in_roles.json").read_text())["roles"]


@pytest.mark.parametrize("role", Role)
def test_ids_are_those_that_microsoft_publishes(role):
    assert PUBLISHED[role.value] == ROLE_IDS[role]


def test_no_two_roles_share_an_id():
    assert len(set(ROLE_IDS.values())) == len(Role) == len(ROLE_IDS)


def test_a_definition_is_named_within_its_subscription():
    assert role_definition_id("SUB", Role.READER) == (
        "/subscriptions/SUB/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7"
    )


def test_people_cannot_be_named_as_principals():
    assert "User" not in {each.value for each in PrincipalType}


@given(st.tuples(st.text(min_size=1), st.text(min_size=1), st.text(min_size=1)))
def test_an_assignment_is_named_by_a_guid_that_stays(seed):
    name = assignment_name(*seed)
    assert str(uuid.UUID(name)) == name
    assert assignment_name(*seed) == name


def test_an_assignment_is_named_by_all_that_tells_it_apart():
    names = {assignment_name(*seed) for seed in [("s", "g", "n"), ("t", "g", "n"), ("s", "h", "n"), ("s", "g", "m")]}
    assert len(names) == 4


def test_azure_does_not_tell_upper_from_lower_case():
    assert assignment_name("SUB", "RG", "n") == assignment_name("sub", "rg", "n")


def test_a_released_name_does_not_move():
    # Another GUID would replace every role assignment of every environment.
    assert assignment_name("00000000-0000-0000-0000-000000000001", "rg-churn-dev", "churn-reader") == (
        "7dde8f78-e153-5be9-be66-0d0e436f8e99"
    )
