"""The mock kit and the emulated Azure, for this library's own tests and for yours.

    from azure_mlplatform.testing import example_settings, record

    def test_prod_is_private():
        plan = record(lambda: my_environment(example_settings("prod")))
        [account] = plan.of_type("Account")
        assert account.input("properties.publicNetworkAccess") == "Disabled"

The mock kit needs neither Azure nor the Pulumi CLI. `emulated_azure` runs the CLI against an emulated Azure, for whole
lives of a stack. Neither can prove that Azure accepts a request, that a name is free or that a
quota suffices, or measure how long anything takes.
"""

import contextlib
import datetime
import os
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional

import pulumi

from .emulation.answers import SUBSCRIPTION, emulate
from .emulation.authorization import Grant, Principal
from .emulation.world import Fault, Held, World
from .environment.settings.environment import EnvironmentSettings
from .plan.against import Effect, effect_of
from .plan.program import run
from .plan.recorder import RecordingError
from .plan.resource import UNKNOWN, Plan, PlannedResource
from .plan.state import State
from .plan.update import Update

__all__ = [
    "SUBSCRIPTION",
    "TENANT",
    "UNKNOWN",
    "AzureMocks",
    "Effect",
    "EmulatedAzure",
    "Fault",
    "Grant",
    "Held",
    "Plan",
    "PlannedResource",
    "Principal",
    "RecordingError",
    "World",
    "change",
    "check_golden",
    "children",
    "emulated_azure",
    "example_settings",
    "record",
    "urns",
]

TENANT = "00000000-0000-0000-0000-000000000002"


def example_settings(environment: str = "dev", **changes: Any) -> EnvironmentSettings:
    """Settings that are valid for an environment, with some top-level fields changed.

    Raises pydantic's ValidationError if the changes make them invalid.
    """
    given: dict[str, Any] = {
        "project": {
            "name": "churn",
            "data_product": "customer-360",
            "owner_team": "retail-analytics",
            "cost_center": "CC-4711",
            "cost_code": "P-2026-0042",
        },
        "environment": environment,
        "location": "westeurope",
        "subscription_id": SUBSCRIPTION,
        "tenant_id": TENANT,
        "network": {"address_space": ["10.20.0.0/22"]},
    }
    if environment == "sandbox":
        given |= {
            "network": None,
            "budget": {"amount": 500, "contact_emails": ["ml-team@example.com"]},
            "expires_on": "2026-02-01",
        }
    return EnvironmentSettings.model_validate({**given, **changes})


def record(
    program: Callable[[], Any],
    *,
    preview: bool = False,
    project: str = "test",
    stack: str = "dev",
    config: Optional[Mapping[str, str]] = None,
    secret_keys: Optional[list[str]] = None,
    existing: Optional[Mapping[str, Mapping[str, Any]]] = None,
    subscription_id: str = SUBSCRIPTION,
) -> Plan:
    """Runs a program in its own event loop until all its outputs have settled.

    Azure's answers are emulated. With `preview=True` they are unknown, as before a first `pulumi up`.
    `existing` is what Azure already has, as id → outputs. The program reads adopted resources there. For a resource
    with the same id, it also gives the values of properties whose changes are ignored.
    `subscription_id` is the subscription of resources without an explicit provider: set it if the components'
    placement has another one than `SUBSCRIPTION`.
    Raises any exception of the program, and RecordingError for a call to Azure or an output inside a text.
    """
    return run(
        program,
        project=project,
        stack=stack,
        config=config,
        secret_keys=secret_keys,
        known=not preview,
        existing=existing,
        subscription_id=subscription_id,
    )


def change(
    before: Callable[[], Any],
    after: Callable[[], Any],
    *,
    project: str = "test",
    stack: str = "dev",
    today: Optional[datetime.date] = None,
) -> Effect:
    """What `pulumi up` does to an environment that the program `before` made, if the program is now `after`.

    `today` is the day of the change. Default: the current day. What Azure replaces and refuses comes from the tables of
    the emulated Azure. Raises as `record` does.
    """
    day = today or datetime.datetime.now(datetime.UTC).date()
    state = State(project, stack, ())
    update = Update(state, World.on(day))
    run(before, project=project, stack=stack, recorder=update)
    update = Update(update.state, World.on(day))
    return effect_of(update, lambda: run(after, project=project, stack=stack, recorder=update))


def children(plan: Plan, name: str) -> list[tuple[str, str]]:
    """The kind and name of each child of the resource with this name in the program, sorted."""
    parents = {each.urn for each in plan.resources if each.name == name}
    return sorted((each.kind, each.name) for each in plan.resources if each.parent in parents)


def urns(plan: Plan) -> list[str]:
    """Every URN of a plan, sorted. A changed URN replaces the resource in every stack that has it."""
    return sorted(each.urn for each in plan.resources)


def check_golden(lines: Iterable[str], file: Path) -> None:
    """Raises AssertionError if lines differ from a file. If UPDATE_GOLDEN is set, writes the file instead."""
    actual = "\n".join(lines) + "\n"
    if os.environ.get("UPDATE_GOLDEN"):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(actual, encoding="utf-8")
    expected = file.read_text(encoding="utf-8") if file.exists() else ""
    lost = sorted(set(expected.splitlines()) - set(actual.splitlines()))
    new = sorted(set(actual.splitlines()) - set(expected.splitlines()))
    if lost or new:
        raise AssertionError(
            f"{file.name} has changed. Removed resources are destroyed: to keep one, give it an alias.\n"
            + "".join(f"  - {each}\n" for each in lost)
            + "".join(f"  + {each}\n" for each in new)
            + "Set UPDATE_GOLDEN=1 to write the file again."
        )


class AzureMocks(pulumi.runtime.Mocks):
    """Mocks for `pulumi.runtime.set_mocks`, for tests with Pulumi's own mocks."""

    def __init__(self, subscription_id: str = SUBSCRIPTION) -> None:
        self._subscription_id = subscription_id

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[Optional[str], dict[str, Any]]:
        """The inputs, with the id and the outputs that Azure would add."""
        id_, outputs = emulate(args.typ, f"mock::{args.name}", args.inputs, self._subscription_id)
        return args.resource_id or id_ or f"{args.name}-id", {**args.inputs, **outputs}

    def call(self, args: pulumi.runtime.MockCallArgs) -> tuple[dict[str, Any], None]:
        """Raises RecordingError: the library never calls Azure."""
        raise RecordingError(f"{args.token} calls Azure, which a test cannot do")


@dataclass(frozen=True)
class EmulatedAzure:
    """An Azure on this machine, with the state of Pulumi's stacks."""

    world: World
    """Its resources, and the faults to come. A test may read and change it between two commands."""

    environment: Mapping[str, str]
    """The variables of its commands. They have no real sign-in."""

    def run(self, *command: str, check: bool = False, **options: Any) -> "subprocess.CompletedProcess[str]":
        """Runs a command, such as `pulumi up`, and returns its exit code and its output as text.

        `options` are those of `subprocess.run`, such as `cwd`. With `check`, raises CalledProcessError if it fails.
        """
        text: dict[str, Any] = {"env": self.environment, "capture_output": True, "text": True}
        return subprocess.run(command, check=check, **{**text, **options})  # noqa: S603 - the test's own command


@contextlib.contextmanager
def emulated_azure(folder: Path, world: Optional[World] = None) -> Iterator[EmulatedAzure]:
    """An emulated Azure until the end of the block, for the Pulumi CLI on PATH.

    `folder` gets Pulumi's state: one of the test's own, such as `tmp_path`. `world` is an Azure that has something
    already. Default: an empty one.
    """
    # Serving needs a web server and certificates, which the mock kit does without.
    from .emulation.azure import Azure
    from .emulation.server import served

    made = world or World()
    with served(Azure(made), folder, os.environ) as environment:
        yield EmulatedAzure(made, environment)
