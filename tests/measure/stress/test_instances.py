"""Instances over time: what is read beside the load, and what is concluded from it."""

import threading
import time

from azure_mlplatform.measure.endpoints.endpoint import Deployment, EndpointError
from azure_mlplatform.measure.stress.instances import InstanceWatch, Reading, instances_at, instances_of
from azure_mlplatform.measure.stress.scaling import changes, met_again
from support.stress_steps import step


def test_instances_are_those_of_a_deployment_or_of_all():
    green = Deployment("green", "Succeeded", 3, label="next")
    found = [Deployment("blue", "Succeeded", 2), green, Deployment("x", "Failed")]
    assert instances_of(found) == 5
    assert instances_of(found, "Green") == instances_of(found, "next") == 3
    assert instances_of(found, "x") is None, "nobody tells"
    assert instances_of([]) is None


def test_readings_are_taken_beside_the_load_and_refusals_are_told():
    answers, asked = iter([1, EndpointError("429"), 2, None]), threading.Semaphore(0)

    def read():
        found = next(answers, 2)
        asked.release()
        if isinstance(found, Exception):
            raise found
        return found

    with InstanceWatch(read, time.monotonic, interval=0.001) as watch:
        for _ in range(6):
            assert asked.acquire(timeout=10)
    assert [each.instances for each in watch.readings][:2] == [1, 2]
    assert all(each.asked <= each.at for each in watch.readings)
    assert watch.notes == ("instances could not be read 1 times: 429",)


def test_between_two_readings_nobody_knows():
    readings = [Reading(0, 1, 1), Reading(10, 11, 1), Reading(20, 21, 3), Reading(30, 31, 2)]
    first, second = changes(readings)
    assert (first.after, first.by, first.before, first.now) == (10, 21, 1, 3)
    assert (second.after, second.by, second.now) == (20, 31, 2)
    assert [instances_at(readings, at) for at in (0, 1, 20, 21, 40)] == [1, 1, 1, 3, 2]
    assert instances_at([], 5) is None


def windows(pattern):
    """A window of a second each: `+` meets the target, `-` misses it."""
    import dataclasses

    return [
        dataclasses.replace(step(10, response=0.01 if each == "+" else 1.0), start=100.0 + number, seconds=1.0)
        for number, each in enumerate(pattern)
    ]


def test_the_target_is_met_again_once_it_stays_so():
    def again(pattern):
        return met_again(windows(pattern), 100.0, 0.1, 0.01)

    assert again("+++++") == 0
    assert again("--+++++") == 2
    assert again("-+--+++++") == 4, "one good window is chance"
    assert again("--" + "+" * 30 + "-" + "+" * 30) == 2, "and so is one bad one later"
    assert again("-----") is None
    assert again("---++") is None, "too few to say that it stays so"
    assert again("") is None
    assert again("++") == 0, "so short was all that was watched"
