"""Runs a Pulumi program in this process, without an engine and without Azure."""

import asyncio
import contextlib
import contextvars
import datetime
import json
import os
import runpy
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Optional

from pulumi import RunError
from pulumi import resource as sdk_resource
from pulumi.runtime import config as runtime_config
from pulumi.runtime import settings as runtime_settings
from pulumi.runtime import stack as runtime_stack

from ..config.files import StackConfig, stack_config
from ..emulation.answers import SUBSCRIPTION
from ..foundation import clock
from ..foundation.model import NAMESPACE
from ..foundation.problems import Problem, ProblemsError
from .recorder import Log, Recorder
from .resource import Plan

Program = Callable[[], Any]


def run(
    program: Program,
    *,
    project: str = "project",
    stack: str = "dev",
    config: Optional[Mapping[str, str]] = None,
    secret_keys: Optional[list[str]] = None,
    root: Optional[Path] = None,
    known: bool = True,
    existing: Optional[Mapping[str, Mapping[str, Any]]] = None,
    subscription_id: str = SUBSCRIPTION,
    recorder: Optional[Recorder] = None,
) -> Plan:
    """The plan of a program: all resources that it registers, after all its outputs have settled.

    `config` maps full keys to texts, as Pulumi passes them. `root` is the folder of Pulumi.yaml.
    `existing` is what Azure already has: id → outputs. Resources without an explicit provider are made in
    `subscription_id`. With `known=False` all of Azure's answers are unknown, as in the first preview of a stack.
    `recorder` takes the registrations instead of one made of these. A run leaves nothing behind for the next one.
    Raises any exception of the program, of a resource or of an apply unchanged.
    """
    if recorder is None:
        recorder = Recorder(project, stack, known=known, existing=existing, subscription_id=subscription_id)
    log = Log()

    def in_context() -> None:
        settings = runtime_settings.Settings(
            project=project,
            stack=stack,
            monitor=recorder,
            engine=log,
            # True even if outputs are emulated: values that are not emulated are then unknown instead of None.
            dry_run=True,
            organization="organization",
            root_directory=str(root) if root else None,
        )
        runtime_settings.ROOT.set(None)
        runtime_settings.configure(settings)
        runtime_config.set_all_config(dict(config or {}), secret_keys or [])
        _in_loop(program)

    with _without_urns_of_aliases():
        contextvars.copy_context().run(in_context)
    resources = sorted(recorder.planned, key=lambda each: each.urn)
    adopted = sorted(recorder.adopted, key=lambda each: each.urn)
    return Plan(project, stack, tuple(resources), tuple(log.messages), tuple(adopted))


def run_stack(
    folder: Path,
    stack: str,
    *,
    known: bool = True,
    today: Optional[datetime.date] = None,
    recorder: Optional[Recorder] = None,
    settings: Optional[Mapping[str, Any]] = None,
) -> Plan:
    """The plan of a stack of the Pulumi project in `folder`, with the settings from its files.

    `today` is the day of the plan. Default: the current day. `recorder` is as for `run`. `settings` replace those of
    the files with the same full key. Raises ProblemsError if a file cannot be read, and any exception of the program.
    """
    folder, stack = folder.resolve(), stack.rsplit("/", 1)[-1]
    files = stack_config(folder, stack)
    # Standard output is for what a command says. Pulumi takes what a program prints for messages too.
    with clock.on(today), contextlib.redirect_stdout(sys.stderr):
        return run(
            lambda: _run_file(program_file(folder, files)),
            project=files.project.data["name"],
            stack=stack,
            config={**files.texts, **{key: _as_text(value) for key, value in (settings or {}).items()}},
            secret_keys=files.secret_keys,
            root=folder,
            known=known,
            recorder=recorder,
        )


def run_retired(folder: Path, stack: str, *, today: Optional[datetime.date] = None) -> Plan:
    """The plan of a stack as if its settings said `retire`: what changes before it can be destroyed."""
    return run_stack(folder, stack, today=today, settings={f"{NAMESPACE}:retire": {"reason": "What retiring changes"}})


def _as_text(value: Any) -> str:
    """A setting as Pulumi passes it: a text as it is, anything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value)


_patch = threading.Lock()
_runs = 0
_urn_of_alias = sdk_resource.collapse_alias_to_urn


@contextlib.contextmanager
def _without_urns_of_aliases() -> Iterator[None]:
    """Stops the SDK from making a URN for each alias while programs run here.

    An azure-native resource has an alias for each API version, and the SDK uses about ten outputs to make each URN.
    A monitor that takes aliases unchanged does not read these URNs, and they are four fifths of a plan's cost. Runs
    may overlap in several threads. The SDK gets its own function back after the last run.
    """
    global _runs  # noqa: PLW0603 - the patch is for the whole process
    with _patch:
        _runs += 1
        sdk_resource.collapse_alias_to_urn = _alias_in_a_plan
    try:
        yield
    finally:
        with _patch:
            _runs -= 1
            if not _runs:
                sdk_resource.collapse_alias_to_urn = _urn_of_alias


def _alias_in_a_plan(alias: Any, *place: Any) -> Any:
    """The unchanged alias for a recorder, or its URN for any other monitor of the process."""
    return alias if isinstance(runtime_settings.get_monitor(), Recorder) else _urn_of_alias(alias, *place)


def _in_loop(program: Program) -> None:
    loop = asyncio.new_event_loop()
    loop.set_default_executor(_Inline())
    # The first failure is raised. Tasks that wait for it fail too, and the loop would log each of them when it is
    # garbage-collected. That can happen in the middle of an `ast.parse` and break it (CPython issue 106905).
    loop.set_exception_handler(lambda loop, context: None)
    try:
        asyncio.set_event_loop(loop)
        loop.run_until_complete(_settle(program))
    finally:
        asyncio.set_event_loop(None)
        loop.close()


async def _settle(program: Program) -> None:
    """Runs the program inside a stack, and waits until every registration and every output is done."""
    await runtime_settings._load_monitor_feature_support()
    stack = runtime_stack.Stack()
    failure: Optional[BaseException] = None
    try:
        program()
        entry = stack._take_async_program()
        if entry is not None:
            stack._add_program_outputs(await entry())
    except Exception as error:
        failure = error
    finally:
        stack._finish()
    manager = runtime_settings._get_rpc_manager()
    current: Any = runtime_settings.SETTINGS
    outputs: set[asyncio.Future[Any]] = current.outputs
    # Pulumi's own wait checks every output each time one is done. This loop takes all pending outputs at once.
    while pending := {*map(asyncio.ensure_future, manager.rpcs), *outputs}:
        manager.rpcs = []
        outputs.difference_update(pending)
        done, _ = await asyncio.wait(pending)
        for task in done:
            if not task.cancelled() and (error := task.exception()) is not None and failure is None:
                failure = error
    failure = failure or manager.unhandled_exception
    if failure is not None:
        raise failure


class _Inline(ThreadPoolExecutor):
    """Runs each call at once without a thread: the recorder never blocks, and a thread costs more than the call."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


def program_file(folder: Path, files: StackConfig) -> Path:
    """The file that Pulumi would run: from `main:` (a folder or a file), or from the project's folder."""
    given = str(files.project.data.get("main") or ".")
    main = (folder / given).resolve()
    program = main / "__main__.py" if main.is_dir() else main
    if not program.is_file():
        place = f"{files.project.path.name}:{files.project.lines.get(('main',), 1)}"
        raise ProblemsError(
            [Problem(("main",), f"'{given}' is not a program", "Name a folder with a __main__.py, or a file", place)]
        )
    return program


def _run_file(program: Path) -> None:
    """Runs a program from its folder, then unloads the modules of that folder."""
    here, paths, modules = Path.cwd(), list(sys.path), set(sys.modules)
    os.chdir(program.parent)
    sys.path.insert(0, str(program.parent))
    try:
        runpy.run_path(str(program), run_name="__main__")
    except SystemExit as error:
        raise RunError(f"the program ended by itself, with exit code {error.code or 0}") from None
    except BaseException as error:
        if isinstance(error, Exception | KeyboardInterrupt):
            raise
        raise RunError(f"the program ended by itself, with {type(error).__name__}") from None
    finally:
        os.chdir(here)
        sys.path[:] = paths
        beside, installed = f"{program.parent}{os.sep}", f"{os.sep}site-packages{os.sep}"
        for name in set(sys.modules) - modules:
            origin = getattr(sys.modules[name], "__file__", None) or ""
            if origin.startswith(beside) and installed not in origin:
                del sys.modules[name]
