"""`mlplatform expire`: says what expires, stops what has expired, and retires it after its grace period."""

import datetime
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

from ..foundation.problems import ProblemsError
from .exit_codes import BAD_INPUT, FINDING
from .input import needs_folder, option, refuse_any
from .options import AsJson, On, OutputFile, Repository, day
from .output import output

if TYPE_CHECKING:
    from ..requests.expiry import Expiring, Step
    from ..requests.pulumi_cli import PulumiCli

EXAMPLES = (
    "mlplatform expire --dry-run                      what expires soon, and what is due",
    "mlplatform expire --dry-run --on 2027-01-31      the same, as on that day",
    "mlplatform expire                                do what is due; run it every night",
    "mlplatform expire --json -o expiry.json          for a message to the owners",
)


def expire(
    folder: Repository = Path(),
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show each step, and do nothing.")] = False,
    as_json: AsJson = False,
    file: OutputFile = None,
    on: On = None,
) -> None:
    """Warn of environments that expire, and end those that have expired.

    Warns 14, 7 and 1 days ahead. From the day of expiry on it runs `pulumi up`, by which the program stops computes,
    instances and triggers; after the grace period it writes `retire`, runs `pulumi up` and `pulumi destroy`. It acts
    with the Pulumi CLI on PATH and whoever that is signed in as. A second run changes nothing, and takes up what a
    run before did not end. Exits with 1 if something expires soon, is due (with --dry-run), failed or waits for a
    person.
    """
    from ..foundation import clock
    from ..requests.expiry import expiring_in
    from ..requests.pulumi_cli import PulumiCli
    from .answers import Expire

    with output(Expire, file, as_json=as_json) as said:
        refuse_any(needs_folder(folder, "Name the folder that contains the projects"))
        if on is not None and not dry_run:
            fix = "Add --dry-run: an update always runs as of today"
            refuse_any([option("--on", "is for looking ahead only", fix)])
        with clock.on(day(on)):
            today = datetime.date.fromisoformat(clock.today())
        problems: list[Any] = []
        found = expiring_in(folder.resolve(), today, problems)
        there = PulumiCli.is_there()
        if not dry_run and not there and any(each.steps for each in found):
            fix = "Install it (https://www.pulumi.com/docs/install/), or look first: --dry-run"
            refuse_any([option("mlplatform expire", "needs the Pulumi CLI on PATH", fix)])
        run = _Run(folder.resolve(), today, PulumiCli(_tell) if there else None, dry_run=dry_run)
        ended = [run.end(each) for each in found]
        refused = said.problems(problems)
        if as_json:
            said.answer(problems=refused, day=today.isoformat(), stacks=[each.as_json() for each in ended])
        else:
            said.lines(line for each in ended for line in each.lines(dry_run=dry_run))
            if not ended and not problems:
                said.lines(["nothing here expires: no stack has expires_on"])
        if any(each.needs_somebody(dry_run=dry_run) for each in ended):
            raise typer.Exit(FINDING)
        if problems:
            raise typer.Exit(BAD_INPUT)


def _tell(line: str) -> None:
    print(f"    {line}", file=sys.stderr, flush=True)


@dataclass
class _Ended:
    """What was done with a stack, or would be."""

    of: "Expiring"
    deployed: Optional[bool] = None
    """None if nobody could ask."""

    steps: list["_Done"] = field(default_factory=list)
    waits: str = ""
    """What a person has to decide first, or what has to end first."""

    def needs_somebody(self, *, dry_run: bool) -> bool:
        from ..environment.settings.expiry import Phase

        failed = any(each.error for each in self.steps)
        if self.deployed is False and not self.steps:
            return False
        due = dry_run and bool(self.steps)
        return bool(failed or self.waits or due or self.of.warning is not None or self.of.phase is Phase.REFUSED)

    def as_json(self) -> dict[str, Any]:
        of = self.of
        return {
            "folder": of.name or ".",
            "project": of.project,
            "stack": of.stack,
            "environment": of.environment.value,
            "expires_on": of.expiry.on.isoformat(),
            "retired_from": of.expiry.over_on and of.expiry.over_on.isoformat(),
            "phase": of.phase.value,
            "days_left": of.days_left,
            "warning": of.warning,
            "deployed": self.deployed,
            "waits": self.waits,
            "steps": [vars(each) | {"step": each.step.value} for each in self.steps],
        }

    def lines(self, *, dry_run: bool) -> Iterator[str]:
        yield f"{self.of.label}: {self._state()}"
        for each in self.steps:
            mark = "failed" if each.error else "done" if each.done else "due" if dry_run else "not reached"
            yield f"    {mark:<12}{each.command}"
            if each.error:
                yield f"                {each.error}"
        if self.waits:
            yield f"    waits: {self.waits}"

    def _state(self) -> str:
        from ..environment.settings.expiry import Phase
        from ..foundation.plurals import counted

        of, expiry = self.of, self.of.expiry
        match of.phase:
            case Phase.LIVES:
                return f"expires on {expiry.on}, in {counted(of.days_left, 'day')}"
            case Phase.EXPIRES_SOON:
                return f"expires on {expiry.on}, in {counted(of.days_left, 'day')} (warning of {of.warning})"
            case Phase.REFUSED:
                return f"expired on {expiry.on}; set a later day, or retire it. No date stops a {of.environment}"
            case _ if self.deployed is False:
                return f"expired on {expiry.on}, and nothing of it is deployed"
            case Phase.AT_REST:
                return f"expired on {expiry.on}, at rest; it is retired on {expiry.over_on}"
            case _:
                return f"expired on {expiry.on}, and its grace period ended on {expiry.over_on}"


@dataclass
class _Done:
    """A step, and what became of it."""

    step: "Step"
    command: str
    """What does it, to type."""

    done: bool = False
    error: str = ""


@dataclass
class _Run:
    """One run of the command."""

    root: Path
    today: datetime.date
    pulumi: "Optional[PulumiCli]"
    dry_run: bool
    open: set[tuple[str, str]] = field(default_factory=set)
    """Project folder and stack of the environments that are not gone."""

    def end(self, of: "Expiring") -> _Ended:
        """Does what is due to a stack."""
        from ..requests.expiry import LANDING
        from ..requests.pulumi_cli import PulumiError

        ended = _Ended(of)
        steps = [_Done(each, _command(of, each)) for each in of.steps]
        environment = (of.name.removesuffix(f"/{LANDING}"), of.stack)
        try:
            ended.deployed = self.pulumi.resources(of.folder, of.stack) > 0 if self.pulumi and of.steps else None
            if ended.deployed and steps[0].step.value != "rest" and self.pulumi:
                ended.waits = _guarded(of, self.pulumi)
        except PulumiError as error:
            if not self.dry_run:
                ended.waits = str(error)
        if ended.deployed is False:
            steps = self._record(of)
        elif steps and steps[-1].step.value == "destroy":
            steps += self._record(of)
        if of.landing and steps and environment in self.open and not self.dry_run:
            ended.waits = f"{environment[0]} {of.stack} goes first"
        ended.steps = steps
        if not self.dry_run and not ended.waits:
            self._do(of, steps)
        if not of.landing and (ended.waits or not all(each.done for each in steps)):
            self.open.add(environment)
        return ended

    def _do(self, of: "Expiring", steps: list[_Done]) -> None:
        """Does one step after the other, and ends with the first that fails."""
        from ..requests.pulumi_cli import PulumiError

        for each in steps:
            print(f"{of.label}: {each.command}", file=sys.stderr, flush=True)
            try:
                self._actions(of)[each.step.value]()
            except PulumiError as error:
                each.error = str(error)
            except ProblemsError as error:
                each.error = "; ".join(" ".join(str(one).split()) for one in error.problems)
            if each.error:
                return
            each.done = True

    def _actions(self, of: "Expiring") -> dict[str, Callable[[], object]]:
        from ..requests.retirement import record_retired, record_retiring, write_retirement

        assert self.pulumi is not None  # noqa: S101 - asked for before
        act = self.pulumi.act

        def retire() -> None:
            write_retirement(of.folder, of.stack, of.reason)
            if not of.landing:
                record_retiring(self.root, of.project, of.environment, self.today)

        return {
            "rest": lambda: act(of.folder, "up", of.stack),
            "retire": retire,
            "up": lambda: act(of.folder, "up", of.stack),
            "destroy": lambda: act(of.folder, "destroy", of.stack),
            "record": lambda: record_retired(self.root, of.project, of.environment, self.today),
        }

    def _record(self, of: "Expiring") -> list[_Done]:
        """The step that keeps the days in the request, if there is one that does not have them."""
        from ..requests.expiry import Step
        from ..requests.retirement import unrecorded

        if of.landing or (not of.retired and of.phase.value != "over"):
            return []
        path = unrecorded(self.root, of.project, of.environment)
        if path is None:
            return []
        return [_Done(Step.RECORD, f"write retired_on into {path.relative_to(self.root).as_posix()}")]


def _command(of: "Expiring", step: "Step") -> str:
    """What does a step, as somebody would type it."""
    from ..requests.pulumi_cli import arguments

    where = f"-C {of.name} " if of.name else ""
    match step.value:
        case "rest" | "up":
            return f"pulumi {where}{' '.join(arguments('up', of.stack))}"
        case "destroy":
            return f"pulumi {where}{' '.join(arguments('destroy', of.stack))}"
        case _:
            return f"write azure-mlplatform:retire into {f'{of.name}/' if of.name else ''}Pulumi.{of.stack}.yaml"


def _guarded(of: "Expiring", pulumi: "PulumiCli") -> str:
    """Why a stack is not destroyed although its settings say so: what runs was told another day.

    A wrong year in a file would otherwise destroy a living environment in the next night.
    """
    told = pulumi.tagged(of.folder, of.stack, "expires-on")
    day_ = of.expiry.on.isoformat()
    if not told or day_ in told:
        return ""
    return (
        f"the settings say that it expired on {day_}, and what runs was deployed to expire on "
        f"{', '.join(sorted(told))}. Set that day again and run `pulumi up`, or retire it by hand: "
        "docs/living-with-an-environment.md, 'The end'"
    )
