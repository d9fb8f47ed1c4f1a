"""The files with which a platform team's repository begins: the programs, its answers, and what environments share.

What is there already stays as it is: `projects/shared` is made from the answers that stand in requests/platform.yaml.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any, Optional

from pydantic import ValidationError

from ..config.new_project import IN_REPOSITORY, Layout, NewEnvironment, NewProject, file_text, project_text
from ..config.yaml_text import block, scalar
from ..foundation.placeholders import is_placeholder
from ..foundation.problems import Problem, ProblemsError, problems_of
from ..foundation.profiles import PROFILES, Environment, Tier
from ..foundation.values import same_id, subscription_of
from ..shared.settings import SharedSettings
from .platform import Connectivity, Platform
from .repository import FOLDER, PLATFORM_FILE

SHARED = "shared"
"""The project of what environments share."""

_PLATFORM = f"{FOLDER}/{PLATFORM_FILE}"
_PRODUCT = "ml-platform"
"""The data product of what environments share: a part of its resource group's name."""

_KINDS = {tier: ", ".join(each.value for each, profile in PROFILES.items() if profile.tier == tier) for tier in Tier}

_PROGRAMS = {
    "project": ("one environment of a project", "azure_mlplatform", "stack_settings"),
    "landing": (
        "the place of one environment: its group, its identities, its budget",
        "azure_mlplatform.stack",
        "landing_settings",
    ),
    "shared": (
        "what all environments of nonprod, or all of prod, share",
        "azure_mlplatform.stack",
        "shared_settings",
    ),
}
"""Program → what it deploys, and the module and function of its settings."""


@dataclass(frozen=True)
class Asked:
    """The answers as somebody types them. Nothing is checked yet."""

    platform: Mapping[str, Any]
    """Values of `Platform` for one region, without its hub and DNS."""

    hub_ids: Mapping[str, str]
    """Tier → the hub's virtual network."""

    dns_servers: Mapping[str, str]
    """Tier → the hub's resolver."""

    cost_center: Optional[str] = None
    cost_code: Optional[str] = None


def new_repository(root: FilePath, there: Optional[Platform], asked: Asked, requirement: str) -> dict[str, str]:
    """The files that a repository does not have yet → their texts, in the order in which they are read.

    `there` are the answers that stand in requests/platform.yaml. `requirement` is the line by which pip gets this
    library. Raises ProblemsError with all that is wrong with what is asked for, by its place in the answers.
    """
    data = _answers(asked)
    platform = there
    if platform is None:
        try:
            platform = Platform.model_validate(data)
        except ValidationError as error:
            raise ProblemsError(problems_of(error, Platform, data=data)) from None
    found = {_PLATFORM: _schema(root, "platform") + _platform_text(data)}
    for program, (about, module, settings) in _PROGRAMS.items():
        found[f"stacks/{program}/__main__.py"] = _program(about, module, settings)
        found[f"stacks/{program}/requirements.txt"] = f"{requirement}\n"
    found |= {f"projects/{SHARED}/{file}": text for file, text in _shared_files(root, platform, asked).items()}
    found[".gitignore"] = ".venv/\n__pycache__/\n"
    return {file: text for file, text in found.items() if not (root / file).exists()}


def _answers(asked: Asked) -> dict[str, Any]:
    """What stands in requests/platform.yaml."""
    data = dict(asked.platform)
    for region in data.get("regions", []):
        for tier in Tier:
            hub, server = asked.hub_ids.get(tier), asked.dns_servers.get(tier)
            way: dict[str, Any] = {"hub": {"vnet_id": hub}} if hub else {}
            if server:
                group = _group_id(_shared_in(hub, data.get("subscriptions", {}).get(tier.value, "")), tier)
                way["dns"] = {"mode": "adopt", "resource_group_id": group, "servers": [server]}
            if way:
                region[tier.value] = way
    return data


def _shared_in(hub_id: Optional[str], subscription_id: str) -> str:
    """The subscription of what environments share: the hub's, whose peerings it makes, else that of environments."""
    return subscription_of(hub_id) if hub_id is not None and hub_id.startswith("/subscriptions/") else subscription_id


def _group_id(subscription_id: str, tier: Tier) -> str:
    """The resource group of what environments share, which has the private DNS zones."""
    return f"/subscriptions/{subscription_id}/resourceGroups/rg-{_PRODUCT}-{SHARED}-{tier}"


def _schema(root: FilePath, name: str) -> str:
    file = f"{name}.schema.json"
    return f"# yaml-language-server: $schema=../schemas/{file}\n" if (root / "schemas" / file).is_file() else ""


_ABOUT = {
    "subscriptions": "One for sandbox, dev and test, one for prod: they share nothing.",
    "repository": "The repository that has all stacks. Its pipelines deploy them.",
}

_MORE = """\
# Data that teams may read, with its owner, whose yes a request takes.
# data_products:
#   - name: customer-360
#     owner: customer-360@example.com
#     reviewers: ["@<organisation>/<team>"]
#     nonprod: {storage_account_id: <id>, container: curated}
#     prod: {storage_account_id: <id>, container: curated}
# The most that a request may ask for, by kind of environment. Without it there is no limit.
# quotas:
#   - {environment: dev, budget: 5000, nodes: 20, instances: 10}
# The form of a cost center and of a cost code, as regular expressions.
# cost_center_pattern: CC-[0-9]{4}
# cost_code_pattern: P-[0-9]{4}-[0-9]{4}
"""


def _platform_text(data: Mapping[str, Any]) -> str:
    body = ""
    for key, value in data.items():
        if key == "regions":
            body += _regions_text(value)
            continue
        body += (f"# {_ABOUT[key]}\n" if key in _ABOUT else "") + block({key: value})
    about = """\
# What the platform team answers for all requests. docs/requests.md says what each key is for.
# `mlplatform schema --file platform` has all keys, for an editor.
"""
    return about + body + _MORE


def _regions_text(regions: list[dict[str, Any]]) -> str:
    text = block({"regions": regions})
    said = "    # Each environment gets its network from here. No other network may have these addresses.\n"
    text = re.sub(r"(?m)^(?=    address_pool:)", said, text)
    more = """\
    # Without a hub, a network is peered to nothing, and has its own DNS zones and NAT gateway. Else, also for prod:
    # nonprod:
    #   hub: {vnet_id: <id>, address_space: [<range>]}
    #   egress: {kind: firewall, firewall_ip: <address>}
    # The most vCPUs of all clusters, each at its largest.
    # nonprod_cores: 200
"""
    return text + more


def _program(about: str, module: str, settings: str) -> str:
    return f'''\
"""Deploys {about}."""

from {module} import deploy, {settings}

deploy({settings}())
'''


def _shared_files(root: FilePath, platform: Platform, asked: Asked) -> dict[str, str]:
    """The files of projects/shared, as its loader takes them."""
    schemas = IN_REPOSITORY.schemas if (root / "schemas").is_dir() else None
    layout = Layout(f"../../stacks/{SHARED}", IN_REPOSITORY.virtualenv, schemas)
    project = NewProject(
        name=SHARED,
        data_product=_PRODUCT,
        owner_team=platform.team.name,
        owner_email=platform.team.email,
        cost_center=asked.cost_center,
        cost_code=asked.cost_code,
        # What is shared is booked like prod.
        environments=[NewEnvironment(environment=Environment.PROD, location=platform.regions[0].region)],
    )
    found = {
        "Pulumi.yaml": project_text(
            project, layout, description="What all environments of nonprod, and all of prod, share"
        )
    }
    for tier in Tier:
        settings = _shared_settings(platform, tier)
        _validate(settings, tier)
        found[f"Pulumi.{tier}.yaml"] = _shared_text(layout, settings, tier)
    return found


def _shared_settings(platform: Platform, tier: Tier) -> dict[str, Any]:
    subscription = getattr(platform.subscriptions, tier.value)
    regions = [each.region for each in platform.regions]
    ways: list[Connectivity] = [getattr(each, tier.value) for each in platform.regions]
    hub = next((each.hub for each in ways if each.hub is not None), None)
    shared_in = _shared_in(hub.vnet_id if hub else None, subscription)
    mine = _group_id(shared_in, tier)
    data: dict[str, Any] = {
        "environment": tier.value,
        "location": regions[0],
        "subscription_id": shared_in,
        "tenant_id": platform.tenant_id,
        "subscriptions": [subscription],
    }
    if hub is not None:
        data["hub"] = {"vnet_id": hub.vnet_id, **({"offers_gateway": True} if hub.use_gateway else {})}
        if any(each.dns and same_id(each.dns.resource_group_id, mine) for each in ways):
            data["dns"] = {"regions": regions}
    return {**data, "policies": {"allowed_locations": regions}}


def _validate(settings: Mapping[str, Any], tier: Tier) -> None:
    """Raises ProblemsError with what the loader would refuse."""
    project = {"name": SHARED, "data_product": _PRODUCT, "owner_team": SHARED, "cost_center": SHARED}
    data = {"project": project, **settings}
    try:
        SharedSettings.model_validate(data)
    except ValidationError as error:
        file = f"projects/{SHARED}/Pulumi.{tier}.yaml"
        raise ProblemsError(
            Problem(each.path, each.what, each.fix, file) for each in problems_of(error, SharedSettings, data=data)
        ) from None


_SAID = {
    "subscriptions": "The subscriptions of environments: the library's own roles can be given there.",
    "hub": "The hub's side of the peerings: add the network of each environment to `spokes` after its first update.",
    "dns": "The private DNS zones that environments adopt, linked to the hub.",
    "policies": "Built-in policies of Azure. They judge what anybody makes in these subscriptions.",
}


def _shared_text(layout: Layout, settings: Mapping[str, Any], tier: Tier) -> str:
    about = f"""\
# What all environments of {tier} ({_KINDS[tier]}) share. An administrator deploys it, before all landings.
# `mlplatform schema --file shared` has all keys, for an editor.
"""
    body = "".join(_lines(settings))
    return file_text(layout, SHARED, about, f"config:\n{body}")


def _lines(settings: Mapping[str, Any]) -> Iterator[str]:
    for key, value in settings.items():
        if key in _SAID:
            yield f"  # {_SAID[key]}\n"
        if isinstance(value, str):
            mark = " # placeholder" if is_placeholder(value) else ""
            yield f"  azure-mlplatform:{key}: {scalar(value)}{mark}\n"
        else:
            yield block({f"azure-mlplatform:{key}": value}, 2)
