"""`mlplatform local`: commands of the user's own Pulumi CLI against an emulated Azure."""

import contextlib
import datetime
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer
from typer.core import TyperGroup

from ..foundation.problems import Problem
from .exit_codes import BAD_INPUT
from .input import exclude, option, refuse, refuse_any
from .options import AsJson, OutputFile, epilog
from .output import output

if TYPE_CHECKING:
    from ..emulation.azure import Azure
    from ..emulation.world import World

_OWN = ("run", "show", "reset", "clock", "break")
_NO_CLI = "Install the Pulumi CLI (https://www.pulumi.com/docs/install/), or give the path to it"


class _Local(TyperGroup):
    """A group that takes any other word as the command to run, also after options of `run`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        return super().parse_args(ctx, args if not args or args[0] in (*_OWN, "--help") else ["run", *args])


local = typer.Typer(
    cls=_Local,
    help="Run a command against an emulated Azure.\n\nSuch as `mlplatform local -- pulumi up --stack dev`. "
    "Ends with the code of that command.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

WorldOption = Annotated[
    Path,
    typer.Option("--world", metavar="DIR", help="The folder of the emulated Azure and of Pulumi's state."),
]
_DEFAULT = Path(".local-azure")


@local.command(
    "run",
    hidden=True,
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "allow_interspersed_args": False},
)
def run(
    context: typer.Context,
    world: WorldOption = _DEFAULT,
    rights: Annotated[
        Optional[list[Path]],
        typer.Option(
            metavar="FILE",
            help="Refuse what this role does not allow: a role definition, or `mlplatform rights --json`.",
        ),
    ] = None,
) -> None:
    """Run a command against the emulated Azure."""
    command = list(context.args)
    if not command:
        refuse(option("", "no command is given", "Give one, such as: mlplatform local -- pulumi up --stack dev"))
    if shutil.which(command[0]) is None:
        refuse(option(command[0], "is not on PATH", _NO_CLI))
    from ..emulation.authorization import RoleError, principal_of
    from ..emulation.azure import Azure
    from ..emulation.server import served, sign_in_variables

    try:
        principal = principal_of(rights) if rights else None
    except RoleError as error:
        refuse(*(_problem(each) for each in error.problems))
    folder = world.resolve()
    with _opened(folder, create=True) as state:
        state.principal = principal
        if principal is not None:
            print(f"only the rights in {', '.join(map(str, rights or []))} count", file=sys.stderr)
        print(_notice(state, folder, sign_in_variables(os.environ)), file=sys.stderr)
        azure = Azure(state)
        with served(azure, folder, os.environ) as environment, _saved(azure, folder):
            code = _run(command, environment)
    raise typer.Exit(code)


def _problem(text: str) -> Problem:
    """The problem of a text: what is wrong, and in its second line what to do."""
    what, _, fix = text.partition("\n")
    return Problem((), what, fix.strip())


def _notice(state: "World", folder: Path, left_out: list[str]) -> str:
    text = f"emulated Azure in {folder}, on {state.today}: nothing here is real"
    return f"{text}\n    not passed on: {', '.join(left_out)}" if left_out else text


@contextlib.contextmanager
def _saved(azure: "Azure", folder: Path) -> Iterator[None]:
    """Saves the world each second, so that a run that is killed leaves it about as far as Pulumi's state."""
    ended = threading.Event()

    def save() -> None:
        while not ended.wait(1):
            azure.save(folder / "world.json")

    thread = threading.Thread(target=save, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _run(command: list[str], environment: dict[str, str]) -> int:
    """The exit code of a command; 128 and the signal if one ended it, as a shell says it."""
    process = subprocess.Popen(command, env=environment)  # noqa: S603 - the user's own command
    # Ctrl-C goes to the command too, which decides what it means. A wish to end is passed on.
    before = {
        signal.SIGINT: signal.signal(signal.SIGINT, lambda *_: None),
        signal.SIGTERM: signal.signal(signal.SIGTERM, lambda *_: process.terminate()),
    }
    try:
        code = process.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return 128 - code if code < 0 else code


@local.command(epilog=epilog("mlplatform local show", "mlplatform local show --json -o azure.json", codes=(BAD_INPUT,)))
def show(world: WorldOption = _DEFAULT, as_json: AsJson = False, file: OutputFile = None) -> None:
    """Show what the emulated Azure has, which names soft delete holds until when, and the faults to come."""
    from .answers import EmulatedAzure

    with output(EmulatedAzure, file, as_json=as_json) as said, _opened(world) as state:
        if as_json:
            said.answer(world=state.as_json())
        else:
            said.lines(_shown(state))


def _shown(state: "World") -> Iterator[str]:
    yield f"{state.today}: {len(state.resources)} resources"
    counted = Counter(each.type for each in state.resources.values())
    for type_, count in sorted(counted.items()):
        yield f"  {count:4} {type_}"
    for each in sorted(state.deleted.values(), key=lambda one: one.until):
        yield f"deleted, name held until {each.until}: {each.resource.id}"
    for fault in state.faults:
        yield f"fault: {fault}"


@local.command()
def reset(world: WorldOption = _DEFAULT) -> None:
    """Delete the emulated Azure with Pulumi's state, and begin anew."""
    folder = world.resolve()
    if not (folder / "world.json").exists():
        refuse(option(f"--world {world}", "has no emulated Azure", "Name the folder of a run, or run a command first"))
    with _locked(folder):
        for each in folder.iterdir():
            shutil.rmtree(each) if each.is_dir() else each.unlink()
    print(f"{world}: is empty")


@local.command()
def clock(
    day: Annotated[datetime.datetime, typer.Argument(metavar="YYYY-MM-DD", formats=["%Y-%m-%d"])],
    world: WorldOption = _DEFAULT,
) -> None:
    """Move the clock of the emulated Azure to a later day. Names that soft delete held until then are free."""
    from ..emulation.world import WorldError

    with _opened(world) as state:
        held = set(state.deleted)
        try:
            state.move_clock(day.date())
        except WorldError as error:
            refuse(_problem(str(error)))
        print(f"{state.today}: {len(held - set(state.deleted))} names are free again")


@local.command("break")
def break_(
    target: Annotated[str, typer.Argument(help="A part of the id of the resource to hit. Empty: any resource.")],
    operation: Annotated[str, typer.Option(metavar="OPERATION", help="An operation or action, or `any`.")] = "create",
    times: Annotated[int, typer.Option(min=1, help="The number of operations to hit.")] = 1,
    status: Annotated[int, typer.Option(min=200, max=599, help="The HTTP status of the answer.")] = 500,
    code: Annotated[str, typer.Option(help="The error code of the answer.")] = "InternalServerError",
    header: Annotated[
        Optional[list[str]], typer.Option(metavar="NAME:VALUE", help="A header, such as `Retry-After:86400`.")
    ] = None,
    body: Annotated[Optional[str], typer.Option(help="A text instead of ARM's error, such as a proxy's page.")] = None,
    seconds: Annotated[
        Optional[float], typer.Option(min=0, help="The operation takes longer. With --slow: the documented time.")
    ] = None,
    half_way: Annotated[bool, typer.Option("--half-way", help="The operation takes effect, and then fails.")] = False,
    late: Annotated[bool, typer.Option("--late", help="Azure accepts the action, and fails later.")] = False,
    lost: Annotated[bool, typer.Option("--lost", help="Azure accepts the action, and never carries it out.")] = False,
    slow: Annotated[bool, typer.Option("--slow", help="The operation only takes longer, and succeeds.")] = False,
    world: WorldOption = _DEFAULT,
) -> None:
    """Let operations to come fail."""
    from ..emulation.world import ACTIONS, ANY, EFFECT, OPERATIONS, Fault

    problems: list[Problem] = []
    allowed = (*OPERATIONS, *ACTIONS, EFFECT, ANY)
    if operation not in allowed:
        problems.append(option("--operation", f"'{operation}' is not allowed", f"Allowed: {', '.join(allowed)}"))
    problems += exclude({"--half-way": half_way, "--late": late, "--lost": lost, "--slow": slow})
    if lost and operation not in ACTIONS:
        problems.append(option("--lost", f"'{operation}' cannot be lost", f"Give an action: {', '.join(ACTIONS)}"))
    pairs = [each.partition(":") for each in header or []]
    problems += [
        option("--header", f"'{name}' is not a header", "Give NAME:VALUE, such as Retry-After:86400")
        for name, colon, _ in pairs
        if not (name.strip() and colon)
    ]
    refuse_any(problems)
    fault = Fault(target, operation, times, 0 if slow else status, code, half_way=half_way, late=late, lost=lost)
    fault.headers = {name.strip(): value.strip() for name, _, value in pairs}
    fault.seconds, fault.body = seconds if slow or seconds is not None else 0, body
    with _opened(world) as state:
        state.faults.append(fault)
        print(f"{fault}")


@contextlib.contextmanager
def _opened(folder: Path, *, create: bool = False) -> Iterator["World"]:
    """The world in a folder, which no other command may use meanwhile. It is saved at the end."""
    from ..emulation.world import World, WorldError

    folder = folder.resolve()
    file = folder / "world.json"
    if not create and not file.exists():
        refuse(option(f"--world {folder}", "has no emulated Azure", "Name the folder of a run, or run a command first"))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ".gitignore").write_text("*\n", encoding="utf-8")
    with _locked(folder):
        try:
            state = World.load(file)
        except WorldError as error:
            refuse(_problem(str(error)))
        state.save(file)
        try:
            yield state
        finally:
            state.save(file)


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    # Not every system has it, and no other command needs it.
    import fcntl

    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            refuse(option(f"--world {folder}", "another command uses it", "Wait for its end, or give another --world"))
        yield
