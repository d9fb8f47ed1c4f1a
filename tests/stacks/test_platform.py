"""The platform team's program, on files of its own."""

import datetime
import shutil
from pathlib import Path

import pytest
import yaml

from azure_mlplatform.plan import run_stack
from azure_mlplatform.settings import ProblemsError

ROOT = Path(__file__).parents[2]
TODAY = datetime.date(2026, 11, 25)
FPGA = {"name": "fpga", "vm_size": "Standard_NP10s", "accelerator": "fpga", "max_nodes": 1}


@pytest.fixture
def repository(tmp_path):
    """The reference project, and the one that tests it under stress, in a repository of their own."""
    shutil.copytree(ROOT / "stacks", tmp_path / "stacks")
    shutil.copytree(ROOT / "projects" / "stress-test", tmp_path / "projects" / "stress-test")
    for file in ROOT.glob("Pulumi*.yaml"):
        shutil.copy(file, tmp_path)
    return tmp_path


def change(file, key, value):
    data = yaml.safe_load(file.read_text())
    found = data["config"]
    *parents, last = f"azure-mlplatform:{key}".split(".")
    for part in parents:
        found = found[part]
    found[last] = value
    file.write_text(yaml.safe_dump(data))


def problems(repository, today=TODAY):
    try:
        run_stack(repository / "projects" / "stress-test", "prod", today=today)
    except ProblemsError as error:
        return [str(each) for each in error.problems]
    return []


def place(repository, key):
    file = repository / "projects" / "stress-test" / "Pulumi.prod.yaml"
    lines = file.read_text().splitlines()
    return f"Pulumi.prod.yaml:{next(number for number, line in enumerate(lines, 1) if key in line)}"


def test_pools_follow_the_project_without_a_change_here(repository):
    def sizes():
        plan = run_stack(repository / "projects" / "stress-test", "prod", today=TODAY)
        return {each.input("agentPoolName"): each.input("vmSize") for each in plan.of_type("AgentPool")}

    assert sizes() == {"cpu": "Standard_D4ds_v5", "gpu": "Standard_NC24ads_A100_v4"}
    pool = {"name": "gpu", "vm_size": "Standard_NC40ads_H100_v5", "accelerator": "gpu"}
    change(repository / "Pulumi.prod.yaml", "inference.aks.pools", [pool])
    change(repository / "Pulumi.prod.yaml", "inference.aks.vcpu_quota", {})
    change(repository / "Pulumi.prod.yaml", "inference.aks.cpu", {"vm_size": "Standard_D8ds_v5"})
    assert sizes() == {"cpu": "Standard_D8ds_v5", "gpu": "Standard_NC40ads_H100_v5"}


def test_a_difference_names_pool_and_field_with_file_and_line(repository):
    own = repository / "projects" / "stress-test" / "Pulumi.prod.yaml"
    pool = {"name": "gpu", "vm_size": "Standard_NC48ads_A100_v4", "accelerator": "gpu"}
    change(own, "inference.aks.pools", [pool])
    [problem] = problems(repository)
    assert problem == (
        f"{place(repository, 'vm_size: Standard_NC48')}: azure-mlplatform:inference.aks.pools[0].vm_size: vm_size of "
        "pool gpu is 'Standard_NC48ads_A100_v4' in this stack, and 'Standard_NC24ads_A100_v4' in ../..\n"
        "    Make them equal, or give each project its own cluster for stress tests"
    )


def test_a_project_that_is_not_there_is_said_with_file_and_line(repository):
    change(repository / "projects" / "stress-test" / "Pulumi.prod.yaml", "stress_tests", ["../..", "../none"])
    [problem] = problems(repository)
    assert problem.startswith(
        f"{place(repository, '../none')}: azure-mlplatform:stress_tests[1]: ../none is not a Pulumi project"
    )


def test_what_prod_has_may_be_impossible_here(repository):
    """The region and the clock are judged with prod's pools."""
    change(repository / "Pulumi.prod.yaml", "inference.aks.pools", [FPGA])
    change(repository / "Pulumi.prod.yaml", "inference.aks.vcpu_quota", {})
    assert problems(repository) == []
    [retired] = problems(repository, datetime.date(2027, 6, 1))
    assert "Standard_NP10s was retired on 2027-05-31" in retired
    change(repository / "projects" / "stress-test" / "Pulumi.prod.yaml", "location", "norwayeast")
    [elsewhere] = problems(repository)
    assert "Standard_NP10s is not available in norwayeast" in elsewhere


def test_the_platforms_keys_are_refused_in_a_project(repository):
    change(repository / "Pulumi.prod.yaml", "stress_tests", ["projects/other"])
    with pytest.raises(ProblemsError, match="unknown key 'stress_tests'"):
        run_stack(repository, "prod", today=TODAY)
