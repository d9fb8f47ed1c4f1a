"""What `mlplatform expire` does with the stacks of a repository on a day, before anything is done.

It reads the settings as they stand in the files, not what programs make of them: an environment that cannot be planned
any more must still end.
"""

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path as FilePath
from typing import Any, Optional

from ..config.files import PROJECT_FILE, read, stack_config, stacks
from ..config.repository import is_ours, projects
from ..environment.settings.expiry import Expiry, Phase
from ..foundation.problems import Problem, ProblemsError
from ..foundation.profiles import PROFILES, Environment

LANDING = "landing"
"""The folder of a project's landing, and of the program that its `main` names."""


class Step(StrEnum):
    """What is done to a stack."""

    REST = "rest"
    """`pulumi up`: the program stops what it can."""

    RETIRE = "retire"
    """`retire` is written into the settings."""

    UP = "up"
    """`pulumi up`: protection and locks go."""

    DESTROY = "destroy"
    """`pulumi destroy`: everything goes."""

    RECORD = "record"
    """The request keeps the days of the retirement."""


ENDS = (Step.RETIRE, Step.UP, Step.DESTROY)
"""The steps of an end, in their order."""


@dataclass(frozen=True)
class Expiring:
    """A stack whose settings have a day of expiry."""

    folder: FilePath
    """The folder of its Pulumi.yaml."""

    name: str
    """The folder, as seen from the repository. Empty: the repository itself."""

    project: str
    """The project's name in its settings. Empty if they have none."""

    stack: str
    environment: Environment
    expiry: Expiry
    phase: Phase
    warning: Optional[int]
    """The warning that is due: 14, 7 or 1. None: none."""

    days_left: int
    """0 or fewer once it has expired."""

    retired: bool
    """Whether `retire` stands in its settings."""

    landing: bool
    """Whether it is the landing of an environment: it goes after the environment's own stack."""

    @property
    def label(self) -> str:
        """The stack, as people name it."""
        return f"{self.name} {self.stack}".strip()

    @property
    def reason(self) -> str:
        """The reason that is written for its end."""
        return f"Expired on {self.expiry.on}, {self.expiry.grace_days} days of grace ended on {self.expiry.over_on}"

    @property
    def steps(self) -> tuple[Step, ...]:
        """What is due, if it is deployed."""
        if self.phase is Phase.OVER:
            return tuple(each for each in ENDS if each is not Step.RETIRE or not self.retired)
        # A landing has nothing that runs.
        return (Step.REST,) if self.phase is Phase.AT_REST and not self.landing else ()


def expiring_in(root: FilePath, today: datetime.date, problems: list[Problem]) -> list[Expiring]:
    """The stacks below `root` with a day of expiry, each landing after its environment. Adds to `problems` what cannot
    be read."""
    found: list[Expiring] = []
    for folder in projects(root):
        if not is_ours(folder):
            continue
        name = "" if folder == root else folder.relative_to(root).as_posix()
        for stack in stacks(folder):
            try:
                found += _expiring(folder, name, stack, today)
            except ProblemsError as error:
                problems += (
                    Problem(each.path, each.what, each.fix, f"{name}/{each.file}".lstrip("/"))
                    for each in error.problems
                )
    return sorted(found, key=lambda each: (each.name.removesuffix(f"/{LANDING}"), each.stack, each.landing))


def _expiring(folder: FilePath, name: str, stack: str, today: datetime.date) -> Iterator[Expiring]:
    config = stack_config(folder, stack)
    settings = config.settings
    if settings.get("expires_on") is None:
        return
    file = f"Pulumi.{stack}.yaml"
    grace = settings.get("expiry_grace_days")
    problems: list[Problem] = []
    try:
        on = datetime.date.fromisoformat(str(settings["expires_on"]))
    except ValueError:
        what = f"'{settings['expires_on']}' is not a day"
        problems.append(Problem(("azure-mlplatform:expires_on",), what, "Write it as YYYY-MM-DD, in quotes", file))
        on = today
    try:
        environment = Environment(str(settings.get("environment")))
    except ValueError:
        what = f"'{settings.get('environment')}' is not an environment"
        problems.append(Problem(("azure-mlplatform:environment",), what, f"Allowed: {', '.join(Environment)}", file))
        environment = Environment.PROD
    if grace is not None and (isinstance(grace, bool) or not str(grace).isdecimal()):
        what = f"'{grace}' is not a number of days"
        problems.append(Problem(("azure-mlplatform:expiry_grace_days",), what, "Allowed: 0 to 90", file))
        grace = None
    if problems:
        raise ProblemsError(problems)
    # What no date stops in the program, no date destroys here.
    profile = PROFILES[environment]
    days = None if profile.protect else profile.expiry_grace_days if grace is None else int(str(grace))
    expiry = Expiry(on, days)
    project = settings.get("project")
    yield Expiring(
        folder=folder,
        name=name,
        project=str(project.get("name", "")) if isinstance(project, dict) else "",
        stack=stack,
        environment=environment,
        expiry=expiry,
        phase=expiry.phase(today),
        warning=expiry.warning(today),
        days_left=expiry.days_left(today),
        retired=settings.get("retire") is not None,
        landing=_is_landing(read(folder / PROJECT_FILE).data),
    )


def _is_landing(project: dict[str, Any]) -> bool:
    return str(project.get("main") or "").rstrip("/").rsplit("/", 1)[-1] == LANDING
