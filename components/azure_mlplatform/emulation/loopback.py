"""A web server on loopback, over TLS, that a client takes for Azure Resource Manager."""

import contextlib
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit


class Call(NamedTuple):
    """A request."""

    method: str
    path: str
    query: dict[str, str]
    body: Any = None
    """The JSON of the body, the fields of a form, or None."""

    authorization: str = ""
    """The header."""


class Answer(NamedTuple):
    """The answer to a call."""

    status: int = 200
    body: Any = None
    """JSON, or a text that is sent as it is (as HTML). None: no body."""

    headers: tuple[tuple[str, str], ...] = ()

    @classmethod
    def refusal(cls, status: int, code: str, message: str = "", headers: tuple[tuple[str, str], ...] = ()) -> "Answer":
        """An error in ARM's shape."""
        return cls(status, {"error": {"code": code, "message": message}}, headers)


class Listening(NamedTuple):
    """A server that listens."""

    url: str
    bundle: Path
    """The certificates that a client has to trust."""


@contextlib.contextmanager
def listening(folder: Path, answering: Callable[[str], Callable[[Call], Answer]]) -> Iterator[Listening]:
    """Serves until the end of the block. `answering` gets the server's address and returns what answers its calls.

    `folder` gets the certificate.
    """
    import trustme

    authority = trustme.CA()
    bundle = folder / "ca.pem"
    authority.cert_pem.write_to_path(str(bundle))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    server = _Server(("127.0.0.1", 0), _Handler)
    # The handshake is the business of the thread of each connection.
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    url = f"https://localhost:{server.server_address[1]}"
    server.answer = answering(url)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield Listening(url, bundle)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    answer: Callable[[Call], Answer]


class _Handler(BaseHTTPRequestHandler):
    server: Any
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # Otherwise each body waits 40 ms for the client to acknowledge the headers.

    def _answer(self) -> None:
        parts = urlsplit(self.path)
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        if "json" in (self.headers.get("Content-Type") or ""):
            body = json.loads(raw) if raw else None
        else:
            body = _first(raw) if raw else None
        authorization = self.headers.get("Authorization") or ""
        answer = self.server.answer(Call(self.command, parts.path, _first(parts.query), body, authorization))
        is_text = isinstance(answer.body, str)
        data = b"" if answer.body is None else (answer.body if is_text else json.dumps(answer.body)).encode()
        self.send_response(answer.status)
        for key, value in answer.headers:
            self.send_header(key, value)
        self.send_header("Content-Type", "text/html" if is_text else "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _answer  # noqa: N815 - the names of the methods

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name of the parameter
        """Says nothing: a world has its own log."""


def _first(text: str) -> dict[str, str]:
    return {key: values[0] for key, values in parse_qs(text).items()}
