"""Measures the cost of a preview as ratios in one run: `make bench`.

Compares `mlplatform preview --json` of the reference project with a bare script that imports the same SDK
modules and registers the same resources with the same inputs through Pulumi's own mocks. Also measures
`import azure_mlplatform` after `import pulumi`. Figures are medians of cold processes; the commands run in turn.
"""

import inspect
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pulumi_azure_native as native
import pulumi_random as random

from azure_mlplatform.plan import Plan, PlannedResource, run, run_stack

ROOT = Path(__file__).parents[1]
STACKS = ("dev", "prod")
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "11"))

_HEADER = '''\
"""Made by bench/bench.py: the resources of {stacks}, registered with Pulumi's SDK alone."""

import asyncio
import gc
import os
import sys

if os.environ.get("BENCH_WITHOUT_GC"):
    gc.disable()

import pulumi
import pulumi_azure_native as native
import pulumi_random as random


class Echo(pulumi.runtime.Mocks):
    def new_resource(self, args):
        # User-assigned identities go in as a list and come out as a map, so they are not echoed.
        return args.name, {{key: value for key, value in args.inputs.items() if key != "identity"}}

    def call(self, args):
        return {{}}


class Component(pulumi.ComponentResource):
    pass

'''

_FOOTER = """

def main(stacks):
    for name, program in stacks.items():
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        pulumi.runtime.settings.ROOT.set(None)
        pulumi.runtime.set_mocks(Echo(), project="churn", stack=name, preview=True)
        loop.run_until_complete(pulumi.runtime.stack.run_pulumi_func(program))
        loop.close()


if __name__ == "__main__":
    main(STACKS)
    print(sum(PRINTED))
"""


def bare_script(plans: Sequence[Plan]) -> str:
    """A program that registers the same resources with the same inputs, and does nothing else."""
    lines = [_HEADER.format(stacks=" and ".join(plan.stack for plan in plans))]
    for plan in plans:
        lines += [f"def {plan.stack}():", *_body(plan), ""]
    lines.append(f"STACKS = {{{', '.join(f'{plan.stack!r}: {plan.stack}' for plan in plans)}}}")
    lines.append(f"PRINTED = {[len(plan.resources) for plan in plans]}")
    return "\n".join(lines) + _FOOTER


def _body(plan: Plan) -> list[str]:
    names: dict[str, str] = {}
    lines: list[str] = []
    for resource in _in_order(plan):
        variable = f"r{len(names)}"
        names[resource.urn] = variable
        lines.append(f"    {variable} = {_call(resource, names)}")
    return lines


def _in_order(plan: Plan) -> list[PlannedResource]:
    """The resources in order: each one after those that it depends on."""
    done: list[PlannedResource] = []
    waiting = [each for each in plan.resources if each is not plan.root]
    known = {plan.root.urn}
    while waiting:
        ready = [each for each in waiting if {each.parent, _provider(each), *each.dependencies} - {""} <= known]
        done += ready
        known |= {each.urn for each in ready}
        waiting = [each for each in waiting if each not in ready]
    return done


def _provider(resource: PlannedResource) -> str:
    provider = resource.provider.rsplit("::", 1)[0]
    return provider if "pulumi:providers:azure-native" in provider else ""


def _call(resource: PlannedResource, names: dict[str, str]) -> str:
    options = {
        "parent": names.get(resource.parent),
        "provider": names.get(_provider(resource)) if resource.custom else None,
        "protect": "True" if resource.protect else None,
        "depends_on": f"[{', '.join(names[each] for each in resource.dependencies)}]"
        if resource.dependencies
        else None,
        "ignore_changes": repr(list(resource.ignore_changes)) if resource.ignore_changes else None,
        "delete_before_replace": "True" if resource.delete_before_replace else None,
    }
    opts = "pulumi.ResourceOptions(" + ", ".join(f"{key}={value}" for key, value in options.items() if value) + ")"
    if not resource.custom:
        return f"Component({resource.type!r}, {resource.name!r}, None, {opts})"
    if resource.type == "pulumi:index:Stash":
        return f"pulumi.Stash({resource.name!r}, input={resource.inputs['input']!r}, opts={opts})"
    if resource.type.startswith("pulumi-python:dynamic/"):
        return f"pulumi.CustomResource({resource.type!r}, {resource.name!r}, {dict(resource.inputs)!r}, {opts})"
    if resource.type == "pulumi:providers:azure-native":
        target = "native.Provider"
    else:
        package, module, kind = re.split(r"[:/]", resource.type)[0], resource.type.split(":")[1], resource.kind
        target = f"random.{kind}" if package == "random" else f"native.{module}.{kind}"
    key_of = str if resource.kind in _UNIONS else _key
    arguments = [
        f"{_argument(target, key)}={_literal(value, str if key in _MAPS else key_of)}"
        for key, value in resource.inputs.items()
    ]
    return f"{target}({resource.name!r}, {', '.join([*arguments, f'opts={opts}'])})"


def _snake(key: str) -> str:
    key = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", key)
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", key).lower()


def _argument(target: str, key: str) -> str:
    """The SDK's name of a top-level input."""
    cls: Any = {"native": native, "random": random}[target.split(".", maxsplit=1)[0]]
    for part in target.split(".")[1:]:
        cls = getattr(cls, part)
    wanted = key.lower()
    return next(
        each
        for each in inspect.signature(cls._internal_init).parameters
        if each.replace("_", "").lower() == wanted and each != "resource_name"
    )


def _literal(value: Any, key_of: Callable[[str], str]) -> str:
    if isinstance(value, dict):
        items = ((key, item, str if key in _MAPS else key_of) for key, item in value.items())
        return "{" + ", ".join(f"{key_of(key)!r}: {_literal(item, inner)}" for key, item, inner in items) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_literal(item, key_of) for item in value) + "]"
    return repr(value)


_UNIONS = {"Datastore", "LinkedService", "MetricAlert", "Pipeline", "Trigger", "WorkspaceConnection"}
"""Kinds whose properties are a union of types: the SDK does not change the keys of their dicts."""


_MAPS = {"addonProfiles", "configurationSettings", "extensionSettings", "template"}
"""Inputs with user-defined keys, which do not change."""


def _key(key: str) -> str:
    """A property's name in Python. Tags and notifications keep their keys, which have hyphens or only lower case."""
    return _snake(key) if re.fullmatch(r"[a-z][A-Za-z0-9]*", key) else key


def same_resources(script: str, plans: Sequence[Plan]) -> list[str]:
    """The differences between the resources of the bare script and of the plans. Empty if there are none."""
    space: dict[str, Any] = {"__name__": "bare"}
    exec(compile(script, "bare.py", "exec"), space)  # noqa: S102 - the script that was made above
    wrong = []
    for plan in plans:
        bare = {each.name: each for each in run(space[plan.stack], project=plan.project, stack=plan.stack).resources}
        ours = {each.name: each for each in plan.resources}
        wrong += [f"{plan.stack}: {name} is on one side only" for name in sorted(set(bare) ^ set(ours))]
        for name in sorted(set(bare) & set(ours)):
            if not ours[name].custom:
                continue
            if (bare[name].type, bare[name].protect) != (ours[name].type, ours[name].protect):
                wrong.append(f"{plan.stack}: {name} has a different type or protection")
            if bare[name].inputs != ours[name].inputs:
                wrong.append(
                    f"{plan.stack}: {name} has other inputs: {bare[name].inputs} instead of {ours[name].inputs}"
                )
    return wrong


def seconds(command: Sequence[str], **environment: str) -> float:
    """The seconds that a cold process takes."""
    start = time.perf_counter()
    subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.DEVNULL, env={**os.environ, **environment})
    return time.perf_counter() - start


_IMPORT = """
import pulumi, time
start = time.perf_counter()
import azure_mlplatform
print((time.perf_counter() - start) * 1000)
"""


def printed(command: Sequence[str]) -> str:
    """The output of a cold process."""
    return subprocess.run(command, check=True, cwd=ROOT, capture_output=True, text=True).stdout


def medians(commands: dict[str, tuple[Sequence[str], dict[str, str]]]) -> dict[str, float]:
    """The median time of each command. They run in turn, so that changes of the machine's load affect all of them."""
    times: dict[str, list[float]] = {name: [] for name in commands}
    for number in range(ROUNDS + 1):
        for name, (command, environment) in commands.items():
            taken = seconds(command, **environment)
            if number:  # The first round warms the disk.
                times[name].append(taken)
    return {name: statistics.median(taken) for name, taken in times.items()}


def main() -> int:
    """Measures and prints. The exit code says whether the comparison is fair, not whether the goals are met."""
    plans = [run_stack(ROOT, stack) for stack in STACKS]
    script = bare_script(plans)
    if wrong := same_resources(script, plans):
        print("\n".join(["The bare script does not register the same resources:", *wrong]))
        return 1
    with tempfile.TemporaryDirectory() as folder:
        bare = Path(folder) / "bare.py"
        bare.write_text(script, encoding="utf-8")
        python = sys.executable
        taken = medians(
            {
                "preview": ([python, "-m", "azure_mlplatform", "preview", "--json"], {}),
                "bare": ([python, str(bare)], {}),
                "bare without gc": ([python, str(bare)], {"BENCH_WITHOUT_GC": "1"}),
            }
        )
    import_ms = [float(printed([python, "-c", _IMPORT])) for _ in range(ROUNDS)]
    resources = sum(len(plan.azure_resources) for plan in plans)
    results = {
        "resources": resources,
        "preview_over_bare": round(taken["preview"] / taken["bare"], 3),
        "preview_over_bare_without_gc": round(taken["preview"] / taken["bare without gc"], 3),
        "import_cost_ms": round(statistics.median(import_ms), 2),
        "rounds": ROUNDS,
    }
    goals = {"preview_over_bare": 0.95, "preview_over_bare_without_gc": 1.07, "import_cost_ms": 5.0}
    print(json.dumps({**results, "medians_s": {name: round(value, 3) for name, value in taken.items()}}, indent=2))
    missed = [f"{name} is {results[name]}, goal {goal}" for name, goal in goals.items() if results[name] > goal]
    print("\n".join(missed) if missed else "every goal is met")
    return 0


if __name__ == "__main__":
    sys.exit(main())
