"""Foretells a change of settings without a state: against an earlier plan, as if that were deployed."""

import contextlib
import datetime
import graphlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NoReturn

from pulumi.runtime.proto import resource_pb2

from ..catalogue.changes import changes_of
from ..config.files import stack_config
from ..emulation.wire import wire_fields
from ..emulation.world import World
from ..foundation.problems import Problem, ProblemsError
from .against import ChangedSetting, Effect, effect_of
from .program import run_stack
from .settings_difference import SettingDifference, setting_differences, settings_in
from .state import State
from .update import Update


@dataclass(frozen=True, slots=True)
class Before:
    """A stack as it was planned: its state, if all of that was deployed."""

    state: State
    settings: Mapping[str, Any]


def planned(folder: Path, stack: str, today: datetime.date) -> Before:
    """The stack as its files in `folder` describe it. Raises as `run_stack` does."""
    files = stack_config(folder.resolve(), stack)
    update = Update(State(str(files.project.data["name"]), stack, ()), World.on(today))
    run_stack(folder, stack, today=today, recorder=update)
    return Before(update.state, settings_in(files))


def none_yet(folder: Path, stack: str) -> Before:
    """A stack that was not there."""
    return Before(State(str(stack_config(folder.resolve(), stack).project.data["name"]), stack, ()), {})


def saved(text: str, source: str, today: datetime.date) -> dict[str, Before]:
    """The stacks of a saved `mlplatform preview --json`, by name. Raises ProblemsError if the text is none."""
    try:
        data = json.loads(text)
        is_preview = data["command"] == "preview" and data["version"] == 1
        stacks = data["stacks"]
        if data["problems"] and is_preview:
            _refuse(source, "is a preview that was refused, so it has no plan", "Save one without problems")
        if not is_preview or not stacks:
            raise ValueError
        return {str(each["stack"]): _replayed(each, source, today) for each in stacks}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, graphlib.CycleError):
        _refuse(source, "is no saved preview", "Give the output of `mlplatform preview --json`")


def _refuse(source: str, what: str, fix: str) -> NoReturn:
    raise ProblemsError([Problem((), what, fix, source)])


def effect_since(folder: Path, stack: str, before: Before, today: datetime.date) -> Effect:
    """Returns the effect of the settings in `folder` on a stack. Raises ProblemsError if they are refused."""
    update = Update(before.state, World.on(today))
    found = effect_of(update, lambda: run_stack(folder, stack, today=today, recorder=update))
    now = settings_in(stack_config(folder.resolve(), stack))
    changed = setting_differences(before.settings, now) if before.settings else []
    return replace(found, settings=tuple(_changed(each) for each in changed))


def _changed(difference: SettingDifference) -> ChangedSetting:
    before, after = difference.values
    return ChangedSetting(difference.setting, before, after, tuple(_outcomes(difference)))


def _outcomes(difference: SettingDifference) -> list[str]:
    if difference.setting.endswith("]"):
        return ["made" if difference.values[0] is None else "goes with what it holds"]
    name = re.sub(r"\[[^\]]*\]", "[]", difference.setting)
    for each in (name, f"{name}[]", f"{name}{{}}"):
        with contextlib.suppress(KeyError):
            return list(dict.fromkeys(row.outcome.value for row in changes_of(each)))
    return []


def _replayed(stack: Mapping[str, Any], source: str, today: datetime.date) -> Before:
    """Registers the saved resources again, each after those that it needs."""
    resources = {str(each["urn"]): each for each in stack["resources"]}
    if any(each["type"].startswith("azure-native:") and each["id"] is None for each in resources.values()):
        what = "is a preview with unknown values, which compares with nothing"
        _refuse(source, what, "Save one without --unknown")
    needs = {
        urn: [
            each
            for each in (one["parent"], one["provider"].rsplit("::", 1)[0], *one["dependencies"])
            if each in resources
        ]
        for urn, one in resources.items()
    }
    update = Update(State(str(stack["project"]), str(stack["stack"]), ()), World.on(today))
    for urn in graphlib.TopologicalSorter(needs).static_order():
        update.RegisterResource(_request(resources[urn]))
    return Before(update.state, dict(stack["settings"]))


def _request(saved_: Mapping[str, Any]) -> resource_pb2.RegisterResourceRequest:
    depends = resource_pb2.RegisterResourceRequest.PropertyDependencies
    return resource_pb2.RegisterResourceRequest(
        type=saved_["type"],
        name=saved_["name"],
        parent=saved_["parent"],
        custom=saved_["custom"],
        object=wire_fields(saved_["inputs"]),
        protect=saved_["protect"],
        dependencies=saved_["dependencies"],
        provider=saved_["provider"],
        propertyDependencies={key: depends(urns=urns) for key, urns in saved_["property_dependencies"].items()},
        ignoreChanges=saved_["ignore_changes"],
        replaceOnChanges=saved_["replace_on_changes"],
        deleteBeforeReplace=saved_["delete_before_replace"],
        deleteBeforeReplaceDefined=True,
        retainOnDelete=saved_["retain_on_delete"],
    )
