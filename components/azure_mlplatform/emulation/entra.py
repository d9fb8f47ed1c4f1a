"""Microsoft Entra ID on loopback: signs in one service principal, by a secret or by a pipeline's own token."""

import time
from typing import Optional

from .loopback import Answer, Call
from .scoring_tokens import scoring_token

TENANT_ID = "00000000-0000-0000-0000-0000000000aa"
CLIENT_ID = "00000000-0000-0000-0000-0000000000c1"
SECRET = "nothing-here-is-real"  # noqa: S105 - it opens nothing
TOKEN = "emulated"  # noqa: S105 - it opens nothing
"""The token that it gives, and that Resource Manager accepts."""

PIPELINE = "pipeline"
"""The token by which a pipeline asks for its own."""


class Entra:
    """The endpoints for signing in, and the one where a pipeline gets its own token."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.assertion = ""
        """The token of a pipeline. Empty: no pipeline is trusted."""

        self.grants: list[dict[str, str]] = []
        """The forms by which clients asked for a token."""

        self.scoring_seconds = 3600.0
        """How long a token for scoring is valid. Resource Manager's own is valid for an hour."""

    def answer(self, call: Call) -> Optional[Answer]:
        """The answer to a call, or None if the call is not for Entra ID."""
        if call.path == "/metadata/endpoints":
            return Answer(body={"resourceManager": f"{self._url}/", "authentication": {"loginEndpoint": self._url}})
        if call.path == "/oidc":
            if call.authorization != f"Bearer {PIPELINE}" or not call.query.get("audience"):
                return Answer(403, {})
            return Answer(body={"value": self.assertion})
        if call.path.endswith("/.well-known/openid-configuration"):
            base = f"{self._url}{call.path.removesuffix('/v2.0/.well-known/openid-configuration')}"
            return Answer(
                body={
                    "token_endpoint": f"{base}/oauth2/v2.0/token",
                    "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
                    "issuer": f"{base}/v2.0",
                }
            )
        return self._token(call.body or {}) if call.path.endswith("/oauth2/v2.0/token") else None

    def _token(self, form: dict[str, str]) -> Answer:
        self.grants.append(form)
        by_secret = form.get("client_secret") == SECRET
        by_assertion = bool(self.assertion) and form.get("client_assertion") == self.assertion
        if form.get("client_id") != CLIENT_ID or not (by_secret or by_assertion):
            text = "AADSTS7000215: Invalid client secret."
            return Answer(401, {"error": "invalid_client", "error_description": text})
        audience = form.get("scope", "").split(" ")[0].removesuffix("/.default")
        if audience.rstrip("/") in ("", self._url):
            return Answer(body={"token_type": "Bearer", "expires_in": 3600, "access_token": TOKEN})
        token = scoring_token(audience, time.time() + self.scoring_seconds)
        return Answer(body={"token_type": "Bearer", "expires_in": int(self.scoring_seconds), "access_token": token})
