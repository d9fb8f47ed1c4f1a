"""An environment of an earlier version gets another role for its workspace's identity, without a moment without one."""

import datetime

from support.engine.engine import engine

_EARLIER = """\
from azure_mlplatform.foundation.built_in_roles import Role
from azure_mlplatform.workspace import ml_workspace


class _Roles:
    AI_ADMINISTRATOR = Role.CONTRIBUTOR

    def __getattr__(self, name):
        return Role[name]


def _earlier(role):
    return Role.CONTRIBUTOR if role is Role.AI_ADMINISTRATOR else role


ml_workspace.Role = _Roles()
ml_workspace.NEEDED_ROLES = {
    label: each._replace(workspace=tuple(map(_earlier, each.workspace)))
    for label, each in ml_workspace.NEEDED_ROLES.items()
}
"""
"""Gives what an earlier version gave."""

PARTS = ("insights", "key-vault", "registry", "storage", "workspace")


def test_the_new_role_is_given_before_the_old_one_goes_and_locks_are_lifted_before(tmp_path):
    with engine(tmp_path / "a folder", "projects/vision") as made:
        program = made.project.parents[1] / "stacks" / "project" / "__main__.py"
        now = program.read_text()
        program.write_text(_EARLIER + now)
        made.init("prod")
        made.up("prod")
        until = (datetime.datetime.now(datetime.UTC).date() + datetime.timedelta(3)).isoformat()
        lift = {"until": until, "reason": "Another role of the workspace, CHG-4711"}
        made.change("prod", lambda settings: settings.update(lift_locks=lift))
        made.up("prod")

        program.write_text(now)
        steps = made.up("prod").operations()
        names = [f"vision-ml-identity-{each}" for each in PARTS]
        assert sorted(steps[: len(PARTS)]) == [("create", f"{each}-ai-administrator") for each in names]
        assert sorted(steps[len(PARTS) :]) == [("delete", f"{each}-contributor") for each in names]

        made.change("prod", lambda settings: settings.pop("lift_locks"))
        assert {op for op, _ in made.up("prod").operations()} == {"create"}, "the locks come back"
        assert made.up("prod").operations() == []
