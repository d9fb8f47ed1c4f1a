"""`mlplatform rights`: what the identity that deploys must be allowed."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from ..foundation.problems import Problem
from .input import exclude, option, refuse, refuse_any
from .options import AsJson, Folder, On, OutputFile, Stacks, day
from .output import output
from .plans import kept, plans_of, stacks_in

if TYPE_CHECKING:
    import datetime

    from ..plan.rights import Rights

EXAMPLES = (
    "mlplatform rights prod                           a table: action, scope, because of which resource",
    "mlplatform rights prod --role -o role.json       a custom role, for `az role definition create`",
    "mlplatform rights prod --for retirement          what only retiring takes",
)


def rights(
    stacks: Stacks = None,
    folder: Folder = Path(),
    role: Annotated[
        bool,
        typer.Option("--role", help="Print a custom role for one scope, as `az role definition create` takes it."),
    ] = False,
    scope: Annotated[
        Optional[str],
        typer.Option(metavar="ID", help="Only what this scope takes. Default: all; a role: the environment's group."),
    ] = None,
    need: Annotated[
        Optional[str],
        typer.Option(
            "--for",
            metavar="up|removal|retirement",
            help="Only what this takes: `pulumi up`, one that removes, or retiring. Default: all; a role: up.",
        ),
    ] = None,
    as_json: AsJson = False,
    file: OutputFile = None,
    on: On = None,
) -> None:
    """Show what the deploying identity must be allowed.

    Where, and because of what: computed from the resources that `pulumi up` would make. Lists also what others have to
    do: the owners of the hub, of shared storage and of the subscription.
    """
    from ..plan.rights import Need, table
    from .answers import Rights

    with output(Rights, file, as_json=as_json) as said:
        problems = list(exclude({"--json": as_json, "--role": role}))
        if need not in (None, *Need):
            problems.append(option("--for", f"'{need}' is not allowed", f"Allowed: {', '.join(Need)}"))
        refuse_any(problems)
        names = stacks_in(folder, stacks)
        if len(names) > 1 and (role or scope is not None):
            what = f"is for one stack, and there are {len(names)}: {', '.join(names)}"
            refuse(option("--role" if role else "--scope", what, "Name one of them"))
        found = _rights(folder, names, day(on))
        if scope is not None:
            known = found[0].scopes
            scope = next((each for each in known if each.lower() == str(scope).lower()), scope)
            if scope not in known:
                refuse(option("--scope", f"'{scope}' is not a scope of this stack", f"Allowed: {', '.join(known)}"))
        wanted = Need(need) if need else None
        for each in found:
            said.notices(each.notices, each.stack)
        if role:
            said.text(json.dumps(found[0].role(scope or found[0].own_scope, wanted or Need.UP), indent=2))
        elif as_json:
            said.answer(stacks=[each.as_json(scope, wanted) for each in found])
        else:
            for number, each in enumerate(found):
                said.lines([*([""] if number else []), *table(each, scope, wanted)])


def _rights(folder: Path, names: list[str], today: "Optional[datetime.date]") -> list["Rights"]:
    from ..plan.program import run_retired
    from ..plan.rights import rights_of

    found: list[Rights] = []
    problems: list[Problem] = []
    for plan in plans_of(folder, names, today=today):
        with kept(problems, plan.stack):
            found.append(rights_of(plan, run_retired(folder, plan.stack, today=today)))
    refuse_any(problems)
    return found
