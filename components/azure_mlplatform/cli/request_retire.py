"""`mlplatform request retire`: the order in which an environment ends, what stands in the way, and its tombstone."""

import dataclasses
import datetime
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

from ..foundation.problems import Problem, ProblemsError
from .exit_codes import FINDING
from .input import exclude, needs_folder, option, refuse, refuse_any
from .options import AsJson, On, OutputFile, day
from .output import output
from .plans import kept, progress
from .request import REPOSITORY, RequestsFolder

if TYPE_CHECKING:
    from ..foundation.profiles import Environment
    from ..plan.retirement import Obstacle

EXAMPLES = (
    "mlplatform request retire lending dev                               what stands in the way, and the order",
    'mlplatform request retire lending dev --reason "Ended, ML-321"      begin: write retire and retiring_since',
    "mlplatform request retire lending dev --destroyed                   end: write retired_on, the tombstone",
)


def retire(
    project: Annotated[str, typer.Argument(metavar="PROJECT", help="The project: the folder projects/PROJECT.")],
    environment: Annotated[
        Optional[str], typer.Argument(metavar="ENVIRONMENT", help="The environment. Default: all of the project.")
    ] = None,
    folder: RequestsFolder = Path(),
    reason: Annotated[
        Optional[str],
        typer.Option(
            metavar="TEXT",
            help="Begin: write `retire` with this reason into the settings, and the day into the request. Default: "
            "only show.",
        ),
    ] = None,
    destroyed: Annotated[
        bool, typer.Option("--destroyed", help="End: write into the request that it was destroyed on this day.")
    ] = False,
    as_json: AsJson = False,
    file: OutputFile = None,
    on: On = None,
) -> None:
    """Show how an environment ends, and what stands in the way.

    Read from its plan, before anything is done: locks, protection, names that soft delete holds and the day on which
    they are free, event subscriptions, attached computes, federated credentials, DNS, and the hub's side of a peering.
    Exits with 1 if a person has to end something outside of the stack; not once --reason has begun it.
    """
    from ..foundation import clock
    from .answers import RequestRetire

    with output(RequestRetire, file, as_json=as_json) as said:
        root = folder.resolve()
        refuse_any([*exclude({"--reason": reason is not None, "--destroyed": destroyed}), *_reason(reason)])
        refuse_any(needs_folder(folder, REPOSITORY))
        gone = _tombstones(root, project)
        stacks = _stacks(root, project, environment, gone)
        if reason is not None or destroyed:
            _names_one_that_lives(project, stacks, gone, "--reason" if destroyed is False else "--destroyed")
        with clock.on(day(on)):
            today = datetime.date.fromisoformat(clock.today())
        if destroyed:
            ended, unsure = _tombstone(root, project, stacks[0], today)
            said.notices(("warning", each) for each in unsure)
            _answer(said, [ended])
            return
        found: list[_Retirement] = []
        problems: list[Problem] = []
        with progress() as says:
            for stack in stacks:
                if stack in gone:
                    found.append(_ended(root, project, stack, gone[stack], today))
                    continue
                says(f"planning {project} {stack}")
                with kept(problems, stack):
                    found.append(_look(root, project, stack, today))
        refuse_any(problems)
        if reason is not None:
            found[0].written = _begin(root, project, stacks[0], reason, today)
        _answer(said, found)
        if reason is None and any(each.by_hand for each in found):
            raise typer.Exit(FINDING)


@dataclasses.dataclass
class _Retirement:
    """The end of an environment."""

    project: str
    environment: str
    obstacles: "list[Obstacle]"
    steps: list[tuple[str, str]]
    """What is done, and its command; empty where a person does it."""

    free_on: str
    """The day on which its names and addresses are free: if it is destroyed today, or as it was."""

    retired_on: Optional[str] = None
    """The day on which it was destroyed, by its tombstone."""

    written: list[str] = dataclasses.field(default_factory=list)
    """The files that were changed."""

    @property
    def by_hand(self) -> bool:
        from ..plan.retirement import BY_HAND

        return any(each.kind in BY_HAND for each in self.obstacles)

    def as_json(self) -> dict[str, Any]:
        return {
            "project": self.project,
            "environment": self.environment,
            "obstacles": [each.as_json() for each in self.obstacles],
            "steps": [{"what": what, "command": command or None} for what, command in self.steps],
            "free_on": self.free_on,
            "retired_on": self.retired_on,
            "written": self.written,
        }

    def lines(self) -> Iterator[str]:
        from ..plan.retirement import by_kind

        yield f"{self.project} {self.environment}"
        if self.retired_on is not None:
            yield f"  retired on {self.retired_on}: nothing is left to destroy"
        for kind, found in by_kind(self.obstacles).items():
            yield f"  {kind.heading} ({len(found)})"
            yield from (f"    {each.name}: {each.what}{_free(each)}" for each in found)
        if self.steps:
            yield "  steps, in this order"
        for number, (what, command) in enumerate(self.steps, 1):
            yield f"    {number}. {what}"
            if command:
                yield f"       {command}"
        if_today = "" if self.retired_on else ", if it is destroyed today"
        yield f"  names and addresses are free on {self.free_on}{if_today}"
        yield from (f"  wrote {each}" for each in self.written)


def _free(obstacle: "Obstacle") -> str:
    return f" (free on {obstacle.free_on})" if obstacle.free_on else ""


def _answer(said: Any, found: list[_Retirement]) -> None:
    if said.as_json:
        said.answer(environments=[each.as_json() for each in found])
        return
    for number, each in enumerate(found):
        said.lines([*([""] if number else []), *each.lines()])


def _reason(reason: Optional[str]) -> Iterator[Problem]:
    if reason is not None and len(reason.strip()) < 10:
        yield option("--reason", f"'{reason}' has fewer than 10 characters", "Say why it ends, for reviewers")


def _tombstones(root: Path, project: str) -> dict[str, str]:
    """The environments of a request that were destroyed → the day."""
    from ..requests.retirement import retired_environments

    return {each.value: day for each, day in retired_environments(root, project).items()}


def _stacks(root: Path, project: str, environment: Optional[str], gone: dict[str, str]) -> list[str]:
    """The stacks of a project that are meant, and its environments that were destroyed."""
    from ..config.files import PROJECT_FILE, stacks
    from ..foundation.values import nearest

    place = root / "projects" / project
    there = "/" not in project and (place / PROJECT_FILE).is_file()
    if not there and not gone:
        others = [each.parent.name for each in sorted((root / "projects").glob(f"*/{PROJECT_FILE}"))]
        what = f"'{project}' has no stacks in projects/{nearest(project, others)}"
        refuse(option("PROJECT", what, f"Allowed: {', '.join(others) or 'none yet'}"))
    found = [*(stacks(place) if there else []), *gone]
    found = list(dict.fromkeys(found))
    if environment is None:
        return found
    if environment not in found:
        what = f"'{environment}' is no stack of {project}{nearest(environment, found)}"
        refuse(option("ENVIRONMENT", what, f"Allowed: {', '.join(found) or 'none yet'}"))
    return [environment]


def _names_one_that_lives(project: str, stacks: list[str], gone: dict[str, str], word: str) -> None:
    """Refuses to write anything unless one environment is meant, and it is not destroyed."""
    if len(stacks) > 1:
        refuse(option("ENVIRONMENT", f"is missing, and there are {len(stacks)}: {', '.join(stacks)}", "Name one"))
    [stack] = stacks
    if stack in gone:
        refuse(option(word, f"{project} {stack} was retired on {gone[stack]}", "Nothing is left to write"))


def _environment(root: Path, project: str, stack: str) -> "Environment":
    from ..config.files import stack_config
    from ..foundation.profiles import Environment

    given = stack_config(root / "projects" / project, stack).settings.get("environment")
    try:
        return Environment(str(given))
    except ValueError:
        path = ("azure-mlplatform:environment",)
        what = f"'{given}' is not an environment"
        raise ProblemsError(
            [Problem(path, what, f"Allowed: {', '.join(Environment)}", f"projects/{project}/Pulumi.{stack}.yaml")]
        ) from None


def _look(root: Path, project: str, stack: str, today: datetime.date) -> _Retirement:
    """What stands in the way of the end of an environment and of its landing, and the order."""
    from ..plan.program import run_retired, run_stack
    from ..plan.retirement import obstacles
    from ..requests.retirement import free_on

    found: list[Obstacle] = []
    for folder in _folders(root, project, stack):
        retired = run_retired(root / folder, stack, today=today)
        try:
            plan = run_stack(root / folder, stack, today=today)
        except ProblemsError:
            # What has expired, or has a retired size, must still end.
            plan = retired
        found += obstacles(plan, retired, today)
    ends = free_on(_environment(root, project, stack), today)
    return _Retirement(
        project, stack, list(dict.fromkeys(found)), list(_steps(root, project, stack, ends)), ends.isoformat()
    )


def _folders(root: Path, project: str, stack: str) -> list[str]:
    """The folders with the stacks of an environment, in the order in which they end."""
    own = f"projects/{project}"
    return [each for each in (own, f"{own}/landing") if (root / each / f"Pulumi.{stack}.yaml").is_file()]


def _ended(root: Path, project: str, stack: str, day: str, today: datetime.date) -> _Retirement:
    """What is left of an environment that was destroyed on a day: its files, and what Azure holds."""
    from ..foundation.profiles import Environment
    from ..requests.retirement import free_on

    free, render = free_on(Environment(stack), datetime.date.fromisoformat(day)), f"mlplatform request render {project}"
    steps = [("Take its files away", render)] if _folders(root, project, stack) else []
    when = "Now that its names and addresses are free" if free <= today else f"From {free} on"
    steps.append((f"{when}, remove {stack} from requests/{project}.yaml, and render", render))
    return _Retirement(project, stack, [], steps, free.isoformat(), retired_on=day)


def _steps(root: Path, project: str, stack: str, ends: datetime.date) -> Iterator[tuple[str, str]]:
    """What is done, in order."""
    from ..requests.retirement import RETIRE

    own, landing = f"projects/{project}", f"projects/{project}/landing"
    landed = landing in _folders(root, project, stack)
    begun = RETIRE.search((root / own / f"Pulumi.{stack}.yaml").read_text(encoding="utf-8"))
    yield "Copy what is needed, and end what the list above leaves to a person", ""
    if begun is None:
        yield (
            "Write `retire` into the settings and the day into the request, and let it be reviewed",
            f'mlplatform request retire {project} {stack} --reason "<why>"',
        )
    yield (
        "Give the rights that only retiring takes, for the day",
        f"mlplatform rights -C {own} {stack} --for retirement",
    )
    yield "Take protection and locks away", f"pulumi -C {own} up --stack {stack}"
    yield "Destroy it", f"pulumi -C {own} destroy --stack {stack}"
    if landed:
        yield (
            "Destroy its landing: its group, its identities and its budget go last",
            f"pulumi -C {landing} up --stack {stack} && pulumi -C {landing} destroy --stack {stack}",
        )
    yield "Write the tombstone", f"mlplatform request retire {project} {stack} --destroyed"
    yield "Take its files away; its addresses stay held", f"mlplatform request render {project}"
    yield (
        f"From {ends} on, its names and addresses are free: remove {stack} from requests/{project}.yaml, and render",
        f"mlplatform request render {project}",
    )


def _begin(root: Path, project: str, stack: str, reason: str, today: datetime.date) -> list[str]:
    """Writes what begins a retirement. Returns the files that changed."""
    from ..requests.retirement import record_retiring, write_retirement

    environment, wrote = _environment(root, project, stack), []
    for folder in _folders(root, project, stack):
        if write_retirement(root / folder, stack, reason):
            wrote.append(f"{folder}/Pulumi.{stack}.yaml")
    if record_retiring(root, project, environment, today):
        wrote.append(f"requests/{project}.yaml")
    return wrote


def _tombstone(root: Path, project: str, stack: str, today: datetime.date) -> tuple[_Retirement, list[str]]:
    """Writes the day on which an environment was destroyed, and says where nobody could see whether it was. Refuses if
    the Pulumi CLI says that something of it is there."""
    from ..requests.retirement import record_retired, unrecorded

    environment = _environment(root, project, stack)
    problems, unsure = _left(root, project, stack)
    refuse_any(problems)
    if unrecorded(root, project, environment) is None:
        what = f"requests/{project}.yaml has no environment {environment} without retired_on"
        refuse(option("--destroyed", what, "Nothing is left to write"))
    record_retired(root, project, environment, today)
    ended = _ended(root, project, stack, today.isoformat(), today)
    return dataclasses.replace(ended, written=[f"requests/{project}.yaml"]), unsure


def _left(root: Path, project: str, stack: str) -> tuple[list[Problem], list[str]]:
    """The stacks of an environment that are still there, and those of which nobody here may know.

    The reviewer of the change is who knows then.
    """
    from ..requests.pulumi_cli import PulumiCli, PulumiError

    problems: list[Problem] = []
    unsure: list[str] = []
    for folder in _folders(root, project, stack):
        try:
            left = PulumiCli().resources(root / folder, stack)
        except PulumiError as error:
            unsure.append(f"nobody looked whether {folder} {stack} is destroyed: {error}")
            continue
        if left:
            what = f"the stack {stack} of {folder} still has {left} resources"
            problems.append(option("--destroyed", what, f"pulumi -C {folder} destroy --stack {stack}"))
    return problems, unsure
