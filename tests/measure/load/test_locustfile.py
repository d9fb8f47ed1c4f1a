"""What is written for Azure Load Testing: it is Python, Locust runs it, and it says that it is a closed loop."""

import ast
import os
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from azure_mlplatform.foundation.problems import ProblemsError
from azure_mlplatform.measure.load.locustfile import load_test
from azure_mlplatform.measure.load.target import Target
from support.raw_server import OK, serving

_URL = "https://churn.westeurope.inference.ml.azure.com/score?a=1"
_SECRET = "https://kv-load.vault.azure.net/secrets/endpoint-token"
_TOKEN = "eyJ0eXAi"
_VENV = Path(__file__).parents[3] / "build/locust/bin/python"
_LOCUST = [str(_VENV), "-m", "locust"] if _VENV.exists() else list(filter(None, [shutil.which("locust")]))

# Microsoft Learn, "Create a load test YAML configuration file", with the type of each; read 2026-11-28.
_KEYS = {
    "version": str,
    "testId": str,
    "displayName": str,
    "description": str,
    "testType": str,
    "testPlan": str,
    "engineInstances": int,
    "configurationFiles": list,
    "autoStop": dict,
    "env": list,
    "secrets": list,
    "subnetId": str,
}
_REQUIRED = {"version", "testId", "testType", "testPlan", "engineInstances"}


def files(target=None, **settings):
    target = target or Target(_URL, bodies=[b"[1]", b"\xff\x00"], headers={"azureml-model-deployment": "blue"})
    return load_test(target, **{"name": "churn-stress", "rate": 500, "seconds": 90, "engines": 4, **settings})


def test_the_configuration_has_azures_keys_and_types():
    made = files(token_secret=_SECRET, subnet_id="/subscriptions/s/subnets/load")
    found = yaml.safe_load(made["load-test.yaml"])
    assert set(found) >= _REQUIRED
    assert {key: type(value) for key, value in found.items()} == {key: _KEYS[key] for key in found}
    assert len(found["description"]) <= 100
    assert found["testPlan"] in made
    assert all(each in made for each in found["configurationFiles"])
    assert found["secrets"] == [{"name": "ENDPOINT_TOKEN", "value": _SECRET}]
    assert all(isinstance(each["value"], str) for each in found["env"])


def test_users_are_counted_for_each_engine_and_keep_the_rate():
    made = files()
    settings = {each["name"]: each["value"] for each in yaml.safe_load(made["load-test.yaml"])["env"]}
    users = int(settings["LOCUST_USERS"])
    pacing = next(
        ast.literal_eval(each.args[0])
        for each in ast.walk(ast.parse(made["locustfile.py"]))
        if isinstance(each, ast.Call) and isinstance(each.func, ast.Name) and each.func.id == "constant_pacing"
    )
    assert 4 * users / pacing == pytest.approx(500)
    assert settings["LOCUST_RUN_TIME"] == "90s"


def test_both_files_say_that_it_is_a_closed_loop():
    made = files()
    assert "A CLOSED LOOP" in (ast.get_docstring(ast.parse(made["locustfile.py"])) or "")
    assert made["load-test.yaml"].startswith("# A CLOSED LOOP")


def test_a_token_is_never_written():
    with pytest.raises(ProblemsError) as error:
        files(Target(_URL, token=lambda: "t0ken"))
    assert [each.path for each in error.value.problems] == [("token_secret",)]
    with pytest.raises(ProblemsError) as error:
        files(Target(_URL, headers={"Authorization": "Bearer t0ken"}), token_secret=_TOKEN)
    assert [each.path for each in error.value.problems] == [("token_secret",), ("headers", "Authorization")]
    assert _TOKEN not in str(error.value)
    assert "t0ken" not in str(error.value)


def test_all_that_is_wrong_comes_at_once():
    with pytest.raises(ProblemsError) as error:
        files(name="Churn!", rate=0, seconds=-1, engines=0)
    assert [each.path for each in error.value.problems] == [("name",), ("rate",), ("seconds",), ("engines",)]


@given(
    path=st.text("abc/-_.%20{}'\"", max_size=20),
    value=st.text("abc {}'\"\\", max_size=20),
    bodies=st.lists(st.binary(max_size=20), min_size=1, max_size=3),
    rate=st.floats(0.1, 10_000),
)
def test_any_target_gives_a_program_that_compiles(path, value, bodies, rate):
    made = files(Target(f"https://host/{path}".replace(" ", ""), bodies=bodies, headers={"x-note": value}), rate=rate)
    compile(made["locustfile.py"], "locustfile.py", "exec")
    yaml.safe_load(made["load-test.yaml"])


@pytest.mark.slow
@pytest.mark.skipif(not _LOCUST, reason="Locust is not here: python3 -m venv build/locust, and pip install locust")
def test_locust_runs_it(tmp_path):
    def answer(request):
        good = request.header("Authorization") == "Bearer t0ken" and request.header("x-version") == "blue"
        return OK if good else b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n"

    with serving(answer) as server:
        target = Target(f"http://127.0.0.1:{server.port}/score", bodies=[b"[1]", b"[2]"], headers={"x-version": "blue"})
        made = load_test(target, name="churn", rate=20, seconds=3, token_secret=_SECRET)
        for name, text in made.items():
            (tmp_path / name).write_text(text)
        settings = {each["name"]: each["value"] for each in yaml.safe_load(made["load-test.yaml"])["env"]}
        command = [*_LOCUST, "--headless", "-f", "locustfile.py", "--only-summary"]
        variables = {**os.environ, **settings, "ENDPOINT_TOKEN": "t0ken"}
        done = subprocess.run(command, cwd=tmp_path, env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert {each.body for each in server.requests} == {b"[1]", b"[2]"}
    assert {each.header("Content-Type") for each in server.requests} == {"application/json"}
    assert len(server.requests) > 20
