"""The committed projects, as `pulumi up` would run them."""

from pathlib import Path

import pytest
import yaml

from azure_mlplatform import plan
from azure_mlplatform.settings.files import stacks
from azure_mlplatform.testing import check_golden, urns
from programs import WITHIN_ANOTHER, remembered

run_stack = remembered(plan.run_stack)
ROOT = Path(__file__).parents[2]
FOLDERS = [ROOT, *sorted(file.parent for file in ROOT.glob("projects/*/Pulumi.yaml"))]
STACKS = [pytest.param(folder, stack, id=f"{folder.name}-{stack}") for folder in FOLDERS for stack in stacks(folder)]


def label(folder):
    return "reference" if folder == ROOT else folder.name


@pytest.mark.parametrize(("folder", "stack"), STACKS)
def test_urns_do_not_move(folder, stack):
    made = run_stack(folder, stack)
    check_golden(urns(made), ROOT / "tests" / "golden" / f"project-{label(folder)}-{stack}.txt")
    assert made.messages == ()


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
def test_dev_and_prod_share_nothing(folder):
    dev, prod = (run_stack(folder, each).azure_resources for each in ("dev", "prod"))
    names = [{each.azure_name for each in side if each.kind not in WITHIN_ANOTHER} for side in (dev, prod)]
    assert not names[0] & names[1]
    ids = [{each.id for each in side if each.kind != "RandomString"} for side in (dev, prod)]
    assert not ids[0] & ids[1]
    identities = [{each.outputs.get("principalId") for each in side} - {None} for side in (dev, prod)]
    assert identities[0]
    assert not identities[0] & identities[1]
    accounts = [{each.input("properties.customSubDomainName") for each in side} - {None} for side in (dev, prod)]
    assert accounts[0]
    assert not accounts[0] & accounts[1]
    subnets = [{each.input("subnet.id") for each in side if each.kind == "PrivateEndpoint"} for side in (dev, prod)]
    assert not subnets[0] & subnets[1]


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
