"""`mlplatform preview --against`: what a change does to an environment that exists."""

import datetime
import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Optional

import typer

from ..foundation.printable import printable
from .exit_codes import BAD_INPUT, FINDING
from .input import refuse

if TYPE_CHECKING:
    from ..plan.against import Effect

FROM_THE_STACK = "stack"
"""The word that asks the Pulumi CLI for the state."""


def show(
    folder: Path,
    stacks: list[str],
    source: str,
    *,
    as_json: bool,
    as_markdown: bool,
    today: Optional[datetime.date],
) -> None:
    """Prints the effect of the settings in `folder` on the environment of a state, and exits by what it is."""
    from ..plan.against import markdown, table

    if as_json and as_markdown:
        refuse(["--markdown: cannot be used with --json"])
    if len(stacks) > 1:
        refuse([f"--against: is for one stack, and {len(stacks)} are named: {', '.join(stacks)}"])
    if not folder.is_dir():
        refuse([f"-C {folder}: is not a folder\n    Name the folder that contains Pulumi.yaml"])
    found = _effect(folder, stacks[0] if stacks else "", source, today=today, as_json=as_json)
    if as_json:
        print(json.dumps(found.as_json(), indent=2))
    else:
        print("\n".join((markdown if as_markdown else table)(found)))
        for severity, text in found.messages:
            print(printable(f"{severity}: {text}"), file=sys.stderr)
        for each in found.problems:
            print(f"error: {each}", file=sys.stderr)
    if found.problems:
        raise typer.Exit(BAD_INPUT)
    if found.refused or found.lost:
        raise typer.Exit(FINDING)


def _effect(folder: Path, stack: str, source: str, *, today: Optional[datetime.date], as_json: bool) -> "Effect":
    """The effect. Exits if nothing can be said of it."""
    from ..foundation import clock
    from ..plan.against import effect, refusals_as_json
    from ..plan.check import problems_in
    from ..plan.state import state_of

    option, name = f"--against {source}", stack.rsplit("/", 1)[-1]
    with clock.on(today):
        day = datetime.date.fromisoformat(clock.today())
    try:
        state = state_of(_text(folder, stack, source), option)
        return effect(folder, state, stack=name, today=day, source=option)
    except Exception as error:  # A program may raise anything.
        problems = list(problems_in(error))
    if not as_json:
        refuse(map(str, problems))
    print(json.dumps(refusals_as_json(name, problems), indent=2))
    raise typer.Exit(BAD_INPUT)


def _text(folder: Path, stack: str, source: str) -> str:
    """The text of an export. Exits if it cannot be had."""
    if source == FROM_THE_STACK:
        command = ["pulumi", "stack", "export", "--non-interactive", *(["--stack", stack] if stack else [])]
        try:
            done = subprocess.run(command, cwd=folder, capture_output=True, check=False)  # noqa: S603
        except OSError:
            fix = "Or give a file of `pulumi stack export`"
            refuse([f"--against stack: needs the Pulumi CLI on PATH\n    {fix}"])
        if done.returncode:
            reason = " ".join(done.stderr.decode(errors="replace").split()) or f"exit code {done.returncode}"
            refuse([f"--against stack: `{' '.join(command)}` failed: {reason}"])
        return done.stdout.decode(errors="replace")
    try:
        return sys.stdin.read() if source == "-" else Path(source).read_text(encoding="utf-8")
    except OSError as error:
        fix = "Give a file, `-` for standard input, or `stack`"
        refuse([f"--against {source}: cannot be read ({error.strerror})\n    {fix}"])
    except UnicodeDecodeError:
        refuse([f"--against {source}: is not text in UTF-8\n    Give the output of `pulumi stack export`, unencrypted"])
