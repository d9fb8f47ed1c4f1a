"""Settings of a model that is a container with an HTTP server, and of its callers' sign-in."""

from collections.abc import Iterator
from typing import Optional

from pydantic import Field

from ...foundation.duplicates import duplicate_values
from ...foundation.model import Settings, check
from ...foundation.naming import endpoint_name
from ...foundation.rules import field_rule, known_to_owner
from ...foundation.secret_values import SECRET, names_a_secret
from ...foundation.values import arm_id, guid
from ...foundation.violations import Violation


class EntraSignIn(Settings):
    """Sign-in with Entra ID. Each token is checked before the request reaches the model."""

    client_id: str = Field(examples=["00000000-0000-0000-0000-00000000c11e"])
    """The app registration that represents the models, by its client id. It needs no secret."""

    audiences: list[str] = Field(default_factory=list, examples=[["api://churn-scoring"]])
    """The allowed audiences of tokens. Default: `api://<client_id>` and the client id."""

    callers: list[str] = Field(min_length=1, examples=[["00000000-0000-0000-0000-0000000ca11e"]])
    """The service principals and managed identities that may call, by object id. Without this list, any application of
    the tenant could call."""

    _ids = field_rule(guid, "client_id", "callers")
    _own_audiences = known_to_owner("api://<name>", "audiences")

    @property
    def allowed_audiences(self) -> list[str]:
        """The allowed audiences of tokens."""
        return self.audiences or [f"api://{self.client_id}", self.client_id]

    @check
    def _callers_stand_once(self) -> Iterator[Violation]:
        yield from duplicate_values(self.callers, ("callers",))


class ServedByContainer(Settings):
    """A model that is a container with an HTTP server."""

    name: str = Field(examples=["scoring"])
    """The project's name for the model: 2 to 12 characters. It is part of the name in Azure."""

    port: int = Field(default=8080, ge=1, le=65535)
    """The port that the container listens on. Default: 8080."""

    health_check_path: str = Field(default="/healthz", pattern=r"^/[A-Za-z0-9._~/-]+$", examples=["/health/ready"])
    """The path that answers 200 once the model is loaded. Default: `/healthz`."""

    image: str = Field(
        default="mcr.microsoft.com/dotnet/samples:aspnetapp",
        pattern=r"^[a-z0-9.-]+(:\d+)?/[A-Za-z0-9._/-]+(:[\w.-]+)?(@sha256:[0-9a-f]{64})?$",
        examples=["crchurnprodx7k2p9.azurecr.io/placeholder:1"],
    )
    """The first image. Releases deploy later images, and an update does not change those. Default: a sample image of
    Microsoft that answers at the default port and path, so the app is healthy before the first release. To pull it, the
    network must allow calls to mcr.microsoft.com."""

    environment_variables: dict[str, str] = Field(default_factory=dict, examples=[{"LOG_LEVEL": "info"}])
    """The container's environment variables, without secrets: a name such as `API_KEY` or `HF_TOKEN` is refused.
    `AZURE_CLIENT_ID` is added: the container signs in with it."""

    sign_in: Optional[EntraSignIn] = None
    """The sign-in of callers. Required unless `open_reason` is given."""

    open_reason: Optional[str] = Field(default=None, min_length=10, examples=["The gateway checks tokens, ML-321"])
    """The reason why anyone in the network may call without signing in: at least 10 characters."""

    _name = field_rule(endpoint_name, "name")
    _own_image = known_to_owner("<registry>.azurecr.io/<image>:<tag>", "image")

    @check
    def _callers_sign_in(self) -> Iterator[Violation]:
        if self.sign_in is None and self.open_reason is None:
            yield Violation(
                ("sign_in",),
                None,
                f"anyone in the network may call {self.name} without signing in",
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
            elif names_a_secret(name) and not value.startswith("@Microsoft.KeyVault("):
                yield Violation(
                    ("environment_variables", name),
                    SECRET,
                    f"by its name, '{name}' is a secret, which everyone who may read the app would see",
                    "Let the app read it from a key vault with its identity (AZURE_CLIENT_ID), or give it another name "
                    "if it is none",
                )


registry_rule = arm_id("Microsoft.ContainerRegistry/registries")
"""The rule for the id of a registry that images are pulled from."""
