import datetime

import pytest

from azure_mlplatform.catalogue.private_link import PrivateService
from azure_mlplatform.settings import BatchJobSettings, BatchSettings, Encrypted, EnvironmentSettings
from azure_mlplatform.testing import example_settings
from support import programs
from support.violations import problems, refused

ACCOUNT = "/subscriptions/00000000-0000-0000-0000-00000000cafe/resourceGroups/rg/providers/Microsoft.Storage"
STORE = {"name": "sales", "storage_account_id": f"{ACCOUNT}/storageAccounts/stlake", "container": "curated"}
SCORES = {**STORE, "name": "scores", "container": "scores", "access": "write", "as_blobs": True}
WORKSPACE = {
    "network_mode": "own",
    "clusters": [{"name": "cpu", "vm_size": "Standard_D4ds_v4"}],
    "datastores": [STORE, SCORES],
}
DAILY = {"frequency": "Day", "at": ["04:00"], "time_zone": "UTC"}
JOB = {
    "name": "nightly",
    "schedule": DAILY,
    "input": {"store": "sales", "folder": "sales/{yyyy}/{MM}/{dd}"},
    "output": {"store": "scores", "folder": "daily"},
}
BLOB = {"store": "sales", "folder": "incoming", "suffix": ".csv"}
ARRIVED = {"name": "arrived", "blob_created": BLOB, "output": {"folder": "arrived"}}
WINDOW = {"name": "window", "deployment": "pipeline", "schedule": DAILY, "output": {"folder": "w"}}
LEGACY = {**WINDOW, "mode": "published_pipeline", "published_pipeline_id": "00000000-0000-0000-0000-0000000000b1"}
LEGACY.pop("deployment")
BATCH = {"compute": "cpu", "jobs": [JOB]}
CLUSTER = {"name": "batch", "vm_size": "Standard_D4ds_v4"}
FACTORY = (
    "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg/providers/Microsoft.DataFactory"
    "/factories/adf-shared"
)


MAIL = ["ml@example.com"]
ON_CALL = f"{ACCOUNT.replace('Storage', 'Insights')}/actionGroups/ag"
BY_BLOB = programs.BY_BLOB.format("arrived")


def without(data, *keys):
    return {key: value for key, value in data.items() if key not in keys}


@pytest.mark.parametrize(
    ("data", "paths"),
    [
        (JOB, []),
        (ARRIVED, []),
        (WINDOW, []),
        (LEGACY, []),
        ({**JOB, "blob_created": BLOB}, []),
        (without(JOB, "schedule", "input"), ["schedule"]),
        (without(JOB, "schedule"), ["schedule", "input"]),
        (without(JOB, "input"), ["input"]),
        (without(JOB, "output"), ["output"]),
        ({**WINDOW, "blob_created": BLOB}, ["blob_created"]),
        ({**JOB, "name": "A"}, ["name"]),
        ({**JOB, "name": "a" * 13}, ["name"]),
        ({**JOB, "retries": 6}, ["retries"]),
        ({**JOB, "retries": -1}, ["retries"]),
        ({**JOB, "retries": 0}, []),
        ({**JOB, "retry_interval_seconds": 29}, ["retry_interval_seconds"]),
        ({**JOB, "retry_interval_seconds": 86401}, ["retry_interval_seconds"]),
        ({**JOB, "timeout_minutes": 9}, ["timeout_minutes"]),
        ({**JOB, "timeout_minutes": 10081}, ["timeout_minutes"]),
        ({**JOB, "poll_seconds": 5}, ["poll_seconds"]),
        ({**JOB, "poll_seconds": 600, "timeout_minutes": 10}, ["poll_seconds"]),
        ({**JOB, "poll_seconds": 599, "timeout_minutes": 10}, []),
        ({**JOB, "expected_within_hours": 23}, ["expected_within_hours"]),
        ({**JOB, "expected_within_hours": 24}, []),
        ({**JOB, "poll_seconds": 9}, ["poll_seconds"]),
        ({**JOB, "poll_seconds": 3601}, ["poll_seconds"]),
        ({**JOB, "concurrency": 0}, ["concurrency"]),
        ({**JOB, "concurrency": 51}, ["concurrency"]),
        ({**JOB, "expected_within_hours": 0}, ["expected_within_hours"]),
        ({**JOB, "expected_within_hours": 49}, ["expected_within_hours"]),
        ({**JOB, "input": {"store": "Sales", "folder": "a"}}, ["input.store"]),
        ({**JOB, "input": {"store": "sales", "folder": "a/{day}"}}, ["input.folder"]),
        ({**JOB, "input": {"store": "sales", "folder": "a/{yyyy"}}, ["input.folder"]),
        ({**JOB, "input": {"store": "sales", "folder": "a/{yyyy}/{mm}"}}, ["input.folder"]),
        ({**JOB, "input": {"store": "sales", "folder": "a/{HH}/{mm}"}}, []),
        ({**ARRIVED, "blob_created": {**BLOB, "suffix": ".{yyyy}"}}, ["blob_created.suffix"]),
        ({**JOB, "input": {"store": "sales", "folder": "/a"}}, ["input.folder"]),
        ({**JOB, "input": {"store": "sales", "folder": "a/../b"}}, ["input.folder"]),
        ({**JOB, "output": {"folder": "a/{yyyy}"}}, ["output.folder"]),
        ({**ARRIVED, "blob_created": {**BLOB, "folder": "/incoming"}}, ["blob_created.folder"]),
        ({**ARRIVED, "blob_created": {**BLOB, "folder": "in*"}}, ["blob_created.folder"]),
        *(
            ({**ARRIVED, "blob_created": {**BLOB, "suffix": each}}, ["blob_created.suffix"])
            for each in ("*.csv", "a?.csv", "a/b.csv", "a b.csv")
        ),
        ({**ARRIVED, "blob_created": {"folder": "incoming"}}, ["blob_created.store"]),
        ({**ARRIVED, "blob_created": {"container": "curated"}}, ["blob_created.store", "blob_created.container"]),
        ({**JOB, "mode": "published_pipeline"}, ["published_pipeline_id"]),
        ({**LEGACY, "published_pipeline_id": "churn"}, ["published_pipeline_id"]),
        ({**LEGACY, "deployment": "model"}, ["deployment"]),
        ({**JOB, "published_pipeline_id": "00000000-0000-0000-0000-0000000000b1"}, ["published_pipeline_id"]),
        ({**JOB, "schedule": {**DAILY, "time_zone": "Mars"}, "retries": 9}, ["schedule.time_zone", "retries"]),
    ],
)
def test_a_job_that_cannot_be_is_refused_where_it_stands(data, paths):
    assert sorted(refused(BatchJobSettings, data)) == sorted(paths)


def test_a_job_that_nothing_starts_is_told_of_both_ways():
    [problem] = problems(BatchJobSettings, without(JOB, "schedule", "input"))
    assert problem.what == "nothing starts nightly: neither schedule nor blob_created is given"
    assert "Add schedule: {frequency: Day" in problem.fix
    assert "blob_created: {store:" in problem.fix


@pytest.mark.parametrize(
    ("data", "paths"),
    [
        (BATCH, []),
        ({"jobs": [JOB], "cluster": CLUSTER}, []),
        ({"jobs": [JOB]}, ["compute"]),
        ({**BATCH, "cluster": CLUSTER}, ["compute"]),
        ({"jobs": [JOB], "cluster": {**CLUSTER, "max_nodes": 0}}, ["cluster.max_nodes"]),
        ({"jobs": [JOB], "cluster": {**CLUSTER, "vm_size": "Standard_X"}}, ["cluster.vm_size"]),
        ({**BATCH, "jobs": []}, ["jobs"]),
        ({**BATCH, "jobs": [JOB, JOB]}, ["jobs[1].name"]),
        ({**BATCH, "data_factory_id": FACTORY}, []),
        ({**BATCH, "data_factory_id": "adf-shared"}, ["data_factory_id"]),
        ({**BATCH, "data_factory_id": FACTORY, "integration_runtime": "ir-own"}, []),
        ({**BATCH, "data_factory_id": FACTORY, "integration_runtime": "my runtime"}, ["integration_runtime"]),
        ({**BATCH, "integration_runtime": "ir-own"}, ["integration_runtime"]),
        ({**BATCH, "alerts": {"action_group_ids": [f"{ON_CALL}{each}" for each in range(5)]}}, []),
        (
            {**BATCH, "alerts": {"action_group_ids": [f"{ON_CALL}{each}" for each in range(6)]}},
            ["alerts.action_group_ids"],
        ),
        (
            {**BATCH, "alerts": {"emails": MAIL, "action_group_ids": [f"{ON_CALL}{each}" for each in range(5)]}},
            ["alerts.action_group_ids"],
        ),
        ({**BATCH, "alerts": {"emails": MAIL, "action_group_ids": [f"{ON_CALL}{each}" for each in range(4)]}}, []),
        (
            {**BATCH, "data_factory_id": FACTORY, "jobs": [{**JOB, "expected_within_hours": 24}]},
            ["jobs[0].expected_within_hours"],
        ),
        ({**BATCH, "orchestrator": "synapse"}, []),
        ({**BATCH, "orchestrator": "airflow"}, ["orchestrator"]),
        ({**BATCH, "orchestrator": "synapse", "start_triggers": True}, ["start_triggers"]),
        ({**BATCH, "orchestrator": "synapse", "approve_connections": True}, ["approve_connections"]),
        ({**BATCH, "orchestrator": "synapse", "data_factory_id": FACTORY}, ["data_factory_id"]),
        ({**BATCH, "data_factory_id": FACTORY, "approve_connections": True}, ["approve_connections"]),
        ({**BATCH, "alerts": {"emails": ["a@b.example", "A@b.example"]}}, ["alerts.emails[1]"]),
        ({**BATCH, "alerts": {"action_group_ids": [ON_CALL, ON_CALL]}}, ["alerts.action_group_ids[1]"]),
        ({**BATCH, "alerts": {}}, ["alerts.emails"]),
        ({**BATCH, "alerts": {"emails": ["nobody"]}}, ["alerts.emails[0]"]),
        ({**BATCH, "alerts": {"action_group_ids": ["ag"]}}, ["alerts.action_group_ids[0]"]),
        ({**BATCH, "alerts": {"emails": ["a@example.com"], "severity": 5}}, ["alerts.severity"]),
        ({**BATCH, "compute": "x", "jobs": [{**JOB, "retries": 9}, ARRIVED]}, ["jobs[0].retries"]),
    ],
)
def test_batches_that_cannot_be_are_refused_where_it_stands(data, paths):
    assert sorted(refused(BatchSettings, data)) == sorted(paths)


def environment(batch=None, kind="dev", **changes):
    settings = example_settings(kind).model_dump(mode="json", exclude_defaults=True)
    return {**settings, "workspace": WORKSPACE, "batch": {**BATCH, **(batch or {})}, **changes}


@pytest.mark.parametrize(
    ("data", "paths"),
    [
        (environment(), []),
        (environment({"compute": "gpu"}), ["batch.compute"]),
        (environment({"jobs": [{**JOB, "input": {"store": "x", "folder": "a"}}]}), ["batch.jobs[0].input.store"]),
        (
            environment({"jobs": [{**ARRIVED, "blob_created": {"store": "workspaceblobstore"}}]}),
            ["batch.jobs[0].blob_created.store"],
        ),
        (
            environment({"jobs": [{**JOB, "output": {"store": "sales", "folder": "a"}}]}),
            ["batch.jobs[0].output.store"],
        ),
        (environment({"jobs": [{**JOB, "output": {"store": "x", "folder": "a"}}]}), ["batch.jobs[0].output.store"]),
        (environment({"orchestrator": "synapse"}), ["batch.orchestrator"]),
        (environment({"orchestrator": "synapse"}, synapse={"pools": [{"name": "spark"}]}), []),
        (environment({"data_factory_id": FACTORY}), []),
        (
            environment({"data_factory_id": FACTORY.replace("00000001/", "00000009/", 1)}),
            ["batch.data_factory_id"],
        ),
        (environment({"data_factory_id": FACTORY}, subscription_id=Encrypted()), []),
        (environment({"compute": Encrypted()}), []),
        (without(environment(), "workspace"), ["batch"]),
        (
            environment() | {"batch": {"jobs": [JOB], "cluster": {**CLUSTER, "name": "CPU"}}},
            ["batch.cluster.name"],
        ),
    ],
)
def test_what_does_not_fit_the_environment_is_refused_where_it_stands(data, paths):
    assert sorted(refused(EnvironmentSettings, data)) == sorted(paths)


def test_a_cluster_whose_name_nobody_can_read_is_not_judged():
    hidden = {**WORKSPACE, "clusters": [{"name": Encrypted(), "vm_size": "Standard_DS3_v2"}]}
    assert refused(EnvironmentSettings, environment(workspace=hidden)) == []
    own = environment(workspace=hidden) | {"batch": {"jobs": [JOB], "cluster": {**CLUSTER, "name": Encrypted()}}}
    assert refused(EnvironmentSettings, own) == []


def test_a_lake_that_a_batch_endpoint_cannot_write_to_is_answered_with_the_way():
    lake = {**WORKSPACE, "datastores": [STORE, without(SCORES, "as_blobs")]}
    [problem] = problems(EnvironmentSettings, environment(workspace=lake))
    assert problem.path == ("batch", "jobs", 0, "output", "store")
    assert problem.what == "a batch endpoint writes to Blob datastores only, but 'scores' is a lake datastore"
    assert (
        refused(EnvironmentSettings, environment({"jobs": [{**LEGACY, "output": JOB["output"]}]}, workspace=lake)) == []
    )


@pytest.mark.parametrize(
    ("watched", "changes", "loops"),
    [
        ({}, {}, True),
        ({"folder": "in"}, {}, False),
        ({"folder": "ou"}, {}, False),
        ({"folder": "out"}, {}, True),
        ({"folder": "out/deeper"}, {}, False),
        ({"suffix": ".csv"}, {}, True),
        ({"suffix": ".parquet"}, {}, False),
        ({"suffix": ".parquet"}, {"deployment": "pipeline"}, True),
        ({"store": "sales"}, {}, False),
        ({"store": "again"}, {}, True),
        ({}, {"output": {"folder": "out"}}, False),
    ],
)
def test_scores_that_would_start_their_own_job_are_refused(watched, changes, loops):
    again = {**SCORES, "name": "again", "storage_account_id": SCORES["storage_account_id"].upper(), "access": "read"}
    again["storage_account_id"] = SCORES["storage_account_id"].replace("stlake", "STLAKE")
    output = {"store": "scores", "folder": "out"}
    job = {"name": "loop", "blob_created": {"store": "scores", **watched}, "output": output, **changes}
    data = environment({"jobs": [job]}, workspace={**WORKSPACE, "datastores": [STORE, SCORES, again]})
    assert refused(EnvironmentSettings, data) == (["batch.jobs[0].output.folder"] if loops else [])


def test_jobs_that_start_each_other_without_end_are_refused():
    def job(name, watched, written):
        return {
            "name": name,
            "blob_created": {"store": "scores", "folder": watched},
            "output": {"store": "scores", "folder": written},
        }

    ring = environment({"jobs": [job("aa", "x", "y"), job("bb", "y", "z"), job("cc", "z", "x/deep"), JOB]})
    found = problems(EnvironmentSettings, ring)
    assert [each.path for each in found] == [("batch", "jobs", index, "output", "folder") for index in range(3)]
    assert found[0].what == "the job's output triggers bb, cc, whose output triggers the job again (endless loop)"
    chain = environment({"jobs": [job("aa", "x", "y"), job("bb", "y", "z"), job("cc", "z", "done")]})
    assert refused(EnvironmentSettings, chain) == []


def test_what_is_wrong_in_a_job_hides_nothing_of_the_others_or_the_environment():
    wrong = {**JOB, "retries": 99, "input": {"store": "nope", "folder": "a"}}
    data = environment({"compute": "gpu", "jobs": [wrong, {**JOB, "output": {"store": "sales", "folder": "b"}}]})
    assert sorted(refused(EnvironmentSettings, data)) == [
        "batch.compute",
        "batch.jobs[0].input.store",
        "batch.jobs[0].retries",
        "batch.jobs[1].name",
        "batch.jobs[1].output.store",
    ]
    sized = environment({"compute": "gpu"}, workspace={**WORKSPACE, "clusters": [{"name": "cpu", "vm_size": "x"}]})
    assert sorted(refused(EnvironmentSettings, sized)) == ["batch.compute", "workspace.clusters[0].vm_size"]
    nowhere = {**ARRIVED, "blob_created": {"folder": "incoming"}}
    unread = environment({"jobs": [nowhere, {**JOB, "input": {"store": "nope", "folder": "a"}}]})
    assert sorted(refused(EnvironmentSettings, unread)) == [
        "batch.jobs[0].blob_created.store",
        "batch.jobs[1].input.store",
    ]


@pytest.mark.parametrize(
    ("job", "what", "fix"),
    [
        (
            {**JOB, "input": {"store": "workspaceblobstore", "folder": "a"}},
            "workspaceblobstore is the workspace's own datastore, which is only for scores",
            "Declare its container in workspace.datastores, or use one of: sales, scores",
        ),
        (
            {**JOB, "input": {"store": "sale", "folder": "a"}},
            "there is no datastore 'sale'; did you mean 'sales'?",
            "Declare its container in workspace.datastores, or use one of: sales, scores",
        ),
        (
            {**JOB, "output": {"store": "score", "folder": "a"}},
            "there is no datastore 'score'; did you mean 'scores'?",
            "Allowed: workspaceblobstore, scores",
        ),
    ],
)
def test_a_store_that_is_meant_is_named(job, what, fix):
    [problem] = problems(EnvironmentSettings, environment({"jobs": [job]}))
    assert (problem.what, problem.fix) == (what, fix)


def test_an_undeclared_container_is_answered_with_those_that_are():
    data = environment({"jobs": [{**ARRIVED, "blob_created": {"store": "raw"}}]})
    [problem] = problems(EnvironmentSettings, data)
    assert problem.what == "there is no datastore 'raw'"
    assert problem.fix == "Declare its container in workspace.datastores, or use one of: sales, scores"


def test_the_clusters_of_batches_need_room_in_the_training_subnet():
    batch = {"jobs": [JOB], "cluster": {**CLUSTER, "max_nodes": 1000}}
    data = environment() | {"batch": batch}
    [problem] = problems(EnvironmentSettings, data)
    assert problem.path == ("network", "subnets", "training")
    assert "up to 1004 cluster nodes" in problem.what


def test_a_workspace_with_a_customers_key_has_no_batch_endpoints():
    key = {
        "key_vault_id": "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg/providers"
        "/Microsoft.KeyVault/vaults/kv-keys",
        "key_id": "https://kv-keys.vault.azure.net/keys/ml",
    }
    found = problems(EnvironmentSettings, environment({"jobs": [JOB, LEGACY]}, customer_managed_key=key))
    assert [each.path for each in found] == [("batch", "jobs", 0, "mode")]


@pytest.mark.parametrize(
    ("job", "hours"),
    [
        # A day, and two attempts of four hours with five minutes between them.
        (JOB, 33),
        ({**JOB, "retries": 0, "timeout_minutes": 60}, 25),
        ({**JOB, "retries": 0, "timeout_minutes": 1440}, 48),
        ({**JOB, "retries": 0, "timeout_minutes": 1441}, None),
        ({**JOB, "expected_within_hours": 26}, 26),
        (ARRIVED, None),
        ({**ARRIVED, "expected_within_hours": 6}, 6),
        ({**JOB, "schedule": {**DAILY, "frequency": "Week", "week_days": ["Monday"]}}, None),
    ],
)
def test_a_run_is_late_after_the_longest_gap_and_all_attempts(job, hours):
    assert BatchJobSettings.model_validate(job).expected_hours == hours


def test_what_is_right_and_should_be_known_is_said():
    settings = EnvironmentSettings.model_validate(environment({"jobs": [JOB, ARRIVED, {**LEGACY, "name": "old"}]}))
    today = datetime.date(2026, 1, 15)
    assert [each for each in settings.notices_on(today) if each.startswith("batch: ")] == [
        BY_BLOB,
        "batch: nobody is alerted to failed runs; set batch.alerts",
        "batch: old calls a pipeline of SDK version 1, which is legacy; use a batch endpoint",
    ]
    others = EnvironmentSettings.model_validate(environment({"approve_connections": False}))
    assert any("have them approved before the first run" in each for each in others.notices_on(today))
    neither = EnvironmentSettings.model_validate(environment({"approve_connections": False, "start_triggers": False}))
    assert not any("first run" in each for each in neither.notices_on(today))
    told = {"emails": ["a@example.com"]}
    by_blob = EnvironmentSettings.model_validate(environment({"jobs": [ARRIVED], "alerts": told}))
    said = [each for each in by_blob.notices_on(today) if each.startswith("batch: ")]
    assert said == [BY_BLOB, "batch: no alert is sent for late runs: arrived"]


def test_of_an_adopted_factory_it_is_said_that_no_late_run_is_told_of():
    late = "batch: no alert is sent for late runs: all jobs of an adopted factory"
    public = (
        "batch: adf-shared calls the workspace through its default integration runtime, which is public unless "
        "changed; set integration_runtime to use another"
    )
    for given, said in (({}, [public, late]), ({"integration_runtime": "ir-own"}, [late])):
        adopted = environment({"data_factory_id": FACTORY, "alerts": {"emails": MAIL}, **given})
        notices = EnvironmentSettings.model_validate(adopted).notices_on(datetime.date(2026, 1, 15))
        assert [each for each in notices if each.startswith("batch: ")] == said


def test_what_blobs_start_needs_the_same_rights_with_synapse():
    batch = {"orchestrator": "synapse", "jobs": [ARRIVED], "alerts": {"emails": ["a@example.com"]}}
    settings = BatchSettings.model_validate({**BATCH, **batch})
    assert list(settings.notices_on(datetime.date(2026, 1, 15))) == [
        BY_BLOB,
        "batch: no alert is sent for late runs: arrived",
    ]


def test_a_cluster_that_retires_and_a_time_that_is_skipped_are_told_on_the_day():
    at_night = {**JOB, "schedule": {**DAILY, "at": ["02:30"], "time_zone": "W. Europe Standard Time"}}
    batch = {"jobs": [at_night], "cluster": {**CLUSTER, "vm_size": "Standard_NC6"}}
    settings = EnvironmentSettings.model_validate(environment() | {"batch": batch})
    violations = list(settings.violations_on(datetime.date(2026, 1, 15)))
    assert {each.path for each in violations} == {
        ("batch", "cluster", "vm_size"),
        ("batch", "jobs", 0, "schedule", "at", 0),
    }
    later = {"jobs": [JOB], "cluster": {**CLUSTER, "vm_size": "Standard_DS3_v2"}}
    notices = list(BatchSettings.model_validate(later).notices_on(datetime.date(2028, 1, 15)))
    assert notices[0] == "compute batch: Standard_DS3_v2 retires on 2028-05-01; its successor is Standard_D4ds_v5"


def test_a_factory_of_its_own_has_a_private_endpoint():
    def services(more=None, **batch):
        return EnvironmentSettings.model_validate(environment(batch) | (more or {})).private_services

    assert PrivateService.DATA_FACTORY in services()
    assert PrivateService.DATA_FACTORY not in services(data_factory_id=FACTORY)
    synapse = {"synapse": {"pools": [{"name": "spark"}]}}
    assert PrivateService.DATA_FACTORY in services(synapse)
    assert PrivateService.DATA_FACTORY not in services(synapse, orchestrator="synapse")
