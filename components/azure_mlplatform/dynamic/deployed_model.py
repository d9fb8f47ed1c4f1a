"""Finds out which model a deployment is sent with: the settings' one, or the one that the service moved it to.

With automatic updates, Azure replaces the model of a deployment when its version ends. An update that sent the
settings' version would then ask for one that is retired. This resource reads what runs before the deployment is
written. It writes nothing itself, so azure-native stays the only writer.
"""

import datetime
from typing import Any, NamedTuple, Optional

import pulumi
from pulumi.dynamic import CreateResult, DiffResult, ReadResult, Resource, UpdateResult

from .provider import ArmProvider

API_VERSION = "2025-06-01"
"""The API version of the azure-native version of this library."""


class Model(NamedTuple):
    """A model, as a deployment names it."""

    name: str
    version: str

    def newer_than(self, other: "Model") -> Optional[bool]:
        """Whether its version is newer than another one's. None if they have no order: versions of other models, or of
        another form. Four digits are a month and a day of some year."""
        if self.name.lower() != other.name.lower():
            return None
        mine, theirs = _rank(self.version), _rank(other.version)
        return mine > theirs if mine is not None and theirs is not None and mine != theirs else None


def to_send(wanted: Model, asked: Optional[Model], runs: Optional[Model]) -> Model:
    """The model to send.

    `wanted` is the settings' one, `asked` the settings' one at the last update, `runs` what Azure has; None: nothing is
    known. A newer version of the same model stands. What has no order stands unless the settings have changed: then a
    person wants the change.
    """
    if runs is None:
        return wanted
    newer = runs.newer_than(wanted)
    if newer is None:
        return runs if asked in (None, wanted) else wanted
    return runs if newer else wanted


def _rank(version: str) -> Optional[int]:
    try:
        return datetime.date.fromisoformat(version).toordinal()
    except ValueError:
        return int(version) if version.isdecimal() and len(version) < 4 else None


class DeployedModelProvider(ArmProvider):
    """Decides when the settings or the deployment change."""

    def create(self, props: Any) -> CreateResult:
        """Reads the deployment, which may not exist yet. Needs only read access, as all of it."""
        runs = self._runs(props)
        return CreateResult(id_=props["account_id"], outs=_decided(props, to_send(_wanted(props), None, runs)))

    def read(self, id_: str, props: Any) -> ReadResult:
        """What runs now. If the deployment is gone, what was sent last."""
        return ReadResult(id_, _decided(props, self._runs(props) or _model(props)))

    def diff(self, _id: str, olds: Any, news: Any) -> DiffResult:
        """An update if the settings have changed or what runs is to change, a replacement for another deployment."""
        wanted, asked, runs = _wanted(news), _wanted(olds), _model(olds)
        replaces = [each for each in ("account_id", "deployment") if olds.get(each) != news[each]]
        changed = wanted != asked or to_send(wanted, asked, runs) != runs or olds["tenant_id"] != news["tenant_id"]
        return DiffResult(changes=changed or bool(replaces), replaces=replaces, delete_before_replace=True)

    def update(self, _id: str, olds: Any, news: Any) -> UpdateResult:
        """Decides anew."""
        runs = self._runs(news) or _model(olds)
        return UpdateResult(outs=_decided(news, to_send(_wanted(news), _wanted(olds), runs)))

    def _runs(self, props: Any) -> Optional[Model]:
        path = f"{props['account_id']}/deployments/{props['deployment']}"
        found = self.resource_manager(props).get(path, API_VERSION)
        model = found["properties"].get("model") if found else None
        if not isinstance(model, dict) or not model.get("name") or not model.get("version"):
            return None
        return Model(str(model["name"]), str(model["version"]))


def _wanted(props: Any) -> Model:
    return Model(**props["settings"])


def _model(props: Any) -> Model:
    return Model(props["model"], props["version"])


def _decided(props: Any, model: Model) -> dict[str, Any]:
    return {**props, "model": model.name, "version": model.version}


class DeployedModel(Resource, module="azure-mlplatform", name="DeployedModel"):
    """The model to send for a deployment. Deletion does nothing."""

    model: pulumi.Output[str]
    """The model's name."""

    version: pulumi.Output[str]
    """The model's version."""

    def __init__(
        self,
        name: str,
        *,
        account_id: "pulumi.Input[str]",
        deployment: str,
        model: str,
        version: str,
        tenant_id: str,
        opts: pulumi.ResourceOptions,
    ) -> None:
        props = {
            "account_id": account_id,
            "deployment": deployment,
            "settings": {"name": model, "version": version},
            # A preview shows inputs in place of outputs that are not decided yet.
            "model": model,
            "version": version,
            "tenant_id": tenant_id,
        }
        super().__init__(DeployedModelProvider(), name, props, opts)
