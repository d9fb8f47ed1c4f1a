"""A world with dev, prod, a registry, and a model in dev that a job made."""

import json
import os
import subprocess
import sys
from pathlib import Path

from azure_mlplatform.emulation.authorization import Grant
from azure_mlplatform.foundation.custom_roles import CUSTOM_ROLES, CustomRole
from azure_mlplatform.shared.shared_services import _PUBLISH, _READ

from .model_registry import SIGNATURE, AzureMl, Identity

_ML = "providers/Microsoft.MachineLearningServices"
SUBSCRIPTIONS = {
    "dev": "00000000-0000-0000-0000-00000000000d",
    "prod": "00000000-0000-0000-0000-00000000000e",
    "shared": "00000000-0000-0000-0000-0000000000f0",
}
REGISTRY = f"/subscriptions/{SUBSCRIPTIONS['shared']}/resourceGroups/rg-shared-prod/{_ML}/registries/mlr-models"
STORES = {"dev": "stdev", "prod": "stprod"}
FILES = {
    "model/MLmodel": b"flavors: {}\n",
    "model/data/weights.bin": bytes(range(256)) * 100,
    "model/data/empty": b"",
    "model/with space & umlaut \u00e4.txt": b"text",
}
FOLDER = "ExperimentRun/dcid.job1"


def workspace(environment: str) -> str:
    group = f"/subscriptions/{SUBSCRIPTIONS[environment]}/resourceGroups/rg-churn-{environment}"
    return f"{group}/{_ML}/workspaces/mlw-churn-{environment}"


def version_of(place: str, model: str = "churn", version: str = "7") -> str:
    return f"{place}/models/{model}/versions/{version}"


class Cli:
    """Runs the commands as processes of an identity, in a folder with environments.json."""

    def __init__(self, azure: AzureMl, folder: Path) -> None:
        self.azure, self.folder = azure, folder

    def start(self, identity: str, *words: str, **more: str) -> "subprocess.Popen[str]":
        own = {key: each for key, each in os.environ.items() if not key.startswith(("ARM_", "AZURE_", "ACTIONS_"))}
        return subprocess.Popen(
            [sys.executable, "-m", "azure_mlplatform", "model", *words],
            cwd=self.folder,
            env={**own, **self.azure.environment, "ARM_CLIENT_ID": identity, "MLPLATFORM_MODEL_REGISTRY": REGISTRY}
            | more,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, identity: str, *words: str, **more: str) -> "subprocess.CompletedProcess[str]":
        process = self.start(identity, *words, **more)
        out, error = process.communicate(timeout=120)
        # Whatever happens, nobody sees a signature.
        assert SIGNATURE not in out + error
        assert "Traceback" not in error, error
        return subprocess.CompletedProcess(words, process.returncode, out, error)

    def share(self, *words: str, identity: str = "release-dev", **more: str) -> "subprocess.CompletedProcess[str]":
        return self.run(identity, "share", "churn", "7", *words, **more)

    def promote(self, *words: str, identity: str = "release-prod", **more: str) -> "subprocess.CompletedProcess[str]":
        return self.run(identity, "promote", "churn", "7", *words, **more)


def fill(azure: AzureMl) -> None:
    """Two environments that know nothing of each other, with the roles that the library gives."""
    for environment, role, on_registry in (
        ("dev", CustomRole.RELEASE_DEV, _PUBLISH),
        ("prod", CustomRole.RELEASE, _READ),
    ):
        definition = CUSTOM_ROLES[role]
        grants = (
            Grant(workspace(environment), definition.actions, definition.not_actions),
            Grant(REGISTRY, on_registry),
        )
        client = f"release-{environment}"
        azure.identities[client] = Identity(client, grants, frozenset({STORES[environment]}))
        store = {"datastoreType": "AzureBlob", "accountName": STORES[environment], "endpoint": "core.windows.net"}
        credentials = {"credentials": {"credentialsType": "None"}, "protocol": "https"}
        for name, container in (("workspaceblobstore", "azureml-blobstore-1"), ("workspaceartifactstore", "azureml")):
            azure.has(
                f"{workspace(environment)}/datastores/{name}",
                **store,
                **credentials,
                containerName=container,
                isDefault=name == "workspaceblobstore",
            )
        azure.has(f"{workspace(environment)}/onlineEndpoints/ep-managed")
    azure.has(f"{workspace('prod')}/onlineEndpoints/ep-cluster", compute=f"{workspace('prod')}/computes/aks")
    add_model(azure, FILES)


def add_model(azure: AzureMl, files: dict[str, bytes], path: str = "model", version: str = "7") -> None:
    """A model in dev, whose files are what a job wrote."""
    for key in [each for each in azure.store.blobs if each[0] == "stdev"]:
        del azure.store.blobs[key]
    others = {f"{FOLDER}/model-2/other": b"of another model", f"{FOLDER}/model.txt": b"beside it"}
    azure.put("stdev", "azureml", {f"{FOLDER}/{name}": content for name, content in files.items()} | others)
    parts = workspace("dev").split("/")
    place = f"subscriptions/{parts[2]}/resourceGroups/{parts[4]}/workspaces/{parts[-1]}"
    azure.has(
        version_of(workspace("dev"), version=version),
        modelType="custom_model",
        modelUri=f"azureml://{place}/datastores/workspaceartifactstore/paths/{FOLDER}/{path}",
        jobName="job1",
        description="churn of customers",
        tags={"team": "lending"},
        properties={},
    )
    git = {"azureml.git.commit": "c0ffee", "azureml.git.dirty": "False", "mlflow.source.git.repoURL": "https://git/x"}
    azure.has(f"{workspace('dev')}/jobs/job1", properties=git)


def digest_by_sha256sum(folder: Path, files: dict[str, bytes]) -> str:
    """The digest as anybody can compute it, with find, sort and sha256sum."""
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    top = next(iter(files)).split("/", maxsplit=1)[0]
    line = f"find {top} -type f -print | LC_ALL=C sort | xargs -d '\\n' sha256sum | sha256sum"
    done = subprocess.run(["sh", "-c", line], cwd=folder, capture_output=True, text=True, check=True)
    return f"sha256:{done.stdout.split()[0]}"


def json_of(done: "subprocess.CompletedProcess[str]") -> dict:
    return json.loads(done.stdout)
