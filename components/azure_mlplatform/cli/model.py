"""What the commands `mlplatform model …` have in common: names, the sign-in, and how Azure's refusals are said."""

import contextlib
import os
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from ..foundation.problems import Problem
from .exit_codes import BAD_INPUT, FINDING, UNREACHABLE
from .input import option
from .output import Output

if TYPE_CHECKING:
    from ..dynamic.arm import ArmError
    from ..foundation.environments_file import EnvironmentNames
    from ..promotion.blobs import StorageError
    from ..promotion.model_versions import Azure, Registry, Workspace

model = typer.Typer(
    help="Take models from dev to prod through the shared registry.", no_args_is_help=True, rich_markup_mode=None
)

REGISTRY_VARIABLE = "MLPLATFORM_MODEL_REGISTRY"

ModelName = Annotated[str, typer.Argument(metavar="MODEL", help="The model's name.")]
ModelVersionName = Annotated[str, typer.Argument(metavar="VERSION", help="The model's version.")]

RegistryId = Annotated[
    Optional[str],
    typer.Option(
        "--registry",
        metavar="ID",
        help=f"The shared registry, by id: `model_registry_id` of the shared stack. Default: {REGISTRY_VARIABLE}.",
    ),
]

_MODEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,254}")
"""A name that a registry takes (azure-rest-api-specs, ModelVersion.tsp, modelName, read 2026-11-28)."""

_VERSION = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9_.-]{1,64}")
"""What can stand in an address. Azure ML's own bound is not documented; that it takes more than 64 is not assumed."""


class Places:
    """The environment and the registry that options name. Finds all problems before anything is asked of Azure."""

    def __init__(self, model: str, version: str) -> None:
        self.problems: list[Problem] = []
        self._environment: Optional[EnvironmentNames] = None
        self._name = ""
        self._registry = ""
        if not _MODEL.fullmatch(model):
            what = "is not a name that a registry takes"
            self.problems.append(option(f"MODEL {model}", what, "Letters, digits, - and _, at most 255"))
        if not _VERSION.fullmatch(version):
            what = "is not a version"
            self.problems.append(option(f"VERSION {version}", what, "Letters, digits, -, _ and ., at most 64"))

    def environment(self, spelling: str, name: str, file: Optional[Path]) -> None:
        """Takes the environment of an option."""
        from ..foundation.environments_file import environment_names
        from ..foundation.problems import ProblemsError
        from ..foundation.profiles import PROFILES, Environment

        self._name = name
        if name in {each.value for each in Environment} and not PROFILES[Environment(name)].is_promoted:
            fix = "What a sandbox made is trained again in dev"
            self.problems.append(option(spelling, f"models of a {name} are never promoted", fix))
            return
        try:
            found = environment_names(name, file)
        except ProblemsError as error:
            self.problems += error.problems
            return
        if found.workspace_id is None:
            fix = "Write the file anew: `mlplatform request render PROJECT`"
            self.problems.append(option(spelling, f"'{name}' has no workspace in environments.json", fix))
        tenant = os.environ.get("ARM_TENANT_ID") or os.environ.get("AZURE_TENANT_ID")
        if tenant and found.tenant_id and tenant.lower() != found.tenant_id:
            what = f"'{name}' is in the tenant {found.tenant_id}, and ARM_TENANT_ID is {tenant}"
            self.problems.append(option(spelling, what, f"Sign in as an identity of {name}'s tenant"))
        self._environment = found

    def registry(self, given: Optional[str]) -> None:
        """Takes the registry of the option, or of the variable."""
        from ..foundation.values import ARM_GROUP, ARM_NAME

        shape = (
            "/subscriptions/<id>/resourceGroups/<group>/providers/Microsoft.MachineLearningServices/registries/<name>"
        )
        self._registry = (given or os.environ.get(REGISTRY_VARIABLE) or "").strip()
        if not self._registry:
            fix = f"Give its id, or set {REGISTRY_VARIABLE}: `pulumi stack output model_registry_id` in projects/shared"
            self.problems.append(option("--registry", "is missing", fix))
        elif not re.fullmatch(
            rf"{ARM_GROUP}/providers/(?i:Microsoft\.MachineLearningServices/registries)/{ARM_NAME}", self._registry
        ):
            self.problems.append(option(f"--registry {self._registry}", "is not the id of a registry", shape))

    def sign_in(self) -> "Azure":
        """The sign-in, to the environment's tenant."""
        import logging

        from ..dynamic.sign_in import settings
        from ..promotion.model_versions import Azure

        # A failed sign-in is said once, by its error.
        logging.getLogger("azure.identity").addHandler(logging.NullHandler())
        return Azure(settings(lambda _: None), (self._environment.tenant_id if self._environment else None) or "")

    def workspace_of(self, azure: "Azure") -> "Workspace":
        """The environment's workspace."""
        from ..promotion.model_versions import Workspace

        assert self._environment is not None and self._environment.workspace_id is not None  # noqa: S101, PT018
        return Workspace(azure, self._environment.workspace_id)

    def registry_of(self, azure: "Azure") -> "Registry":
        """The registry."""
        from ..promotion.model_versions import Registry

        return Registry(azure, self._registry)


@contextlib.contextmanager
def refusals(said: Output) -> Iterator[None]:
    """Says what ended a command, with the exit code for it: as a line, or in its JSON object."""
    from ..foundation.secret_values import redacted
    from ..promotion.errors import PromotionError, Why
    from ..promotion.model_versions import FAILURES

    codes = {Why.REFUSED: FINDING, Why.NO_SUCH_MODEL: BAD_INPUT, Why.AZURE: UNREACHABLE}
    try:
        yield
        return
    except PromotionError as error:
        problem, code = Problem((), error.what, error.fix), codes[error.why]
    except FAILURES as error:
        fix = getattr(error, "fix", "")
        problem = Problem((), redacted(str(error)), fix or _advice(error))
        code = FINDING if fix else UNREACHABLE
    except Exception as error:
        if not type(error).__module__.startswith("azure."):
            raise
        # Only its first line: the others are for the debugging of Azure's SDK.
        problem = Problem((), f"signing in failed: {redacted(str(error).splitlines()[0])}", _SIGN_IN)
        code = UNREACHABLE
    refused = said.problems([problem])
    if said.as_json:
        said.answer(problems=refused)
    raise typer.Exit(code)


def narrator(terminal: Callable[[str], None]) -> Callable[[str], None]:
    """Says what is under way: on a terminal in place, elsewhere a line on standard error for each new kind of step."""
    if sys.stderr.isatty():
        return terminal
    last = ""

    def says(text: str) -> None:
        nonlocal last
        step, _, _ = text.partition(":")
        if step != last:
            print(step, file=sys.stderr, flush=True)
        last = step

    return says


_SIGN_IN = (
    "Sign in as the release identity of the environment: ARM_USE_OIDC, ARM_CLIENT_ID and ARM_TENANT_ID in a pipeline, "
    "else `az login`"
)
_RELEASE = (
    "the role 'Azure ML release' on the workspace, which the environment's own stack gives to its release identity "
    "(docs/access.md)"
)
_PUBLISH = (
    "Missing: the right to publish in the registry. Only release identities of nonprod have it: `writers` of "
    "model_registry in projects/shared"
)
_READ = (
    "Missing: the right to read the registry. Name the release identity in model_registry of projects/shared: "
    "`readers` for prod, `writers` for nonprod"
)
_ROLES = (
    (r"/registries/assets/write", _PUBLISH),
    (r"/registries/", _READ),
    (r"/workspaces/", f"Missing: {_RELEASE}. An environment's identity has it on its own workspace alone"),
)
"""Action in a refusal → what to do. The first that fits counts."""


def _advice(error: "ArmError | StorageError | Exception") -> str:
    """What to do about a refusal of Azure."""
    from ..promotion.blobs import StorageError

    status, text = getattr(error, "status", 0), str(error)
    if "AADSTS" in text:
        return _SIGN_IN
    if isinstance(error, StorageError):
        if status in (401, 403):
            return (
                f"Missing: the role 'Storage Blob Data Contributor' on {error.account}, which the environment's stack "
                "gives to its release identity; or a way through its network: run this where its private endpoint is"
            )
        return "Run it again: it goes on where it can. The storage is reached through its private endpoint only"
    if status == 401:
        return f"The token is not of the tenant of these resources. {_SIGN_IN}"
    if status == 403:
        asked = next((advice for pattern, advice in _ROLES if re.search(pattern, text, re.IGNORECASE)), None)
        return asked or f"Missing: {_RELEASE}"
    return _SIGN_IN if type(error).__name__ == "SignInError" else "Run it again: what is done already is found"
