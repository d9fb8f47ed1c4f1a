import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azure_mlplatform.access.conditions import ASSIGN, UNASSIGN, Asked, ConditionError, allows
from azure_mlplatform.catalogue.role_permissions import BUILT_IN
from azure_mlplatform.foundation.assignment_condition import Given, assignment_condition
from azure_mlplatform.foundation.built_in_roles import ROLE_IDS, Role
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
    expected = (role, kind) in made_of
    if operation == UNASSIGN and (role, kind) == (ROLE_IDS[Role.CONTRIBUTOR], "ServicePrincipal"):
        # What an earlier version gave in place of another role may be taken away.
        expected = expected or (ROLE_IDS[Role.AI_ADMINISTRATOR], kind) in made_of
    assert allows(printed(*made_of), Asked(operation, role, kind)) is expected
    assert allows(printed(*made_of), Asked(operation, role.upper(), kind.lower())) is expected


DEPLOY, RELEASE, OTHER = (f"00000000-0000-0000-0000-00000000000{each}" for each in "123")
pairs = st.lists(st.tuples(roles, kinds), max_size=6)


@given(pairs, st.lists(roles, max_size=3), roles, kinds, st.sampled_from([DEPLOY, RELEASE, OTHER]))
def test_a_known_principal_gets_its_own_roles_and_no_other(made_of, to_release, role, kind, principal):
    condition = assignment_condition(map(Given._make, made_of), {DEPLOY: (), RELEASE: to_release})
    if not made_of and not to_release:
        assert condition == ""
        return
    expected = {DEPLOY: False, RELEASE: role in to_release, OTHER: (role, kind) in made_of}[principal]
    assert allows(condition, Asked(ASSIGN, role, kind, principal)) is expected
    assert allows(condition, Asked(ASSIGN, role, kind, principal.upper())) is expected


def test_contributor_that_an_earlier_version_gave_can_be_taken_away_and_not_given():
    condition = assignment_condition([Given(ROLE_IDS[Role.AI_ADMINISTRATOR], "ServicePrincipal")], {DEPLOY: ()})
    contributor = ROLE_IDS[Role.CONTRIBUTOR]
    assert allows(condition, Asked(UNASSIGN, contributor, "ServicePrincipal", OTHER))
    assert not allows(condition, Asked(UNASSIGN, contributor, "ServicePrincipal", DEPLOY))
    assert not allows(condition, Asked(ASSIGN, contributor, "ServicePrincipal", OTHER))
    other = assignment_condition([Given(ROLE_IDS[Role.READER], "ServicePrincipal")])
    assert not allows(other, Asked(UNASSIGN, contributor, "ServicePrincipal", OTHER))


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
