import json
import re
from pathlib import Path

import pytest

from azure_mlplatform.catalogue.role_permissions import BUILT_IN, NEVER_ASSIGNED, ROLE_PERMISSIONS
from azure_mlplatform.foundation.built_in_roles import ROLE_IDS, Role

PUBLISHED = json.loads((Path(__file__).parents[1] / "data" / "built_in_roles.json").read_text())["roles"]


def test_every_role_that_the_library_has_is_in_the_table():
    assert {role: row.id for role, row in ROLE_PERMISSIONS.items()} == ROLE_IDS
    assert len(BUILT_IN) == len(Role) + len(NEVER_ASSIGNED)


@pytest.mark.parametrize("row", BUILT_IN.values(), ids=lambda row: row.name)
def test_a_row_is_of_the_published_role_and_says_where_it_was_read(row):
    assert PUBLISHED[row.name] == row.id
    assert len(row.source) > 10
    assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", row.day)


@pytest.mark.parametrize("row", BUILT_IN.values(), ids=lambda row: row.name)
def test_operations_have_the_form_that_azure_gives_them(row):
    permissions = row.permissions
    assert permissions.actions or permissions.data_actions
    for each in (
        *permissions.actions,
        *permissions.not_actions,
        *permissions.data_actions,
        *permissions.not_data_actions,
    ):
        assert re.fullmatch(r"\*|(\*|[A-Z][A-Za-z]+\.[A-Z][A-Za-z]+)(/[A-Za-z0-9*.-]+)*", each), each
        assert each.rpartition("/")[2].lower() in ("read", "write", "delete", "action", "*"), each


def test_only_one_row_is_assumed():
    assert [row.name for row in BUILT_IN.values() if row.assumed] == ["Kubernetes Extension Contributor"]
