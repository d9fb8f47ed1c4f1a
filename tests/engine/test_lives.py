"""Whole lives of every stack of the repository, on a real engine and an emulated Azure."""

import json

import pytest

from azure_mlplatform.config.files import stacks
from azure_mlplatform.config.repository import projects
from azure_mlplatform.emulation.world import Held
from azure_mlplatform.plan import run_stack
from support.engine.engine import ROOT, Engine, engine

ENDED = {"reason": "The project ended, ticket ML-321"}
STACKS = [(str(folder.relative_to(ROOT)), stack) for folder in projects(ROOT) for stack in stacks(folder)]
REFERENCE = [each for each in STACKS if each[0] == "."]
SHARED_CLUSTER = {
    "aadProfile": {"managed": True, "enableAzureRBAC": True},
    "location": "westeurope",
    "tags": {"mlplatform-attached-to": "shared"},
}
"""A cluster that a platform team shares, as its own stack makes it."""


def prepared(made: Engine, stack: str) -> Engine:
    """Makes the stack, what others run, and the secret that only this engine can read."""
    file = made.project / f"Pulumi.{stack}.yaml"
    secret = "databricks_token" in file.read_text()
    if secret:
        made.change(stack, lambda settings: settings.pop("databricks_token"))
    made.init(stack)
    if secret:
        made.pulumi("config", "set", "--secret", "azure-mlplatform:databricks_token", "dapi-of-nobody", stack=stack)

    def adopt(settings):
        aks = settings.get("inference", {}).get("aks", {})
        if cluster_id := aks.get("cluster_id"):
            made.azure.world.resources[cluster_id.lower()] = Held(
                cluster_id, "azure-native:containerservice:ManagedCluster", dict(SHARED_CLUSTER)
            )

    made.change(stack, adopt)
    return made


def own(made: Engine) -> list[str]:
    """What the world has beside what others run."""
    return [
        each.id
        for each in made.azure.world.resources.values()
        if "agentPoolProfiles" in each.body
        or not (each.type == "outside" or each.body.get("tags") == SHARED_CLUSTER["tags"])
    ]


def assert_parity(made: Engine, project: str, stack: str) -> None:
    """What the preview says is what the engine registered."""
    resources = made.exported(stack)["deployment"]["resources"]
    text = json.dumps(resources)
    assert "dapi-of-nobody" not in text
    plan = run_stack(ROOT / project, stack)
    planned = json.dumps([each.as_json() for each in plan.resources])
    drawn = [each["outputs"]["result"] for each in resources if each["type"].endswith("RandomString")]
    for mine, theirs in zip([each.outputs["result"] for each in plan.of_type("RandomString")], drawn, strict=True):
        planned = planned.replace(mine, theirs)
    expected = {each["urn"]: each for each in json.loads(planned) if not each["type"].startswith("pulumi:providers:")}
    found = {each["urn"]: each for each in resources if not each["type"].startswith("pulumi:providers:")}
    read = {urn for urn, each in found.items() if each.get("external")}
    assert set(found) - read == set(expected)
    for urn, resource in expected.items():
        kept = found[urn]
        secret = "[secret]" in json.dumps(resource["inputs"])
        assert secret or kept.get("inputs", {}) == resource["inputs"], urn
        assert kept.get("parent", "") == resource["parent"], urn
        assert kept.get("protect", False) == resource["protect"], urn
        assert set(kept.get("dependencies", [])) - read == set(resource["dependencies"]), urn


@pytest.mark.parametrize(("project", "stack"), [each for each in STACKS if each not in REFERENCE])
def test_a_short_life(project, stack, tmp_path):
    with engine(tmp_path / "a folder", project) as made:
        prepared(made, stack).up(stack)
        assert_parity(made, project, stack)
        assert made.up(stack).operations() == []
        made.change(stack, lambda settings: settings.update(retire=ENDED))
        made.up(stack)
        made.destroy(stack)
        assert own(made) == []


@pytest.mark.parametrize(("project", "stack"), REFERENCE)
def test_a_whole_life(project, stack, tmp_path):
    with engine(tmp_path / "a folder", project) as made:
        prepared(made, stack).up(stack)
        assert_parity(made, project, stack)
        assert made.up(stack).operations() == []
        previewed = made.pulumi("preview", "--refresh", stack=stack, check=True)
        assert {op for op, _, _ in previewed.steps()} <= {"same", "refresh", "read"}

        world = dict(made.azure.world.resources)
        refused = made.destroy(stack, check=False)
        assert refused.code != 0
        assert "churn-retire-first" in refused.errors[0]
        assert made.azure.world.resources == world

        made.change(stack, lambda settings: settings.update(retire=ENDED))
        made.up(stack)
        made.destroy(stack)
        assert own(made) == []
        # Soft delete holds names, each until a day that is known.
        held = {each.resource.id.rsplit("/", 2)[1]: each.until for each in made.azure.world.deleted.values()}
        assert set(held) == {"accounts", "storageAccounts", "vaults", "workspaces"}
        assert all(until > made.azure.world.today.isoformat() for until in held.values())
