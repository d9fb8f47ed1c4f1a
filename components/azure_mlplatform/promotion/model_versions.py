"""Versions of models in workspaces and registries, and where their files are, through Azure Resource Manager.

Source of the calls: Azure/azure-rest-api-specs, specification/machinelearningservices, 2025-12-01 (ModelVersion.tsp,
examples Registry/ModelVersion and Workspace/ModelVersion), and Azure/azure-sdk-for-js, arm-machinelearning 2025-12-01
(RegistryDataReferences); how they play together: Azure/azure-sdk-for-python, azure-ai-ml, _model_operations.py and
_registry_utils.py. All read 2026-11-28.
"""

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Optional
from urllib.parse import quote

from ..dynamic.arm import ArmError, ResourceManager
from ..dynamic.sign_in import Read, SignInError, cloud, credential
from ..foundation.values import name_of, same_id
from .blobs import Container, StorageError, container_of
from .errors import PromotionError, Why

API_VERSION = "2025-12-01"
"""The version that azure-native 3.29 uses for workspaces and registries."""

_NAMESPACE = uuid.UUID("0b9b6c5e-51b4-5d0e-9a27-3f8f5f0f3d11")
_DATASTORE = re.compile(
    r"azureml://(?:(?P<workspace>subscriptions/[^/]+/resource[gG]roups/[^/]+/(?:providers/[^/]+/)?workspaces/[^/]+)/)?"
    r"datastores/(?P<datastore>[^/]+)/paths/(?P<path>.+)"
)
"""The address of files in a datastore (azure-ai-ml, constants/_common.py, LONG_URI_FORMAT and SHORT_URI_FORMAT)."""

_PUBLIC = "core.windows.net"
_FAILED = ("Failed", "Canceled")


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """A version of a model."""

    id: str
    type: Optional[str]
    """`custom_model`, `mlflow_model` or `triton_model`."""

    uri: str
    """Where its files are."""

    description: Optional[str] = None
    job: Optional[str] = None
    """The job that made it."""

    state: Optional[str] = None
    """Azure's provisioning state. None: it has none, and is there."""

    tags: Mapping[str, str] = field(default_factory=dict)
    properties: Mapping[str, str] = field(default_factory=dict)
    flavors: Mapping[str, Any] = field(default_factory=dict)

    def body(self, uri: str, properties: Mapping[str, str]) -> dict[str, Any]:
        """The body of a copy whose files are elsewhere."""
        kept = {
            "description": self.description,
            "flavors": dict(self.flavors) or None,
            "modelType": self.type,
            "tags": dict(self.tags) or None,
        }
        found = {key: value for key, value in kept.items() if value is not None}
        return {"properties": {**found, "modelUri": uri, "properties": dict(properties), "isAnonymous": False}}


class Models:
    """The models of a workspace or registry."""

    kind = ""

    def __init__(self, azure: "Azure", id_: str) -> None:
        self.azure, self.id, self.name = azure, id_, name_of(id_)

    def __str__(self) -> str:
        return f"the {self.kind} {self.name}"

    def get(self, model: str, version: str) -> Optional[ModelVersion]:
        """A version, or None if there is none."""
        found = self.azure.arm.get(self._path(model, version), API_VERSION)
        return _version(found) if found is not None else None

    def settled(self, model: str, version: str) -> Optional[ModelVersion]:
        """A version as soon as Azure has ended what it is doing with it, or None if there is none."""
        path = self._path(model, version)
        found = self.azure.arm.wait(
            lambda: self.azure.arm.get(path, API_VERSION), lambda now: now is None or _state(now) in _ENDED
        )
        return _version(found) if found is not None else None

    def existing(self, model: str, version: str) -> ModelVersion:
        """A version. Raises PromotionError with those that there are if it is missing."""
        found = self.get(model, version)
        if found is not None:
            return found
        listed = self.azure.arm.list(f"{self.id}/models/{quote(model)}/versions", API_VERSION)
        if listed:
            versions = ", ".join(str(each.get("name")) for each in listed[:20])
            more = f", and {len(listed) - 20} more" if len(listed) > 20 else ""
            fix = f"'{model}' has there: {versions}{more}"
        else:
            fix = f"There is no {self.kind} {self.name}, or no model '{model}' in it. Letters count with their case"
        raise PromotionError(Why.NO_SUCH_MODEL, f"{self} has no version {version} of the model '{model}'", fix)

    def put(self, model: str, version: str, body: Mapping[str, Any]) -> ModelVersion:
        """Registers a version and waits until it is there. Raises ArmError if Azure refuses it or it fails."""
        path = self._path(model, version)
        self.azure.arm.put(path, API_VERSION, body)
        # Asked of the version itself: the state of the operation stands in the subscription, on which a release
        # identity has no right.
        found = self.azure.arm.wait(
            lambda: self.azure.arm.get(path, API_VERSION), lambda now: now is not None and _state(now) in _ENDED
        )
        if found is None or _state(found) not in (None, "Succeeded"):
            state = "missing" if found is None else _state(found)
            raise ArmError(f"PUT {version}: {self} says of it: {state}")
        return _version(found)

    def _path(self, model: str, version: str) -> str:
        return f"{self.id}/models/{quote(model)}/versions/{quote(version)}"


class Workspace(Models):
    """The models of a workspace."""

    kind = "workspace"

    def job_properties(self, job: str) -> Mapping[str, str]:
        """The properties of a job. Empty if the job is gone."""
        found = self.azure.arm.get(f"{self.id}/jobs/{quote(job)}", API_VERSION) or {"properties": {}}
        return _texts(found["properties"].get("properties"))

    def online_endpoints(self) -> Mapping[str, bool]:
        """Online endpoint → whether it is on an attached cluster, where no model of a registry can be deployed."""
        found = self.azure.arm.list(f"{self.id}/onlineEndpoints", API_VERSION) or []
        return {str(each.get("name")): bool((each.get("properties") or {}).get("compute")) for each in found}

    def files(self, version: ModelVersion) -> tuple[Container, str]:
        """The container of a version's files, by Entra, and their path in it."""
        found = _DATASTORE.fullmatch(version.uri)
        if found is None:
            return self._signed_in(*container_of(version.uri))
        other = found["workspace"]
        if other and not same_id(_without_provider(other), _without_provider(self.id.lstrip("/"))):
            fix = "Register a copy in this workspace first"
            raise PromotionError(Why.REFUSED, f"the files of the model are in another workspace: {other}", fix)
        container, _ = self.datastore(found["datastore"])
        return container, found["path"]

    def datastore(self, name: Optional[str] = None) -> tuple[Container, str]:
        """The container of a datastore, by Entra, and the datastore's name. Default: the workspace's default one."""
        if name is None:
            listed = self.azure.arm.list(f"{self.id}/datastores", API_VERSION, isDefault="true") or []
            found = next((each for each in listed if (each.get("properties") or {}).get("isDefault")), None)
        else:
            found = self.azure.arm.get(f"{self.id}/datastores/{quote(name)}", API_VERSION)
        what = f"the datastore '{name}'" if name else "a default datastore"
        if found is None:
            raise PromotionError(Why.REFUSED, f"{self} has not {what}", "Update the environment, or ask its owner")
        store = found["properties"]
        kind = f"{store.get('datastoreType')} at {store.get('endpoint') or _PUBLIC}"
        if kind != f"AzureBlob at {_PUBLIC}":
            fix = "Models are read and written in datastores of blobs, in Azure's public cloud"
            raise PromotionError(Why.REFUSED, f"{what} of {self} is of another kind: {kind}", fix)
        url = f"https://{store.get('accountName')}.blob.core.windows.net/{store.get('containerName')}"
        return self._signed_in(url)[0], str(found.get("name"))

    def uri(self, datastore: str, path: str) -> str:
        """The address of files in a datastore, for a version of a model."""
        parts = self.id.split("/")
        workspace = f"subscriptions/{parts[2]}/resourcegroups/{parts[4]}/workspaces/{self.name}"
        return f"azureml://{workspace}/datastores/{datastore}/paths/{path}"

    def _signed_in(self, url: str, path: str = "") -> tuple[Container, str]:
        return Container(url, credential=self.azure.credential), path


class Registry(Models):
    """The models of a registry. Its storage is the service's own: it hands out a signature for each use."""

    kind = "registry"

    def asset_id(self, model: str, version: str) -> str:
        """The id by which a deployment on a managed endpoint names a version (azure-ai-ml, REGISTRY_ASSET_ID)."""
        return f"azureml://registries/{self.name}/models/{model}/versions/{version}"

    def files(self, model: str, version: ModelVersion) -> tuple[Container, str]:
        """The container of a version's files, and their path in it."""
        url, path = container_of(version.uri)
        number = name_of(version.id)
        call = f"{self.id}/datareferences/{quote(model)}/versions/{quote(number)}"
        body = {"assetId": self.asset_id(model, number), "blobUri": version.uri}
        return Container(url, granted=lambda: self._signature(call, body, url)), path

    def place(self, model: str, version: str) -> tuple[Container, str]:
        """The container for the files of a new version, and the folder in it. The same one each time."""
        path = f"{self._path(model, version)}/startPendingUpload"
        upload = str(uuid.uuid5(_NAMESPACE, f"{self.id.lower()}\n{model}\n{version}"))
        body = {"pendingUploadId": upload, "pendingUploadType": "TemporaryBlobReference"}
        url, folder = container_of(str(self._reference(path, body).get("blobUri") or ""))
        return Container(url, granted=lambda: self._signature(path, body, url)), folder

    def _signature(self, path: str, body: Mapping[str, str], url: str) -> str:
        granted = self._reference(path, body).get("credential")
        address = granted.get("sasUri") if isinstance(granted, Mapping) else None
        # Never in a message: the address has the signature.
        if not isinstance(address, str) or "?" not in address or container_of(address)[0] != url:
            raise ArmError(f"POST {name_of(path)}: {self} granted no access to its storage {url}")
        return address

    def _reference(self, path: str, body: Mapping[str, str]) -> Mapping[str, Any]:
        found = (self.azure.arm.post(path, API_VERSION, body) or {}).get("blobReferenceForConsumption")
        if not isinstance(found, Mapping):
            raise ArmError(f"POST {name_of(path)}: {self} named no place for the files")
        return found


class Azure:
    """A sign-in to Resource Manager and to storage, in one tenant."""

    def __init__(self, read: Read, tenant_id: str) -> None:
        self.arm = ResourceManager(read, tenant_id)
        self.credential = credential(read, cloud(read), tenant_id)


FAILURES = (ArmError, StorageError, SignInError)
"""What calls to Azure raise."""

_ENDED = (None, "Succeeded", *_FAILED)


def _version(found: Mapping[str, Any]) -> ModelVersion:
    said = found["properties"]
    return ModelVersion(
        id=str(found.get("id") or ""),
        type=said.get("modelType"),
        uri=str(said.get("modelUri") or ""),
        description=said.get("description"),
        job=said.get("jobName") or None,
        state=said.get("provisioningState"),
        tags=_texts(said.get("tags")),
        properties=_texts(said.get("properties")),
        flavors=said.get("flavors") or {},
    )


def _state(found: Mapping[str, Any]) -> Optional[str]:
    return found["properties"].get("provisioningState")


def _texts(found: Any) -> dict[str, str]:
    pairs = found.items() if isinstance(found, Mapping) else ()
    return {str(key): str(value) for key, value in pairs if value is not None}


def _without_provider(workspace: str) -> str:
    return re.sub(r"/providers/[^/]+", "", workspace)
