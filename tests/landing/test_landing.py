"""A landing, in both modes, and what a project's own stack then needs."""

import json

import pytest
from typer.testing import CliRunner

from azure_mlplatform.access.conditions import ASSIGN, Asked, allows
from azure_mlplatform.cli.app import app
from azure_mlplatform.foundation.problems import ProblemsError
from azure_mlplatform.landing.landing import Landing, LandingArgs
from azure_mlplatform.landing.settings import LandingSettings
from azure_mlplatform.parts.arguments import RefusedError
from azure_mlplatform.plan.check import check_stacks
from azure_mlplatform.plan.program import run_stack
from azure_mlplatform.testing import check_golden, record, urns
from support.azure_types import problems as judged
from support.azure_types import published
from support.landings import (
    DAY,
    ENDED,
    PROJECT,
    SUBSCRIPTIONS,
    group_id,
    hub,
    landed,
    of_landing,
    release_id,
    repository,
    reviewed,
    rights,
)
from support.stacks import ROOT

OWN_GROUPS = {each: f"{group_id(each)}-ci" for each in SUBSCRIPTIONS}


@pytest.mark.parametrize("environment", ["sandbox", "dev", "prod"])
def test_urns_do_not_move(environment):
    check_golden(urns(landed(environment)), ROOT / "tests" / "golden" / f"landing-{environment}.txt")


@pytest.mark.parametrize("environment", ["sandbox", "dev", "prod"])
def test_a_first_preview_registers_the_same(environment):
    assert urns(landed(environment, known=False)) == urns(landed(environment))


@pytest.mark.parametrize("environment", ["sandbox", "dev", "prod"])
def test_inputs_are_of_the_types_that_azure_publishes(environment):
    plan = landed(environment)
    found = {
        each.urn: judged(each.type, dict(each.inputs)) for each in plan.azure_resources if each.type in published()
    }
    assert not {urn: wrong for urn, wrong in found.items() if wrong}


def test_a_sandbox_has_a_group_a_budget_and_a_workbook_only():
    kinds = sorted(each.kind for each in landed("sandbox").azure_resources)
    assert kinds == ["Budget", "ResourceGroup", "Workbook"]


@pytest.mark.parametrize("environment", ["dev", "prod"])
def test_the_identities_are_outside_of_what_the_deploy_identity_rules(environment):
    plan = landed(environment)
    identities = {each.azure_name: each.id for each in plan.of_type("UserAssignedIdentity")}
    assert set(identities) == {f"id-credits-deploy-{environment}", f"id-credits-release-{environment}"}
    assert all(each.startswith(f"{OWN_GROUPS[environment]}/") for each in identities.values())
    [principal] = {each.input("principalId") for each in plan.of_type("RoleAssignment")}
    [deploy] = [each for each in plan.of_type("UserAssignedIdentity") if "deploy" in each.azure_name]
    assert principal == deploy.principal_id
    scopes = {each.input("scope") for each in plan.of_type("RoleAssignment")}
    assert group_id(environment) in scopes
    assert [each for each in scopes if each.startswith(OWN_GROUPS[environment])] == [release_id(environment)]
    assert not [each for each in scopes if each.count("/") <= 2], "nothing on a subscription"


@pytest.mark.parametrize("environment", ["dev", "prod"])
def test_who_may_give_roles_has_a_condition(environment):
    plan = landed(environment)
    admins = [each for each in plan.of_type("RoleAssignment") if "f58310d9" in each.input("roleDefinitionId")]
    assert admins
    ids = {each.azure_name: each.principal_id for each in plan.of_type("UserAssignedIdentity")}
    deploy, release = (ids[f"id-credits-{use}-{environment}"] for use in ("deploy", "release"))
    given = {each["role_id"] for each in json.loads(reviewed(environment))["stacks"][0]["role_assignments"]}
    for each in admins:
        assert each.input("conditionVersion") == "2.0"
        condition = each.input("condition")
        assert not [one for one in given if allows(condition, Asked(ASSIGN, one, "ServicePrincipal", deploy))]
        to_release = [one for one in given if allows(condition, Asked(ASSIGN, one, "ServicePrincipal", release))]
        assert len(to_release) == (2 if each.input("scope") == group_id(environment) else 0)
        assert [one for one in given if allows(condition, Asked(ASSIGN, one, "ServicePrincipal", "of-another"))]
    others = [each for each in plan.of_type("RoleAssignment") if each not in admins]
    assert not [each for each in others if each.input("condition") or each.input("conditionVersion")]


def test_a_role_may_be_assigned_where_it_is_needed_and_nowhere_else():
    plan = landed("prod")
    definitions = {each.input("roleDefinitionId"): each for each in plan.of_type("RoleDefinition")}
    for each in plan.of_type("RoleAssignment"):
        guid = each.input("roleDefinitionId").rsplit("/", 1)[-1]
        if guid in definitions:
            scopes = definitions[guid].input("assignableScopes")
            assert any(f"{each.input('scope')}/".startswith(f"{scope}/") for scope in scopes)
    [inside] = [each for each in definitions.values() if "outside" not in each.name]
    assert inside.input("assignableScopes") == [group_id("prod")]
    names = [each.input("roleName") for each in definitions.values()]
    assert len(set(names)) == len(names)


def test_groups_and_the_guard_are_protected_until_it_is_retired():
    kept = {each.name for each in landed("dev").resources if each.protect}
    assert kept == {"credits-group", "credits-ci-group", "credits-retire-first"}
    retired = landed("dev", retire=ENDED, with_rights=False)
    assert not [each.name for each in retired.resources if each.protect]
    assert not retired.of_type("RoleAssignment"), "the rights go before the groups"


def test_an_identity_without_rights_is_refused():
    with pytest.raises(RefusedError, match="has no reviewed rights"):
        landed("dev", with_rights=False)


def test_a_provider_of_another_subscription_is_refused():
    settings = LandingSettings.model_validate({"project": PROJECT, **of_landing("sandbox")})
    args = LandingArgs(settings=settings, today=str(DAY))
    with pytest.raises(RefusedError, match="but the landing is in"):
        record(lambda: Landing("credits", args), subscription_id=SUBSCRIPTIONS["prod"])


def test_the_workbook_shows_cost_deployments_requests_and_failed_jobs_of_the_group():
    [workbook] = landed("dev").of_type("Workbook")
    data = json.loads(workbook.input("serializedData"))
    names = {each["name"]: each for each in data["items"]}
    assert list(names) == ["title", "resources", "cost", "deployments", "requests", "failed-jobs"]
    assert json.loads(names["cost"]["content"]["query"])["path"].startswith(f"{group_id('dev')}/providers/")
    assert names["deployments"]["content"]["crossComponentResources"] == [group_id("dev")]
    assert landed("dev").of_type("Workbook")[0].azure_name == workbook.azure_name


@pytest.fixture(scope="module")
def repository_of_all(tmp_path_factory):
    return repository(tmp_path_factory.mktemp("landed"), "dev", "prod", "sandbox")


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_a_landed_stack_needs_no_right_outside_of_its_group_but_joins_and_peerings(repository_of_all, stack):
    found = rights(repository_of_all, stack)
    assert found.made_groups == frozenset()
    assert found.groups == (group_id(stack),)
    outside = {(each.action, each.scope.rsplit("/", 1)[0]) for each in found.rights if each.scope != group_id(stack)}
    zones = (
        f"/subscriptions/{hub(stack).split('/')[2]}/resourceGroups/rg-dns/providers/Microsoft.Network/privateDnsZones"
    )
    assert outside == {
        ("Microsoft.ManagedIdentity/userAssignedIdentities/read", release_id(stack).rsplit("/", 1)[0]),
        ("Microsoft.Network/privateDnsZones/join/action", zones),
        ("Microsoft.Network/virtualNetworks/peer/action", hub(stack).rsplit("/", 1)[0]),
    }


@pytest.mark.parametrize("stack", ["sandbox", "dev", "prod"])
def test_the_program_makes_it_from_files(repository_of_all, stack):
    plan = run_stack(repository_of_all / "landing", stack, today=DAY)
    kinds = {each.kind for each in plan.azure_resources}
    assert ("RoleDefinition" in kinds) == (stack != "sandbox")
    [group] = [each for each in plan.of_type("ResourceGroup") if not each.azure_name.endswith("-ci")]
    assert group.id == group_id(stack)


def wrong(folder, stack):
    with pytest.raises(ProblemsError) as error:
        run_stack(folder / "landing", stack, today=DAY)
    return [str(each) for each in error.value.problems]


def test_a_file_that_is_missing_is_said_with_the_command_that_writes_it(tmp_path):
    folder = repository(tmp_path, "dev")
    (folder / "rights.dev.json").unlink()
    [found] = wrong(folder, "dev")
    assert "azure-mlplatform:rights: ../rights.dev.json cannot be read: No such file or directory" in found
    assert "`mlplatform rights dev -C <folder of the project> --json -o ../rights.dev.json`" in found


def test_wrong_settings_and_a_wrong_file_are_said_with_file_and_line(tmp_path):
    folder = repository(tmp_path, "dev", landing={"rights": "../others.json"})
    (folder / "others.json").write_text(json.dumps({"stacks": 3}))
    found = wrong(folder, "dev")
    assert all(
        each.startswith("Pulumi.dev.yaml:") and "azure-mlplatform:rights: ../others.json: " in each for each in found
    )
    assert len(found) > 1


def test_settings_of_an_environment_are_refused_in_a_landing(tmp_path):
    folder = repository(tmp_path, "dev", landing={"workspace": {}})
    assert any("unknown key 'workspace'" in each for each in wrong(folder, "dev"))


def test_destroying_ends_at_the_guard_before_anything_is_gone():
    plan = landed("prod")
    [guard] = [each for each in plan.resources if each.name == "credits-retire-first"]
    assert guard.protect
    assert {each.urn for each in plan.azure_resources} <= set(guard.dependencies)


@pytest.mark.parametrize("environment", ["dev", "prod"])
def test_the_release_identity_is_the_one_that_the_projects_stack_names(environment):
    [release] = [each for each in landed(environment).of_type("UserAssignedIdentity") if "release" in each.azure_name]
    assert release.id == release_id(environment)


def test_a_stack_that_makes_roles_of_its_own_is_not_landed(tmp_path):
    own = {"custom_roles": "own", "release_identity_id": release_id("dev")}
    found = wrong(repository(tmp_path, "dev", access=own), "dev")
    [text] = [each for each in found if "roleDefinitions/write" in each]
    assert "who may change a role that it holds has every right" in text
    assert "custom_roles: shared}" in text


@pytest.mark.parametrize(
    "command",
    [
        ["preview", "dev", "prod", "sandbox"],
        ["preview", "dev", "--full"],
        ["preview", "prod", "--json"],
        ["preview", "prod", "--view", "identity", "--diagram", "identity.svg"],
        ["rights", "prod"],
    ],
)
def test_commands_work_for_a_landing(repository_of_all, tmp_path, monkeypatch, command):
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, [*command, "-C", str(repository_of_all / "landing"), "--on", str(DAY)])
    assert done.exit_code == 0, done.output


def test_check_takes_a_landed_project_and_its_landing_together(repository_of_all):
    report = check_stacks(repository_of_all.parents[1], today=DAY)
    assert [str(each) for each in (*report.problems, *report.conflicts)] == []
    assert {each.folder for each in report.stacks} == {"projects/credits", "projects/credits/landing"}
