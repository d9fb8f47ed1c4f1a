"""Which endpoints a stress test refuses."""

from dataclasses import dataclass
from typing import Any

import pytest

from azure_mlplatform.measure.endpoints.endpoint import Kind
from azure_mlplatform.measure.stress.production import production_problems


@dataclass
class Named:
    name: str = "scoring"
    kind: Kind = Kind.MANAGED
    is_prod: bool = True


def refused(endpoint: Any, production=None, callers_may_fail=None, *, not_production=False):
    found = production_problems(
        endpoint, production=production, callers_may_fail=callers_may_fail, not_production=not_production
    )
    return [each.file for each in found]


@pytest.mark.parametrize(
    ("options", "problems"),
    [
        ({}, ["ENDPOINT"]),
        ({"production": "scoring"}, ["ENDPOINT"]),
        ({"callers_may_fail": "scoring"}, ["ENDPOINT"]),
        ({"not_production": True}, ["ENDPOINT"]),
        ({"production": "yes", "callers_may_fail": "scoring"}, ["--production"]),
        ({"production": "scoring", "callers_may_fail": "Scoring"}, ["--callers-may-fail"]),
        ({"production": "scoring", "callers_may_fail": "scoring"}, []),
        ({"production": "scoring", "callers_may_fail": "scoring", "not_production": True}, ["--not-production"]),
    ],
)
def test_production_needs_its_name_twice(options, problems):
    assert refused(Named(), **options) == problems


def test_others_need_no_word():
    assert refused(Named(is_prod=False)) == []
    assert refused(Named(is_prod=False), production="scorings") == ["--production"]


@pytest.mark.parametrize(
    ("url", "problems"),
    [
        ("https://scoring.example.com/score", ["ENDPOINT"]),
        ("http://localhost:80/score", []),
        ("http://127.0.0.1:5001/score", []),
        ("https://localhost.example.com/score", ["ENDPOINT"]),
    ],
)
def test_of_a_url_nobody_knows(url, problems):
    endpoint = Named(url, Kind.URL, is_prod=False)
    assert refused(endpoint) == problems
    assert refused(endpoint, not_production=True) == []
