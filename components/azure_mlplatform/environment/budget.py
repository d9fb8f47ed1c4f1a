"""The monthly budget of a resource group (Microsoft.Consumption)."""

from typing import Any

import pulumi_azure_native as native

from ..foundation.naming import Kind
from ..parts.arguments import In
from ..parts.component import Component, child
from .settings.budget import BudgetSettings


def make_budget(
    parent: Component, budget: BudgetSettings, *, scope: In[str], today: str
) -> "native.consumption.Budget":
    """Makes the budget of a resource group, given by its id. It starts in the month of `today`, a year-month-day."""
    told: dict[str, Any] = {
        "enabled": True,
        "operator": "GreaterThanOrEqualTo",
        "contact_emails": budget.contact_emails,
        "contact_groups": budget.action_group_ids,
    }
    thresholds = [("Actual", each) for each in budget.actual_percent]
    thresholds += [("Forecasted", each) for each in budget.forecast_percent]
    notifications: dict[str, Any] = {
        f"{kind.lower()}-{percent:g}".replace(".", "-"): {**told, "threshold": percent, "threshold_type": kind}
        for kind, percent in thresholds
    }
    return native.consumption.Budget(
        parent.logical_name("budget"),
        budget_name=parent.placement.name_of(Kind.BUDGET),
        scope=scope,
        category="Cost",
        amount=budget.amount,
        time_grain="Monthly",
        time_period={"start_date": f"{today[:7]}-01T00:00:00Z"},
        notifications=notifications,
        # The start date is in the month of creation. Azure would refuse a later one.
        opts=child(parent, ignore_changes=["time_period"]),
    )
