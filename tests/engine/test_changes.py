"""Changes of settings on a live environment: what must happen, and what the engine did."""

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
import yaml

from azure_mlplatform.emulation.behaviour import TRIGGER
from azure_mlplatform.emulation.world import Fault
from support.engine.engine import engine
from support.engine.said import said_before
from support.stacks import ROOT

Settings = dict[str, Any]


class Change(NamedTuple):
    """A change of settings, and what it must do."""

    name: str
    change: Callable[[Settings], Any]
    updated: tuple[str, ...] = ()
    """Resources that change in place, by their name in the program. `*` at an end stands for any rest."""

    created: tuple[str, ...] = ()
    deleted: tuple[str, ...] = ()
    replaced: tuple[str, ...] = ()
    refused: str = ""
    """The message of a change that is refused. The next change starts without it."""

    held: str = ""
    """The new resource whose name an earlier one holds, which a state cannot show."""

    half_way: bool = False
    """Whether something else of the change happens before it is refused."""


def aks(settings: Settings) -> Settings:
    return settings["inference"]["aks"]


def store(settings: Settings, name: str = "customers") -> Settings:
    return next(each for each in settings["workspace"]["datastores"] if each["name"] == name)


def beside_the_cluster(settings: Settings) -> None:
    inference = settings["inference"]
    inference["targets"] = [inference.pop("target"), "app_service"]
    inference["app_service"] = {"apps": [{"name": "web", "open_reason": "The gateway checks tokens, ML-321"}]}


def the_cluster_alone(settings: Settings) -> None:
    inference = settings["inference"]
    inference["target"] = inference.pop("targets")[0]
    del inference["app_service"]


REGISTRY = (
    "/subscriptions/00000000-0000-0000-0000-00000000cafe/resourceGroups/rg-shared/providers"
    "/Microsoft.ContainerRegistry/registries/crshared"
)

DEV = [
    Change(
        "the system pool may grow",
        lambda s: aks(s).setdefault("system", {}).update(max_nodes=8),
        updated=("churn-aks-pool-system",),
    ),
    Change(
        "the system pool has another size",
        lambda s: aks(s).setdefault("system", {}).update(vm_size="Standard_D8ds_v5"),
        refused="system.vm_size: immutable",
    ),
    Change(
        "the cpu pool may grow",
        lambda s: aks(s).setdefault("cpu", {}).update(max_nodes=9),
        updated=("churn-aks-pool-cpu",),
    ),
    Change(
        "the cpu pool has another size",
        lambda s: aks(s).setdefault("cpu", {}).update(vm_size="Standard_D8ds_v5"),
        replaced=("churn-aks-pool-cpu",),
    ),
    Change(
        "a pool more",
        lambda s: (
            aks(s).setdefault("pools", []).append({"name": "more", "vm_size": "Standard_D16ds_v5", "max_nodes": 2})
        ),
        created=("churn-aks-pool-more",),
    ),
    Change(
        "a pool less",
        lambda s: aks(s)["pools"].pop(),
        deleted=("churn-aks-pool-more",),
    ),
    Change(
        "two pools more, of which the second waits for the first",
        lambda s: (
            aks(s)
            .setdefault("pools", [])
            .extend({"name": name, "vm_size": "Standard_D16ds_v5", "max_nodes": 2} for name in ("first", "second"))
        ),
        created=("churn-aks-pool-first", "churn-aks-pool-second"),
    ),
    Change(
        "the pool that others wait for has another size",
        lambda s: aks(s)["cpu"].update(vm_size="Standard_D4ds_v5"),
        replaced=("churn-aks-pool-cpu",),
    ),
    Change(
        "a pool that another waits for is replaced alone",
        lambda s: aks(s)["pools"][-2].update(vm_size="Standard_D8ds_v5"),
        replaced=("churn-aks-pool-first",),
    ),
    Change(
        "a pool from the middle goes alone",
        lambda s: aks(s)["pools"].pop(-2),
        deleted=("churn-aks-pool-first",),
    ),
    Change(
        "the last pool goes",
        lambda s: aks(s)["pools"].pop(),
        deleted=("churn-aks-pool-second",),
    ),
    Change(
        "pods have other addresses", lambda s: aks(s).update(pod_cidr="100.80.0.0/16"), refused="pod_cidr: immutable"
    ),
    Change(
        "services have other addresses",
        lambda s: aks(s).update(service_cidr="172.20.0.0/16"),
        refused="service_cidr: immutable",
    ),
    Change(
        "upgrades are patches only", lambda s: aks(s).update(upgrade_channel="patch"), updated=("churn-aks-cluster",)
    ),
    Change(
        "an AI service more",
        lambda s: s.setdefault("ai_services", []).append({"name": "speech", "kind": "SpeechServices"}),
        created=("churn-data-product-speech*", "churn-ml-connection-speech"),
    ),
    Change(
        "an AI service less",
        lambda s: s["ai_services"].pop(),
        deleted=("churn-data-product-speech*", "churn-ml-connection-speech"),
    ),
    Change(
        "an endpoint more",
        lambda s: s["inference"]["endpoints"].append({"name": "second"}),
        created=("churn-endpoint-second*", "churn-data-product-*second*"),
    ),
    Change(
        "an endpoint less",
        lambda s: s["inference"]["endpoints"].pop(),
        deleted=("churn-endpoint-second*", "churn-data-product-*second*"),
    ),
    Change(
        "a target beside the cluster",
        beside_the_cluster,
        created=("churn-app-service*", "churn-data-product-network-*azurewebsites.net*"),
        updated=("churn-data-product-network-vnet",),  # Its containers subnet is given to App Service.
    ),
    Change(
        "the target beside the cluster goes",
        the_cluster_alone,
        deleted=("churn-app-service*", "churn-data-product-network-*azurewebsites.net*"),
    ),
    Change(
        "the service comes back while Azure holds its name",
        lambda s: s["ai_services"].append({"name": "speech", "kind": "SpeechServices"}),
        refused="FlagMustBeSetForRestore",
        held="churn-data-product-speech-account",
        half_way=True,
    ),
    Change(
        "the service is restored",
        lambda s: s["ai_services"].append({"name": "speech", "kind": "SpeechServices", "restore": True}),
        created=("churn-data-product-speech*", "churn-ml-connection-speech"),
    ),
    Change(
        "it is no longer asked to be restored",
        lambda s: s["ai_services"][-1].pop("restore"),
        updated=("churn-data-product-speech-account",),
    ),
    Change(
        "a pipeline of Azure DevOps is trusted",
        lambda s: s["workload_identity"].update(
            federated_credentials=[{"name": "ado", "issuer": "https://issuer.example", "subject": "sc://a/b/c"}]
        ),
        created=("churn-data-product-trust-*",),
    ),
    Change(
        "its credential has another name",
        lambda s: s["workload_identity"]["federated_credentials"][0].update(name="azure-devops"),
        replaced=("churn-data-product-trust-*",),
    ),
    Change(
        "it is no longer trusted",
        lambda s: s["workload_identity"].pop("federated_credentials"),
        deleted=("churn-data-product-trust-*",),
    ),
    Change(
        "a model more",
        lambda s: s["ai_services"][0]["deployments"].append(
            {"name": "mini", "model": "gpt-5.4", "version": "2026-03-05", "capacity": 5}
        ),
        created=("churn-data-product-assistant-model-mini*",),
    ),
    Change(
        "a model takes more",
        lambda s: s["ai_services"][0]["deployments"][-1].update(capacity=9),
        updated=("churn-data-product-assistant-model-mini",),
    ),
    Change(
        "another model under its name",
        lambda s: s["ai_services"][0]["deployments"][-1].update(model="gpt-5-mini", version="2025-08-07"),
        replaced=("churn-data-product-assistant-model-mini",),
        updated=("churn-data-product-assistant-model-mini-version",),
    ),
    Change(
        "another sku of a model",
        lambda s: s["ai_services"][0]["deployments"][-1].update(sku="GlobalStandard"),
        replaced=("churn-data-product-assistant-model-mini",),
    ),
    Change(
        "another kind of service under its name",
        lambda s: s["ai_services"][1].update(kind="Face"),
        refused="ai_services.documents.kind: immutable: deployed as 'FormRecognizer', cannot become 'Face'",
    ),
    Change(
        "a model less",
        lambda s: s["ai_services"][0]["deployments"].pop(),
        deleted=("churn-data-product-assistant-model-mini*",),
    ),
    Change("a folder goes", lambda s: store(s)["folders"].pop(), deleted=("churn-ml-data-contracts",)),
    Change(
        "the folder comes back",
        lambda s: store(s)["folders"].append({"name": "contracts", "path": "contracts/current"}),
        created=("churn-ml-data-contracts",),
    ),
    Change(
        "a store reads another container",
        lambda s: store(s).update(container="raw"),
        refused="container: immutable",
        half_way=True,  # The roles on the other container come first.
    ),
    Change(
        "jobs' machines may be more",
        lambda s: s["workspace"]["clusters"][0].update(max_nodes=6),
        updated=("churn-ml-cluster-cpu",),
    ),
    Change(
        "jobs' machines are larger",
        lambda s: s["workspace"]["clusters"][0].update(vm_size="Standard_D8ds_v4"),
        replaced=("churn-ml-cluster-cpu",),
    ),
    Change("a person leaves", lambda s: s["workspace"].update(instances=[]), deleted=("churn-ml-instance-alice",)),
    Change(
        "the workspace has a managed network",
        lambda s: s["workspace"].update(network_mode="managed"),
        refused="network",
    ),
    Change(
        "another registry, at once",
        lambda s: s["workspace"].update(container_registry_id=REGISTRY),
        refused="protected",
        half_way=True,
    ),
    Change(
        "the own registry may go",
        lambda s: s["workspace"].update(discard_registry_reason="Moved to crshared, ML-321"),
    ),
    Change(
        "another registry",
        lambda s: (
            s["workspace"].pop("discard_registry_reason"),
            s["workspace"].update(container_registry_id=REGISTRY),
        ),
        updated=("churn-ml-workspace",),
        replaced=("churn-ml-*registry*", "churn-endpoint-scoring-images"),
        deleted=("churn-ml-registry*", "churn-data-product-network-privatelink.azurecr.io*"),
    ),
    Change(
        "a job starts by a blob, no longer by the clock",
        lambda s: (
            s["batch"]["jobs"][0].pop("schedule"),
            s["batch"]["jobs"][0].pop("input"),
            s["batch"]["jobs"][0].update(blob_created={"store": "customers", "folder": "incoming", "suffix": ".csv"}),
        ),
        updated=("churn-batch-pipeline-customers", "churn-batch-removed-triggers", "churn-batch-failed-triggers"),
        created=("churn-batch-trigger-customers-blob*",),
        deleted=("churn-batch-trigger-customers-schedule*", "churn-batch-late-customers"),
    ),
    Change(
        "a job has another name",
        lambda s: s["batch"]["jobs"][0].update(name="clients"),
        updated=("churn-batch-*",),
        created=("churn-batch-*clients*",),
        deleted=("churn-batch-*customers*",),
    ),
    Change(
        "a job pauses",
        lambda s: s["batch"]["jobs"][0].update(active=False),
        deleted=("churn-batch-trigger-clients-blob-start",),
    ),
    Change(
        "alerts go to others",
        lambda s: s["batch"]["alerts"].update(emails=["oncall@example.com"]),
        updated=("churn-batch-action-group",),
    ),
    Change(
        "nodes leave by a firewall",
        lambda s: s["network"].update(egress={"kind": "firewall", "firewall_ip": "10.0.0.4"}),
        refused="network.egress.kind: immutable",
    ),
    Change("a budget more", lambda s: s["budget"].update(amount=999), updated=("churn-data-product-budget",)),
    Change(
        "logs are kept for longer",
        lambda s: s.setdefault("diagnostics", {}).update(retention_days=90),
        updated=("churn-data-product-log",),
    ),
    Change(
        "the network is wider",
        lambda s: s["network"].update(address_space=[s["network"]["address_space"][0].split("/")[0] + "/21"]),
        refused="network.address_space[0]: immutable",
    ),
    Change("another region", lambda s: s.update(location="northeurope"), refused="location: immutable"),
    Change(
        "another subscription",
        lambda s: s.update(subscription_id="00000000-0000-0000-0000-00000000dead"),
        refused="subscription_id: immutable",
    ),
    Change(
        "another tenant",
        lambda s: s.update(tenant_id="00000000-0000-0000-0000-00000000dead"),
        refused="tenant_id: immutable",
    ),
]


def matches(found: list[str], wanted: tuple[str, ...]) -> bool:
    """Whether each name is wanted, and each wanted one is found."""

    def fits(name: str, pattern: str) -> bool:
        parts = pattern.split("*")
        return name.startswith(parts[0]) and name.endswith(parts[-1]) and all(part in name for part in parts)

    return all(any(fits(name, each) for each in wanted) for name in found) and all(
        any(fits(name, each) for name in found) for each in wanted
    )


@pytest.fixture(scope="module")
def dev(tmp_path_factory):
    with engine(tmp_path_factory.mktemp("dev") / "a folder") as made:
        made.init("dev")
        made.up("dev")
        yield made


@pytest.mark.parametrize("number", range(len(DEV)), ids=lambda number: DEV[number].name)
def test_a_change_on_a_live_dev(number, dev):
    each = DEV[number]
    file = dev.project / "Pulumi.dev.yaml"
    before, world = file.read_text(), set(dev.azure.world.resources)
    dev.change("dev", each.change)
    dev.azure.world.log.clear()
    said = said_before(dev, "dev")
    done = dev.up("dev", check=False)
    gone = {held for held in world if "/triggers/" in held and held not in dev.azure.world.resources}
    if each.refused:
        file.write_text(before)
        assert done.code != 0
        assert any(each.refused in text for text in done.errors), done.errors
        assert any(each.refused in text for text in said.refusals) or each.held in said.may_be_held, said
        assert each.half_way or set(dev.azure.world.resources) == world
        if each.half_way:
            dev.up("dev")
        return
    assert done.code == 0, done.errors
    operations = done.operations()
    by_kind = {
        kind: [name for op, name in operations if op == kind and name.startswith("churn")]
        for kind in ("create", "update", "delete", "replace")
    }
    assert matches(by_kind["replace"], each.replaced), by_kind
    assert matches(by_kind["update"], each.updated), by_kind
    assert matches(by_kind["create"], each.created), by_kind
    assert matches(by_kind["delete"], each.deleted), by_kind
    assert said.changes == done.changes()
    assert not said.refusals
    assert dev.up("dev").operations() == []
    stops = [number for number, (what, id_) in enumerate(dev.azure.world.log) if what == "stop" and id_.lower() in gone]
    changes = [
        number for number, (what, id_) in enumerate(dev.azure.world.log) if what == "update" and "/pipelines/" in id_
    ]
    assert not stops or not changes or max(stops) < min(changes), "an old trigger runs while its pipeline changes"


def test_a_change_of_a_trigger_that_broke_off_and_was_taken_back_leaves_it_started(dev):
    """Without a refresh, so that only the program's own resources can tell. With a job of its own: the changes above
    pause and rename the one that the project has."""
    file = dev.project / "Pulumi.dev.yaml"
    config = yaml.safe_load((ROOT / "Pulumi.dev.yaml").read_text())["config"]
    nightly = {**config["azure-mlplatform:batch"]["jobs"][0], "name": "nightly"}
    dev.change("dev", lambda settings: settings["batch"]["jobs"].append(nightly))
    dev.up("dev")
    before = file.read_text()
    dev.change("dev", lambda settings: settings["batch"]["jobs"][-1]["schedule"].update(at=["04:44"]))
    dev.azure.world.faults.append(Fault("/triggers/", "update", 99, 409, "Conflict", "Not now."))
    assert dev.up("dev", check=False).code != 0
    dev.azure.world.faults.clear()
    [trigger] = [each for each in dev.azure.world.of_type(TRIGGER) if "nightly" in each.id]
    assert trigger.read_only["properties"]["runtimeState"] == "Stopped"
    file.write_text(before)
    dev.up("dev", "--refresh=false")
    assert trigger.read_only["properties"]["runtimeState"] == "Started"
    assert dev.up("dev").operations() == []
