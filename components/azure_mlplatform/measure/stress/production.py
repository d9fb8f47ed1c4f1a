"""Keeps a stress test away from endpoints that people and programs rely on."""

from collections.abc import Iterator
from typing import Optional
from urllib.parse import urlsplit

from ...foundation.problems import Problem
from ..endpoints.endpoint import Endpoint, Kind

_WHY = (
    "A stress test sends more than it can carry: callers wait and get errors until it has recovered, and its "
    "autoscaler takes machines that cost money"
)

_LOCAL = ("localhost", "127.0.0.1", "::1")


def production_problems(
    endpoint: Endpoint, *, production: Optional[str], callers_may_fail: Optional[str], not_production: bool
) -> Iterator[Problem]:
    """Refuses a production endpoint unless its name was typed twice, for two different things that are said with it.

    Of a URL nobody knows what it is, so somebody has to say so.
    """
    given = {"--production": production, "--callers-may-fail": callers_may_fail}
    for option, typed in given.items():
        if typed is not None and typed != endpoint.name:
            yield Problem((), f"'{typed}' is not the name of the endpoint", f"It is '{endpoint.name}'", option)
    if endpoint.kind is Kind.URL and urlsplit(endpoint.name).hostname not in _LOCAL and not not_production:
        yield Problem(
            (),
            f"a URL does not say whether it is production. {_WHY}",
            "Name it by its resource id or as ENV/NAME, or say --not-production",
            "ENDPOINT",
        )
    missing = [option for option, typed in given.items() if typed is None]
    if endpoint.is_prod and missing:
        yield Problem(
            (),
            f"'{endpoint.name}' is a production endpoint. {_WHY}",
            "Test the model on the stress-test cluster, which has the compute of production (docs/measure.md, Stress). "
            f"If nobody calls this endpoint, type its name twice: --production {endpoint.name} "
            f"--callers-may-fail {endpoint.name}",
            "ENDPOINT",
        )
    elif endpoint.is_prod and not_production:
        yield Problem(
            (), f"the tags of '{endpoint.name}' say that it is production", "Leave it out", "--not-production"
        )
