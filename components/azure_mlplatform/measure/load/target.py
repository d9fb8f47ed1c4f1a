"""Where a run sends its requests, and whom it trusts there."""

import ipaddress
import os
import re
import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Optional
from urllib.parse import SplitResult, urlsplit

from azure_mlplatform.foundation.problems import Problem, ProblemsError

Token = Callable[[], str]
"""Returns a bearer token that is valid now. It is called in a thread, so it may wait."""

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_OURS = frozenset({"content-length", "connection", "transfer-encoding"})
_BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


@dataclass(frozen=True)
class Target:
    """Requests that are sent in turn to one URL. Raises a ProblemsError with all that is wrong."""

    url: str
    """http or https. A token goes over http to this machine only. Redirects are answers; they are not followed."""

    bodies: Sequence[bytes] = (b"",)
    """Request number n has body n modulo their number."""

    headers: Mapping[str, str] = field(default_factory=dict)
    """Beside Content-Length and Connection, which the generator writes. A Host replaces that of the URL, but the
    certificate must have the URL's. Authorization: only without `token`."""

    token: Optional[Token] = None
    """Signs in. None: no Authorization header, unless `headers` has one."""

    method: str = "POST"
    content_type: str = "application/json"

    def __post_init__(self) -> None:
        if problems := list(self._problems()):
            raise ProblemsError(problems)

    @property
    def parts(self) -> SplitResult:
        """The parts of the URL."""
        return urlsplit(self.url)

    @property
    def secure(self) -> bool:
        """Whether it is reached over TLS."""
        return self.parts.scheme == "https"

    @property
    def host(self) -> str:
        """The name or the address that is connected to, and that a certificate must have."""
        return self.parts.hostname or ""

    @property
    def port(self) -> int:
        return self.parts.port or (443 if self.secure else 80)

    def requests(self, token: str = "") -> list[bytes]:
        """The bytes of each request, with this token."""
        parts = self.parts
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        lines = [
            f"{self.method} {path} HTTP/1.1",
            *(f"{name}: {value}" for name, value in self._headers(token).items()),
        ]
        head = "\r\n".join(lines)
        return [f"{head}\r\nContent-Length: {len(each)}\r\n\r\n".encode("latin-1") + each for each in self.bodies]

    def _headers(self, token: str) -> dict[str, str]:
        given = {name.lower() for name in self.headers}
        ours = {"Host": self.parts.netloc, "User-Agent": "azure-mlplatform", "Accept": "*/*"}
        if self.method != "GET":
            ours["Content-Type"] = self.content_type
        if token:
            ours["Authorization"] = f"Bearer {token}"
        return {name: value for name, value in ours.items() if name.lower() not in given} | dict(self.headers)

    @property
    def _signs_in(self) -> bool:
        return self.token is not None or any(name.lower() == "authorization" for name in self.headers)

    def _problems(self) -> Iterator[Problem]:
        try:
            parts = urlsplit(self.url)
            port_is_there = parts.port is not None or parts.hostname
        except ValueError as error:
            yield Problem(("url",), f"{self.url!r} cannot be read: {error}", "Give a URL, such as https://host/score")
            return
        if parts.scheme not in ("http", "https") or not parts.hostname or not port_is_there:
            yield Problem(("url",), f"{self.url!r} is no URL of http or https", "Give one, such as https://host/score")
        elif self._signs_in and parts.scheme == "http" and not _is_loopback(parts.hostname):
            fix = "Use https. Only a server on this machine may be called by http with a token"
            yield Problem(("url",), f"a token would go to {parts.hostname} over http, where others can read it", fix)
        if not self.url.isascii() or not self.url.isprintable() or " " in self.url:
            yield Problem(
                ("url",), f"{self.url!r} has characters that a URL cannot have", "Write them as %20 and so on"
            )
        if parts.username is not None or parts.password is not None:
            yield Problem(("url",), "the URL has a user or a password", "Take it out; give a token or a header instead")
        for name, value in self.headers.items():
            if not _NAME.fullmatch(name):
                yield Problem(("headers", name), "is no name of a header", "Use letters, digits and hyphens")
            elif name.lower() in _OURS or (self.token and name.lower() == "authorization"):
                yield Problem(("headers", name), "is written by the generator", "Leave it out")
            if not value.isprintable() or not value.isascii():
                yield Problem(("headers", name), "its value has characters that a header cannot have", "Use plain text")
        if not self.bodies:
            yield Problem(("bodies",), "there is nothing to send", "Give one body or more")
        if not self.method.isalpha() or not self.method.isupper() or self.method in ("HEAD", "CONNECT"):
            yield Problem(("method",), f"{self.method!r} is no method of a scoring request", "Use POST or GET")


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def trust() -> ssl.SSLContext:
    """Trusts the authorities of this system, or of SSL_CERT_FILE and SSL_CERT_DIR, and those of REQUESTS_CA_BUNDLE.

    The certificate must have the host's name. Raises a ProblemsError if a file of authorities cannot be read.
    """
    # OpenSSL itself reads SSL_CERT_FILE and SSL_CERT_DIR; a file that is missing is no error to it.
    problems: list[Problem] = []
    context = ssl.create_default_context()
    if (given := os.environ.get("SSL_CERT_FILE")) and not os.path.isfile(given):
        problems.append(Problem(("SSL_CERT_FILE",), f"{given} is no file", "Name a file of certificates in PEM"))
    for variable in _BUNDLES:
        given = os.environ.get(variable)
        if not given:
            continue
        try:
            context.load_verify_locations(**{"capath" if os.path.isdir(given) else "cafile": given})
        except (OSError, ssl.SSLError) as error:
            reason = error.strerror if isinstance(error, FileNotFoundError) else error
            fix = "Name a file of certificates in PEM, or a folder of them"
            problems.append(Problem((variable,), f"{given} cannot be read: {reason}", fix))
    if problems:
        raise ProblemsError(problems)
    context.set_alpn_protocols(["http/1.1"])
    return context
