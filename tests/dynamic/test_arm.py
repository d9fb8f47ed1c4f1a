"""The rules for all calls, against a server that answers anything."""

import contextlib
import os
import subprocess
import sys
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from azure_mlplatform.dynamic import arm as arm_module
from azure_mlplatform.dynamic.arm import (
    LONGEST_ANSWER,
    LONGEST_PAUSE,
    LONGEST_TEXT,
    POLL_SECONDS,
    QUESTIONS,
    TOTAL_PAUSE,
    ArmError,
    Pauses,
    ResourceManager,
)
from azure_mlplatform.dynamic.sign_in import settings as sign_in_settings
from azure_mlplatform.emulation.entra import CLIENT_ID, SECRET, TOKEN, Entra
from azure_mlplatform.emulation.loopback import Answer, listening

pytestmark = pytest.mark.slow

PATH = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Things/things/thing"
THING = {"id": PATH, "properties": {}}


class Anything:
    """A server that answers each call with the next answer, the last one again and again; and a stranger's server."""

    def __init__(self):
        self.answers = [Answer(body=THING)]
        self.calls, self.strangers = [], []
        self.url = self.stranger = ""

    def serve(self, url):
        self.url, entra = url, Entra(url)

        def answer(call):
            if signed := entra.answer(call):
                return signed
            self.calls.append(call)
            return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

        return answer

    def serve_stranger(self, url):
        self.stranger = url

        def answer(call):
            self.strangers.append(call)
            return Answer(body=THING)

        return answer

    def client(self):
        given = {"metadataHost": self.url.removeprefix("https://"), "clientId": CLIENT_ID, "clientSecret": SECRET}
        return ResourceManager(sign_in_settings(given.get), "t")


@pytest.fixture(scope="module")
def _running(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        for name in os.environ:
            if name.startswith(("ARM_", "AZURE_", "ACTIONS_")):
                patch.delenv(name)
        ours, strangers = tmp_path_factory.mktemp("ours"), tmp_path_factory.mktemp("strangers")
        made = Anything()
        with listening(ours, made.serve) as server, listening(strangers, made.serve_stranger) as other:
            # The stranger is trusted, so that only the client's own rule keeps a token from it.
            bundle = ours / "both.pem"
            bundle.write_text(server.bundle.read_text() + other.bundle.read_text())
            patch.setenv("REQUESTS_CA_BUNDLE", str(bundle))
            yield made


@pytest.fixture
def server(_running):
    _running.calls.clear()
    _running.strangers.clear()
    return _running


@pytest.fixture
def slept(monkeypatch):
    """The seconds of every pause, none of which is made."""
    seconds = []
    monkeypatch.setattr(arm_module.time, "sleep", seconds.append)
    return seconds


def test_it_asks_again_when_azure_says_or_after_ten_seconds(server, slept):
    server.answers = [Answer(body=THING, headers=(("Retry-After", each),)) for each in ("7", "tomorrow", "0")]
    asked = []
    client = server.client()
    client.wait(lambda: asked.append(client.get(PATH, "1")), lambda _: len(asked) == 4)
    assert sum(slept) == 7 + POLL_SECONDS


def test_it_gives_up_and_tells_the_last_answer(server, slept):
    server.answers = [Answer(body=THING)]
    client = server.client()
    assert client.wait(lambda: client.get(PATH, "1"), lambda _: False) == THING
    assert len(server.calls) == QUESTIONS
    assert TOTAL_PAUSE * 0.9 < sum(slept) <= TOTAL_PAUSE
    server.answers = [Answer(body=THING, headers=(("Retry-After", "60"),))]
    client = server.client()
    with pytest.raises(ArmError, match="did not finish within 20 minutes"):
        client.wait(lambda: client.get(PATH, "1"), lambda _: False)


@pytest.mark.parametrize("method", ["get", "delete", "post"])
def test_azures_wish_to_wait_is_capped(server, slept, method):
    late = (("Retry-After", "86400"), ("Location", f"{server.url}{PATH}/operations/1"))
    server.answers = [Answer(429, {}, late), Answer(202, THING, late), Answer(202, THING, late), Answer(body=THING)]
    call = getattr(server.client(), method)
    call(PATH, "1")
    assert LONGEST_PAUSE <= sum(slept) <= 3 * LONGEST_PAUSE


@pytest.mark.parametrize("method", ["put_and_wait", "patch_and_wait"])
@pytest.mark.parametrize("header", ["Azure-AsyncOperation", "Location"])
def test_a_long_write_is_waited_for(server, slept, method, header):
    operation = f"{server.url}/subscriptions/s/operations/1"
    ended = Answer(body={"status": "Succeeded"}) if header == "Azure-AsyncOperation" else Answer(body=THING)
    server.answers = [
        Answer(202, THING, ((header, operation),)),
        Answer(202, {"status": "InProgress"}, ((header, operation), ("Retry-After", "3"))),
        ended,
        Answer(body=THING),
    ]
    getattr(server.client(), method)(PATH, "1", {"a": 1})
    assert server.calls[0].body == {"a": 1}
    assert server.calls[1].path == "/subscriptions/s/operations/1"
    assert len(server.calls) >= 3


@pytest.mark.parametrize("method", ["put_and_wait", "patch_and_wait"])
def test_a_long_write_that_fails_is_an_error_with_azures_text(server, slept, method):
    operation = f"{server.url}/subscriptions/s/operations/1"
    server.answers = [
        Answer(200, {**THING, "properties": {"provisioningState": "Updating"}}, (("Azure-AsyncOperation", operation),)),
        Answer(body={"status": "Failed", "error": {"code": "OutOfQuota", "message": "no cores"}}),
    ]
    with pytest.raises(ArmError, match="OutOfQuota: no cores"):
        getattr(server.client(), method)(PATH, "1", {})


@pytest.mark.parametrize("method", ["put_and_wait", "patch_and_wait"])
def test_a_long_write_needs_what_it_belongs_to(server, method):
    server.answers = [Answer.refusal(404, "ResourceNotFound", "gone")]
    with pytest.raises(ArmError, match="exist") as error:
        getattr(server.client(), method)(PATH, "1", {})
    assert error.value.status == 404


def test_each_operation_has_its_own_pauses(slept):
    pauses = Pauses(100)
    for _ in range(3):
        pauses.begin()
        pauses.pause(60)
    assert sum(slept) == 180


def test_a_command_goes_on_without_the_shell_that_started_it(slept, monkeypatch):
    monkeypatch.setattr(arm_module.os, "getppid", lambda: 1)
    Pauses(with_engine=False).pause(2)
    with pytest.raises(ArmError, match="cancelled"):
        Pauses().pause(2)


def test_pauses_end_in_total(slept):
    pauses = Pauses(100)
    pauses.pause(86400)
    with pytest.raises(ArmError, match="did not finish"):
        pauses.pause(86400)
    assert sum(slept) == LONGEST_PAUSE


def test_pauses_end_with_the_engine(tmp_path):
    """An engine that is killed leaves no process behind that goes on asking."""
    provider = (
        "import sys, time\n"
        "from azure_mlplatform.dynamic.arm import ArmError, Pauses\n"
        "print('waits', flush=True)\n"
        "try:\n"
        "    Pauses().pause(60)\n"
        "except ArmError as error:\n"
        "    open(sys.argv[1], 'w').write(str(error))\n"
    )
    told = tmp_path / "told by the provider"
    engine = f"import subprocess, sys; subprocess.call([sys.executable, '-c', {provider!r}, {str(told)!r}])"
    with subprocess.Popen([sys.executable, "-c", engine], stdout=subprocess.PIPE, text=True) as started:
        assert started.stdout is not None
        assert started.stdout.readline() == "waits\n"
        started.kill()
    for _ in range(300):
        if told.exists() and told.read_text():
            break
        time.sleep(0.1)
    assert told.read_text() == "the update was cancelled"


@pytest.mark.parametrize("status", [301, 302, 307, 308, 304])
@pytest.mark.parametrize("method", ["get", "put", "patch", "post", "delete"])
def test_only_a_2xx_is_done(server, method, status):
    server.answers = [Answer(status, None, (("Location", f"{server.stranger}{PATH}"),))]
    call = getattr(server.client(), method)
    with pytest.raises(ArmError, match=str(status)):
        call(PATH, "1", *([{}] if method in ("put", "patch") else []))
    assert server.strangers == []


def test_gone_is_only_what_arm_says_is_gone(server):
    for body in ("<html>Not Found</html>", {}, [], {"error": "gone"}, {"error": {"code": "Proxy"}}, None):
        server.answers = [Answer(404, body)]
        with pytest.raises(ArmError, match="404"):
            server.client().get(PATH, "1")
        with pytest.raises(ArmError, match="404"):
            server.client().delete(PATH, "1")
    server.answers = [Answer.refusal(404, "ResourceNotFound", "gone")]
    assert server.client().get(PATH, "1") is None
    assert server.client().delete(PATH, "1") is None
    with pytest.raises(ArmError, match="does not exist"):
        server.client().put(PATH, "1", {})


@pytest.mark.parametrize("body", ["<html>Sign in to the hotel</html>", [], [THING], "null", 5, {"properties": 5}])
def test_what_is_no_resource_is_said(server, body):
    server.answers = [Answer(body=body)]
    with pytest.raises(ArmError, match="the answer"):
        server.client().get(PATH, "1")


def test_a_long_error_is_cut_and_told(server):
    server.answers = [Answer.refusal(409, "Conflict", "x" * 3_000_000)]
    with pytest.raises(ArmError, match="Conflict: xxx") as failed:
        server.client().get(PATH, "1")
    assert len(str(failed.value)) < LONGEST_TEXT + 200
    server.answers = [Answer(409, "y" * 2 * LONGEST_ANSWER)]
    with pytest.raises(ArmError, match="409 yyy") as failed:
        server.client().get(PATH, "1")
    assert len(str(failed.value)) < LONGEST_TEXT + 200


def test_all_pages_are_read_and_none_elsewhere(server):
    page = Answer(body={"value": [{"name": "a"}], "nextLink": f"{server.url}{PATH}?page=2"})
    server.answers = [page, Answer(body={"value": [{"name": "b"}]})]
    assert [each["name"] for each in server.client().list(PATH, "1") or []] == ["a", "b"]
    assert server.calls[-1].query == {"page": "2"}
    server.answers = [page]
    with pytest.raises(ArmError, match="more than 100 pages"):
        server.client().list(PATH, "1")
    for body in ({}, {"value": {}}, {"value": [5]}):
        server.answers = [Answer(body=body)]
        with pytest.raises(ArmError, match="no list of resources"):
            server.client().list(PATH, "1")


@pytest.mark.parametrize(
    "elsewhere",
    [
        "{stranger}{path}",
        "http://{host}{path}",
        "{url}/tenants/other",
        "{url}/subscriptions/s/../../x",
        "//x",
        "{url}@x/",
    ],
)
@pytest.mark.parametrize("header", ["Location", "Azure-AsyncOperation"])
def test_no_poll_goes_elsewhere(server, slept, elsewhere, header):
    host = server.url.removeprefix("https://")
    address = elsewhere.format(stranger=server.stranger, url=server.url, host=host, path=PATH)
    server.answers = [Answer(202, {}, ((header, address),)), Answer(body=THING)]
    with pytest.raises(ArmError):
        server.client().delete(PATH, "1")
    assert server.strangers == []
    assert len(server.calls) == 1


TEXTS = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20).map(str.strip)


def bodies(addresses):
    keys = st.sampled_from(["value", "nextLink", "error", "code", "message", "properties", "status", "id", "x"])
    leaves = st.none() | st.booleans() | st.integers() | TEXTS | addresses
    return TEXTS | st.recursive(
        leaves,
        lambda each: st.lists(each, max_size=3) | st.dictionaries(keys, each, max_size=4),
        max_leaves=8,
    )


def answers(server):
    addresses = st.sampled_from([f"{server.stranger}{PATH}", f"{server.url}{PATH}/1", f"{server.url}/other", "/x", "?"])
    headers = st.dictionaries(
        st.sampled_from(["Location", "Azure-AsyncOperation", "Retry-After", "x-ms-retry-after-ms", "WWW-Authenticate"]),
        addresses | TEXTS | st.integers(-5, 10**9).map(str),
        max_size=3,
    ).map(lambda each: tuple(each.items()))
    statuses = st.sampled_from([200, 201, 202, 204, 302, 308, 400, 401, 403, 404, 409, 412, 429, 500, 503])
    return st.builds(
        lambda status, body, headers: Answer(status, None if status in (204, 302, 308) else body, headers),
        statuses,
        bodies(addresses),
        headers,
    )


@given(data=st.data(), method=st.sampled_from(["get", "list", "put", "patch", "post", "delete"]))
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_no_answer_is_a_traceback_a_leak_or_a_false_success(server, slept, data, method):
    server.strangers.clear()
    server.calls.clear()
    given_answers = data.draw(st.lists(answers(server), min_size=1, max_size=4))
    server.answers = list(given_answers)
    arguments = [{}] if method in ("put", "patch") else []
    refusal = found = None
    try:
        found = getattr(server.client(), method)(PATH, "1", *arguments)
    except ArmError as error:
        refusal = str(error)
    assert server.strangers == []
    if refusal is not None:
        assert TOKEN not in refusal
        assert SECRET not in refusal
        return
    used = [given_answers[min(number, len(given_answers) - 1)] for number in range(len(server.calls))]
    assert used[-1].status in range(200, 300) or (used[-1].status, method) in (
        (404, "get"),
        (404, "list"),
        (404, "post"),
        (404, "delete"),
    )
    if method in ("put", "patch", "list") and found is not None:
        assert used[-1].status in range(200, 300)


def test_a_call_that_is_refused_has_its_status(server):
    server.answers = [Answer.refusal(403, "AuthorizationFailed", "no")]
    with contextlib.suppress(ArmError), pytest.raises(ArmError, match="AuthorizationFailed: no") as failed:
        server.client().get(PATH, "1")
    assert failed.value.status == 403
