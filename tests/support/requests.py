"""Repositories of a platform team, with requests."""

import copy
import shutil
from pathlib import Path
from typing import Any

import yaml

from azure_mlplatform.requests.platform import Platform
from azure_mlplatform.requests.repository import Document, RepositoryRequests
from azure_mlplatform.requests.request import Request

ROOT = Path(__file__).parents[2]
SUBSCRIPTIONS = {
    "nonprod": "3b2c4f0e-7a51-4c8a-9a37-5f1c6a0d2e11",
    "prod": "3b2c4f0e-7a51-4c8a-9a37-5f1c6a0d2e12",
}
PLATFORM: dict[str, Any] = {
    "team": {"name": "ml-platform", "email": "ml-platform@bank.com", "reviewers": ["@bank/ml-platform"]},
    "tenant_id": "9d1e7c52-0c1f-4f6e-8a3b-7e2d4b6c8f90",
    "subscriptions": SUBSCRIPTIONS,
    "regions": [{"region": "westeurope", "address_pool": ["10.160.0.0/20"]}],
    "data_products": [
        {
            "name": "customer-360",
            "owner": "customer-360@bank.com",
            "reviewers": ["@bank/customer-360"],
            **{
                half: {
                    "storage_account_id": f"/subscriptions/{id_}/resourceGroups/rg-lake/providers/Microsoft.Storage/"
                    f"storageAccounts/stlake{half}",
                    "container": "curated",
                }
                for half, id_ in SUBSCRIPTIONS.items()
            },
        }
    ],
}
PROJECT: dict[str, Any] = {
    "project": "lending",
    "why": "Score loan applications within a second",
    "tier": "project",
    "owner_team": "lending-analytics",
    "owner_email": "lending@bank.com",
    "requested_by": "alice@bank.com",
    "project_manager": "bob@bank.com",
    "who_pays": {"cost_center": "CC-5120", "cost_code": "P-2026-0311", "contact": "finance@bank.com"},
    "region": "westeurope",
    "repository": {"github": "bank/lending", "ids": {"owner": 9919, "repository": 73114}},
    "environments": [
        {
            "environment": kind,
            "network": "small",
            "budget": {"amount": 500},
            "clusters": [{"name": "cpu", "vm_size": "Standard_D4ds_v5", "max_nodes": 2}],
        }
        for kind in ("dev", "prod")
    ],
}
SANDBOX: dict[str, Any] = {
    "project": "trial",
    "why": "See what the new data can do",
    "tier": "sandbox",
    "owner_team": "lending-analytics",
    "owner_email": "lending@bank.com",
    "requested_by": "alice@bank.com",
    "who_pays": {"cost_center": "CC-5120", "contact": "finance@bank.com"},
    "region": "westeurope",
    "environments": [
        {
            "environment": "sandbox",
            "expires_on": "2026-12-31",
            "budget": {"amount": 100},
            "clusters": [{"name": "cpu", "vm_size": "Standard_D4ds_v5", "max_nodes": 2}],
        }
    ],
}
REMOVED = object()
"""Stands for a key that is not there."""


def changed(data: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """A copy with another value at a dotted path, or without it."""
    copied = copy.deepcopy(data)
    inner: Any = copied
    *above, last = path.split(".")
    for part in above:
        inner = inner[int(part)] if isinstance(inner, list) else inner[part]
    key: Any = int(last) if isinstance(inner, list) else last
    if value is REMOVED:
        del inner[key]
    elif isinstance(inner, list) and key == len(inner):
        inner.append(value)
    else:
        inner[key] = value
    return copied


def named(name: str, data: dict[str, Any] = PROJECT) -> dict[str, Any]:
    """A request with another name, and a repository of its own."""
    found = changed(data, "project", name)
    if "repository" in data:
        found["repository"] = {"github": f"bank/{name}", "ids": {"owner": 9919, "repository": 1}}
    return found


def repository_at(folder: Path, *requests: dict[str, Any], platform: dict[str, Any] = PLATFORM) -> Path:
    """A repository with requests, and the program that its projects share."""
    (folder / "requests").mkdir(parents=True, exist_ok=True)
    (folder / "requests" / "platform.yaml").write_text(yaml.safe_dump(platform, sort_keys=False))
    for each in requests:
        write(folder, each)
    if not (folder / "stacks").exists():
        shutil.copytree(ROOT / "stacks" / "project", folder / "stacks" / "project")
    return folder


def write(folder: Path, request: dict[str, Any]) -> Path:
    """Writes a request."""
    path = folder / "requests" / f"{request['project']}.yaml"
    path.write_text(yaml.safe_dump(request, sort_keys=False))
    return path


def in_memory(root: Path, *requests: dict[str, Any], platform: dict[str, Any] = PLATFORM, **more: Any) -> Any:
    """Requests that are in no files."""
    found = {
        each["project"]: Document(root / f"{each['project']}.yaml", Request.model_validate(each), {})
        for each in requests
    }
    answers = Document(root / "platform.yaml", Platform.model_validate(platform), {})
    return RepositoryRequests(root, answers, found, **more)
