"""Runs against servers that answer well, badly, late and never."""

import errno
import os
import signal
import socket
import ssl
import subprocess
import sys
import textwrap
import threading
import time

import numpy as np
import pytest
import trustme

from azure_mlplatform.foundation.problems import ProblemsError
from azure_mlplatform.measure.load.client import UnreachableError, _failure_of
from azure_mlplatform.measure.load.measurement import Failure
from azure_mlplatform.measure.load.run import run
from azure_mlplatform.measure.load.schedule import Schedule, constant, poisson
from azure_mlplatform.measure.load.target import Target
from support.raw_server import OK, Reply, serving

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n1\r\ne\r\n0\r\n\r\n"
CLOSING = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"
TO_THE_END = b"HTTP/1.0 200 OK\r\n\r\nall that comes"
UNAUTHORIZED = b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n"


def at(server, path="/score", scheme="http", host="127.0.0.1", **settings):
    return Target(f"{scheme}://{host}:{server.port}{path}", **settings)


@pytest.fixture(params=["uvloop", "asyncio"])
def loops(request, monkeypatch):
    """Both event loops: uvloop does not exist everywhere."""
    if request.param == "asyncio":
        monkeypatch.setitem(sys.modules, "uvloop", None)


def test_each_request_is_sent_once_with_its_body_and_headers(loops):
    with serving() as server:
        target = at(server, "/score?v=1", bodies=[b"[1]", b"[2]", b"[3]"], headers={"azureml-model-deployment": "blue"})
        measured = run(constant(200, 0.1), target)
    assert measured.succeeded.all()
    assert len(measured.done) == len(server.requests) == 20
    assert sorted(each.body for each in server.requests) == sorted([b"[1]", b"[2]", b"[3]"] * 6 + [b"[1]", b"[2]"])
    first = server.requests[0]
    assert first.head.startswith("POST /score?v=1 HTTP/1.1\r\n")
    assert first.header("azureml-model-deployment") == "blue"
    assert first.header("Content-Type") == "application/json"
    assert first.header("Host") == f"127.0.0.1:{server.port}"
    assert first.header("Authorization") == ""


def test_times_are_in_order_and_no_request_is_early(loops):
    with serving() as server:
        measured = run(poisson(300, 0.5, seed=1), at(server))
    assert (measured.lateness >= 0).all()
    assert (measured.sent >= measured.taken).all()
    assert (measured.done >= measured.sent).all()
    assert 0 < measured.busy <= 1


@pytest.mark.parametrize("answer", [CHUNKED, OK, CLOSING], ids=["chunked", "length", "closing"])
@pytest.mark.parametrize("in_pieces", [0, 1, 7])
def test_an_answer_may_come_in_any_pieces(loops, answer, in_pieces):
    with serving(lambda _: Reply(answer, in_pieces=in_pieces, close=answer == CLOSING)) as server:
        measured = run(constant(40, 0.2), at(server))
    assert measured.succeeded.all()


def test_an_answer_may_end_with_its_connection(loops):
    with serving(lambda _: Reply(TO_THE_END, close=True, in_pieces=5)) as server:
        measured = run(constant(40, 0.2), at(server))
    assert measured.succeeded.all()
    assert "8 connections were closed by the server after an answer" in measured.notes[0]


def test_connections_are_kept_where_the_server_keeps_them(loops):
    with serving() as server:
        run(constant(50, 0.4), at(server))
    assert server.connections < 10


def test_a_server_that_closes_each_connection_gets_a_new_one_for_each_request(loops):
    with serving(lambda _: Reply(CLOSING, close=True)) as server:
        measured = run(constant(50, 0.4), at(server))
    assert measured.succeeded.all()
    assert server.connections == 20


def test_interim_answers_are_no_answers():
    with serving(lambda _: b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n" + OK) as server:
        measured = run(constant(50, 0.2), at(server))
    assert set(measured.status) == {200}


def test_a_request_is_sent_while_others_have_no_answer_yet():
    with serving(lambda _: Reply(after=0.4)) as server:
        measured = run(constant(50, 0.2), at(server))
    assert measured.succeeded.all()
    assert measured.sent.max() < measured.done.min()


def test_latency_counts_from_the_intended_time_when_connections_are_few():
    with serving(lambda _: Reply(after=0.1)) as server:
        measured = run(constant(100, 0.1), at(server), connections=1)
    # Ten requests in turn: the last waits for nine.
    assert measured.response[-1] > 0.8
    assert measured.service.max() < measured.response[-1]
    assert any("requests waited for one of 1 connections" in each for each in measured.notes)
    assert server.connections == 1


def test_statuses_are_kept_and_redirects_not_followed():
    def answer(request):
        status = ["200 OK", "302 Found", "503 Service Unavailable", "204 No Content"][int(request.body)]
        length = "" if status.startswith("204") else "Content-Length: 0\r\n"
        return f"HTTP/1.1 {status}\r\nLocation: http://elsewhere.invalid/\r\n{length}\r\n".encode()

    with serving(answer) as server:
        measured = run(constant(40, 0.2), at(server, bodies=[b"0", b"1", b"2", b"3"]))
    assert list(measured.status) == [200, 302, 503, 204] * 2
    assert list(measured.succeeded) == [True, False, False, True] * 2
    assert "2 answers were redirects, which are not followed" in measured.notes


def test_what_takes_longer_than_the_timeout_failed(loops):
    with serving(lambda request: Reply(after=5.0 if request.body == b"1" else 0.0)) as server:
        measured = run(constant(20, 0.2), at(server, bodies=[b"0", b"1"]), timeout=0.3)
    assert list(measured.failure) == [Failure.NONE, Failure.TIMEOUT] * 2
    assert list(measured.status) == [200, 0] * 2
    assert (measured.done - measured.taken)[1] >= 0.3
    assert np.isfinite(measured.done).all()


def test_a_connection_whose_answer_came_too_late_is_not_used_again():
    with serving(lambda request: Reply(after=0.5 if request.number == 0 else 0.0)) as server:
        measured = run(Schedule(np.array([0.0, 0.3, 0.8]), 1.0, "three"), at(server), timeout=0.2)
    assert list(measured.failure) == [Failure.TIMEOUT, Failure.NONE, Failure.NONE]
    assert {each.connection for each in server.requests[1:]}.isdisjoint({server.requests[0].connection})


@pytest.mark.parametrize(
    ("reply", "failure"),
    [
        (Reply(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", close=True), Failure.CLOSED),
        (Reply(b"", after=0.1, close=True), Failure.CLOSED),
        (Reply(after=0.1, reset=True), Failure.CLOSED),
        (Reply(b"SSH-2.0-OpenSSH\r\n"), Failure.PROTOCOL),
        (Reply(b"HTTP/1.1 200 OK\r\nContent-Length: two\r\n\r\nok"), Failure.PROTOCOL),
        (Reply(CHUNKED.replace(b"4\r\n", b"x\r\n")), Failure.PROTOCOL),
    ],
)
def test_what_is_no_answer_says_why(loops, reply, failure):
    with serving(lambda request: OK if request.body == b"good" else reply) as server:
        measured = run(constant(40, 0.2), at(server, bodies=[b"good", b"bad"]), timeout=5)
    assert list(measured.failure[1::2]) == [failure] * 4
    assert list(measured.status[1::2]) == [0] * 4
    assert measured.succeeded[::2].all()


def test_a_second_answer_to_one_request_is_not_taken_for_the_next():
    with serving(lambda request: OK + OK.replace(b"200", b"500") if request.number == 0 else OK) as server:
        measured = run(constant(20, 0.3), at(server))
    assert set(measured.status) == {200}


def test_a_connection_closed_just_as_a_request_goes_out_is_no_failure():
    # The server closes each connection after its first answer, without saying so, and the next request is on its way.
    with serving(lambda _: Reply(OK, close=True)) as server:
        schedule = Schedule(np.repeat(np.linspace(0, 0.4, 200), 2), 1.0, "pairs")
        measured = run(schedule, at(server), connections=1)
    assert measured.succeeded.all()


def test_a_server_that_dies_under_way_is_seen():
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]

    def serve_a_little():
        connection, _ = listener.accept()
        for _ in range(3):
            connection.recv(65536)
            connection.sendall(OK)
        listener.close()
        connection.recv(65536)
        time.sleep(0.05)
        connection.close()

    thread = threading.Thread(target=serve_a_little)
    thread.start()
    measured = run(constant(20, 0.5), Target(f"http://127.0.0.1:{port}/"), timeout=2)
    thread.join()
    assert list(measured.failure[:3]) == [Failure.NONE] * 3
    assert set(measured.failure[3:]) <= {Failure.CLOSED, Failure.CONNECT}
    assert measured.failure[-1] == Failure.CONNECT


def test_a_large_body_is_sent_whole_and_its_time_is_that_of_its_last_byte(loops):
    body = os.urandom(8_000_000)
    with serving() as server:
        measured = run(constant(10, 0.2), at(server, bodies=[body]))
    assert measured.succeeded.all()
    assert all(each.body == body for each in server.requests)
    assert (measured.sent > measured.taken).all()


def test_an_empty_schedule_is_an_empty_measurement():
    with serving() as server:
        measured = run(Schedule(np.empty(0), 1.0, "nothing"), at(server))
    assert len(measured.done) == 0


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


class TestToken:
    def test_it_goes_with_each_request_and_is_asked_for_once(self):
        asked = []

        def token():
            asked.append(threading.current_thread() is threading.main_thread())
            return "one"

        with serving() as server:
            run(constant(50, 0.2), at(server, token=token))
        assert {each.header("Authorization") for each in server.requests} == {"Bearer one"}
        assert asked == [False]

    def test_a_token_that_ends_in_the_run_is_replaced_once_and_costs_no_request(self, loops):
        tokens = iter(["old", "new", "newer"])

        def answer(request):
            good = "old" if request.number < 10 else "new"
            return OK if request.header("Authorization") == f"Bearer {good}" else UNAUTHORIZED

        def token():
            time.sleep(0.05)
            return next(tokens)

        with serving(answer) as server:
            measured = run(constant(100, 0.4), at(server, token=token))
        assert set(measured.status) == {200}
        assert any("1 times the token was replaced" in each for each in measured.notes)
        assert next(tokens) == "newer"

    def test_waiting_for_a_token_holds_up_no_other_request(self):
        tokens = iter(["old", "new"])

        def token():
            value = next(tokens)
            time.sleep(0.4 if value == "new" else 0)
            return value

        def answer(request):
            return UNAUTHORIZED if request.number == 3 else OK

        with serving(answer) as server:
            measured = run(constant(50, 0.4), at(server, token=token))
        assert measured.succeeded.all()
        assert measured.response[3] > 0.35
        assert np.median(measured.response) < 0.2

    def test_a_401_for_everybody_stands_and_is_asked_for_twice_only(self):
        asked = []

        def token():
            asked.append(1)
            return "same"

        with serving(lambda _: UNAUTHORIZED) as server:
            measured = run(constant(100, 0.3), at(server, token=token))
        assert set(measured.status) == {401}
        assert len(asked) == 2

    def test_a_401_for_every_token_stands(self):
        count = iter(range(1000))
        with serving(lambda _: UNAUTHORIZED) as server:
            measured = run(constant(50, 0.2), at(server, token=lambda: f"t{next(count)}"))
        assert set(measured.status) == {401}
        assert len(server.requests) <= 2 * len(measured.status)

    def test_a_source_that_fails_in_the_run_is_noted(self):
        values = iter(["old"])

        def token():
            try:
                return next(values)
            except StopIteration:
                raise RuntimeError("az login is needed\nmore") from None

        with serving(lambda request: OK if request.number < 5 else UNAUTHORIZED) as server:
            measured = run(constant(50, 0.2), at(server, token=token))
        assert list(measured.status) == [200] * 5 + [401] * 5
        assert "no new token could be had: az login is needed" in measured.notes

    def test_a_source_that_fails_at_once_is_its_own_error(self):
        def token():
            raise RuntimeError("az login is needed")

        with serving() as server, pytest.raises(RuntimeError, match="az login"):
            run(constant(50, 0.2), at(server, token=token))

    def test_a_token_with_a_line_break_is_not_sent(self):
        with serving() as server, pytest.raises(ValueError, match="characters that no token has"):
            run(constant(50, 0.2), at(server, token=lambda: "a\r\nHost: b"))
        assert server.requests == []


class TestTls:
    @pytest.fixture
    def context(self, authority):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)
        return context

    @pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"])
    def test_an_authority_of_ones_own_is_trusted_where_a_variable_names_it(
        self, loops, authority, context, tmp_path, monkeypatch, variable
    ):
        authority.cert_pem.write_to_path(tmp_path / "ca.pem")
        monkeypatch.setenv(variable, str(tmp_path / "ca.pem"))
        with serving(lambda _: Reply(CHUNKED, in_pieces=9), context=context) as server:
            target = at(server, scheme="https", host="localhost", bodies=[b"x" * 300_000], token=lambda: "t")
            measured = run(constant(50, 0.4), target)
        assert measured.succeeded.all()
        assert (measured.sent >= measured.taken).all()
        assert len(server.requests[0].body) == 300_000

    def test_an_unknown_authority_is_refused_before_anything_is_sent(self, loops, context):
        refused = pytest.raises(UnreachableError, match=r"is not trusted: .*\n.*SSL_CERT_FILE")
        with serving(context=context) as server, refused:
            run(constant(50, 0.2), at(server, scheme="https", token=lambda: "t"))
        assert server.requests == []

    def test_a_certificate_for_another_name_is_refused(self, authority, tmp_path, monkeypatch):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("elsewhere.example").configure_cert(context)
        authority.cert_pem.write_to_path(tmp_path / "ca.pem")
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
        with serving(context=context) as server, pytest.raises(UnreachableError, match="Hostname mismatch"):
            run(constant(50, 0.2), at(server, scheme="https", host="localhost"))

    def test_a_server_without_tls_is_said(self, loops):
        listener = socket.create_server(("127.0.0.1", 0))

        def answer():
            connection, _ = listener.accept()
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
            connection.close()

        thread = threading.Thread(target=answer)
        thread.start()
        with listener, pytest.raises(UnreachableError, match="does not speak TLS"):
            run(constant(50, 0.2), Target(f"https://127.0.0.1:{listener.getsockname()[1]}/"))
        thread.join()

    def test_a_file_of_authorities_that_is_not_there_is_said(self, monkeypatch):
        monkeypatch.setenv("SSL_CERT_FILE", "/nowhere/ca.pem")
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere/either.pem")
        with pytest.raises(ProblemsError) as error:
            run(constant(50, 0.2), Target("https://localhost/"))
        assert [each.path for each in error.value.problems] == [("SSL_CERT_FILE",), ("REQUESTS_CA_BUNDLE",)]


class TestUnreachable:
    def test_nobody_listens(self, loops):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        with pytest.raises(UnreachableError, match=f"127.0.0.1:{port} cannot be connected to: "):
            run(constant(50, 0.2), Target(f"http://127.0.0.1:{port}/"))

    def test_no_such_name(self):
        with pytest.raises(UnreachableError, match=r"nowhere\.invalid is no name"):
            run(constant(50, 0.2), Target("http://nowhere.invalid/"))

    def test_what_this_machine_lacks_is_no_failure_of_the_server(self):
        assert _failure_of(OSError(errno.EMFILE, "")) is Failure.GENERATOR
        assert _failure_of(OSError(errno.EADDRNOTAVAIL, "")) is Failure.GENERATOR
        assert _failure_of(OSError(errno.ECONNREFUSED, "")) is Failure.CONNECT
        assert _failure_of(TimeoutError()) is Failure.TIMEOUT


def test_a_run_tells_how_far_it_is_and_stops_when_it_is_told_to():
    seen = []
    with serving(lambda _: Reply(after=0.1)) as server:
        measured = run(
            constant(50, 60),
            at(server),
            progress=seen.append,
            stop=lambda now: now.answered >= 10,
        )
    sent = int(measured.was_sent.sum())
    assert 10 <= sent == len(server.requests) < 500
    assert measured.succeeded[:sent].all()
    assert (measured.failure[sent:] == Failure.NOT_SENT).all()
    assert np.isnan(measured.taken[sent:]).all()
    assert measured.notes[0].startswith("the run was stopped after ")
    assert seen[-1].of_requests == 3000
    assert [each.answered for each in seen] == sorted(each.answered for each in seen)


def test_an_error_in_progress_ends_the_run_with_it():
    def broken(_):
        raise RuntimeError("no terminal")

    with serving() as server, pytest.raises(RuntimeError, match="no terminal"):
        run(constant(50, 60), at(server), progress=broken)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="has no SIGINT for one process")
def test_ctrl_c_leaves_at_once_and_cleanly():
    script = textwrap.dedent("""
        import sys, threading
        from azure_mlplatform.measure.load.run import run
        from azure_mlplatform.measure.load.schedule import constant
        from azure_mlplatform.measure.load.target import Target
        try:
            print("go", flush=True)
            run(constant(50, 600), Target(sys.argv[1]), progress=lambda _: None)
        except KeyboardInterrupt:
            print("interrupted", threading.active_count())
    """)
    with serving(lambda _: Reply(after=30)) as server:
        url = f"http://127.0.0.1:{server.port}/"
        command = [sys.executable, "-X", "dev", "-c", script, url]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            while len(server.requests) < 5:
                time.sleep(0.05)
            process.send_signal(signal.SIGINT)
            output, errors = process.communicate(timeout=60)
    assert output == "go\ninterrupted 1\n"
    assert errors == ""


@pytest.mark.parametrize(
    ("settings", "path"),
    [({"timeout": 0}, "timeout"), ({"connections": 0}, "connections"), ({"connections": 10**9}, "connections")],
)
def test_settings_that_cannot_be(settings, path):
    with pytest.raises(ProblemsError) as error:
        run(constant(1, 1), Target("http://127.0.0.1/"), **settings)
    assert [each.path for each in error.value.problems] == [(path,)]
