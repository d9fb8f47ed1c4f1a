"""What a preview costs, as ratios in one run: `make bench`.

Compares `mlplatform preview --json` of the reference project with a bare script that imports the same SDK
modules and registers the same resources with the same inputs through Pulumi's own mocks; and
`import azure_mlplatform` with `import pulumi`. Cold processes, alternating, medians.
"""

import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from azure_mlplatform.plan import Plan, PlannedResource, run, run_stack

ROOT = Path(__file__).parents[1]
STACKS = ("dev", "prod")
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "11"))

_HEADER = '''\
"""Made by bench/bench.py: the resources of {stacks}, registered with nothing but Pulumi's SDK."""

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
        return args.name, dict(args.inputs)

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
    """What depends on nothing first, and so on."""
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
        "depends_on": f"[{', '.join(names[each] for each in resource.dependencies)}]" if resource.dependencies else None,
        "ignore_changes": repr(list(resource.ignore_changes)) if resource.ignore_changes else None,
        "delete_before_replace": "True" if resource.delete_before_replace else None,
    }
    opts = "pulumi.ResourceOptions(" + ", ".join(f"{key}={value}" for key, value in options.items() if value) + ")"
    if not resource.custom:
        return f"Component({resource.type!r}, {resource.name!r}, None, {opts})"
    if resource.type == "pulumi:providers:azure-native":
        target = "native.Provider"
    else:
        package, module, kind = re.split(r"[:/]", resource.type)[0], resource.type.split(":")[1], resource.kind
        target = f"random.{kind}" if package == "random" else f"native.{module}.{kind}"
    arguments = [f"{_argument(key)}={_literal(value)}" for key, value in resource.inputs.items()]
    return f"{target}({resource.name!r}, {', '.join([*arguments, f'opts={opts}'])})"


_OWN_NAMES = {"resourceName": "resource_name_"}


def _argument(key: str) -> str:
    return _OWN_NAMES.get(key, _snake(key))


def _snake(key: str) -> str:
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", key).lower().replace("public_ip_address_name", "public_ip_address_name")


def _literal(value: Any, *, keys: bool = True) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_key(key)!r}: {_literal(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_literal(item) for item in value) + "]"
    return repr(value)


def _key(key: str) -> str:
    """A property's name in Python; tags and notifications keep theirs, having hyphens or lower case."""
    return _snake(key) if re.fullmatch(r"[a-z][A-Za-z0-9]*", key) else key


def same_resources(script: str, plans: Sequence[Plan]) -> list[str]:
    """Where the bare script registers something else than the plans; empty where it does not."""
    space: dict[str, Any] = {"__name__": "bare"}
    exec(compile(script, "bare.py", "exec"), space)  # noqa: S102 - the script that was made above
    wrong = []
    for plan in plans:
        bare = {each.name: each for each in run(space[plan.stack], project=plan.project, stack=plan.stack).resources}
        ours = {each.name: each for each in plan.resources}
        wrong += [f"{plan.stack}: {name} stands on one side only" for name in sorted(set(bare) ^ set(ours))]
        for name in sorted(set(bare) & set(ours)):
            if bare[name].inputs != ours[name].inputs:
                wrong.append(f"{plan.stack}: {name} has other inputs: {bare[name].inputs} instead of {ours[name].inputs}")
    return wrong


def seconds(command: Sequence[str], **environment: str) -> float:
    """How long a cold process takes."""
    start = time.perf_counter()
    subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.DEVNULL, env={**os.environ, **environment})
    return time.perf_counter() - start


def medians(commands: dict[str, tuple[Sequence[str], dict[str, str]]]) -> dict[str, float]:
    """The median time of each command, run in turn so that all share the machine's moods."""
    times: dict[str, list[float]] = {name: [] for name in commands}
    for number in range(ROUNDS + 1):
        for name, (command, environment) in commands.items():
            taken = seconds(command, **environment)
            if number:  # The first round warms the disk.
                times[name].append(taken)
    return {name: statistics.median(taken) for name, taken in times.items()}


def main() -> int:
    """Measures, prints, and says by its exit code whether the goals are met."""
    plans = [run_stack(ROOT, stack) for stack in STACKS]
    script = bare_script(plans)
    if wrong := same_resources(script, plans):
        print("\n".join(["The bare script does not register the same:", *wrong]))
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
                "import pulumi": ([python, "-c", "import pulumi"], {}),
                "import both": ([python, "-c", "import pulumi, azure_mlplatform"], {}),
            }
        )
    resources = sum(len(plan.azure_resources) for plan in plans)
    results = {
        "resources": resources,
        "preview_over_bare": round(taken["preview"] / taken["bare"], 3),
        "preview_over_bare_without_gc": round(taken["preview"] / taken["bare without gc"], 3),
        "import_cost_ms": round((taken["import both"] - taken["import pulumi"]) * 1000, 1),
        "rounds": ROUNDS,
    }
    goals = {"preview_over_bare": 0.95, "preview_over_bare_without_gc": 1.07, "import_cost_ms": 5.0}
    print(json.dumps({**results, "medians_s": {name: round(value, 3) for name, value in taken.items()}}, indent=2))
    missed = [f"{name} is {results[name]}, goal {goal}" for name, goal in goals.items() if results[name] > goal]
    print("\n".join(missed) if missed else "every goal is met")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
