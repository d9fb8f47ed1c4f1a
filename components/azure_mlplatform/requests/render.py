"""Renders requests: the stacks of each project, with what was changed in them by hand.

Nothing is written before all of a project is known to be right; `write` then writes it.
"""

import contextlib
import datetime
import hashlib
import json
import shutil
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path as FilePath
from typing import Any, Optional

from ..config import files as config_files
from ..config.new_landing import landing_files
from ..config.new_project import IN_REPOSITORY, Layout, NewEnvironment, NewProject, files
from ..config.project_folder import loaded_settings
from ..foundation.custom_roles import CustomRolesFrom
from ..foundation.environment_names import CIUse, ci_identity_id, group_name
from ..foundation.naming import SUFFIX_LENGTH
from ..foundation.problems import Problem, ProblemsError
from ..foundation.profiles import Environment
from ..foundation.project import ProjectSettings
from ..parts.settings.trust import FederatedCredential, TrustSettings
from ..workspace.settings.computes import ClusterSettings, InstanceSettings
from ..workspace.settings.datastores import DatastoreSettings, FolderSettings
from .address_lock import LOCK_FILE, AddressLock
from .address_pool import AddressPool
from .addresses import kept_ranges, with_ranges
from .codeowners import review_files
from .platform import Platform
from .repository import FOLDER, Document, RepositoryRequests
from .request import Request, RequestedEnvironment, Tier
from .retirement import RETIRE
from .three_way import as_a_person_wrote, merged

KEPT = FilePath(FOLDER, ".rendered")
"""The folder with the texts as they were rendered last, below the repository. It is committed with them."""

_DIGESTS = "computed.json"


@dataclass(frozen=True)
class Programs:
    """The programs of a repository beside that of projects."""

    landing: bool
    """Whether landing stacks make the groups and identities of environments."""

    shared: bool
    """Whether shared stacks make the library's own roles."""

    @classmethod
    def of(cls, root: FilePath) -> "Programs":
        """The programs in a repository."""
        return cls(*((root / "stacks" / each / "__main__.py").is_file() for each in ("landing", "shared")))

    def land(self, request: Request) -> bool:
        """Whether a landing is rendered for a request. A sandbox has none: the platform team deploys its one stack,
        which makes its group and its budget."""
        return self.landing and request.tier is Tier.PROJECT


Computed = Callable[[FilePath, list[str]], Mapping[str, str]]
"""Computes files from the plans of a project: its folder and its stacks → file → text."""


@dataclass(frozen=True)
class Conflict:
    """A file in which the request and a person changed the same lines."""

    file: str
    """The file, relative to the repository."""

    both: str
    """Both sides, between marks; or their difference, if the file was not rendered from a request."""


@dataclass(frozen=True)
class Rendering:
    """What becomes of a project."""

    project: str
    files: Mapping[str, Optional[str]] = field(default_factory=dict)
    """File, relative to the repository → its text; None if it goes. Only those that change."""

    conflicts: tuple[Conflict, ...] = ()
    problems: tuple[Problem, ...] = ()
    """Why it cannot be rendered."""

    notices: tuple[str, ...] = ()


def render(
    repository: RepositoryRequests, names: Iterable[str], computed: Computed, *, today: datetime.date
) -> list[Rendering]:
    """What becomes of the projects and of the file of addresses, which comes last. Writes nothing but a draft, which it
    removes. Raises ProblemsError if the platform's answers or the addresses cannot be used."""
    if repository.platform is None or repository.lock is None:
        raise ProblemsError(repository.problems)
    platform = repository.platform.content
    lock = kept_ranges(repository, today)
    found: list[Rendering] = []
    pools: dict[str, AddressPool] = {}
    for name in names:
        document = repository.requests[name]
        try:
            lock = with_ranges(lock, document, repository, pools)
            found.append(_rendering(repository.root, document, platform, lock, computed, today))
        except ProblemsError as error:
            found.append(Rendering(name, problems=error.problems))
    place = f"{FOLDER}/{LOCK_FILE}"
    text = lock.text()
    if lock.ranges and text != _text(repository.root / place):
        found.append(Rendering("", {place: text}))
    return found


def review_rendering(repository: RepositoryRequests, found: Iterable[Rendering]) -> Rendering:
    """What becomes of the files that say who reviews what, beside the projects that were rendered."""
    rendered = {each.project for each in found if not each.problems and not each.conflicts}
    files = review_files(repository, rendered)
    return Rendering("", {each: text for each, text in files.items() if text != _text(repository.root / each)})


def write(root: FilePath, rendering: Rendering) -> None:
    """Writes the files of a rendering. Raises OSError."""
    for name, text in rendering.files.items():
        path = root / name
        if text is None:
            path.unlink(missing_ok=True)
            with contextlib.suppress(OSError):
                path.parent.rmdir()
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}-{uuid.uuid4().hex}")
        draft.write_bytes(text.encode())
        draft.replace(path)


def stale_problems(repository: RepositoryRequests, today: datetime.date) -> Iterator[Problem]:
    """Projects whose files are older than their request, and computed files that are older than what they were computed
    from, or were edited. Compares digests, and plans nothing."""
    platform, lock = repository.platform, repository.lock
    if platform is None or lock is None:
        return
    for name, document in repository.requests.items():
        folder = repository.root / KEPT / name
        if not folder.is_dir():
            continue
        again = f"Run `mlplatform request render {name}`, and let the difference be reviewed"
        try:
            wanted = _texts(repository.root, document, platform.content, lock, today)
        except ProblemsError:
            continue  # Said by the checks of the request.
        for file, text in wanted.items():
            if _text(folder / file) != text:
                yield Problem((), f"is older than {FOLDER}/{name}.yaml", again, f"projects/{name}/{file}")
        for environment in document.content.environments:
            held = lock.by_holder.get((name, environment.environment))
            stack = _text(repository.root / "projects" / name / f"Pulumi.{environment.name}.yaml")
            if held and held.held_until is None and stack is not None and held.range not in stack:
                what = f"has not the range {held.range} that {FOLDER}/{LOCK_FILE} says it holds"
                fix = f"Write network: address_space: [{held.range}]. A network that exists cannot move"
                yield Problem((), what, fix, f"projects/{name}/Pulumi.{environment.name}.yaml")
        yield from _digest_problems(repository.root, name, again)


def is_rendered(root: FilePath, project: str) -> bool:
    """Whether a project was rendered from its request."""
    return (root / KEPT / project).is_dir()


def _known_digests(root: FilePath, name: str) -> dict[str, Any]:
    """Computed file → digests of its text and of what it was made from, as it was rendered last."""
    found: dict[str, Any] = json.loads(_text(root / KEPT / name / _DIGESTS) or "{}")
    return found


def _digest_problems(root: FilePath, name: str, again: str) -> Iterator[Problem]:
    for file, digests in _known_digests(root, name).items():
        text = _text(root / "projects" / name / file)
        if text is None:
            yield Problem((), "is missing", again, f"projects/{name}/{file}")
        elif _digest(text) != digests["text"]:
            yield Problem((), "was edited by hand, and is computed from the plan", again, f"projects/{name}/{file}")
        elif _sources(root, name, digests["stacks"]) != digests["of"]:
            what = f"is older than the plan of {' and '.join(digests['stacks'])}"
            yield Problem((), what, again, f"projects/{name}/{file}")


def _rendering(
    root: FilePath,
    document: Document[Request],
    platform: Platform,
    lock: AddressLock,
    computed: Computed,
    today: datetime.date,
) -> Rendering:
    name = document.content.project
    folder, kept = root / "projects" / name, root / KEPT / name
    wanted = _texts(root, document, platform, lock, today)
    made: dict[str, str] = {}
    conflicts: list[Conflict] = []
    notices: list[str] = []
    for file, text in wanted.items():
        current, last = _text(folder / file), _text(kept / file)
        if current is None and last is not None:
            notices.append(f"projects/{name}/{file} was removed by hand, and is written again")
        result = merged(current, last, text, (f"projects/{name}/{file}", f"{FOLDER}/{name}.yaml"))
        if result.conflict:
            conflicts.append(Conflict(f"projects/{name}/{file}", result.text))
        made[file] = result.text
    gone = {file: None for file in _known(kept) if file not in wanted}
    conflicts += [
        Conflict(f"projects/{name}/{file}", f"{FOLDER}/{name}.yaml has it no more, and it was changed by hand\n")
        for file in gone
        if _changed_by_hand(_text(folder / file), _text(kept / file))
    ]
    if conflicts:
        return Rendering(name, conflicts=tuple(conflicts), notices=tuple(notices))
    stacks = [each.name for each in document.content.environments if not each.retired]
    if stacks:
        _load(document, platform, lock, root, made, today)
        made |= _planned(root, name, made, stacks, computed)
    written = {f"projects/{name}/{file}": text for file, text in made.items()} | {
        str(KEPT / name / file): text for file, text in wanted.items()
    }
    digests = {
        file: {"text": _digest(text), "of": _sources_of(root, made, of), "stacks": of}
        for file, text in made.items()
        if file not in wanted
        for of in [[each for each in stacks if file == f"rights.{each}.json"] or stacks]
    }
    if digests:
        written[str(KEPT / name / _DIGESTS)] = json.dumps(digests, indent=2, sort_keys=True) + "\n"
    removed = [*(f"projects/{name}/{file}" for file in gone), *(str(KEPT / name / file) for file in gone)]
    # What was computed of environments that are destroyed, and of a project without any.
    removed += [f"projects/{name}/{file}" for file in _known_digests(root, name) if file not in digests]
    removed += [] if digests else [str(KEPT / name / _DIGESTS)]
    changed: dict[str, Optional[str]] = {each: text for each, text in written.items() if _text(root / each) != text} | {
        each: None for each in removed if (root / each).exists()
    }
    return Rendering(name, changed, notices=tuple(notices))


def _changed_by_hand(current: Optional[str], last: Optional[str]) -> bool:
    """Whether a file that goes has what a person may still want. With `retire`, its stack ended as it stands there."""
    if current is None or RETIRE.search(current):
        return False
    return last is None or as_a_person_wrote(current) != as_a_person_wrote(last)


def _known(kept: FilePath) -> list[str]:
    """The files that were rendered last."""
    if not kept.is_dir():
        return []
    return sorted(each.relative_to(kept).as_posix() for each in kept.rglob("Pulumi*.yaml"))


def _load(
    document: Document[Request],
    platform: Platform,
    lock: AddressLock,
    root: FilePath,
    made: Mapping[str, str],
    today: datetime.date,
) -> None:
    """Reads the project's files as the loader does. Raises ProblemsError with what it refuses."""
    project = new_project(document.content, platform, lock, Programs.of(root))
    own = {file: text for file, text in made.items() if "/" not in file}
    try:
        loaded_settings(project, own, today)
    except ProblemsError as error:
        name = document.content.project
        raise ProblemsError(
            Problem(
                each.path, each.what, f"{each.fix} (in {FOLDER}/{name}.yaml, or by hand in projects/{name})", each.file
            )
            for each in error.problems
        ) from None


def _planned(
    root: FilePath, name: str, made: Mapping[str, str], stacks: list[str], computed: Computed
) -> Mapping[str, str]:
    """The files that are computed from the plans, with the project in a draft beside its place: a program is found from
    there as from the project."""
    draft = root / "projects" / f".{name}-{uuid.uuid4().hex}"
    (root / "projects").mkdir(exist_ok=True)
    try:
        draft.mkdir()
        for file, text in made.items():
            if "/" not in file:
                (draft / file).write_bytes(text.encode())
        return computed(draft, stacks)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _texts(
    root: FilePath, document: Document[Request], platform: Platform, lock: AddressLock, today: datetime.date
) -> dict[str, str]:
    """The project's files as its request wants them now. None of environments that are retired."""
    request = document.content
    if all(each.retired for each in request.environments):
        return {}
    programs = Programs.of(root)
    project = new_project(request, platform, lock, programs)
    layout = IN_REPOSITORY if (root / "schemas").is_dir() else Layout(IN_REPOSITORY.main, IN_REPOSITORY.virtualenv)
    found = files(project, layout, requirement="", today=today)
    if programs.land(request):
        trusts = {
            each.environment: (
                trust(request, each, platform, CIUse.DEPLOY),
                trust(request, each, platform, CIUse.RELEASE),
            )
            for each in request.environments
        }
        found |= {f"landing/{file}": text for file, text in landing_files(project, trusts, layout).items()}
    return found


def new_project(request: Request, platform: Platform, lock: AddressLock, programs: Programs) -> NewProject:
    """The project that a request asks for."""
    return NewProject(
        name=request.project,
        tenant_id=platform.tenant_id,
        data_product=request.product,
        owner_team=request.owner_team,
        owner_email=request.owner_email,
        cost_center=request.who_pays.cost_center,
        cost_code=request.who_pays.cost_code,
        environments=[
            _new_environment(request, each, platform, lock, programs)
            for each in request.environments
            if not each.retired
        ],
    )


def _new_environment(
    request: Request, each: RequestedEnvironment, platform: Platform, lock: AddressLock, programs: Programs
) -> NewEnvironment:
    mine = lock.by_holder.get((request.project, each.environment))
    space = mine.range if mine is not None and mine.held_until is None else None
    region = platform.region(request.region)
    reached = region.connectivity(each.environment) if region is not None and space is not None else None
    subscription = each.subscription_id or platform.subscription_id(each.environment)
    landed = programs.land(request)
    place = ProjectSettings.model_construct(name=request.project, data_product=request.product)
    given: dict[str, Any] = {
        "environment": each.environment,
        "location": request.region,
        "subscription_id": subscription,
        "address_space": space,
        "suffix": suffix(platform.tenant_id, subscription, request.project, each.environment),
        "resource_group_id": f"/subscriptions/{subscription}/resourceGroups/{group_name(place, each.environment)}"
        if landed
        else None,
        "release_identity_id": ci_identity_id(subscription, place, each.environment, CIUse.RELEASE) if landed else None,
        # A deploy identity that defines roles could change one that it may give.
        "custom_roles": CustomRolesFrom.SHARED if programs.shared or landed else None,
        "hub": reached and reached.hub,
        "egress": reached and reached.egress,
        "dns": reached and reached.dns,
        "data_scientists": each.groups.data_scientists,
        "readers": each.groups.readers,
        "clusters": [ClusterSettings.model_validate(one.model_dump(exclude_unset=True)) for one in each.clusters],
        "instances": [InstanceSettings.model_validate(one.model_dump(exclude_unset=True)) for one in each.instances],
        "datastores": _datastores(request, each, platform),
        "ai_services": each.ai_services,
        "inference": each.inference,
        "budget": each.budget.amount,
        "contacts": each.budget.contacts,
        "expires_on": each.expires_on,
        "no_zones_reason": each.no_zones_reason,
    }
    return NewEnvironment(**{key: value for key, value in given.items() if value is not None})


def suffix(tenant_id: str, subscription_id: str, project: str, environment: Environment) -> str:
    """The end of an environment's globally unique names: always the same for the same environment, so that all names
    are known before anything exists."""
    digits = "abcdefghijklmnopqrstuvwxyz0123456789"
    number = int(hashlib.sha256(f"{tenant_id} {subscription_id} {project} {environment}".encode()).hexdigest(), 16)
    return "".join(digits[number // 36**place % 36] for place in range(SUFFIX_LENGTH))


def _datastores(request: Request, environment: RequestedEnvironment, platform: Platform) -> list[DatastoreSettings]:
    """The data of other products: a datastore for each, with a folder for each that is named."""
    found: dict[str, dict[str, Any]] = {}
    for each in request.reads:
        product = platform.data_product(each.product)
        store = product.store(environment.environment) if product else None
        if product is None or store is None:
            continue
        one = found.setdefault(
            each.product,
            {
                "name": product.name.replace("-", "_"),
                "storage_account_id": store.storage_account_id,
                "container": store.container,
                "access": each.access.value,
            },
        )
        if each.folder is not None:
            name = f"{product.name}-{each.folder.replace('/', '-')}"
            one.setdefault("folders", []).append(FolderSettings(name=name, path=each.folder))
    return [DatastoreSettings(**each) for each in found.values()]


def trust(request: Request, environment: RequestedEnvironment, platform: Platform, use: CIUse) -> TrustSettings:
    """The pipelines that may act as one of the two identities of an environment.

    The platform's pipelines deploy, from the repository with all stacks; the team's own release.
    """
    if environment.service_connections is not None:
        one = getattr(environment.service_connections, use.value)
        credential = FederatedCredential(name=f"devops-{use}", issuer=one.issuer, subject=one.subject)
        return TrustSettings(federated_credentials=[credential])
    deploys = use is CIUse.DEPLOY and platform.repository is not None
    repository = platform.repository if deploys else request.repository
    assert repository is not None  # noqa: S101 - a request without pipelines is refused
    return TrustSettings(github_repository=repository.github, github_ids=repository.ids)


def _sources(root: FilePath, name: str, stacks: list[str]) -> str:
    folder = root / "projects" / name
    names = (config_files.PROJECT_FILE, *(f"Pulumi.{each}.yaml" for each in stacks))
    return _sources_of(root, {each: _text(folder / each) or "" for each in names}, stacks)


def _sources_of(root: FilePath, made: Mapping[str, str], stacks: list[str]) -> str:
    """The digest of all that plans are made from: settings, the program, the library's version."""
    names = (config_files.PROJECT_FILE, *(f"Pulumi.{each}.yaml" for each in stacks))
    program = _text(root / "stacks" / "project" / "__main__.py") or ""
    settings = (as_a_person_wrote(made[each]) for each in names)
    return _digest("\0".join([version("azure-mlplatform"), program, *settings]))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _text(path: FilePath) -> Optional[str]:
    try:
        return path.read_bytes().decode()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except UnicodeDecodeError:
        raise ProblemsError([Problem((), "is not text in UTF-8", "Save it as UTF-8", str(path))]) from None
