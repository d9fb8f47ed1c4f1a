"""environments.json: the names of what each environment of a project has, for the project's own repository.

`mlplatform request render` writes it from the plan of each stack. Commands read it where somebody names an environment
instead of a resource id.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Optional

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from .problems import Problem, ProblemsError, problems_of
from .rules import field_rule, pattern_rule
from .values import guid, nearest

PLACES = (Path("environments.json"), Path(".cloud/environments.json"))
"""Where the file is looked for, below the current folder, if no option names it."""

LARGEST = 16 * 1024 * 1024
"""The largest file that is read, in bytes: far more than a thousand environments take."""

_WRITTEN = "`mlplatform request render PROJECT` in the platform's repository writes it"


_name = pattern_rule(r"[A-Za-z0-9_(][A-Za-z0-9_().-]*", "is not the name of a resource", "letters, digits and -_.()")
"""The names are put into ids, so nothing may stand in them that an id takes for something else."""


class _Read(BaseModel):
    # A newer version of the library may write more keys.
    model_config = ConfigDict(frozen=True, extra="ignore")


class EnvironmentNames(_Read):
    """The names of what an environment has."""

    subscription_id: Optional[str] = None
    """The subscription of its resources. None if nothing of it is planned."""

    tenant_id: Optional[str] = None
    """The Entra tenant of the subscription. None in a file of an older version."""

    resource_group: Optional[str] = None
    """The resource group of its workspace."""

    workspace: Optional[str] = None
    """Its Azure ML workspace. None if it has none."""

    computes: list[str] = Field(default_factory=list)
    datastores: list[str] = Field(default_factory=list)
    online_endpoints: list[str] = Field(default_factory=list)
    batch_endpoints: list[str] = Field(default_factory=list)
    web_apps: list[str] = Field(default_factory=list)
    container_apps: list[str] = Field(default_factory=list)
    ai_services: list[str] = Field(default_factory=list)

    instance_types: list[str] = Field(default_factory=list)
    """The instance types of the clusters that are attached."""

    _guids = field_rule(guid, "subscription_id", "tenant_id")
    _names = field_rule(_name, "resource_group", "workspace", "computes", "datastores", "online_endpoints")
    _more_names = field_rule(_name, "batch_endpoints", "web_apps", "container_apps", "ai_services")

    @property
    def group_id(self) -> Optional[str]:
        """The id of the resource group. None if the file does not have all of it."""
        if not self.subscription_id or not self.resource_group:
            return None
        return f"/subscriptions/{self.subscription_id}/resourceGroups/{self.resource_group}"

    @property
    def workspace_id(self) -> Optional[str]:
        """The id of the workspace. None if there is none."""
        return self.id_of("Microsoft.MachineLearningServices/workspaces", self.workspace) if self.workspace else None

    def id_of(self, resource_type: str, name: str) -> Optional[str]:
        """The id of a resource in the group, such as one of `Microsoft.App/containerApps`. None without a group."""
        return f"{self.group_id}/providers/{resource_type}/{name}" if self.group_id else None


class EnvironmentsFile(_Read):
    """The whole file."""

    version: Literal[1] = 1
    environments: dict[str, EnvironmentNames]
    """Environment, such as `prod` → its names."""


def environments_text(environments: Mapping[str, EnvironmentNames]) -> str:
    """The text of the file."""
    return EnvironmentsFile(environments=dict(environments)).model_dump_json(indent=2) + "\n"


def read_environments(file: Optional[Path] = None) -> Mapping[str, EnvironmentNames]:
    """The names in a file, by environment. Default: the first of PLACES that is there.

    Raises ProblemsError if there is no file, or if it is none that `request render` wrote.
    """
    path = file or next((each for each in PLACES if each.is_file()), None)
    if path is None:
        fix = f"Name it with --environments FILE. {_WRITTEN}"
        raise ProblemsError([Problem((), "is missing", fix, " and ".join(map(str, PLACES)))])
    data = _json(path)
    try:
        return EnvironmentsFile.model_validate(data).environments
    except ValidationError as error:
        problems = problems_of(error, EnvironmentsFile, data=data)
        raise ProblemsError([Problem(each.path, each.what, each.fix, str(path)) for each in problems]) from None


def environment_names(environment: str, file: Optional[Path] = None) -> EnvironmentNames:
    """The names of one environment. Raises ProblemsError as `read_environments`, and if the file does not have it."""
    found = read_environments(file)
    if environment not in found:
        allowed = f"It has: {', '.join(found)}" if found else f"It has none. {_WRITTEN}"
        what = f"has no environment '{environment}'{nearest(environment, found)}"
        name = file or next((each for each in PLACES if each.is_file()), PLACES[0])
        raise ProblemsError([Problem((), what, allowed, str(name))])
    return found[environment]


def _json(path: Path) -> Any:
    try:
        if path.stat().st_size > LARGEST:
            raise ProblemsError([Problem((), f"has more than {LARGEST} bytes", _WRITTEN, str(path))])
        # Editors on Windows put a mark at the beginning.
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        fix = f"Name it with --environments FILE. {_WRITTEN}"
        raise ProblemsError([Problem((), f"cannot be read ({error.strerror})", fix, str(path))]) from None
    except (ValueError, RecursionError):
        raise ProblemsError([Problem((), "is no JSON text", _WRITTEN, str(path))]) from None
