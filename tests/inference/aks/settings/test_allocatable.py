"""The judge is the published page, "Node resource reservations in AKS": its table and its two examples."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azure_mlplatform.catalogue.vm_sizes import VmSize, size_names, vm_size
from azure_mlplatform.inference.aks.settings.allocatable import (
    DAEMONS,
    Capacity,
    allocatable,
    for_workloads,
    reserved_cpu_m,
    reserved_memory_mib,
)


@pytest.mark.parametrize(
    ("cores", "reserved"), [(1, 60), (2, 100), (4, 140), (8, 180), (16, 260), (32, 420), (64, 740)]
)
def test_cpu_is_kept_as_the_published_table_says(cores, reserved):
    assert reserved_cpu_m(cores) == reserved


@pytest.mark.parametrize(("gib", "pods", "reserved"), [(8, 30, 650), (4, 70, 1024)])
def test_memory_is_kept_as_the_published_examples_say(gib, pods, reserved):
    assert reserved_memory_mib(gib * 1024, pods) == reserved


def test_a_node_of_16_gib():
    size = VmSize("x", 4, 16)
    # 16 GiB report 15237 MiB; of these 20 * 50 + 50 are kept, and 100 that evict.
    assert allocatable(size, 50) == Capacity(3860, 15237 - 1050 - 100)
    assert for_workloads(size, 50) == Capacity(3860 - 600, 15237 - 1150 - 1228)


@given(st.sampled_from(size_names()), st.integers(10, 250))
def test_a_node_never_has_more_to_give_than_it_has(name, pods):
    size = vm_size(name)
    assert size is not None
    room = allocatable(size, pods)
    assert 0 < room.cpu_m < size.vcpus * 1000
    assert room.memory_mib < size.memory_gib * 1024
    assert room.without(DAEMONS) == for_workloads(size, pods)
    assert allocatable(size, pods + 1).memory_mib <= room.memory_mib


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(1, 50))
def test_equal_parts_never_add_up_to_more(cpu, memory, number):
    room = Capacity(cpu, memory)
    part = room.shared_by(number)
    assert room.holds(part.times(number))
    assert not room.holds(Capacity(part.cpu_m + 1, part.memory_mib).times(number))
