"""The bench compares like with like: its bare script registers what the preview shows."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from azure_mlplatform.plan import run_stack

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def bench():
    specification = importlib.util.spec_from_file_location("bench", ROOT / "bench" / "bench.py")
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.mark.slow
def test_the_bare_script_registers_the_same(bench):
    plans = [run_stack(ROOT, stack) for stack in bench.STACKS]
    assert bench.same_resources(bench.bare_script(plans), plans) == []


@pytest.mark.slow
def test_the_bare_script_runs_by_itself(bench, tmp_path):
    script = tmp_path / "bare.py"
    script.write_text(bench.bare_script([run_stack(ROOT, stack) for stack in bench.STACKS]))
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_a_difference_would_be_seen(bench):
    plans = [run_stack(ROOT, stack) for stack in bench.STACKS]
    script = bench.bare_script(plans).replace("'rg-customer-360-churn-dev'", "'rg-other'")
    assert bench.same_resources(script, plans)


@pytest.mark.parametrize(
    ("key", "argument"),
    [("publicIPAllocationMethod", "public_ip_allocation_method"), ("resourceGroupName", "resource_group_name")],
)
def test_keys_are_written_as_in_python(bench, key, argument):
    assert bench._snake(key) == argument
