"""`mlplatform request`: the commands by which a team gets its environments. Each stands in a file of its own."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from .input import needs_folder, option, refuse, refuse_any

if TYPE_CHECKING:
    from ..requests.repository import RepositoryRequests

request = typer.Typer(
    help="Ask for environments, and see how far they are.\n\nA request is the file requests/<project>.yaml of the "
    "platform team's repository.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Project = Annotated[Optional[str], typer.Argument(metavar="PROJECT", help="The project. Default: all with a request.")]

RequestsFolder = Annotated[
    Path, typer.Option("-C", metavar="DIR", help="The platform team's repository, with requests/ in it. Default: here.")
]

REPOSITORY = "Name the folder of the platform team's repository"


def repository_in(folder: Path, project: Optional[str]) -> "RepositoryRequests":
    """The requests of a repository. Raises ProblemsError if it has none, or none of the project."""
    from ..foundation.values import nearest
    from ..requests.repository import read_requests

    refuse_any(needs_folder(folder, REPOSITORY))
    found = read_requests(folder.resolve())
    known = (*found.requests, *sorted(found.unread))
    if project is not None and project not in known:
        what = f"'{project}' has no request{nearest(project, known)}"
        refuse(
            option("PROJECT", what, f"Allowed: {', '.join(known) or 'none yet'}. `mlplatform request new` asks for one")
        )
    return found


def of_project(files: str, project: str) -> bool:
    """Whether a place in a file is one of a project: of its request, or in its folder."""
    return files.startswith((f"requests/{project}.yaml", f"projects/{project}/"))
