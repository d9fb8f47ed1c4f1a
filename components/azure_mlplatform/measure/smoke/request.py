"""One scoring request: with a token, a bound on its time and on the size of its answer, and never to another host."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Optional

from ..endpoints.endpoint import EndpointError, Route, Token
from ..endpoints.tokens import one_line

if TYPE_CHECKING:
    import requests

LARGEST_ANSWER = 16 * 1024 * 1024
"""The longest answer that is read, in bytes."""

_PIECE = 64 * 1024


class UnreachableError(EndpointError):
    """Nothing answers there, or its certificate is not trusted."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What came back."""

    status: int
    """The HTTP status. 0: nothing came back in time, or the connection broke."""

    ms: float
    """From sending to the last byte, in milliseconds."""

    body: bytes = b""
    wrong: str = ""
    """Why there is no whole answer."""

    model_status: str = ""
    """The status of the model behind a managed endpoint, which answers 424 itself."""

    @property
    def text(self) -> str:
        """The answer as text."""
        return self.body.decode("utf-8", "replace")


class Sender:
    """Sends requests to one route, one after another, on a connection that is kept."""

    def __init__(
        self, route: Route, token: Optional[Token], timeout: float, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        from requests.cookies import RequestsCookieJar

        import requests

        class NoCookies(RequestsCookieJar):
            """Keeps none: App Service would pin all requests to the slot of the first one."""

            def set_cookie(self, cookie: Any, *args: Any, **kwargs: Any) -> None:
                return

        self._route, self._token, self._timeout, self._clock = route, token, timeout, clock
        self._session = requests.Session()
        self._session.cookies = NoCookies()

    def send(self, payload: Any) -> Answered:
        """Sends a JSON value. Raises UnreachableError, or NotSignedInError if there is no token."""
        import requests

        token = self._token() if self._token else ""
        data = json.dumps(payload).encode()
        begin = self._clock()
        try:
            response = self._session.post(
                self._route.url,
                data=data,
                headers={"Content-Type": "application/json", "Accept": "application/json", **self._route.headers},
                auth=_Bearer(token),
                timeout=self._timeout,
                stream=True,
                # Another host would get the token.
                allow_redirects=False,
            )
            with response:
                return self._read(response, begin)
        except requests.exceptions.SSLError as error:
            raise UnreachableError(
                f"{self._route.url}: its certificate is not trusted: {_cause(error)}. If your company has an authority "
                "of its own, name its certificates in REQUESTS_CA_BUNDLE"
            ) from None
        except requests.exceptions.ConnectTimeout:
            raise UnreachableError(
                f"{self._route.url}: no connection within {self._timeout:g} s. A private endpoint is reached from its "
                "network only"
            ) from None
        except requests.exceptions.Timeout:
            return Answered(0, self._since(begin), wrong=f"no answer within {self._timeout:g} s")
        except requests.exceptions.ConnectionError as error:
            if _was_connected(error):
                return Answered(0, self._since(begin), wrong=f"the connection broke: {_cause(error)}")
            raise UnreachableError(f"{self._route.url}: no connection: {_cause(error)}") from None
        except requests.exceptions.RequestException as error:
            return Answered(0, self._since(begin), wrong=f"no answer: {_cause(error)}")

    def _read(self, response: "requests.Response", begin: float) -> Answered:
        body = bytearray()
        wrong = ""
        for piece in response.iter_content(_PIECE):
            body += piece
            if len(body) > LARGEST_ANSWER:
                wrong = f"the answer is longer than {LARGEST_ANSWER} bytes"
                break
            # requests bounds each pause, not the whole.
            if self._clock() - begin > self._timeout:
                wrong = f"no whole answer within {self._timeout:g} s"
                break
        model = response.headers.get("ms-azureml-model-error-statuscode", "")
        return Answered(response.status_code, self._since(begin), bytes(body[:LARGEST_ANSWER]), wrong, model)

    def _since(self, begin: float) -> float:
        return (self._clock() - begin) * 1000


class _Bearer:
    """Sets the header after requests has looked into .netrc, which would replace it."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: Any) -> Any:
        if self._token:
            request.headers["Authorization"] = f"Bearer {self._token}"
        else:
            request.headers.pop("Authorization", None)
        return request


def _was_connected(error: BaseException) -> bool:
    """Whether a connection was there, and broke."""
    from urllib3.exceptions import NewConnectionError, ProtocolError

    reason = error.args[0] if error.args else error
    reason = getattr(reason, "reason", reason)
    return isinstance(reason, ProtocolError) and not isinstance(reason, NewConnectionError)


def _cause(error: BaseException) -> str:
    """The innermost reason in one line: requests and urllib3 wrap it three times."""
    reason: Any = error
    while True:
        inner = getattr(reason, "reason", None) or (reason.args[-1] if getattr(reason, "args", None) else None)
        if not isinstance(inner, BaseException) or inner is reason:
            break
        reason = inner
    return one_line(reason).rpartition(": ")[2] if "object at 0x" in str(reason) else one_line(reason)
