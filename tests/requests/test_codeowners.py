"""Who reviews what, judged by a reader of CODEOWNERS that others wrote."""

import json

import pytest
from codeowners import CodeOwners
from hypothesis import given
from hypothesis import strategies as st

from azure_mlplatform.requests.codeowners import (
    FILE,
    RULESET,
    review_files,
    review_problems,
    with_block,
)
from azure_mlplatform.requests.repository import read_requests
from support.platform_repository import PLATFORM, request, written


def rendered(root, *names):
    """Writes what `request render` writes of this."""
    files = review_files(read_requests(root), names or ["lending"])
    for path, text in files.items():
        if text is None:
            (root / path).unlink()
            continue
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return files


def owners(root, path):
    return [name for _, name in CodeOwners((root / FILE).read_text()).of(path)]


def problems(root, *names):
    return [each.line for each in review_problems(read_requests(root), names)]


def test_each_has_a_file_of_its_own_to_agree_to(tmp_path):
    rendered(written(tmp_path, request()))
    assert owners(tmp_path, "requests/lending.yaml") == ["@example/ml-platform"]
    assert owners(tmp_path, "requests/platform.yaml") == ["@example/ml-platform"]
    assert owners(tmp_path, "projects/lending/Pulumi.prod.yaml") == ["@example/ml-platform"]
    assert owners(tmp_path, FILE) == owners(tmp_path, RULESET) == ["@example/ml-platform"]
    assert owners(tmp_path, "projects/lending/reviews/reads/customer-360.json") == ["@example/customer-360"]
    assert owners(tmp_path, "projects/lending/reviews/costs.json") == ["finance@example.com"]
    assert owners(tmp_path, "README.md") == []
    there = sorted(each.relative_to(tmp_path).as_posix() for each in tmp_path.glob("projects/**/*.json"))
    assert there == ["projects/lending/reviews/costs.json", "projects/lending/reviews/reads/customer-360.json"]


def test_the_owner_of_a_product_is_asked_for_a_project_that_nobody_knew(tmp_path):
    rendered(written(tmp_path, request()))
    assert owners(tmp_path, "projects/brand-new/reviews/reads/sales.json") == ["@example/sales"]


def test_what_an_owner_agrees_to_says_who_reads_what_where(tmp_path):
    rendered(written(tmp_path, request()))
    found = json.loads((tmp_path / "projects/lending/reviews/reads/customer-360.json").read_text())
    assert found["reads"] == [{"folder": "curated/customers", "access": "read"}]
    assert [each["environment"] for each in found["environments"]] == ["dev", "prod"]
    assert found["environments"][1]["data"].endswith("/storageAccounts/stcustomer360prod/curated")
    costs = json.loads((tmp_path / "projects/lending/reviews/costs.json").read_text())
    assert costs["environments"][0] == {"environment": "dev", "budget": 500, "expires_on": None}


@pytest.mark.parametrize(("environments", "approvals"), [(["dev", "prod"], 2), (["sandbox"], 1)])
def test_prod_takes_two_approvals_in_a_place_that_github_reads(tmp_path, environments, approvals):
    if environments == ["sandbox"]:
        budget = {"amount": 100}
        each = {"environment": "sandbox", "budget": budget, "expires_on": "2026-12-31"}
        asked = request(tier="sandbox", environments=[each], repository=None, project_manager=None)
        asked["who_pays"].pop("cost_code")
    else:
        asked = request()
    files = rendered(written(tmp_path, asked))
    texts = {name: text or "" for name, text in files.items()}
    ruleset = json.loads(texts[RULESET])
    [rule] = [each for each in ruleset["rules"] if each["type"] == "pull_request"]
    assert rule["parameters"]["required_approving_review_count"] == approvals
    assert rule["parameters"]["require_code_owner_review"] is True
    assert "prod 2" in texts[FILE]


def test_a_second_time_changes_nothing_and_rules_of_others_stay_above(tmp_path):
    written(tmp_path, request())
    (tmp_path / ".github").mkdir()
    (tmp_path / FILE).write_text("# Ours\n*.md @example/writers\n")
    rendered(tmp_path)
    text = (tmp_path / FILE).read_text()
    assert text.startswith("# Ours\n*.md @example/writers\n\n# BEGIN")
    assert owners(tmp_path, "docs/start.md") == ["@example/writers"]
    files = rendered(tmp_path)
    assert (tmp_path / FILE).read_text() == text
    assert None not in files.values()


def test_what_is_read_no_more_needs_no_yes(tmp_path):
    rendered(written(tmp_path, request()))
    written(tmp_path, request(reads=[{"product": "sales"}]))
    files = rendered(tmp_path)
    assert [each for each, text in files.items() if text is None] == [
        "projects/lending/reviews/reads/customer-360.json"
    ]
    assert (tmp_path / "projects/lending/reviews/reads/sales.json").exists()


def test_a_request_that_cannot_be_read_loses_no_file(tmp_path):
    rendered(written(tmp_path, request()))
    (tmp_path / "requests" / "lending.yaml").write_text("- a list\n")
    assert None not in review_files(read_requests(tmp_path), ["lending"]).values()


def test_without_the_platform_teams_answers_nothing_is_written(tmp_path):
    rendered(written(tmp_path, request()))
    (tmp_path / "requests" / "platform.yaml").unlink()
    assert review_files(read_requests(tmp_path), ["lending"]) == {}


def test_a_product_whose_owner_does_not_review_is_refused(tmp_path):
    written(tmp_path, request())
    assert problems(tmp_path) == [], "before it is rendered, there is nothing to look at"
    rendered(tmp_path)
    assert problems(tmp_path, "lending") == []
    text = (tmp_path / FILE).read_text()
    (tmp_path / FILE).write_text(text.replace("json @example/customer-360\n", "json @example/somebody\n"))
    [found] = problems(tmp_path, "lending")
    assert found.startswith(
        "requests/lending.yaml:14: reads[0].product: its owner, @example/customer-360, is not among"
    )
    (tmp_path / FILE).unlink()
    assert len(problems(tmp_path, "lending")) == 2, "the product's owner and who pays"


def test_what_was_edited_or_is_old_is_said(tmp_path):
    rendered(written(tmp_path, request()))
    (tmp_path / "projects/lending/reviews/costs.json").write_text("{}")
    (tmp_path / RULESET).unlink()
    assert problems(tmp_path, "lending") == [
        ".github/ruleset.json: is older than requests/",
        "projects/lending/reviews/costs.json: is older than requests/",
    ]
    rendered(tmp_path)
    written(tmp_path, request(reads=[]))
    assert problems(tmp_path, "lending") == ["projects/lending/reviews/reads/customer-360.json: is no longer asked for"]


def test_a_rule_below_the_block_takes_over(tmp_path):
    rendered(written(tmp_path, request()))
    with (tmp_path / FILE).open("a") as file:
        file.write("\n# all of us\n* @example/everybody\n")
    assert owners(tmp_path, "projects/lending/reviews/costs.json") == ["@example/everybody"]
    assert problems(tmp_path, "lending") == [
        ".github/CODEOWNERS: '* @example/everybody' stands below the generated block"
    ]
    rendered(tmp_path)
    assert owners(tmp_path, "projects/lending/reviews/costs.json") == ["finance@example.com"]
    assert owners(tmp_path, "README.md") == ["@example/everybody"]
    assert problems(tmp_path, "lending") == []


def test_a_team_of_another_organisation_owns_nothing_here(tmp_path):
    platform = {**PLATFORM, "team": {**PLATFORM["team"], "reviewers": ["@Example/ml", "@alice", "@other/ml"]}}
    written(tmp_path, platform=platform)
    [found] = problems(tmp_path)
    assert "team.reviewers[2]: '@other/ml' is a team of another organisation than example" in found


@pytest.mark.parametrize(
    "reviewer", ["example/ml", "ml@example.com", "@example/ml platform", "@", "@a/b/c", "@ex*mple/x", ""]
)
def test_what_is_no_handle_is_refused(tmp_path, reviewer):
    platform = {**PLATFORM, "team": {**PLATFORM["team"], "reviewers": [reviewer]}}
    found = read_requests(written(tmp_path, platform=platform))
    assert any("team.reviewers" in each.line for each in found.problems)


@given(st.text(st.sampled_from("ab@/#* \n"), max_size=60))
def test_the_block_is_there_once_whatever_stands_beside_it(text):
    once = with_block(text, "/requests/ @example/ml\n")
    assert with_block(once, "/requests/ @example/ml\n") == once
    assert once.count("# BEGIN azure-mlplatform") == 1
    assert once.endswith("# END azure-mlplatform\n")
    other = with_block(once, "/projects/ @example/ml\n")
    assert "/requests/ @example/ml\n" not in other.removeprefix(text)


def test_a_block_without_its_end_is_replaced(tmp_path):
    assert with_block("a\n# BEGIN azure-mlplatform\n/x @y\n", "/z @y\n").count("@y") == 1
