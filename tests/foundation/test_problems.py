from typing import Optional

import pytest

from azure_mlplatform.foundation.problems import Problem, ProblemsError, dotted, located, problems_of
from azure_mlplatform.parts.arguments import ComponentArgs, In
from azure_mlplatform.settings import EnvironmentSettings
from azure_mlplatform.testing import example_settings
from support.violations import problems


class Args(ComponentArgs):
    text: In[str]
    number: Optional[In[int]] = None
    several: Optional[dict[str, In[str]]] = None


def one(**changes):
    data = {**example_settings().model_dump(mode="json", exclude_unset=True), **changes}
    [problem] = problems(EnvironmentSettings, data)
    return problem


def test_a_problem_says_where_what_and_what_to_do():
    assert str(Problem(("network", "subnets", "aks"), "is wrong", "Mend it", "Pulumi.dev.yaml:3")) == (
        "Pulumi.dev.yaml:3: network.subnets.aks: is wrong\n    Mend it"
    )


def test_an_error_says_all_its_problems():
    error = ProblemsError([Problem(("a",), "x", "y"), Problem(("b", 0), "z", "")])
    assert str(error) == "a: x\n    y\nb[0]: z"


@pytest.mark.parametrize(
    ("changes", "what", "fix"),
    [
        ({"netwrok": 1}, "unknown key 'netwrok'", "Did you mean 'network'? Allowed: project, environment"),
        ({"zzz": "hunter2"}, "unknown key 'zzz'", "Allowed: project, environment"),
        ({"environment": "prd"}, "'prd' is not allowed", "Did you mean 'prod'? Allowed: sandbox, dev, test, prod"),
        ({"environment": 3}, "3 is not allowed", "Allowed: sandbox, dev, test, prod"),
        ({"tags": "a=b"}, "'a=b' is a text", "Expected keys and values"),
        ({"tags": {"a": 1}}, "1 is a number", "Expected a text, in quotes: '1'"),
        ({"tags": {"a": True}}, "true is a boolean", "Expected a text, in quotes: 'true'"),
        ({"budget": 5}, "5 is a number", "Expected keys and values"),
        ({"ai_services": 5}, "5 is a number", "Expected a list"),
        ({"location": None}, "has no value", "Expected a text"),
        ({"diagnostics": {"retention_days": 30.5}}, "30.5 is not a whole number", "Expected a whole number"),
        ({"diagnostics": {"retention_days": "long"}}, "'long' is a text", "Expected a whole number"),
        ({"diagnostics": {"retention_days": 9999}}, "9999: input should", "30 to 730"),
        ({"diagnostics": {"retention_days": True}}, "true is a boolean", "Expected a number"),
        ({"diagnostics": {"retention_days": "0500"}}, "'0500' is a number that readers", "Write 500, without quotes"),
        ({"diagnostics": {"retention_days": "5_00"}}, "'5_00' is a number that readers", "Write 500, without quotes"),
        ({"diagnostics": {"retention_days": "16:30"}}, "'16:30' is a text", "Expected a whole number"),
        (
            {"budget": {"amount": float("nan"), "contact_emails": ["ml@example.com"]}},
            "nan: input should be a finite number",
            "budget",
        ),
        ({"suffix": "ABC"}, "'ABC' is not allowed", "six characters"),
    ],
)
def test_a_message_says_what_is_allowed(changes, what, fix):
    problem = one(**changes)
    assert what.lower() in problem.what.lower()
    assert fix in problem.fix


def test_the_value_of_an_unknown_key_is_not_shown():
    assert "hunter2" not in str(one(zzz="hunter2"))


def test_a_missing_value_says_what_it_is_for():
    project = {**example_settings().project.model_dump(exclude_unset=True)}
    del project["owner_team"]
    problem = one(project=project)
    assert dotted(problem.path) == "project.owner_team"
    assert problem.fix == "The team that is responsible for the project, by its name in the organisation. Shape: <team>"


def test_the_members_of_a_union_give_one_problem():
    assert [str(each.path) for each in problems(Args, {"text": 3})] == ["('text',)"]
    assert [each.path for each in problems(Args, {"text": "a", "number": "x", "several": {"k": 3}})] == [
        ("number",),
        ("several", "k"),
    ]


def test_a_component_says_its_problems_itself():
    with pytest.raises(
        ProblemsError, match=r"Args: text: required, and missing[\s\S]*Args: nubmer: unknown key 'nubmer'"
    ):
        Args.model_validate({"nubmer": 1})


def test_a_secret_is_never_shown():
    data = {
        **example_settings().model_dump(mode="json"),
        "location": "hunter2",
        "suffix": "hunter22",
        "tags": {"a": "b" * 300},
    }
    with pytest.raises(ValueError) as error:  # noqa: PT011 - pydantic's error is one
        EnvironmentSettings.model_validate(data)
    found = problems_of(error.value, EnvironmentSettings, [("location",), ("suffix",)], data)  # type: ignore[arg-type]
    assert len(found) == 3
    assert "hunter2" not in "".join(map(str, found))
    assert "[secret]" in found[0].what


def test_a_problem_is_placed_at_the_nearest_line_there_is():
    files = {("a",): "f:1", ("a", "b"): "f:2"}
    found = [Problem(("a", "b", "c"), "", ""), Problem(("a", "x"), "", ""), Problem(("z",), "", "")]
    assert [each.file for each in located(found, files, "f")] == ["f:2", "f:1", "f"]


LONG = "hunter2" * 20


@pytest.mark.parametrize(
    ("changes", "hidden"),
    [
        ({"suffix": LONG}, ("suffix",)),
        ({"subscription_id": "hunter2"}, ("subscription_id",)),
        ({"budget": {"hunter2": 1, "amount": "hunter2"}}, ("budget",)),
        ({"environment": "hunter2"}, ("environment",)),
        (
            {
                "network": {
                    "address_space": ["10.20.0.0/22"],
                    "hub": {"vnet_id": "hunter2", "address_space": ["10.20.0.0/16"]},
                }
            },
            ("network", "hub"),
        ),
    ],
)
def test_what_was_decrypted_is_never_shown_wherever_it_is_refused(changes, hidden):
    data = {**example_settings().model_dump(mode="json", exclude_unset=True), **changes}
    with pytest.raises(ValueError) as error:  # noqa: PT011 - pydantic's error is one
        EnvironmentSettings.model_validate(data)
    found = problems_of(error.value, EnvironmentSettings, [hidden], data)  # type: ignore[arg-type]
    assert found
    assert "hunter2" not in "".join(map(str, found))
    assert "10.20.0.0/16" not in "".join(map(str, found))


@pytest.mark.parametrize(
    ("change", "meant"),
    [
        ({"subscriptionId": "x"}, "subscription_id"),
        ({"network": {"addressSpace": []}}, "address_space"),
        ({"network": {"address-space": []}}, "address_space"),
        ({"network": {"address_space": ["10.20.0.0/22"], "publicAccess": {}}}, "public_access"),
        ({"workspace": {"clusters": [{"name": "cpu", "vmSize": "x"}]}}, "vm_size"),
        ({"workspace": {"clusters": [{"name": "cpu", "VM size": "x"}]}}, "vm_size"),
        ({"workspace": {"clusters": [{"name": "cpu", "vm_size": "x", "maxNodes": 1}]}}, "max_nodes"),
        (
            {"ai_services": [{"name": "chat", "kind": "OpenAI", "deployments": [{"sku": "Global Standard"}]}]},
            "GlobalStandard",
        ),
    ],
)
def test_keys_and_choices_as_others_write_them_lead_to_ours(change, meant):
    data = {**example_settings().model_dump(mode="json", exclude_unset=True), **change}
    fixes = [each.fix for each in problems(EnvironmentSettings, data)]
    assert any(each.startswith(f"Did you mean '{meant}'? Allowed: ") for each in fixes), fixes
