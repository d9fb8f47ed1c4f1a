"""Explains a setting of a program: its meaning, values, default in each kind of stack, and what a change does."""

import copy
import difflib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Optional

from pydantic import ValidationError

from ..catalogue.changes import CHANGES, Change, Outcome
from ..environment.settings.environment import EnvironmentSettings
from ..environment.settings.platform import PlatformSettings
from ..foundation.field_docs import member_docs
from ..foundation.model import NAMESPACE, Settings
from ..foundation.problems import Problem, ProblemsError, problems_of
from ..foundation.profiles import PROFILES, Environment
from ..foundation.violations import Path
from ..inference.aks.settings.aks import AKSSettings
from ..inference.aks.settings.node_pools import ServicePoolSettings
from ..inference.app_service.settings import AppServiceSettings
from ..inference.container_app.settings import ContainerAppSettings, ContainerAppsSettings
from ..landing.settings import LandingSettings
from ..parts.settings.zones import AvailabilityZones
from ..shared.settings import SharedSettings
from .examples import example
from .files import PROJECT_FILE
from .programs import PROGRAMS, REGION, Program
from .settings_tree import Setting, settings_tree
from .yaml_text import block, scalar

STACK_FILE = "Pulumi.<stack>.yaml"
_MODELS: dict[str, type[Settings]] = {
    "project": PlatformSettings,
    "stack": EnvironmentSettings,
    "platform-stack": PlatformSettings,
    "landing": LandingSettings,
    "shared": SharedSettings,
}
KINDS = tuple(_MODELS)
"""The files whose settings are explained, as `mlplatform schema` names them."""


@dataclass(frozen=True)
class Explanation:
    """The explanation of a setting."""

    name: str
    file: str
    """The file that it stands in."""

    kind: str
    """The kind of that file, as `mlplatform schema` names it."""

    meaning: str
    type: str
    choices: dict[str, str]
    """Allowed value → its meaning."""

    limits: tuple[str, ...]
    """The least, the most, lengths and patterns."""

    required: bool
    """Whether what is above it cannot do without."""

    default: Optional[str]
    """The value if it is left out, in YAML. None: none, or one that depends on the environment or on other settings."""

    environments: dict[str, str]
    """Kind of environment → what it is there: required, optional, refused and why; and its default, if that differs."""

    changes: tuple[str, ...]
    """The outcomes of a change on an environment that exists."""

    example: str
    """The part of the file with it, in YAML."""

    below: dict[str, str]
    """The settings directly below it → what each means, in a sentence."""

    def as_json(self) -> dict[str, Any]:
        """The explanation as `mlplatform explain --json` prints it."""
        return asdict(self)


def known(kind: Optional[str] = None) -> list[Setting]:
    """The settings of one kind of file or of all, those of environments first. What stands in Pulumi.yaml is the same
    for each program, so it is there once."""
    if kind is not None:
        wanted = settings_tree(_MODELS[kind]).values()
        # What a program has in common with another is a setting of that one's tree, so that it is explained alike.
        of = settings_tree(PlatformSettings) if issubclass(_MODELS[kind], EnvironmentSettings) else {}
        return [of.get(each.name, each) for each in wanted if each.in_project_file == (kind == "project")]
    return [
        each
        for program in PROGRAMS
        for each in settings_tree(program.model).values()
        if program is PROGRAMS[0] or not each.in_project_file
    ]


def file_of(setting: Setting) -> str:
    """The file that a setting stands in, in words."""
    if setting.in_project_file:
        return PROJECT_FILE
    kind = kind_of(setting)
    return STACK_FILE if kind == "stack" else f"{STACK_FILE} of stacks/{kind.removesuffix('-stack')}"


def kind_of(setting: Setting) -> str:
    """The first of `KINDS` that has a setting."""
    if setting.in_project_file:
        return "project"
    if setting.root is PlatformSettings and setting.top in EnvironmentSettings.model_fields:
        return "stack"
    return next(kind for kind, model in _MODELS.items() if model is setting.root and kind != "project")


def find(name: str, kind: Optional[str] = None) -> list[Setting]:
    """The settings with a name as somebody writes it: with or without the namespace, `value`, and places in lists. One
    for each program that has such a setting.

    Raises ProblemsError with the names that are like it.
    """
    plain = re.sub(r"\[[^]]*\]|\{[^}]*\}", "", name.strip()).removeprefix(f"{NAMESPACE}:")
    plain = re.sub(r"^project\.value(?=\.|$)", "project", plain)
    above = plain.rpartition(".")[0]
    every = known(kind)
    found = [each for each in every if each.name == plain]
    found = found or [each for each in every if each.name == above and each.shape.container == "dict"]
    if not found:
        raise ProblemsError([Problem((), f"'{name}' is not a setting", _advice(plain, [each.name for each in every]))])
    return found


def _advice(name: str, names: list[str]) -> str:
    """The settings with the same last word; else those whose name, or whose last word, is like it."""
    last, every = _last(name).lower(), list(dict.fromkeys(names))
    near = [each for each in every if _last(each) == last]
    near = near or difflib.get_close_matches(name.lower(), [one for one in every if _depth(one) == _depth(name)], n=3)
    if not near:
        alike = difflib.get_close_matches(last, {_last(each) for each in every}, n=1, cutoff=0.7)
        near = [each for each in every if _last(each) in alike]
    if not near:
        return "`mlplatform explain` lists all, level by level"
    most = near if len(near) <= _MOST_NEAR else [*near[:_MOST_NEAR], f"{len(near) - _MOST_NEAR} more"]
    return f"Did you mean {' or '.join(filter(None, [', '.join(most[:-1]), most[-1]]))}?"


_MOST_NEAR = 5
"""The most names that a message suggests."""


def _last(name: str) -> str:
    return name.rpartition(".")[2]


def _depth(name: str) -> int:
    return name.count(".")


def explain(setting: Setting) -> Explanation:
    """The explanation of a setting."""
    given = example(setting)
    default = _default(setting)
    return Explanation(
        name=setting.name,
        file=file_of(setting),
        kind=kind_of(setting),
        meaning=setting.meaning,
        type=_type(setting),
        choices=_choices(setting),
        limits=tuple(_limits(setting)),
        required=setting.info.is_required(),
        default=default,
        environments=_environments(setting, given),
        changes=tuple(_changes(setting)),
        example=in_file(setting, given),
        below={each.name: sentence(each.meaning) for each in _directly_below(setting)},
    )


def sentence(text: str) -> str:
    """The first sentence."""
    return re.split(r"(?<=[.?])\s+(?=[A-Z`])", text, maxsplit=1)[0]


def _directly_below(setting: Setting) -> list[Setting]:
    tree = settings_tree(setting.root).items()
    inner = ((name, each) for name, each in tree if name.startswith(f"{setting.name}."))
    return [each for name, each in inner if _depth(name) == _depth(setting.name) + 1]


_WORDS = {str: "text", int: "whole number", float: "number", bool: "true or false"}


def _type(setting: Setting) -> str:
    shape = setting.shape
    one = "keys and values" if shape.model else "one of the choices below" if shape.choices else _WORDS[shape.item]
    if shape.container == "list":
        return f"list of items, each {one}"
    return f"mapping: name to {one}" if shape.container == "dict" else one


def _choices(setting: Setting) -> dict[str, str]:
    choices = setting.shape.choices
    if choices is None:
        return {}
    meanings = member_docs(choices)
    return {each.value: meanings.get(each.value, "") for each in choices}


def _limits(setting: Setting) -> Iterator[str]:
    """The bounds in the JSON Schema, in words."""
    declared = setting.owner.model_json_schema()["properties"][setting.field]
    for each in (each for each in declared.get("anyOf", [declared]) if each.get("type") != "null"):
        for least, most, unit in _BOUNDS:
            if found := _span(each.get(least), each.get(most)):
                yield f"{found} {unit}".strip()
        if "exclusiveMinimum" in each:
            yield f"more than {each['exclusiveMinimum']:g}"
        if "pattern" in each:
            yield f"matches {each['pattern']}"


_BOUNDS = (("minimum", "maximum", ""), ("minLength", "maxLength", "characters"), ("minItems", "maxItems", "items"))


def _span(least: Optional[float], most: Optional[float]) -> str:
    if least is None:
        return "" if most is None else f"at most {most:g}"
    return f"at least {least:g}" if most is None else f"{least:g} to {most:g}"


def _default(setting: Setting) -> Optional[str]:
    if setting.info.is_required():
        return None
    value = setting.info.get_default(call_default_factory=True)
    if value is None or value in ([], {}) or setting.shape.model is not None:
        return None
    plain = value.value if isinstance(value, StrEnum) else value
    return scalar(plain) if isinstance(plain, str) else block(plain).removesuffix("...\n").strip()


def in_file(setting: Setting, given: Mapping[str, Any]) -> str:
    """Settings as they stand in their file."""
    keys = {f"{NAMESPACE}:{key}": value for key, value in given.items()}
    return block({"config": {key: {"value": each} for key, each in keys.items()} if setting.in_project_file else keys})


def program_of(setting: Setting) -> Program:
    """The program that a setting is of."""
    return next(each for each in PROGRAMS if each.model is setting.root)


def _environments(setting: Setting, given: Mapping[str, Any]) -> dict[str, str]:
    """Says what the setting is in each kind of stack, as the loader judges the example and a file without it."""
    found: dict[str, str] = {}
    program = program_of(setting)
    for kind in program.kinds:
        own = program.tried(kind)
        tried = {**own, **given, "environment": kind.value}
        if "project" in given:
            tried["project"] = {**own["project"], **given["project"]}
        if problems := _refusals(tried, program):
            of_it = [each for each in problems if _is_above(each.path, setting)]
            found[kind.value] = f"refused: {(of_it or problems)[0].what}"
        elif setting.info.is_required():
            found[kind.value] = f"required{_in_what(setting)}"
        elif _is_missed(setting, kind):
            longest = PROFILES[Environment(kind)].longest_life_days if setting.name == "expires_on" else None
            found[kind.value] = f"required, at most {longest} days ahead" if longest else "required"
        else:
            default = _DEFAULTS[setting.root](kind).get(setting.name)
            found[kind.value] = f"optional, default {default}" if default else "optional"
    return found


def _in_what(setting: Setting) -> str:
    """The part that cannot do without the setting, if that can be left out itself."""
    tree, above = settings_tree(setting.root), setting.name.split(".")[:-1]
    parts = [tree[".".join(above[:depth])] for depth in range(1, len(above) + 1)]
    return "" if all(each.info.is_required() for each in parts) else f" in {parts[-1].name}"


def _plain(path: Path) -> str:
    """The name of the setting at a path."""
    return ".".join(each for each in path if isinstance(each, str))


def _is_above(path: Path, setting: Setting) -> bool:
    return f"{setting.name}.".startswith(f"{_plain(path)}.")


def _is_missed(setting: Setting, kind: str) -> bool:
    """Whether the loader misses the setting in the file of a new project without it."""
    *above, last = setting.name.split(".")
    program = program_of(setting)
    settings = copy.deepcopy(program.least(kind))
    at: Any = settings
    for each in above:
        at = at.get(each) if isinstance(at, dict) else None
        at = at[0] if isinstance(at, list) else at
    if (above and setting.info.is_required()) or not isinstance(at, dict) or last not in at:
        return False
    del at[last]
    return any(_plain(each.path) == setting.name for each in _refusals(settings, program))


def _refusals(settings: Mapping[str, Any], program: Program) -> list[Problem]:
    try:
        program.model.model_validate(settings)
    except ValidationError as error:
        return problems_of(error, program.model, data=settings)
    return []


def _of_environment(kind: str) -> dict[str, str]:
    """Setting → its default in a kind of environment, where the profile decides it. By the code that uses it."""
    environment = Environment(kind)
    profile, zones = PROFILES[environment], AvailabilityZones(environment, REGION, None)
    available, spread = profile.highly_available, profile.zone_redundant
    cluster = AKSSettings.model_construct(system=ServicePoolSettings(), cpu=ServicePoolSettings())
    services = cluster.service_pools(highly_available=available)
    apps = AppServiceSettings.model_construct(instances=None)
    app = ContainerAppSettings.model_construct(min_replicas=None)
    dedicated = ContainerAppsSettings.model_construct(min_nodes=None, max_nodes=None)
    found: dict[str, Any] = {
        "diagnostics.retention_days": profile.log_retention_days,
        "inference.app_service.instances": apps.count(highly_available=available),
        "inference.container_app.apps.min_replicas": app.least(highly_available=available, zone_redundant=spread),
        "inference.container_app.min_nodes": dedicated.nodes(zone_redundant=spread)[0],
        "inference.container_app.max_nodes": dedicated.nodes(zone_redundant=spread)[1],
    }
    for name, (pool, least, most) in services.items():
        found[f"inference.aks.{name}.min_nodes"] = least
        found[f"inference.aks.{name}.max_nodes"] = most
        found[f"inference.aks.{name}.zones"] = f"zones {', '.join(pool.zones_in(zones))}"
    found["inference.aks.pools.zones"] = found["inference.aks.system.zones"]
    return {name: str(value) for name, value in found.items()}


def _of_landing(kind: str) -> dict[str, str]:
    environment = Environment(kind)
    if not PROFILES[environment].has_ci_identities:
        return {}
    return {"rights": LandingSettings.model_construct(environment=environment, rights=None).rights_file}


_DEFAULTS: dict[type[Settings], Callable[[str], dict[str, str]]] = {
    PlatformSettings: _of_environment,
    LandingSettings: _of_landing,
    SharedSettings: lambda _: {},
}
"""Settings of a program → kind of stack → setting → its default there, where the kind decides it."""


def _changes(setting: Setting) -> Iterator[str]:
    """Returns the outcomes that `catalogue/changes.py` has of the setting; of one with keys, of these."""
    rows = [each for each in CHANGES if each.setting == setting.full_name]
    if rows:
        yield from map(_change, rows)
        return
    below = [each for each in CHANGES if each.setting.startswith(f"{setting.full_name}.")]
    if setting.shape.container == "list":
        yield "a new item is made; one that is taken out is deleted with what it holds"
    elif setting.shape.optional:
        yield "a part that is taken out is deleted with what it holds; in prod, protection refuses that"
    for outcome in (Outcome.REFUSED, Outcome.REPLACED):
        names = dict.fromkeys(_without_brackets(each.setting) for each in below if each.outcome is outcome)
        if names:
            yield f"{outcome}: {', '.join(names)}"
    if not any(each.outcome in (Outcome.REFUSED, Outcome.REPLACED) for each in below):
        yield Outcome.IN_PLACE.value


def _without_brackets(name: str) -> str:
    return name.replace("[]", "").replace("{}", "")


def _change(change: Change) -> str:
    said = ": ".join(filter(None, (f"{change.outcome}{' (assumed)' if change.assumed else ''}", change.what)))
    case = f"{change.when}: " if change.when else ""
    return f"{case}{said}" + (f". {change.way}" if change.way else "")
