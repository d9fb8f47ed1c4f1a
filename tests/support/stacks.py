"""The stacks of this repository and their plans, each recorded once for all processes of a test run."""

import datetime
import fcntl
import os
import pickle
from functools import cache
from pathlib import Path

from azure_mlplatform.config.files import stacks
from azure_mlplatform.config.repository import projects
from azure_mlplatform.plan import Plan, run_stack
from azure_mlplatform.plan.rights import Rights, rights_of

SHARED = "MLPLATFORM_TESTED_PLANS"
"""The variable with the folder that the processes of a run share."""

DAY = datetime.date(2026, 11, 28)
"""A day on which nothing that the stacks use is past its day."""

ROOT = Path(__file__).parents[2]
STACKS = [(folder, stack) for folder in projects(ROOT) for stack in stacks(folder)]
IDS = [
    f"{'-'.join(folder.relative_to(ROOT).parts).removeprefix('projects-') or 'reference'}-{stack}"
    for folder, stack in STACKS
]


RETIRED = {"azure-mlplatform:retire": {"reason": "The project ended, ML-321"}}


@cache
def plan_of(folder: Path, stack: str, *, known: bool = True, retired: bool = False) -> Plan:
    """The plan of a stack on DAY, also once it is retired."""
    name = "-".join(folder.relative_to(ROOT).parts)
    file = Path(os.environ[SHARED]) / f"{name}-{stack}-{known}{'-retired' if retired else ''}"
    with file.open("a+b") as shared:
        fcntl.flock(shared, fcntl.LOCK_EX)
        if not shared.tell():
            settings = RETIRED if retired else {}
            pickle.dump(run_stack(folder, stack, today=DAY, known=known, settings=settings), shared)
        shared.seek(0)
        return pickle.load(shared)  # noqa: S301 - our own process wrote it


def rights_of_stack(folder: Path, stack: str) -> Rights:
    """The rights of who deploys a stack."""
    return rights_of(plan_of(folder, stack), plan_of(folder, stack, retired=True))
