"""`mlplatform preview --since` and `--against`: what a change does to a plan, or to an environment that exists."""

import contextlib
import datetime
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Optional

import typer

from ..config import files
from ..foundation.problems import Problem, ProblemsError
from .exit_codes import BAD_INPUT, FINDING
from .input import needs_folder, option, refuse, refuse_any
from .plans import FOLDER, kept, progress, stacks_in

if TYPE_CHECKING:
    from ..plan.against import Effect
    from ..plan.since import Before
    from .output import Output

FROM_THE_STACK = "stack"
"""The word that asks the Pulumi CLI for the state."""


def show_changes(
    said: "Output",
    folder: Path,
    stacks: Optional[list[str]],
    *,
    since: Optional[str],
    against: Optional[str],
    as_markdown: bool,
    today: Optional[datetime.date],
) -> None:
    """Says what the settings in `folder` change, and exits by what that is."""
    from ..foundation import clock

    with clock.on(today):
        day = datetime.date.fromisoformat(clock.today())
    removed: list[str] = []
    if against is not None:
        found = [_against(folder, stacks or [], against, day)]
    else:
        found, removed = _since(folder, stacks, since or "", day)
    _say(said, found, removed, against or since or "", as_markdown=as_markdown)
    if any(each.problems for each in found):
        raise typer.Exit(BAD_INPUT)
    if removed or any(each.refused or each.lost for each in found):
        raise typer.Exit(FINDING)


def _say(said: "Output", found: list["Effect"], removed: list[str], source: str, *, as_markdown: bool) -> None:
    from ..plan.against import markdown, table

    if not said.as_json:
        for number, each in enumerate(found):
            said.lines([*([""] if number else []), *(markdown if as_markdown else table)(each)])
        for each in removed:
            said.lines(
                ["", f"{each}: has no settings any more. `pulumi destroy --stack {each}` removes its environment"]
            )
    for each in found:
        said.notices(each.messages, each.stack)
    problems = said.problems(problem for each in found for problem in each.problems)
    if said.as_json:
        said.answer(
            problems=problems,
            compared_with=source,
            changed=[each.as_json() for each in found],
            removed=removed,
        )


def _against(folder: Path, stacks: list[str], source: str, today: datetime.date) -> "Effect":
    """Returns the effect of the settings on the environment of a state."""
    from ..plan.against import effect
    from ..plan.check import problems_in
    from ..plan.state import state_of

    if len(stacks) > 1:
        refuse(option("--against", f"is for one stack, and {len(stacks)} are named: {', '.join(stacks)}", "Name one"))
    refuse_any(needs_folder(folder, FOLDER))
    wanted, place = stacks[0] if stacks else "", f"--against {source}"
    name = wanted.rsplit("/", 1)[-1]
    try:
        state = state_of(_export(folder, wanted, source), place)
        with progress() as says:
            says(f"planning {state.stack}")
            return effect(folder, state, stack=name, today=today, source=place)
    except Exception as error:  # A program may raise anything.
        raise ProblemsError(problems_in(error)) from None


def _export(folder: Path, stack: str, source: str) -> str:
    """The text of an export."""
    if source == FROM_THE_STACK:
        command = ["pulumi", "stack", "export", "--non-interactive", *(["--stack", stack] if stack else [])]
        try:
            done = subprocess.run(command, cwd=folder, capture_output=True, check=False)  # noqa: S603
        except OSError:
            fix = "Or give a file of `pulumi stack export`"
            refuse(option("--against stack", "needs the Pulumi CLI on PATH", fix))
        if done.returncode:
            reason = " ".join(done.stderr.decode(errors="replace").split()) or f"exit code {done.returncode}"
            refuse(option("--against stack", f"`{' '.join(command)}` failed: {reason}"))
        return done.stdout.decode(errors="replace")
    try:
        return sys.stdin.read() if source == "-" else Path(source).read_text(encoding="utf-8")
    except OSError as error:
        fix = "Give a file, `-` for standard input, or `stack`"
        refuse(option(f"--against {source}", f"cannot be read ({error.strerror})", fix))
    except UnicodeDecodeError:
        fix = "Give the output of `pulumi stack export`, unencrypted"
        refuse(option(f"--against {source}", "is not text in UTF-8", fix))


def _since(
    folder: Path, stacks: Optional[list[str]], source: str, today: datetime.date
) -> tuple[list["Effect"], list[str]]:
    """Returns the changes of each plan since then, and the stacks that are gone."""
    from ..plan.since import effect_since, none_yet

    place = f"--since {source}"
    now = set(files.stacks(folder))
    with progress() as says, _then(folder, source, place, today) as then:
        wanted = [each.rsplit("/", 1)[-1] for each in stacks or []]
        names = wanted or sorted({*then.stacks, *stacks_in(folder, None)}, key=files.order)
        found: list[Effect] = []
        problems: list[Problem] = []
        for name in names:
            if name not in now and name in then.stacks:
                continue
            says(f"planning {name}, then and now")
            with kept(problems, name):
                before = then.plan(name) if name in then.stacks else none_yet(folder, name)
                found.append(effect_since(folder, name, before, today))
    refuse_any(problems)
    return found, [each for each in names if each not in now]


class _Then(NamedTuple):
    """The stacks as they were."""

    stacks: list[str]
    plan: Callable[[str], "Before"]
    """Plans one of them."""


@contextlib.contextmanager
def _then(folder: Path, source: str, place: str, today: datetime.date) -> Iterator[_Then]:
    refuse_any(needs_folder(folder, FOLDER))
    if Path(source).is_file():
        from ..plan.since import saved

        try:
            text = Path(source).read_text(encoding="utf-8")
        except OSError as error:
            refuse(option(place, f"cannot be read ({error.strerror})"))
        except UnicodeDecodeError:
            refuse(option(place, "is not text in UTF-8", "Give the output of `mlplatform preview --json`"))
        before = saved(text, place, today)
        yield _Then(list(before), before.__getitem__)
        return
    with tempfile.TemporaryDirectory(prefix="mlplatform-") as copy:
        project = checked_out(folder, source, place, Path(copy))
        stacks = files.stacks(project) if (project / files.PROJECT_FILE).exists() else []
        yield _Then(stacks, lambda stack: _planned(project, stack, place, today))


def _planned(folder: Path, stack: str, place: str, today: datetime.date) -> "Before":
    """A stack of a revision, whose problems name the revision."""
    from ..plan.since import planned

    problems: list[Problem] = []
    with kept(problems, stack):
        return planned(folder, stack, today)
    raise ProblemsError(replace(each, file=f"{place}: {each.file}") for each in problems)


def checked_out(folder: Path, revision: str, place: str, target: Path) -> Path:
    """Writes the files of a revision into `target`. Returns the project's folder in it."""
    root = Path(_git(folder, place, "rev-parse", "--show-toplevel").decode().strip())
    commit = _git(folder, place, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    archive = _git(root, place, "archive", "--format=tar", commit.decode().strip())
    with tarfile.open(fileobj=BytesIO(archive)) as opened:
        opened.extractall(target, filter="data")
    return target / folder.resolve().relative_to(root.resolve())


def _git(folder: Path, place: str, *arguments: str) -> bytes:
    try:
        done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, check=False)  # noqa: S603, S607
    except OSError:
        refuse(option(place, "needs git on PATH", "Or give the saved output of `mlplatform preview --json`"))
    if done.returncode:
        reason = " ".join(done.stderr.decode(errors="replace").split()) or "is neither a file nor a Git revision"
        refuse(
            option(
                place, reason, "Give a Git revision of this repository, or the output of `mlplatform preview --json`"
            )
        )
    return done.stdout
