"""Changes of settings on a live environment: what must happen, and what the engine did."""

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from support.engine.engine import engine

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
    """The message of a change that is refused. Nothing happens then, and the next change starts without it."""


def aks(settings: Settings) -> Settings:
    return settings["inference"]["aks"]


def store(settings: Settings, name: str = "customers") -> Settings:
    return next(each for each in settings["workspace"]["datastores"] if each["name"] == name)


TAGGED = "*"

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
    Change("a budget more", lambda s: s["budget"].update(amount=999), updated=("churn-data-product-budget",)),
    Change(
        "logs are kept for longer",
        lambda s: s.setdefault("diagnostics", {}).update(retention_days=90),
        updated=("churn-data-product-log",),
    ),
    Change("another region", lambda s: s.update(location="northeurope"), refused="location: immutable"),
    Change(
        "another subscription",
        lambda s: s.update(subscription_id="00000000-0000-0000-0000-00000000dead"),
        refused="subscription_id: immutable",
    ),
    Change("another kind of environment", lambda s: s.update(environment="test"), refused="immutable"),
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
    done = dev.up("dev", check=False)
    if each.refused:
        file.write_text(before)
        assert done.code != 0
        assert any(each.refused in text for text in done.errors), done.errors
        assert set(dev.azure.world.resources) == world
        return
    assert done.code == 0, done.errors
    operations = done.operations()
    by_kind = {
        kind: [name for op, name in operations if op == kind and name not in ("default", "environment")]
        for kind in ("create", "update", "delete", "replace")
    }
    assert matches(by_kind["replace"], each.replaced), by_kind
    assert matches(by_kind["update"], each.updated), by_kind
    assert matches(by_kind["create"], each.created), by_kind
    assert matches(by_kind["delete"], each.deleted), by_kind
    assert dev.up("dev").operations() == []
