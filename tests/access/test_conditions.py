import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azure_mlplatform.access.conditions import ASSIGN, UNASSIGN, Asked, ConditionError, allows
from azure_mlplatform.catalogue.role_permissions import BUILT_IN
from azure_mlplatform.plan.rights import Assignment, Rights

SCOPE = "/subscriptions/s/resourceGroups/g"
KINDS = ("Group", "ServicePrincipal", "User")
roles, kinds = st.sampled_from(sorted(BUILT_IN)), st.sampled_from(KINDS)


def printed(*given_roles: tuple[str, str]) -> str:
    """The condition that `mlplatform rights` prints for these roles and kinds of principal."""
    assignments = tuple(Assignment("", role, SCOPE, "p", kind) for role, kind in given_roles)
    return Rights("p", "s", (), (SCOPE,), frozenset(), (), assignments, {}, ()).condition(SCOPE)


@given(st.lists(st.tuples(roles, kinds), min_size=1, max_size=6), roles, kinds, st.sampled_from([ASSIGN, UNASSIGN]))
def test_the_printed_condition_lets_through_what_it_was_made_of_and_nothing_else(made_of, role, kind, operation):
    allowed = {each for each, _ in made_of}, {each for _, each in made_of}
    expected = role in allowed[0] and kind in allowed[1]
    assert allows(printed(*made_of), Asked(operation, role, kind)) is expected
    assert allows(printed(*made_of), Asked(operation, role.upper(), kind.lower())) is expected


@given(
    st.lists(st.tuples(roles, kinds), min_size=1, max_size=3), st.sampled_from(["Microsoft.Storage/x/write", "a/read"])
)
def test_other_operations_are_not_limited(made_of, operation):
    assert allows(printed(*made_of), Asked(operation, "", ""))


ROLE = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
OF = "Microsoft.Authorization/roleAssignments"


@pytest.mark.parametrize(
    ("condition", "result"),
    [
        (f"@Request[{OF}:RoleDefinitionId] GuidEquals {{{ROLE}}}", True),
        (f"@Request[{OF}:RoleDefinitionId] ForAnyOfAllValues:GuidNotEquals {{{ROLE}}}", False),
        (f"@Request[{OF}:PrincipalType] StringEqualsIgnoreCase {{'user'}}", True),
        (f"@Request[{OF}:PrincipalId] GuidEquals {{{ROLE}}}", False),
        (f"!(ActionMatches{{'{OF}/*'}})", False),
        (f"ActionMatches{{'{OF}/write'}} OR @Request[{OF}:PrincipalType] StringEquals {{'x'}}", True),
        # AND binds more than OR.
        (f"ActionMatches{{'{ASSIGN}'}} OR ActionMatches{{'a'}} AND ActionMatches{{'b'}}", True),
        # What is there is not what is asked for.
        (f"@Resource[{OF}:RoleDefinitionId] GuidEquals {{{ROLE}}}", False),
    ],
)
def test_a_condition_is_evaluated_for_what_is_asked(condition, result):
    assert allows(condition, Asked(ASSIGN, ROLE, "User")) is result


@pytest.mark.parametrize(
    "condition",
    [
        "",
        "nonsense",
        "(ActionMatches{'a'}",
        "ActionMatches{'a'})",
        "ActionMatches{'a'} AND",
        "ActionMatches{'a'} ActionMatches{'b'}",
        "@Environment[utcNow] DateTimeGreaterThan {'2026-01-01'}",
        f"@Request[{OF}:RoleDefinitionId] ForAllOfAllValues:GuidEquals {{{ROLE}}}",
        f"@Request[{OF}:RoleDefinitionId] ForAnyOfAnyValues:GuidNotEquals {{{ROLE}}}",
        f"@Request[{OF}:Other] GuidEquals {{{ROLE}}}",
    ],
)
def test_what_is_not_understood_is_an_error(condition):
    with pytest.raises(ConditionError):
        allows(condition, Asked(ASSIGN, ROLE, "User"))


@given(st.text(max_size=60))
def test_no_text_gives_another_error(condition):
    with contextlib.suppress(ConditionError):
        allows(condition, Asked(ASSIGN, ROLE, "User"))
