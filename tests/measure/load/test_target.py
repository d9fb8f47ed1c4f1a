"""Where requests may go, and what is sent there."""

import ssl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azure_mlplatform.foundation.problems import ProblemsError
from azure_mlplatform.measure.load.target import Target, trust


def problems(url="https://host/score", **settings):
    with pytest.raises(ProblemsError) as error:
        Target(url, **settings)
    return [(each.path, each.what) for each in error.value.problems]


@pytest.mark.parametrize(
    "url", ["ftp://host/", "host/score", "https:///score", "https://host:port/", "https://[::1", ""]
)
def test_what_is_no_url_is_said(url):
    [(path, what)] = problems(url)
    assert path == ("url",)
    assert repr(url) in what


@pytest.mark.parametrize("url", ["http://example.com/", "http://10.0.0.4/", "http://localhost.example.com/"])
def test_a_token_never_goes_over_http_to_another_machine(url):
    [(path, what)] = problems(url, token=lambda: "t")
    assert path == ("url",)
    assert "over http, where others can read it" in what
    assert problems(url, headers={"authorization": "Bearer t"}) == [(path, what)]
    assert Target(url).token is None


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.9.1", "[::1]", "app.localhost"])
def test_a_token_may_go_over_http_to_this_machine(host):
    assert Target(f"http://{host}:8080/", token=lambda: "t").port == 8080


def test_a_url_with_a_password_is_refused_without_showing_it():
    [(path, what)] = problems("https://user:hunter2@host/score")
    assert path == ("url",)
    assert "hunter2" not in what


def test_headers_cannot_smuggle_requests():
    found = problems(
        headers={"x: y\r\nz": "1", "x-note": "1\r\nHost: b", "Content-Length": "5", "transfer-encoding": "chunked"}
    )
    assert [path for path, _ in found] == [
        ("headers", "x: y\r\nz"),
        ("headers", "x-note"),
        ("headers", "Content-Length"),
        ("headers", "transfer-encoding"),
    ]


def test_urls_cannot_either():
    assert problems("https://host/a b")[0][0] == ("url",)
    assert problems("https://host/ü")[0][0] == ("url",)


def test_all_problems_come_at_once():
    found = problems("http://example.com/", token=lambda: "t", headers={"Authorization": "x"}, bodies=[], method="head")
    assert [path for path, _ in found] == [("url",), ("headers", "Authorization"), ("bodies",), ("method",)]


@given(
    path=st.text("abc/-_.%20", max_size=20),
    names=st.lists(st.from_regex(r"x-[a-z]{1,8}", fullmatch=True), unique=True, max_size=4),
    value=st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20),
    bodies=st.lists(st.binary(max_size=50), min_size=1, max_size=3),
)
def test_what_is_sent_is_one_request_with_its_parts(path, names, value, bodies):
    target = Target(f"https://host/{path}", headers=dict.fromkeys(names, value), bodies=bodies, token=lambda: "t")
    for body, data in zip(bodies, target.requests("t0ken"), strict=True):
        head, _, rest = data.partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        assert rest == body
        assert lines[0] == f"POST /{path} HTTP/1.1"
        assert len(lines) == 1 + 6 + len(names)
        assert {"Host: host", "Authorization: Bearer t0ken", f"Content-Length: {len(body)}"} <= set(lines)
        assert all(f"{name}: {value}" in lines for name in names)


def test_given_headers_replace_ours():
    [data] = Target("https://10.0.0.4/", headers={"host": "churn.internal", "content-type": "text/csv"}).requests()
    lines = data.decode().lower().split("\r\n")
    assert [each for each in lines if each.startswith(("host", "content-type"))] == [
        "host: churn.internal",
        "content-type: text/csv",
    ]


def test_the_host_and_the_certificate_are_checked():
    context = trust()
    assert context.check_hostname
    assert context.verify_mode == ssl.CERT_REQUIRED
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2
