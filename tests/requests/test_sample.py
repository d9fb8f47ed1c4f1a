"""The requests of this repository, and what was rendered from them."""

import datetime

import pytest

from azure_mlplatform.cli.request_render import computed_files
from azure_mlplatform.requests.checks import request_problems
from azure_mlplatform.requests.render import render, stale_problems
from azure_mlplatform.requests.repository import read_requests
from support.requests import ROOT
from support.stacks import DAY


def test_nothing_is_wrong_with_them():
    repository = read_requests(ROOT)
    assert repository.requests
    assert [*request_problems(repository, DAY), *stale_problems(repository, DAY)] == []


@pytest.mark.slow
def test_their_projects_are_as_they_would_be_rendered():
    repository = read_requests(ROOT)

    def plans(folder, stacks):
        return computed_files(folder, stacks, DAY)

    found = render(repository, repository.requests, plans, today=DAY)
    assert [(each.problems, each.conflicts, dict(each.files)) for each in found] == [((), (), {})] * len(found)


def test_the_day_of_tests_is_before_what_expires():
    dates = [each.expires_on for _, _, each in read_requests(ROOT).environments() if each.expires_on]
    assert all(datetime.date.fromisoformat(each) > DAY for each in dates)
