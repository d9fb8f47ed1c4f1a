"""`mlplatform cost`: what a stack costs a month, at least and at most."""

from pathlib import Path
from typing import Optional

import typer

from .exit_codes import FINDING
from .input import option, refuse_any
from .options import AsJson, Currency, Folder, On, OutputFile, PricesFile, Stacks, day
from .output import output
from .plans import plans_of, stacks_in

EXAMPLES = (
    "mlplatform cost                            all stacks of the project here",
    "mlplatform cost prod --json                each line with its row of the price table",
)


def cost(
    stacks: Stacks = None,
    folder: Folder = Path(),
    prices: PricesFile = None,
    currency: Currency = None,
    as_json: AsJson = False,
    file: OutputFile = None,
    on: On = None,
) -> None:
    """Show what a stack costs a month, at least and at most.

    The floor is what it costs if nobody uses it, the ceiling what its settings allow all the time. What has no price is
    named, and so is what depends on use. Exits with 1 if a budget is below its floor.
    """
    from ..catalogue.prices import price_table, table_for
    from ..plan.cost import cost_of, cost_table
    from .answers import Cost

    with output(Cost, file, as_json=as_json) as said:
        names = stacks_in(folder, stacks)
        refuse_any(currency_problems(currency))
        table = price_table(prices or table_for(folder), currency or "")
        plans = plans_of(folder, names, today=day(on))
        found = [cost_of(each, table) for each in plans]
        low = [problem for each, plan in zip(found, plans, strict=True) for problem in each.problems(plan.file)]
        for number, each in enumerate(found):
            if not as_json:
                said.lines([*([""] if number else []), *cost_table(each)])
        problems = said.problems(low)
        if as_json:
            said.answer(problems=problems, prices=table.place, stacks=[each.as_json() for each in found])
        if low:
            raise typer.Exit(FINDING)


def currency_problems(currency: Optional[str]):
    """A problem if a currency is none."""
    import re

    if currency is not None and not re.fullmatch("[A-Z]{3}", currency):
        yield option("--currency", f"'{currency}' is not a currency", "Three letters, such as EUR")
