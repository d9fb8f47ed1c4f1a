"""A Git source that Flux applies to a cluster."""

from collections.abc import Iterator
from typing import Optional

from pydantic import Field

from ....foundation.duplicates import duplicate_names
from ....foundation.model import Settings, check
from ....foundation.rules import field_rule, stands_for
from ....foundation.values import https_url
from ....foundation.violations import Violation


class Kustomization(Settings):
    """A folder of the Git source. Flux applies it to the cluster."""

    name: str = Field(pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", examples=["device-plugins"])
    """The name of the kustomization."""

    path: str = Field(pattern=r"^\./[A-Za-z0-9._/-]*$", examples=["./device-plugins"])
    """The folder, starting with `./`."""


class GitOpsSettings(Settings):
    """A Git source that Flux applies to the cluster, with device plugins and XRT for FPGAs, a device plugin for MIG, a
    scheduler's configuration, or the certificate's secret. The cluster reads it without a password."""

    url: str = Field(examples=["https://git.example.com/ml-platform/cluster-config"])
    """The URL of the repository."""

    branch: Optional[str] = Field(default=None, min_length=1, examples=["main"])
    """The branch to follow. Give exactly one of `branch`, `tag` and `commit`."""

    tag: Optional[str] = Field(default=None, min_length=1, examples=["v1.4.0"])
    """The tag to stay at."""

    commit: Optional[str] = Field(default=None, pattern=r"^[0-9a-f]{40}$")
    """The commit to stay at."""

    kustomizations: list[Kustomization] = Field(min_length=1)
    """The folders to apply."""

    interval_seconds: int = Field(default=600, ge=60, le=86400)
    """The time between checks for changes, in seconds. Default: 600."""

    _url = field_rule(stands_for("https://<host>/<repository>")(https_url), "url")

    @check
    def _one_revision(self) -> Iterator[Violation]:
        given = [field for field in ("branch", "tag", "commit") if getattr(self, field) is not None]
        if len(given) != 1:
            yield Violation(
                ("branch",),
                self.branch,
                f"{' and '.join(given)} are given together" if given else "neither branch, tag nor commit is given",
                "Give exactly one; a tag or a commit makes environments identical",
            )

    @check
    def _names_stand_once(self) -> Iterator[Violation]:
        yield from duplicate_names(self.kustomizations, ("kustomizations",), "kustomization")
