import datetime

import pytest

from azure_mlplatform.catalogue.private_link import PrivateService
from azure_mlplatform.settings import EnvironmentSettings, SynapseSettings
from azure_mlplatform.testing import example_settings
from support.violations import problems, refused

GROUP = "00000000-0000-0000-0000-0000000000a1"
POOL = {"name": "spark"}
SYNAPSE = {"pools": [POOL]}
WORKSPACE = {"network_mode": "own", "clusters": [{"name": "cpu", "vm_size": "Standard_D4ds_v4"}]}
PROTECTED = {**SYNAPSE, "data_exfiltration_protection": True}


def pool(**changes):
    return {"pools": [{**POOL, **changes}]}


@pytest.mark.parametrize(
    ("data", "paths"),
    [
        (SYNAPSE, []),
        ({}, ["pools"]),
        ({"pools": []}, ["pools"]),
        ({"pools": [POOL, {"name": "Spark"}]}, ["pools[1].name"]),
        (pool(name="ab"), ["pools[0].name"]),
        (pool(name="abc"), []),
        (pool(name="a" * 15), []),
        (pool(name="a" * 16), ["pools[0].name"]),
        (pool(name="1spark"), ["pools[0].name"]),
        (pool(name="my-spark"), ["pools[0].name"]),
        (pool(node_size="XXXLarge"), ["pools[0].node_size"]),
        (pool(node_size="XXLarge"), []),
        (pool(min_nodes=2), ["pools[0].min_nodes"]),
        (pool(max_nodes=201), ["pools[0].max_nodes"]),
        (pool(min_nodes=200, max_nodes=200), []),
        (pool(min_nodes=11), ["pools[0].max_nodes"]),
        (pool(pause_minutes=4), ["pools[0].pause_minutes"]),
        (pool(pause_minutes=10081), ["pools[0].pause_minutes"]),
        (pool(pause_minutes=10080), []),
        (pool(spark_version="3.4"), ["pools[0].spark_version"]),
        (pool(spark_version="4.0"), ["pools[0].spark_version"]),
        ({**SYNAPSE, "administrators_group_id": "admins"}, ["administrators_group_id"]),
        ({**SYNAPSE, "sql_password": "x"}, ["sql_password"]),
        (
            {**pool(name="ab", pause_minutes=1), "administrators_group_id": "x"},
            ["administrators_group_id", "pools[0].name", "pools[0].pause_minutes"],
        ),
    ],
)
def test_what_cannot_be_is_refused_where_it_stands(data, paths):
    assert sorted(refused(SynapseSettings, data)) == sorted(paths)


@pytest.mark.parametrize(
    ("version", "what"),
    [
        ("3.3", "Spark 3.3 was retired on 2025-03-31"),
        ("3.4", "Spark 3.4 was retired on 2026-03-31"),
        ("4.0", "Synapse has no Spark '4.0'"),
    ],
)
def test_a_version_that_ended_is_refused_with_the_date(version, what):
    [problem] = problems(SynapseSettings, pool(spark_version=version))
    assert (problem.what, problem.fix) == (what, "Allowed: '3.5', or leave spark_version out")


def test_the_end_of_spark_is_told_and_then_refused():
    settings = example_settings("prod", synapse=SYNAPSE)
    last, after = datetime.date(2028, 10, 30), datetime.date(2028, 10, 31)
    assert list(settings.violations_on(last)) == []
    assert list(settings.notices_on(last)) == ["pool spark: Spark 3.5 retires on 2028-10-31"]
    assert list(settings.notices_on(datetime.date(2028, 8, 31))) == []
    [refusal] = settings.violations_on(after)
    assert refusal.path == ("synapse", "pools", 0, "spark_version")
    assert refusal.what == "Spark 3.5 was retired on 2028-10-31"
    assert list(settings.notices_on(after)) == []
    retired = example_settings("prod", synapse=SYNAPSE, retire={"reason": "the project ended"})
    assert list(retired.violations_on(after)) == []


def environment(kind="prod", **changes):
    base = example_settings(kind).model_dump(mode="json", exclude_unset=True)
    return {**base, **changes}


def project(name):
    return {**environment()["project"], "name": name}


@pytest.mark.parametrize(
    ("kind", "changes", "paths"),
    [
        ("prod", {"synapse": SYNAPSE}, []),
        ("prod", {"synapse": SYNAPSE, "workspace": WORKSPACE}, []),
        ("prod", {"synapse": PROTECTED}, []),
        ("prod", {"synapse": PROTECTED, "workspace": WORKSPACE}, ["synapse.pools[0].attach"]),
        (
            "prod",
            {"synapse": {**pool(attach=False), "data_exfiltration_protection": True}, "workspace": WORKSPACE},
            [],
        ),
        ("dev", {"synapse": {**SYNAPSE, "administrators_group_id": GROUP}}, []),
        ("sandbox", {"synapse": {**SYNAPSE, "administrators_group_id": GROUP}}, []),
        ("test", {"synapse": {**SYNAPSE, "administrators_group_id": GROUP}}, ["synapse.administrators_group_id"]),
        ("prod", {"synapse": {**SYNAPSE, "administrators_group_id": GROUP}}, ["synapse.administrators_group_id"]),
        ("prod", {"synapse": SYNAPSE, "project": project("ondemand-rides")}, ["project.name"]),
        ("prod", {"synapse": SYNAPSE, "project": project("rides-ondemand")}, ["project.name"]),
        ("prod", {"synapse": SYNAPSE, "project": project("rides-on-demand")}, []),
        ("prod", {"project": project("ondemand-rides")}, []),
        (
            "prod",
            {
                "synapse": SYNAPSE,
                "workspace": WORKSPACE,
                "network": {"address_space": ["10.20.0.0/22"], "subnets": {"endpoints": "10.20.3.128/28"}},
            },
            ["network.subnets.endpoints"],
        ),
    ],
)
def test_what_the_environment_cannot_hold_is_refused(kind, changes, paths):
    assert refused(EnvironmentSettings, environment(kind, **changes)) == paths


def test_nobody_administers_prod():
    synapse = {**SYNAPSE, "administrators_group_id": GROUP}
    [problem] = problems(EnvironmentSettings, environment(synapse=synapse))
    assert problem.what == ("in a prod environment no individual has access, not even as a Synapse administrator")
    assert GROUP not in str(problem)


def test_its_endpoints_are_named_in_zones_of_their_own():
    plain, synapse = (example_settings("prod", synapse=each) for each in (None, SYNAPSE))
    assert synapse.private_services == [PrivateService.SYNAPSE, PrivateService.LAKE]
    assert sorted(set(synapse.dns_zones) - set(plain.dns_zones)) == [
        "privatelink.blob.core.windows.net",
        "privatelink.dev.azuresynapse.net",
        "privatelink.dfs.core.windows.net",
        "privatelink.sql.azuresynapse.net",
    ]
