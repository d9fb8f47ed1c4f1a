import datetime

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from azure_mlplatform.catalogue.vm_sizes import Accelerator, size_names, vm_size
from azure_mlplatform.inference.aks.settings.allocatable import SIDECARS, for_workloads
from azure_mlplatform.inference.aks.settings.node_pools import NodePoolSettings, OsDisk, ServicePoolSettings
from support.violations import problems, refused

GPU = {"name": "gpu", "vm_size": "Standard_NC24ads_A100_v4", "accelerator": "gpu"}
FPGA = {"name": "fpga", "vm_size": "Standard_NP10s", "accelerator": "fpga"}
CPU = {"name": "more", "vm_size": "Standard_D8ds_v5"}
TODAY = datetime.date(2026, 11, 25)


def pool(**changes):
    return NodePoolSettings.model_validate({**GPU, **changes})


@pytest.mark.parametrize(
    ("data", "paths"),
    [
        (GPU, []),
        (FPGA, []),
        (CPU, []),
        ({**GPU, "name": "GPU"}, ["name"]),
        ({**GPU, "name": "1gpu"}, ["name"]),
        ({**GPU, "name": "thirteencharz"}, ["name"]),
        ({**GPU, "name": "cpu"}, ["name"]),
        ({**GPU, "accelerator": "none"}, ["accelerator"]),
        ({**GPU, "accelerator": "fpga"}, ["accelerator"]),
        ({**CPU, "accelerator": "gpu"}, ["accelerator"]),
        ({**FPGA, "accelerator": "gpu"}, ["accelerator"]),
        ({**GPU, "vm_size": "Standard_ND96isr_MI300X_v5"}, ["vm_size"]),
        ({**GPU, "vm_size": "Standard_NC24ads_A100_v5"}, ["vm_size"]),
        ({**GPU, "mig_profile": "MIG2g"}, []),
        ({**GPU, "mig_profile": "MIG5g"}, ["mig_profile"]),
        ({**GPU, "vm_size": "Standard_NC4as_T4_v3", "mig_profile": "MIG1g"}, ["mig_profile"]),
        ({**CPU, "mig_profile": "MIG1g"}, ["mig_profile"]),
        ({**GPU, "min_nodes": 3, "max_nodes": 2}, ["max_nodes"]),
        ({**GPU, "zones": ["1", "4"]}, ["zones[1]"]),
        ({**GPU, "zones": ["1", "1"]}, ["zones[1]"]),
        ({**GPU, "os_disk": "ephemeral"}, ["os_disk"]),
        ({**CPU, "os_disk": "ephemeral"}, []),
        ({**FPGA, "os_disk": "ephemeral"}, ["os_disk"]),
        ({**CPU, "max_pods": 10}, ["max_pods"]),
        ({**GPU, "vm_size": "Standard_NC96ads_A100_v4", "instances_per_node": 2}, []),
        ({**GPU, "vm_size": "Standard_NC96ads_A100_v4", "instances_per_node": 3}, ["instances_per_node"]),
        ({**CPU, "instances_per_node": 100}, ["instances_per_node"]),
        ({**FPGA, "device_resource": "amd.com/xilinx_u250_gen3x16_xdma_shell_2_1-0"}, []),
        ({**FPGA, "device_resource": "nvidia.com/gpu"}, ["device_resource"]),
        ({**GPU, "device_resource": "amd.com/x"}, ["device_resource"]),
        ({**GPU, "unencrypted_host_reason": "because"}, ["unencrypted_host_reason"]),
    ],
)
def test_what_cannot_be_is_refused_where_it_stands(data, paths):
    assert refused(NodePoolSettings, data) == paths


@pytest.mark.parametrize(
    ("size", "paths"),
    [
        ("Standard_D4ds_v5", []),
        ("Standard_D2ds_v5", ["vm_size"]),
        ("Standard_F4s_v2", ["vm_size"]),
        ("Standard_B4ms", ["vm_size"]),
        ("Standard_NC4as_T4_v3", ["vm_size"]),
    ],
)
def test_what_kubernetes_and_the_extension_run_on_is_large_enough(size, paths):
    assert refused(ServicePoolSettings, {"vm_size": size}) == paths


def test_messages_say_what_is_right():
    [problem] = problems(NodePoolSettings, {**GPU, "accelerator": "none"})
    assert problem.what == "accelerator is 'none', but a Standard_NC24ads_A100_v4 has A100 cards (gpu)"
    assert problem.fix.startswith("Set accelerator: gpu, or choose a size without one")
    [problem] = problems(NodePoolSettings, {**GPU, "vm_size": "Standard_NC24ads_A100_v5"})
    assert "did you mean 'Standard_NC24ads_A100_v4'?" in problem.what
    [problem] = problems(NodePoolSettings, {**GPU, "os_disk": "ephemeral"})
    assert "256 GiB does not fit on the local disk of Standard_NC24ads_A100_v4: 64 GiB" in problem.what


@pytest.mark.parametrize(
    ("changes", "devices", "instances", "limits"),
    [
        ({}, 1, 1, {"nvidia.com/gpu": 1}),
        ({"vm_size": "Standard_NC96ads_A100_v4"}, 4, 4, {"nvidia.com/gpu": 1}),
        ({"vm_size": "Standard_NC96ads_A100_v4", "instances_per_node": 2}, 4, 2, {"nvidia.com/gpu": 2}),
        ({"mig_profile": "MIG1g"}, 7, 7, {"nvidia.com/gpu": 1}),
        ({"vm_size": "Standard_ND96asr_v4", "mig_profile": "MIG3g"}, 16, 16, {"nvidia.com/gpu": 1}),
        ({"vm_size": "Standard_NV12ads_A10_v5"}, 1, 1, {"nvidia.com/gpu": 1}),
        ({**CPU, "accelerator": "none"}, 0, 4, {}),
        ({**FPGA}, 1, 1, {}),
        ({**FPGA, "vm_size": "Standard_NP40s", "device_resource": "amd.com/x"}, 4, 4, {"amd.com/x": 1}),
    ],
)
def test_an_instance_gets_its_part_of_the_devices(changes, devices, instances, limits):
    made = pool(**changes)
    assert (made.devices, made.instances) == (devices, instances)
    instance = made.instance_type()
    assert instance is not None
    assert instance.devices == limits
    assert instance.node_selector == {"kubernetes.azure.com/agentpool": made.name}
    prefixed = made.instance_type("churn-")
    assert prefixed is not None
    assert prefixed.name == f"churn-{made.name}"


@given(st.sampled_from(size_names()), st.integers(1, 8), st.integers(30, 110))
def test_as_many_instances_as_it_says_really_fit_a_node(name, instances, pods):
    size = vm_size(name)
    assert size is not None
    data = {
        "name": "p",
        "vm_size": name,
        "accelerator": size.accelerator.value,
        "max_pods": pods,
        "instances_per_node": instances,
    }
    assume(refused(NodePoolSettings, data) == [])
    made = NodePoolSettings.model_validate(data).instance_type()
    assert made is not None
    room = for_workloads(size, pods)
    assert room.holds(made.room.and_also(SIDECARS).times(instances))
    assert not room.holds(made.room.and_also(SIDECARS).times(instances + 1)) or min(made.room) < 2 * instances


@pytest.mark.parametrize(
    ("changes", "disk", "gib"),
    [
        ({}, OsDisk.MANAGED, 256),
        ({"vm_size": "Standard_NC16as_T4_v3"}, OsDisk.EPHEMERAL, 256),
        ({"vm_size": "Standard_NC4as_T4_v3"}, OsDisk.MANAGED, 256),
        ({"vm_size": "Standard_NC4as_T4_v3", "os_disk_gib": 128}, OsDisk.EPHEMERAL, 128),
        ({**CPU, "accelerator": "none"}, OsDisk.EPHEMERAL, 128),
        ({**CPU, "accelerator": "none", "vm_size": "Standard_D8s_v5"}, OsDisk.MANAGED, 128),
        (FPGA, OsDisk.MANAGED, 256),
    ],
)
def test_the_disk_is_the_hosts_where_it_fits(changes, disk, gib):
    made = pool(**changes)
    assert (made.disk, made.disk_gib) == (disk, gib)


@pytest.mark.parametrize(("least", "most", "nodes"), [(None, None, (0, 4)), (2, None, (2, 5)), (0, 1, (0, 1))])
def test_nodes_are_few_by_default(least, most, nodes):
    made = pool(min_nodes=least, max_nodes=most)
    assert (made.least, made.most) == nodes


@pytest.mark.parametrize(("most", "surge"), [(1, 1), (10, 1), (11, 2), (30, 3)])
def test_an_upgrade_adds_a_tenth_and_never_accelerators(most, surge):
    assert NodePoolSettings.model_validate(CPU).surge(most) == surge
    assert pool().surge(most) == 0


def test_fpgas_are_where_they_are_and_until_they_go():
    fpga = NodePoolSettings.model_validate(FPGA)
    assert list(fpga.region_violations("westeurope")) == []
    [refusal] = fpga.region_violations("northeurope")
    assert "westeurope" in refusal.fix
    assert list(fpga.violations_on(datetime.date(2027, 5, 30))) == []
    [refusal] = fpga.violations_on(datetime.date(2027, 5, 31))
    assert "retired on 2027-05-31" in refusal.what
    assert "Standard_NC24ads_A100_v4" in refusal.fix
    assert list(pool().region_violations("northeurope")) == []


@pytest.mark.parametrize(
    ("data", "plugins", "texts"),
    [
        (GPU, False, []),
        (FPGA, False, ["retires on 2027-05-31", "offers no device"]),
        (FPGA, True, ["retires on 2027-05-31", "device_resource is not given"]),
        ({**FPGA, "device_resource": "amd.com/x"}, True, ["retires on 2027-05-31"]),
        ({**GPU, "mig_profile": "MIG1g"}, False, ["may offer no device"]),
        ({**GPU, "mig_profile": "MIG1g"}, True, []),
        ({**GPU, "spot": True}, True, ["workLoadToleration"]),
    ],
)
def test_what_should_be_known_is_said(data, plugins, texts):
    made = NodePoolSettings.model_validate(data)
    notices = [*made.notices_on(TODAY), *made.device_notices(plugins=plugins)]
    assert len(notices) == len(texts)
    for notice, text in zip(notices, texts, strict=True):
        assert text in notice


def test_every_size_of_the_catalogue_says_what_it_has():
    sizes = [size for name in size_names() if (size := vm_size(name)) is not None]
    accelerated = {each: [size for size in sizes if size.accelerator is each] for each in Accelerator}
    assert [each.name for each in accelerated[Accelerator.FPGA]] == [f"Standard_NP{each}s" for each in (10, 20, 40)]
    assert len(accelerated[Accelerator.GPU]) > 40
    assert all(each.devices for each in accelerated[Accelerator.FPGA] + accelerated[Accelerator.GPU])
    assert not any(each.devices for each in accelerated[Accelerator.NONE])
