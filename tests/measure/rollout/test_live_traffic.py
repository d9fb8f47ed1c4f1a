"""A rollout judged by what callers meet: requests to the endpoint's own URL, led to real servers by their shares."""

import contextlib
import threading
import time

import pytest

from azure_mlplatform.measure.endpoints.address import Address, endpoint_at
from azure_mlplatform.measure.load.run import run
from azure_mlplatform.measure.load.schedule import poisson
from azure_mlplatform.measure.load.target import Target
from azure_mlplatform.measure.rollout.evidence import Minute, Served, is_failure
from azure_mlplatform.measure.rollout.journal import Journal
from azure_mlplatform.measure.rollout.plan import Plan, given
from azure_mlplatform.measure.rollout.run import Answer, Rollout
from support.scoring.azure_endpoints import online_endpoint
from support.scoring.emulated import emulated_azure
from support.scoring.tunable import tunable_server

pytestmark = pytest.mark.slow

PLAN = Plan(
    old="blue",
    new="green",
    steps=(20, 50, 100),
    alpha=0.02,
    ratio=6,
    floor=0.3,
    pause=0.5,
    settle=0,
    longest=120,
    baseline=8,
    watch=1,
)


class RequestLog:
    """The data plane's log as a source: a row a request, by version, as AmlOnlineEndpointTrafficLog has it."""

    name, lag, window, fixed_share = "the data plane's log", 0.5, 0.5, None

    def __init__(self, plane, id_):
        self._plane, self._id = plane, id_

    def _rows(self, versions, since, until):
        rows = self._plane.log(self._id)
        return [each for each in rows if each["deployment"] in versions and since <= each["time"] < until]

    def minutes(self, versions, since, until, slower_than):
        found = {}
        for each in self._rows(versions, since, until):
            served = found.setdefault(each["time"] // self.window * self.window, {})
            slow = slower_than is not None and each["duration_ms"] > slower_than
            one = Served(1, is_failure(each["status"]), slow)
            served[each["deployment"]] = served.get(each["deployment"], Served()) + one
        return [Minute(start, found[start]) for start in sorted(found)]

    def percentile(self, version, since, until):
        durations = sorted(each["duration_ms"] for each in self._rows((version,), since, until))
        return durations[int(len(durations) * 0.95)] if durations else None


@contextlib.contextmanager
def callers(endpoint, rate):
    """Sends requests to the endpoint, not knowing of versions, until the block ends."""
    over = threading.Event()
    route = endpoint.route()
    target = Target(route.url, (b'{"data": [[1]]}',), route.headers, endpoint.token)
    sending = threading.Thread(
        target=lambda: run(poisson(rate, 300, seed=3), target, stop=lambda _: over.is_set()), daemon=True
    )
    sending.start()
    try:
        yield
    finally:
        over.set()
        sending.join(60)


@pytest.mark.parametrize(
    ("errors", "answer", "shares"), [(0, Answer.GO, {"green": 100}), (0.4, Answer.BACK, {"blue": 100})]
)
def test_callers_decide(tmp_path, errors, answer, shares):
    how = {"service_ms": 20, "distribution": "exponential", "parallel": 16}
    with (
        emulated_azure(tmp_path) as emulated,
        tunable_server("blue", **how) as blue,
        tunable_server("green", seed=2, error_share=errors, **how) as green,
        emulated.signed_in(),
    ):
        servers = {"blue": blue.url, "green": green.url}
        id_ = online_endpoint(emulated.azure, emulated.plane, servers, {"blue": 100})
        endpoint = endpoint_at(Address(id=id_))
        with callers(endpoint, 100), Journal(tmp_path / "journal.jsonl", id_) as journal:
            time.sleep(PLAN.baseline + 1)
            outcome = Rollout(endpoint, RequestLog(emulated.plane, id_), PLAN, journal).run()
        assert outcome.answer is answer, outcome.reason
        assert given(endpoint.traffic().shares) == shares
        if answer is Answer.GO:
            assert outcome.judge is not None
            new, old = outcome.judge.seen[0]
            # At the first step, callers met the new version in about a fifth of their requests.
            assert 0.1 < new.requests / (new.requests + old.requests) < 0.3
