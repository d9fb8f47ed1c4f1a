"""A Git source that Flux applies to a cluster."""

from collections.abc import Iterator
from typing import Optional

from pydantic import Field

from ._model import Refusal, Settings, check, obeys
from .values import https_url


class Kustomization(Settings):
    """A folder of the Git source that is applied to the cluster."""

    name: str = Field(pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", examples=["device-plugins"])
    """Its name."""

    path: str = Field(pattern=r"^\./[A-Za-z0-9._/-]*$", examples=["./device-plugins"])
    """The folder, starting with `./`."""


class GitOpsSettings(Settings):
    """A Git source that Flux applies to the cluster: device plugins and XRT for FPGAs, a device plugin for MIG, a
    scheduler's configuration, the certificate's secret. The cluster reads it without a password."""

    url: str = Field(examples=["https://git.example.com/ml-platform/cluster-config"])
    """The repository."""

    branch: Optional[str] = Field(default=None, min_length=1, examples=["main"])
    """The branch to follow. One of branch, tag and commit is given."""

    tag: Optional[str] = Field(default=None, min_length=1, examples=["v1.4.0"])
    """The tag to stay at."""

    commit: Optional[str] = Field(default=None, pattern=r"^[0-9a-f]{40}$")
    """The commit to stay at."""

    kustomizations: list[Kustomization] = Field(min_length=1)
    """The folders to apply."""

    interval_seconds: int = Field(default=600, ge=60, le=86400)
    """How often to look for changes, in seconds. Left out: 600."""

    _url = obeys(https_url, "url")

    @check
    def _one_revision(self) -> Iterator[Refusal]:
        given = [field for field in ("branch", "tag", "commit") if getattr(self, field) is not None]
        if len(given) != 1:
            yield Refusal(
                ("branch",),
                self.branch,
                f"{' and '.join(given)} are given together" if given else "neither branch, tag nor commit is given",
                "Give one of them; a tag or a commit makes environments identical",
            )

    @check
    def _names_stand_once(self) -> Iterator[Refusal]:
        names = [each.name for each in self.kustomizations]
        for index, name in enumerate(names):
            if name in names[:index]:
                yield Refusal(
                    ("kustomizations", index, "name"),
                    name,
                    f"a second kustomization is named '{name}'",
                    "Give each a name of its own",
                )
