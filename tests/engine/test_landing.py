"""The life of a landing, and of the project's stack in the group that it made, with the rights that it gave."""

import json

from azure_mlplatform.emulation.authorization import Grant, Principal
from azure_mlplatform.landing.rights_file import ReviewedRights, deploy_roles, reviewed_rights
from azure_mlplatform.landing.settings import LandingSettings
from azure_mlplatform.plan import run_stack
from support.engine.engine import Engine, engine
from support.landings import ENDED, PROJECT, group_id, of_landing, repository

LANDING = "projects/credits/landing"


def of(made: Engine, project: str) -> Engine:
    """The same engine and world, for another project."""
    other = object.__new__(Engine)
    other.__dict__ = {
        **made.__dict__,
        "project": made.project.parent if project == "projects/credits" else made.project,
    }
    return other


def granted(made: Engine, environment: str) -> Principal:
    """Who deploys, with the roles of the landing: custom roles as they are made, and two built-in ones."""
    file = made.project.parent / f"rights.{environment}.json"
    rights = reviewed_rights(file.read_text())
    settings = LandingSettings.model_validate({"project": PROJECT, **of_landing(environment)})
    assert isinstance(rights, ReviewedRights)
    roles = deploy_roles(rights, settings)
    grants = [Grant(scope, role.actions) for role in roles.custom for scope in role.scopes]
    # Learn: role-based-access-control/built-in-roles/privileged (Role Based Access Control Administrator).
    admin = (
        "Microsoft.Authorization/roleAssignments/write",
        "Microsoft.Authorization/roleAssignments/delete",
        "*/read",
    )
    grants += [Grant(scope, admin) for scope in roles.may_assign]
    grants += [Grant(scope, ("Microsoft.EventGrid/eventSubscriptions/*",)) for scope in roles.subscribes]
    return Principal(grants)


def test_a_landing_and_the_environment_in_it_live_and_end(tmp_path):
    with engine(tmp_path / "a folder", LANDING) as made:
        repository(tmp_path / "a folder" / "repository", "dev")
        made.init("dev")
        made.pulumi("preview", stack="dev", check=True)
        made.up("dev")
        plan = run_stack(made.project, "dev")
        there = set(made.azure.world.resources)
        assert {each.id.lower() for each in plan.azure_resources if each.id.startswith("/subscriptions/")} <= there
        assert made.up("dev").operations() == []

        project = of(made, "projects/credits")
        project.init("dev")
        made.azure.world.principal = granted(made, "dev")
        project.up("dev")
        assert project.up("dev").operations() == []
        asked = {scope for _, scope in made.azure.world.principal.asked}
        subscription = "/".join(group_id("dev").split("/")[:3]).lower()
        assert subscription not in asked

        # Retiring is a right of its own.
        made.azure.world.principal = None
        project.change("dev", lambda settings: settings.update(retire=ENDED))
        project.up("dev")
        project.destroy("dev")
        world = dict(made.azure.world.resources)
        refused = made.destroy("dev", check=False)
        assert refused.code != 0
        assert "credits-retire-first" in refused.errors[0]
        assert made.azure.world.resources == world
        made.change("dev", lambda settings: settings.update(retire=ENDED))
        made.up("dev")
        assert not [each for each in made.azure.world.resources if "/roleassignments/" in each]
        made.destroy("dev")
        left = [each for each in made.azure.world.resources.values() if each.type != "outside"]
        assert [each.id for each in left] == []


def test_the_rights_follow_the_reviewed_file(tmp_path):
    with engine(tmp_path / "a folder", LANDING) as made:
        folder = repository(tmp_path / "a folder" / "repository", "prod")
        made.init("prod")
        made.up("prod")
        file = folder / "rights.prod.json"
        data = json.loads(file.read_text())
        data["stacks"][0]["rights"] = [
            each for each in data["stacks"][0]["rights"] if "Microsoft.KeyVault" not in each["action"]
        ]
        file.write_text(json.dumps(data))
        assert made.up("prod").operations() == [("update", "credits-deploy-role")]
