import re

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from azure_mlplatform.foundation.naming import RULES, SHORT, SHORT_NAME, SUFFIX_LENGTH, Kind, azure_name
from azure_mlplatform.settings import AIServiceSettings, Environment, ProjectSettings

projects = st.from_regex(SHORT_NAME, fullmatch=True).filter(lambda name: len(name) <= 24)
parts = st.from_regex(SHORT_NAME, fullmatch=True).filter(lambda name: len(name) <= 20)
suffixes = st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=SUFFIX_LENGTH, max_size=SUFFIX_LENGTH)
LONGEST = "a" * 24
LONGEST_HYPHENED = "a-b-c-d-e-f-g-h-i-j-k-l1"
LONGEST_PART = "p" * 20


def part_for(kind: Kind, part: str) -> str:
    """Several of one kind are told apart only where the kind's names have room for it."""
    return part if RULES[kind].longest > 60 else ""


def suffix_for(kind: Kind, suffix: str) -> str:
    return suffix if RULES[kind].suffixed else ""


@pytest.mark.parametrize("kind", Kind)
@given(project=projects, environment=st.sampled_from(Environment), part=st.just("") | parts, suffix=suffixes)
@example(LONGEST, Environment.SANDBOX, LONGEST_PART, "zzzzzz")
@example(LONGEST_HYPHENED, Environment.PROD, LONGEST_PART, "000000")
def test_every_legal_project_gives_a_legal_name(kind, project, environment, part, suffix):
    rule = RULES[kind]
    name = azure_name(kind, project, environment, part_for(kind, part), suffix=suffix_for(kind, suffix))
    assert rule.shortest <= len(name) <= rule.longest
    assert re.fullmatch(rule.pattern, name)
    assert "--" not in name
    assert name.startswith(kind if rule.compact else f"{kind}-")
    assert not rule.compact or name.isalnum()


@given(project=projects, part=st.just("") | parts, suffix=suffixes, kind=st.sampled_from(Kind))
@example(LONGEST, LONGEST_PART, "zzzzzz", Kind.LOG_ANALYTICS)
def test_the_environments_of_a_project_share_no_name(project, part, suffix, kind):
    names = [
        azure_name(kind, project, each, part_for(kind, part), suffix=suffix_for(kind, suffix)) for each in Environment
    ]
    assert len(set(names)) == len(Environment)


@given(project=projects, part=parts, other=parts, suffix=suffixes, kind=st.sampled_from(Kind))
@example("a0", "a0", "a-0", "000000", Kind.LINKED_SERVICE)
def test_parts_tell_names_apart(project, part, other, suffix, kind):
    assume(part_for(kind, part))
    one, two = (
        azure_name(kind, project, Environment.DEV, each, suffix=suffix_for(kind, suffix)) for each in (part, other)
    )
    joint = "" if RULES[kind].compact else "-"
    assert (one == two) == (part.replace("-", joint) == other.replace("-", joint))


@given(project=projects, suffix=suffixes)
def test_a_suffix_stands_whole_at_the_end(project, suffix):
    for kind in (kind for kind in Kind if RULES[kind].suffixed):
        joint = "" if RULES[kind].compact else "-"
        name = azure_name(kind, project, Environment.PROD, suffix=suffix)
        assert name.endswith(f"{joint}{SHORT[Environment.PROD]}{joint}{suffix}")


def test_names_are_those_of_the_cloud_adoption_framework():
    assert azure_name(Kind.RESOURCE_GROUP, "churn", Environment.DEV) == "rg-churn-dev"
    assert azure_name(Kind.VIRTUAL_NETWORK, "churn", Environment.SANDBOX) == "vnet-churn-sbx"
    assert azure_name(Kind.PRIVATE_ENDPOINT, "churn", Environment.PROD, "docs") == "pep-churn-docs-prod"
    assert azure_name(Kind.LOG_ANALYTICS, "churn", Environment.TEST, suffix="abc123") == "log-churn-test-abc123"
    assert azure_name(Kind.STORAGE_ACCOUNT, "a-b", Environment.DEV, suffix="abc123") == "stabdevabc123"
    assert azure_name(Kind.KEY_VAULT, LONGEST_HYPHENED, Environment.PROD, suffix="abc123") == "kv-a-b-c-d-e-prod-abc123"


def test_only_the_project_is_shortened():
    name = azure_name(Kind.AI_SERVICE, LONGEST, Environment.PROD, "p" * 40, suffix="abc123")
    assert name == f"ais-{'a' * 7}-{'p' * 40}-prod-abc123"
    assert len(name) == RULES[Kind.AI_SERVICE].longest


@pytest.mark.parametrize(("kind", "suffix"), [(Kind.VIRTUAL_NETWORK, "abc123"), (Kind.AI_SERVICE, "")])
def test_a_suffix_stands_where_the_rule_asks_for_one(kind, suffix):
    with pytest.raises(ValueError, match="suffix"):
        azure_name(kind, "churn", Environment.DEV, suffix=suffix)


def test_an_illegal_part_is_refused():
    with pytest.raises(ValueError, match="not a valid RESOURCE_GROUP name"):
        azure_name(Kind.RESOURCE_GROUP, "churn", Environment.DEV, "a/b")


def test_lengths_here_are_those_of_the_settings():
    assert ProjectSettings.model_fields["name"].metadata[1].max_length == len(LONGEST)
    assert AIServiceSettings.model_fields["name"].metadata[1].max_length == len(LONGEST_PART)


@given(project=projects, environment=st.sampled_from(Environment), suffix=suffixes)
@example("analytics-dbfs", Environment.PROD, "abc123")
def test_the_storage_accounts_of_an_environment_share_no_name(project, environment, suffix):
    kinds = (Kind.STORAGE_ACCOUNT, Kind.LAKE, Kind.DATABRICKS_STORAGE)
    assert len({azure_name(kind, project, environment, suffix=suffix) for kind in kinds}) == len(kinds)


short_parts = st.from_regex(SHORT_NAME, fullmatch=True).filter(lambda name: len(name) <= 12)
SHORT_OF_ROOM = [Kind.ONLINE_ENDPOINT, Kind.WEB_APP, Kind.CONTAINER_APP]


@pytest.mark.parametrize("kind", SHORT_OF_ROOM)
@given(project=projects, environment=st.sampled_from(Environment), part=short_parts, other=short_parts, suffix=suffixes)
@example(LONGEST, Environment.SANDBOX, "p" * 12, "p" * 11 + "q", "zzzzzz")
def test_what_is_called_has_a_legal_name_of_its_own(kind, project, environment, part, other, suffix):
    """Endpoints and apps are told apart by names of up to 12 characters."""
    one, two = (azure_name(kind, project, environment, each, suffix=suffix_for(kind, suffix)) for each in (part, other))
    joint = "" if RULES[kind].compact else "-"
    assert (one == two) == (part.replace("-", joint) == other.replace("-", joint))
    assert len(one) <= RULES[kind].longest
    assert re.fullmatch(RULES[kind].pattern, one)
