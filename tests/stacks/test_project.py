"""The committed projects, as `pulumi up` would run them."""

from pathlib import Path

import pytest
import yaml

from azure_mlplatform.plan import run_stack
from azure_mlplatform.settings.files import stacks
from azure_mlplatform.testing import check_golden, urns

ROOT = Path(__file__).parents[2]
FOLDERS = [ROOT, *sorted(file.parent for file in ROOT.glob("projects/*/Pulumi.yaml"))]
STACKS = [pytest.param(folder, stack, id=f"{folder.name}-{stack}") for folder in FOLDERS for stack in stacks(folder)]


def label(folder):
    return "reference" if folder == ROOT else folder.name


@pytest.mark.parametrize(("folder", "stack"), STACKS)
def test_urns_do_not_move(folder, stack):
    plan = run_stack(folder, stack)
    check_golden(urns(plan), ROOT / "tests" / "golden" / f"project-{label(folder)}-{stack}.txt")
    assert plan.messages == ()


@pytest.mark.parametrize(("folder", "stack"), STACKS)
def test_a_first_preview_registers_the_same(folder, stack):
    assert urns(run_stack(folder, stack, known=False)) == urns(run_stack(folder, stack))


@pytest.mark.parametrize("folder", FOLDERS, ids=label)
def test_every_project_has_dev_and_prod_in_subscriptions_of_their_own(folder):
    assert {"dev", "prod"} <= set(stacks(folder))
    subscriptions = [
        run_stack(folder, each).of_type("azure-native")[0].input("subscriptionId") for each in stacks(folder)
    ]
    assert len(set(subscriptions)) == len(subscriptions)


@pytest.mark.parametrize("folder", FOLDERS, ids=label)
def test_a_bare_pulumi_up_installs_what_make_does(folder):
    project = yaml.safe_load((folder / "Pulumi.yaml").read_text())
    options = project["runtime"]["options"]
    assert options["toolchain"] == "pip"
    assert (folder / options["virtualenv"]).resolve() == ROOT / ".venv"
    program = (folder / project["main"]).resolve()
    lines = (program / "requirements.txt").read_text().splitlines()
    for line in lines:
        flag, path = line.split()
        assert flag in ("-c", "-e")
        assert (program / path).resolve() in (ROOT, ROOT / "constraints.txt")
    assert project["config"]["pulumi:disable-default-providers"] == {"value": ["azure-native"]}
