"""The floor and ceiling of a project's environments, kept beside its stacks: projects/<project>/costs.json.

`mlplatform request render` computes it from the plans, so that `request check` compares budgets without planning.
"""

import json
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any

from ..foundation.problems import Problem
from ..foundation.violations import Violation
from .repository import RepositoryRequests

if TYPE_CHECKING:
    from ..plan.cost import PlanCost

FILE = "costs.json"


def costs_text(costs: Iterable["PlanCost"]) -> str:
    """The file of a project: each environment with its floor, its ceiling, and what has no price."""
    environments = {
        each.stack: {
            "currency": each.currency or None,
            "floor": float(round(each.floor, 2)),
            "ceiling": float(round(each.ceiling, 2)),
            "without_price": sorted({f"{line.kind}: {line.charge}" for line in each.without_price}),
        }
        for each in costs
    }
    return json.dumps({"a_month": environments}, indent=2) + "\n"


def budget_problems(found: RepositoryRequests) -> Iterator[Problem]:
    """Budgets below the floor of what was rendered. Reads files only; linear in the number of requests."""
    for name, document in found.requests.items():
        known = _costs(found.root / "projects" / name / FILE)
        violations = []
        for index, each in enumerate(document.content.environments):
            cost = known.get(each.name)
            if each.retired or not isinstance(cost, dict) or not isinstance(cost.get("floor"), int | float):
                continue
            floor, amount = Decimal(str(cost["floor"])), Decimal(str(each.budget.amount))
            if amount < floor:
                currency = cost.get("currency") or ""
                sum_ = f"{floor:,.2f} {currency}".rstrip()
                what = f"{amount.normalize():,f} is below the floor: {sum_} a month cost even if nobody uses it"
                fix = f"Give at least {floor.to_integral_value('ROUND_CEILING'):,}, or ask for less. `mlplatform cost "
                fix += f"{each.name} -C projects/{name}` shows each line"
                violations.append(Violation(("environments", index, "budget", "amount"), each.budget.amount, what, fix))
        yield from document.located(violations)


def _costs(file: FilePath) -> dict[str, Any]:
    """The environments in a file; none if there is no file, or it is none of ours: `request check` says that."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))["a_month"]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return found if isinstance(found, dict) else {}
