"""A model that is a container with an HTTP server, and who may call it."""

from collections.abc import Iterator
from typing import Optional

from pydantic import Field

from ...foundation.duplicates import duplicate_values
from ...foundation.model import Settings, check
from ...foundation.naming import endpoint_name
from ...foundation.rules import field_rule
from ...foundation.values import arm_id, guid
from ...foundation.violations import Violation


class EntraSignIn(Settings):
    """Callers present a token of Entra ID, which is checked before the model is asked."""

    client_id: str = Field(examples=["00000000-0000-0000-0000-00000000c11e"])
    """The app registration that stands for the models, by its client id. It needs no secret."""

    audiences: list[str] = Field(default_factory=list, examples=[["api://churn-scoring"]])
    """What tokens may be meant for. Left out: `api://<client_id>`, and the client id itself."""

    callers: list[str] = Field(min_length=1, examples=[["00000000-0000-0000-0000-0000000ca11e"]])
    """Who may call, by object id: service principals and managed identities. Without them, any application of the
    tenant could."""

    _ids = field_rule(guid, "client_id", "callers")

    @property
    def allowed_audiences(self) -> list[str]:
        """What tokens may be meant for."""
        return self.audiences or [f"api://{self.client_id}", self.client_id]

    @check
    def _callers_stand_once(self) -> Iterator[Violation]:
        yield from duplicate_values(self.callers, ("callers",))


class ServedByContainer(Settings):
    """A model that is a container with an HTTP server."""

    name: str = Field(examples=["scoring"])
    """What the project calls it: 2 to 12 characters. Part of its name in Azure."""

    port: int = Field(default=8080, ge=1, le=65535)
    """The port that the container listens on. Left out: 8080."""

    health_check_path: str = Field(default="/healthz", pattern=r"^/[A-Za-z0-9._~/-]+$", examples=["/health/ready"])
    """Where it answers with 200 once the model is loaded. Left out: `/healthz`."""

    image: str = Field(
        default="mcr.microsoft.com/dotnet/samples:aspnetapp",
        pattern=r"^[a-z0-9.-]+(:\d+)?/[A-Za-z0-9._/-]+(:[\w.-]+)?(@sha256:[0-9a-f]{64})?$",
        examples=["crchurnprodx7k2p9.azurecr.io/placeholder:1"],
    )
    """The image that it is made with; releases bring the others, and infrastructure leaves theirs alone. Left out, a
    sample of Microsoft's that answers at the default port and path, so that all is healthy before the first release;
    the network has to let it out to mcr.microsoft.com."""

    environment_variables: dict[str, str] = Field(default_factory=dict, examples=[{"LOG_LEVEL": "info"}])
    """What the container finds in its environment, beside `AZURE_CLIENT_ID`, which it signs in with. No secrets."""

    sign_in: Optional[EntraSignIn] = None
    """How callers sign in. Needed, unless `open_reason` is given."""

    open_reason: Optional[str] = Field(default=None, min_length=10, examples=["The gateway checks tokens, ML-321"])
    """Why whoever is in the network may call without signing in: at least 10 characters."""

    _name = field_rule(endpoint_name, "name")

    @check
    def _callers_sign_in(self) -> Iterator[Violation]:
        if self.sign_in is None and self.open_reason is None:
            yield Violation(
                ("sign_in",),
                None,
                f"whoever is in the network may call {self.name}",
                "Add sign_in: {client_id: <app registration>, callers: [<object id>]}, or open_reason",
            )
        if self.sign_in is not None and self.open_reason is not None:
            yield Violation(
                ("open_reason",),
                self.open_reason,
                "open_reason is given together with sign_in",
                "Leave one of them out",
            )

    @check
    def _variables_are_its_own(self) -> Iterator[Violation]:
        for name, value in self.environment_variables.items():
            if name in ("AZURE_CLIENT_ID", "WEBSITES_PORT") or name.startswith(("WEBSITE_", "WEBSITES_")):
                yield Violation(
                    ("environment_variables", name), value, f"'{name}' is set by the library", "Leave it out"
                )


registry_rule = arm_id("Microsoft.ContainerRegistry/registries")
"""The rule for the id of a registry that images are pulled from."""
