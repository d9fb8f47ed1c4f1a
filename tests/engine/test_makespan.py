"""The time that Azure needs to make the reference project, against what the program lets the engine wait for."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any, NamedTuple

import pytest

from azure_mlplatform.emulation.makespan import (
    ONE_AT_A_TIME,
    Edges,
    Schedule,
    makespan,
    registered,
    required,
    seconds_to_create,
)
from support.engine.engine import engine

LIMIT = 1.02
"""How many times the longest chain that Azure requires a run may take."""


class Made(NamedTuple):
    """What an `up` made."""

    resources: list[dict[str, Any]]
    events: list[dict[str, Any]]
    log: list[tuple[str, str]]
    """Operation and id, in the order in which Azure carried them out."""

    @property
    def named(self) -> dict[str, str]:
        """URN → the name in the program."""
        return {each["urn"]: each["urn"].rsplit("::", 1)[-1] for each in self.resources}

    def spans(self) -> dict[str, tuple[int, int]]:
        """URN → the places in the engine's events at which its creation started and ended."""
        started, ended = {}, {}
        for place, event in enumerate(self.events):
            for kind, places in (("resourcePreEvent", started), ("resOutputsEvent", ended)):
                if kind in event:
                    places[event[kind]["metadata"]["urn"]] = place
        custom = {each["urn"] for each in self.resources if each.get("custom")}
        return {urn: (started[urn], ended[urn]) for urn in custom & started.keys() & ended.keys()}


@pytest.fixture(scope="module", params=["dev", "prod"])
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Made:
    with engine(tmp_path_factory.mktemp("makespan") / "a folder") as one:
        one.init(request.param)
        done = one.up(request.param)
        resources = one.exported(request.param)["deployment"]["resources"]
        return Made(resources, done.events, list(one.azure.world.log))


def test_no_run_waits_longer_than_azure_requires(made):
    waits, needs = registered(made.resources), required(made.resources)
    run, bound = makespan(made.resources, waits), makespan(made.resources, needs)
    # The run is slow: creations that take minutes.
    assert bound.seconds > 600
    assert run.seconds >= bound.seconds
    assert run.seconds <= LIMIT * bound.seconds, _compared(made, run, bound, needs)


def test_the_engine_starts_nothing_before_what_it_waits_for_has_ended(made):
    spans = made.spans()
    components = {each["urn"] for each in made.resources if not each.get("custom")}
    waits = registered(made.resources)
    assert spans.keys() | components == waits.keys()
    pairs = [(first, urn) for urn, firsts in waits.items() for first in firsts if {first, urn} <= spans.keys()]
    assert len(pairs) > len(spans)
    assert [_pair(made, *each) for each in pairs if spans[each[0]][1] > spans[each[1]][0]] == []


def test_the_run_has_the_order_that_azure_requires(made):
    spans, needs = made.spans(), required(made.resources)
    pairs = [(first, urn, rule) for urn, firsts in needs.items() for first, rule in firsts.items()]
    assert len({rule.source for _, _, rule in pairs}) > 10
    in_turn = [each for each in pairs if each[2] is ONE_AT_A_TIME]
    assert in_turn
    early = [_pair(made, first, urn) for first, urn, _ in pairs if spans[first][1] > spans[urn][0]]
    turned = [_pair(made, first, urn) for first, urn, _ in in_turn if spans[urn][1] < spans[first][0]]
    assert sorted(early) == sorted(turned)


def test_azure_carries_out_what_it_requires_first(made):
    places: dict[str, int] = {}
    for place, (_, id_) in enumerate(made.log):
        places.setdefault(id_.lower(), place)
    ids = {each["urn"]: each["id"].lower() for each in made.resources if each["type"].startswith("azure-native:")}
    assert set(ids.values()) - places.keys() == set()
    pairs = [
        (first, urn)
        for urn, firsts in required(made.resources).items()
        for first, rule in firsts.items()
        if rule is not ONE_AT_A_TIME and {first, urn} <= ids.keys()
    ]
    assert len(pairs) > len(ids)
    assert [_pair(made, *each) for each in pairs if places[ids[each[0]]] >= places[ids[each[1]]]] == []


def _pair(made: Made, first: str, urn: str) -> str:
    return f"{made.named[first]} before {made.named[urn]}"


def _compared(made: Made, run: Schedule, bound: Schedule, needs: Edges) -> str:
    """The two longest chains, and what the first one waits for without Azure's need."""
    takes = {each["urn"]: seconds_to_create(each) for each in made.resources}
    slow = [each for each in run.chain if takes[each]]
    return "\n".join(
        [
            f"{run.seconds} s, and Azure requires {bound.seconds} s",
            f"the run: {_chain(made, run)}",
            f"Azure:   {_chain(made, bound)}",
            *(
                f"Azure does not require {_pair(made, first, urn)}"
                for first, urn in pairwise(slow)
                if first not in _before(urn, needs)
            ),
        ]
    )


def _chain(made: Made, schedule: Schedule) -> str:
    return " > ".join(f"{made.named[each]} ({schedule.ends[each]})" for each in schedule.chain)


def _before(urn: str, edges: Edges) -> Iterator[str]:
    """What has to end before, near and far."""
    for each in edges[urn]:
        yield each
        yield from _before(each, edges)
