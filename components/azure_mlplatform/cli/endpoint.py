"""`mlplatform endpoint`: the commands that measure an endpoint and release to it. Each stands in a file of its own."""

import contextlib
import logging
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn, Optional

import typer

from ..foundation.printable import printable
from .exit_codes import UNREACHABLE
from .input import option, refuse

if TYPE_CHECKING:
    from ..foundation.problems import Problem
    from ..measure.endpoints.endpoint import Endpoint

endpoint = typer.Typer(
    help="Measure an endpoint, and release a new version behind it.\n\nENDPOINT is a resource id, ENV/NAME as "
    "environments.json has it, or an https URL: docs/measure.md.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Plots = Annotated[
    Optional[list[Path]],
    typer.Option("--plot", metavar="FILE", help="Draw into this PNG or SVG file. May be repeated."),
]

EndpointArgument = Annotated[
    str, typer.Argument(metavar="ENDPOINT", help="A resource id, ENV/NAME of environments.json, or an https URL.")
]

DeploymentOption = Annotated[
    Optional[str],
    typer.Option(
        "--deployment", metavar="NAME", help="Only this deployment, revision or slot. Default: as callers use it."
    ),
]

Scope = Annotated[
    Optional[str],
    typer.Option(
        "--token-scope", metavar="SCOPE", help="The scope of the token for a URL, such as api://churn/.default."
    ),
]

NoToken = Annotated[bool, typer.Option("--no-token", help="Send no token to a URL.")]

ModelPath = Annotated[
    str,
    typer.Option("--path", metavar="PATH", help="Where the model of a Container App or web app answers."),
]

DEFAULT_MODEL_PATH = "/score"


def endpoint_of(
    typed: str,
    *,
    environments: Optional[Path] = None,
    scope: Optional[str] = None,
    no_token: bool = False,
    path: str = DEFAULT_MODEL_PATH,
) -> "Endpoint":
    """The endpoint that was typed, read from Azure. Ends the command with what is wrong if it is none."""
    from ..foundation.environments_file import environment_names
    from ..measure.endpoints.address import AddressError, address_of, endpoint_at

    if scope and no_token:
        refuse(option("--token-scope, --no-token", "exclude each other", "Give one of them"))
    if not path.startswith("/"):
        refuse(option("--path", f"'{path}' is no path", "Begin it with /, such as /score"))
    try:
        address = address_of(typed, lambda name: environment_names(name, environments))
    except AddressError as error:
        refuse(option("ENDPOINT", error.what, error.fix))
    if address.kind != "url" and (scope or no_token):
        name = "--token-scope" if scope else "--no-token"
        refuse(option(name, "is for a URL only", "Leave it out: Azure says which token the endpoint takes"))
    if address.kind == "url" and not (scope or no_token):
        fix = "Give --token-scope <audience>/.default, or --no-token if it takes requests from anyone"
        refuse(option("ENDPOINT", "a URL says nothing of its token", fix))
    return endpoint_at(address, path=path, scope=scope, without_token=no_token)


@contextlib.contextmanager
def reaching_azure() -> Iterator[None]:
    """Ends the command with a line and its code if the endpoint or Azure cannot be reached, or refuses."""
    from ..dynamic.sign_in import SignInError
    from ..measure.endpoints.endpoint import EndpointError, NoSuchError

    # azure-identity logs each credential that fails, which Python prints if nobody handles it. Its error says the same.
    logging.getLogger("azure").addHandler(logging.NullHandler())
    try:
        yield
    except NoSuchError as error:
        refuse(option("ENDPOINT", str(error), "Look at the names: `az ml online-endpoint list`, or the portal"))
    except (EndpointError, SignInError) as error:
        unreachable(str(error))


def unreachable(text: str) -> NoReturn:
    """Ends the command: Azure, the endpoint or the network did not answer or refused."""
    print(f"error: {printable(text)}", file=sys.stderr)
    raise typer.Exit(UNREACHABLE)


@contextlib.contextmanager
def needs_extra(what: str, package: str) -> Iterator[None]:
    """Ends the command with how to install a package if the block does not find it."""
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != package:
            raise
        fix = "pip install 'azure-mlplatform[measure]'"
        refuse(option(what, f"needs {package}, of azure-mlplatform[measure]", fix))


def plot_problems(plots: Optional[list[Path]]) -> "Iterator[Problem]":
    """A problem for each picture that cannot be drawn into."""
    from ..measure.picture import FORMATS

    for each in plots or ():
        if each.suffix.lower() not in FORMATS:
            yield option("--plot", f"'{each}' is no picture", f"End its name in {' or '.join(FORMATS)}")
        elif not each.parent.is_dir():
            yield option("--plot", f"'{each.parent}' is not a folder", "Make it first")


def tell(line: str) -> None:
    """Says what is under way, beside the answer."""
    print(printable(line), file=sys.stderr, flush=True)
