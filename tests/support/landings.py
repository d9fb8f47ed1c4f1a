"""A project of a small environment that is landed, with the files of its landing, in a folder of its own."""

import datetime
import json
import shutil
from functools import cache
from pathlib import Path
from typing import Any, Optional

import yaml

from azure_mlplatform.landing.landing import Landing, LandingArgs
from azure_mlplatform.landing.settings import LandingSettings
from azure_mlplatform.plan import Plan
from azure_mlplatform.plan.program import run, run_stack
from azure_mlplatform.plan.rights import Rights, rights_of
from support.stacks import ROOT

DAY = datetime.date(2026, 11, 28)
TENANT = "00000000-0000-0000-0000-0000000000aa"
SUBSCRIPTIONS = {
    "sandbox": "00000000-0000-0000-0000-0000000005d1",
    "dev": "00000000-0000-0000-0000-0000000005d1",
    "test": "00000000-0000-0000-0000-0000000005d1",
    "prod": "00000000-0000-0000-0000-0000000005f1",
}
SHARED = {"dev": "00000000-0000-0000-0000-0000000005d0", "prod": "00000000-0000-0000-0000-0000000005f0"}
PROJECT = {
    "name": "credits",
    "data_product": "loans",
    "owner_team": "credit-risk",
    "cost_center": "CC-2200",
    "cost_code": "P-2026-0200",
}
TRUST = {"github_repository": "example/credits", "github_ids": {"owner": 9919, "repository": 1296270}}
ENDED = {"reason": "The project ended, ticket ML-321"}


def group_id(environment: str) -> str:
    """The id of the environment's group."""
    short = {"sandbox": "sbx"}.get(environment, environment)
    return f"/subscriptions/{SUBSCRIPTIONS[environment]}/resourceGroups/rg-loans-credits-{short}"


def hub(environment: str) -> str:
    """The id of the hub of an environment."""
    group = f"/subscriptions/{SHARED[environment]}/resourceGroups/rg-hub"
    return f"{group}/providers/Microsoft.Network/virtualNetworks/vnet-hub"


def of_landing(environment: str, **more: Any) -> dict[str, Any]:
    """The settings of a landing."""
    given: dict[str, Any] = {
        "environment": environment,
        "location": "westeurope",
        "subscription_id": SUBSCRIPTIONS[environment],
        "tenant_id": TENANT,
        "budget": {"amount": 500, "contact_emails": ["credit-risk@example.com"]},
    }
    if environment == "sandbox":
        given["expires_on"] = "2027-01-31"
    else:
        given |= {"deploy": TRUST, "release": TRUST}
    return {**given, **more}


def of_project(environment: str, **more: Any) -> dict[str, Any]:
    """The settings of the project's own stack: a workspace with its parts in a network that is peered to the hub."""
    zones = f"/subscriptions/{SHARED[environment]}/resourceGroups/rg-dns/providers/Microsoft.Network/privateDnsZones"
    names = ("api.azureml.ms", "notebooks.azure.net", "vaultcore.azure.net", "azurecr.io")
    names += tuple(f"{each}.core.windows.net" for each in ("blob", "file", "queue", "table"))
    return {
        "environment": environment,
        "location": "westeurope",
        "subscription_id": SUBSCRIPTIONS[environment],
        "tenant_id": TENANT,
        "resource_group_id": group_id(environment),
        "network": {
            "address_space": ["10.90.0.0/22" if environment == "dev" else "10.94.0.0/22"],
            "hub": {"vnet_id": hub(environment), "address_space": ["10.0.0.0/16"]},
            "egress": {"kind": "firewall", "firewall_ip": "10.0.0.4"},
            "dns": {
                "mode": "adopt",
                "zone_ids": {f"privatelink.{each}": f"{zones}/privatelink.{each}" for each in names},
            },
        },
        "workspace": {"network_mode": "own", "clusters": [{"name": "cpu", "vm_size": "Standard_D4ds_v5"}]},
        **more,
    }


def write(folder: Path, main: str, settings: dict[str, dict[str, Any]]) -> None:
    """Writes the files of a Pulumi project. `settings`: stack → settings."""
    folder.mkdir(parents=True, exist_ok=True)
    runtime = {"name": "python", "options": {"toolchain": "pip", "virtualenv": ".venv"}}
    config = {
        "azure-mlplatform:project": {"value": PROJECT},
        "pulumi:disable-default-providers": {"value": ["azure-native"]},
    }
    data = {"name": folder.name, "main": main, "runtime": runtime, "options": {"refresh": "always"}, "config": config}
    (folder / "Pulumi.yaml").write_text(yaml.safe_dump(data))
    for stack, given in settings.items():
        text = yaml.safe_dump({"config": {f"azure-mlplatform:{key}": value for key, value in given.items()}})
        (folder / f"Pulumi.{stack}.yaml").write_text(text)


def repository(root: Path, *environments: str, landing: Optional[dict[str, Any]] = None, **project: Any) -> Path:
    """Writes a landed project and its landing, with its rights, below a folder. Returns the folder of the project."""
    if not (root / "stacks").exists():
        shutil.copytree(ROOT / "stacks", root / "stacks", ignore=shutil.ignore_patterns("__pycache__"))
    folder = root / "projects" / "credits"
    landed = [each for each in environments if each != "sandbox"]
    write(folder, "../../stacks/project", {each: of_project(each, **project) for each in landed})
    write(
        folder / "landing",
        "../../../stacks/landing",
        {each: of_landing(each, **(landing or {})) for each in environments},
    )
    for each in landed:
        (folder / f"rights.{each}.json").write_text(rights_text(rights(folder, each)))
    return folder


def rights(folder: Path, stack: str) -> Rights:
    """The rights of who deploys a stack of a project."""
    retired = {"azure-mlplatform:retire": ENDED}
    return rights_of(run_stack(folder, stack, today=DAY), run_stack(folder, stack, today=DAY, settings=retired))


def rights_text(found: Rights) -> str:
    """The rights as `mlplatform rights STACK --json` prints them."""
    from azure_mlplatform.cli.answers import Rights as Answer

    return json.dumps(Answer.model_validate({"stacks": [found.as_json()]}).model_dump(mode="json"), indent=2)


def landed(environment: str, *, known: bool = True, with_rights: bool = True, **changes: Any) -> Plan:
    """The plan of a landing."""
    settings = LandingSettings.model_validate({"project": PROJECT, **of_landing(environment, **changes)})
    text = reviewed(environment) if with_rights and environment != "sandbox" else None
    args = LandingArgs(settings=settings, today=str(DAY), rights=text)
    return run(lambda: Landing("credits", args), known=known, subscription_id=SUBSCRIPTIONS[environment])


@cache
def reviewed(environment: str) -> str:
    """The text of the file of reviewed rights of the project's stack."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        return (repository(Path(folder), environment) / f"rights.{environment}.json").read_text()
