"""Whole lives of every stack of the repository, on a real engine and an emulated Azure."""

import datetime
import json

import pytest

from azure_mlplatform.emulation.authorization import Grant, Principal
from azure_mlplatform.emulation.world import Held
from azure_mlplatform.plan import run_stack
from azure_mlplatform.plan.rights import Need, rights_of
from azure_mlplatform.resource_types import resource_type
from support import stacks
from support.engine.engine import ROOT, Engine, engine
from support.engine.said import said_before, up_as_said

ENDED = {"reason": "The project ended, ticket ML-321"}
STACKS = [(str(folder.relative_to(ROOT)), stack) for folder, stack in stacks.STACKS]
REFERENCE = [each for each in STACKS if each[0] == "."]
SHARED_CLUSTER = {
    "aadProfile": {"managed": True, "enableAzureRBAC": True},
    "location": "westeurope",
    "tags": {"mlplatform-attached-to": "shared"},
}
"""A cluster that a platform team shares, as its own stack makes it."""

IDENTITY = "azure-native:managedidentity:UserAssignedIdentity"
LANDED = {"location": "westeurope", "tags": {"made-by": "a landing"}}
"""An identity that releases, as a landing makes it."""


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
        if identity_id := settings.get("access", {}).get("release_identity_id"):
            shown = resource_type(IDENTITY).read(identity_id)
            made.azure.world.resources[identity_id.lower()] = Held(identity_id, IDENTITY, dict(LANDED), shown)

    made.change(stack, adopt)
    return made


def own(made: Engine) -> list[str]:
    """What the world has beside what others run."""
    return [
        each.id
        for each in made.azure.world.resources.values()
        if "agentPoolProfiles" in each.body
        or not (each.type == "outside" or each.body.get("tags") in (SHARED_CLUSTER["tags"], LANDED["tags"]))
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
    stops = {each["urn"]: each["outputs"]["stop"] for each in resources if each["type"].endswith(":StopTrigger")}
    for each in plan.of_type("StopTrigger"):
        planned = planned.replace(each.outputs["stop"], stops[each.urn])
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
        prepared(made, stack).pulumi("preview", stack=stack, check=True)
        made.up(stack)
        assert_parity(made, project, stack)
        assert up_as_said(made, stack).operations() == []
        made.change(stack, lambda settings: settings.update(retire=ENDED))
        up_as_said(made, stack)
        made.destroy(stack)
        assert own(made) == []


@pytest.mark.parametrize(("project", "stack"), REFERENCE)
def test_a_whole_life(project, stack, tmp_path):
    with engine(tmp_path / "a folder", project) as made:
        prepared(made, stack).up(stack)
        assert_parity(made, project, stack)
        assert up_as_said(made, stack).operations() == []
        previewed = made.pulumi("preview", "--refresh", stack=stack, check=True)
        assert {op for op, _, _ in previewed.steps()} <= {"same", "refresh", "read"}

        world = dict(made.azure.world.resources)
        refused = made.destroy(stack, check=False)
        assert refused.code != 0
        assert "churn-retire-first" in refused.errors[0]
        assert made.azure.world.resources == world

        made.change(stack, lambda settings: settings.update(retire=ENDED))
        up_as_said(made, stack)
        made.destroy(stack)
        assert own(made) == []
        # Soft delete holds names, each until a day that is known.
        held = {each.resource.id.rsplit("/", 2)[1]: each.until for each in made.azure.world.deleted.values()}
        assert set(held) == {"accounts", "storageAccounts", "vaults", "workspaces"}
        assert all(until > made.azure.world.today.isoformat() for until in held.values())


@pytest.mark.parametrize(("project", "stack"), [(".", "prod"), ("projects/pricing", "prod")])
def test_a_life_takes_the_computed_rights_only(project, stack, tmp_path):
    retired = run_stack(ROOT / project, stack, settings={"azure-mlplatform:retire": ENDED})
    rights = rights_of(run_stack(ROOT / project, stack), retired)

    def may(need):
        return Principal(Grant(each.scope, (each.action,)) for each in rights.on(need=need))

    with engine(tmp_path / "a folder", project) as made:
        world = made.azure.world
        prepared(made, stack)
        world.principal = Principal([])
        assert "AuthorizationFailed" in "".join(made.up(stack, check=False).errors)
        world.principal = may(Need.UP)
        made.up(stack)
        assert made.up(stack).operations() == []
        world.principal = may(Need.RETIREMENT)
        made.change(stack, lambda settings: settings.update(retire=ENDED))
        made.up(stack)
        made.destroy(stack)
        assert own(made) == []


SECOND_JOB = {
    "name": "second",
    "blob_created": {"store": "customers", "folder": "incoming/second", "suffix": ".parquet"},
    "output": {"store": "scores", "folder": "second"},
    "expected_within_hours": 26,
}
LOCKS = {"churn-data-product-log-lock", "churn-ml-registry-lock", "churn-ml-storage-lock", "churn-ml-vault-lock"}
PROTECTED = {"churn-batch-endpoint-second", "churn-data-product-documents-account", "churn-endpoint-second-endpoint"}
GOES_WITH = {
    "batch-second",
    "endpoint-second",
    "churn-batch-attempt-second",
    "churn-batch-endpoint-second",
    "churn-batch-late-second",
    "churn-batch-pipeline-second",
    "churn-batch-trigger-second-blob",
    "churn-batch-trigger-second-blob-start",
    "churn-batch-trigger-second-blob-stop",
    "churn-data-product-assistant-user-endpoint-second",
    "churn-data-product-documents",
    "churn-data-product-documents-account",
    "churn-data-product-documents-diagnostics",
    "churn-data-product-documents-endpoint-account",
    "churn-data-product-documents-endpoint-account-zones",
    "churn-data-product-documents-user-compute",
    "churn-data-product-documents-user-endpoint-scoring",
    "churn-data-product-documents-user-endpoint-second",
    "churn-data-product-documents-user-workload-identity",
    "churn-endpoint-second",
    "churn-endpoint-second-endpoint",
    "churn-endpoint-second-identity",
    "churn-endpoint-second-images",
    "churn-endpoint-second-metrics",
    "churn-endpoint-second-models",
    "churn-ml-connection-documents",
}
"""What goes with the second job, the second endpoint, and the service `documents`."""

ALERTS = {"churn-batch-failed-pipelines", "churn-batch-failed-triggers", "churn-batch-removed-triggers"}
"""What names the jobs, and changes with them."""


def bodies(made: Engine) -> dict[str, str]:
    """Id → what Azure has, but for locks."""
    return {
        key: json.dumps(each.body, sort_keys=True)
        for key, each in made.azure.world.resources.items()
        if "/locks/" not in key
    }


def assert_protected_and_locked(made: Engine) -> None:
    """The engine's preview names what is protected, and `--against` also what locks hold."""
    previewed = made.pulumi("preview", stack="prod")
    assert previewed.code != 0
    refused = {name for name in PROTECTED for each in previewed.errors if f'::{name}" cannot be deleted' in each}
    assert refused == PROTECTED
    assert sum("cannot be deleted" in each for each in previewed.errors) == len(PROTECTED)
    said = said_before(made, "prod").refusals
    assert sum("Pulumi refuses to delete" in each for each in said) == len(PROTECTED)
    assert any("ScopeLocked" in each for each in said)


def test_a_job_a_service_and_an_endpoint_go_out_of_prod(tmp_path):
    with engine(tmp_path / "a folder") as made:
        made.init("prod")
        made.change("prod", lambda settings: settings["batch"]["jobs"].append(SECOND_JOB))
        made.change("prod", lambda settings: settings["inference"]["endpoints"].append({"name": "second"}))
        made.up("prod")
        assert up_as_said(made, "prod").operations() == []
        before = bodies(made)

        # Protection refuses it in the preview. An endpoint also has roles on what is locked.
        def take_out(settings):
            settings["batch"]["jobs"].pop()
            settings["inference"]["endpoints"].pop()
            settings["ai_services"].pop()

        settings = (made.project / "Pulumi.prod.yaml").read_text()
        made.change("prod", take_out)
        assert_protected_and_locked(made)
        assert bodies(made) == before

        # The removal is an `up` of its own: locks have to be gone before.
        (made.project / "Pulumi.prod.yaml").write_text(settings)
        until = (datetime.datetime.now(datetime.UTC).date() + datetime.timedelta(3)).isoformat()
        made.change("prod", lambda settings: settings.update(lift_locks={"until": until, "reason": ENDED["reason"]}))
        lifted = up_as_said(made, "prod")
        assert {name for op, name in lifted.operations() if op == "delete"} == LOCKS
        assert {name for op, name in lifted.operations("delete")} <= {"default"}
        made.change("prod", take_out)
        for each in made.exported("prod")["deployment"]["resources"]:
            if each["urn"].rsplit("::", 1)[-1] in PROTECTED:
                made.pulumi("state", "unprotect", each["urn"], "--yes", stack="prod", check=True)
        done = up_as_said(made, "prod")
        assert {name for op, name in done.operations() if op == "delete"} == GOES_WITH
        assert {name for op, name in done.operations("delete")} - {"default"} == ALERTS
        made.change("prod", lambda settings: settings.pop("lift_locks"))
        restored = up_as_said(made, "prod")
        assert {name for op, name in restored.operations() if op == "create"} == LOCKS
        assert up_as_said(made, "prod").operations() == []

        after = bodies(made)
        assert set(after) < set(before)
        assert {key.rsplit("/", 1)[-1] for key in after if after[key] != before[key]} == {
            "alert-churn-failed-pipelines-prod",
            "alert-churn-failed-triggers-prod",
        }
        gone = set(before) - set(after)
        assert all("second" in key or "documents" in key or "/roleassignments/" in key for key in gone)
        kept = {each["urn"].rsplit("::", 1)[-1]: each for each in made.exported("prod")["deployment"]["resources"]}
        assert not GOES_WITH & set(kept)
        assert set(kept) > LOCKS
        assert all(kept[name]["protect"] for name in ("churn-retire-first", "churn-batch-endpoint-customers"))

        assert "churn-retire-first" in made.destroy("prod", check=False).errors[0]
        made.change("prod", lambda settings: settings.update(retire=ENDED))
        up_as_said(made, "prod")
        made.destroy("prod")
        assert own(made) == []
