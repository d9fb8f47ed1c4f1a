"""A workspace's way to data: datastores without credentials, and folders in them as data assets."""

import hashlib

import pulumi
import pulumi_azure_native as native

from ._component import In, PlacedArgs, child, known_after
from .settings.datastores import DatastoreSettings, FolderSettings
from .settings.values import resource_group_of, subscription_of


def datastore(
    name: str, store: DatastoreSettings, *, args: PlacedArgs, workspace_name: In[str], parent: pulumi.Resource
) -> "native.machinelearningservices.Datastore":
    """A container as a datastore: jobs reach it as the computes' identity, the studio as the workspace's."""
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
        if store.hierarchical
        else ml.AzureBlobDatastoreArgs(datastore_type="AzureBlob", container_name=store.container, **shared)
    )
    return native.machinelearningservices.Datastore(
        name,
        name=store.name,
        workspace_name=workspace_name,
        resource_group_name=args.resource_group_name,
        properties=properties,
        # Azure would look into the container, before the roles on it work.
        skip_validation=True,
        opts=child(parent),
    )


def data_asset(
    name: str,
    folder: FolderSettings,
    store: DatastoreSettings,
    *,
    args: PlacedArgs,
    workspace_name: In[str],
    parent: pulumi.Resource,
    made: "native.machinelearningservices.Datastore",
) -> "pulumi.Output[str]":
    """A folder as a data asset; returns what jobs name it by, such as `azureml:transactions:5f3a01c2`.

    An asset's version cannot change, so each place has a version of its own. Assets cannot be deleted either
    ("Create and manage data assets"): they stay when the settings let go of them.
    """
    ml = native.machinelearningservices
    place = f"{store.container_id.lower()}/{folder.path}"
    version = hashlib.sha256(place.encode()).hexdigest()[:8]
    container = native.machinelearningservices.DataContainer(
        name,
        name=folder.name,
        workspace_name=workspace_name,
        resource_group_name=args.resource_group_name,
        properties={"data_type": native.machinelearningservices.DataType.URI_FOLDER},
        opts=child(parent, retain_on_delete=True),
    )
    uri = pulumi.Output.all(args.resource_group_name, workspace_name, made.urn).apply(
        lambda known: (
            f"azureml://subscriptions/{args.subscription_id}/resourcegroups/{known[0]}/workspaces/{known[1]}"
            f"/datastores/{store.name}/paths/{folder.path}/"
        )
    )
    asset = native.machinelearningservices.DataVersion(
        f"{name}-version",
        name=known_after(container, folder.name),
        version=version,
        workspace_name=workspace_name,
        resource_group_name=args.resource_group_name,
        properties=ml.UriFolderDataVersionArgs(data_type="uri_folder", data_uri=uri),
        opts=child(parent, retain_on_delete=True),
    )
    return known_after(asset, f"azureml:{folder.name}:{version}")
