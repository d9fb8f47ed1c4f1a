"""The workbook of an environment: what it costs, what is deployed, what endpoints are asked, which jobs failed.

A workbook queries Azure when somebody opens it, with that person's rights. The shape of its items is Azure's own and
not published as a schema. Each was read in public workbooks on GitHub (2026-11-28): a query of Resource Manager
(`ARMEndpoint/1.0` on `Microsoft.CostManagement/query`, 2025-03-01), of Resource Graph (queryType 1), and metrics
(`MetricsItem/2.0`). The names of the two metrics and of the types in Resource Graph are assumed to be those of Azure
Monitor's "Supported metrics". None of it was opened on Azure.
"""

import json
from typing import Any

_ML = "microsoft.machinelearningservices/workspaces"
_ENDPOINTS = f"{_ML}/onlineendpoints"
_WEEK = 7 * 24 * 60 * 60 * 1000
"""Milliseconds."""

_SUM, _AVERAGE = 1, 4
"""The numbers of aggregations."""


def workbook_text(group_id: str, title: str) -> str:
    """The content of a workbook about what is in a resource group."""
    items = [
        {"type": 1, "name": "title", "content": {"json": f"# {title}"}},
        _pickers(group_id),
        _cost(group_id),
        _graph(
            "deployments",
            "Endpoints and deployments",
            group_id,
            f"Resources | where type startswith '{_ENDPOINTS}' or type == '{_ML}/batchendpoints'"
            " or type in ('microsoft.web/sites', 'microsoft.app/containerapps')"
            " | project name, type, location, state = tostring(properties.provisioningState)",
        ),
        _metric("requests", "Requests to endpoints", _ENDPOINTS, "Endpoints", "RequestsPerMinute", _AVERAGE),
        _metric("failed-jobs", "Failed jobs", _ML, "Workspaces", "Failed Runs", _SUM),
    ]
    return json.dumps({"version": "Notebook/1.0", "items": items, "fallbackResourceIds": [group_id]}, sort_keys=True)


def _pickers(group_id: str) -> dict[str, Any]:
    """The lists of resources whose metrics are shown."""

    def picker(name: str, type_: str) -> dict[str, Any]:
        return {
            "id": name.lower(),
            "version": "KqlParameterItem/1.0",
            "name": name,
            "type": 5,
            "multiSelect": True,
            "quote": "'",
            "delimiter": ",",
            "query": f"Resources | where type == '{type_}' | project id",
            "crossComponentResources": [group_id],
            "typeSettings": {"additionalResourceOptions": ["value::all"]},
            "defaultValue": "value::all",
            "queryType": 1,
            "resourceType": "microsoft.resourcegraph/resources",
        }

    parameters = [picker("Workspaces", _ML), picker("Endpoints", _ENDPOINTS)]
    content = {"version": "KqlParameterItem/1.0", "parameters": parameters, "style": "pills", "queryType": 1}
    return {"type": 9, "name": "resources", "content": content}


def _cost(group_id: str) -> dict[str, Any]:
    asked = {
        "type": "ActualCost",
        "timeframe": "MonthToDate",
        "dataset": {
            "granularity": "None",
            "aggregation": {"totalCost": {"name": "Cost", "function": "Sum"}},
            "grouping": [{"type": "Dimension", "name": "ServiceName"}],
        },
    }
    columns = [
        {"path": "$[1]", "columnid": "Service"},
        {"path": "$[0]", "columnid": "Cost"},
        {"path": "$[2]", "columnid": "Currency"},
    ]
    query = {
        "version": "ARMEndpoint/1.0",
        "data": json.dumps(asked),
        "headers": [],
        "method": "POST",
        "path": f"{group_id}/providers/Microsoft.CostManagement/query",
        "urlParams": [{"key": "api-version", "value": "2025-03-01"}],
        "batchDisabled": False,
        "transformers": [{"type": "jsonpath", "settings": {"tablePath": "$.properties.rows", "columns": columns}}],
    }
    content = {"title": "Cost of this month", "query": json.dumps(query), "queryType": 12, "visualization": "table"}
    return {"type": 3, "name": "cost", "content": {"version": "KqlItem/1.0", "size": 0, **content}}


def _graph(name: str, title: str, group_id: str, query: str) -> dict[str, Any]:
    content = {
        "version": "KqlItem/1.0",
        "size": 0,
        "title": title,
        "query": query,
        "queryType": 1,
        "resourceType": "microsoft.resourcegraph/resources",
        "crossComponentResources": [group_id],
        "visualization": "table",
    }
    return {"type": 3, "name": name, "content": content}


def _metric(name: str, title: str, type_: str, picker: str, metric: str, aggregation: int) -> dict[str, Any]:
    content = {
        "version": "MetricsItem/2.0",
        "chartId": name,
        "size": 0,
        "chartType": 2,
        "title": title,
        "resourceType": type_,
        "metricScope": 0,
        "resourceIds": [f"{{{picker}}}"],
        "timeContext": {"durationMs": _WEEK},
        "metrics": [{"namespace": type_, "metric": f"{type_}--{metric}", "aggregation": aggregation, "splitBy": None}],
    }
    return {"type": 10, "name": name, "content": content}
