"""`mlplatform request check --since`, budgets below their floor, and `request new --from-issue`."""

import json
import os
import shutil
import subprocess
import sys
from copy import deepcopy
from pathlib import Path

import jsonschema
import pytest
import yaml

from support.platform_repository import REQUEST, request, written

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "schemas" / "output.schema.json").read_text(encoding="utf-8"))

PRICES = """\
region,service,sku,meter,price,currency,unit,source,day
Global,Virtual Network,Standard,Standard Private Endpoint,0.01,EUR,1 Hour,a test,2026-11-28
westeurope,Virtual Machines,Standard_D4ds_v5,D4ds v5,0.5,EUR,1 Hour,a test,2026-11-28
"""

pytestmark = pytest.mark.slow


def run(*words, cwd, text=None):
    return subprocess.run(
        [sys.executable, "-m", "azure_mlplatform", *map(str, words)],
        cwd=cwd,
        capture_output=True,
        text=True,
        input=text,
        check=False,
        timeout=300,
        env={**os.environ, "GIT_CONFIG_GLOBAL": os.devnull},
    )


def git(root, *words):
    command = ["git", "-c", "user.name=a", "-c", "user.email=a@example.com", *words]
    subprocess.run(command, cwd=root, check=True, capture_output=True)


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    """A platform team's repository with a rendered request, committed."""
    root = tmp_path_factory.mktemp("a platform") / "repository"
    root.mkdir()
    shutil.copytree(ROOT / "stacks" / "project", root / "stacks" / "project")
    written(root, request())
    (root / "requests" / "prices.csv").write_text(PRICES)
    git(root, "init", "--quiet", "--initial-branch", "main")
    (root / "README.md").write_text("ours\n")
    git(root, "add", "README.md", "stacks")
    git(root, "commit", "--quiet", "--message", "before requests")
    git(root, "tag", "empty")
    done = run("request", "render", cwd=root)
    assert done.returncode == 0, done.stderr
    git(root, "add", ".")
    git(root, "commit", "--quiet", "--message", "lending")
    return root


@pytest.fixture
def repository(rendered, tmp_path):
    return Path(shutil.copytree(rendered, tmp_path / "a copy"))


def changed(root, **changes):
    written(root, request(**changes))
    done = run("request", "render", "lending", cwd=root)
    assert done.returncode == 0, done.stderr


def environments(**changes):
    found = deepcopy(REQUEST["environments"])
    found[1] |= changes
    return found


def answer(*words, cwd, code=0):
    done = run(*words, "--json", cwd=cwd)
    assert done.returncode == code, done.stderr + done.stdout
    found = json.loads(done.stdout)
    jsonschema.validate(found, SCHEMA)
    return found


def test_what_a_change_means_in_rights_money_and_addresses(repository):
    clusters = [{"name": "cpu", "vm_size": "Standard_D4ds_v5", "max_nodes": 6}]
    changed(
        repository,
        environments=environments(clusters=clusters, inference="container_app"),
        reads=[*REQUEST["reads"], {"product": "sales"}],
    )
    found = answer("request", "check", "--since", "main", cwd=repository)
    [one] = found["changed"]
    assert (one["project"], one["what"], one["rendered"], one["approvals"]) == ("lending", "changed", True, 2)
    asked = {each["setting"]: (each["before"], each["after"]) for each in one["asked"]}
    assert asked["environments[prod].clusters[cpu].max_nodes"] == (4, 6)
    dev, prod = one["stacks"]
    assert (dev["stack"], prod["stack"]) == ("dev", "prod")
    # Two nodes more at most, for 730 hours at 0.5.
    more = prod["money"]["after"]["ceiling"] - prod["money"]["before"]["ceiling"]
    assert prod["money"]["after"]["floor"] >= prod["money"]["before"]["floor"] > 0
    assert more >= 2 * 730 * 0.5
    assert any("stsales" in each["scope"] for each in dev["roles"]["gained"])
    assert dev["roles"]["lost"] == []
    assert any(each["action"].lower().startswith("microsoft.app/") for each in prod["rights"]["gained"])
    assert [each["owners"] for each in one["reviewers"]] == [["@example/ml-platform"], ["@example/sales"]]
    assert one["addresses"] == []
    text = run("request", "check", "--since", "main", cwd=repository).stdout
    assert "asks for   environments[prod].clusters[cpu].max_nodes: 4 → 6" in text
    markdown = run("request", "check", "--since", "main", "--markdown", cwd=repository).stdout
    assert "### lending: a changed request" in markdown
    assert "| lending prod | floor a month |" in markdown
    assert "`@example/sales` (the owner of sales, which it reads)" in markdown
    assert "No price in lending prod, so in no sum" in markdown
    assert len(markdown) < 65536


def test_a_new_request_has_everything_to_gain(repository):
    found = answer("request", "check", "--since", "empty", cwd=repository)
    [one] = found["changed"]
    assert one["what"] == "new"
    assert {each["environment"]: each["before"] for each in one["addresses"]} == {"dev": None, "prod": None}
    assert all(each["after"].startswith("10.160.") for each in one["addresses"])
    assert [(each["stack"], each["what"]) for each in one["stacks"]] == [("dev", "new"), ("prod", "new")]
    assert all(each["money"]["before"] is None and each["rights"]["gained"] for each in one["stacks"])
    owners = [each["owners"] for each in one["reviewers"]]
    assert owners == [["@example/ml-platform"], ["@example/customer-360"], ["finance@example.com"]]


def test_nothing_that_changed(repository):
    (repository / "README.md").write_text("something else\n")
    assert answer("request", "check", "--since", "main", cwd=repository)["changed"] == []
    assert run("request", "check", "--since", "main", cwd=repository).stdout.startswith(
        "nothing that anybody asked for"
    )


def test_a_request_that_is_not_rendered_yet(repository):
    asked = request(project="claims", repository={"github": "example/claims", "ids": {"owner": 1, "repository": 4}})
    written(repository, asked)
    found = answer("request", "check", "claims", "--since", "main", cwd=repository)
    [one] = found["changed"]
    assert (one["project"], one["what"], one["rendered"], one["stacks"]) == ("claims", "new", False, [])
    assert "not rendered yet" in run("request", "check", "--since", "main", cwd=repository).stdout


def test_a_budget_below_the_floor_is_refused(repository):
    costs = json.loads((repository / "projects" / "lending" / "costs.json").read_text())["a_month"]
    assert costs["prod"]["currency"] == "EUR"
    floor = costs["prod"]["floor"]
    assert floor > 10
    assert any("Registry Unit" in each for each in costs["prod"]["without_price"])
    changed(repository, environments=environments(budget={"amount": 10}))
    found = answer("request", "check", cwd=repository, code=2)
    [problem] = found["problems"]
    assert problem["path"] == ["environments", 1, "budget", "amount"]
    assert problem["what"].startswith(f"10 is below the floor: {floor:,.2f} EUR a month")
    found = answer("request", "check", "--since", "main", cwd=repository, code=2)
    assert ["is below the floor" in each["what"] for each in found["problems"]] == [True]
    assert found["changed"]


def test_a_stack_that_cannot_be_planned_is_said_with_the_rest(repository):
    file = repository / "projects" / "lending" / "Pulumi.dev.yaml"
    file.write_text(file.read_text() + "  azure-mlplatform:nonsense: 1\n")
    found = answer("request", "check", "--since", "main", cwd=repository, code=2)
    assert any("nonsense" in str(each) for each in found["problems"])
    [one] = found["changed"]
    assert one["what"] == "rendered"


def test_a_request_that_cannot_be_read_is_not_gone(repository):
    (repository / "requests" / "lending.yaml").write_text("- a list\n")
    found = answer("request", "check", "--since", "main", cwd=repository, code=2)
    assert found["changed"] == []
    assert found["problems"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--since", "nope"], "--since nope"),
        (["--since", "--help"], "--since --help"),
        (["--markdown"], "--markdown: needs --since"),
        (["--markdown", "--json", "--since", "main"], "exclude each other"),
    ],
)
def test_what_is_refused(words, said, rendered):
    done = run("request", "check", *words, cwd=rendered)
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)
    assert said in done.stderr + done.stdout


def issue(**changes):
    from azure_mlplatform.requests.front_ends import request_fields

    data = request(**changes)
    answers = []
    for each in request_fields():
        value = data
        for part in each.path:
            value = value.get(part) if isinstance(value, dict) else None
        if each.is_list and value is not None:
            value = f"```yaml\n{yaml.safe_dump(value)}```"
        answers.append(f"### {each.label}\n\n{'_No response_' if value is None else value}\n")
    return "\n".join(answers)


def test_an_issue_becomes_a_request(repository):
    body = issue(project="claims")
    (repository / "issue.txt").write_text(body)
    done = run("request", "new", "claims", "--from-issue", "issue.txt", "--on", "2026-11-28", cwd=repository)
    assert done.returncode == 0, done.stderr
    found = yaml.safe_load((repository / "requests" / "claims.yaml").read_text())
    assert found == {**request(project="claims"), "requested_on": "2026-11-28"}
    done = run("request", "new", "claims2", "--from-issue", "-", cwd=repository, text=issue(project="claims2"))
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("name", "body", "words", "said"),
    [
        ("claims", issue(project="other"), [], "NAME: 'claims' is not the project of the issue"),
        ("claims", "hello", [], "has none of the form's headings"),
        ("claims", issue(project="claims", tier="sandbox"), [], "a sandbox has no cost code"),
        ("claims", issue(project="claims"), ["--tier", "project"], "--tier: is an answer of the issue"),
        ("lending", issue(), [], "'lending' has a request"),
    ],
)
def test_an_issue_that_is_refused(rendered, tmp_path, name, body, words, said):
    (tmp_path / "issue.txt").write_text(body)
    done = run("request", "new", name, "--from-issue", tmp_path / "issue.txt", *words, cwd=rendered)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert not (rendered / "requests" / "claims.yaml").exists()
