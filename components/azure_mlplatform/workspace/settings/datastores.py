"""The data of a workspace: containers of a data product, reached by identity."""

import re
from collections.abc import Iterator
from enum import StrEnum

from pydantic import Field

from ...foundation.duplicates import Named, duplicate_names, duplicates_among
from ...foundation.model import Settings, check
from ...foundation.rules import field_rule, matching, needs_plain_text, pattern_rule, published_as
from ...foundation.values import arm_id, name_of
from ...foundation.violations import Violation, rule_error

WORKSPACE_STORE = "workspaceblobstore"
"""The datastore on the workspace's own blobs. Batch scoring may write there too."""

SYSTEM_STORES = (WORKSPACE_STORE, "workspacefilestore", "workspaceartifactstore", "workspaceworkingdirectory")
"""The datastores that Azure makes in every workspace, on its own storage, reached by identity."""

store_name = needs_plain_text(
    pattern_rule(
        r"[a-z][a-z0-9_]{1,253}[a-z0-9]",
        "is not a valid name for a datastore",
        "3 to 255 lower-case letters, digits and underscores, starting with a letter",
    )
)

container_name = needs_plain_text(
    pattern_rule(
        r"(?=.{3,63}$)[a-z0-9](-?[a-z0-9])*",
        "is not a valid name for a container",
        "3 to 63 lower-case letters, digits and single hyphens inside",
    )
)

asset_name = pattern_rule(
    r"[A-Za-z0-9][A-Za-z0-9_-]{0,254}",
    "is not a valid name for a data asset",
    "letters, digits, hyphens and underscores",
)


@published_as(
    lambda: matching(
        r"""(?!(?:.*/)?[. ]*(?:/|$))[^\\?#%*:|"<>\s]+""",
        "Not a folder of a container. Allowed: a path inside the container, such as sales/transactions",
    )
)
def folder_path(value: str) -> str:
    """Returns a folder inside a container. Raises an error for a URL, a wildcard, or a path out of the container."""
    parts = value.split("/")
    if any(not part.strip(". ") or re.search(r"[\\?#%*:|\"<>\s]", part) for part in parts):
        raise rule_error(
            f"'{value}' is not a folder of a container",
            "Allowed: a path inside the container, such as sales/transactions, without '/' at its ends",
        )
    return value


class StoreAccess(StrEnum):
    """The access that jobs have to a container."""

    READ = "read"
    WRITE = "write"
    """Read, write and delete."""


class FolderSettings(Settings):
    """A folder that jobs take as input by name: a data asset."""

    name: str = Field(examples=["transactions"])
    """The data asset's name, unique in the workspace."""

    path: str = Field(examples=["sales/transactions"])
    """The folder in the container. A change makes a new version of the asset; the old one stays."""

    generation: int = Field(default=1, ge=1, le=1000)
    """Raise it to make another version for a place that had one before: Azure keeps each version forever and never
    makes one twice. Default: 1."""

    _name = field_rule(asset_name, "name")
    _path = field_rule(folder_path, "path")


class DatastoreSettings(Settings):
    """A container of a data product. The computes' identity reads and writes it by a role on the container; no keys are
    used."""

    name: str = Field(examples=["sales"])
    """The name that jobs use, unique in the workspace."""

    storage_account_id: str = Field(examples=["/subscriptions/…/providers/Microsoft.Storage/storageAccounts/stlake"])
    """The storage account, by id. The deploying identity needs the right to assign roles on the container."""

    container: str = Field(examples=["curated"])
    """The container (file system) in the account."""

    access: StoreAccess = StoreAccess.READ
    """`read` or `write`. Default: `read`."""

    hierarchical: bool = True
    """Whether the account has a hierarchical namespace, as a lake has. Default: it has one."""

    as_blobs: bool = False
    """Whether jobs see the container as blobs although the account is a lake: batch endpoints write only to blobs.
    Default: jobs see it as what the account is."""

    folders: list[FolderSettings] = Field(default_factory=list)
    """Folders that become data assets."""

    _name = field_rule(store_name, "name")
    _account = field_rule(needs_plain_text(arm_id("Microsoft.Storage/storageAccounts")), "storage_account_id")
    _container = field_rule(container_name, "container")

    @property
    def is_file_system(self) -> bool:
        """Whether jobs see it as a lake's file system. Otherwise they see it as blobs."""
        return self.hierarchical and not self.as_blobs

    @property
    def account_name(self) -> str:
        """The account's name."""
        return name_of(self.storage_account_id)

    @property
    def container_id(self) -> str:
        """The container's ARM id, the scope of its grants."""
        return f"{self.storage_account_id}/blobServices/default/containers/{self.container}"

    @check
    def _name_is_not_the_workspaces(self) -> Iterator[Violation]:
        if self.name in SYSTEM_STORES:
            yield Violation(
                ("name",),
                self.name,
                f"every workspace has a datastore '{self.name}' of its own",
                "Give it another name; the workspace's own datastores need no settings",
            )


def store_violations(stores: list[DatastoreSettings]) -> Iterator[Violation]:
    """Violations of the datastores together: duplicate names, and contradictions about an account."""
    yield from duplicate_names(stores, ("datastores",), "datastore")
    kinds: dict[str, DatastoreSettings] = {}
    for number, store in enumerate(stores):
        other = kinds.setdefault(store.storage_account_id.lower(), store)
        if other.hierarchical != store.hierarchical:
            yield Violation(
                ("datastores", number, "hierarchical"),
                store.hierarchical,
                f"datastores of the account {store.account_name} contradict each other: {other.name} has hierarchical "
                f"{str(other.hierarchical).lower()}, and {store.name} has {str(store.hierarchical).lower()}",
                "Set hierarchical to the same value for both, as the account is",
            )
    folders = (
        Named(("datastores", number, "folders", index, "name"), folder.name, f"in the store {store.name}")
        for number, store in enumerate(stores)
        for index, folder in enumerate(store.folders)
    )
    yield from duplicates_among(folders, "data asset")
