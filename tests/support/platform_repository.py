"""A platform team's repository with requests, in a folder of a test."""

from copy import deepcopy
from pathlib import Path
from typing import Any

import yaml

PLATFORM: dict[str, Any] = {
    "team": {"name": "ml-platform", "email": "ml-platform@example.com", "reviewers": ["@example/ml-platform"]},
    "tenant_id": "00000000-0000-0000-0000-0000000000aa",
    "subscriptions": {
        "nonprod": "00000000-0000-0000-0000-00000000000d",
        "prod": "00000000-0000-0000-0000-00000000000e",
    },
    "repository": {"github": "example/ml-platform", "ids": {"owner": 1, "repository": 2}},
    "regions": [{"region": "westeurope", "address_pool": ["10.160.0.0/12"]}],
    "data_products": [
        {
            "name": name,
            "owner": f"{name}@example.com",
            "reviewers": [f"@example/{name}"],
            "nonprod": {
                "storage_account_id": "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-data"
                f"/providers/Microsoft.Storage/storageAccounts/st{name.replace('-', '')}dev",
                "container": "curated",
            },
            "prod": {
                "storage_account_id": "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-data"
                f"/providers/Microsoft.Storage/storageAccounts/st{name.replace('-', '')}prod",
                "container": "curated",
            },
        }
        for name in ("customer-360", "sales")
    ],
}

REQUEST: dict[str, Any] = {
    "project": "lending",
    "why": "Score loan applications within a second",
    "tier": "project",
    "owner_team": "lending-analytics",
    "owner_email": "lending-analytics@example.com",
    "requested_by": "alice@example.com",
    "project_manager": "bob@example.com",
    "who_pays": {"cost_center": "CC-4711", "cost_code": "P-2026-0042", "contact": "finance@example.com"},
    "region": "westeurope",
    "reads": [{"product": "customer-360", "folder": "curated/customers"}],
    "repository": {"github": "example/lending", "ids": {"owner": 1, "repository": 3}},
    "environments": [
        {
            "environment": name,
            "budget": {"amount": 500},
            "network": "small",
            "clusters": [{"name": "cpu", "vm_size": "Standard_D4ds_v5", "max_nodes": 4}],
        }
        for name in ("dev", "prod")
    ],
}


def request(**changes: Any) -> dict[str, Any]:
    """A request with other values."""
    return {**deepcopy(REQUEST), **changes}


def written(root: Path, *requests: dict[str, Any], platform: dict[str, Any] = PLATFORM) -> Path:
    """Writes requests/ into a folder."""
    (root / "requests").mkdir(exist_ok=True)
    (root / "requests" / "platform.yaml").write_text(yaml.safe_dump(platform, sort_keys=False))
    for each in requests:
        (root / "requests" / f"{each['project']}.yaml").write_text(yaml.safe_dump(each, sort_keys=False))
    return root
