"""Exports of stacks: what is read from them, and what is refused."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azure_mlplatform.foundation.problems import ProblemsError
from azure_mlplatform.plan.state import state_of

URN = "urn:pulumi:dev::churn::azure-native:network:VirtualNetwork::net"
SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "v1:abc"}


def export(*resources, version: object = 3, **more):
    return json.dumps({"version": version, "deployment": {"resources": list(resources), **more}})


def resource(**more):
    return {"urn": URN, "type": URN.split("::")[2], "custom": True, "id": "/subscriptions/s", **more}


def refused(text):
    with pytest.raises(ProblemsError) as error:
        state_of(text, "--against f")
    return str(error.value)


def test_what_a_state_says_of_a_resource():
    inputs = {"a": {"__defaults": [], "b": 2.0}, "key": SECRET, "c": [SECRET, 1.5]}
    [found] = state_of(export(resource(inputs=inputs, protect=True, propertyDependencies={"a": [URN]})), "f").resources
    assert found.inputs == {"a": {"b": 2}, "key": "[secret]", "c": ["[secret]", 1.5]}
    assert (found.name, found.protect, found.property_dependencies) == ("net", True, {"a": (URN,)})


def test_its_project_and_stack_stand_in_its_urns():
    state = state_of(export(resource()), "f")
    assert (state.project, state.stack) == ("churn", "dev")


def test_no_secret_is_kept():
    state = state_of(export(resource(inputs={"key": {**SECRET, "plaintext": '"hunter2"'}}, outputs={"k": SECRET})), "f")
    assert "hunter2" not in repr(state)
    assert "v1:abc" not in repr(state)


def test_what_was_under_way_is_said():
    pending = [{"resource": resource(), "type": "creating"}]
    assert state_of(export(resource(), pending_operations=pending), "f").pending == (f"creating {URN}",)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is not JSON"),
        ("-----BEGIN PGP MESSAGE-----", "is not JSON"),
        ("[]", "is not a stack's export"),
        ('{"version": 3, "checkpoint": {}}', "is a checkpoint of a backend"),
        (export(resource(), version=2), "has version 2"),
        (export(resource(), version=None), "has version None"),
        ('{"version": 3, "deployment": "djE6..."}', "is encrypted or damaged"),
        (export({"id": "x"}), "a resource has no URN or type"),
        (export(), "has no resources"),
        (export(resource(), resource(urn=URN.replace("dev", "prod"))), "mixes stacks: churn/dev, churn/prod"),
    ],
)
def test_what_is_refused(text, said):
    found = refused(text)
    assert said in found
    assert found.startswith("--against f: ")
    assert "\n    " in found, "nothing says what to do"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
DAMAGED = st.fixed_dictionaries(
    {"version": st.sampled_from([3, 4])},
    optional={
        "deployment": JSON
        | st.fixed_dictionaries(
            {
                "resources": st.lists(
                    st.fixed_dictionaries(
                        {"urn": st.just(URN) | JSON, "type": JSON},
                        optional=dict.fromkeys(("inputs", "outputs", "propertyDependencies", "ignoreChanges"), JSON),
                    ),
                    max_size=3,
                )
            },
            optional={"pending_operations": JSON},
        )
    },
)


@given(DAMAGED | JSON)
def test_whatever_is_given_is_read_or_refused(data):
    with contextlib.suppress(ProblemsError):
        assert state_of(json.dumps(data), "f").resources
