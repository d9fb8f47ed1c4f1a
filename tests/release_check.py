"""Before a release: facts from outside are fresh, and the repository's own stacks may be made today.

`make release-check` runs this. It depends on today's date, so the suite does not.
"""

import datetime
import importlib
import pkgutil

import pytest

from azure_mlplatform import catalogue
from azure_mlplatform.plan.check import check_stacks
from support.stacks import ROOT

FRESH = datetime.timedelta(days=90)
TODAY = datetime.datetime.now(datetime.UTC).date()
CATALOGUES = [each.name for each in pkgutil.iter_modules(catalogue.__path__) if each.name != "lifecycle"]


@pytest.mark.parametrize("name", CATALOGUES)
def test_a_catalogue_was_read_within_three_months(name):
    read = importlib.import_module(f"{catalogue.__name__}.{name}").READ
    assert TODAY - read <= FRESH, f"catalogue/{name}.py was read on {read}: read its sources again"


def test_every_stack_of_the_repository_may_be_made_today():
    assert check_stacks(ROOT, today=TODAY).problems == ()
