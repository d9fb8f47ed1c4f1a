"""The API versions that Azure Resource Manager knows, of the types that are called without azure-native.

Source: "Uses Azure REST API version …" in pulumi_azure_native 3.29.0, of the resource of that type, read 2026-11-28.
Each type has more versions; one that was not read is refused, so that a call with it is noticed.
"""

API_VERSIONS = {
    "microsoft.app/containerapps": ("2025-02-02-preview",),
    "microsoft.cognitiveservices/accounts/deployments": ("2025-06-01",),
    "microsoft.containerservice/managedclusters/agentpools": ("2025-09-01",),
    "microsoft.datafactory/factories/managedvirtualnetworks/managedprivateendpoints": ("2018-06-01",),
    "microsoft.datafactory/factories/triggers": ("2018-06-01",),
    "microsoft.machinelearningservices/workspaces/computes": ("2025-12-01",),
    "microsoft.machinelearningservices/workspaces/onlineendpoints": ("2025-12-01",),
    "microsoft.machinelearningservices/workspaces/privateendpointconnections": ("2025-12-01",),
    "microsoft.resources/tags": ("2021-04-01", "2024-03-01"),
    "microsoft.storage/storageaccounts/privateendpointconnections": ("2024-01-01",),
    "microsoft.web/sites": ("2025-05-01",),
}
"""ARM type in lower case → versions. `tags` at 2021-04-01: Learn, "Tags - Update At Scope"."""
