import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azure_mlplatform.foundation.placeholders import WRITTEN, is_placeholder, placeholders


@pytest.mark.parametrize("text", sorted(WRITTEN))
def test_what_a_new_project_has_where_nobody_named_a_value_is_a_placeholder(text):
    assert is_placeholder(text)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("/subscriptions/00000000-0000-0000-0000-00000000CAFE/resourceGroups/rg-hub", True),
        ("https://vstoken.dev.azure.com/00000000-0000-0000-0000-00000000ad00", True),
        ("ml-team@team.example.com", True),
        ("ml-team@bank.example", True),
        ("ml-team@example.bank.com", False),
        ("ml-team@myexample.com", False),
        ("replace-me-not", False),
        # Ids of Microsoft Graph and of Azure Service Management, which stand in settings of other tools.
        ("00000003-0000-0000-c000-000000000000", False),
        ("797f4846-ba00-4fd7-ba43-dac1f8f63013", False),
        ("10000000-0000-0000-0000-000000000001", False),
    ],
)
def test_only_what_nobody_can_have_is_a_placeholder(text, found):
    assert is_placeholder(text) is found


@given(st.uuids(version=4).map(str))
def test_no_id_that_azure_draws_is_a_placeholder(text):
    assert not is_placeholder(text)
    assert uuid.UUID(text).version == 4


def test_each_is_found_with_its_place():
    value = {"a": [{"b": "REPLACE-ME"}, 5, None], "c": {"d": "fine", "e": "x@example.com"}}
    assert list(placeholders(value)) == [(("a", 0, "b"), "REPLACE-ME"), (("c", "e"), "x@example.com")]
