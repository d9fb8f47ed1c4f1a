"""The start of a Pulumi program of this library: its settings, its secrets, its provider and the deployment."""

import datetime
import json
from collections.abc import Iterable, Mapping
from enum import StrEnum
from pathlib import Path as FilePath
from types import UnionType
from typing import TYPE_CHECKING, Any, Optional, TypeVar, Union, get_args, get_origin
from urllib.parse import urlsplit

import pulumi
import pulumi_azure_native as native
from pulumi.runtime import config as runtime_config
from pulumi.runtime.mocks import MockMonitor
from pydantic import ValidationError

from .config.files import PROJECT_FILE, StackConfig, stack_config
from .config.repository import with_free_ranges
from .dynamic.sign_in import Read, method, other_cloud, signs_in_a_person
from .dynamic.sign_in import settings as azure_native_settings
from .environment.checks.spark import token_attaches_databricks
from .environment.checks.stack_name import stack_name_violations
from .environment.identity import identity_violations
from .environment.isolation import isolation_violations
from .environment.settings.environment import PROJECT_KEYS, SECRET_KEYS, EnvironmentSettings
from .environment.settings.platform import PlatformSettings
from .foundation.clock import today
from .foundation.model import NAMESPACE
from .foundation.placeholders import placeholders
from .foundation.plurals import listed
from .foundation.printable import printable
from .foundation.problems import Problem, ProblemsError, dotted, located, problems_of
from .foundation.secret_values import SECRET, Encrypted
from .foundation.violations import Path, Violation
from .parts.arguments import RefusedError
from .parts.outputs import gated_by
from .spark.databricks.settings import TOKEN_KEY

if TYPE_CHECKING:
    from .project_environment import ProjectEnvironment

S = TypeVar("S", bound=EnvironmentSettings)


def stack_settings() -> EnvironmentSettings:
    """The settings of the running stack, from the `azure-mlplatform:` keys of its configuration.

    Raises RefusedError with every problem, each with its file and line if the files can be read.
    """
    return _settings(EnvironmentSettings)


def platform_settings() -> EnvironmentSettings:
    """The settings of a platform team's stack. If it has `stress_tests`, its pools are those of the projects' prod.

    Raises RefusedError as `stack_settings` does, and if the settings of these projects cannot be read or differ.
    """
    settings = _settings(PlatformSettings)
    if not settings.stress_tests:
        return settings
    from .config.stress_test import with_prods_pools

    root = pulumi.runtime.settings.get_root_directory()
    try:
        resolved = with_prods_pools(settings, FilePath(root or "."))
        if found := _refused_today(resolved):
            raise ProblemsError(found)
    except ProblemsError as error:
        raise RefusedError(_placed(list(error.problems), _files())) from None
    return resolved


def stack_secret(key: str) -> "Optional[pulumi.Output[str]]":
    """A secret of the stack that is not in its settings, such as `databricks_token`. None if it is not set."""
    return pulumi.Config(NAMESPACE).get_secret(key)


def deploy(settings: EnvironmentSettings) -> "ProjectEnvironment":
    """Makes the environment of a stack with its provider and its secrets, as of today. Exports the outputs that people
    and pipelines need."""
    from .project_environment import ProjectEnvironment, ProjectEnvironmentArgs

    made = ProjectEnvironment(
        settings.project.name,
        ProjectEnvironmentArgs(settings=settings, today=today(), databricks_token=stack_secret("databricks_token")),
        pulumi.ResourceOptions(providers=[azure_provider(settings)]),
    )
    for name, value in made.outputs.items():
        pulumi.export(name, value)
    return made


def _refused_today(settings: EnvironmentSettings) -> list[Problem]:
    violations = (*settings.violations_on(datetime.date.fromisoformat(today())), *isolation_violations(settings))
    return _as_problems(violations)


def _as_problems(violations: Iterable[Violation]) -> list[Problem]:
    return [Problem(each.path, each.what, each.fix) for each in violations]


def _settings(model: type[S]) -> S:
    given = {**runtime_config.get_config_env(), **runtime_config.CONFIG.get()}
    prefix = f"{NAMESPACE}:"
    secrets = {key for key in given if runtime_config.is_config_secret(key)}
    data: dict[str, Any] = {}
    files = _files()
    for key, raw in given.items():
        field = key.removeprefix(prefix)
        if files and key in files.values and files.values[key] is None:
            continue
        if not key.startswith(prefix) or field in SECRET_KEYS or (key in secrets and field not in model.model_fields):
            continue
        data[field] = _parsed(model, field, raw)
    keys = (*model.model_fields, *SECRET_KEYS)
    problems = list(files.problems(PROJECT_KEYS, keys)) if files else []
    misplaced = {each.path[0] for each in problems if each.path}
    hidden = _in_settings(files.encrypted) if files else []
    hidden += [(key,) for key in data if prefix + key in secrets and not any(path[0] == key for path in hidden)]
    settings: Optional[S] = None
    try:
        settings = model.model_validate(data)
        found = _refused_today(settings)
        if prefix + TOKEN_KEY in given:
            found += _as_problems(token_attaches_databricks(settings.databricks, settings.workspace))
    except ValidationError as error:
        found = problems_of(error, model, hidden, data)
    found += _as_problems(stack_name_violations(pulumi.get_stack(), data))
    found += [
        Problem(
            (key,),
            "is a secret, but is in plain text",
            f"Renew it and encrypt the new one: `pulumi config set --secret {prefix}{key}`",
        )
        for key in SECRET_KEYS
        if prefix + key in given and prefix + key not in secrets
    ]
    problems += _other_cloud(given)
    # For a key in the wrong file, only that problem is reported.
    placed = [each for each in _placed(found, files) if not each.path or each.path[0] not in misplaced]
    if files:
        misread = {each.path: each for each in files.misread_problems()}
        placed = [*misread.values(), *(each for each in placed if each.path not in misread)]
        placed += [each for each in files.empty_problems() if each.path not in {one.path for one in placed}]
    problems += placed
    unfilled = list(placeholders(data))
    if unfilled and not problems and _is_real(given):
        problems += _placed([Problem(path, f"'{text}' is a placeholder", _FILL_IN) for path, text in unfilled], files)
    if settings is not None and (refused := _person_deploys(settings, given)):
        problems += _placed([refused], files)
    if settings is None or problems:
        raise RefusedError(with_free_ranges(problems, files.project.path.parent) if files else problems)
    if unfilled and pulumi.runtime.is_dry_run():
        places = listed((printable(dotted(path)) for path, _ in unfilled), most=_SHOWN)
        pulumi.log.warn(f"{PLACEHOLDERS} {places}")
    for path in _in_settings(files.encrypted) if files else ():
        if path[0] not in data:
            continue
        place = printable(dotted(path))
        pulumi.log.warn(
            f"{NAMESPACE}:{place} is encrypted, but Pulumi keeps settings in the state in plain text; "
            "put secrets in keys of their own"
        )
    return settings


PLACEHOLDERS = "placeholders: `pulumi up` refuses them, so fill in"
"""The first words of the notice about placeholders."""

_FILL_IN = "Fill in the value of your own organisation"
_SHOWN = 5
"""The most places that the notice names."""


def _is_real(given: Mapping[str, str]) -> bool:
    """Whether the program makes resources in an Azure that is not on this machine."""
    return _updates() and not _is_emulated(given)


def _updates() -> bool:
    """Whether the program makes resources in some Azure."""
    return not pulumi.runtime.is_dry_run() and not isinstance(pulumi.runtime.settings.get_monitor(), MockMonitor)


def _is_emulated(given: Mapping[str, str]) -> bool:
    host = _reader(given)("metadataHost") or ""
    return urlsplit(f"//{host}").hostname in ("127.0.0.1", "localhost", "::1")


def _reader(given: Mapping[str, str]) -> Read:
    """Reads azure-native's settings as azure-native does."""
    return azure_native_settings(lambda key: given.get(f"azure-native:{key}"))


def _person_deploys(settings: EnvironmentSettings, given: Mapping[str, str]) -> Optional[Problem]:
    """A problem if a person may be about to deploy where only pipelines do. A seat belt: what holds is that no person
    has the right. On an emulated Azure it is only said.

    Only variables count: the program's provider is explicit, and to such a one Pulumi hands no `azure-native:` keys of
    the stack.
    """
    if settings.profile.people_may_deploy or settings.break_glass is not None or not _updates():
        return None
    read = azure_native_settings(lambda _: None)
    if not signs_in_a_person(read):
        return None
    what = f"azure-native would sign in with {method(read)}, and in {settings.environment} only pipelines deploy"
    if _is_emulated(given):
        pulumi.log.warn(f"{what}: this Azure is emulated, so it goes on")
        return None
    return Problem(
        ("break_glass",),
        what,
        "Deploy by the pipeline, which sets ARM_USE_OIDC=true (or ARM_USE_MSI=true, or ARM_CLIENT_CERTIFICATE_PATH); "
        'or add break_glass: {until: "<day>", reason: <why a person has to>}',
    )


def _other_cloud(given: Mapping[str, str]) -> list[Problem]:
    name = other_cloud(_reader(given))
    if not name:
        return []
    what = f"'{name}' is not Azure's public cloud: this library does not know its host names, zones and regions"
    fix = "Allowed: public. Remove the setting, and ARM_ENVIRONMENT and AZURE_ENVIRONMENT from the environment"
    return [Problem(("azure-native:environment",), what, fix)]


def azure_provider(settings: EnvironmentSettings) -> "native.Provider":
    """The only provider of a program, bound to the subscription and tenant of the settings.

    The default provider would deploy to the subscription that the user is signed in to. Nothing can be made with it if
    the settings that give the environment its identity differ from those of the first deployment.
    """
    return native.Provider(
        "azure",
        subscription_id=gated_by(identity_violations(settings), settings.subscription_id),
        tenant_id=settings.tenant_id,
    )


def _parsed(model: type[EnvironmentSettings], field: str, raw: str) -> Any:
    """The value of a configuration text. Pulumi passes objects and lists as JSON."""
    known = model.model_fields.get(field)
    if known is not None and _is_text(known.annotation):
        return Encrypted() if raw == SECRET else raw
    try:
        return _with_encrypted(json.loads(raw))
    except ValueError:
        return Encrypted() if raw == SECRET else raw


def _is_text(annotation: Any) -> bool:
    union = get_origin(annotation) in (Union, UnionType)
    types = [each for each in get_args(annotation) if each is not type(None)] if union else [annotation]
    return all(isinstance(each, type) and issubclass(each, str | StrEnum) for each in types)


def _with_encrypted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _with_encrypted(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_encrypted(item) for item in value]
    return Encrypted() if value == SECRET else value


def _files() -> Optional[StackConfig]:
    """The files of the stack, or None if they cannot be read. They are used only for checks and messages."""
    root = pulumi.runtime.settings.get_root_directory()
    try:
        return stack_config(FilePath(root), pulumi.get_stack()) if root else None
    except ProblemsError:
        return None


def _in_settings(paths: tuple[Path, ...]) -> list[Path]:
    prefix = f"{NAMESPACE}:"
    return [(str(path[0]).removeprefix(prefix), *path[1:]) for path in paths if str(path[0]).startswith(prefix)]


def _placed(problems: list[Problem], files: Optional[StackConfig]) -> list[Problem]:
    """The problems with full keys, and with their places in the files."""
    full = [
        Problem((f"{NAMESPACE}:{each.path[0]}", *each.path[1:]) if each.path else (), each.what, each.fix)
        for each in problems
    ]
    own = f"Pulumi.{pulumi.get_stack()}.yaml"
    return [
        placed
        for problem in full
        for placed in located(
            [problem],
            files.files if files else {},
            PROJECT_FILE if problem.path and str(problem.path[0]).split(":")[1] in PROJECT_KEYS else own,
        )
    ]
