"""The monthly budget of an environment, with its alerts."""

from collections.abc import Iterator

from pydantic import Field

from ...foundation.duplicates import duplicate_values
from ...foundation.model import Settings, check
from ...foundation.rules import field_rule
from ...foundation.values import arm_id, email
from ...foundation.violations import Violation


class BudgetSettings(Settings):
    """A monthly budget on the resource group. Azure sends alerts, hours after the cost arose; it stops nothing. What
    limits the cost is in docs/sandbox.md."""

    amount: float = Field(ge=1, examples=[2000])
    """The budget for a month, in the currency of the subscription's billing account. At least 1."""

    contact_emails: list[str] = Field(default_factory=list, max_length=50, examples=[["ml-team@example.com"]])
    """E-mail addresses that get alerts, up to 50."""

    action_group_ids: list[str] = Field(default_factory=list, max_length=10)
    """Action groups that get alerts, by id, up to 10."""

    actual_percent: list[float] = Field(default_factory=lambda: [50.0, 80.0, 100.0], max_length=4)
    """Percentages of the amount. Spending one of them sends an alert. Default: 50, 80 and 100."""

    forecast_percent: list[float] = Field(default_factory=lambda: [100.0], max_length=1)
    """The percentage of the amount at which the month's forecast sends an alert. Default: 100."""

    _emails = field_rule(email, "contact_emails")
    _groups = field_rule(arm_id("Microsoft.Insights/actionGroups"), "action_group_ids")

    @check
    def _someone_is_told(self) -> Iterator[Violation]:
        if not self.contact_emails and not self.action_group_ids:
            yield Violation(
                ("contact_emails",), [], "the budget alerts nobody", "Give contact_emails or action_group_ids"
            )

    @check
    def _percentages_are_legal(self) -> Iterator[Violation]:
        for field in ("actual_percent", "forecast_percent"):
            percents = getattr(self, field)
            yield from duplicate_values(percents, (field,))
            for index, percent in enumerate(percents):
                if not 0 < percent <= 1000:
                    yield Violation(
                        (field, index),
                        percent,
                        f"{percent:g} is not a valid budget threshold",
                        "Allowed: more than 0 up to 1000 percent",
                    )
