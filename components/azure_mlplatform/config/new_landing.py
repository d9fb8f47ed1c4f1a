"""The files of a project's landing stacks: what the platform team makes before the project's own stacks."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Optional

from ..foundation.profiles import Environment
from ..parts.settings.trust import TrustSettings
from .new_project import Layout, NewEnvironment, NewProject, file_text, identity_text, money_text, project_text
from .yaml_text import block

Trusts = Mapping[Environment, tuple[TrustSettings, TrustSettings]]
"""Environment → the pipelines that deploy it and those that release in it."""

_MAIN = "../../../stacks/landing"


def landing_files(project: NewProject, trusts: Trusts, layout: Layout) -> dict[str, str]:
    """The files in projects/<name>/landing by their names. `layout` is that of the project."""
    inner = replace(layout, main=_MAIN, virtualenv=f"../{layout.virtualenv}", schemas=None)
    name = f"{project.name}-landing"
    about = f"The place of each environment of {project.name}, and who deploys and releases there"
    found = {"Pulumi.yaml": project_text(project, inner, name=name, description=about)}
    for each in project.environments:
        found[f"Pulumi.{each.environment}.yaml"] = _stack_file(project, each, trusts.get(each.environment), inner)
    return found


def _stack_file(
    project: NewProject,
    environment: NewEnvironment,
    trusts: Optional[tuple[TrustSettings, TrustSettings]],
    layout: Layout,
) -> str:
    about = f"""\
# The landing of the {environment.environment} environment of {project.name}: its resource group, the identities of its
# pipelines, its budget. The platform team runs it, before the project's own stack.
"""
    place = environment.model_copy(update={"no_zones_reason": None, "resource_group_id": None, "suffix": None})
    parts = (identity_text(project, place), _trust(trusts), money_text(project, place))
    return file_text(layout, "landing", about, "config:\n" + "\n".join(filter(None, parts)))


def _trust(trusts: Optional[tuple[TrustSettings, TrustSettings]]) -> str:
    if trusts is None:
        return ""
    deploy, release = (_given(each) for each in trusts)
    return f"""\
  # The pipelines that run `pulumi` for this environment. What they may do stands in ../rights.<environment>.json.
  azure-mlplatform:deploy:
{block(deploy, 4)}\
  # The pipelines that train, register and deploy models.
  azure-mlplatform:release:
{block(release, 4)}"""


def _given(trust: TrustSettings) -> dict[str, Any]:
    return trust.model_dump(mode="json", exclude_unset=True)
