"""Reading all requests of a repository, with their lines."""

import datetime
import time
from pathlib import Path

import pytest
import yaml

from azure_mlplatform.foundation.problems import ProblemsError
from azure_mlplatform.requests.checks import request_problems
from azure_mlplatform.requests.repository import read_requests
from support.requests import PLATFORM, PROJECT, SANDBOX, changed, in_memory, named, repository_at, write

TODAY = datetime.date(2026, 11, 28)


def said(root):
    return [str(each) for each in read_requests(root).problems]


def test_all_requests_are_read(tmp_path):
    repository = read_requests(repository_at(tmp_path, PROJECT, SANDBOX))
    assert repository.problems == ()
    assert list(repository.requests) == ["lending", "trial"]
    assert repository.platform is not None
    assert repository.platform.content.team.name == "ml-platform"
    assert repository.lock is not None
    assert repository.lock.ranges == ()


def test_a_folder_without_requests_is_refused(tmp_path):
    with pytest.raises(ProblemsError, match="has no folder requests/"):
        read_requests(tmp_path)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("- project: lending\n", "requests/other.yaml: is not a mapping of keys to values"),
        ("", "requests/other.yaml: project: required, and missing"),
        ("project: [\n", "requests/other.yaml:2: is not YAML"),
        ("why: 2026-01-01\n", "requests/other.yaml:1: why: '2026-01-01' without quotes is a date"),
        ("why: one\nwhy: two\n", "requests/other.yaml:2: why: occurs a second time"),
        ("why:\n", "requests/other.yaml:1: why: has no value"),
        ("\nwho_pays: {cost_center: 0815}\n", "requests/other.yaml:2: who_pays.cost_center: '0815' is a number"),
    ],
)
def test_a_file_that_is_no_request_is_refused_with_its_line(tmp_path, text, says):
    root = repository_at(tmp_path, PROJECT)
    (root / "requests" / "other.yaml").write_text(text)
    found = said(root)
    assert any(each.startswith(says) for each in found), found
    assert read_requests(root).unread == {"other"}


def test_files_of_other_names_are_said(tmp_path):
    root = repository_at(tmp_path, PROJECT, named("shared"))
    (root / "requests" / "a.yml").write_text("")
    (root / "requests" / "README.md").write_text("")
    (root / "requests" / "elsewhere.yaml").write_text(yaml.safe_dump(PROJECT, sort_keys=False))
    assert said(root) == [
        "requests/a.yml: is not read\n    Rename it to a.yaml",
        (
            "requests/elsewhere.yaml:1: project: 'lending' is not the name of the file\n"
            "    Rename the file to lending.yaml, or write project: elsewhere"
        ),
        (
            "requests/shared.yaml:1: project: no project can be 'shared': projects/shared is what exists once for all "
            "projects\n    Give the project another name"
        ),
    ]


def test_what_the_platform_team_did_not_answer_is_said(tmp_path):
    root = repository_at(tmp_path, PROJECT)
    (root / "requests" / "platform.yaml").unlink()
    assert said(root)[0].startswith("requests/platform.yaml: is missing")
    (root / "requests" / "platform.yaml").write_text(
        yaml.safe_dump(changed(PLATFORM, "tenant_id", "x"), sort_keys=False)
    )
    assert said(root)[0].startswith("requests/platform.yaml:6: tenant_id: 'x' is not a GUID")


def test_problems_of_all_files_show_at_once(tmp_path):
    root = repository_at(tmp_path, changed(PROJECT, "why", "x"), changed(SANDBOX, "region", "mars"))
    assert len(said(root)) == 2


def test_a_thousand_requests_are_checked_in_seconds_and_each_takes_as_long_as_one_of_a_hundred(tmp_path):
    platform = changed(PLATFORM, "regions.0.address_pool", ["10.0.0.0/9"])

    def seconds(number):
        root = repository_at(tmp_path / str(number), platform=platform)
        for one in range(number):
            write(root, named(f"p{one}"))
        start = time.process_time()
        repository = read_requests(root)
        assert request_problems(repository, TODAY) == []
        assert len(repository.requests) == number
        return time.process_time() - start

    few = seconds(100)
    many = seconds(1_000)
    assert many < 20 * few
    assert many < 30


def test_checking_compares_no_pairs():
    platform = changed(PLATFORM, "regions.0.address_pool", ["10.0.0.0/8"])

    def seconds(number):
        requests = [named(f"p{one}") for one in range(number)]
        repository = in_memory(Path("/nowhere"), *requests, platform=platform)
        start = time.process_time()
        assert request_problems(repository, TODAY) == []
        return time.process_time() - start

    few, many = seconds(200), seconds(2_000)
    assert many < 30 * few
