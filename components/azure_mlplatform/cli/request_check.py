"""`mlplatform request check`: what is wrong with the requests of a repository."""

import datetime
from pathlib import Path
from typing import Annotated, Optional

import typer

from .exit_codes import BAD_INPUT, FINE
from .input import exclude, option, refuse_any
from .options import AsJson, AsMarkdown, On, OutputFile, day
from .output import output
from .request import Project, RequestsFolder, of_project, repository_in
from .request_review import reviewed_since, show_review

EXAMPLES = (
    "mlplatform request check                all requests, and each against all others",
    "mlplatform request check lending        only what is wrong with this one",
    "mlplatform request check --since main --markdown   what a branch changes, for a pull request's comment",
)


def check(
    project: Project = None,
    folder: RequestsFolder = Path(),
    since: Annotated[
        Optional[str],
        typer.Option(
            metavar="REV",
            help="Say what changed since a Git revision: rights, money a month, addresses, whose yes it takes. Plans "
            "the stacks that changed, then and now.",
        ),
    ] = None,
    as_markdown: AsMarkdown = False,
    as_json: AsJson = False,
    file: OutputFile = None,
    on: On = None,
) -> None:
    """Check the requests: settings, names, quotas, addresses, budgets, reviewers.

    Compares each with what the platform team answers (requests/platform.yaml), with all others, and with what was
    rendered from it. Plans nothing, so it takes seconds for a thousand requests; `mlplatform check` plans the stacks,
    and --since those that changed.
    """
    from ..foundation.clock import today
    from ..foundation.plurals import counted
    from ..requests.checks import placeholder_notices, request_problems
    from ..requests.codeowners import review_problems
    from ..requests.costs import budget_problems
    from ..requests.render import is_rendered, stale_problems
    from .answers import RequestCheck

    with output(RequestCheck, file, as_json=as_json) as said:
        refuse_any(exclude({"--json": as_json, "--markdown": as_markdown}))
        if as_markdown and since is None:
            refuse_any([option("--markdown", "needs --since", "Say since when: --since main")])
        now = day(on) or datetime.date.fromisoformat(today())
        repository = repository_in(folder, project)
        rendered = [each for each in repository.requests if is_rendered(repository.root, each)]
        found = [
            *request_problems(repository, now),
            *stale_problems(repository, now),
            *budget_problems(repository),
            *review_problems(repository, rendered),
        ]
        if project is not None:
            found = [each for each in found if of_project(each.file, project)]
        if since is not None:
            reviewed = reviewed_since(repository, since, found, project, day(on))
            show_review(said, reviewed, as_markdown=as_markdown)
            raise typer.Exit(BAD_INPUT if reviewed.problems else FINE)
        said.notices(
            ("info", each)
            for each in placeholder_notices(repository)
            if project is None or each.startswith(f"{project} ")
        )
        names = [each for each in repository.requests if project in (None, each)]
        if as_json:
            said.answer(requests=names, problems=said.problems(found))
        elif found:
            said.problems(found)
        else:
            environments = sum(len(repository.requests[each].content.environments) for each in names)
            said.lines(
                [f"{counted(len(names), 'request')} for {counted(environments, 'environment')}: nothing is wrong"]
            )
        if found:
            raise typer.Exit(BAD_INPUT)
