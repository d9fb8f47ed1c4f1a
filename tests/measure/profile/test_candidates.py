"""The candidates file: what is refused, with what is allowed."""

import pytest
from pydantic import ValidationError

from azure_mlplatform.foundation.problems import dotted, problems_of
from azure_mlplatform.measure.profile.candidates import Candidate, Candidates, Loss, Target

TARGET = {"bound_ms": 200, "expected_rate": 20, "peak_rate": 50}


def problems(data):
    with pytest.raises(ValidationError) as caught:
        Candidates.model_validate(data)
    return [(dotted(each.path), each.what) for each in problems_of(caught.value, Candidates, data=data)]


def test_the_shortest_file():
    found = Candidates.model_validate({"target": TARGET, "candidates": [{"name": "now", "deployment": "blue"}]})
    assert (found.target.percentile, found.target.survives, found.bounds.minutes) == (95, Loss.INSTANCE, 120)
    assert found.candidates[0].is_there
    assert found.target.bound == 0.2


def test_all_problems_at_once():
    data = {
        "target": {"bound_ms": 0, "expected_rate": 20, "peak_rate": 50, "percentil": 95},
        "candidates": [
            {"name": "small", "vm_size": "D2s"},
            {"name": "small", "instances": 0},
            {"name": "Big"},
        ],
        "region": "westeurop",
    }
    assert [where for where, _ in problems(data)] == [
        "target.bound_ms",
        "target.percentil",
        "candidates[0].vm_size",
        "candidates[1].instances",
        "candidates[2].name",
        "candidates[1].name",
        "region",
    ]


@pytest.mark.parametrize(
    ("candidate", "where", "what"),
    [
        (
            {"deployment": "blue", "workers": 4, "like": "green"},
            "candidates[0].deployment",
            "is measured as it is, and like, workers would change it",
        ),
        ({"batch": 8}, "candidates[0].body", "is missing: `batch` is 8"),
        ({"nodes": 3}, "candidates[0].node_size", "is missing"),
        ({"limits": {"cpu": "two"}}, "candidates[0].limits.cpu", "'two' is not allowed"),
        ({"limits": {"memory": "4GB"}}, "candidates[0].limits.memory", "'4GB' is not allowed"),
    ],
)
def test_what_a_candidate_cannot_be(candidate, where, what):
    data = {"target": TARGET, "candidates": [{"name": "it"} | candidate]}
    assert problems(data) == [(where, what)]


def test_instances_may_be_said_of_what_is_there():
    assert Candidate.model_validate({"name": "it", "deployment": "blue", "instances": 3}).is_there


@pytest.mark.parametrize(
    ("target", "where"),
    [({"peak_rate": 10}, "target.peak_rate"), ({"errors": 0}, "target.errors"), ({"zones": 1}, "target.zones")],
)
def test_targets_that_nothing_can_meet(target, where):
    assert [each for each, _ in problems({"target": TARGET | target, "candidates": [{"name": "it"}]})] == [where]


def test_a_deployment_is_named_once():
    same = [{"name": "a", "deployment": "blue"}, {"name": "b", "deployment": "blue"}]
    assert problems({"target": TARGET, "candidates": same}) == [
        ("candidates[1].deployment", "'blue' is also candidates[0]")
    ]


@pytest.mark.parametrize(
    ("survives", "instances", "required"),
    [("instance", 2, 100), ("instance", 5, 62.5), ("zone", 3, 75), ("zone", 4, 100), ("nothing", 1, 50)],
)
def test_what_a_loss_takes(survives, instances, required):
    assert Target.model_validate(TARGET | {"survives": survives}).required_rate(instances) == required
