"""`mlplatform request check`: what is wrong with the requests of a repository."""

import datetime
from pathlib import Path

import typer

from .exit_codes import BAD_INPUT
from .options import AsJson, On, OutputFile, day
from .output import output
from .request import Project, RequestsFolder, of_project, repository_in

EXAMPLES = (
    "mlplatform request check                all requests, and each against all others",
    "mlplatform request check lending        only what is wrong with this one",
    "mlplatform request check --json",
)


def check(
    project: Project = None,
    folder: RequestsFolder = Path(),
    as_json: AsJson = False,
    file: OutputFile = None,
    on: On = None,
) -> None:
    """Check the requests: settings, names, quotas, addresses.

    Compares each with what the platform team answers (requests/platform.yaml), with all others, and with what was
    rendered from it. Plans nothing, so it takes seconds for a thousand requests; `mlplatform check` plans the stacks.
    """
    from ..foundation.clock import today
    from ..foundation.plurals import counted
    from ..requests.checks import placeholder_notices, request_problems
    from ..requests.render import stale_problems
    from .answers import RequestCheck

    with output(RequestCheck, file, as_json=as_json) as said:
        now = day(on) or datetime.date.fromisoformat(today())
        repository = repository_in(folder, project)
        found = [*request_problems(repository, now), *stale_problems(repository, now)]
        if project is not None:
            found = [each for each in found if of_project(each.file, project)]
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
