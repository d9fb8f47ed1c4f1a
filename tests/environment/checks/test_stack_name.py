import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azure_mlplatform.environment.checks.stack_name import WORDS, stack_name_violations
from azure_mlplatform.foundation.profiles import Environment

REASON = "A trial of the pipeline, ML-77"


def refused(stack, environment, reason=None):
    settings = {"environment": environment, "stack_name_reason": reason}
    return [each.path[0] for each in stack_name_violations(stack, settings)]


@pytest.mark.parametrize(
    ("stack", "word", "means"),
    [
        ("prod", "prod", ["prod"]),
        ("production", "production", ["prod"]),
        ("prd", "prd", ["prod"]),
        ("prod-eu", "prod", ["prod"]),
        ("eu.prod", "prod", ["prod"]),
        ("eu_Prod2", "prod", ["prod"]),
        ("euProd", "prod", ["prod"]),
        ("dev", "dev", ["dev"]),
        ("Development", "development", ["dev"]),
        ("test", "test", ["test"]),
        ("tst1", "tst", ["test"]),
        ("sandbox", "sandbox", ["sandbox"]),
        # A release is tested there, as it runs in production or not.
        ("staging", "staging", ["test", "prod"]),
        ("uat", "uat", ["test", "prod"]),
        ("pre-prod", "preprod", ["test", "prod"]),
        ("preprod", "preprod", ["test", "prod"]),
        ("non_prod", "nonprod", ["sandbox", "dev", "test"]),
    ],
)
def test_a_stack_with_the_word_of_another_environment_is_refused(stack, word, means):
    for environment in Environment:
        found = list(stack_name_violations(stack, {"environment": environment.value}))
        assert bool(found) == (environment.value not in means)
        for each in found:
            assert each.path == ("environment",)
            assert each.what == f"the stack's name '{stack}' says {word}, but environment is '{environment}'"
            assert each.fix.startswith(f"Set environment: {' or '.join(means)}, give the stack another name")
            assert "stack_name_reason" in each.fix


@pytest.mark.parametrize(
    "stack",
    ["eu", "blue", "x", "weu-1", "reproduce", "devops", "latest", "contest", "product", "stress-test", "loadTest"],
)
@pytest.mark.parametrize("environment", Environment)
def test_a_name_without_such_a_word_says_nothing(stack, environment):
    assert refused(stack, environment) == []


def test_every_word_counts():
    assert refused("prod-copy-for-dev", "dev") == ["environment"]
    assert refused("dev-test", "dev") == ["environment"]


def test_a_reason_allows_it_and_is_refused_where_there_is_nothing_to_allow():
    assert refused("prod", "dev", REASON) == []
    assert refused("dev", "dev", REASON) == ["stack_name_reason"]
    assert refused("eu", "dev", REASON) == ["stack_name_reason"]


@pytest.mark.parametrize("environment", [None, "production", 3, ["dev"]])
def test_a_wrong_environment_is_said_elsewhere(environment):
    assert refused("prod", environment) == []


@given(st.text(max_size=20), st.sampled_from(list(Environment)))
def test_any_name_is_taken_apart(stack, environment):
    found = refused(stack, environment)
    if found:
        assert any(word in re.sub("[^a-z]", "", stack.lower()) for word in WORDS)


def test_every_environment_is_a_word_for_itself():
    for each in Environment:
        assert WORDS[each.value] == {each}
