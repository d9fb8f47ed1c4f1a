"""Tokens for scoring: fetched when one is needed, kept until shortly before their end.

Audiences, "Authenticate clients for online endpoints" (Azure ML, 2024-04-23, read 2026-11-28): managed endpoints with
`AADToken` take a token of Entra ID for https://ml.azure.com; endpoints with `AMLToken` one that the action `token` of
the endpoint returns. Container Apps and App Service check the audience of an app registration (Easy Auth).
"""

import threading
import time
from collections.abc import Callable
from typing import Any, NamedTuple, Optional

from ...foundation.printable import printable
from .endpoint import NotSignedInError, Token

ML_SCOPE = "https://ml.azure.com/.default"

EARLY_SECONDS = 300.0
"""How long before its end a token is replaced. Of a short-lived one: a tenth of its life."""

LONGEST_REASON = 300
"""The maximum length of a reason in a message."""

Clock = Callable[[], float]


class Fetched(NamedTuple):
    """A token and its times, in seconds since 1970."""

    value: str
    ends: float
    renew_from: Optional[float] = None
    """When its issuer wants it to be replaced."""


class KeptToken:
    """A token that is fetched anew shortly before its end. Safe for threads."""

    def __init__(self, fetch: Callable[[], Fetched], clock: Clock = time.time) -> None:
        self._fetch, self._clock = fetch, clock
        self._kept: Optional[Fetched] = None
        self._renew_from = 0.0
        self._lock = threading.Lock()

    def __call__(self) -> str:
        with self._lock:
            now = self._clock()
            if self._kept is None or now >= self._renew_from:
                self._renew(now)
            assert self._kept is not None  # noqa: S101 - fetched above
            return self._kept.value

    def _renew(self, now: float) -> None:
        try:
            found = self._fetch()
        except NotSignedInError:
            # A measurement that runs does not end because the issuer has a bad minute.
            if self._kept is None or now >= self._kept.ends:
                raise
            return
        early = min(EARLY_SECONDS, max(found.ends - now, 0) / 10)
        self._kept = found
        self._renew_from = min(found.ends - early, found.renew_from or found.ends)


def entra_token(credential: Any, scope: str, clock: Clock = time.time) -> Token:
    """A token of Entra ID for a scope. `credential` is one of azure-identity."""

    def fetch() -> Fetched:
        from azure.core.exceptions import AzureError

        from ...dynamic.sign_in import SignInError

        try:
            found = credential.get_token(scope)
        except (AzureError, SignInError, ValueError, OSError) as error:
            raise NotSignedInError(f"no token for {scope}: {one_line(error)}") from None
        return Fetched(found.token, float(found.expires_on))

    return KeptToken(fetch, clock)


def aml_token(ask: Callable[[], Any], clock: Clock = time.time) -> Token:
    """A token of Azure ML for one endpoint. `ask` carries out the action `token` and returns its answer."""

    def fetch() -> Fetched:
        answer = ask()
        try:
            value, ends = answer["accessToken"], float(answer["expiryTimeUtc"])
        except (KeyError, TypeError, ValueError):
            raise NotSignedInError("Azure ML returned no token with an end") from None
        renew = answer.get("refreshAfterTimeUtc")
        return Fetched(str(value), ends, float(renew) if renew else None)

    return KeptToken(fetch, clock)


def one_line(error: BaseException) -> str:
    """The first line of an error with a text: azure-identity tells of each credential that it tried, and how to mend
    it."""
    lines = [each.strip() for each in str(error).splitlines() if each.strip()]
    text = printable(lines[0] if lines else type(error).__name__)
    return text if len(text) <= LONGEST_REASON else f"{text[:LONGEST_REASON]}…"
