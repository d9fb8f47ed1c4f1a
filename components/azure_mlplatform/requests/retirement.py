"""The end of an environment in the files: `retire` in its settings, and the tombstone in its request.

The tombstone is the days `retiring_since` and `retired_on` of the request's environment. From them follows when its
names and addresses are free.
"""

import datetime
import re
from pathlib import Path as FilePath
from typing import Optional

from ..catalogue.soft_delete import held_until
from ..config.files import read
from ..config.inserted_key import insert_after
from ..foundation.model import NAMESPACE
from ..foundation.profiles import PROFILES, Environment
from .repository import request_path

RETIRE = re.compile(rf"^ +{NAMESPACE}:retire:", re.MULTILINE)
"""The line of a stack's settings that begins its retirement."""


def free_on(environment: Environment, destroyed: datetime.date) -> datetime.date:
    """The day on which nothing of an environment that was destroyed holds a name, and its addresses are released."""
    return held_until(destroyed, PROFILES[environment])


def write_retirement(folder: FilePath, stack: str, reason: str) -> bool:
    """Writes `retire` into the settings of a stack. Returns False if it is there already."""
    path = folder / f"Pulumi.{stack}.yaml"
    beside = ("config", f"{NAMESPACE}:environment")
    return insert_after(path, beside, f"{NAMESPACE}:retire", {"reason": reason})


def unrecorded(root: FilePath, project: str, environment: Environment) -> Optional[FilePath]:
    """The request that does not say yet that an environment is retired. None if there is none, or it says so."""
    path = request_path(root, project)
    if not project or not path.is_file():
        return None
    index = _index(path, environment)
    if index is None:
        return None
    return None if read(path).data["environments"][index].get("retired_on") else path


def retired_environments(root: FilePath, project: str) -> dict[Environment, str]:
    """The environments of a project whose request says that they were destroyed → the day."""
    path = request_path(root, project)
    if not project or "/" in project or not path.is_file():
        return {}
    found = read(path).data.get("environments")
    kinds = {each.value: each for each in Environment}
    return {
        kinds[each["environment"]]: str(each["retired_on"])
        for each in (found if isinstance(found, list) else [])
        if isinstance(each, dict) and each.get("environment") in kinds and each.get("retired_on")
    }


def record_retiring(root: FilePath, project: str, environment: Environment, day: datetime.date) -> bool:
    """Writes `retiring_since` into the request, if it has the environment. Returns False if nothing was to write."""
    return _record(root, project, environment, {"retiring_since": day})


def record_retired(root: FilePath, project: str, environment: Environment, day: datetime.date) -> bool:
    """Writes `retired_on` into the request, and `retiring_since` if it was forgotten. Returns False if nothing was to
    write."""
    return _record(root, project, environment, {"retired_on": day, "retiring_since": day})


def _record(root: FilePath, project: str, environment: Environment, days: dict[str, datetime.date]) -> bool:
    path = request_path(root, project)
    if not project or not path.is_file() or (index := _index(path, environment)) is None:
        return False
    beside = ("environments", index, "environment")
    wrote = False
    # Each goes to the line after the environment, so the last one that is written stands first.
    for key, day in days.items():
        wrote = insert_after(path, beside, key, day.isoformat()) or wrote
    return wrote


def _index(path: FilePath, environment: Environment) -> Optional[int]:
    found = read(path).data.get("environments")
    if not isinstance(found, list):
        return None
    kinds = [each.get("environment") if isinstance(each, dict) else None for each in found]
    return kinds.index(environment.value) if environment.value in kinds else None
