"""Shows a plan as a tree of components and resources, each with its name, kind and size."""

from collections import Counter
from collections.abc import Iterator

from ..foundation.printable import printable
from ..resource_types import resource_type
from .resource import OF_THE_ENGINE, Plan, PlannedResource


def size(resource: PlannedResource) -> str:
    """The size or sort of a resource in a few words. Empty if unknown."""
    return resource_type(resource.type).size_of(resource)


def _label(resource: PlannedResource, parent: PlannedResource) -> str:
    """The name in Azure, or the name in the component if Azure's name tells a person nothing."""
    if resource_type(resource.type).named_by_azure:
        return resource.azure_name
    return resource.name.removeprefix(f"{parent.name}-")


def counts(plan: Plan) -> Counter[str]:
    """Kind → number of resources."""
    return Counter(each.kind for each in plan.azure_resources)


def tree(plan: Plan) -> Iterator[str]:
    """The lines of a plan's tree, with a heading and the counts."""
    return map(printable, _lines(plan))


def _lines(plan: Plan) -> Iterator[str]:
    made = plan.azure_resources
    protected = sum(each.protect for each in made)
    yield (
        f"{plan.project} {plan.stack}: {len(made)} resources in {len(plan.components)} components"
        + (f", {protected} protected" if protected else "")
    )
    yield from _branches(plan, plan.root, "")
    yield "  " + ", ".join(f"{count} {kind}" for kind, count in sorted(counts(plan).items()))


def _branches(plan: Plan, parent: PlannedResource, indent: str) -> Iterator[str]:
    children = [each for each in plan.children(parent.urn) if not each.type.startswith(OF_THE_ENGINE)]
    leaves = {each.urn: _label(each, parent) for each in children if each.custom}
    wide_kind = max((len(each.kind) for each in children if each.custom), default=0)
    wide_name = max(map(len, leaves.values()), default=0)
    for each in children:
        last = each is children[-1]
        branch = f"{indent}{'└─' if last else '├─'} "
        if not each.custom:
            yield f"{branch}{each.name}  ({each.kind})"
            yield from _branches(plan, each, indent + ("   " if last else "│  "))
            continue
        mark = "  protected" if each.protect else ""
        yield f"{branch}{each.kind:{wide_kind}}  {leaves[each.urn]:{wide_name}}  {size(each)}{mark}".rstrip()
