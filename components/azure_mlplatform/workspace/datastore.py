"""The data of a workspace: datastores without credentials, and folders in them as data assets."""

import hashlib
from collections.abc import Iterator

import pulumi
import pulumi_azure_native as native

from ..catalogue.changes import kept, way_out
from ..foundation.built_in_roles import Role
from ..foundation.values import resource_group_of, subscription_of
from ..parts.arguments import In
from ..parts.component import Component, child
from ..parts.outputs import gated_by, immutable_violations, known_value_of
from ..parts.template_deployment import template_deployment
from .settings.datastores import DatastoreSettings, FolderSettings, StoreAccess


def container_roles(stores: list[DatastoreSettings]) -> Iterator[tuple[str, Role, str]]:
    """For each container of the datastores: a label, the role that reading or writing needs, and the id. Several
    datastores may share a container."""
    written = {each.container_id.lower() for each in stores if each.access is StoreAccess.WRITE}
    first: dict[str, DatastoreSettings] = {}
    for store in stores:
        first.setdefault(store.container_id.lower(), store)
    for key, store in first.items():
        role = Role.STORAGE_BLOB_DATA_CONTRIBUTOR if key in written else Role.STORAGE_BLOB_DATA_READER
        yield f"store-{store.account_name.lower()}-{store.container}", role, store.container_id


def datastore(parent: Component, number: int, store: DatastoreSettings, workspace_name: In[str]) -> pulumi.Output[str]:
    """Makes a datastore for a container: jobs reach it as the computes' identity, the studio as the workspace's.

    Returns its name, or an error if the settings, at number `number`, change the container of a deployed datastore:
    existing versions of data assets would silently refer to the other container.
    """
    ml = native.machinelearningservices
    shared = {
        "account_name": store.account_name,
        "credentials": ml.NoneDatastoreCredentialsArgs(credentials_type="None"),
        "subscription_id": subscription_of(store.storage_account_id),
        "resource_group": resource_group_of(store.storage_account_id),
        "service_data_access_auth_identity": "WorkspaceUserAssignedIdentity",
    }
    properties = (
        ml.AzureDataLakeGen2DatastoreArgs(datastore_type="AzureDataLakeGen2", filesystem=store.container, **shared)
        if store.is_file_system
        else ml.AzureBlobDatastoreArgs(datastore_type="AzureBlob", container_name=store.container, **shared)
    )
    container = "filesystem" if store.is_file_system else "containerName"
    made = native.machinelearningservices.Datastore(
        parent.logical_name(f"store-{store.name}"),
        name=store.name,
        workspace_name=workspace_name,
        resource_group_name=parent.placement.resource_group_name,
        properties=properties,
        # Azure would read the container before the roles on it take effect.
        skip_validation=True,
        # They say where the data is: a change would mean other data.
        opts=child(parent, ignore_changes=kept("azure-native:machinelearningservices:Datastore")),
    )
    at = ("workspace", "datastores", number)
    # The property has several types, so the SDK returns it as a plain dict.
    violations = [
        immutable_violations(
            (*at, setting),
            made.properties.apply(lambda each, key=key: each.get(key)),
            wanted,
            way_out(f"workspace.datastores[].{setting}"),
        )
        for setting, key, wanted in (
            ("storage_account_id", "accountName", store.account_name),
            ("container", container, store.container),
            (
                "as_blobs" if store.hierarchical else "hierarchical",
                "datastoreType",
                "AzureDataLakeGen2" if store.is_file_system else "AzureBlob",
            ),
        )
    ]
    return gated_by(violations, known_value_of(made, store.name))


DATA_API_VERSION = "2025-12-01"
"""The API version of the azure-native version of this library."""


def data_asset(
    parent: Component, folder: FolderSettings, store: DatastoreSettings, *, workspace_name: In[str], store_name: In[str]
) -> pulumi.Output[str]:
    """Makes a data asset for a folder. Returns its reference for jobs, such as `azureml:transactions:5f3a01c2`.

    An asset's version cannot change, so each place has a version of its own. Versions cannot be deleted either
    ("Create and manage data assets"): they stay after they are removed from the settings, and are taken over if they
    come back.
    """
    placement = parent.placement
    place = f"{store.name}/{store.container_id.lower()}/{folder.path}/{folder.generation}"
    version = hashlib.sha256(place.encode()).hexdigest()[:8]
    uri = pulumi.Output.all(placement.resource_group_name, workspace_name, store_name).apply(
        lambda known: (
            f"azureml://subscriptions/{placement.subscription_id}/resourcegroups/{known[0]}/workspaces/{known[1]}"
            f"/datastores/{known[2]}/paths/{folder.path}/"
        )
    )
    asset = template_deployment(
        parent,
        f"data-{folder.name}",
        f"data-{folder.name}-{version}",
        type_="Microsoft.MachineLearningServices/workspaces/data/versions",
        api_version=DATA_API_VERSION,
        name=pulumi.Output.concat(workspace_name, f"/{folder.name}/{version}"),
        properties={"dataType": "uri_folder", "dataUri": uri},
    )
    return known_value_of(asset, f"azureml:{folder.name}:{version}")
