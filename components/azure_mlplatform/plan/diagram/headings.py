"""The heading of a picture: whose environment it shows, where it stands, and how much of it there is."""

from ...foundation.plurals import counted
from ..resource import Plan
from .picture import Heading, View


def heading(plan: Plan, view: View) -> Heading:
    """The heading of a view of a plan."""
    group = next(iter(plan.of_type("azure-native:resources:ResourceGroup")), None)
    made = plan.azure_resources
    facts = [
        *([group.azure_name, str(group.input("location"))] if group else []),
        counted(len(made), "resource"),
        f"{sum(each.protect for each in made)} protected",
    ]
    return Heading(project=plan.project, stack=plan.stack, view=view, facts=" · ".join(facts))
